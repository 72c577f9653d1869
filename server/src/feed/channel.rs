//! What is sent to all consoles of one scope: numbered, encoded once.

use bytes::Bytes;
use parking_lot::Mutex;
use rollcall_shared::feed::{PULSE_MS, ToConsole};
use tokio::sync::broadcast;

use super::Subscription;
use super::encode;
use crate::roster::{Cursor, Roster, View};
use crate::scope::Scope;

/// Messages that a console may be behind before it is given a snapshot instead: some six seconds.
const BEHIND: usize = 64;

/// Rows in one part of a snapshot: some 150 KB, so that the first are drawn while the last are sent.
const ROWS_A_PART: usize = 2_000;

/// The consoles of one scope.
pub(super) struct Channel {
    scope: Scope,
    messages: broadcast::Sender<Bytes>,
    place: Mutex<Place>,
}

/// Where a channel stands.
struct Place {
    cursor: Cursor,
    sequence: u64,
    sent_ms: i64,
    /// Set by the first subscriber: before it, there is nothing to follow.
    begun: bool,
}

impl Channel {
    pub(super) fn new(scope: Scope) -> Self {
        let place = Place {
            cursor: Cursor::default(),
            sequence: 0,
            sent_ms: 0,
            begun: false,
        };
        Self {
            scope,
            messages: broadcast::channel(BEHIND).0,
            place: Mutex::new(place),
        }
    }

    pub(super) fn watched(&self) -> bool {
        // A channel that was made a moment ago is about to be subscribed to.
        !self.place.lock().begun || self.messages.receiver_count() > 0
    }

    /// Sends what changed since the beat before; a pulse where nothing did for a while.
    pub(super) fn beat(&self, roster: &Roster, now_ms: i64) {
        let mut place = self.place.lock();
        if place.begun {
            let view = roster.view();
            self.follow(&mut place, &view, now_ms);
        }
    }

    pub(super) fn subscribe(&self, roster: &Roster, now_ms: i64) -> Subscription {
        let mut place = self.place.lock();
        let view = roster.view();
        if place.begun {
            // Others are brought to where this snapshot stands, so that the next delta follows for all.
            self.follow(&mut place, &view, now_ms);
        } else {
            place.begun = true;
            place.cursor = view.cursor();
        }
        let messages = self.messages.subscribe();
        Subscription {
            opening: snapshot(&self.scope, &view, place.sequence, now_ms),
            messages,
        }
    }

    fn follow(&self, place: &mut Place, view: &View<'_>, now_ms: i64) {
        let pulse_due = now_ms.abs_diff(place.sent_ms) >= PULSE_MS;
        let message = match view.since(&self.scope, place.cursor) {
            Some(changes) if changes.rows.is_empty() && changes.statuses.is_empty() => {
                place.cursor = view.cursor();
                if !pulse_due {
                    return;
                }
                ToConsole::Pulse {
                    sequence: place.sequence,
                    now_ms,
                }
            }
            Some(changes) => {
                place.cursor = view.cursor();
                place.sequence += 1;
                let rows = changes.rows.iter().filter_map(|row| view.row(&self.scope, *row));
                ToConsole::Delta {
                    sequence: place.sequence,
                    now_ms,
                    rows: rows.map(encode::row).collect(),
                    changes: changes
                        .statuses
                        .iter()
                        .map(|change| encode::change(now_ms, change))
                        .collect(),
                }
            }
            None => {
                // More changed than the roster remembers. A number is left out: every console asks for a
                // snapshot.
                place.cursor = view.cursor();
                place.sequence += 2;
                ToConsole::Pulse {
                    sequence: place.sequence,
                    now_ms,
                }
            }
        };
        place.sent_ms = now_ms;
        // An error means that nobody watches just now.
        let _watchers = self.messages.send(encode::message(&message));
    }
}

fn snapshot(scope: &Scope, view: &View<'_>, sequence: u64, now_ms: i64) -> Vec<Bytes> {
    let mut rows: Vec<_> = view.rows(scope).map(encode::row).collect();
    let mut transitions: Vec<_> = view.latest(scope).map(|change| encode::event(&change)).collect();
    let mut parts = Vec::new();
    loop {
        let rest = rows.split_off(rows.len().min(ROWS_A_PART));
        let last = rest.is_empty();
        let part = ToConsole::Snapshot {
            sequence,
            now_ms,
            first: parts.is_empty(),
            last,
            rows,
            transitions: if last {
                std::mem::take(&mut transitions)
            } else {
                Vec::new()
            },
        };
        parts.push(encode::message(&part));
        if last {
            return parts;
        }
        rows = rest;
    }
}
