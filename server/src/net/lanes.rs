//! Places for connections, in lanes by what hangs on them: who does not answer holds a place for seconds, and nobody
//! whose status depends on being connected to may wait behind those.

use tokio::sync::{Semaphore, SemaphorePermit};

/// For what an agent is connected to. Each lane has places of its own, which are taken in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// The turn of an agent that is online by being connected to.
    Turn,
    /// The same once more, since it did not answer: likely gone, and in haste if it is not.
    Again,
    /// To tell an agent of new settings that hears of them no other way.
    News,
    /// Nothing hangs on it: an agent that is offline, or one that hears of new settings by itself.
    Spare,
    /// A person wants to know now.
    Asked,
}

impl Lane {
    /// How many connections at a time. One to an agent that answers takes a few round trips, one to an agent that does
    /// not is given up after 4 s: where ten thousand fall silent at once, their first turns take 45 of 128 places, and
    /// the others have theirs in time. A person's call (128 agents at the most) has its answers in eight seconds.
    #[must_use]
    pub const fn places(self) -> usize {
        match self {
            Self::Turn => 128,
            Self::Again | Self::Asked => 64,
            Self::News => 32,
            Self::Spare => 16,
        }
    }
}

/// How many connections to agents there may be at once: as many files are kept for them.
pub const CONNECTIONS: usize = Lane::Turn.places()
    + Lane::Again.places()
    + Lane::News.places()
    + Lane::Spare.places()
    + Lane::Asked.places();

/// The places of all lanes.
pub(super) struct Places {
    turn: Semaphore,
    again: Semaphore,
    news: Semaphore,
    spare: Semaphore,
    asked: Semaphore,
}

impl Default for Places {
    fn default() -> Self {
        let of = |lane: Lane| Semaphore::new(lane.places());
        Self {
            turn: of(Lane::Turn),
            again: of(Lane::Again),
            news: of(Lane::News),
            spare: of(Lane::Spare),
            asked: of(Lane::Asked),
        }
    }
}

impl Places {
    /// A place in a lane, once there is one. Nothing where there are none any more, which is never.
    pub(super) async fn take(&self, lane: Lane) -> Option<SemaphorePermit<'_>> {
        self.of(lane).acquire().await.ok()
    }

    const fn of(&self, lane: Lane) -> &Semaphore {
        match lane {
            Lane::Turn => &self.turn,
            Lane::Again => &self.again,
            Lane::News => &self.news,
            Lane::Spare => &self.spare,
            Lane::Asked => &self.asked,
        }
    }

    /// How many places of a lane nobody has.
    #[cfg(test)]
    pub(super) fn free(&self, lane: Lane) -> usize {
        self.of(lane).available_permits()
    }
}
