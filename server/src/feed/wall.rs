//! What is sent to all walls of one scope: who is which cell, and what changed since, encoded once.

mod groups;

use std::collections::HashMap;

use bytes::Bytes;
use parking_lot::Mutex;
use rollcall_shared::Status;
use rollcall_shared::feed::PULSE_MS;
use rollcall_shared::feed::wall::{Asked, Group, Grouping, LATEST, Latest, ToWall};
use tokio::sync::broadcast;

use super::Subscription;
use super::encode;
use crate::roster::{Cell, Cursor, Roster, StatusChange, Told, View};
use crate::scope::Scope;
use groups::Groups;

/// Messages that a wall may be behind before it is given a picture instead: some six seconds.
const BEHIND: usize = 64;

/// Runs in one part of a picture, some 200 KB: of a million agents that change all the time there are more.
const RUNS_A_PART: usize = 50_000;

/// Bytes of a run as most have them, a count and a status; none has more than six. What groups are called takes the room
/// of so many runs: ten thousand domains, each with the names of all that it is in, are some megabytes.
const A_RUN: usize = 4;

/// Who comes or goes is on the walls within this; a fleet that enrols is not drawn anew with every agent.
const DRAWN_ANEW_MS: u64 = 1_000;

/// A row that has no cell.
const NOWHERE: u32 = u32::MAX;

/// The walls of one scope.
pub(super) struct Wall {
    scope: Scope,
    grouping: Grouping,
    messages: broadcast::Sender<Bytes>,
    place: Mutex<Place>,
}

/// Where it stands.
struct Place {
    cursor: Cursor,
    sequence: u64,
    sent_ms: i64,
    drawn_ms: i64,
    /// Counts the pictures in which cells are other agents.
    picture: u32,
    /// Set by the first subscriber: before it, there is nothing to follow.
    begun: bool,
    /// Somebody came, went or was put elsewhere since the picture.
    stale: bool,
    cells: Cells,
    groups: Groups,
}

/// Which row is which cell.
#[derive(Debug, Default)]
struct Cells {
    of_row: Vec<u32>,
    rows: Vec<u32>,
    /// Where each group ends.
    ends: Vec<u32>,
}

impl Cells {
    fn of(&self, row: u32) -> Option<u32> {
        let cell = self.of_row.get(row as usize).copied()?;
        (cell != NOWHERE).then_some(cell)
    }

    /// The number of the group that a cell is in.
    fn group_of(&self, cell: u32) -> usize {
        self.ends.partition_point(|end| *end <= cell)
    }
}

