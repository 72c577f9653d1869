//! What waits, and how far it has come: handed in, kept in a file, landed in the database.
//!
//! Entries are numbered as they are handed in, and stand in this order: `ready` (in memory, and in a file where
//! there is one), then those that only files hold, then `fresh` (not yet in a file). The database is given the
//! first of them; so order is kept whatever memory, disk and database can take.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};
use tokio::sync::{Notify, watch};

use super::{segments, writer};
use crate::background::disk_watch::DiskWatch;
use crate::clock::Clock;
use crate::error_chain::chain;
use crate::store::journal::Entry;

/// How many entries memory holds, of those that files hold too and of those that nothing else takes: one for each of
/// a hundred thousand agents. An entry is some 230 bytes (its 192, its counts, its place in the queue) and, of a
/// registration, its texts.
pub(super) const HELD: usize = 100_000;

/// How many entries wait in memory at most, whatever disk and database say: both may be slow without failing. Room for
/// several changes of each of a hundred thousand agents at once.
const MOST: usize = 4 * HELD;

/// How long somebody waits for the disk before being told that it does not keep a change.
const KEPT: Duration = Duration::from_secs(2);

/// After how long a disk that answers neither yes nor no is said to fail: longer than a snapshot freezes it.
const HANGS: Duration = Duration::from_secs(5);

/// How often a file is tried to be read back, once a second, before it is set aside: longer than a path to a disk takes
/// to be replaced by another.
const TRIES: u32 = 60;

/// How much goes where, and how long it may take; a test's is less.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// As [`HELD`].
    pub memory: usize,
    /// Bytes after which the next file begins.
    pub file: u64,
    /// Entries that go to the database at once.
    pub batch: usize,
    /// As [`MOST`].
    pub most: usize,
    /// As [`KEPT`].
    pub kept: Duration,
    /// As [`HANGS`].
    pub hangs: Duration,
    /// As [`TRIES`].
    pub tries: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory: HELD,
            file: segments::FULL,
            batch: writer::BATCH,
            most: MOST,
            kept: KEPT,
            hangs: HANGS,
            tries: TRIES,
        }
    }
}

/// An entry in memory; without one where it could not be read back.
pub(super) type Item = (u64, Option<Arc<Entry>>);

/// How far all that was handed in has come. Each is the number of the first entry that has not.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Progress {
    /// In a file.
    pub kept: u64,
    /// In the database.
    pub landed: u64,
    /// Whether the disk fails.
    pub failing: bool,
}

/// What the handles, the keeper and the writer share.
pub(super) struct Shared {
    pub state: Mutex<State>,
    /// Wakes the keeper.
    pub to_keep: Condvar,
    /// Wakes the writer.
    pub to_land: Notify,
    pub progress: watch::Sender<Progress>,
    pub disk: DiskWatch,
    pub clock: Clock,
}

/// What waits.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each tells of another part, and they turn independently"
)]
pub(super) struct State {
    /// Whether there are files at all.
    pub on_disk: bool,
    /// How much goes where.
    pub limits: Limits,
    /// The number of the next entry.
    pub next: u64,
    pub ready: VecDeque<Item>,
    /// Whether files hold entries that come after `ready` and are not in memory.
    pub more_in_files: bool,
    pub fresh: VecDeque<Item>,
    /// How many of the first of `fresh` the keeper is writing.
    pub keeping: usize,
    /// Whether the disk fails and no file is left, or it hangs, so that the database is given `fresh` as it is.
    pub direct: bool,
    /// Since when the keeper is at the disk, by the monotonic clock.
    pub at_disk_since: Option<Duration>,
    /// Whether the keeper does not come back from the disk.
    pub hangs: bool,
    /// Up to which number the writer has entries in its hand.
    pub in_hand: u64,
    /// Whether the database failed when it was last given something.
    pub database_fails: bool,
    /// Nothing more will come.
    pub closed: bool,
    /// Nothing more will be landed.
    pub ended: bool,
    /// How many entries were lost since the server started.
    pub lost: u64,
    /// How many of these since the disk, or the database, last took something.
    pub lost_lately: u64,
}

impl Shared {
    pub(super) fn new(clock: Clock, on_disk: bool, limits: Limits) -> Self {
        Self {
            state: Mutex::new(State::new(on_disk, limits)),
            to_keep: Condvar::new(),
            to_land: Notify::new(),
            progress: watch::Sender::new(Progress::default()),
            disk: DiskWatch::new(clock),
            clock,
        }
    }

    /// Takes an entry in; `false` where the journal is closed.
    pub(super) fn push(&self, entry: Entry) -> bool {
        let mut state = self.state.lock();
        if state.closed {
            return false;
        }
        let (on_disk, direct) = (state.on_disk, state.direct);
        state.push(entry);
        let fails = self.fails(&state);
        state.forget_oldest(fails);
        drop(state);
        if on_disk {
            self.to_keep.notify_one();
        }
        if direct || !on_disk {
            self.to_land.notify_one();
        }
        true
    }

