//! Enrolment tokens. Taking a use of one is part of [`enrolment`](super::enrolment).

use rollcall_shared::{DomainId, UserId};
use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::sea_query::Expr;
use sea_orm::{EntityTrait, QueryFilter, QueryOrder};

use super::entities::tokens::{ActiveModel, COLUMN, Column, Entity, Model};
use super::{Hash, Store, StoreError, column, dialect};
use crate::scope::Scope;

/// An enrolment token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRecord {
    /// Its number.
    pub id: i64,
    /// Where the agents that it enrols go.
    pub domain: DomainId,
    /// How many agents it was made for.
    pub uses: u32,
    /// How many more agents it may enrol.
    pub uses_left: u32,
    /// When it was made.
    pub created_at_ms: i64,
    /// From when it is no longer good.
    pub expires_at_ms: i64,
    /// Whether somebody revoked it.
    pub revoked: bool,
    /// Who made it; nothing where the server did.
    pub created_by: Option<UserId>,
}

impl TryFrom<Model> for TokenRecord {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id,
            domain: column::domain_id(row.domain_id)?,
            uses: column::count("tokens.uses", row.uses)?,
            uses_left: column::count("tokens.uses_left", row.uses_left)?,
            created_at_ms: row.created_at_ms,
            expires_at_ms: row.expires_at_ms,
            revoked: row.revoked,
            created_by: row.created_by.map(column::user_id).transpose()?,
        })
    }
}

/// The enrolment tokens of a [`Store`].
#[derive(Debug, Clone, Copy)]
pub struct Tokens<'a> {
    store: &'a Store,
}

impl Store {
    /// The enrolment tokens.
    #[must_use]
    pub fn tokens(&self) -> Tokens<'_> {
        Tokens { store: self }
    }
}

impl Tokens<'_> {
    /// Whether anybody made a token of this hash. Asked of a reader, so that who knows none cannot keep the one
    /// writer busy.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub async fn is_known(&self, hash: Hash) -> Result<bool, StoreError> {
        let known = Entity::find()
            .filter(COLUMN.hash.eq(hash.to_vec()))
            .one(&self.store.reader)
            .await?;
        Ok(known.is_some())
    }

    /// Makes a token that enrols `uses` agents into `domain`. Durable when it returns.
    ///
    /// # Errors
    ///
    /// What the database says: among it that the domain or the person does not exist, or that the hash is
    /// another token's.
    pub async fn create(
        &self,
        hash: Hash,
        domain: DomainId,
        uses: u32,
        created_at_ms: i64,
        expires_at_ms: i64,
        created_by: Option<UserId>,
    ) -> Result<TokenRecord, StoreError> {
        let row = ActiveModel {
            id: NotSet,
            hash: Set(hash.to_vec()),
            domain_id: Set(i64::from(domain.0)),
            uses: Set(i64::from(uses)),
            uses_left: Set(i64::from(uses)),
            created_at_ms: Set(created_at_ms),
            expires_at_ms: Set(expires_at_ms),
            revoked: Set(false),
            created_by: Set(created_by.map(UserId::as_i64)),
        };
        Entity::insert(row)
            .exec_with_returning(&self.store.writer)
            .await?
            .try_into()
    }

    /// The tokens for domains in the scope, newest first, also those that are no longer good.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub async fn list(&self, scope: &Scope) -> Result<Vec<TokenRecord>, StoreError> {
        let on = &self.store.reader;
        let mut query = Entity::find().order_by_desc(COLUMN.id);
        if let Some(within) = dialect::within(on.get_database_backend(), "tokens.domain_id", scope)? {
            query = query.filter(within);
        }
        let rows = query.all(on).await?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    /// Revokes a token: from now on it enrols nobody. Whether there is one of that number in the scope;
    /// revoking it twice is no error.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub async fn revoke(&self, scope: &Scope, id: i64) -> Result<bool, StoreError> {
        let on = &self.store.writer;
        let mut query = Entity::update_many()
            .col_expr(Column::Revoked, Expr::value(true))
            .filter(COLUMN.id.eq(id));
        if let Some(within) = dialect::within(on.get_database_backend(), "tokens.domain_id", scope)? {
            query = query.filter(within);
        }
        Ok(query.exec(on).await?.rows_affected == 1)
    }
}
