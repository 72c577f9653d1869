//! Versions of components: which bytes each stands for, and which agents are to have. The bytes are not here.
//!
//! What makes a version current queues the news of it in the same transaction, as a save of the settings does.

use rollcall_shared::component::MOST_CURRENT;
use rollcall_shared::console_api::{Component, Subject};
use rollcall_shared::{ComponentName, ComponentVersion, Sha256};
use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::sea_query::Expr;
use sea_orm::{ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::entities::components::{ActiveModel, COLUMN, Column, Entity, Model};
use super::{Store, StoreError, column, dialect, notifications};

/// What became of a version that somebody brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Published {
    /// It is new, or back after it was withdrawn, and current.
    Made(Component),
    /// It was there with the same bytes.
    Known(Component),
    /// It stands for other bytes.
    Taken(Component),
    /// So many components have a current version already that no agent could be offered one more.
    TooMany,
}

/// What became of making a version current.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Chosen {
    /// It is current now.
    Done(Component),
    /// It was before.
    Already(Component),
    /// It was withdrawn.
    Withdrawn,
    /// There is none by that name.
    Unknown,
    /// As in [`Published::TooMany`].
    TooMany,
}

/// The components of a [`Store`].
#[derive(Debug, Clone, Copy)]
pub struct Components<'a> {
    store: &'a Store,
}

impl Store {
    /// The components.
    #[must_use]
    pub fn components(&self) -> Components<'_> {
        Components { store: self }
    }
}

fn read(row: Model) -> Result<Component, StoreError> {
    let corrupt = |column, value: &str| StoreError::Corrupt {
        column,
        value: value.to_owned(),
    };
    Ok(Component {
        size: column::number("components.size", row.size)?,
        sha256: Sha256::from_bytes(column::hash("components.sha256", &row.sha256)?),
        stored: row.stored,
        sources: serde_json::from_str(&row.sources)
            .map_err(|_| corrupt("components.sources", &row.sources))?,
        name: row
            .name
            .parse()
            .map_err(|_| corrupt("components.name", &row.name))?,
        version: row
            .version
            .parse()
            .map_err(|_| corrupt("components.version", &row.version))?,
        note: row.note,
        author: row.author,
        created_at_ms: row.created_at_ms,
        current_since_ms: row.current_since_ms,
        withdrawn_at_ms: row.withdrawn_at_ms,
    })
}

fn write(component: &Component) -> Result<ActiveModel, StoreError> {
    column::storable("note", component.note.as_deref().unwrap_or_default())?;
    column::storable("author", component.author.as_deref().unwrap_or_default())?;
    let sources =
        serde_json::to_string(&component.sources).map_err(|error| sea_orm::DbErr::Json(error.to_string()))?;
    Ok(ActiveModel {
        id: NotSet,
        name: Set(component.name.to_string()),
        version: Set(component.version.to_string()),
        size: Set(i64::try_from(component.size).unwrap_or(i64::MAX)),
        sha256: Set(component.sha256.as_bytes().to_vec()),
        stored: Set(component.stored),
        sources: Set(sources),
        note: Set(component.note.clone()),
        author: Set(component.author.clone()),
        created_at_ms: Set(component.created_at_ms),
        current_since_ms: Set(component.current_since_ms),
        withdrawn_at_ms: Set(component.withdrawn_at_ms),
    })
}

async fn find(
    on: &impl ConnectionTrait,
    name: &ComponentName,
    version: &ComponentVersion,
) -> Result<Option<(i64, Component)>, StoreError> {
    let row = Entity::find()
        .filter(COLUMN.name.eq(name.as_str()))
        .filter(COLUMN.version.eq(version.as_str()))
        .one(on)
        .await?;
    row.map(|row| Ok((row.id, read(row)?))).transpose()
}

