//! What an agent may count on, as it knows it itself: a contact that was answered keeps it online for its lease.
//!
//! The server heard an answered contact at some moment between its sending and its answer. So from outside it is
//! certain that the agent is not offline before *sent + lease*, and nothing more: an offline that arrives earlier is
//! false, and how late one is is told from there too, which overstates it by the time that the contact was on its way.

/// The leases of one agent, in microseconds of the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(clippy::struct_field_names, reason = "the unit belongs to each")]
pub(crate) struct Promise {
    /// How long a contact keeps it online; 0 until it was told.
    lease_us: u64,
    /// When the latest answered contact was sent; 0 before the first.
    sent_us: u64,
    /// The one before, where the latest may have come too late to keep it online; 0 where it was of an earlier run, of
    /// which nothing is known here.
    before_us: Option<u64>,
}

impl Promise {
    /// Takes over the lease that the settings say.
    pub(crate) const fn lasting(&mut self, lease_us: u64) {
        self.lease_us = lease_us;
    }

    /// A contact was answered.
    pub(crate) const fn renew(&mut self, sent_us: u64, answered_us: u64) {
        if self.sent_us == 0 || answered_us >= self.sent_us.saturating_add(self.lease_us) {
            // By then the lease before may have ended, so a transition that is still on its way would be right.
            if self.before_us.is_none() {
                self.before_us = Some(self.sent_us);
            }
        } else {
            self.before_us = None;
        }
        self.sent_us = sent_us;
    }

    /// When the lease ends that the latest contact began; nothing before the first.
    pub(crate) const fn ends_us(&self) -> Option<u64> {
        if self.sent_us == 0 || self.lease_us == 0 {
            return None;
        }
        Some(self.sent_us.saturating_add(self.lease_us))
    }

    /// Takes in that the agent is shown offline, at `seen_us`: how late that is, or that it is false.
    pub(crate) fn offline(&mut self, seen_us: u64) -> Judgement {
        let Some(ends_us) = self.ends_us() else {
            return Judgement::Unknown;
        };
        let right_since = match self.before_us.take() {
            Some(0) => return Judgement::Unknown,
            Some(before_us) => before_us.saturating_add(self.lease_us),
            None => ends_us,
        };
        match seen_us.checked_sub(right_since) {
            Some(late_us) => Judgement::Late(late_us),
            None => Judgement::False,
        }
    }
}

/// What is to be thought of an agent's being shown offline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Judgement {
    /// Its lease had ended, so long ago.
    Late(u64),
    /// An answered contact promised otherwise.
    False,
    /// Nothing was promised that is known: it never had an answer, or the lease of an earlier run ended.
    Unknown,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_lease(lease_us: u64) -> Promise {
        let mut promise = Promise::default();
        promise.lasting(lease_us);
        promise
    }

    #[test]
    fn an_offline_before_the_lease_ends_is_false_and_after_it_is_late_by_so_much() {
        let mut promise = with_lease(1_000);
        assert_eq!(promise.offline(50), Judgement::Unknown);
        promise.renew(90, 95);
        promise.renew(100, 110);
        assert_eq!(promise.offline(1_099), Judgement::False);
        assert_eq!(promise.offline(1_100), Judgement::Late(0));
        assert_eq!(promise.offline(1_175), Judgement::Late(75));
        promise.renew(900, 905);
        assert_eq!(promise.offline(1_175), Judgement::False);
    }

    #[test]
    fn an_offline_that_crosses_with_a_late_contact_is_not_false() {
        let mut promise = with_lease(1_000);
        promise.renew(90, 95);
        promise.renew(100, 110);
        // It comes back after its lease had ended; that it was offline arrives only now.
        promise.renew(1_150, 1_160);
        assert_eq!(promise.offline(1_200), Judgement::Late(100));
        // But it is offline only once for that.
        assert_eq!(promise.offline(1_201), Judgement::False);
    }

    #[test]
    fn a_lease_of_an_earlier_run_may_end_as_this_one_begins() {
        let mut promise = with_lease(1_000);
        promise.renew(100, 110);
        assert_eq!(promise.offline(150), Judgement::Unknown);
        promise.renew(200, 210);
        assert_eq!(promise.offline(250), Judgement::False);
    }

    #[test]
    fn a_contact_in_time_clears_what_was_in_doubt() {
        let mut promise = with_lease(1_000);
        promise.renew(100, 110);
        promise.renew(1_150, 1_160);
        promise.renew(1_300, 1_310);
        assert_eq!(promise.offline(1_320), Judgement::False);
    }
}
