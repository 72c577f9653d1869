//! An agent as the roster keeps it: all that people are shown of it in about a hundred bytes, since there may be a
//! million. What many agents share (platform and version) is kept once, and what few have beside the row.

use std::hash::RandomState;
use std::net::IpAddr;
use std::num::NonZeroU16;
use std::sync::Arc;

use compact_str::CompactString;
use hashbrown::{Equivalent, HashSet};
use rollcall_presence::{Addresses, Place, Slot, Whereabouts};
use rollcall_shared::console_api::{Agent, AgentDetails, LastContact};
use rollcall_shared::{AgentId, Cause, ContactKind, DomainId, Status};

use super::{Listens, Registration};
use crate::engine::Engine;
use crate::store::agents::AgentRecord;

/// An agent of the fleet. When it was last heard, and what it applied, the engine knows.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) id: AgentId,
    /// Where the engine keeps it, in the partition that its id says.
    slot: Slot,
    pub(super) since_ms: i64,
    /// In place where it is short, as names of machines are.
    name: CompactString,
    software: Arc<Software>,
    /// What few agents have.
    more: Option<Box<More>>,
    pub(super) cause: Cause,
    pub(super) domain: DomainId,
    clock_ahead_ms: ClockAhead,
    whereabouts: Whereabouts,
    notify_port: Option<NonZeroU16>,
    pub(super) status: Status,
}

/// Milliseconds that fit, or nothing: a clock that is further off than 24 days is shown as that far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct ClockAhead(i32);

impl ClockAhead {
    const UNKNOWN: Self = Self(i32::MIN);

    fn new(ahead_ms: Option<i64>) -> Self {
        let fitting = |ms: i64| i32::try_from(ms.clamp(-i64::from(i32::MAX), i64::from(i32::MAX)));
        ahead_ms
            .and_then(|ms| fitting(ms).ok())
            .map_or(Self::UNKNOWN, Self)
    }

    fn get(self) -> Option<i64> {
        (self != Self::UNKNOWN).then_some(i64::from(self.0))
    }
}

/// What runs on a machine.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Software {
    platform: Box<str>,
    agent_version: Box<str>,
}

#[derive(Debug, Default, PartialEq, Eq)]
struct More {
    /// When it was heard before the server started, where the engine does not know that any more.
    heard_before: Option<(i64, ContactKind)>,
    addresses: Box<[IpAddr]>,
    retired_by: Option<Box<str>>,
}

/// The same, borrowed: to look for it without making it. Hashed as [`Software`] is.
#[derive(Hash)]
struct Named<'a>(&'a str, &'a str);

impl Equivalent<Arc<Software>> for Named<'_> {
    fn equivalent(&self, known: &Arc<Software>) -> bool {
        *self.0 == *known.platform && *self.1 == *known.agent_version
    }
}

/// The pairs of platform and version that agents have, each once. One that nobody has any more is let go, so that
/// agents that keep reporting new ones cannot fill the memory.
#[derive(Debug, Default)]
pub(super) struct Softwares(HashSet<Arc<Software>, RandomState>);

impl Softwares {
    fn one_of(&mut self, platform: &str, agent_version: &str) -> Arc<Software> {
        if let Some(known) = self.0.get(&Named(platform, agent_version)) {
            return Arc::clone(known);
        }
        let new = Arc::new(Software {
            platform: platform.into(),
            agent_version: agent_version.into(),
        });
        self.0.insert(Arc::clone(&new));
        new
    }

    /// Lets one go that a row no longer has, where it was the last.
    fn release(&mut self, software: &Arc<Software>) {
        // This one, and the one in the set.
        if Arc::strong_count(software) == 2 {
            self.0.remove(software);
        }
    }
}

impl Row {
    /// A row of an agent that the engine keeps at `place`.
    pub(super) fn new(
        record: &AgentRecord,
        place: Place,
        engine: &Engine,
        softwares: &mut Softwares,
    ) -> Self {
        let is_known = engine.last_contact(place).is_some();
        let more = More {
            heard_before: record.last_contact.filter(|_| !is_known),
            addresses: record.addresses.as_slice().into(),
            retired_by: record.retired_by.as_deref().map(Into::into),
        };
        Self {
            id: record.id,
            slot: place.slot,
            since_ms: record.since_ms,
            name: CompactString::new(&record.name),
            software: softwares.one_of(&record.platform, &record.agent_version),
            more: boxed(more),
            cause: record.cause,
            domain: record.domain,
            clock_ahead_ms: ClockAhead::UNKNOWN,
            whereabouts: Whereabouts::from(Addresses {
                own: record.local_address,
                observed: record.address,
            }),
            notify_port: record.notify_port.and_then(NonZeroU16::new),
            status: record.status,
        }
    }

