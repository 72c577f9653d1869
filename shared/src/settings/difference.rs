//! What distinguishes two versions of the settings, field by field: for the history, and for two people who saved at once.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::{Field, HeartbeatScope, LoopbackMode, Settings};
use crate::range::{AddressRange, merge};

/// One field that is not the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Which.
    pub field: Field,
    /// What it was and is.
    pub change: Change,
}

/// What became of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// It was one thing and is another, in words.
    Value {
        /// Before.
        was: String,
        /// After.
        is: String,
    },
    /// Ranges came and went.
    Ranges {
        /// Those that came, in their order.
        added: Vec<AddressRange>,
        /// Those that went, in their order.
        removed: Vec<AddressRange>,
    },
}

/// What distinguishes `is` from `was`, in the order in which fields are shown. Lists that only were put into another
/// order are the same.
#[must_use]
pub fn differences(was: &Settings, is: &Settings) -> Vec<Difference> {
    Field::ALL
        .into_iter()
        .filter_map(|field| {
            let change = if let (Some(was), Some(is)) = (was.ranges(field), is.ranges(field)) {
                let (added, removed) = (without(is, was), without(was, is));
                (!added.is_empty() || !removed.is_empty()).then_some(Change::Ranges { added, removed })
            } else {
                let (was, is) = (was.phrase(field), is.phrase(field));
                (was != is).then_some(Change::Value { was, is })
            }?;
            Some(Difference { field, change })
        })
        .collect()
}

/// Those of `list` that `other` has not.
fn without(list: &[AddressRange], other: &[AddressRange]) -> Vec<AddressRange> {
    let mut known = other.to_vec();
    known.sort_unstable();
    list.iter()
        .copied()
        .filter(|range| known.binary_search(range).is_err())
        .collect()
}

/// Both changes of a list that was `base`: what either added, without what either removed; merged.
#[must_use]
pub fn both(base: &[AddressRange], theirs: &[AddressRange], mine: &[AddressRange]) -> Vec<AddressRange> {
    let mut list = without(theirs, &without(base, mine));
    list.extend(without(&without(mine, base), theirs));
    merge(&list).0
}

impl Settings {
    /// A field in words: `10 min`, `on`.
    #[must_use]
    pub fn phrase(&self, field: Field) -> String {
        match field {
            Field::UnreachableNetwork | Field::DialOwnAddressesIn => {
                match self.ranges(field).map_or(0, <[_]>::len) {
                    0 => "no ranges".to_owned(),
                    1 => "1 range".to_owned(),
                    count => format!("{count} ranges"),
                }
            }
            Field::Heartbeat => if self.heartbeat { "allowed" } else { "not allowed" }.to_owned(),
            Field::HeartbeatScope => self.heartbeat_scope.phrase().to_owned(),
            Field::HeartbeatEvery => format!("{}", self.heartbeat_every),
            Field::OfflineAfter => format!("{}", self.offline_after),
            Field::PollEvery => format!("{}", self.poll_every),
            Field::VerifyEvery => format!("{}", self.verify_every),
            Field::InactiveAfterDays => match self.inactive_after_days.get() {
                1 => "1 day".to_owned(),
                days => format!("{days} days"),
            },
            Field::Loopback => self.loopback.phrase().to_owned(),
            Field::LoopbackEverySeconds => format!("{}", self.loopback_every_seconds),
        }
    }

    /// The ranges of a field; nothing where it holds none.
    #[must_use]
    pub fn ranges(&self, field: Field) -> Option<&[AddressRange]> {
        match field {
            Field::UnreachableNetwork => Some(&self.unreachable_network),
            Field::DialOwnAddressesIn => Some(&self.dial_own_addresses_in),
            _ => None,
        }
    }

