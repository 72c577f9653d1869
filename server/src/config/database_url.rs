//! The address of the database. It may hold a password, so it never shows itself whole.

use std::fmt;
use std::path::Path;

/// A database that sea-orm can open: `sqlite:` or `postgres:`.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl(String);

/// What stands for a password.
const HIDDEN: &str = "***";

impl DatabaseUrl {
    /// Checks the scheme; whether the database is there shows when it is opened.
    ///
    /// # Errors
    /// Where it names neither of the two kinds.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let rest = ["sqlite:", "postgres://", "postgresql://"]
            .iter()
            .find_map(|scheme| text.strip_prefix(scheme))
            .ok_or("no such kind of database")?;
        if rest.trim_start_matches('/').is_empty() {
            return Err("no database is named");
        }
        Ok(Self(text.to_owned()))
    }

    /// The embedded database in the data folder, made where it is missing.
    #[must_use]
    pub fn file_in(data: &Path) -> Self {
        let path = data.join("rollcall.db").display().to_string();
        // What would end the path in an address, or stand for another letter.
        let path = path.replace('%', "%25").replace('?', "%3F");
        Self(format!("sqlite://{path}?mode=rwc"))
    }

    /// The whole address, for the one who opens the database. Never for a message.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether it is the embedded kind.
    #[must_use]
    pub fn is_sqlite(&self) -> bool {
        self.0.starts_with("sqlite:")
    }

    /// An address as it may be shown: without the password, wherever one may stand.
    #[must_use]
    pub fn without_password(text: &str) -> String {
        let (address, query) = match text.split_once('?') {
            Some((address, query)) => (address, Some(query)),
            None => (text, None),
        };
        let mut shown = match (address.split_once("://"), address.rsplit_once('@')) {
            (Some((scheme, _)), Some((before, host))) => {
                let login = before.get(scheme.len() + 3..).unwrap_or_default();
                match login.split_once(':') {
                    Some((user, _)) => format!("{scheme}://{user}:{HIDDEN}@{host}"),
                    None => address.to_owned(),
                }
            }
            // Without a scheme nobody can tell what is a password and what is not.
            (None, Some((_, host))) => format!("{HIDDEN}@{host}"),
            _ => address.to_owned(),
        };
        if let Some(query) = query {
            let parameters: Vec<_> = query
                .split('&')
                .map(|parameter| match parameter.split_once('=') {
                    Some((name, _)) if name.to_ascii_lowercase().contains("password") => {
                        format!("{name}={HIDDEN}")
                    }
                    _ => parameter.to_owned(),
                })
                .collect();
            shown.push('?');
            shown.push_str(&parameters.join("&"));
        }
        shown
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&Self::without_password(&self.0))
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "DatabaseUrl({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_never_shown_wherever_it_stands() {
        for (given, shown) in [
            (
                "postgres://rc:hunter2@db/rollcall",
                "postgres://rc:***@db/rollcall",
            ),
            (
                "postgres://rc:hun:ter2@db/rollcall",
                "postgres://rc:***@db/rollcall",
            ),
            // A password with an @ that nobody escaped.
            (
                "postgres://rc:hunter@2@db/rollcall",
                "postgres://rc:***@db/rollcall",
            ),
            ("postgres://rc@db/rollcall", "postgres://rc@db/rollcall"),
            (
                "postgres://db/rollcall?user=rc&password=hunter2",
                "postgres://db/rollcall?user=rc&password=***",
            ),
            ("rc:hunter2@db", "***@db"),
            (
                "sqlite://data/rollcall.db?mode=rwc",
                "sqlite://data/rollcall.db?mode=rwc",
            ),
        ] {
            assert_eq!(DatabaseUrl::without_password(given), shown);
        }
        let url = DatabaseUrl::parse("postgres://rc:hunter2@db/rollcall").unwrap();
        assert!(!format!("{url} {url:?}").contains("hunter2"));
        assert!(url.reveal().contains("hunter2"));
    }

    #[test]
    fn a_folder_with_an_odd_name_keeps_it() {
        let url = DatabaseUrl::file_in(Path::new("/srv/50% off? no"));
        assert_eq!(url.reveal(), "sqlite:///srv/50%25 off%3F no/rollcall.db?mode=rwc");
    }

    #[test]
    fn only_the_two_kinds_of_database_are_taken() {
        for (given, fits) in [
            ("sqlite://data/rollcall.db", true),
            ("sqlite::memory:", true),
            ("postgresql://db/rollcall", true),
            ("postgres://", false),
            ("mysql://db/rollcall", false),
            ("rollcall.db", false),
        ] {
            assert_eq!(DatabaseUrl::parse(given).is_ok(), fits, "{given}");
        }
    }
}
