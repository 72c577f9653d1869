//! Checkpoints of contact times: for each partition of the fleet the last one, written now and then.
//!
//! What is in one is the engine's business and opaque here. A heartbeat writes nothing: what these cost grows with
//! the fleet, not with how often it reports.

use sea_orm::ActiveValue::Set;
use sea_orm::EntityTrait;
use sea_orm::sea_query::OnConflict;

use super::entities::contact_checkpoints::{ActiveModel, Column, Entity};
use super::{Store, StoreError, column};

/// The checkpoints of a [`Store`].
#[derive(Debug, Clone, Copy)]
pub struct Checkpoints<'a> {
    store: &'a Store,
}

impl Store {
    /// The checkpoints.
    #[must_use]
    pub fn checkpoints(&self) -> Checkpoints<'_> {
        Checkpoints { store: self }
    }
}

impl Checkpoints<'_> {
    /// Saves what the engine wrote of a partition at this engine time (microseconds), in the place of what it
    /// wrote before. Durable when it returns.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub async fn save(&self, partition: u16, engine_us: u64, bytes: Vec<u8>) -> Result<(), StoreError> {
        let saving = Entity::insert(ActiveModel {
            partition: Set(i64::from(partition)),
            // 292,000 years fit.
            engine_us: Set(i64::try_from(engine_us).unwrap_or(i64::MAX)),
            contacts: Set(bytes),
        })
        .on_conflict(
            OnConflict::column(Column::Partition)
                .update_columns([Column::EngineUs, Column::Contacts])
                .to_owned(),
        )
        .exec_without_returning(&self.store.writer);
        Store::answered(async { Ok(saving.await?) }).await?;
        Ok(())
    }

    /// The last checkpoint of a partition: engine time in microseconds, and what the engine wrote.
    ///
    /// # Errors
    ///
    /// What the database says, and a row that cannot be read.
    pub async fn of(&self, partition: u16) -> Result<Option<(u64, Vec<u8>)>, StoreError> {
        let row = Entity::find_by_id(i64::from(partition))
            .one(&self.store.reader)
            .await?;
        row.map(|row| {
            let engine_us = column::number("contact_checkpoints.engine_us", row.engine_us)?;
            Ok((engine_us, row.contacts))
        })
        .transpose()
    }
}
