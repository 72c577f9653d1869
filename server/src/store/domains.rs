//! Domains: the folders of the agent tree. The first migration makes the one that holds all.
//!
//! Each change is one transaction that keeps every other change of the tree out, reads the whole tree, judges and
//! writes: so of two that together would make a ring, or give one name to two, one is refused. Last write wins: a
//! change names only what it changes, so nobody's work is lost under another's.

mod contents;

use rollcall_shared::console_api::Domain;
use rollcall_shared::{AgentId, DomainId};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, Statement,
};
use serde::Serialize;

use super::dialect::{self, Batch, Kind};
use super::entities::domains::{self, COLUMN, Column, Entity};
use super::entities::{agents, tokens};
use super::{Store, StoreError, column};
use crate::scope::{Folder, Scope, Tree};
pub use contents::Contents;
use contents::contents;

/// How often a move of agents is tried: the journal changes the same rows in an order of its own, and where the two wait
/// for each other, Postgres ends one of them.
const ATTEMPTS: u32 = 3;

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

/// Why the tree was not changed.
#[derive(Debug, thiserror::Error)]
pub enum TreeError {
    /// There is no such domain.
    #[error("there is no such domain")]
    Unknown,
    /// There is no such domain to put it into.
    #[error("there is no such parent")]
    NoParent,
    /// Another domain of the parent has the name.
    #[error("another domain there has this name")]
    NameTaken,
    /// The domain that holds all is neither moved nor deleted.
    #[error("the domain that holds all stays where it is")]
    Root,
    /// It would be below itself.
    #[error("a domain cannot be put below itself")]
    BelowItself,
    /// The tree would be deeper than [`Domain::MOST_LEVELS`].
    #[error("the tree would be too deep")]
    TooDeep,
    /// There are [`Domain::MOST`] of them.
    #[error("there are as many domains as there may be")]
    TooMany,
    /// There is something in it.
    #[error("there is something in it")]
    InUse(Contents),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<DbErr> for TreeError {
    fn from(error: DbErr) -> Self {
        Self::Store(error.into())
    }
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
        list(&self.store.reader, scope).await
    }

    /// Whether there is such a domain in the scope.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub async fn is_there(&self, scope: &Scope, domain: DomainId) -> Result<bool, StoreError> {
        let on = &self.store.reader;
        let mut query = Entity::find().filter(COLUMN.id.eq(i64::from(domain.0)));
        if let Some(within) = dialect::within(on.get_database_backend(), "domains.id", scope)? {
            query = query.filter(within);
        }
        Ok(query.count(on).await? > 0)
    }

    /// Makes a domain. Durable when it returns.
    ///
    /// # Errors
    ///
    /// Why it cannot be, or what the database says.
    pub async fn create(&self, name: &str, parent: DomainId) -> Result<DomainRecord, TreeError> {
        column::storable("name", name)?;
        let (transaction, tree) = self.change().await?;
        if tree.get(parent).is_none() {
            return Err(TreeError::NoParent);
        }
        if tree.count() >= Domain::MOST {
            return Err(TreeError::TooMany);
        }
        if tree.level(parent) + 1 > Domain::MOST_LEVELS {
            return Err(TreeError::TooDeep);
        }
        is_free(&tree, parent, name, None)?;
        let id = next_number(&transaction).await?;
        Entity::insert(domains::ActiveModel {
            id: Set(i64::from(id.0)),
            parent_id: Set(Some(i64::from(parent.0))),
            name: Set(name.to_owned()),
            folded_name: Set(folded(name)),
        })
        .exec_without_returning(&transaction)
        .await?;
        transaction.commit().await?;
        Ok(DomainRecord {
            id,
            parent: Some(parent),
            name: name.to_owned(),
        })
    }

    /// What a domain is called; nothing where there is none of that number.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub async fn name(&self, id: DomainId) -> Result<Option<String>, StoreError> {
        let found = Entity::find_by_id(i64::from(id.0))
            .one(&self.store.reader)
            .await?;
        Ok(found.map(|row| row.name))
    }

    /// Renames a domain, moves it with all that is in it, or both; what is nothing stays. Durable when it returns.
    ///
    /// # Errors
    ///
    /// Why it cannot be, or what the database says.
    pub async fn change_one(
        &self,
        id: DomainId,
        name: Option<&str>,
        parent: Option<DomainId>,
    ) -> Result<DomainRecord, TreeError> {
        if let Some(name) = name {
            column::storable("name", name)?;
        }
        let (transaction, tree) = self.change().await?;
        let before = tree.get(id).ok_or(TreeError::Unknown)?;
        if let Some(parent) = parent.filter(|parent| before.parent != Some(*parent)) {
            may_go(&tree, id, before, parent)?;
        }
        let after = DomainRecord {
            id,
            parent: parent.or(before.parent),
            name: name.unwrap_or(&before.name).to_owned(),
        };
        if let Some(parent) = after.parent {
            is_free(&tree, parent, &after.name, Some(id))?;
        }
        Entity::update_many()
            .col_expr(
                Column::ParentId,
                Expr::value(after.parent.map(|parent| i64::from(parent.0))),
            )
            .col_expr(Column::Name, Expr::value(after.name.clone()))
            .col_expr(Column::FoldedName, Expr::value(folded(&after.name)))
            .filter(COLUMN.id.eq(i64::from(id.0)))
            .exec(&transaction)
            .await?;
        transaction.commit().await?;
        Ok(after)
    }

    /// Deletes a domain in which there are no domains, no agents but retired ones, no tokens that still enrol, and which no
    /// screen shows.
    /// Retired agents and tokens of the past go to its parent, which is answered. Durable when it returns.
    ///
    /// # Errors
    ///
    /// Why it cannot be, or what the database says.
    pub async fn delete(&self, id: DomainId, now_ms: i64) -> Result<DomainId, TreeError> {
        let (transaction, tree) = self.change().await?;
        let parent = tree
            .get(id)
            .ok_or(TreeError::Unknown)?
            .parent
            .ok_or(TreeError::Root)?;
        // Whoever is putting an agent or a token into it holds its row until that is done.
        Entity::find_by_id(i64::from(id.0))
            .lock_exclusive()
            .one(&transaction)
            .await?;
        let contents = contents(&transaction, &tree, id, now_ms).await?;
        if contents != Contents::default() {
            return Err(TreeError::InUse(contents));
        }
        let (from, to) = (i64::from(id.0), i64::from(parent.0));
        agents::Entity::update_many()
            .col_expr(agents::Column::DomainId, Expr::value(to))
            .filter(agents::COLUMN.domain_id.eq(from))
            .exec(&transaction)
            .await?;
        tokens::Entity::update_many()
            .col_expr(tokens::Column::DomainId, Expr::value(to))
            .filter(tokens::COLUMN.domain_id.eq(from))
            .exec(&transaction)
            .await?;
        Entity::delete_many()
            .filter(COLUMN.id.eq(from))
            .exec(&transaction)
            .await?;
        transaction.commit().await?;
        Ok(parent)
    }

    /// Puts these agents into a domain. Those that there are none of are passed over. Durable when it returns.
    ///
    /// # Errors
    ///
    /// [`TreeError::Unknown`], or what the database says.
    pub async fn move_agents(&self, moved: &[AgentId], to: DomainId) -> Result<(), TreeError> {
        let mut left = ATTEMPTS;
        loop {
            left -= 1;
            match self.attempt_move(moved, to).await {
                Err(TreeError::Store(error)) if left > 0 && error.is_transient() => {}
                outcome => return outcome,
            }
        }
    }

    async fn attempt_move(&self, moved: &[AgentId], to: DomainId) -> Result<(), TreeError> {
        let transaction = self.store.begin().await?;
        // Kept from being deleted until the agents are in it.
        let target = Entity::find_by_id(i64::from(to.0))
            .lock_shared()
            .one(&transaction)
            .await?;
        if target.is_none() {
            return Err(TreeError::Unknown);
        }
        let rows: Vec<MoveRow> = moved
            .iter()
            .map(|agent| MoveRow {
                id: agent.as_i64(),
                domain_id: i64::from(to.0),
            })
            .collect();
        MOVES.run(&transaction, &rows).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// A transaction in which nobody else changes the tree, and the tree.
    async fn change(&self) -> Result<(DatabaseTransaction, Tree), TreeError> {
        let transaction = self.store.begin().await?;
        dialect::lock_table(&transaction, "domains").await?;
        let tree = list(&transaction, &Scope::All)
            .await?
            .into_iter()
            .map(DomainRecord::into_folder)
            .collect();
        Ok((transaction, tree))
    }
}