impl Wall {
    pub(super) fn new(scope: Scope, grouping: Grouping) -> Self {
        let place = Place {
            cursor: Cursor::default(),
            sequence: 0,
            sent_ms: 0,
            drawn_ms: 0,
            picture: 0,
            begun: false,
            stale: false,
            cells: Cells::default(),
            groups: Groups::default(),
        };
        Self {
            scope,
            grouping,
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
        let view = roster.view();
        let is_due = now_ms.abs_diff(place.drawn_ms) >= DRAWN_ANEW_MS;
        if self.follow(&mut place, &view, now_ms) && is_due {
            self.draw_anew(&mut place, view, now_ms);
        }
        place.sequence != before
    }

    pub(super) fn subscribe(&self, roster: &Roster, now_ms: i64) -> Subscription {
        let mut place = self.place.lock();
        let view = roster.view();
        // Others are brought to where this one begins, or all to another picture.
        let opening = if !place.begun || self.follow(&mut place, &view, now_ms) {
            place.begun = true;
            self.draw_anew(&mut place, view, now_ms)
        } else {
            draw((&self.scope, self.grouping), &mut place, view, now_ms)
        };
        let messages = self.messages.subscribe();
        drop(place);
        Subscription { opening, messages }
    }

    /// Who a cell is, where the picture is still that one.
    pub(super) fn who(&self, roster: &Roster, asked: Asked, now_ms: i64) -> Bytes {
        let place = self.place.lock();
        let row = place.cells.rows.get(asked.cell as usize).copied();
        let row = row.filter(|_| place.picture == asked.picture);
        drop(place);
        let agent = row.and_then(|row| roster.view().row(&self.scope, row));
        encode::message(&ToWall::Known {
            now_ms,
            asked,
            agent: agent.map(encode::row),
        })
    }

    /// Sends what became of cells. Gives whether another picture is wanted: somebody came or went.
    fn follow(&self, place: &mut Place, view: &View<'_>, now_ms: i64) -> bool {
        let Some(told) = view.since(&self.scope, place.cursor) else {
            // More changed than the roster remembers.
            place.stale = true;
            return true;
        };
        place.cursor = view.cursor();
        place.stale |= told.tree
            || !told.moved.is_empty()
            || !told.gone.is_empty()
            || told.rows.iter().any(|row| place.cells.of(*row).is_none())
            || told.statuses.iter().any(|change| change.to == Status::Retired)
            || self.is_elsewhere(place, view, &told);
        let message = if !told.statuses.is_empty() {
            view.note_told(&told.statuses);
            place.sequence += 1;
            ToWall::Cells {
                sequence: place.sequence,
                now_ms,
                cells: merged(&place.cells, &told.statuses),
                latest: latest(view, told.statuses.iter().rev().copied()),
            }
        } else if now_ms.abs_diff(place.sent_ms) >= PULSE_MS {
            ToWall::Pulse {
                sequence: place.sequence,
                now_ms,
            }
        } else {
            return place.stale;
        };
        place.sent_ms = now_ms;
        // An error means that nobody watches just now.
        let _watchers = self.messages.send(encode::message(&message));
        place.stale
    }

    /// Whether anybody who changed belongs into another group by that. Domains are told of by themselves.
    fn is_elsewhere(&self, place: &Place, view: &View<'_>, told: &Told) -> bool {
        if self.grouping == Grouping::Domain {
            return false;
        }
        let changed = told.statuses.iter().map(|change| change.row);
        changed.chain(told.rows.iter().copied()).any(|row| {
            let drawn = place.cells.of(row).map(|cell| place.cells.group_of(cell));
            let now = view.cell(&self.scope, row).map(|cell| place.groups.number(&cell));
            matches!((drawn, now), (Some(drawn), Some(now)) if now != Some(drawn))
        })
    }

    /// Sends everybody another picture, and gives it.
    fn draw_anew(&self, place: &mut Place, view: View<'_>, now_ms: i64) -> Vec<Bytes> {
        place.sequence += 1;
        place.picture = place.picture.wrapping_add(1);
        let parts = draw((&self.scope, self.grouping), place, view, now_ms);
        for part in &parts {
            let _watchers = self.messages.send(part.clone());
        }
        parts
    }
}

/// The picture as it is now, in parts.
fn draw((scope, grouping): (&Scope, Grouping), place: &mut Place, view: View<'_>, now_ms: i64) -> Vec<Bytes> {
    let seen: Vec<Cell> = view.cells(scope).collect();
    let domains = groups::domains(&view, scope, grouping);
    let latest = latest(&view, view.latest(scope));
    place.cursor = view.cursor();
    // The engine waits for nothing that is worked out from here on.
    drop(view);
    place.groups = Groups::of(grouping, domains, &seen);
    let (groups, cells) = lay(&place.groups, &seen);
    place.cells = cells;
    place.stale = false;
    (place.drawn_ms, place.sent_ms) = (now_ms, now_ms);
    parts(groups, latest, (place.sequence, place.picture), now_ms)
}

/// The transitions of the latest that a wall shows, of those that are given newest first.
fn latest(view: &View<'_>, changes: impl Iterator<Item = StatusChange>) -> Vec<Latest> {
    let named = changes.filter_map(|change| {
        let (agent, name) = view.name(change.row)?;
        Some(Latest {
            agent,
            name: name.to_owned(),
            at_ms: change.at_ms,
            to: change.to,
            cause: change.cause,
        })
    });
    named.take(LATEST).collect()
}

/// Which cells changed, each once with what it is now. Changes are given oldest first.
fn merged(cells: &Cells, changes: &[StatusChange]) -> Vec<(u32, Status)> {
    let mut last: HashMap<u32, Status> = HashMap::with_capacity(changes.len());
    for change in changes {
        if let Some(cell) = cells.of(change.row) {
            last.insert(cell, change.to);
        }
    }
    let mut merged: Vec<_> = last.into_iter().collect();
    merged.sort_unstable_by_key(|(cell, _)| *cell);
    merged
}

/// Gives each agent that is seen its cell: group by group, in a group in the order of the rows.
fn lay(groups: &Groups, seen: &[Cell]) -> (Vec<Group>, Cells) {
    let has_cell = |cell: &&Cell| cell.status != Status::Retired;
    let shown = || {
        let shown = seen.iter().filter(has_cell);
        shown.filter_map(|cell| Some((cell, groups.number(cell)?)))
    };
    // How many there are of each, then where each begins.
    let mut next = vec![0_u32; groups.names().len()];
    for (_, group) in shown() {
        next[group] += 1;
    }
    let mut total = 0;
    for begins in &mut next {
        total += std::mem::replace(begins, total);
    }
    let begins = next.clone();
    let rows = seen.last().map_or(0, |cell| cell.row as usize + 1);
    let mut cells = Cells {
        of_row: vec![NOWHERE; rows],
        rows: vec![0; total as usize],
        ends: Vec::new(),
    };
    let mut statuses = vec![Status::Online; total as usize];
    for (cell, group) in shown() {
        let place = next[group];
        next[group] += 1;
        cells.of_row[cell.row as usize] = place;
        cells.rows[place as usize] = cell.row;
        statuses[place as usize] = cell.status;
    }
    let drawn = (0_u32..).zip(groups.names()).zip(begins.iter().zip(&next));
    let drawn = drawn
        .filter(|(_, (begins, ends))| begins < ends)
        .map(|((number, path), (begins, ends))| Group {
            number,
            path: path.clone(),
            runs: runs(&statuses[*begins as usize..*ends as usize]),
        });
    let drawn = drawn.collect();
    cells.ends = next;
    (drawn, cells)
}

/// So many in a row of one status.
fn runs(statuses: &[Status]) -> Vec<(u32, Status)> {
    let runs = statuses.chunk_by(|one, next| one == next);
    runs.map(|run| (u32::try_from(run.len()).unwrap_or(u32::MAX), run[0]))
        .collect()
}

/// As messages.
fn parts(
    groups: Vec<Group>,
    mut latest: Vec<Latest>,
    (sequence, number): (u64, u32),
    now_ms: i64,
) -> Vec<Bytes> {
    let mut parts = Vec::new();
    let mut rest = groups.into_iter().peekable();
    let mut over: Option<Group> = None;
    loop {
        let (mut groups, mut room) = (Vec::new(), RUNS_A_PART);
        while room > 0 {
            let Some(mut group) = over.take().or_else(|| rest.next()) else {
                break;
            };
            let called = encode::size(&group.path).div_ceil(A_RUN);
            // At least one, so that each part goes on.
            let fits = room.saturating_sub(called).max(1);
            if group.runs.len() > fits {
                over = Some(Group {
                    number: group.number,
                    path: group.path.clone(),
                    runs: group.runs.split_off(fits),
                });
            }
            room = room.saturating_sub(called + group.runs.len());
            groups.push(group);
        }
        let last = over.is_none() && rest.peek().is_none();
        let part = ToWall::Picture {
            sequence,
            now_ms,
            number,
            first: parts.is_empty(),
            last,
            groups,
            latest: if last {
                std::mem::take(&mut latest)
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

#[cfg(test)]
mod tests;
