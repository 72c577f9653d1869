//! What can go wrong between the server and its database.

use std::path::PathBuf;
use std::time::Duration;

use sea_orm::{DbErr, RuntimeErr, sqlx};

/// What went wrong with the database. The source, where there is one, is chained and not pasted in.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The address names no database that this server knows. It is not shown: it may hold a password.
    #[error("the database address must begin with sqlite: or postgres://, the one given does not")]
    Address,
    /// The file of an `SQLite` database can be neither opened nor made.
    #[error("the database file {path} cannot be opened or created")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// No connection, at the start or later.
    #[error("the database cannot be opened")]
    Open(#[source] DbErr),
    /// A newer release has changed this database already.
    #[error(
        "the database was written by a newer release (it has the changes {}): start that release, or restore a backup",
        unknown.join(", ")
    )]
    Newer {
        /// The names of the migrations that this release does not know.
        unknown: Vec<String>,
    },
    /// A migration failed; none of it was kept.
    #[error("the database cannot be brought to this release")]
    Migrate(#[source] DbErr),
    /// A statement failed.
    #[error("the database did not do what it was asked")]
    Database(#[from] DbErr),
    /// The database took what it was asked and gave no answer.
    #[error("the database gave no answer within {} s", waited.as_secs())]
    Silent {
        /// For how long it was waited for.
        waited: Duration,
    },
    /// A text cannot be kept: it holds the character NUL, which Postgres has no room for.
    #[error("{field} holds the character NUL, which cannot be stored")]
    Unstorable {
        /// What the text is.
        field: &'static str,
    },
    /// A row holds what no release of this server writes.
    #[error("{column} holds {value}, which this release cannot read")]
    Corrupt {
        /// Table and column.
        column: &'static str,
        /// What it holds.
        value: String,
    },
}

impl StoreError {
    /// Whether the same call may succeed later without anyone changing what it asks for: the database is
    /// away, busy, or its disk is full. What is not transient fails again however often it is repeated.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Open(source) | Self::Migrate(source) | Self::Database(source) => is_transient(source),
            Self::Silent { .. } => true,
            Self::File { .. }
            | Self::Address
            | Self::Newer { .. }
            | Self::Unstorable { .. }
            | Self::Corrupt { .. } => false,
        }
    }
}

impl StoreError {
    /// Whether the database's disk is full.
    #[must_use]
    pub fn is_for_want_of_room(&self) -> bool {
        match self {
            Self::Open(source) | Self::Migrate(source) | Self::Database(source) => {
                code(source).is_some_and(|code| is_code_of_room(&code))
            }
            _ => false,
        }
    }
}

impl StoreError {
    /// Whether what was to be written is at fault, whatever database it is given to: only then is giving it up
    /// right. All else (a wrong password, a missing table, a disk that is read-only) somebody can mend.
    #[must_use]
    pub fn is_fault_of_data(&self) -> bool {
        match self {
            Self::Unstorable { .. } => true,
            Self::Database(source) => code(source).is_some_and(|code| is_code_of_data(&code)),
            _ => false,
        }
    }
}

/// Postgres: class 22 data exception, 23 integrity constraint. `SQLite`: 18 too big, 19 constraint, 20 mismatch,
/// 25 range.
fn is_code_of_data(code: &str) -> bool {
    if code.len() == 5 {
        return code.starts_with("22") || code.starts_with("23");
    }
    code.parse::<u32>()
        .is_ok_and(|code| matches!(code & 0xff, 18 | 19 | 20 | 25))
}

/// Postgres: 53100 disk full. `SQLite`: 13 full.
fn is_code_of_room(code: &str) -> bool {
    if code.len() == 5 {
        return code == "53100";
    }
    code.parse::<u32>().is_ok_and(|code| code & 0xff == 13)
}

/// What the database driver says, where it was the driver that failed.
fn driver(error: &DbErr) -> Option<&sqlx::Error> {
    match error {
        DbErr::Conn(RuntimeErr::SqlxError(error))
        | DbErr::Exec(RuntimeErr::SqlxError(error))
        | DbErr::Query(RuntimeErr::SqlxError(error)) => Some(error),
        _ => None,
    }
}

/// The code that the database gave: an SQLSTATE of Postgres, or a result code of `SQLite`.
fn code(error: &DbErr) -> Option<String> {
    match driver(error)? {
        sqlx::Error::Database(error) => error.code().map(std::borrow::Cow::into_owned),
        _ => None,
    }
}

