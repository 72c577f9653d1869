//! Which group of a wall an agent is in: by its domain, by its gateway, by its network.

use std::collections::HashMap;
use std::net::IpAddr;

use ipnet::IpNet;
use rollcall_shared::feed::wall::Grouping;
use rollcall_shared::{DomainId, Status};

use crate::roster::{Cell, View};
use crate::scope::Scope;

/// More groups than this are no groups: the smallest of them are one.
const MOST: usize = 2_000;

/// What agents of one group have in common. In the order in which groups stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Key {
    Domain(i32),
    /// No gateway is between it and the server.
    Direct,
    Gateway(IpAddr),
    Network(IpNet),
    NoAddress,
}

/// The groups of a picture.
#[derive(Debug, Default)]
pub(super) struct Groups {
    grouping: Grouping,
    numbers: HashMap<Key, usize>,
    names: Vec<Vec<String>>,
    /// The one of those that have none of their own, where there is one.
    others: Option<usize>,
}

impl Groups {
    /// Those that these cells need; `domains` in their order, where they are grouped by them.
    pub(super) fn of(grouping: Grouping, domains: Vec<Path>, seen: &[Cell]) -> Self {
        if grouping == Grouping::Domain {
            let keys = domains.iter().map(|path| Key::Domain(path.domain.0));
            return Self {
                grouping,
                numbers: keys.zip(0..).collect(),
                names: domains.into_iter().map(|path| path.names).collect(),
                others: None,
            };
        }
        let mut counts: HashMap<Key, usize> = HashMap::new();
        for cell in seen.iter().filter(|cell| cell.status != Status::Retired) {
            *counts.entry(key(grouping, cell)).or_default() += 1;
        }
        let mut keys: Vec<Key> = counts.keys().copied().collect();
        let has_others = keys.len() > MOST;
        if has_others {
            keys.sort_unstable_by_key(|key| (std::cmp::Reverse(counts.get(key).copied()), *key));
            keys.truncate(MOST);
        }
        keys.sort_unstable();
        let mut names: Vec<Vec<String>> = keys.iter().map(|key| vec![name(*key)]).collect();
        if has_others {
            names.push(vec!["Others".to_owned()]);
        }
        Self {
            grouping,
            numbers: keys.into_iter().zip(0..).collect(),
            others: has_others.then(|| names.len() - 1),
            names,
        }
    }

    /// The names of each, outermost first.
    pub(super) fn names(&self) -> &[Vec<String>] {
        &self.names
    }

    /// The number of the group that an agent is in; nothing where there is none for it yet.
    pub(super) fn number(&self, cell: &Cell) -> Option<usize> {
        let number = self.numbers.get(&key(self.grouping, cell)).copied();
        number.or(self.others)
    }
}

fn key(grouping: Grouping, cell: &Cell) -> Key {
    let Cell {
        domain,
        status,
        addresses,
        ..
    } = cell;
    match grouping {
        Grouping::Domain => Key::Domain(domain.0),
        Grouping::Gateway => match addresses.observed {
            None => Key::NoAddress,
            Some(address) => {
                let address = address.to_canonical();
                let is_direct = match status {
                    Status::Online | Status::Offline => true,
                    Status::UnreachableOnline | Status::UnreachableOffline => false,
                    // Its status does not tell. Who comes from the address that it has itself has nothing between.
                    Status::Pending | Status::Inactive | Status::Retired => {
                        addresses.own.is_some_and(|own| own.to_canonical() == address)
                    }
                };
                if is_direct {
                    Key::Direct
                } else {
                    Key::Gateway(address)
                }
            }
        },
        Grouping::Network => {
            let address = addresses.own.or(addresses.observed);
            address.map_or(Key::NoAddress, |address| {
                let address = address.to_canonical();
                let bits = if address.is_ipv4() { 24 } else { 64 };
                // Never longer than an address.
                IpNet::new(address, bits).map_or(Key::NoAddress, |network| Key::Network(network.trunc()))
            })
        }
    }
}

fn name(key: Key) -> String {
    match key {
        // A domain has its path, which is not asked for here.
        Key::Domain(number) => number.to_string(),
        Key::Direct => "Direct".to_owned(),
        Key::Gateway(address) => address.to_string(),
        Key::Network(network) => network.to_string(),
        Key::NoAddress => "No address".to_owned(),
    }
}

/// A domain, and the names from the outermost one down to it.
pub(super) struct Path {
    domain: DomainId,
    names: Vec<String>,
}

