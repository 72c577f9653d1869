//! What all screens of one scope are sent: the tree, how many agents are where, and what happened. Encoded once.

use bytes::Bytes;
use parking_lot::Mutex;
use rollcall_shared::feed::PULSE_MS;
use rollcall_shared::feed::table::{Happened, MOST_HAPPENED, ToTable};
use tokio::sync::broadcast;

use super::counts::Counts;
use crate::feed::{Subscription, encode};
use crate::roster::{Cursor, Roster, StatusChange, Told, View};
use crate::scope::Scope;

/// Messages that a screen may be behind before it is given an opening instead: some six seconds.
const BEHIND: usize = 64;

/// How often it is told what is counted: more often than this nobody reads numbers.
const COUNTED_EVERY_MS: u64 = 500;

/// Rows that are read at a time: less than a millisecond's work.
const ROWS_AT_A_TIME: u32 = 4_096;

/// The screens of one scope.
pub(super) struct Overview {
    scope: Scope,
    messages: broadcast::Sender<Bytes>,
    place: Mutex<Place>,
}

/// Where it stands.
struct Place {
    cursor: Cursor,
    counts: Counts,
    /// Set by the first subscriber: before it, there is nothing to follow.
    begun: bool,
    /// More changed than could be followed: all is to be counted and told anew.
    lost: bool,
    sent_ms: i64,
    counted_ms: i64,
}

impl Overview {
    pub(super) fn new(scope: Scope) -> Self {
        let place = Place {
            cursor: Cursor::default(),
            counts: Counts::default(),
            begun: false,
            lost: true,
            sent_ms: 0,
            counted_ms: 0,
        };
        Self {
            scope,
            messages: broadcast::channel(BEHIND).0,
            place: Mutex::new(place),
        }
    }

    pub(super) fn watched(&self) -> bool {
        self.messages.receiver_count() > 0
    }

    /// Sends what changed since the beat before; a pulse where nothing did for a while. Gives whether anything had.
    pub(super) fn beat(&self, roster: &Roster, now_ms: i64) -> bool {
        // Where somebody opens it just now, that may take a while in which the other feeds do not wait.
        let Some(mut place) = self.place.try_lock() else {
            return false;
        };
        if !place.begun {
            return false;
        }
        let mut told = false;
        if !place.lost {
            let view = roster.view();
            told = self.follow(&mut place, &view, now_ms);
        }
        if now_ms.abs_diff(place.counted_ms) >= COUNTED_EVERY_MS {
            if place.lost {
                self.begin_anew(&mut place, roster, now_ms);
                told = true;
            } else if place.counts.is_changed() {
                place.counted_ms = now_ms;
                let counts = place.counts.take_changed();
                self.send(
                    &mut place,
                    now_ms,
                    &ToTable::Counts {
                        now_ms,
                        whole: false,
                        counts,
                    },
                );
                told = true;
            }
        }
        if now_ms.abs_diff(place.sent_ms) >= PULSE_MS {
            self.send(&mut place, now_ms, &ToTable::Pulse { now_ms });
        }
        told
    }

    /// What is so now, and what follows it. May count a whole fleet: not for a thread on which others wait.
    pub(super) fn subscribe(&self, roster: &Roster, now_ms: i64) -> Subscription {
        let mut place = self.place.lock();
        place.begun = true;
        // Others are brought to where this one begins.
        if !place.lost {
            self.follow(&mut place, &roster.view(), now_ms);
        }
        if place.lost {
            self.begin_anew(&mut place, roster, now_ms);
        }
        let view = roster.view();
        self.follow(&mut place, &view, now_ms);
        let opening = self.opening(&place, &view, now_ms);
        drop(view);
        Subscription {
            opening: opening.iter().map(encode::message).collect(),
            messages: self.messages.subscribe(),
        }
    }

    /// Sends what changed, but for the counts, which are only kept. Gives whether anything had.
    fn follow(&self, place: &mut Place, view: &View<'_>, now_ms: i64) -> bool {
        let Some(told) = view.since(&self.scope, place.cursor) else {
            place.lost = true;
            return false;
        };
        place.cursor = view.cursor();
        if told.is_nothing() {
            return false;
        }
        view.note_told(&told.statuses);
        self.count(place, view, &told);
        if told.tree {
            let domains = encode::domains(view, &self.scope);
            self.send(place, now_ms, &ToTable::Tree { now_ms, domains });
        }
        if !told.statuses.is_empty() {
            let newest = told.statuses.iter().rev().copied();
            let message = ToTable::Happened {
                now_ms,
                whole: false,
                happened: happened(view, newest),
            };
            self.send(place, now_ms, &message);
        }
        true
    }

    /// Counts rows that were touched as what they are now, whatever they were in between.
    fn count(&self, place: &mut Place, view: &View<'_>, told: &Told) {
        let moved = told.moved.iter().map(|(row, _)| *row);
        let changed = told.statuses.iter().map(|change| change.row);
        let known = told.rows.iter().chain(&told.gone).copied();
        for row in moved.chain(changed).chain(known) {
            self.count_row(&mut place.counts, view, row);
        }
    }

    fn count_row(&self, counts: &mut Counts, view: &View<'_>, row: u32) {
        let listed = view.listed(&self.scope, row);
        counts.count(row, listed.map(|listed| (listed.domain(), listed.status())));
    }

    /// Counts all, and tells everybody all. The engine is held up for some rows at a time.
    fn begin_anew(&self, place: &mut Place, roster: &Roster, now_ms: i64) {
        place.counts = Counts::default();
        place.cursor = roster.view().cursor();
        let mut from = 0;
        loop {
            let view = roster.view();
            let until = view.end().min(from + ROWS_AT_A_TIME);
            for row in from..until {
                self.count_row(&mut place.counts, &view, row);
            }
            if until == view.end() {
                break;
            }
            from = until;
        }
        let view = roster.view();
        // What changed while it was counted. Where that was too much, all of it is told and then counted again.
        let told = view.since(&self.scope, place.cursor);
        place.lost = told.is_none();
        if let Some(told) = told {
            view.note_told(&told.statuses);
            self.count(place, &view, &told);
            place.cursor = view.cursor();
        }
        place.counts.take_changed();
        place.counted_ms = now_ms;
        let opening = self.opening(place, &view, now_ms);
        drop(view);
        for message in &opening {
            self.send(place, now_ms, message);
        }
    }

    fn opening(&self, place: &Place, view: &View<'_>, now_ms: i64) -> [ToTable; 3] {
        [
            ToTable::Tree {
                now_ms,
                domains: encode::domains(view, &self.scope),
            },
            ToTable::Counts {
                now_ms,
                whole: true,
                counts: place.counts.whole(),
            },
            ToTable::Happened {
                now_ms,
                whole: true,
                happened: happened(view, view.latest(&self.scope)),
            },
        ]
    }

    fn send(&self, place: &mut Place, now_ms: i64, message: &ToTable) {
        place.sent_ms = now_ms;
        // An error means that nobody watches just now.
        let _watchers = self.messages.send(encode::message(message));
    }
}

/// Transitions with whose they are, of those that are given newest first.
fn happened(view: &View<'_>, changes: impl Iterator<Item = StatusChange>) -> Vec<Happened> {
    let named = changes.filter_map(|change| {
        let (agent, name) = view.name(change.row)?;
        Some(Happened {
            id: change.id,
            agent,
            name: name.to_owned(),
            at_ms: change.at_ms,
            to: change.to,
            cause: change.cause,
        })
    });
    named.take(MOST_HAPPENED).collect()
}

#[cfg(test)]
mod tests;
