//! Which component to get next, from where, and when: without I/O.
//!
//! A driver tells [`Installs`] what the server offers and how each [`Attempt`] ended. One attempt is under way at a
//! time: an agent is a guest on its machine and its line. Places are tried in the order of the offer, the server last;
//! what is cut off goes on where it was, at the same place as long as something comes from there.
//!
//! Not the place for files and sockets, nor for what an attempt consists of (`components/` of the binary).

use rollcall_shared::SourceUrl;
use rollcall_shared::agent_api::Offer;
use rollcall_shared::console_api::Subject;

use crate::backoff::Backoff;
use crate::schedule::{LEAST_WAIT_MS, MOST_RETRY_AFTER_MS};

#[cfg(test)]
mod tests;

/// So many attempts in a row that bring nothing are told to the server; before that, lines fail and come back.
pub const SILENT_AFTER: u32 = 6;

/// How long components from elsewhere may hold up settings that came with them: a large one over a slow line takes
/// hours, and rules of presence must not wait for that.
pub const HOLD_SETTINGS_MS: u64 = 60 * 60_000;

/// Where to get it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// From there, without a credential.
    Source(SourceUrl),
    /// From the server.
    Server,
}

/// What to try now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// What is wanted.
    pub offer: Offer,
    /// From where.
    pub place: Place,
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// It is in place, and its hook succeeded.
    Installed,
    /// The connection failed or broke off; whether anything came that is kept.
    Cut {
        /// Whether more of it is here than before.
        progressed: bool,
    },
    /// The place is busy, and says for how long where it does.
    Busy {
        /// In milliseconds.
        retry_after_ms: Option<u64>,
    },
    /// The place does not have it, or has something else.
    Wrong,
    /// The bytes are wrong, and not all of them came in this attempt: nobody knows whose fault it is.
    Mixed,
    /// Something here is wrong: the disk is full, the hook failed.
    Broken,
}

/// What the server is to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Of what.
    pub subject: Subject,
    /// Why it failed so far; nothing where it is applied.
    pub failure: Option<String>,
}

/// A component that is wanted.
#[derive(Debug, Clone)]
struct Install {
    offer: Offer,
    since_ms: u64,
    /// Which place, counted from the first source; the server's is behind the last.
    place: usize,
    /// Attempts in a row that brought nothing.
    silent: u32,
    /// Places in a row that do not have it.
    wrong: usize,
    /// How often all places, or something here, were wrong.
    rounds: u32,
    not_before_ms: u64,
    /// What was told last.
    told: Option<String>,
}

/// All that is wanted.
#[derive(Debug, Clone, Default)]
pub struct Installs {
    wanted: Vec<Install>,
    under_way: Option<Offer>,
}

impl Installs {
    /// The server offers these, and nothing else any more. What is known of those that it offered before stays.
    pub fn offered(&mut self, offers: Vec<Offer>, now_ms: u64) {
        let before = core::mem::take(&mut self.wanted);
        self.wanted = offers
            .into_iter()
            .map(|offer| {
                let known = before.iter().find(|known| known.offer == offer);
                known.cloned().unwrap_or(Install {
                    offer,
                    since_ms: now_ms,
                    place: 0,
                    silent: 0,
                    wrong: 0,
                    rounds: 0,
                    not_before_ms: now_ms,
                    told: None,
                })
            })
            .collect();
    }

    /// Whether the attempt under way is for something that is no more wanted: it is to be dropped, and
    /// [`dropped`](Self::dropped) to be called.
    #[must_use]
    pub fn is_void(&self) -> bool {
        let is_wanted = |offer: &Offer| self.wanted.iter().any(|one| one.offer == *offer);
        self.under_way.as_ref().is_some_and(|offer| !is_wanted(offer))
    }

    /// The attempt under way was dropped, and nothing came of it.
    pub fn dropped(&mut self) {
        self.under_way = None;
    }

    /// What to try now, if anything.
    pub fn next(&mut self, now_ms: u64) -> Option<Attempt> {
        if self.under_way.is_some() {
            return None;
        }
        let due = self.wanted.iter().find(|one| one.not_before_ms <= now_ms)?;
        let place = match due.offer.sources.get(due.place) {
            Some(source) => Place::Source(source.clone()),
            None => Place::Server,
        };
        self.under_way = Some(due.offer.clone());
        Some(Attempt {
            offer: due.offer.clone(),
            place,
        })
    }