/// The domains that are seen, each after the one that it is in, those side by side by their names; none where nothing is
/// grouped by them.
pub(super) fn domains(view: &View<'_>, scope: &Scope, grouping: Grouping) -> Vec<Path> {
    if grouping != Grouping::Domain {
        return Vec::new();
    }
    let seen: HashMap<DomainId, (Option<DomainId>, String)> = view
        .domains(scope)
        .map(|(id, parent, name)| (id, (parent, name.to_owned())))
        .collect();
    let mut paths: Vec<Path> = seen
        .keys()
        .map(|id| {
            let mut names = Vec::new();
            let mut at = Some(*id);
            while let Some((parent, name)) = at.and_then(|id| seen.get(&id)) {
                names.push(name.clone());
                // A tree has no rings; one that had would end all the same.
                at = parent.filter(|_| names.len() <= seen.len());
            }
            names.reverse();
            Path { domain: *id, names }
        })
        .collect();
    let folded = |path: &Path| {
        path.names
            .iter()
            .map(|name| name.to_lowercase())
            .collect::<Vec<_>>()
    };
    paths.sort_by_cached_key(|path| (folded(path), path.domain.0));
    paths
}

#[cfg(test)]
mod tests {
    use rollcall_presence::Addresses;

    use super::*;

    fn cell(row: u32, status: Status, own: &str, observed: &str) -> Cell {
        Cell {
            row,
            domain: DomainId::ROOT,
            status,
            addresses: Addresses {
                own: own.parse().ok(),
                observed: observed.parse().ok(),
            },
        }
    }

    fn named(groups: &Groups, cells: &[Cell]) -> Vec<String> {
        let number = |cell: &Cell| groups.number(cell).unwrap();
        cells
            .iter()
            .map(|cell| groups.names()[number(cell)].join(" › "))
            .collect()
    }

    fn cells() -> [Cell; 5] {
        [
            cell(0, Status::UnreachableOnline, "10.12.7.9", "203.0.113.9"),
            cell(1, Status::UnreachableOffline, "10.12.8.1", "::ffff:203.0.113.9"),
            cell(2, Status::Online, "10.12.7.200", "10.12.7.200"),
            cell(3, Status::Pending, "", ""),
            cell(4, Status::UnreachableOnline, "fd77:0:0:1::5", "198.51.100.4"),
        ]
    }

    #[test]
    fn agents_of_the_unreachable_network_are_grouped_by_the_address_that_they_share() {
        let cells = cells();
        let groups = Groups::of(Grouping::Gateway, Vec::new(), &cells);
        assert_eq!(
            groups.names().concat(),
            ["Direct", "198.51.100.4", "203.0.113.9", "No address"]
        );
        assert_eq!(
            named(&groups, &cells),
            [
                "203.0.113.9",
                "203.0.113.9",
                "Direct",
                "No address",
                "198.51.100.4"
            ]
        );
    }

    #[test]
    fn who_left_keeps_the_gateway_that_was_between() {
        let cells = [
            cell(0, Status::Inactive, "10.12.7.9", "203.0.113.9"),
            cell(1, Status::Inactive, "10.12.7.200", "::ffff:10.12.7.200"),
            cell(2, Status::Pending, "", "203.0.113.9"),
            cell(3, Status::Offline, "10.12.7.9", "203.0.113.9"),
        ];
        let groups = Groups::of(Grouping::Gateway, Vec::new(), &cells);
        assert_eq!(
            named(&groups, &cells),
            ["203.0.113.9", "Direct", "203.0.113.9", "Direct"]
        );
    }

    #[test]
    fn a_network_is_that_of_the_agents_own_address() {
        let cells = cells();
        let groups = Groups::of(Grouping::Network, Vec::new(), &cells);
        assert_eq!(
            named(&groups, &cells),
            [
                "10.12.7.0/24",
                "10.12.8.0/24",
                "10.12.7.0/24",
                "No address",
                "fd77:0:0:1::/64"
            ]
        );
    }

    #[test]
    fn more_gateways_than_can_be_told_apart_are_the_largest_and_the_others() {
        let alone = (0..3_000_u32).map(|row| {
            let address = format!("198.18.{}.{}", row / 250, row % 250);
            cell(row, Status::UnreachableOnline, "", &address)
        });
        let shared = (3_000..3_010).map(|row| cell(row, Status::UnreachableOnline, "", "203.0.113.9"));
        let cells: Vec<_> = alone.chain(shared).collect();
        let groups = Groups::of(Grouping::Gateway, Vec::new(), &cells);
        assert_eq!(groups.names().len(), MOST + 1);
        let named = named(&groups, &cells);
        assert_eq!(named[3_005], "203.0.113.9");
        assert_eq!(named.iter().filter(|name| *name == "Others").count(), 1_001);
    }
}
