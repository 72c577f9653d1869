//! A database of its own for every test, and every test on both databases.
//!
//! `SQLite` is a file in a folder that goes with the test. Postgres is one cluster for the run: the one at
//! `ROLLCALL_TEST_POSTGRES` (nextest sets it, since it gives every test a process), else one that the first
//! test of this process starts by `.ci/postgres` and that stops when the process is gone. Where Postgres is
//! not installed the test says so and is skipped, or fails where `ROLLCALL_REQUIRE_POSTGRES` is 1.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use sea_orm::{ConnectionTrait, Database, DatabaseConnection};
use tempfile::TempDir;

use super::Store;

/// Makes two tests of each function that takes a [`TestDatabase`]: one a database.
macro_rules! on_every_database {
    ($($name:ident),+ $(,)?) => {
        mod on_sqlite {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    super::$name(&$crate::store::testing::TestDatabase::sqlite()).await;
                }
            )+
        }
        mod on_postgres {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    if let Some(database) = $crate::store::testing::TestDatabase::postgres().await {
                        super::$name(&database).await;
                        database.drop_it().await;
                    }
                }
            )+
        }
    };
}
pub(crate) use on_every_database;

/// An empty database.
pub(crate) struct TestDatabase {
    /// Its address.
    pub url: String,
    kind: Kind,
}

enum Kind {
    Sqlite(TempDir),
    Postgres { cluster: String, name: String },
}

impl TestDatabase {
    pub(crate) fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a folder for the database");
        Self {
            url: format!("sqlite://{}/rollcall.db", folder.path().display()),
            kind: Kind::Sqlite(folder),
        }
    }

    /// Nothing where Postgres is not installed and may be missing.
    pub(crate) async fn postgres() -> Option<Self> {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let cluster = cluster()?.to_owned();
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let name = format!("rollcall_{}_{number}", std::process::id());
        let admin = connect(&cluster).await;
        // One of a failed test, of a process that had the same id.
        execute(&admin, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await;
        execute(&admin, &format!("CREATE DATABASE {name}")).await;
        admin.close().await.expect("the cluster says goodbye");
        Some(Self {
            url: with_database(&cluster, &name),
            kind: Kind::Postgres { cluster, name },
        })
    }

    /// Opens it; may be called again for a second server on the same database.
    pub(crate) async fn open(&self) -> Store {
        Store::open(&self.url).await.expect("the database opens")
    }

    /// The folder of an `SQLite` database.
    pub(crate) fn folder(&self) -> Option<&Path> {
        match &self.kind {
            Kind::Sqlite(folder) => Some(folder.path()),
            Kind::Postgres { .. } => None,
        }
    }

    /// Drops all connections to a Postgres database and lets nobody in any more, as one that is stopped; or lets
    /// them in again.
    pub(crate) async fn is_away(&self, away: bool) {
        let Kind::Postgres { cluster, name } = &self.kind else {
            return;
        };
        let admin = connect(cluster).await;
        let may = !away;
        execute(&admin, &format!("ALTER DATABASE {name} ALLOW_CONNECTIONS {may}")).await;
        if away {
            let drop_all = format!(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{name}'"
            );
            execute(&admin, &drop_all).await;
        }
    }

    /// Removes it from the cluster, which may be used for a long run. A failed test leaves its own to be
    /// looked at.
    pub(crate) async fn drop_it(self) {
        if let Kind::Postgres { cluster, name } = self.kind {
            let admin = connect(&cluster).await;
            execute(&admin, &format!("DROP DATABASE {name} WITH (FORCE)")).await;
        }
    }
}

async fn connect(url: &str) -> DatabaseConnection {
    Database::connect(url).await.expect("the cluster answers")
}

async fn execute(on: &DatabaseConnection, sql: &str) {
    on.execute_unprepared(sql)
        .await
        .expect("the cluster does as told");
}

/// The address of a database beside the one that `url` names.
fn with_database(url: &str, name: &str) -> String {
    let (address, options) = url.split_once('?').unwrap_or((url, ""));
    let authority_at = address.find("://").expect("an address") + "://".len();
    let end = address[authority_at..]
        .find('/')
        .map_or(address.len(), |slash| authority_at + slash);
    format!("{}/{name}?{options}", &address[..end])
}

fn cluster() -> Option<&'static str> {
    static CLUSTER: OnceLock<Option<String>> = OnceLock::new();
    CLUSTER
        .get_or_init(|| given_cluster().or_else(start_cluster))
        .as_deref()
}

fn given_cluster() -> Option<String> {
    std::env::var("ROLLCALL_TEST_POSTGRES")
        .ok()
        .filter(|url| !url.is_empty())
}

#[expect(
    clippy::print_stderr,
    reason = "a skipped test says so where the person who runs it looks"
)]
fn start_cluster() -> Option<String> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.ci/postgres");
    let output = Command::new(&script)
        .arg("start")
        .arg(std::process::id().to_string())
        .env_remove("NEXTEST_ENV")
        .stderr(Stdio::piped())
        .output()
        .unwrap_or_else(|error| panic!("{} does not run: {error}", script.display()));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    let url = String::from_utf8(output.stdout)
        .expect("an address")
        .trim()
        .to_owned();
    if url.is_empty() {
        eprintln!("SKIPPED: {said}");
        return None;
    }
    Some(url)
}

#[test]
fn a_database_is_named_in_its_clusters_address() {
    for (cluster, database) in [
        ("postgres://host", "postgres://host/x?"),
        (
            "postgres://user:word@host:5432/postgres",
            "postgres://user:word@host:5432/x?",
        ),
        ("postgres://host/a?host=/tmp/b", "postgres://host/x?host=/tmp/b"),
    ] {
        assert_eq!(with_database(cluster, "x"), database);
    }
}
