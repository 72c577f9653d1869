//! The rules a second time, written from their text (`docs/PRESENCE.md`) and not from the crate that is tested: for
//! each agent the contacts that counted, the versions of the settings, the goodbyes, the blindness. It is told what
//! happens before the tested crate is, and says what has to come of it.
//!
//! Where the text leaves a choice, the reading taken here is this. A goodbye brings nobody online. What the server
//! forgets by being killed (contacts since the checkpoint, sequences, goodbyes, transitions of the last second) is
//! forgotten for good; a contact that nobody remembers was none. Of older boots only the one before the current is known
//! by its last sequence. A status is read back as it was written, and shows
//! another reachability when its agent is next heard or settings are next saved.

mod events;
pub(crate) mod history;
mod known;
pub(crate) mod rules;

use rollcall_shared::{BootId, Cause, ContactKind, Settings, Status};

pub(crate) use history::Entry;
use known::KINDS;
pub(crate) use known::{Farewell, Known, Standing};
use rules::{Ruling, Whereabouts, ruling};

/// Microseconds of a second.
pub(crate) const SECOND: u64 = 1_000_000;
/// Rule 10.
const RESTART_WITHIN: u64 = 60 * SECOND;
/// Rule 1.
const LONGEST_STEP: u64 = 2 * SECOND;
/// Rule 6: the agents' back-off cap and the slot horizon.
const BACKOFF_CAP: u64 = 300 * SECOND;
const SLOT: u64 = 60 * SECOND;

/// A transition that has to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Due {
    pub(crate) agent: usize,
    pub(crate) from: Status,
    pub(crate) to: Status,
    pub(crate) cause: Cause,
    pub(crate) at: u64,
    pub(crate) last: Option<(u64, ContactKind)>,
    pub(crate) folds: bool,
}

/// What is written down of an agent beside its transitions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Written {
    pub(crate) status: Status,
    pub(crate) boot: Option<BootId>,
    pub(crate) applied: u32,
    pub(crate) at: Whereabouts,
}

#[derive(Debug, Clone, Copy)]
struct Checkpointed {
    boot: Option<(BootId, u32)>,
    last: Option<(u64, ContactKind)>,
    paths: [Option<u64>; KINDS],
}

/// The oracle.
#[derive(Debug)]
pub(crate) struct Oracle {
    minute: u64,
    versions: Vec<(u32, Settings)>,
    pub(crate) agents: Vec<Known>,
    written: Vec<Written>,
    checkpoint: Vec<Checkpointed>,
    /// Transitions, and how many of them are written down.
    pub(crate) entries: Vec<Entry>,
    flushed: usize,
    /// Engine time at the last tick, and the monotonic time then.
    ticked: u64,
    ticked_at: u64,
    saved: u64,
    started: u64,
    blind_ended: Option<u64>,
    /// Spans of the wall clock in which the server could have heard nobody, in milliseconds.
    pub(crate) blind: Vec<(i64, i64)>,
}

impl Oracle {
    pub(crate) fn new(minute: u64, first: (u32, Settings)) -> Self {
        Self {
            minute,
            versions: vec![first],
            agents: Vec::new(),
            written: Vec::new(),
            checkpoint: Vec::new(),
            entries: Vec::new(),
            flushed: 0,
            ticked: 0,
            ticked_at: 0,
            saved: 0,
            started: 0,
            blind_ended: None,
            blind: Vec::new(),
        }
    }

    fn newest(&self) -> u32 {
        self.versions.last().map_or(0, |(version, _)| *version)
    }

    /// The settings in force.
    pub(crate) fn in_force(&self) -> Settings {
        self.versions
            .last()
            .map_or_else(Settings::default, |(_, settings)| settings.clone())
    }

    fn ruling_of(&self, since: u32, at: Whereabouts) -> Ruling {
        ruling(&self.versions, since, at)
            // Nobody applied what was never saved.
            .unwrap_or(Ruling {
                kind: rollcall_shared::LeaseKind::Heartbeat,
                lease_minutes: u32::MAX,
                version: 0,
                every_minutes: u32::MAX,
                unreachable: false,
                waited_for: false,
                may_be_dialled: false,
            })
    }

