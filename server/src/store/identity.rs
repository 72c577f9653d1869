//! Which database this is, by a random name that the first migration to know it has written: a backup that is
//! restored is the same database, a new one is not.

use std::sync::Arc;

use sea_orm::EntityTrait;

use super::entities::identity::Entity;
use super::{Store, StoreError};

/// The one row's key.
const ROW: i64 = 1;

impl Store {
    /// The database's own name: 32 hex digits, or nothing where somebody has removed it.
    #[must_use]
    pub fn identity(&self) -> &str {
        &self.identity
    }

    pub(super) async fn read_identity(&mut self) -> Result<(), StoreError> {
        let row = Entity::find_by_id(ROW).one(&self.writer).await?;
        self.identity = row.map_or_else(Arc::default, |row| row.name.into());
        Ok(())
    }
}
