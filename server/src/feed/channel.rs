//! What is sent to all consoles of one scope: numbered, encoded once.

use bytes::Bytes;
use parking_lot::Mutex;
use rollcall_shared::feed::{Domain, Event, PULSE_MS, Row, ToConsole};
use tokio::sync::broadcast;

use super::Subscription;
use super::encode::{self, LONGEST};
use crate::roster::{Cursor, Roster, View};
use crate::scope::Scope;

/// Messages that a console may be behind before it is given a snapshot instead: some six seconds.
const BEHIND: usize = 64;

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
        self.messages.receiver_count() > 0
    }

    /// Sends what changed since the beat before; a pulse where nothing did for a while. Gives whether anything had.
    pub(super) fn beat(&self, roster: &Roster, now_ms: i64) -> bool {
        let mut place = self.place.lock();
        if !place.begun {
            return false;
        }
        let before = place.sequence;
        self.follow(&mut place, &roster.view(), now_ms);
        place.sequence != before
    }

    pub(super) fn subscribe(&self, roster: &Roster, now_ms: i64) -> Subscription {
        let (whole, sequence, messages) = self.stand(roster, now_ms);
        // Encoded where nobody waits for it: neither the engine, which writes the roster, nor the other consoles.
        Subscription {
            opening: whole.encode(sequence, now_ms),
            messages,
        }
    }

    /// What is seen now, the number that it stands at, and what follows.
    fn stand(&self, roster: &Roster, now_ms: i64) -> (Whole, u64, broadcast::Receiver<Bytes>) {
        let mut place = self.place.lock();
        let view = roster.view();
        if place.begun {
            // Others are brought to where this snapshot stands, so that the next delta follows for all.
            self.follow(&mut place, &view, now_ms);
        } else {
            place.begun = true;
            place.cursor = view.cursor();
        }
        let whole = Whole {
            domains: encode::domains(&view, &self.scope),
            rows: view.rows(&self.scope).map(encode::row).collect(),
            transitions: view
                .latest(&self.scope)
                .map(|change| encode::event(&change))
                .collect(),
        };
        (whole, place.sequence, self.messages.subscribe())
    }

    fn follow(&self, place: &mut Place, view: &View<'_>, now_ms: i64) {
        let pulse_due = now_ms.abs_diff(place.sent_ms) >= PULSE_MS;
        let message = match view.since(&self.scope, place.cursor) {
            Some(changes) if changes.is_nothing() => {
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
                view.note_told(&changes.statuses);
                let rows = changes.rows.iter().filter_map(|row| view.row(&self.scope, *row));
                ToConsole::Delta {
                    sequence: place.sequence,
                    now_ms,
                    domains: changes.tree.then(|| encode::domains(view, &self.scope)),
                    rows: rows.map(encode::row).collect(),
                    moved: changes.moved,
                    gone: changes.gone,
                    changes: changes
                        .statuses
                        .iter()
                        .map(|change| encode::change(now_ms, change))
                        .collect(),
                }
            }
            None => {
                // More changed than the roster remembers, or a branch came into sight or went. A number is left out: every console asks for a
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
        let mut message = encode::message(&message);
        if message.len() > LONGEST {
            // As where the roster remembers too little: a snapshot comes in parts.
            place.sequence += 1;
            message = encode::message(&ToConsole::Pulse {
                sequence: place.sequence,
                now_ms,
            });
        }
        // An error means that nobody watches just now.
        let _watchers = self.messages.send(message);
    }
}

/// All that a scope sees.
struct Whole {
    domains: Vec<Domain>,
    rows: Vec<Row>,
    transitions: Vec<Event>,
}

impl Whole {
    /// As messages, in parts.
    fn encode(self, sequence: u64, now_ms: i64) -> Vec<Bytes> {
        let Self {
            mut domains,
            rows,
            mut transitions,
        } = self;
        let mut parts = Vec::new();
        let mut rest = rows.into_iter();
        loop {
            let rows = encode::rows_of_part(rest.by_ref());
            let last = rest.as_slice().is_empty();
            let part = ToConsole::Snapshot {
                sequence,
                now_ms,
                first: parts.is_empty(),
                last,
                domains: std::mem::take(&mut domains),
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
        }
    }
}
