//! Domains: the folders of the agent tree. The first migration makes the one that holds all.

use rollcall_shared::DomainId;
use sea_orm::{EntityTrait, QueryFilter, QueryOrder};

use super::entities::domains::{COLUMN, Entity};
use super::{Store, StoreError, column, dialect};
use crate::scope::Scope;

/// A folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DomainRecord {
    /// Its id.
    pub id: DomainId,
    /// The folder that it is in; nothing for the one that holds all.
    pub parent: Option<DomainId>,
    /// Its name.
    pub name: String,
}

/// The domains of a [`Store`].
#[derive(Debug, Clone, Copy)]
pub struct Domains<'a> {
    store: &'a Store,
}

impl Store {
    /// The domains.
    #[must_use]
    pub fn domains(&self) -> Domains<'_> {
        Domains { store: self }
    }
}

impl Domains<'_> {
    /// The domains in the scope, in the order of their ids.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub async fn list(&self, scope: &Scope) -> Result<Vec<DomainRecord>, StoreError> {
        let on = &self.store.reader;
        let mut query = Entity::find().order_by_asc(COLUMN.id);
        if let Some(within) = dialect::within(on.get_database_backend(), "domains.id", scope)? {
            query = query.filter(within);
        }
        let rows = query.all(on).await?;
        rows.into_iter()
            .map(|row| {
                Ok(DomainRecord {
                    id: column::domain_id(row.id)?,
                    parent: row.parent_id.map(column::domain_id).transpose()?,
                    name: row.name,
                })
            })
            .collect()
    }
}
