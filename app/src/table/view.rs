//! What the table shows, as the address bar says it: `?domain=3&status=offline,pending&q=sp-&sort=-since`.
//!
//! So a screen can be sent to a colleague. Whatever someone typed there is taken for what it can mean; the
//! rest is passed over.

use rollcall_shared::{DomainId, Status};

/// A set of statuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Statuses(u8);

impl Statuses {
    /// Whether a status is one of them.
    #[must_use]
    pub const fn has(self, status: Status) -> bool {
        self.0 & (1 << status as u8) != 0
    }

    /// The set with this status put in, or taken out where it was in.
    #[must_use]
    pub const fn toggled(self, status: Status) -> Self {
        Self(self.0 ^ (1 << status as u8))
    }

    /// Whether it holds none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Reads keys with commas between them.
    #[must_use]
    pub fn from_keys(keys: &str) -> Self {
        keys.split(',')
            .filter_map(Status::from_key)
            .fold(Self::default(), |set, status| {
                if set.has(status) { set } else { set.toggled(status) }
            })
    }

    /// Writes keys with commas between them.
    #[must_use]
    pub fn to_keys(self) -> String {
        let keys: Vec<&str> = Status::ALL
            .into_iter()
            .filter(|status| self.has(*status))
            .map(Status::key)
            .collect();
        keys.join(",")
    }
}

/// What rows are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Column {
    /// The agent's name.
    #[default]
    Name,
    /// Its status.
    Status,
    /// How long it has had that status.
    Since,
    /// How long ago it was last heard.
    Contact,
}

impl Column {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Name, Self::Status, Self::Since, Self::Contact];

    /// Its name in the address bar.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Status => "status",
            Self::Since => "since",
            Self::Contact => "contact",
        }
    }

    /// Its heading.
    #[must_use]
    pub const fn heading(self) -> &'static str {
        match self {
            Self::Name => "Agent",
            Self::Status => "Status",
            Self::Since => "Since",
            Self::Contact => "Last contact",
        }
    }
}

/// The order of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sort {
    /// By what.
    pub column: Column,
    /// From the greatest down: Z to A, Retired to Online, longest ago to just now.
    pub descending: bool,
}

impl Sort {
    /// What a click on a heading makes of it: that column, or its other direction.
    #[must_use]
    pub fn clicked(self, column: Column) -> Self {
        Self {
            column,
            descending: self.column == column && !self.descending,
        }
    }
}

/// What the table shows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct View {
    /// Only agents of this domain and of those below it.
    pub domain: Option<DomainId>,
    /// Only these; where it is empty, all but the retired.
    pub statuses: Statuses,
    /// What name or address must contain.
    pub search: String,
    /// In which order.
    pub sort: Sort,
}

impl View {
    /// Reads the parts of an address.
    #[must_use]
    pub fn read(
        domain: Option<&str>,
        status: Option<&str>,
        search: Option<&str>,
        sort: Option<&str>,
    ) -> Self {
        let number = domain.and_then(|domain| domain.parse::<i32>().ok());
        let sort = sort.unwrap_or_default();
        let (column, descending) = sort
            .strip_prefix('-')
            .map_or((sort, false), |column| (column, true));
        let column = Column::ALL.into_iter().find(|known| known.key() == column);
        Self {
            domain: number.and_then(|number| DomainId::try_from(number).ok()),
            statuses: Statuses::from_keys(status.unwrap_or_default()),
            search: search.unwrap_or_default().to_owned(),
            sort: column.map_or_else(Sort::default, |column| Sort { column, descending }),
        }
    }

    /// Writes the part of an address that begins with `?`; nothing where all stands at its default.
    #[must_use]
    pub fn to_query(&self) -> String {
        let mut query = String::new();
        let mut add = |key: &str, value: &str| {
            query.push(if query.is_empty() { '?' } else { '&' });
            query.push_str(key);
            query.push('=');
            query.push_str(value);
        };
        if let Some(domain) = self.domain {
            add("domain", &domain.0.to_string());
        }
        if !self.statuses.is_empty() {
            add("status", &self.statuses.to_keys());
        }
        let search = self.search.trim();
        if !search.is_empty() {
            add("q", &escaped(search));
        }
        if self.sort != Sort::default() {
            let sign = if self.sort.descending { "-" } else { "" };
            add("sort", &format!("{sign}{}", self.sort.column.key()));
        }
        query
    }

    /// Whether it shows the same agents, in whatever order.
    #[must_use]
    pub fn shows_as(&self, other: &Self) -> bool {
        self.domain == other.domain
            && self.statuses == other.statuses
            && self.search.trim() == other.search.trim()
    }

    /// Whether a status is shown.
    #[must_use]
    pub fn shows(&self, status: Status) -> bool {
        if self.statuses.is_empty() {
            status != Status::Retired
        } else {
            self.statuses.has(status)
        }
    }
}

/// Percent-encodes all but the unreserved characters of RFC 3986.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            for half in [byte >> 4, byte & 15] {
                out.push(char::from(b"0123456789ABCDEF"[usize::from(half)]));
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_reads_back_from_the_address_that_it_writes() {
        let view = View {
            domain: Some(DomainId(3)),
            statuses: Statuses::from_keys("offline,unreachable_offline"),
            search: "sp atm/é".to_owned(),
            sort: Sort {
                column: Column::Since,
                descending: true,
            },
        };
        assert_eq!(
            view.to_query(),
            "?domain=3&status=offline,unreachable_offline&q=sp%20atm%2F%C3%A9&sort=-since"
        );
        let read = View::read(
            Some("3"),
            Some("offline,unreachable_offline"),
            Some("sp atm/é"),
            Some("-since"),
        );
        assert_eq!(read, view);
        assert_eq!(View::default().to_query(), "");
    }

    #[test]
    fn what_the_address_cannot_mean_is_passed_over() {
        let read = View::read(Some("0"), Some("offline,asleep,offline"), None, Some("-colour"));
        assert_eq!(read.domain, None);
        assert!(read.statuses.has(Status::Offline));
        assert!(!read.statuses.has(Status::Online));
        assert_eq!(read.sort, Sort::default());
    }

    #[test]
    fn the_retired_are_shown_only_where_they_are_asked_for() {
        assert!(!View::default().shows(Status::Retired));
        assert!(View::default().shows(Status::Inactive));
        assert!(View::read(None, Some("retired"), None, None).shows(Status::Retired));
    }

    #[test]
    fn a_second_click_on_a_heading_turns_the_order_round() {
        let first = Sort::default().clicked(Column::Since);
        assert_eq!((first.column, first.descending), (Column::Since, false));
        assert!(first.clicked(Column::Since).descending);
        assert!(!first.clicked(Column::Since).clicked(Column::Name).descending);
    }
}
