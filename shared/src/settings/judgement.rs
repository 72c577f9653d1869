//! What may be saved, and what may but is not wise.

use alloc::borrow::ToOwned as _;
use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use super::{Field, LoopbackMode, Settings};
use crate::console_api::Listens;
use crate::minutes::Minutes;
use crate::problem::FieldError;
use crate::range::{AddressRange, too_many};
use crate::seconds::Seconds;

/// How many ranges of the wrong family are named one by one: a list of thousands would be an answer that nobody reads.
const MOST_NAMED: usize = 100;

impl Settings {
    /// How many ranges one list holds at the most.
    pub const MOST_RANGES: usize = 10_000;

    /// What is wrong with this document on a server that listens on both families, field by field.
    #[must_use]
    pub fn refusals(&self) -> Vec<FieldError> {
        self.refusals_on(Listens::Both)
    }

    /// What is wrong with this document on a server that listens on these families, field by field; empty where it may
    /// be saved.
    #[must_use]
    pub fn refusals_on(&self, listens: Listens) -> Vec<FieldError> {
        let mut refusals: Vec<FieldError> = self.missed_by_the_healthy().into_iter().collect();
        let lists = [
            (Field::UnreachableNetwork, &self.unreachable_network),
            (Field::DialOwnAddressesIn, &self.dial_own_addresses_in),
        ];
        for (field, ranges) in lists {
            refusals.extend(too_many(field.key(), ranges.len(), Self::MOST_RANGES));
        }
        let foreign = self
            .unreachable_network
            .iter()
            .enumerate()
            .filter_map(|(at, range)| foreign(listens, at, range));
        refusals.extend(foreign.take(MOST_NAMED));
        refusals
    }

    /// Refuses a time-out within which an agent that is well need not have sent a heartbeat (rule 15).
    fn missed_by_the_healthy(&self) -> Option<FieldError> {
        (self.heartbeat && self.offline_after <= self.heartbeat_every).then(|| {
            FieldError::new(
                Field::OfflineAfter.key(),
                format!(
                    "An agent that is well and sends heartbeat every {} would be shown offline. {}",
                    self.heartbeat_every,
                    self.remedy("are recommended")
                ),
                format!("more than heartbeat_every ({})", self.heartbeat_every.get()),
                self.offline_after.get().to_string(),
            )
        })
    }

    /// What to do about a time-out that is too short. The interval may be so long that no time-out is long enough.
    pub(super) fn remedy(&self, does: &str) -> String {
        match self.forgiving_time_out() {
            least if least <= Minutes::MAX.get() => format!("{least} minutes or more {does}."),
            _ => "A shorter heartbeat interval is needed.".to_owned(),
        }
    }

    /// What may be saved but is not wise, field by field (rule 15 and the advice of FACTS).
    #[must_use]
    pub fn warnings(&self) -> Vec<FieldError> {
        let mut warnings = Vec::new();
        let least = self.forgiving_time_out();
        if self.heartbeat && self.offline_after.get() < least {
            warnings.push(FieldError::new(
                Field::OfflineAfter.key(),
                "One lost heartbeat makes an agent offline.",
                self.remedy("forgive one"),
                self.offline_after.get().to_string(),
            ));
        }
        if let Some(least) = self.wise_poll()
            && self.heartbeat
            && self.poll_every.get() < least
        {
            warnings.push(FieldError::new(
                Field::PollEvery.key(),
                "Agents poll more often than is of use beside their heartbeats, which tell them when to poll.",
                format!("{least} minutes or more: three times heartbeat_every"),
                self.poll_every.get().to_string(),
            ));
        }
        if self.loopback != LoopbackMode::Off && !self.loopback_every_seconds.is_wise() {
            warnings.push(FieldError::new(
                Field::LoopbackEverySeconds.key(),
                "Some NATs forget a mapping of UDP after 30 seconds.",
                format!("{} seconds or less keep it", Seconds::DEFAULT.get()),
                self.loopback_every_seconds.get().to_string(),
            ));
        }
        warnings
    }

    /// The least time-out, in minutes, that forgives one lost heartbeat (rule 15): twice the interval and one.
    #[must_use]
    pub const fn forgiving_time_out(&self) -> u32 {
        super::forgiving(self.heartbeat_every)
    }
}

/// The poll interval is advised to be so many heartbeat intervals. The documents that this comes from ask for a polling
/// *frequency* of three times the heartbeat's, which, taken by the word, would have agents poll more often than they
/// send heartbeat; it is read as the interval.
pub(super) const POLLS_PER_HEARTBEAT: u32 = 3;

/// Refuses a range from which no agent can come, because the server does not listen on its family.
pub(super) fn foreign(listens: Listens, at: usize, range: &AddressRange) -> Option<FieldError> {
    let family = match range {
        AddressRange::V4 { .. } => "an IPv4 range",
        AddressRange::V6 { .. } => "an IPv6 prefix",
    };
    (!listens.takes(range)).then(|| {
        FieldError::new(
            format!("{}[{at}]", Field::UnreachableNetwork.key()),
            format!("{range} is {family}, and no agent can come from it."),
            listens.allowed(),
            range.to_string(),
        )
    })
}
