//! What the server told, held here: every agent that this screen may see, and the latest transitions.
//!
//! A snapshot comes in parts and replaces what is shown only once it is whole, so a screen that resyncs neither
//! empties nor flickers. Deltas follow with the next sequence number each; a missing one is answered with
//! [`Answer::Resync`], once, and what is shown stays until the new snapshot is whole.
//!
//! Rows are numbers of one connection. Inside, an agent has a *place*: its index here, which holds until the
//! next snapshot.

mod fleet;

use rollcall_shared::console_api::Rollout;
use rollcall_shared::feed::{Change, Domain, Event, Row, ToConsole};
use rollcall_shared::{Cause, DomainId};

pub use fleet::{Fleet, Happening, MOST_EVENTS};

/// Which places changed since it was last asked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Touched {
    /// All of them: there is a new snapshot, or more changed than is worth listing.
    pub all: bool,
    /// These, some perhaps twice.
    pub places: Vec<u32>,
}

impl Touched {
    fn add(&mut self, place: u32, agents: usize) {
        if !self.all {
            self.places.push(place);
            if self.places.len() > agents.max(64) {
                self.everything();
            }
        }
    }

    fn everything(&mut self) {
        self.all = true;
        self.places = Vec::new();
    }
}

/// What is to be done about a frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Draw: something that is shown changed.
    Draw,
    /// Nothing to draw.
    Nothing,
    /// Say that a sequence number was missed.
    Resync,
    /// The server ships the console of this build.
    Build(String),
}

/// The mirror: see the module.
#[derive(Debug, Default)]
pub struct Mirror {
    shown: Fleet,
    arriving: Option<Fleet>,
    /// Where deltas go on; nothing until a snapshot of this connection is whole.
    sequence: Option<u64>,
    rollouts: Vec<Rollout>,
    /// Whether this connection sends roll-outs, all of them each time, and so no snapshot.
    has_rollouts: bool,
    touched: Touched,
}

impl Mirror {
    /// What is shown.
    #[must_use]
    pub fn fleet(&self) -> &Fleet {
        &self.shown
    }

    /// The roll-outs, where this document asked for them.
    #[must_use]
    pub fn rollouts(&self) -> &[Rollout] {
        &self.rollouts
    }

