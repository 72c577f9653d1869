//! How large a world is and how rough it gets, by its seed.

use core::time::Duration;

use super::SECOND;
use crate::random::Random;

/// Some worlds last so long in minutes of their settings that agents leave the roll call; their minute is short.
const SHORT_MINUTE: Duration = Duration::from_secs(4);

/// The sizes of a world. Times are microseconds.
#[derive(Debug, Clone)]
pub(super) struct Shape {
    pub(super) agents: usize,
    pub(super) gateways: usize,
    /// How long a minute of the settings lasts.
    pub(super) minute: Duration,
    pub(super) lasts: u64,
    /// The longest that the owner goes without a tick.
    pub(super) idle_tick: u64,
    pub(super) save_every: u64,
    pub(super) checkpoint_every: u64,
    /// How often something befalls someone, on average twice of it.
    pub(super) fate_every: u64,
}

impl Shape {
    pub(super) fn drawn(random: &mut Random) -> Self {
        let agents = random.spread(2, 30);
        let is_short = random.chance(250);
        let minute = if is_short {
            SHORT_MINUTE
        } else {
            Duration::from_mins(1)
        };
        let hours = if is_short {
            random.between(3, 8)
        } else {
            random.spread(1, 10)
        };
        let fates = random.spread(10, 120);
        let lasts = hours * 3_600 * SECOND;
        Self {
            agents: usize::try_from(agents).unwrap_or(2),
            gateways: random.index(4) + 1,
            minute,
            lasts,
            idle_tick: random.between(700, 1_900) * 1_000,
            save_every: SECOND,
            checkpoint_every: random.between(5, 60) * SECOND,
            fate_every: 2 * lasts / fates,
        }
    }

    /// Whether a minute lasts as long as the agent's constants take it to.
    pub(super) fn is_real(&self) -> bool {
        self.minute != SHORT_MINUTE
    }
}
