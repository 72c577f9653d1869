//! What the table shows, as the address bar says it: `?domain=3&status=offline,pending&q=sp-&sort=-since`.
//!
//! So a screen can be sent to a colleague. Whatever someone typed there is taken for what it can mean; the
//! rest is passed over.

use rollcall_shared::feed::table::Query;
use rollcall_shared::{DomainId, Statuses};

use super::column::{Column, Columns, Sort};

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
    /// Which columns; where none was chosen, as many as there is room for.
    pub columns: Columns,
}

impl View {
    /// Reads what an address says behind its path; `told` gives the value of a parameter, decoded.
    #[must_use]
    pub fn read(told: impl Fn(&str) -> Option<String>) -> Self {
        let text = |key| told(key).unwrap_or_default();
        let number = text("domain").parse::<i32>().ok();
        let sort = text("sort");
        let (column, descending) = sort
            .strip_prefix('-')
            .map_or((sort.as_str(), false), |column| (column, true));
        let column = Column::ALL
            .into_iter()
            .find(|known| known.sorts() && known.key() == column);
        Self {
            domain: number.and_then(|number| DomainId::try_from(number).ok()),
            statuses: Statuses::from_keys(&text("status")),
            search: text("q"),
            sort: column.map_or_else(Sort::default, |column| Sort { column, descending }),
            columns: Columns::from_keys(&text("columns")),
        }
    }

    /// The same from what a test names.
    #[cfg(test)]
    pub(crate) fn told(parameters: &[(&str, &str)]) -> Self {
        let value = |key: &str| parameters.iter().find(|(known, _)| *known == key);
        Self::read(|key| value(key).map(|(_, value)| (*value).to_owned()))
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
        if !self.columns.is_automatic() {
            add("columns", &self.columns.to_keys());
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

    /// The list that the server is asked for.
    #[must_use]
    pub fn query(&self) -> Query {
        Query {
            domain: self.domain,
            statuses: self.statuses,
            search: self.search.trim().to_owned(),
            sort: self.sort.column.sort_key().unwrap_or_default(),
            descending: self.sort.descending,
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
    use rollcall_shared::Status;

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
            columns: Columns::from_keys("status,address"),
        };
        assert_eq!(
            view.to_query(),
            "?domain=3&status=offline,unreachable_offline&q=sp%20atm%2F%C3%A9&sort=-since&columns=status,address"
        );
        let read = View::told(&[
            ("domain", "3"),
            ("status", "offline,unreachable_offline"),
            ("q", "sp atm/é"),
            ("sort", "-since"),
            ("columns", "status,address"),
        ]);
        assert_eq!(read, view);
        assert_eq!(View::default().to_query(), "");
    }

    #[test]
    fn what_the_address_cannot_mean_is_passed_over() {
        let read = View::told(&[
            ("domain", "0"),
            ("status", "offline,asleep,offline"),
            ("sort", "-cause"),
            ("columns", "colour"),
        ]);
        assert_eq!(read.domain, None);
        assert!(read.statuses.has(Status::Offline));
        assert!(!read.statuses.has(Status::Online));
        assert_eq!(read.sort, Sort::default());
        assert!(read.columns.is_automatic());
    }
}