    /// When [`next`](Self::next) may have something; nothing while an attempt is under way, or where nothing is wanted.
    #[must_use]
    pub fn due(&self) -> Option<u64> {
        if self.under_way.is_some() {
            return None;
        }
        self.wanted.iter().map(|one| one.not_before_ms).min()
    }

    /// The attempt under way ended, because of `detail` where it failed. Gives what the server is to be told.
    pub fn ended(&mut self, ended: Ended, detail: &str, now_ms: u64, random: u64) -> Option<Report> {
        let offer = self.under_way.take()?;
        let at = self.wanted.iter().position(|one| one.offer == offer)?;
        if ended == Ended::Installed {
            let done = self.wanted.remove(at);
            return Some(report(&done.offer, None));
        }
        let one = self.wanted.get_mut(at)?;
        let is_told = one.failed(ended, now_ms, random);
        if !is_told || one.told.as_deref() == Some(detail) {
            return None;
        }
        one.told = Some(detail.to_owned());
        Some(report(&one.offer, Some(detail.to_owned())))
    }

    /// Somebody looked after this machine: nobody waits for a back-off.
    pub fn hurry(&mut self, now_ms: u64) {
        for one in &mut self.wanted {
            one.not_before_ms = one.not_before_ms.min(now_ms);
        }
    }

    /// Whether settings that came with the offers are to wait: components that come from elsewhere come first.
    #[must_use]
    pub fn hold_settings(&self, now_ms: u64) -> bool {
        self.wanted.iter().any(|one| {
            !one.offer.sources.is_empty()
                && one.told.is_none()
                && one.rounds == 0
                && now_ms.saturating_sub(one.since_ms) < HOLD_SETTINGS_MS
        })
    }

    /// What is wanted, and why it failed so far.
    pub fn wanted(&self) -> impl Iterator<Item = (&Offer, Option<&str>)> {
        self.wanted.iter().map(|one| (&one.offer, one.told.as_deref()))
    }
}

impl Install {
    /// Plans what comes after a failure; says whether it is worth telling.
    fn failed(&mut self, ended: Ended, now_ms: u64, random: u64) -> bool {
        let places = self.offer.sources.len() + 1;
        let wait_ms = match ended {
            Ended::Installed | Ended::Mixed => 0,
            Ended::Cut { progressed: true } => {
                self.silent = 0;
                self.wrong = 0;
                cut().delay_ms(0, random)
            }
            Ended::Cut { progressed: false } => {
                let wait_ms = cut().delay_ms(self.silent, random);
                self.silent = self.silent.saturating_add(1);
                self.place = (self.place + 1) % places;
                wait_ms
            }
            Ended::Busy { retry_after_ms } => retry_after_ms.map_or_else(
                || cut().delay_ms(self.silent, random),
                |wait_ms| wait_ms.clamp(LEAST_WAIT_MS, MOST_RETRY_AFTER_MS),
            ),
            Ended::Wrong => {
                self.place = (self.place + 1) % places;
                self.wrong += 1;
                if self.wrong < places {
                    0
                } else {
                    self.wrong = 0;
                    self.another_round(random)
                }
            }
            Ended::Broken => self.another_round(random),
        };
        self.not_before_ms = now_ms.saturating_add(wait_ms);
        match ended {
            Ended::Wrong => wait_ms > 0,
            Ended::Broken => true,
            Ended::Cut { progressed: false } => self.silent >= SILENT_AFTER,
            _ => false,
        }
    }

    /// Somebody has to mend something: that is not waited for every second.
    fn another_round(&mut self, random: u64) -> u64 {
        let wait_ms = Backoff::UNKNOWN.delay_ms(self.rounds, random);
        self.rounds = self.rounds.saturating_add(1);
        wait_ms
    }
}

/// The wait after a cut connection: from a second to five minutes, as for calls.
const fn cut() -> Backoff {
    Backoff::within(u64::MAX)
}

fn report(offer: &Offer, failure: Option<String>) -> Report {
    Report {
        subject: Subject::Component(offer.name.clone(), offer.version.clone()),
        failure,
    }
}