    /// Whether neither disk nor database takes what is handed in.
    fn fails(&self, state: &State) -> bool {
        state.database_fails && (!state.on_disk || self.progress.borrow().failing)
    }

    /// Notices a disk that hangs: the database is then given what the disk does not take. Whether that is news.
    ///
    /// Not only when no file is left, as where it fails: a disk that hangs lets none be removed. What a file still has
    /// then lands once more after a crash, until its agents register again.
    pub(super) fn look(&self) -> bool {
        let now = self.clock.monotonic();
        let mut state = self.state.lock();
        let hangs = state
            .at_disk_since
            .is_some_and(|since| now.saturating_sub(since) >= state.limits.hangs);
        if state.hangs || !hangs {
            return false;
        }
        let error = io::Error::new(
            io::ErrorKind::TimedOut,
            "it neither takes nor refuses what it is given",
        );
        self.does_not_come_back(&mut state, &error);
        true
    }

    /// Notes that the keeper does not come back from the disk, as far as is known.
    pub(super) fn does_not_come_back(&self, state: &mut State, error: &io::Error) {
        state.hangs = true;
        state.direct = true;
        if self.disk.note_failed(error) {
            tracing::error!(
                error = chain(error),
                "the data folder's disk does not answer: changes wait in memory"
            );
        }
        // Under the lock, or the keeper could come back in between and be said to be away for ever.
        self.progress.send_modify(|progress| progress.failing = true);
        let fails = state.database_fails;
        state.forget_oldest(fails);
        self.to_land.notify_one();
    }

    /// Nothing more will come.
    pub(super) fn close(&self) {
        self.state.lock().closed = true;
        self.to_keep.notify_one();
        self.to_land.notify_one();
    }

    /// Nothing more will be landed.
    pub(super) fn end(&self) {
        self.state.lock().ended = true;
        self.to_keep.notify_one();
    }
}

impl State {
    fn new(on_disk: bool, limits: Limits) -> Self {
        Self {
            on_disk,
            limits,
            next: 0,
            ready: VecDeque::new(),
            more_in_files: false,
            fresh: VecDeque::new(),
            keeping: 0,
            direct: false,
            at_disk_since: None,
            hangs: false,
            in_hand: 0,
            database_fails: false,
            closed: false,
            ended: false,
            lost: 0,
            lost_lately: 0,
        }
    }

    fn push(&mut self, entry: Entry) {
        let item = (self.next, Some(Arc::new(entry)));
        self.next += 1;
        if self.on_disk {
            self.fresh.push_back(item);
        } else {
            self.ready.push_back(item);
        }
    }

    /// Forgets the oldest of those that only memory has, down to what it may hold: less where nothing takes them.
    pub(super) fn forget_oldest(&mut self, nothing_takes_them: bool) {
        let most = if nothing_takes_them {
            self.limits.memory
        } else {
            self.limits.most
        };
        let is_news = self.lost_lately == 0;
        let (only_here, busy) = if self.on_disk {
            (&mut self.fresh, self.keeping)
        } else {
            (&mut self.ready, 0)
        };
        let too_many = only_here.len().saturating_sub(most);
        if too_many == 0 {
            return;
        }
        // What somebody has in hand is as good as written.
        let in_hand = only_here.partition_point(|(number, _)| *number < self.in_hand);
        let from = busy.max(in_hand).min(only_here.len());
        let forgotten = only_here
            .drain(from..(from + too_many).min(only_here.len()))
            .len();
        let forgotten = u64::try_from(forgotten).unwrap_or(u64::MAX);
        self.lost += forgotten;
        self.lost_lately += forgotten;
        if is_news && self.lost_lately > 0 {
            tracing::error!(
                held = most,
                "changes are lost: database and disk do not take them, or too slowly, and memory holds no more"
            );
        }
    }

    /// The first entries that wait, in the writer's hand from now on: the number after them, and what they are. Some
    /// of them may be nothing.
    pub(super) fn take(&mut self, most: usize) -> Option<(u64, Vec<Arc<Entry>>)> {
        let queue = if !self.ready.is_empty() {
            &self.ready
        } else if self.direct && !self.more_in_files {
            &self.fresh
        } else {
            return None;
        };
        let count = queue.len().min(most);
        let after = queue.get(count.checked_sub(1)?)?.0 + 1;
        let first = queue.iter().take(count);
        let entries = first.filter_map(|(_, entry)| entry.clone()).collect();
        self.in_hand = after;
        Some((after, entries))
    }

    /// Forgets what has landed: all before number `landed`.
    pub(super) fn landed(&mut self, landed: u64) {
        let waiting = self.fresh.len();
        for queue in [&mut self.ready, &mut self.fresh] {
            while queue.pop_front_if(|(number, _)| *number < landed).is_some() {}
        }
        self.keeping = self.keeping.saturating_sub(waiting - self.fresh.len());
    }

    /// Whether nothing waits.
    pub(super) fn is_empty(&self) -> bool {
        self.ready.is_empty() && self.fresh.is_empty() && !self.more_in_files
    }
}
