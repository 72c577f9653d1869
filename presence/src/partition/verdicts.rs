//! What the rules say of agents, each verdict kept once: a fleet has few different ones, and each agent needs its own
//! at hand.

use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::rulebook::Verdict;

/// The verdicts of a partition.
#[derive(Debug, Default)]
pub(super) struct Verdicts(Vec<Arc<Verdict>>);

impl Verdicts {
    /// This verdict, shared with whoever has it, too. The latest are found first: after a save everybody is judged anew,
    /// one after the other, and nearly all alike.
    pub(super) fn share(&mut self, verdict: Verdict) -> Arc<Verdict> {
        if let Some(known) = self.0.iter().rev().find(|known| ***known == verdict) {
            return Arc::clone(known);
        }
        // Versions come and go: what nobody is judged by any more is let go when something new comes.
        self.0.retain(|known| Arc::strong_count(known) > 1);
        let new = Arc::new(verdict);
        self.0.push(Arc::clone(&new));
        new
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use rollcall_shared::Settings;

    use super::*;
    use crate::rulebook::{Addresses, Rulebook};

    #[test]
    fn a_verdict_is_kept_once_and_as_long_as_somebody_has_it() {
        let book = Rulebook::new(1, &Settings::default(), Duration::from_mins(1));
        let next = book.with(2, &Settings::default());
        let (old, new) = (
            book.judge(Addresses::default(), 1),
            next.judge(Addresses::default(), 2),
        );
        assert_ne!(old, new);
        let mut verdicts = Verdicts::default();
        let first = verdicts.share(old);
        assert!(Arc::ptr_eq(&first, &verdicts.share(old)));
        drop(first);
        let _second = verdicts.share(new);
        assert_eq!(verdicts.0.len(), 1);
    }
}
