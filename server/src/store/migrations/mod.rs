//! The schema, as the changes that led to it, and the act of applying them.
//!
//! All that are missing are applied in one transaction under a lock, so that two servers starting together
//! do no harm and a failed one leaves nothing half-done. A released migration is never edited; the next
//! change is the next file.

mod m0001_roll_call;
mod m0002_rules;
mod m0003_identity;
mod m0004_news;
mod m0005_components;
mod m0006_domains;
mod m0007_token_uses;
mod m0008_addresses;
mod m0009_displays;

use sea_orm::{
    ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, SqliteTransactionMode, TransactionOptions,
    TransactionTrait,
};
use sea_orm_migration::{MigrationTrait, MigratorTrait, async_trait};

use super::{Store, StoreError};

/// Names the lock in Postgres, which all servers of a database share: "rollcall" in ASCII.
const LOCK: i64 = 0x726f_6c6c_6361_6c6c;

/// The list of all migrations.
struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_roll_call::Migration),
            Box::new(m0002_rules::Migration),
            Box::new(m0003_identity::Migration),
            Box::new(m0004_news::Migration),
            Box::new(m0005_components::Migration),
            Box::new(m0006_domains::Migration),
            Box::new(m0007_token_uses::Migration),
            Box::new(m0008_addresses::Migration),
            Box::new(m0009_displays::Migration),
        ]
    }
}

/// Brings the database to this release's schema.
pub(super) async fn run(store: &Store) -> Result<(), StoreError> {
    let transaction = lock(store).await.map_err(StoreError::Migrate)?;
    let known: Vec<String> = Migrator::migrations()
        .iter()
        .map(|migration| migration.name().to_owned())
        .collect();
    let unknown: Vec<String> = Migrator::get_migration_models(&transaction)
        .await
        .map_err(StoreError::Migrate)?
        .into_iter()
        .map(|applied| applied.version)
        .filter(|version| !known.contains(version))
        .collect();
    if !unknown.is_empty() {
        return Err(StoreError::Newer { unknown });
    }
    Migrator::up(&transaction, None)
        .await
        .map_err(StoreError::Migrate)?;
    transaction.commit().await.map_err(StoreError::Migrate)
}

/// Brings a new database to the schema of the first so many changes, as an earlier release left it.
#[cfg(test)]
pub(super) async fn run_first(store: &Store, changes: u32) {
    Migrator::up(&store.writer, Some(changes))
        .await
        .expect("an old schema");
}

/// The one transaction at a time that may change the schema. Its end, also by a crash, frees the lock.
async fn lock(store: &Store) -> Result<DatabaseTransaction, DbErr> {
    let options = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Exclusive),
        ..TransactionOptions::default()
    };
    let transaction = store.writer.begin_with_options(options).await?;
    if transaction.get_database_backend() == DbBackend::Postgres {
        transaction
            .execute_unprepared(&format!("SELECT pg_advisory_xact_lock({LOCK})"))
            .await?;
    }
    Ok(transaction)
}
