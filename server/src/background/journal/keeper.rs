//! The thread that has the files: it writes what is handed in, reads back what memory did not hold, and removes what
//! has landed.
//!
//! A thread of its own, since a disk may take its time: neither the engine nor a task of the runtime waits for it.

use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use super::queue::{Item, Shared, State};
use super::record;
use super::segments::Segments;
use crate::clock::Clock;
use crate::error_chain::chain;

/// How long until a disk that failed is tried again.
const TRY_AGAIN: Duration = Duration::from_secs(1);

/// Entries written at once: the most that come again where the disk fails amid them.
const TOGETHER: usize = 4_096;

/// Below which part of what memory may hold more is read back: some batches, so that the writer need not wait.
const READ_BACK_BELOW: usize = 16;

struct Keeper {
    shared: Arc<Shared>,
    segments: Segments,
    clock: Clock,
    /// Up to where landed entries have been removed.
    removed: u64,
    /// When the disk is tried again, by the monotonic clock; 0 where it does not fail.
    try_at: Duration,
    /// The same for reading.
    read_at: Duration,
    /// Bytes that the disk did not take when it last failed.
    refused: usize,
    /// How often the next file could not be read back.
    unread: u32,
}

/// What there is to do.
enum Work {
    Remove,
    ReadBack,
    Probe,
    Keep { items: Vec<Item>, held: bool },
    End,
}

/// Says that the thread is gone, where that was not meant: nobody must wait for it, nor memory grow.
struct Gone(Arc<Shared>);

impl Drop for Gone {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let error = io::Error::other("the thread that has the journal's files broke off");
            self.0.does_not_come_back(&mut self.0.state.lock(), &error);
        }
    }
}

/// Starts the thread. It ends when the journal is closed and nothing more will be landed.
pub(super) fn start(shared: Arc<Shared>, segments: Segments, clock: Clock) -> io::Result<JoinHandle<()>> {
    let gone = Gone(Arc::clone(&shared));
    let mut keeper = Keeper {
        shared,
        segments,
        clock,
        removed: 0,
        try_at: Duration::ZERO,
        refused: 0,
        read_at: Duration::ZERO,
        unread: 0,
    };
    std::thread::Builder::new()
        .name("journal".to_owned())
        .spawn(move || {
            let _gone = gone;
            keeper.run();
        })
}

impl Keeper {
    fn run(&mut self) {
        loop {
            let work = self.next();
            // The writer is told to look whether this takes too long.
            self.shared.state.lock().at_disk_since = Some(self.clock.monotonic());
            self.shared.to_land.notify_one();
            match work {
                Work::Remove => self.remove(),
                Work::ReadBack => self.read_back(),
                Work::Probe => self.probe(),
                Work::Keep { items, held } => self.keep(&items, held),
                Work::End => {
                    let landed = self.shared.progress.borrow().landed;
                    self.segments.remove_landed(landed, true);
                    self.back();
                    return;
                }
            }
            self.back();
        }
    }

    /// Back from the disk, which may have been given up meanwhile.
    fn back(&mut self) {
        let mut state = self.shared.state.lock();
        state.at_disk_since = None;
        if !std::mem::take(&mut state.hangs) {
            return;
        }
        state.direct = self.failing() && self.segments.is_empty();
        drop(state);
        if !self.failing() {
            self.takes_again();
        }
    }

    fn failing(&self) -> bool {
        self.try_at > Duration::ZERO
    }

    /// Waits for something to do.
    fn next(&self) -> Work {
        let mut state = self.shared.state.lock();
        loop {
            if self.shared.progress.borrow().landed > self.removed {
                return Work::Remove;
            }
            let ends = state.closed && state.ended;
            let now = self.clock.monotonic();
            let wants_more =
                state.more_in_files && state.ready.len() <= state.limits.memory / READ_BACK_BELOW && !ends;
            if wants_more && now >= self.read_at {
                return Work::ReadBack;
            }
            if now >= self.try_at || ends {
                if let Some(work) = keep(&mut state) {
                    return work;
                }
                if ends {
                    return Work::End;
                }
                if self.failing() {
                    return Work::Probe;
                }
            }
            let until = [(self.try_at, self.failing()), (self.read_at, wants_more)]
                .into_iter()
                .filter_map(|(at, wanted)| wanted.then_some(at))
                .min();
            match until {
                Some(until) => {
                    // Whatever wakes it, it looks again.
                    self.shared
                        .to_keep
                        .wait_for(&mut state, until.saturating_sub(now));
                }
                None => self.shared.to_keep.wait(&mut state),
            }
        }
    }

    /// Removes what has landed.
    fn remove(&mut self) {
        let landed = self.shared.progress.borrow().landed;
        self.segments.remove_landed(landed, self.failing());
        self.removed = landed;
        self.give_way();
    }

    /// Where the disk fails and no file is left, the database is given what nobody keeps. Not earlier: an entry that
    /// a file still has would be landed again after a crash, and with it what a later one has changed since.
    fn give_way(&self) {
        self.shared.state.lock().direct = self.failing() && self.segments.is_empty();
        self.shared.to_land.notify_one();
    }