    /// Takes a field from other settings.
    pub fn take(&mut self, field: Field, from: &Self) {
        match field {
            Field::UnreachableNetwork => self.unreachable_network.clone_from(&from.unreachable_network),
            Field::PollEvery => self.poll_every = from.poll_every,
            Field::Heartbeat => self.heartbeat = from.heartbeat,
            Field::HeartbeatScope => self.heartbeat_scope = from.heartbeat_scope,
            Field::HeartbeatEvery => self.heartbeat_every = from.heartbeat_every,
            Field::OfflineAfter => self.offline_after = from.offline_after,
            Field::VerifyEvery => self.verify_every = from.verify_every,
            Field::InactiveAfterDays => self.inactive_after_days = from.inactive_after_days,
            Field::DialOwnAddressesIn => self.dial_own_addresses_in.clone_from(&from.dial_own_addresses_in),
            Field::Loopback => self.loopback = from.loopback,
            Field::LoopbackEverySeconds => self.loopback_every_seconds = from.loopback_every_seconds,
        }
    }
}

impl HeartbeatScope {
    /// In words.
    #[must_use]
    pub const fn phrase(self) -> &'static str {
        match self {
            Self::All => "All agents",
            Self::UnreachableNetwork => "Only agents in the unreachable network",
        }
    }
}

impl LoopbackMode {
    /// In words.
    #[must_use]
    pub const fn phrase(self) -> &'static str {
        match self {
            Self::Off => "Off",
            Self::UnreachableNetwork => HeartbeatScope::UnreachableNetwork.phrase(),
            Self::All => HeartbeatScope::All.phrase(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Minutes;

    fn list(texts: &[&str]) -> Vec<AddressRange> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    fn other() -> Settings {
        Settings {
            unreachable_network: list(&["11.0.0.0/8", "10.0.0.0/8"]),
            heartbeat: false,
            heartbeat_scope: HeartbeatScope::UnreachableNetwork,
            heartbeat_every: Minutes::MIN,
            offline_after: Minutes::MAX,
            poll_every: Minutes::MAX,
            verify_every: Minutes::MIN,
            inactive_after_days: super::super::Days::MIN,
            dial_own_addresses_in: list(&["fd00::/8"]),
            loopback: LoopbackMode::All,
            loopback_every_seconds: crate::Seconds::MAX,
        }
    }

    #[test]
    fn every_field_that_differs_is_told_and_taking_them_all_makes_the_same() {
        let (was, is) = (Settings::default(), other());
        let told = differences(&was, &is);
        let fields: Vec<Field> = told.iter().map(|difference| difference.field).collect();
        assert_eq!(fields, Field::ALL);
        let mut taken = was;
        for field in Field::ALL {
            taken.take(field, &is);
        }
        assert_eq!(taken, is);
        assert_eq!(differences(&taken, &is), []);
    }

    #[test]
    fn ranges_are_told_as_added_and_removed_and_their_order_is_no_difference() {
        let is = Settings {
            unreachable_network: list(&["10.0.0.0/8", "12.0.0.0/8"]),
            ..other()
        };
        assert_eq!(
            differences(&other(), &is),
            [Difference {
                field: Field::UnreachableNetwork,
                change: Change::Ranges {
                    added: list(&["12.0.0.0/8"]),
                    removed: list(&["11.0.0.0/8"]),
                },
            }]
        );
        let turned = Settings {
            unreachable_network: list(&["10.0.0.0/8", "11.0.0.0/8"]),
            ..other()
        };
        assert_eq!(differences(&other(), &turned), []);
    }

    #[test]
    fn two_changes_of_a_list_go_together() {
        let base = list(&["10.0.0.0/8", "11.0.0.0/8", "12.0.0.0/8"]);
        let theirs = list(&["10.0.0.0/8", "11.0.0.0/8", "13.0.0.0/8", "14.1.0.0/16"]);
        let mine = list(&["11.0.0.0/8", "12.0.0.0/8", "14.0.0.0/8", "13.0.0.0/8"]);
        assert_eq!(
            both(&base, &theirs, &mine),
            list(&["11.0.0.0/8", "13.0.0.0/8", "14.0.0.0/8"])
        );
    }
}
