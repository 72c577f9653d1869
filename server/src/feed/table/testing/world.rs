//! A fleet to which things happen, for tests that say what is so whatever happened.

use std::time::Duration;

use proptest::prelude::*;
use rollcall_shared::feed::table::{Query, SortKey};
use rollcall_shared::{AgentId, BootId, Cause, DomainId, Status, Statuses, TransitionId};

use crate::engine::Change;
use crate::feed::tests::Fleet;
use crate::roster::{Listens, Registration};
use crate::scope::Scope;
use crate::store::domains::DomainRecord;

/// What may happen to it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Happens {
    Comes,
    Becomes(u64, Status),
    IsPut(u64, i32),
    /// By another name, from another address, with another version.
    Registers(u64, u8, u8, u8),
    IsRetiredBy(u64),
    /// Domain 4 into another one, or 3.
    DomainIsPut(bool, i32),
    DomainIsRenamed(i32, u8),
}

/// Something.
pub(crate) fn happens() -> impl Strategy<Value = Happens> {
    let agent = || 1..14_u64;
    let domain = || 1..5_i32;
    prop_oneof![
        1 => Just(Happens::Comes),
        4 => (agent(), 0..Status::ALL.len()).prop_map(|(agent, to)| Happens::Becomes(agent, Status::ALL[to])),
        2 => (agent(), domain()).prop_map(|(agent, to)| Happens::IsPut(agent, to)),
        2 => (agent(), 0..9_u8, 1..4_u8, 0..3_u8)
            .prop_map(|(agent, name, from, version)| Happens::Registers(agent, name, from, version)),
        1 => agent().prop_map(Happens::IsRetiredBy),
        1 => (any::<bool>(), domain()).prop_map(|(fourth, into)| Happens::DomainIsPut(fourth, into)),
        1 => (domain(), 0..9_u8).prop_map(|(domain, name)| Happens::DomainIsRenamed(domain, name)),
    ]
}

/// A query of such a fleet.
pub(crate) fn queries() -> impl Strategy<Value = Query> {
    let sort = prop::sample::select(vec![
        SortKey::Name,
        SortKey::Status,
        SortKey::Since,
        SortKey::Domain,
        SortKey::Address,
        SortKey::Version,
    ]);
    let domain = prop::option::weighted(0.3, (1..5_i32).prop_map(DomainId));
    let statuses = prop::sample::select(vec!["", "", "online,pending", "retired", "offline"]);
    let search = prop::sample::select(vec!["", "", "", "A1", "machine", "0.113.2", "é"]);
    let query = (sort, domain, statuses, search, any::<bool>());
    query.prop_map(|(sort, domain, statuses, search, descending)| Query {
        domain,
        statuses: Statuses::from_keys(statuses),
        search: search.to_owned(),
        sort,
        descending,
    })
}

/// Who may see all of it, or a part.
pub(crate) fn scopes() -> impl Strategy<Value = Scope> {
    prop::sample::select(vec![
        Scope::All,
        Scope::Domains([DomainId(2)].into()),
        Scope::Domains([DomainId(3), DomainId(4)].into()),
    ])
}

/// The fleet.
pub(crate) struct World {
    pub(crate) fleet: Fleet,
    agents: u64,
    /// The ids of all transitions are smaller than this one, and there is one of each.
    pub(crate) transitions: u64,
}

impl World {
    /// Four domains, and this many agents.
    pub(crate) async fn new(agents: u64) -> Self {
        let fleet = Fleet::new();
        fleet.roster.plant(vec![
            domain(1, None, "All"),
            domain(2, Some(1), "berlin"),
            domain(3, Some(1), "Aachen"),
            domain(4, Some(2), "hall"),
        ]);
        let mut world = Self {
            fleet,
            agents: 0,
            transitions: 0,
        };
        for _ in 0..agents {
            world.happens(Happens::Comes).await;
        }
        world
    }

    pub(crate) async fn happens(&mut self, what: Happens) {
        let roster = &self.fleet.roster;
        match what {
            Happens::Comes => {
                self.agents += 1;
                self.fleet.enrol(self.agents).await;
            }
            Happens::Becomes(agent, to) => {
                if roster.get(&Scope::All, AgentId::from_bits(agent)).is_some() {
                    roster.apply(&[becomes(agent, to, self.transitions)]);
                    self.transitions += 1;
                }
            }
            Happens::IsPut(agent, to) => roster.relocate(&[AgentId::from_bits(agent)], DomainId(to)),
            Happens::Registers(agent, name, from, version) => {
                let registration = Registration {
                    name: format!("a{name}"),
                    platform: String::new(),
                    agent_version: format!("1.{}", version * 5),
                    address: [203, 0, 113, from].into(),
                    boot: BootId::from_bits(1).unwrap(),
                    listens: Listens::default(),
                    addresses: Vec::new(),
                };
                roster.register(AgentId::from_bits(agent), &registration);
            }
            Happens::IsRetiredBy(agent) => roster.retired_by(&[AgentId::from_bits(agent)], "ada"),
            // So that there is no ring: 4 into any but itself, 3 into 1 or 2.
            Happens::DomainIsPut(true, into) => roster.put_domain(domain(4, Some(into.min(3)), "hall")),
            Happens::DomainIsPut(false, into) => roster.put_domain(domain(3, Some(into.min(2)), "Aachen")),
            Happens::DomainIsRenamed(id, name) => {
                let parent = roster.tree(|tree| tree.get(DomainId(id)).and_then(|folder| folder.parent));
                roster.put_domain(domain(id, parent.map(|parent| parent.0), &format!("d{name}")));
            }
        }
    }
}

pub(crate) fn domain(id: i32, parent: Option<i32>, name: &str) -> DomainRecord {
    DomainRecord {
        id: DomainId(id),
        parent: parent.map(DomainId),
        name: name.to_owned(),
    }
}

/// A change of status, the transition of this number.
pub(crate) fn becomes(agent: u64, to: Status, number: u64) -> Change {
    Change {
        id: TransitionId::from_bits(number),
        agent: AgentId::from_bits(agent),
        // Some at one time.
        at_ms: i64::try_from(number / 3).unwrap(),
        from: Status::Online,
        to,
        cause: Cause::Address,
        last_contact: None,
        folds: None,
        published: Duration::ZERO,
    }
}
