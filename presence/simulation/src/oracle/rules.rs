//! Rules 3, 5 and 14 as their text has them: duties by the settings, the longest lease of all versions that an agent
//! may live by, membership by one address after the other. Slow and plain.

use core::net::IpAddr;

use rollcall_shared::settings::HeartbeatScope;
use rollcall_shared::{AddressRange, LeaseKind, Settings};

/// Minutes of a day.
const DAY: u32 = 1_440;

/// Where an agent is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Whereabouts {
    pub(crate) own: Option<IpAddr>,
    pub(crate) observed: Option<IpAddr>,
}

impl Whereabouts {
    /// Its addresses as rule 14 compares them: IPv4-mapped IPv6 as IPv4.
    fn compared(self) -> Vec<IpAddr> {
        let plain = |address: IpAddr| match address {
            IpAddr::V6(v6) => v6.to_ipv4_mapped().map_or(address, IpAddr::V4),
            IpAddr::V4(_) => address,
        };
        self.own.into_iter().chain(self.observed).map(plain).collect()
    }
}

/// Whether an address lies in a range.
pub(crate) fn lies_in(address: IpAddr, range: AddressRange) -> bool {
    match (address, range) {
        (IpAddr::V4(address), AddressRange::V4 { first, last }) => first <= address && address <= last,
        (IpAddr::V6(address), AddressRange::V6 { network, length }) => {
            let free = 128 - u32::from(length);
            address.to_bits().checked_shr(free) == network.to_bits().checked_shr(free)
        }
        _ => false,
    }
}

/// Rule 14.
pub(crate) fn is_unreachable(settings: &Settings, at: Whereabouts) -> bool {
    let is_in = |address: IpAddr| {
        settings
            .unreachable_network
            .iter()
            .any(|range| lies_in(address, *range))
    };
    at.compared().into_iter().any(is_in)
}

/// What rule 3 says of an agent under one version of the settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Duty {
    pub(crate) kind: LeaseKind,
    pub(crate) lease_minutes: u32,
    pub(crate) every_minutes: u32,
}

/// Rule 3.
pub(crate) fn duty(settings: &Settings, unreachable: bool) -> Duty {
    let in_scope = settings.heartbeat_scope == HeartbeatScope::All || unreachable;
    if settings.heartbeat && in_scope {
        Duty {
            kind: LeaseKind::Heartbeat,
            lease_minutes: settings.offline_after.get(),
            every_minutes: settings.heartbeat_every.get(),
        }
    } else if unreachable {
        Duty {
            kind: LeaseKind::Poll,
            lease_minutes: 2 * settings.poll_every.get() + 1,
            every_minutes: settings.poll_every.get().min(DAY),
        }
    } else {
        Duty {
            kind: LeaseKind::Verification,
            lease_minutes: 2 * settings.verify_every.get() + 1,
            every_minutes: settings.verify_every.get(),
        }
    }
}

/// What the rules say of an agent that knows the versions up to one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ruling {
    /// The longest lease, and the newest version that gives it (rule 5).
    pub(crate) kind: LeaseKind,
    pub(crate) lease_minutes: u32,
    pub(crate) version: u32,
    /// The longest interval that it may live by.
    pub(crate) every_minutes: u32,
    /// By the newest version.
    pub(crate) unreachable: bool,
    /// By the version that it applied: how news reaches it.
    pub(crate) waited_for: bool,
    /// Whether the server has to dial it, by any of these versions.
    pub(crate) may_be_dialled: bool,
}

/// Rule 5.
pub(crate) fn ruling(versions: &[(u32, Settings)], since: u32, at: Whereabouts) -> Option<Ruling> {
    let (_, newest) = versions.last()?;
    let unreachable = is_unreachable(newest, at);
    let mut found: Option<Ruling> = None;
    for (version, settings) in versions.iter().filter(|(version, _)| *version >= since) {
        let then = is_unreachable(settings, at);
        let duty = duty(settings, then);
        let dialled = duty.kind == LeaseKind::Verification;
        found = Some(match found {
            None => Ruling {
                kind: duty.kind,
                lease_minutes: duty.lease_minutes,
                version: *version,
                every_minutes: duty.every_minutes,
                unreachable,
                // Where nobody knows what it knows, the newest version decides.
                waited_for: if since == 0 { unreachable } else { then },
                may_be_dialled: dialled,
            },
            Some(before) => {
                let longer = duty.lease_minutes >= before.lease_minutes;
                Ruling {
                    kind: if longer { duty.kind } else { before.kind },
                    lease_minutes: before.lease_minutes.max(duty.lease_minutes),
                    version: if longer { *version } else { before.version },
                    every_minutes: before.every_minutes.max(duty.every_minutes),
                    may_be_dialled: before.may_be_dialled || dialled,
                    ..before
                }
            }
        });
    }
    found
}
