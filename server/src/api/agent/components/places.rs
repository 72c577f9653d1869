//! How many agents download at the same time, and what the others are told.
//!
//! Few, because each reads from the disk and fills the line: heartbeats must pass beside them.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::clock::Clock;
use crate::components::slots::Slots;

/// Enough to fill any line, and at a chunk or two for each some megabytes of memory.
const PLACES: u32 = 32;

/// The places.
#[derive(Debug, Clone)]
pub struct Downloads {
    free: Arc<Semaphore>,
    slots: Arc<Mutex<Slots>>,
}

/// A place that is taken. It is free again when this is dropped.
#[derive(Debug)]
pub(super) struct Place {
    _permit: OwnedSemaphorePermit,
    slots: Arc<Mutex<Slots>>,
    clock: Clock,
    since: Duration,
}

impl Default for Downloads {
    fn default() -> Self {
        Self::of(PLACES)
    }
}

impl Downloads {
    /// So many places.
    #[must_use]
    pub fn of(places: u32) -> Self {
        Self {
            free: Arc::new(Semaphore::new(usize::try_from(places).unwrap_or(1))),
            slots: Arc::new(Mutex::new(Slots::new(places))),
        }
    }

    /// A place; where none is free, after how many seconds to come again.
    pub(super) fn take(&self, clock: Clock) -> Result<Place, u32> {
        match Arc::clone(&self.free).try_acquire_owned() {
            Ok(permit) => Ok(Place {
                _permit: permit,
                slots: Arc::clone(&self.slots),
                clock,
                since: clock.monotonic(),
            }),
            Err(_) => Err(self.slots.lock().wait(clock.monotonic())),
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let lasted = self.clock.monotonic().saturating_sub(self.since);
        self.slots.lock().ended(lasted);
    }
}