impl Components<'_> {
    /// The current version of each name, by name.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub async fn current(&self) -> Result<Vec<Component>, StoreError> {
        let rows = Entity::find()
            .filter(COLUMN.current_since_ms.is_not_null())
            .order_by_asc(COLUMN.name)
            .all(&self.store.reader)
            .await?;
        rows.into_iter().map(read).collect()
    }

    /// The versions of a name, those brought last first: at most `limit`, brought before `after`.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub async fn versions(
        &self,
        name: &ComponentName,
        after: Option<&ComponentVersion>,
        limit: u64,
    ) -> Result<Vec<Component>, StoreError> {
        let on = &self.store.reader;
        let mut query = Entity::find()
            .filter(COLUMN.name.eq(name.as_str()))
            .order_by_desc(COLUMN.id)
            .limit(limit);
        if let Some(after) = after {
            let Some((id, _)) = find(on, name, after).await? else {
                return Ok(Vec::new());
            };
            query = query.filter(COLUMN.id.lt(id));
        }
        let rows = query.all(on).await?;
        rows.into_iter().map(read).collect()
    }

    /// One version.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub async fn one(
        &self,
        name: &ComponentName,
        version: &ComponentVersion,
    ) -> Result<Option<Component>, StoreError> {
        let found = find(&self.store.reader, name, version).await?;
        Ok(found.map(|(_, component)| component))
    }

    /// Whether a version that is not withdrawn stands for these bytes, which the server stores.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub async fn needs(&self, sha256: Sha256) -> Result<bool, StoreError> {
        let row = Entity::find()
            .filter(COLUMN.sha256.eq(sha256.as_bytes().to_vec()))
            .filter(COLUMN.stored.eq(true))
            .one(&self.store.reader)
            .await?;
        Ok(row.is_some())
    }

    /// Takes a version in and makes it current, unless its name stands for other bytes. Of one that is there with the
    /// same bytes only that they are stored, or where else they are, is taken over. Durable when it returns.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unstorable`] for a text with NUL, else what the database says.
    pub async fn publish(&self, new: &Component) -> Result<Published, StoreError> {
        let mut row = write(new)?;
        let transaction = self.begin().await?;
        match find(&transaction, &new.name, &new.version).await? {
            Some((_, known)) if (known.sha256, known.size) != (new.sha256, new.size) => {
                return Ok(Published::Taken(known));
            }
            Some((id, known)) if known.withdrawn_at_ms.is_none() => {
                let known = Component {
                    stored: known.stored || new.stored,
                    sources: if new.sources.is_empty() {
                        known.sources
                    } else {
                        new.sources.clone()
                    },
                    ..known
                };
                let row = ActiveModel {
                    id: Set(id),
                    ..write(&known)?
                };
                Entity::update(row).exec(&transaction).await?;
                transaction.commit().await?;
                return Ok(Published::Known(known));
            }
            Some((id, _)) => row.id = Set(id),
            None => {}
        }
        if is_full(&transaction, &new.name).await? {
            return Ok(Published::TooMany);
        }
        displace(&transaction, &new.name).await?;
        let made = Component {
            current_since_ms: Some(new.created_at_ms),
            withdrawn_at_ms: None,
            ..new.clone()
        };
        row.current_since_ms = Set(made.current_since_ms);
        row.withdrawn_at_ms = Set(None);
        if row.id.is_set() {
            Entity::update(row).exec(&transaction).await?;
        } else {
            Entity::insert(row).exec_without_returning(&transaction).await?;
        }
        queue(&transaction, &made, new.created_at_ms).await?;
        transaction.commit().await?;
        Ok(Published::Made(made))
    }

    /// Makes a version the one that agents are to have. Durable when it returns.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub async fn choose(
        &self,
        name: &ComponentName,
        version: &ComponentVersion,
        at_ms: i64,
    ) -> Result<Chosen, StoreError> {
        let transaction = self.begin().await?;
        let Some((id, known)) = find(&transaction, name, version).await? else {
            return Ok(Chosen::Unknown);
        };
        if known.withdrawn_at_ms.is_some() {
            return Ok(Chosen::Withdrawn);
        }
        if known.current_since_ms.is_some() {
            return Ok(Chosen::Already(known));
        }
        if is_full(&transaction, name).await? {
            return Ok(Chosen::TooMany);
        }
        displace(&transaction, name).await?;
        Entity::update_many()
            .col_expr(Column::CurrentSinceMs, Expr::value(at_ms))
            .filter(COLUMN.id.eq(id))
            .exec(&transaction)
            .await?;
        let chosen = Component {
            current_since_ms: Some(at_ms),
            ..known
        };
        queue(&transaction, &chosen, at_ms).await?;
        transaction.commit().await?;
        Ok(Chosen::Done(chosen))
    }

    /// Withdraws a version: nobody is offered it or given its bytes any more, and what is open of it is superseded.
    /// Gives what it was before; nothing where there is none. Withdrawing it twice is no error.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub async fn withdraw(
        &self,
        name: &ComponentName,
        version: &ComponentVersion,
        at_ms: i64,
    ) -> Result<Option<Component>, StoreError> {
        let transaction = self.begin().await?;
        let Some((id, before)) = find(&transaction, name, version).await? else {
            return Ok(None);
        };
        if before.withdrawn_at_ms.is_none() {
            Entity::update_many()
                .col_expr(Column::WithdrawnAtMs, Expr::value(at_ms))
                .col_expr(Column::CurrentSinceMs, Expr::value(Option::<i64>::None))
                .col_expr(Column::Stored, Expr::value(false))
                .filter(COLUMN.id.eq(id))
                .exec(&transaction)
                .await?;
            if before.current_since_ms.is_some() {
                notifications::supersede(&transaction, &format!("component.{name}."), at_ms).await?;
            }
            transaction.commit().await?;
        }
        Ok(Some(before))
    }

    /// One at a time may decide what is current.
    async fn begin(&self) -> Result<DatabaseTransaction, StoreError> {
        let transaction = self.store.begin().await?;
        dialect::lock_table(&transaction, "components").await?;
        Ok(transaction)
    }
}

/// Whether so many other names have a current version that this one may not.
async fn is_full(on: &impl ConnectionTrait, name: &ComponentName) -> Result<bool, StoreError> {
    let others = Entity::find()
        .filter(COLUMN.current_since_ms.is_not_null())
        .filter(COLUMN.name.ne(name.as_str()))
        .limit(u64::try_from(MOST_CURRENT).unwrap_or(u64::MAX))
        .all(on)
        .await?;
    Ok(others.len() >= MOST_CURRENT)
}

async fn displace(on: &impl ConnectionTrait, name: &ComponentName) -> Result<(), StoreError> {
    Entity::update_many()
        .col_expr(Column::CurrentSinceMs, Expr::value(Option::<i64>::None))
        .filter(COLUMN.name.eq(name.as_str()))
        .exec(on)
        .await?;
    Ok(())
}

async fn queue(on: &impl ConnectionTrait, current: &Component, at_ms: i64) -> Result<(), StoreError> {
    let subject = Subject::Component(current.name.clone(), current.version.clone());
    notifications::queue(on, &subject, at_ms).await
}