    /// Takes what a registration tells. Gives whether people see anything new in a list.
    pub(super) fn register(&mut self, told: &Registration, softwares: &mut Softwares) -> bool {
        let same_software =
            *self.software.platform == *told.platform && *self.software.agent_version == *told.agent_version;
        if !same_software {
            let new = softwares.one_of(&told.platform, &told.agent_version);
            softwares.release(&std::mem::replace(&mut self.software, new));
        }
        let seen = self.name == told.name && self.address() == Some(told.address) && same_software;
        if self.name != told.name {
            self.name = CompactString::new(&told.name);
        }
        self.whereabouts = Whereabouts::from(Addresses {
            own: told.listens.own_address,
            observed: Some(told.address),
        });
        self.notify_port = told.listens.port.and_then(NonZeroU16::new);
        self.clock_ahead_ms = ClockAhead::new(told.listens.clock_ahead_ms);
        self.change_more(|more| more.addresses = told.addresses.as_slice().into());
        !seen
    }

    /// What its machine calls itself.
    pub(super) fn name(&self) -> &str {
        self.name.as_str()
    }

    /// The agent's own version.
    pub(super) fn agent_version(&self) -> &str {
        &self.software.agent_version
    }

    /// When it was last heard, also before the server started.
    pub(super) fn last_contact(&self, engine: &Engine) -> Option<(i64, ContactKind)> {
        let before = || self.more.as_ref()?.heard_before;
        engine.last_contact(self.place()).or_else(before)
    }

    /// Where the engine keeps it.
    pub(super) const fn place(&self) -> Place {
        Place {
            partition: Place::partition_of(self.id),
            slot: self.slot,
        }
    }

    pub(super) fn addresses(&self) -> Addresses {
        (&self.whereabouts).into()
    }

    /// The address from which it was last seen.
    pub(super) fn address(&self) -> Option<IpAddr> {
        self.addresses().observed
    }

    /// Notes that it is seen from there; gives whether it was seen from elsewhere before.
    pub(super) fn moved_to(&mut self, address: IpAddr) -> bool {
        let addresses = self.addresses();
        self.whereabouts = Whereabouts::from(Addresses {
            observed: Some(address),
            ..addresses
        });
        addresses.observed != Some(address)
    }

    pub(super) fn retired_by(&mut self, person: &str) {
        self.change_more(|more| more.retired_by = Some(person.into()));
    }

    fn change_more(&mut self, change: impl FnOnce(&mut More)) {
        let mut more = self.more.take().map(|more| *more).unwrap_or_default();
        change(&mut more);
        self.more = boxed(more);
    }

    pub(super) fn listens(&self) -> Listens {
        Listens {
            own_address: self.addresses().own,
            port: self.notify_port.map(NonZeroU16::get),
            clock_ahead_ms: self.clock_ahead_ms.get(),
        }
    }

    /// The agent as people see it now.
    pub(super) fn agent(&self, engine: &Engine) -> Agent {
        Agent {
            id: self.id,
            name: self.name.as_str().to_owned(),
            domain: self.domain,
            status: self.status,
            since_ms: self.since_ms,
            cause: self.cause,
            last_contact: self
                .last_contact(engine)
                .map(|(at_ms, kind)| LastContact { at_ms, kind }),
            address: self.address(),
            platform: self.software.platform.as_ref().to_owned(),
            agent_version: self.software.agent_version.as_ref().to_owned(),
            applied: engine.applied(self.place()),
            retired_by: self
                .more
                .as_ref()
                .and_then(|more| more.retired_by.as_deref().map(str::to_owned)),
        }
    }

    /// The agent with all that is known of it.
    pub(super) fn details(&self, engine: &Engine) -> AgentDetails {
        AgentDetails {
            agent: self.agent(engine),
            own_address: self.addresses().own,
            addresses: self
                .more
                .as_ref()
                .map(|more| more.addresses.to_vec())
                .unwrap_or_default(),
        }
    }
}

fn boxed(more: More) -> Option<Box<More>> {
    (more != More::default()).then(|| Box::new(more))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_takes_little_room() {
        // What a million agents are asked to take in all is 400 bytes each, most of it elsewhere.
        assert!(size_of::<Row>() <= 96, "{}", size_of::<Row>());
    }

    #[test]
    fn a_clock_is_shown_as_far_off_as_it_is_within_days() {
        for ms in [0, 1, -1, 86_400_000, -86_400_000] {
            assert_eq!(ClockAhead::new(Some(ms)).get(), Some(ms));
        }
        assert_eq!(ClockAhead::new(Some(i64::MIN)).get(), Some(-i64::from(i32::MAX)));
        assert_eq!(ClockAhead::new(None).get(), None);
    }

    #[test]
    fn software_that_nobody_has_any_more_is_let_go() {
        let mut softwares = Softwares::default();
        let first = softwares.one_of("Debian 12", "0.1.0");
        let second = softwares.one_of("Debian 12", "0.1.0");
        assert!(Arc::ptr_eq(&first, &second));
        softwares.release(&first);
        drop(first);
        assert_eq!(softwares.0.len(), 1);
        softwares.release(&second);
        assert_eq!(softwares.0.len(), 0);
    }
}
