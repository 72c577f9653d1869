//! The database: the only module that speaks SQL.
//!
//! [`Store`] opens `SQLite` (the default, nothing to set up) or Postgres and brings it to this release's
//! schema. Each noun has a repository of its own in the file of that name, with the same behaviour on both
//! databases; what the two do differently is in `dialect`. Enrolment, settings and people are durable when
//! their call returns; changes of status come in batches through the [`journal`].
//!
//! Times are milliseconds of the wall clock and always an argument: nothing here reads a clock. Secrets
//! come as SHA-256 hashes only. Not the place for rules of presence, and nothing here is asked on the path
//! of a heartbeat.

pub mod agents;
pub mod blind_spans;
pub mod checkpoints;
pub mod components;
pub mod displays;
pub mod domains;
pub mod engine_state;
pub mod enrolment;
pub mod journal;
pub mod notifications;
pub mod sessions;
pub mod settings;
pub mod tokens;
pub mod transitions;
pub mod users;

mod column;
mod copy;
mod dialect;
mod entities;
mod error;
mod identity;
mod migrations;
mod open;

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, SqliteTransactionMode, TransactionOptions,
    TransactionTrait,
};

pub use error::StoreError;

/// How long what is written behind waits for an answer: longer than any queue for a connection, shorter than the
/// quarter of an hour after which the system gives up a connection whose other end is gone without a word.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// SHA-256 of a secret: all that the database ever holds of one.
pub type Hash = [u8; 32];

/// An open database. Cheap to clone: clones share the connections.
#[derive(Debug, Clone)]
pub struct Store {
    /// Where everything is written. One connection for `SQLite`, which knows one writer at a time: waiting in
    /// our queue is fair and has no deadline of milliseconds, waiting in its busy handler is neither.
    writer: DatabaseConnection,
    /// Where lists are read. The writer itself for Postgres and for a database in memory.
    reader: DatabaseConnection,
    /// Which one it is.
    identity: Arc<str>,
}

impl Store {
    /// Opens the database at `url` and brings it to this release's schema.
    ///
    /// `sqlite:///path/rollcall.db` (made with mode 0600 where it is missing; its folder must exist; `%` and
    /// `?` in the path are written `%25` and `%3F`), `sqlite::memory:`, or
    /// `postgres://user:password@host/database`.
    ///
    /// # Errors
    ///
    /// [`StoreError::Newer`] where a newer release has been at this database, and what else keeps it from
    /// being opened or migrated.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        let mut store = open::connect(url).await?;
        migrations::run(&store).await?;
        store.read_identity().await?;
        Ok(store)
    }

    /// Asks the database for a sign of life.
    ///
    /// # Errors
    ///
    /// When it gives none within the time that a connection is waited for.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.reader.execute_unprepared("SELECT 1").await?;
        Ok(())
    }

    /// Closes every connection; what was committed is on disk. Without it the database is as safe, but
    /// `SQLite` leaves its write-ahead log for the next start to take in.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub async fn close(self) -> Result<(), StoreError> {
        self.reader.close().await?;
        self.writer.close().await?;
        Ok(())
    }

    /// Waits for an answer, but not for ever: what runs behind asks again, over another connection.
    async fn answered<T>(answer: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        tokio::time::timeout(ANSWER_WITHIN, answer)
            .await
            .unwrap_or(Err(StoreError::Silent {
                waited: ANSWER_WITHIN,
            }))
    }

    /// A transaction that will write. `IMMEDIATE`, because one that begins by reading and finds another
    /// process writing when it wants to write itself could only fail.
    async fn begin(&self) -> Result<DatabaseTransaction, StoreError> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        Ok(self.writer.begin_with_options(options).await?)
    }
}