    fn rule_anew(&mut self, agent: usize) {
        let known = &self.agents[agent];
        let ruling = self.ruling_of(known.since, known.at);
        let known = &mut self.agents[agent];
        known.ruling = ruling;
        known.shown_unreachable = ruling.unreachable;
    }

    pub(crate) fn enrol(&mut self) {
        let since = self.newest();
        let ruling = self.ruling_of(since, Whereabouts::default());
        self.agents.push(Known::enrolled(ruling, since));
        self.written.push(Written {
            status: Status::Pending,
            boot: None,
            applied: 0,
            at: Whereabouts::default(),
        });
        self.checkpoint.push(Checkpointed {
            boot: None,
            last: None,
            paths: [None; KINDS],
        });
    }

    /// Engine time between two ticks (rule 1).
    pub(crate) fn now(&self, monotonic: u64) -> u64 {
        self.ticked + (monotonic.saturating_sub(self.ticked_at)).min(LONGEST_STEP)
    }

    /// Moves engine time; says how much of the time since the tick before was blind.
    pub(crate) fn advance(&mut self, monotonic: u64) -> u64 {
        let passed = monotonic.saturating_sub(self.ticked_at);
        self.ticked += passed.min(LONGEST_STEP);
        self.ticked_at = monotonic;
        passed.saturating_sub(LONGEST_STEP)
    }

    pub(crate) const fn blinded(&mut self) {
        self.blind_ended = Some(self.ticked);
    }

    fn minutes(&self, count: u32) -> u64 {
        u64::from(count) * self.minute
    }

    fn return_window(&self, ruling: &Ruling) -> u64 {
        self.minutes(ruling.every_minutes).min(BACKOFF_CAP) + self.minute.min(SLOT)
    }

    /// How long an agent that can reach the server may take to be heard: its interval, the return window, and a
    /// minute for calls that hang, spread registers and a dial that meets them.
    pub(crate) fn back_within(&self, agent: usize) -> u64 {
        let ruling = &self.agents[agent].ruling;
        self.minutes(ruling.every_minutes) + self.return_window(ruling) + 60 * SECOND
    }

    /// When an online agent goes offline unless it is heard: rules 4, 6 and 10.
    pub(crate) fn deadline(&self, agent: usize) -> u64 {
        let known = &self.agents[agent];
        let ruling = &known.ruling;
        let last = known.last.map(|(last, _)| last);
        let by_contact = match (known.announced(), last) {
            (Some(said), _) => said + RESTART_WITHIN,
            (None, Some(last)) => last + self.minutes(ruling.lease_minutes),
            (None, None) => 0,
        };
        let since_start = if last.is_none_or(|last| last <= self.started) {
            self.started + self.minutes(ruling.every_minutes) + self.return_window(ruling)
        } else {
            0
        };
        let since_blind = match self.blind_ended {
            Some(ended) if last.is_none_or(|last| last <= ended) => ended + self.return_window(ruling),
            _ => 0,
        };
        by_contact.max(since_start).max(since_blind)
    }

    /// The earliest deadline of all who are online.
    pub(crate) fn earliest(&self) -> Option<u64> {
        let online = (0..self.agents.len()).filter(|agent| self.agents[*agent].online);
        online.map(|agent| self.deadline(agent)).min()
    }

    /// What the tick at this engine time has to find.
    pub(crate) fn tick(&mut self) -> Vec<Due> {
        let now = self.ticked;
        let days = self
            .versions
            .last()
            .map_or(u32::MAX, |(_, settings)| settings.inactive_after_days.get());
        let leaves_after = u64::from(days) * 1_440 * self.minute;
        let mut due = Vec::new();
        for agent in 0..self.agents.len() {
            if self.agents[agent].online {
                if self.deadline(agent) > now {
                    continue;
                }
                let known = &self.agents[agent];
                let lasts = match known.announced() {
                    Some(_) => RESTART_WITHIN,
                    None => self.minutes(known.ruling.lease_minutes),
                };
                let cause = Cause::Deadline {
                    after_s: u32::try_from(lasts / SECOND).unwrap_or(u32::MAX),
                };
                due.push(self.turn(agent, cause, now, |known| {
                    known.online = false;
                    known.farewell = None;
                    known.offline_since = now;
                }));
            } else if self.agents[agent].standing == Standing::RollCall
                && self.agents[agent].offline_since + leaves_after <= now
            {
                due.push(
                    self.turn(agent, Cause::Inactive { after_days: days }, now, |known| {
                        known.standing = Standing::Inactive;
                    }),
                );
            }
        }
        due
    }

