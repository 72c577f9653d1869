//! People who may sign in.

use std::collections::HashMap;

use rollcall_shared::UserId;
use rollcall_shared::console_api::Role;
use sea_orm::ActiveValue::Set;
use sea_orm::{ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter};

use super::entities::users::{ActiveModel, COLUMN, Entity, Model};
use super::{Store, StoreError, column, dialect};

/// A person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserRecord {
    /// Their id.
    pub id: UserId,
    /// The name to sign in with, as they write it.
    pub name: String,
    /// The password's hash as PHC text.
    pub password_hash: String,
    /// What they may do.
    pub role: Role,
    /// When they were added.
    pub created_at_ms: i64,
}

impl TryFrom<Model> for UserRecord {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        Ok(Self {
            id: column::user_id(row.id)?,
            name: row.name,
            password_hash: row.password_hash,
            role: role_of(&row.role)?,
            created_at_ms: row.created_at_ms,
        })
    }
}

const fn role_key(role: Role) -> &'static str {
    match role {
        Role::Admin => "admin",
        Role::Operator => "operator",
        Role::Viewer => "viewer",
    }
}

fn role_of(key: &str) -> Result<Role, StoreError> {
    [Role::Admin, Role::Operator, Role::Viewer]
        .into_iter()
        .find(|role| role_key(*role) == key)
        .ok_or_else(|| StoreError::Corrupt {
            column: "users.role",
            value: key.to_owned(),
        })
}

/// The name without the difference of capital and small letters. Through capitals first, because some
/// letters have one capital and two small forms (`ß` and `ss`, `σ` and `ς`).
fn folded(name: &str) -> String {
    name.to_uppercase().to_lowercase()
}

/// The people of a [`Store`].
#[derive(Debug, Clone, Copy)]
pub struct Users<'a> {
    store: &'a Store,
}

impl Store {
    /// The people.
    #[must_use]
    pub fn users(&self) -> Users<'_> {
        Users { store: self }
    }
}

impl Users<'_> {
    /// How many there are.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub async fn count(&self) -> Result<u64, StoreError> {
        Ok(Entity::find().count(&self.store.reader).await?)
    }

    /// Adds the first person; `false`, and nothing changes, where there is somebody already. Of any number
    /// of calls at the same moment one succeeds. Durable when it returns.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unstorable`] for a name with NUL, else what the database says.
    pub async fn create_first(&self, user: UserRecord) -> Result<bool, StoreError> {
        column::storable("name", &user.name)?;
        column::storable("password_hash", &user.password_hash)?;
        let transaction = self.store.begin().await?;
        dialect::lock_table(&transaction, "users").await?;
        if Entity::find().count(&transaction).await? > 0 {
            return Ok(false);
        }
        insert(&transaction, user).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Who signs in with this name, however it is capitalized.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub async fn by_name(&self, name: &str) -> Result<Option<UserRecord>, StoreError> {
        if column::storable("name", name).is_err() {
            return Ok(None);
        }
        let row = Entity::find()
            .filter(COLUMN.folded_name.eq(folded(name)))
            .one(&self.store.reader)
            .await?;
        row.map(TryInto::try_into).transpose()
    }

    /// What everybody is called: there are few.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub async fn names(&self) -> Result<HashMap<UserId, String>, StoreError> {
        let rows = Entity::find().all(&self.store.reader).await?;
        rows.into_iter()
            .map(|row| Ok((column::user_id(row.id)?, row.name)))
            .collect()
    }

    /// Who has this id.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub async fn by_id(&self, id: UserId) -> Result<Option<UserRecord>, StoreError> {
        let row = Entity::find_by_id(id.as_i64()).one(&self.store.reader).await?;
        row.map(TryInto::try_into).transpose()
    }
}

async fn insert(on: &impl ConnectionTrait, user: UserRecord) -> Result<(), StoreError> {
    Entity::insert(ActiveModel {
        id: Set(user.id.as_i64()),
        folded_name: Set(folded(&user.name)),
        name: Set(user.name),
        password_hash: Set(user.password_hash),
        role: Set(role_key(user.role).to_owned()),
        created_at_ms: Set(user.created_at_ms),
    })
    .exec_without_returning(on)
    .await?;
    Ok(())
}