    fn read_back(&mut self) {
        match self.segments.read_back() {
            Ok(read) => {
                let mut items: Vec<Item> = Vec::new();
                if let Some(read) = read {
                    let whole = |(number, entry)| (number, Some(Arc::new(entry)));
                    items.extend(read.entries.into_iter().map(whole));
                    // What cannot be read has come as far as what is before it.
                    if items.last().is_none_or(|(number, _)| *number != read.last) {
                        items.push((read.last, None));
                    }
                }
                self.have_read(items);
            }
            Err(error) => {
                self.read_at = self.clock.monotonic() + TRY_AGAIN;
                self.unread += 1;
                self.shared.disk.note_unreadable();
                tracing::error!(
                    error = chain(&error),
                    "changes in the data folder cannot be read back"
                );
                if self.unread >= self.shared.state.lock().limits.tries {
                    self.give_up_reading();
                }
            }
        }
    }

    /// Goes on without a file that stays unreadable. Only where it can be set aside: it must never land after later
    /// ones, whose changes are newer.
    fn give_up_reading(&mut self) {
        match self.segments.give_up_reading() {
            Ok(Some((path, last))) => {
                tracing::error!(path = %path.display(), "a file of the journal stays unreadable: it is set aside, and what is in it does not land");
                self.have_read(vec![(last, None)]);
            }
            Ok(None) => {}
            Err(error) => {
                tracing::error!(error = chain(&error), "a file of the journal cannot be set aside");
            }
        }
    }

    fn have_read(&mut self, mut items: Vec<Item>) {
        self.unread = 0;
        self.shared.disk.note_read();
        let mut state = self.shared.state.lock();
        // Of what the disk did not take at first, some may have landed from memory.
        let landed = self.shared.progress.borrow().landed;
        items.retain(|(number, _)| *number >= landed);
        state.ready.extend(items);
        state.more_in_files = self.segments.has_more();
        drop(state);
        self.shared.to_land.notify_one();
    }

    fn keep(&mut self, items: &[Item], held: bool) {
        let Some((last, _)) = items.last() else { return };
        let mut records = Vec::new();
        for (number, entry) in items {
            if let Some(entry) = entry
                && let Err(error) = record::encode(*number, entry, &mut records)
            {
                tracing::error!(error = chain(&error), "a change cannot be kept in a file");
            }
        }
        let written = self.segments.append(&records, *last, held);
        let mut state = self.shared.state.lock();
        state.keeping = 0;
        if let Err(error) = written {
            drop(state);
            self.refused = records.len();
            self.failed(&error);
            return;
        }
        while let Some(item) = state.fresh.pop_front_if(|(number, _)| *number <= *last) {
            if held {
                state.ready.push_back(item);
            }
        }
        state.more_in_files = self.segments.has_more();
        if state.fresh.len() <= state.limits.memory {
            state.lost_lately = 0;
        }
        drop(state);
        let kept = last + 1;
        self.shared.progress.send_modify(|progress| progress.kept = kept);
        self.written();
        self.shared.to_land.notify_one();
    }

    /// Finds out whether a disk that failed takes as much again, where there is nothing to be kept. With less, one that
    /// is nearly full would be well and fail in turns.
    fn probe(&mut self) {
        match self.segments.probe(self.refused) {
            Ok(()) => self.written(),
            Err(error) => self.failed(&error),
        }
    }

    fn written(&mut self) {
        if self.failing() {
            self.try_at = Duration::ZERO;
            self.takes_again();
        }
    }

    fn takes_again(&self) {
        let mut state = self.shared.state.lock();
        state.direct = false;
        state.lost_lately = 0;
        drop(state);
        if self.shared.disk.note_written() {
            tracing::info!("the data folder's disk takes changes again");
        }
        self.shared
            .progress
            .send_modify(|progress| progress.failing = false);
    }

    fn failed(&mut self, error: &io::Error) {
        self.try_at = self.clock.monotonic() + TRY_AGAIN;
        if self.shared.disk.note_failed(error) {
            tracing::error!(
                error = chain(error),
                "the data folder's disk takes nothing: changes wait in memory"
            );
        }
        self.shared
            .progress
            .send_modify(|progress| progress.failing = true);
        let landed = self.shared.progress.borrow().landed;
        self.segments.remove_landed(landed, true);
        self.give_way();
        let mut state = self.shared.state.lock();
        let fails = state.database_fails;
        state.forget_oldest(fails);
        // At the end there is one attempt and no second.
        if state.closed && state.ended {
            state.lost += u64::try_from(state.fresh.len()).unwrap_or(u64::MAX);
            state.fresh.clear();
        }
    }
}

/// What there is to be kept, if anything.
fn keep(state: &mut State) -> Option<Work> {
    if state.fresh.is_empty() {
        return None;
    }
    let items: Vec<Item> = state.fresh.iter().take(TOGETHER).cloned().collect();
    state.keeping = items.len();
    // Memory holds an entry only where it holds all that come before it.
    let held = !state.more_in_files && state.ready.len() + items.len() <= state.limits.memory;
    Some(Work::Keep { items, held })
}
