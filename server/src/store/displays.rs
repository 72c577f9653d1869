//! Screens on walls.

use rollcall_shared::console_api::Display;
use rollcall_shared::{DomainId, UserId};
use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::sea_query::Expr;
use sea_orm::{EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};

use super::entities::displays::{ActiveModel, COLUMN, Column, Entity, Model};
use super::{Hash, Store, StoreError, column, dialect};
use crate::scope::Scope;

/// A screen that is let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DisplayRecord {
    /// Its number.
    pub id: i64,
    /// What it is called.
    pub name: String,
    /// The domain whose agents it shows, with those below it.
    pub domain: DomainId,
    /// When it was let in.
    pub created_at_ms: i64,
    /// When it last showed the wall, as far as that was written down.
    pub last_seen_ms: Option<i64>,
    /// Who let it in; nothing where they are gone.
    pub created_by: Option<UserId>,
}

impl TryFrom<Model> for DisplayRecord {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id,
            name: row.name,
            domain: column::domain_id(row.domain_id)?,
            created_at_ms: row.created_at_ms,
            last_seen_ms: row.last_seen_ms,
            created_by: row.created_by.map(column::user_id).transpose()?,
        })
    }
}

/// The screens of a [`Store`].
#[derive(Debug, Clone, Copy)]
pub struct Displays<'a> {
    store: &'a Store,
}

impl Store {
    /// The screens on walls.
    #[must_use]
    pub fn displays(&self) -> Displays<'_> {
        Displays { store: self }
    }
}

impl Displays<'_> {
    /// Lets a screen in by the token of this hash; nothing where there are [`Display::MOST`]. Durable when it returns.
    ///
    /// # Errors
    ///
    /// What the database says: among it that the domain or the person does not exist, or that the hash is another one's.
    pub async fn create(
        &self,
        hash: Hash,
        name: &str,
        domain: DomainId,
        now_ms: i64,
        created_by: UserId,
    ) -> Result<Option<DisplayRecord>, StoreError> {
        column::storable("name", name)?;
        // Of two at once one more may get in: the bound is there for what grows without end.
        if Entity::find().count(&self.store.reader).await? >= Display::MOST as u64 {
            return Ok(None);
        }
        let row = ActiveModel {
            id: NotSet,
            hash: Set(hash.to_vec()),
            name: Set(name.to_owned()),
            domain_id: Set(i64::from(domain.0)),
            created_at_ms: Set(now_ms),
            last_seen_ms: Set(None),
            created_by: Set(Some(created_by.as_i64())),
        };
        let row = Entity::insert(row)
            .exec_with_returning(&self.store.writer)
            .await?;
        row.try_into().map(Some)
    }

    /// Which screen has the token of this hash.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub async fn find(&self, hash: Hash) -> Result<Option<DisplayRecord>, StoreError> {
        let found = Entity::find()
            .filter(COLUMN.hash.eq(hash.to_vec()))
            .one(&self.store.reader)
            .await?;
        found.map(TryInto::try_into).transpose()
    }

    /// Notes that a screen showed the wall. One that is gone stays gone.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub async fn seen(&self, id: i64, now_ms: i64) -> Result<(), StoreError> {
        Entity::update_many()
            .col_expr(Column::LastSeenMs, Expr::value(now_ms))
            .filter(COLUMN.id.eq(id))
            .exec(&self.store.writer)
            .await?;
        Ok(())
    }

    /// The screens that show domains in the scope, newest first.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub async fn list(&self, scope: &Scope) -> Result<Vec<DisplayRecord>, StoreError> {
        let on = &self.store.reader;
        let mut query = Entity::find().order_by_desc(COLUMN.id);
        if let Some(within) = dialect::within(on.get_database_backend(), "displays.domain_id", scope)? {
            query = query.filter(within);
        }
        let rows = query.all(on).await?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    /// Lets a screen in no more. Whether there was one of that number in the scope.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub async fn delete(&self, scope: &Scope, id: i64) -> Result<bool, StoreError> {
        let on = &self.store.writer;
        let mut query = Entity::delete_many().filter(COLUMN.id.eq(id));
        if let Some(within) = dialect::within(on.get_database_backend(), "displays.domain_id", scope)? {
            query = query.filter(within);
        }
        Ok(query.exec(on).await?.rows_affected == 1)
    }
}
