//! An admin who cannot leave the settings alone.

use std::sync::Arc;

use rollcall_shared::settings::{Days, HeartbeatScope};
use rollcall_shared::{AddressRange, Minutes, Settings};

use super::shape::Shape;
use super::{SECOND, World};
use crate::faults::Fault;
use crate::random::Random;
use crate::violation::Violation;

/// Ranges around the addresses that there are.
const RANGES: &[&str] = &[
    "10.0.0.0/8",
    "10.1.0.0/16",
    "10.2.0.0/23",
    "10.3.0.0-10.3.1.127",
    "198.51.100.0/24",
    "198.51.100.1-198.51.100.2",
    "::ffff:198.51.100.3",
    "192.0.2.0/25",
    "192.0.2.128/26",
    "2001:db8::/47",
    "2001:db8:2::/48",
];

/// More saves than this a world does not see: presence keeps as many versions whole.
const MOST_VERSIONS: usize = 60;

/// A document that may be saved.
pub(super) fn drawn(random: &mut Random, shape: &Shape) -> Settings {
    let every = random.pick(&[1, 2, 5, 10, 10, 30, 60]).unwrap_or(10);
    let forgives = random.pick(&[every + 1, 2 * every + 1, 2 * every + 1, 3 * every, 6 * every]);
    let ranges = random.index(4);
    let network = (0..ranges).filter_map(|_| random.pick(RANGES)?.parse::<AddressRange>().ok());
    let network = network.collect();
    let days = if shape.is_real() { 30 } else { random.between(1, 3) };
    let settings = Settings {
        unreachable_network: network,
        heartbeat: random.chance(650),
        heartbeat_scope: if random.chance(600) {
            HeartbeatScope::All
        } else {
            HeartbeatScope::UnreachableNetwork
        },
        heartbeat_every: minutes(every),
        offline_after: minutes(forgives.unwrap_or(60).max(every + 1)),
        poll_every: minutes(random.pick(&[1, 5, 30, 30, 90, 2_000]).unwrap_or(30)),
        verify_every: minutes(random.pick(&[1, 5, 15, 15, 60]).unwrap_or(15)),
        inactive_after_days: u32::try_from(days).ok().and_then(Days::new).unwrap_or(Days::MAX),
        ..Settings::default()
    };
    debug_assert!(settings.refusals().is_empty());
    settings
}

fn minutes(count: i64) -> Minutes {
    Minutes::try_new(count).unwrap_or(Minutes::MAX)
}

impl World {
    /// Saves other settings: written down first, then lived by.
    pub(super) fn save_settings(&mut self) -> Result<(), Violation> {
        if self.running.as_ref().is_none_or(|running| running.is_stalled)
            || self.disk.settings.len() >= MOST_VERSIONS
        {
            return Ok(());
        }
        self.drain()?;
        let settings = if self.random.chance(250) {
            // Back to what was there before.
            let index = self.random.index(self.disk.settings.len());
            self.disk.settings[index].1.clone()
        } else {
            drawn(&mut self.random, &self.shape)
        };
        let newest = self.disk.settings.last().map_or(0, |(version, _)| *version);
        let version = newest + if self.random.chance(100) { 3 } else { 1 };
        self.trace.note(
            self.now,
            format_args!(
                "admin saves version {version}: heartbeat {} {:?} {}/{}, poll {}, verify {}, ranges {:?}",
                settings.heartbeat,
                settings.heartbeat_scope,
                settings.heartbeat_every,
                settings.offline_after,
                settings.poll_every,
                settings.verify_every,
                settings.unreachable_network,
            ),
        );
        self.disk.settings.push((version, settings.clone()));
        self.saved_at = self.now;
        self.oracle.save(version, settings.clone());
        if self.random.chance(50) {
            // Between the two it is killed: it starts with what was saved.
            let wait = self.random.spread(SECOND, 600 * SECOND);
            self.kill_server(wait);
            return Ok(());
        }
        self.adopt(version, &settings)
    }

    fn adopt(&mut self, version: u32, settings: &Settings) -> Result<(), Violation> {
        let now = self.engine_now()?;
        let forgets = self.has(Fault::OldVersionsForgotten);
        let fed = self.settings_as_planted(settings);
        let minute = self.shape.minute;
        let before = self.deadlines();
        let mut effects = Vec::new();
        if let Some(running) = &mut self.running {
            let next = if forgets {
                rollcall_presence::Rulebook::new(version, &fed, minute)
            } else {
                running.rulebook.with(version, &fed)
            };
            running.rulebook = Arc::new(next);
            running
                .partition
                .adopt(Arc::clone(&running.rulebook), now, &mut effects);
        }
        let dues = self.oracle.adopt(now.as_micros());
        self.publish(&effects, &dues, 14)?;
        self.check_all(None)?;
        self.check_no_nearer(&before)?;
        self.tick()
    }

    pub(super) fn settings_as_planted(&self, settings: &Settings) -> Settings {
        if self.has(Fault::OneLeaseForAll) {
            Settings {
                heartbeat: true,
                heartbeat_scope: HeartbeatScope::All,
                ..settings.clone()
            }
        } else {
            settings.clone()
        }
    }
}
