//! Ids for transitions: the wall clock's milliseconds and a counter, so that they sort by time and a page of
//! history is a range of ids. Strictly rising, also where the wall clock is set back.

use std::sync::atomic::{AtomicU64, Ordering};

use rollcall_shared::TransitionId;

/// The source of transition ids.
#[derive(Debug)]
pub(super) struct TransitionIds(AtomicU64);

impl TransitionIds {
    /// Ids greater than any given before.
    pub(super) fn after(last: Option<TransitionId>) -> Self {
        Self(AtomicU64::new(last.map_or(0, TransitionId::bits)))
    }

    /// The next one, at this wall time.
    pub(super) fn next(&self, wall_ms: i64) -> TransitionId {
        let by_clock = TransitionId::at(wall_ms).bits();
        let following = |last: u64| by_clock.max(last + 1);
        match self
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| Some(following(last)))
        {
            Ok(last) | Err(last) => TransitionId::from_bits(following(last)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_rise_also_when_the_wall_clock_is_set_back() {
        let ids = TransitionIds::after(Some(TransitionId::at(1_000)));
        let given = [ids.next(1_000), ids.next(2_000), ids.next(1), ids.next(2_000)];
        assert!(given.is_sorted_by(|one, other| one < other), "{given:?}");
        assert_eq!(given[1], TransitionId::at(2_000));
    }
}
