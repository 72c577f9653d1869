//! A value that many read, and whose every change is told to whoever follows it.

use std::ops::{Deref, DerefMut};

use parking_lot::{RwLock, RwLockReadGuard, RwLockWriteGuard};
use tokio::sync::watch;

/// The value.
#[derive(Default)]
pub(super) struct Watched<T> {
    value: RwLock<T>,
    news: watch::Sender<()>,
}

impl<T> Watched<T> {
    pub(super) fn read(&self) -> RwLockReadGuard<'_, T> {
        self.value.read()
    }

    /// To change it. Whoever follows is told when this ends.
    pub(super) fn write(&self) -> Writing<'_, T> {
        Writing {
            value: self.value.write(),
            _telling: Telling(&self.news),
        }
    }

    /// Says that it may have changed since this was last looked at.
    pub(super) fn news(&self) -> watch::Receiver<()> {
        self.news.subscribe()
    }
}

/// The value while it is changed. The fields end in this order: it can be read when that is told.
pub(super) struct Writing<'a, T> {
    value: RwLockWriteGuard<'a, T>,
    _telling: Telling<'a>,
}

/// Tells, at its end.
struct Telling<'a>(&'a watch::Sender<()>);

impl Drop for Telling<'_> {
    fn drop(&mut self) {
        self.0.send_replace(());
    }
}

impl<T> Deref for Writing<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> DerefMut for Writing<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}
