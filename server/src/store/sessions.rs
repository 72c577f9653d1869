//! Sessions of people who are signed in, by the hash of the token in their cookie.

use rollcall_shared::UserId;
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{EntityTrait, JoinType, QueryFilter, QuerySelect};

use super::entities::sessions::{ActiveModel, COLUMN, Column, Entity};
use super::entities::users;
use super::users::UserRecord;
use super::{Hash, Store, StoreError};

/// A session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionRecord {
    /// From when it is no longer good.
    pub expires_at_ms: i64,
    /// When it was last used, as far as that was written down.
    pub last_used_ms: i64,
}

/// The sessions of a [`Store`].
#[derive(Debug, Clone, Copy)]
pub struct Sessions<'a> {
    store: &'a Store,
}

impl Store {
    /// The sessions.
    #[must_use]
    pub fn sessions(&self) -> Sessions<'_> {
        Sessions { store: self }
    }
}

impl Sessions<'_> {
    /// Begins a session.
    ///
    /// # Errors
    ///
    /// What the database says: among it that there is no such person.
    pub async fn create(
        &self,
        hash: Hash,
        user: UserId,
        now_ms: i64,
        expires_at_ms: i64,
    ) -> Result<(), StoreError> {
        Entity::insert(ActiveModel {
            hash: Set(hash.to_vec()),
            user_id: Set(user.as_i64()),
            created_at_ms: Set(now_ms),
            last_used_ms: Set(now_ms),
            expires_at_ms: Set(expires_at_ms),
        })
        .exec_without_returning(&self.store.writer)
        .await?;
        Ok(())
    }

    /// Whose session this is; nothing where there is none or it has expired.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub async fn find(
        &self,
        hash: Hash,
        now_ms: i64,
    ) -> Result<Option<(UserRecord, SessionRecord)>, StoreError> {
        let found = Entity::find_by_id(hash.to_vec())
            .filter(COLUMN.expires_at_ms.gt(now_ms))
            .join(
                JoinType::InnerJoin,
                Entity::belongs_to(users::Entity)
                    .from(Column::UserId)
                    .to(users::Column::Id)
                    .into(),
            )
            .select_also(users::Entity)
            .one(&self.store.reader)
            .await?;
        let Some((session, Some(user))) = found else {
            return Ok(None);
        };
        let session = SessionRecord {
            expires_at_ms: session.expires_at_ms,
            last_used_ms: session.last_used_ms,
        };
        Ok(Some((user.try_into()?, session)))
    }

    /// Notes that a session was used, and until when it is good now. One that is gone stays gone.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub async fn touch(&self, hash: Hash, last_used_ms: i64, expires_at_ms: i64) -> Result<(), StoreError> {
        Entity::update_many()
            .col_expr(Column::LastUsedMs, Expr::value(last_used_ms))
            .col_expr(Column::ExpiresAtMs, Expr::value(expires_at_ms))
            .filter(COLUMN.hash.eq(hash.to_vec()))
            .exec(&self.store.writer)
            .await?;
        Ok(())
    }

    /// Ends a session, if there is one.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub async fn delete(&self, hash: Hash) -> Result<(), StoreError> {
        Entity::delete_by_id(hash.to_vec())
            .exec(&self.store.writer)
            .await?;
        Ok(())
    }

    /// Removes the sessions that have expired; how many.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub async fn delete_expired(&self, now_ms: i64) -> Result<u64, StoreError> {
        let deleted = Entity::delete_many()
            .filter(COLUMN.expires_at_ms.lte(now_ms))
            .exec(&self.store.writer)
            .await?;
        Ok(deleted.rows_affected)
    }
}
