//! Moments drawn from a seed, so that a run can be repeated as far as processes repeat.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::time::Duration;

use crate::real::skipped::say;

/// Draws that repeat from a seed (splitmix64).
#[derive(Debug, Clone)]
pub(crate) struct Dice(u64);

impl Dice {
    /// Of `ROLLCALL_SEED`, else of a fresh seed; said where a failing test shows what it printed.
    pub(crate) fn from_environment() -> Self {
        let given = std::env::var("ROLLCALL_SEED").ok();
        let seed = given.map_or_else(
            || RandomState::new().build_hasher().finish(),
            |text| text.parse().expect("ROLLCALL_SEED is a number"),
        );
        say(&format!("ROLLCALL_SEED={seed} repeats the draws of this run"));
        Self(seed)
    }

    pub(crate) fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A span below `most`.
    pub(crate) fn span(&mut self, most: Duration) -> Duration {
        let micros = u64::try_from(most.as_micros()).unwrap().max(1);
        Duration::from_micros(self.roll() % micros)
    }
}
