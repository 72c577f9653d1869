//! Whether the database takes what it is given, for those who ask whether the server is ready.

use std::sync::Arc;

use parking_lot::Mutex;

use crate::store::StoreError;

/// How the database was when it was last asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// It did what it was asked.
    Answers,
    /// It has no room left.
    Full,
    /// It did not, for another reason.
    Away,
}

/// How the database was when it was last asked. Clones share it.
#[derive(Debug, Clone)]
pub struct DatabaseWatch(Arc<Mutex<State>>);

impl Default for DatabaseWatch {
    /// It answered: the server has just read its fleet from it.
    fn default() -> Self {
        Self(Arc::new(Mutex::new(State::Answers)))
    }
}

impl DatabaseWatch {
    /// Notes that it did what it was asked; gives whether that is news.
    #[must_use]
    pub fn note_answered(&self) -> bool {
        self.note(State::Answers)
    }

    /// Notes that it did not; gives whether that is news.
    #[must_use]
    pub fn note_failed(&self, error: &StoreError) -> bool {
        self.note(if error.is_for_want_of_room() {
            State::Full
        } else {
            State::Away
        })
    }

    fn note(&self, state: State) -> bool {
        std::mem::replace(&mut *self.0.lock(), state) != state
    }

    /// What is wrong, where anything is.
    ///
    /// # Errors
    /// Where it does not do what it is asked.
    pub fn judge(&self) -> Result<(), String> {
        let what = match *self.0.lock() {
            State::Answers => return Ok(()),
            State::Full => "The database's disk is full",
            State::Away => "The database does not answer",
        };
        Err(format!("{what}; contacts are taken, changes wait."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_told_as_long_as_it_is_and_is_news_once() {
        let watch = DatabaseWatch::default();
        assert!(!watch.note_answered());
        assert!(watch.note_failed(&StoreError::Address));
        assert!(!watch.note_failed(&StoreError::Address));
        assert!(watch.judge().unwrap_err().contains("does not answer"));
        assert!(watch.note_answered());
        assert_eq!(watch.judge(), Ok(()));
    }
}
