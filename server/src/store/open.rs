//! Connecting: which database an address names, and how its connections are set up.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use sea_orm::sqlx::Connection as _;
use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sea_orm::{ConnectOptions, Database, DatabaseConnection, DbErr};

use super::error::is_busy;
use super::{Store, StoreError};

/// How long a statement waits for a connection. A server that cannot reach its database must say so before
/// its own clients give up.
const WAIT_FOR_A_CONNECTION: Duration = Duration::from_secs(5);

/// The same for the one writer of `SQLite`: an enrolment takes a few milliseconds (one sync of the disk), so
/// this lets some thousands of agents enrol at once.
const WAIT_FOR_THE_WRITER: Duration = Duration::from_secs(20);

/// How long `SQLite` waits for another process (a backup, a second server that starts).
const WAIT_FOR_ANOTHER_PROCESS: Duration = Duration::from_secs(10);

/// Connections to Postgres. Nothing of the hot path is among what they carry.
const POSTGRES_CONNECTIONS: u32 = 10;

/// Connections that read lists from `SQLite`.
const SQLITE_READERS: u32 = 4;

/// Tries to switch a file to write-ahead logging. Two processes that open a new file at the same moment both
/// do it, and `SQLite` then fails one of them at once instead of letting it wait.
const SWITCH_TRIES: u32 = 50;

/// Time between two such tries.
const SWITCH_PAUSE: Duration = Duration::from_millis(20);

/// Connects to the database at `url`; it may be empty or of another release.
pub(super) async fn connect(url: &str) -> Result<Store, StoreError> {
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        return postgres(url).await;
    }
    if !url.starts_with("sqlite:") {
        return Err(StoreError::Address);
    }
    let parsed: SqliteConnectOptions = url.parse().map_err(|_| StoreError::Address)?;
    if url.contains(":memory:") || url.contains("mode=memory") {
        let writer = sqlite(url, 1, false).await.map_err(StoreError::Open)?;
        return Ok(Store {
            reader: writer.clone(),
            writer,
            identity: Arc::default(),
        });
    }
    create_private(parsed.get_filename())?;
    let writer = patiently(|| sqlite(url, 1, false)).await?;
    let reader = patiently(|| sqlite(url, SQLITE_READERS, true)).await?;
    Ok(Store {
        writer,
        reader,
        identity: Arc::default(),
    })
}

async fn postgres(url: &str) -> Result<Store, StoreError> {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(POSTGRES_CONNECTIONS)
        .acquire_timeout(WAIT_FOR_A_CONNECTION)
        .set_application_name("rollcall")
        .sqlx_logging(false);
    let writer = Database::connect(options).await.map_err(StoreError::Open)?;
    Ok(Store {
        reader: writer.clone(),
        writer,
        identity: Arc::default(),
    })
}

async fn sqlite(url: &str, connections: u32, reads: bool) -> Result<DatabaseConnection, DbErr> {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(connections)
        .min_connections(1)
        .acquire_timeout(if reads {
            WAIT_FOR_A_CONNECTION
        } else {
            WAIT_FOR_THE_WRITER
        })
        // A database in memory is gone with its last connection.
        .idle_timeout(None)
        .max_lifetime(None)
        .sqlx_logging(false)
        .map_sqlx_sqlite_opts(move |options| {
            let options = options
                .foreign_keys(true)
                .busy_timeout(WAIT_FOR_ANOTHER_PROCESS)
                .journal_mode(SqliteJournalMode::Wal)
                // What is committed also survives a power failure: an agent that was told its id and secret
                // must not be unknown afterwards. NORMAL would keep it through kill -9 only.
                .synchronous(SqliteSynchronous::Full);
            if reads {
                options.pragma("query_only", "on")
            } else {
                options
            }
        });
    // Where a full disk fails a statement, `SQLite` ends the whole transaction by itself, and the driver goes on
    // counting it as open: all that is written from then on would be in a transaction that nobody ends, acknowledged
    // and gone with the process. Such a connection is not used again.
    options.map_sqlx_sqlite_before_acquire(|connection, _| {
        Box::pin(async move {
            if connection.is_in_transaction() {
                // A roll-back under way may only be late.
                connection.ping().await?;
            }
            Ok(!connection.is_in_transaction())
        })
    });
    Database::connect(options).await
}

/// Connects, and again where another process is just doing the same to a new file.
async fn patiently<F>(connect: impl Fn() -> F) -> Result<DatabaseConnection, StoreError>
where
    F: Future<Output = Result<DatabaseConnection, DbErr>>,
{
    let mut tries = 1;
    loop {
        match connect().await {
            Ok(connection) => return Ok(connection),
            Err(error) if is_busy(&error) && tries < SWITCH_TRIES => {
                tries += 1;
                tokio::time::sleep(SWITCH_PAUSE).await;
            }
            Err(error) => return Err(StoreError::Open(error)),
        }
    }
}

/// Makes the file, readable by its owner only, where there is none. `SQLite` gives its log the same mode.
fn create_private(path: &Path) -> Result<(), StoreError> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop).map_err(|source| StoreError::File {
        path: path.to_owned(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use sea_orm::{ConnectionTrait, DatabaseTransaction, TransactionTrait};
    use tokio::sync::Mutex;

    use super::*;

    /// Connects as `sqlite` does, but without any patience of its own.
    async fn hasty(url: &str) -> Result<DatabaseConnection, DbErr> {
        let mut options = ConnectOptions::new(url);
        options.map_sqlx_sqlite_opts(|options| {
            options
                .busy_timeout(Duration::ZERO)
                .journal_mode(SqliteJournalMode::Wal)
        });
        Database::connect(options).await
    }

    #[tokio::test]
    async fn a_new_file_that_another_process_sets_up_is_tried_again() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/new.db?mode=rwc", folder.path().display());
        let other = Database::connect(&url).await.unwrap();
        let setting_up = other.begin().await.unwrap();
        setting_up
            .execute_unprepared("CREATE TABLE other (id INTEGER)")
            .await
            .unwrap();
        let setting_up: Mutex<Option<DatabaseTransaction>> = Mutex::new(Some(setting_up));
        let tries = AtomicU32::new(0);
        let connected = patiently(|| async {
            if tries.fetch_add(1, Ordering::Relaxed) == 2
                && let Some(setting_up) = setting_up.lock().await.take()
            {
                setting_up.commit().await?;
            }
            hasty(&url).await
        });
        connected.await.unwrap();
        assert_eq!(tries.into_inner(), 3);
    }

    #[tokio::test]
    async fn what_is_wrong_with_a_file_for_good_is_not_tried_again() {
        let tries = AtomicU32::new(0);
        let error = patiently(|| async {
            tries.fetch_add(1, Ordering::Relaxed);
            hasty("sqlite:///nonexistent/rollcall.db").await
        });
        assert!(matches!(error.await, Err(StoreError::Open(_))));
        assert_eq!(tries.into_inner(), 1);
    }
}
