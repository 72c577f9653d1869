//! The columns of the table: what each is called, which of them are shown, and by which the rows are sorted.

use rollcall_shared::feed::table::SortKey;

/// A column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Column {
    /// The agent's name. It is always shown.
    #[default]
    Name,
    /// Its status.
    Status,
    /// How long it has had that status.
    Since,
    /// How long ago it was last heard.
    Contact,
    /// Its folder of the agent tree.
    Domain,
    /// The address from which it was last seen.
    Address,
    /// The agent's own version.
    Version,
    /// Why it has its status.
    Cause,
}

impl Column {
    /// All of them, from the left.
    pub const ALL: [Self; 8] = [
        Self::Name,
        Self::Status,
        Self::Since,
        Self::Contact,
        Self::Domain,
        Self::Address,
        Self::Version,
        Self::Cause,
    ];

    /// Its name in the address bar, and in the stylesheet.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Status => "status",
            Self::Since => "since",
            Self::Contact => "contact",
            Self::Domain => "domain",
            Self::Address => "address",
            Self::Version => "version",
            Self::Cause => "cause",
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
            Self::Domain => "Domain",
            Self::Address => "Address",
            Self::Version => "Version",
            Self::Cause => "Why",
        }
    }

    /// What rows are sorted by under its heading; nothing where they cannot be.
    #[must_use]
    pub const fn sort_key(self) -> Option<SortKey> {
        Some(match self {
            Self::Name => SortKey::Name,
            Self::Status => SortKey::Status,
            Self::Since => SortKey::Since,
            Self::Contact => SortKey::Contact,
            Self::Domain => SortKey::Domain,
            Self::Address => SortKey::Address,
            Self::Version => SortKey::Version,
            Self::Cause => return None,
        })
    }

    /// Whether rows can be sorted by it.
    #[must_use]
    pub const fn sorts(self) -> bool {
        self.sort_key().is_some()
    }
}

/// Which columns are shown beside the name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Columns(Option<u8>);

impl Columns {
    /// All that can be left out, from the left.
    pub fn choices() -> impl Iterator<Item = Column> {
        Column::ALL.into_iter().filter(|column| *column != Column::Name)
    }

    /// Whether nobody chose: as many are shown as there is room for.
    #[must_use]
    pub const fn is_automatic(self) -> bool {
        self.0.is_none()
    }

    /// Whether a column is shown where there is room for it.
    #[must_use]
    pub fn has(self, column: Column) -> bool {
        column == Column::Name || self.0.is_none_or(|chosen| chosen & bit(column) != 0)
    }

    /// The same with this column shown, or not where it was.
    #[must_use]
    pub fn toggled(self, column: Column) -> Self {
        let chosen = self.0.unwrap_or(u8::MAX);
        Self(Some((chosen ^ bit(column)) | bit(Column::Name)))
    }

    /// Reads keys with commas between them; where none is a column's, nobody chose.
    #[must_use]
    pub fn from_keys(keys: &str) -> Self {
        let known = |key: &str| Column::ALL.into_iter().find(|column| column.key() == key);
        let chosen = keys.split(',').filter_map(known).map(bit);
        Self(
            chosen
                .reduce(|all, one| all | one)
                .map(|chosen| chosen | bit(Column::Name)),
        )
    }

    /// Writes keys with commas between them; nothing where nobody chose.
    #[must_use]
    pub fn to_keys(self) -> String {
        if self.is_automatic() {
            return String::new();
        }
        let shown: Vec<&str> = Self::choices()
            .filter(|column| self.has(*column))
            .map(Column::key)
            .collect();
        if shown.is_empty() {
            return Column::Name.key().to_owned();
        }
        shown.join(",")
    }
}

const fn bit(column: Column) -> u8 {
    1 << column as u8
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_read_back_as_they_are_written() {
        let all = Columns::default();
        assert!(all.is_automatic());
        assert_eq!(all.to_keys(), "");
        assert!(Column::ALL.into_iter().all(|column| all.has(column)));
        let without = all.toggled(Column::Version).toggled(Column::Cause);
        assert_eq!(without.to_keys(), "status,since,contact,domain,address");
        assert_eq!(Columns::from_keys(&without.to_keys()), without);
        assert!(!without.has(Column::Version));
        assert_eq!(
            without.toggled(Column::Cause).toggled(Column::Version),
            all.toggled(Column::Name)
        );
    }

    #[test]
    fn the_name_is_always_shown_also_alone() {
        let alone = Columns::choices().fold(Columns::default(), Columns::toggled);
        assert!(alone.has(Column::Name));
        assert_eq!(alone.to_keys(), "name");
        assert_eq!(Columns::from_keys("name"), alone);
        assert_eq!(Columns::from_keys("colour,"), Columns::default());
    }

    #[test]
    fn a_second_click_on_a_heading_turns_the_order_round() {
        let first = Sort::default().clicked(Column::Since);
        assert_eq!((first.column, first.descending), (Column::Since, false));
        assert!(first.clicked(Column::Since).descending);
        assert!(!first.clicked(Column::Since).clicked(Column::Name).descending);
    }
}