    fn turn(&mut self, agent: usize, cause: Cause, at: u64, change: impl FnOnce(&mut Known)) -> Due {
        let known = &mut self.agents[agent];
        let from = known.status();
        change(known);
        Due {
            agent,
            from,
            to: known.status(),
            cause,
            at,
            last: known.last,
            folds: false,
        }
    }

    /// New settings are saved; nobody's deadline is nearer for it (rule 5).
    pub(crate) fn save(&mut self, version: u32, settings: Settings) {
        self.versions.push((version, settings));
    }

    /// The owner lives by them from now on.
    pub(crate) fn adopt(&mut self, now: u64) -> Vec<Due> {
        let cause = Cause::Settings {
            version: self.newest(),
        };
        let mut due = Vec::new();
        for agent in 0..self.agents.len() {
            let from = self.agents[agent].status();
            self.rule_anew(agent);
            let known = &self.agents[agent];
            if known.status() != from {
                due.push(Due {
                    agent,
                    from,
                    to: known.status(),
                    cause,
                    at: now,
                    last: known.last,
                    folds: false,
                });
            }
        }
        due
    }

    /// A transition came, and is labelled.
    pub(crate) fn note(&mut self, due: &Due, at_ms: i64) {
        self.entries.push(Entry {
            agent: due.agent,
            at_ms,
            from: due.from,
            to: due.to,
            cause: due.cause,
            folds: due.folds,
        });
    }

    /// What happened until now is written down.
    pub(crate) fn flush(&mut self) {
        self.flushed = self.entries.len();
        for (written, known) in self.written.iter_mut().zip(&self.agents) {
            *written = Written {
                status: known.status(),
                boot: known.boot.map(|(boot, _)| boot),
                applied: known.applied,
                at: known.at,
            };
        }
    }

    pub(crate) fn engine_time_saved(&mut self, monotonic: u64) {
        self.saved = self.now(monotonic);
    }

    pub(crate) fn checkpointed(&mut self) {
        for (kept, known) in self.checkpoint.iter_mut().zip(&self.agents) {
            *kept = Checkpointed {
                boot: known.boot,
                last: known.last,
                paths: known.paths,
            };
        }
    }

    /// The server starts again, `in_status_for` being how long each agent had its status, as far as labels tell.
    pub(crate) fn restart(&mut self, in_status_for: &[u64]) {
        self.entries.truncate(self.flushed);
        self.started = self.saved;
        self.ticked = self.saved;
        self.ticked_at = 0;
        self.blind_ended = None;
        let (started, newest) = (self.started, self.newest());
        for (agent, in_status_for) in in_status_for.iter().enumerate() {
            let (written, kept) = (self.written[agent], self.checkpoint[agent]);
            let known = &mut self.agents[agent];
            known.take_status(written.status);
            known.at = written.at;
            known.applied = written.applied;
            // Who registered and reported nothing may live by any version.
            known.since = match written.status {
                Status::Pending => newest,
                _ => written.applied,
            };
            known.boot = written.boot.map(|boot| match kept.boot {
                Some((of, sequence)) if of == boot => (boot, sequence),
                _ => (boot, 0),
            });
            known.superseded = None;
            known.farewell = None;
            known.last = kept.last.map(|(at, kind)| (at.min(started), kind));
            known.paths = kept
                .paths
                .map(|path| path.map(|second| second.min(started / SECOND)));
            known.offline_since = started.saturating_sub(*in_status_for);
            let (since, at) = (known.since, known.at);
            self.agents[agent].ruling = self.ruling_of(since, at);
        }
    }
}
