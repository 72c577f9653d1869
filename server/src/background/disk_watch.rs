//! Whether the data folder's disk takes what is written to it, for those who ask whether the server is ready.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

use crate::clock::Clock;

/// How the disk was when it was last written to. Times are those of the server's monotonic clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiskState {
    /// It took what it was given.
    Fine,
    /// It has no room left.
    Full {
        /// Since when.
        since: Duration,
    },
    /// It answers neither yes nor no.
    Hanging {
        /// Since when.
        since: Duration,
    },
    /// It fails in another way: read-only, broken, away.
    Failing {
        /// Since when.
        since: Duration,
    },
}

/// Whether the disk took what it was last given. Clones share it.
#[derive(Debug, Clone)]
pub struct DiskWatch {
    state: Arc<Mutex<DiskState>>,
    /// Since when a file of the journal cannot be read back.
    unreadable: Arc<Mutex<Option<Duration>>>,
    clock: Clock,
}

impl DiskWatch {
    /// Of a disk that nothing is known against.
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        Self {
            state: Arc::new(Mutex::new(DiskState::Fine)),
            unreadable: Arc::default(),
            clock,
        }
    }

    /// How it is.
    #[must_use]
    pub fn state(&self) -> DiskState {
        *self.state.lock()
    }

    /// Notes that it took what it was given; gives whether that is news.
    #[must_use]
    pub fn note_written(&self) -> bool {
        std::mem::replace(&mut *self.state.lock(), DiskState::Fine) != DiskState::Fine
    }

    /// Notes that it did not; gives whether that is news.
    #[must_use]
    pub fn note_failed(&self, error: &io::Error) -> bool {
        let mut state = self.state.lock();
        let (since, is_news) = match *state {
            DiskState::Fine => (self.clock.monotonic(), true),
            DiskState::Full { since } | DiskState::Hanging { since } | DiskState::Failing { since } => {
                (since, false)
            }
        };
        *state = match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => DiskState::Full { since },
            io::ErrorKind::TimedOut => DiskState::Hanging { since },
            _ => DiskState::Failing { since },
        };
        is_news
    }

    /// Notes that it does not give back what it took.
    pub fn note_unreadable(&self) {
        self.unreadable.lock().get_or_insert(self.clock.monotonic());
    }

    /// Notes that nothing waits to be given back.
    pub fn note_read(&self) {
        *self.unreadable.lock() = None;
    }

    /// What is wrong with reading, where anything is.
    ///
    /// # Errors
    /// Where the disk does not give back what it took.
    pub fn judge_reading(&self) -> Result<(), String> {
        let Some(since) = *self.unreadable.lock() else {
            return Ok(());
        };
        let seconds = self.clock.monotonic().saturating_sub(since).as_secs();
        Err(format!(
            "A file of the journal cannot be read back, for {seconds} s now: later changes wait for it."
        ))
    }

    /// What is wrong, where anything is.
    ///
    /// # Errors
    /// Where the disk does not take what it is given.
    pub fn judge(&self) -> Result<(), String> {
        let (what, since) = match self.state() {
            DiskState::Fine => return Ok(()),
            DiskState::Full { since } => ("is full", since),
            DiskState::Hanging { since } => ("does not answer", since),
            DiskState::Failing { since } => ("cannot be written to", since),
        };
        let seconds = self.clock.monotonic().saturating_sub(since).as_secs();
        Err(format!("The data folder's disk {what}, for {seconds} s now."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_without_room_is_said_to_be_full_until_it_takes_something_again() {
        let disk = DiskWatch::new(Clock::start());
        assert_eq!(disk.judge(), Ok(()));
        assert!(!disk.note_written());
        // ENOSPC, EDQUOT.
        for code in [28, 122] {
            assert!(disk.note_failed(&io::Error::from_raw_os_error(code)));
            assert!(!disk.note_failed(&io::Error::from_raw_os_error(code)));
            let said = disk.judge().unwrap_err();
            assert!(
                said.starts_with("The data folder's disk is full, for 0 s"),
                "{said}"
            );
            assert!(disk.note_written());
            assert_eq!(disk.judge(), Ok(()));
        }
    }

    #[test]
    fn a_disk_that_fails_in_another_way_is_not_said_to_be_full() {
        let disk = DiskWatch::new(Clock::start());
        // EROFS.
        assert!(disk.note_failed(&io::Error::from_raw_os_error(30)));
        assert!(disk.judge().unwrap_err().contains("cannot be written to"));
        let DiskState::Failing { since } = disk.state() else {
            panic!("{:?}", disk.state())
        };
        // What is wrong may change, since when does not.
        assert!(!disk.note_failed(&io::Error::from_raw_os_error(28)));
        assert_eq!(disk.state(), DiskState::Full { since });
    }
}
