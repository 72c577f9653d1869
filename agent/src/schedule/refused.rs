//! Going on after the server said no: as the same boot, as a new one, seldom, or not at all.
//!
//! Only [`Refusal::Retired`] ends an agent, since only who knows its secret can say that. A server that does not
//! know an agent may have come up on an older database, or a proxy may have dropped the credential: such an agent
//! sends no heartbeats, but asks whether it may register, at the pace of [`Backoff::UNKNOWN`](crate::backoff::Backoff::UNKNOWN), until it may.

use rollcall_shared::RegisterReason;

use super::{Call, Change, End, Flight, Refusal, Schedule, Standing, Step};

/// So many stale sequences in a row are no repetition on the way, but a machine set back to an older state:
/// only a new boot gets past the server's count.
pub(super) const STALE_IN_A_ROW: u32 = 3;

impl Schedule {
    pub(super) fn refused(&mut self, flight: Flight, refusal: Refusal, now_ms: u64, random: u64) -> Step {
        if self.leave_by_ms.is_some() {
            return self.ended(End::Left);
        }
        // Everything else is said only to an agent that the server knows.
        if refusal != Refusal::Unauthenticated {
            self.unknown = 0;
        }
        let registers = matches!(flight.call, Call::Register(_));
        match refusal {
            Refusal::Unauthenticated => self.not_known(now_ms, random),
            Refusal::Retired => self.ended(End::Retired),
            // Nothing is wrong: a proof was there first. Proofs are few, so this is no loop.
            Refusal::StaleSequence if flight.overtaken => self.send(flight.call, random),
            Refusal::RegisterFirst if flight.overtaken && registers => self.send(flight.call, random),
            // A refused register means that this boot was superseded: go on as a new one, not in a loop.
            Refusal::RegisterFirst | Refusal::StaleSequence if registers => {
                self.renew_boot(random);
                self.hold_back(now_ms, random);
                Step::default()
            }
            Refusal::RegisterFirst => {
                self.register = Some(RegisterReason::Reload);
                self.send(Call::Register(RegisterReason::Reload), random)
            }
            Refusal::StaleSequence => {
                self.stale += 1;
                // What it asked for did not come: it is still wanted.
                if flight.call == Call::Poll {
                    self.asked_ms = Some(now_ms);
                }
                if self.stale >= STALE_IN_A_ROW {
                    self.renew_boot(random);
                    self.register = Some(RegisterReason::Reload);
                }
                self.hold_back(now_ms, random);
                Step::default()
            }
        }
    }

    fn not_known(&mut self, now_ms: u64, random: u64) -> Step {
        self.unknown = self.unknown.saturating_add(1);
        self.register.get_or_insert(RegisterReason::Reload);
        self.hold_back(now_ms, random);
        match core::mem::replace(&mut self.standing, Standing::Unknown) {
            Standing::Unknown => Step::default(),
            Standing::Untold | Standing::Here | Standing::Lost => Step::changed(Change::Unknown),
        }
    }

    /// Someone looked after this agent: whether the server knows it now is asked, and told, anew.
    pub(super) const fn forget_refusals(&mut self) {
        if matches!(self.standing, Standing::Unknown) {
            self.standing = Standing::Untold;
        }
        self.unknown = 0;
    }
}