impl DomainRecord {
    /// As the tree holds it.
    #[must_use]
    pub fn into_folder(self) -> (DomainId, Folder) {
        let folder = Folder {
            parent: self.parent,
            name: self.name,
        };
        (self.id, folder)
    }
}

#[derive(Serialize)]
struct MoveRow {
    id: i64,
    domain_id: i64,
}

const MOVES: Batch = Batch {
    columns: &[("id", Kind::Number), ("domain_id", Kind::Number)],
    sql: "UPDATE agents SET domain_id = v.domain_id FROM {rows} WHERE agents.id = v.id",
};

async fn list(on: &impl ConnectionTrait, scope: &Scope) -> Result<Vec<DomainRecord>, StoreError> {
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

/// The name without the difference of capital and small letters, as people's names are compared.
fn folded(name: &str) -> String {
    name.to_uppercase().to_lowercase()
}

fn is_free(tree: &Tree, parent: DomainId, name: &str, own: Option<DomainId>) -> Result<(), TreeError> {
    let folded_name = folded(name);
    let taken = tree
        .children(parent)
        .any(|(id, folder)| Some(id) != own && folded(&folder.name) == folded_name);
    if taken { Err(TreeError::NameTaken) } else { Ok(()) }
}

fn may_go(tree: &Tree, id: DomainId, before: &Folder, parent: DomainId) -> Result<(), TreeError> {
    if before.parent.is_none() {
        return Err(TreeError::Root);
    }
    if tree.get(parent).is_none() {
        return Err(TreeError::NoParent);
    }
    if tree.upward(parent).any(|above| above == id) {
        return Err(TreeError::BelowItself);
    }
    if tree.level(parent) + 1 + tree.levels_below(id) > Domain::MOST_LEVELS {
        return Err(TreeError::TooDeep);
    }
    Ok(())
}

/// A number that no domain ever had.
async fn next_number(on: &impl ConnectionTrait) -> Result<DomainId, StoreError> {
    let sql = "UPDATE domain_numbers SET last = last + 1 WHERE id = 1 RETURNING last";
    let row = on
        .query_one_raw(Statement::from_string(on.get_database_backend(), sql))
        .await?
        .ok_or(DbErr::RecordNotUpdated)?;
    column::domain_id(row.try_get("", "last")?)
}