fn is_transient(error: &DbErr) -> bool {
    if matches!(error, DbErr::ConnectionAcquire(_)) {
        return true;
    }
    match driver(error) {
        Some(sqlx::Error::Database(_)) => code(error).is_some_and(|code| is_transient_code(&code)),
        Some(
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed,
        ) => true,
        _ => false,
    }
}

/// Postgres, by class (its manual, appendix A): 08 connection, 40 serialization and deadlock, 53 resources,
/// 55 lock not available, 57 shut down by an operator, 58 system; 25006 a standby that is read-only.
/// `SQLite`, by the low byte of its extended code: 5 busy, 6 locked, 10 I/O, 13 full, 14 cannot open.
fn is_transient_code(code: &str) -> bool {
    if code.len() == 5 {
        return code == "25006"
            || ["08", "40", "53", "55", "57", "58"]
                .iter()
                .any(|class| code.starts_with(class));
    }
    code.parse::<u32>()
        .is_ok_and(|code| matches!(code & 0xff, 5 | 6 | 10 | 13 | 14))
}

/// Whether an `SQLite` database is busy with another connection.
pub(super) fn is_busy(error: &DbErr) -> bool {
    code(error)
        .and_then(|code| code.parse::<u32>().ok())
        .is_some_and(|code| matches!(code & 0xff, 5 | 6))
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;
    use std::fmt;

    use sea_orm::sqlx::error::{DatabaseError, ErrorKind};

    use super::*;

    /// What a database says that fails with a code.
    #[derive(Debug)]
    struct Said(&'static str);

    impl fmt::Display for Said {
        fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
            out.write_str(self.0)
        }
    }

    impl std::error::Error for Said {}

    impl DatabaseError for Said {
        fn message(&self) -> &str {
            self.0
        }

        fn code(&self) -> Option<Cow<'_, str>> {
            Some(Cow::Borrowed(self.0))
        }

        fn as_error(&self) -> &(dyn std::error::Error + Send + Sync + 'static) {
            self
        }

        fn as_error_mut(&mut self) -> &mut (dyn std::error::Error + Send + Sync + 'static) {
            self
        }

        fn into_error(self: Box<Self>) -> Box<dyn std::error::Error + Send + Sync + 'static> {
            self
        }

        fn kind(&self) -> ErrorKind {
            ErrorKind::Other
        }
    }

    fn failed_with(code: &'static str) -> StoreError {
        let error = sqlx::Error::Database(Box::new(Said(code)));
        StoreError::Database(DbErr::Exec(RuntimeErr::SqlxError(error.into())))
    }

    #[test]
    fn a_database_that_fails_is_not_the_fault_of_what_was_to_be_written() {
        for code in [
            // SQLite: busy, read-only, I/O (and while it writes), corrupt, full, cannot be opened.
            "5", "8", "10", "778", "11", "13", "14",
            // Postgres: no room, out of memory, shut down, connection lost, password, no table, read-only, damaged.
            "53100", "53200", "57P01", "08006", "28P01", "42P01", "25006", "XX001",
        ] {
            let error = failed_with(code);
            assert!(!error.is_fault_of_data(), "{code}");
        }
        for error in [
            StoreError::Silent {
                waited: Duration::ZERO,
            },
            StoreError::Database(DbErr::ConnectionAcquire(sea_orm::ConnAcquireErr::Timeout)),
            StoreError::Database(DbErr::Conn(RuntimeErr::SqlxError(
                sqlx::Error::Io(std::io::Error::from_raw_os_error(28)).into(),
            ))),
        ] {
            assert!(!error.is_fault_of_data() && error.is_transient(), "{error:?}");
        }
    }

    #[test]
    fn a_full_disk_is_told_from_a_database_that_is_away() {
        for (code, full) in [
            ("13", true),
            ("53100", true),
            ("10", false),
            ("53000", false),
            ("00013", false),
        ] {
            assert_eq!(failed_with(code).is_for_want_of_room(), full, "{code}");
        }
    }

    #[test]
    fn what_no_database_can_hold_is_at_fault() {
        for code in ["18", "19", "2067", "20", "25", "22021", "23505"] {
            assert!(failed_with(code).is_fault_of_data(), "{code}");
        }
        assert!(StoreError::Unstorable { field: "name" }.is_fault_of_data());
    }

    #[test]
    fn a_database_that_is_busy_away_or_full_is_transient() {
        for code in ["5", "261", "13", "08006", "40P01", "53100", "57P01", "25006"] {
            assert!(is_transient_code(code), "{code}");
        }
    }

    #[test]
    fn a_statement_that_will_never_do_is_not_transient() {
        for code in ["1", "19", "2067", "23505", "22021", "42P01", ""] {
            assert!(!is_transient_code(code), "{code}");
        }
    }
}
