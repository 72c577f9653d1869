//! Where engine time stood (rule 1): one row, saved every second, read at the start.

use sea_orm::ActiveValue::Set;
use sea_orm::EntityTrait;
use sea_orm::sea_query::OnConflict;

use super::entities::engine_state::{ActiveModel, Column, Entity};
use super::{Store, StoreError};

/// The one row's key.
const ROW: i64 = 1;

/// Engine time, and when that was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EngineState {
    /// Engine time, milliseconds.
    pub engine_ms: i64,
    /// The wall clock at that time.
    pub saved_wall_ms: i64,
}

/// The engine state of a [`Store`].
#[derive(Debug, Clone, Copy)]
pub struct EngineStates<'a> {
    store: &'a Store,
}

impl Store {
    /// The engine state.
    #[must_use]
    pub fn engine_state(&self) -> EngineStates<'_> {
        EngineStates { store: self }
    }
}

impl EngineStates<'_> {
    /// What was saved last; nothing before the first time.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub async fn load(&self) -> Result<Option<EngineState>, StoreError> {
        let row = Entity::find_by_id(ROW).one(&self.store.reader).await?;
        Ok(row.map(|row| EngineState {
            engine_ms: row.engine_ms,
            saved_wall_ms: row.saved_wall_ms,
        }))
    }

    /// Saves it.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub async fn save(&self, state: EngineState) -> Result<(), StoreError> {
        let saving = Entity::insert(ActiveModel {
            id: Set(ROW),
            engine_ms: Set(state.engine_ms),
            saved_wall_ms: Set(state.saved_wall_ms),
        })
        .on_conflict(
            OnConflict::column(Column::Id)
                .update_columns([Column::EngineMs, Column::SavedWallMs])
                .to_owned(),
        )
        .exec_without_returning(&self.store.writer);
        Store::answered(async { Ok(saving.await?) }).await?;
        Ok(())
    }
}