    /// Whether a snapshot of this connection is shown, and every delta since; or the roll-outs that it sent.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.sequence.is_some() || self.has_rollouts
    }

    /// Whether there is neither a place to go on from nor a snapshot on its way.
    #[must_use]
    pub fn is_adrift(&self) -> bool {
        !self.is_whole() && self.arriving.is_none()
    }

    /// What changed since this was last asked.
    pub fn take_touched(&mut self) -> Touched {
        core::mem::take(&mut self.touched)
    }

    /// The connection is gone: numbers of rows mean nothing any more, what is shown stays.
    pub fn disconnected(&mut self) {
        self.sequence = None;
        self.arriving = None;
        self.has_rollouts = false;
    }

    /// Forgets everything: another person may sign in here next.
    pub fn clear(&mut self) {
        *self = Self::default();
        self.touched.everything();
    }

    /// The server's wall clock in a frame.
    #[must_use]
    pub fn time_of(message: &ToConsole) -> Option<i64> {
        match message {
            ToConsole::Hello { .. } => None,
            ToConsole::Snapshot { now_ms, .. }
            | ToConsole::Delta { now_ms, .. }
            | ToConsole::Contacts { now_ms, .. }
            | ToConsole::Rollouts { now_ms, .. }
            | ToConsole::Pulse { now_ms, .. } => Some(*now_ms),
        }
    }

    /// Applies a frame.
    pub fn apply(&mut self, message: ToConsole) -> Answer {
        match message {
            ToConsole::Hello { build } => Answer::Build(build),
            ToConsole::Snapshot {
                sequence,
                first,
                last,
                domains,
                rows,
                transitions,
                ..
            } => self.snapshot(sequence, (first, last), domains, rows, &transitions),
            ToConsole::Delta {
                sequence,
                now_ms,
                domains,
                rows,
                moved,
                gone,
                changes,
            } => match self.sequence {
                // Who may see only some domains looks anew when an agent leaves them: places must not have holes.
                Some(at)
                    if at.wrapping_add(1) == sequence
                        && !gone.iter().any(|row| self.shown.place_of_row.contains_key(row)) =>
                {
                    self.arrange(domains, &moved);
                    self.delta(sequence, now_ms, rows, &changes)
                }
                Some(_) => self.gap(),
                None => Answer::Nothing,
            },
            ToConsole::Contacts { now_ms, contacts } if self.is_whole() => {
                for (row, ago_ms, kind) in contacts {
                    if let Some(place) = self.shown.place_of_row.get(&row).copied() {
                        let heard = (now_ms - i64::from(ago_ms), kind);
                        self.shown.agents[place as usize].last_contact = Some(heard);
                        self.touched.add(place, self.shown.agents.len());
                    }
                }
                Answer::Draw
            }
            ToConsole::Contacts { .. } => Answer::Nothing,
            ToConsole::Rollouts { rollouts, .. } => {
                let is_news = !self.has_rollouts || self.rollouts != rollouts;
                self.has_rollouts = true;
                self.rollouts = rollouts;
                if is_news { Answer::Draw } else { Answer::Nothing }
            }
            ToConsole::Pulse { sequence, .. } => match self.sequence {
                Some(at) if at != sequence => self.gap(),
                _ => Answer::Nothing,
            },
        }
    }

    fn snapshot(
        &mut self,
        sequence: u64,
        (first, last): (bool, bool),
        domains: Vec<Domain>,
        rows: Vec<Row>,
        events: &[Event],
    ) -> Answer {
        if first {
            self.sequence = None;
            let mut fleet = Fleet::default();
            fleet.tree.plant(domains);
            self.arriving = Some(fleet);
        }
        // Without its first part, it is the rest of a snapshot whose beginning was missed.
        let Some(arriving) = self.arriving.as_mut() else {
            return Answer::Resync;
        };
        for row in rows {
            arriving.put(row);
        }
        if !last {
            return Answer::Nothing;
        }
        arriving.remember(events);
        self.shown = self.arriving.take().unwrap_or_default();
        self.sequence = Some(sequence);
        self.touched.everything();
        Answer::Draw
    }

    /// Takes in where domains and agents are now.
    fn arrange(&mut self, domains: Option<Vec<Domain>>, moved: &[(u32, DomainId)]) {
        if let Some(domains) = domains {
            self.shown.tree.plant(domains);
            self.touched.everything();
        }
        for (row, domain) in moved {
            if let Some(place) = self.shown.place_of_row.get(row).copied() {
                self.shown.relocate(place, *domain);
                self.touched.add(place, self.shown.agents.len());
            }
        }
    }

    fn delta(&mut self, sequence: u64, now_ms: i64, rows: Vec<Row>, changes: &[Change]) -> Answer {
        self.sequence = Some(sequence);
        for row in rows {
            let told = changes.iter().any(|change| change.row == row.row);
            let (place, is_new) = self.shown.put(row);
            self.touched.add(place, self.shown.agents.len());
            let row = &self.shown.agents[place as usize];
            if is_new && !told {
                // An agent that appears is news, also where its row is all that is said of it.
                let (at_ms, to, cause) = (row.since_ms, row.status, row.cause);
                self.shown.happened(place, at_ms, to, cause, None);
            }
        }
        for change in changes {
            let Some(place) = self.shown.place_of_row.get(&change.row).copied() else {
                return self.gap();
            };
            let at_ms = now_ms - i64::from(change.ago_ms);
            let row = &mut self.shown.agents[place as usize];
            self.shown.counts[row.status as usize] -= 1;
            self.shown.counts[change.to as usize] += 1;
            self.shown.tree.count(row.domain, row.status, false);
            self.shown.tree.count(row.domain, change.to, true);
            if row.status != change.to {
                row.since_ms = at_ms;
            }
            row.status = change.to;
            row.cause = change.cause;
            if let Some(kind) = heard_by(change.cause) {
                row.last_contact = Some((at_ms, kind));
            }
            self.touched.add(place, self.shown.agents.len());
            self.shown.happened(place, at_ms, change.to, change.cause, None);
        }
        Answer::Draw
    }

    /// Deltas mean nothing until the next snapshot, so this is said once.
    fn gap(&mut self) -> Answer {
        self.sequence = None;
        Answer::Resync
    }
}

/// The contact that a cause speaks of.
fn heard_by(cause: Cause) -> Option<rollcall_shared::ContactKind> {
    use rollcall_shared::ContactKind;
    match cause {
        Cause::Registered(_) | Cause::Restarted => Some(ContactKind::Register),
        Cause::Contact(kind) => Some(kind),
        Cause::Goodbye(_) => Some(ContactKind::Goodbye),
        Cause::Enrolled
        | Cause::Deadline { .. }
        | Cause::Retired
        | Cause::Settings { .. }
        | Cause::Address
        | Cause::Inactive { .. } => None,
    }
}

#[cfg(test)]
mod tests;
