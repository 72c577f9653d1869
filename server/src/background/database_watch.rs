//! Since when the database is away, for those who ask whether the server is ready.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether the database answered when it was last asked. Clones share it.
#[derive(Debug, Clone)]
pub struct DatabaseWatch(Arc<AtomicBool>);

impl Default for DatabaseWatch {
    /// It answered: the server has just read its fleet from it.
    fn default() -> Self {
        Self(Arc::new(AtomicBool::new(true)))
    }
}

impl DatabaseWatch {
    /// Notes whether it answered; gives whether that is news.
    #[must_use]
    pub fn note(&self, answered: bool) -> bool {
        self.0.swap(answered, Ordering::Relaxed) != answered
    }

    /// What is wrong, where anything is.
    ///
    /// # Errors
    /// Where it does not answer.
    pub fn judge(&self) -> Result<(), String> {
        if self.0.load(Ordering::Relaxed) {
            Ok(())
        } else {
            Err("The database does not answer; contacts are taken, changes wait.".to_owned())
        }
    }
}
