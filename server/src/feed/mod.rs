//! What consoles are sent: one encoding for all who may see the same, ten times a second at the most.
//!
//! For each scope of domains that somebody watches there is a *channel*. At each beat (after a calm, at the first
//! change) it takes from the roster what changed since the beat before, encodes it once and hands the same
//! bytes to every console. A console that cannot keep up does not queue: it is told that it missed something and is
//! given a new snapshot. Walls, to which agents are cells, have such a channel of their own.
//! Screens that list agents share only what is counted; the rows are made for each of them.
//!
//! No sockets here: those are in `api/feed`.

mod channel;
mod encode;
mod table;
mod wall;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use parking_lot::Mutex;
use rollcall_shared::console_api::Rollout;
use rollcall_shared::feed::ToConsole;
use rollcall_shared::feed::wall::{Asked, Grouping};
use tokio::sync::{broadcast, watch};

use crate::clock::Clock;
use crate::roster::Roster;
use crate::scope::Scope;
use channel::Channel;
use table::Tables;
use wall::Wall;

pub use encode::LONGEST;
pub use table::{Stretch, Table};
#[cfg(test)]
pub(crate) use {table::testing::Shown, tests::record};

/// How often changes are sent: often enough to look immediate, seldom enough that a storm is a few large
/// messages instead of many small ones.
const BEAT: Duration = Duration::from_millis(100);

/// After a calm, changes are sent once none came for so long: what one tick of the engine does is one message.
const GATHER: Duration = Duration::from_millis(5);

/// And at the latest after so many times that long.
const GATHERED_AT_MOST: u32 = 8;

/// Fans the roster's changes out to consoles. Clones share it.
#[derive(Clone)]
pub struct Hub(Arc<Inner>);

struct Inner {
    roster: Arc<Roster>,
    clock: Clock,
    channels: Mutex<HashMap<Scope, Arc<Channel>>>,
    walls: Mutex<HashMap<(Scope, Grouping), Arc<Wall>>>,
    tables: Tables,
    hello: Bytes,
}

/// What a console that subscribed is to be sent: first the opening, then what comes from the receiver.
pub struct Subscription {
    /// A snapshot, in parts.
    pub opening: Vec<Bytes>,
    /// Messages from there on. Lagging means that some were missed: subscribe again.
    pub messages: broadcast::Receiver<Bytes>,
}

impl Hub {
    /// A hub for consoles of this build.
    #[must_use]
    pub fn new(roster: Arc<Roster>, clock: Clock, build: &str) -> Self {
        let hello = encode::message(&ToConsole::Hello {
            build: build.to_owned(),
        });
        Self(Arc::new(Inner {
            roster,
            clock,
            channels: Mutex::default(),
            walls: Mutex::default(),
            tables: Tables::default(),
            hello,
        }))
    }

    /// The first message of every connection.
    #[must_use]
    pub fn hello(&self) -> Bytes {
        self.0.hello.clone()
    }

    /// A snapshot of what this scope sees and what follows it, without a gap between the two.
    #[must_use]
    pub fn subscribe(&self, scope: &Scope) -> Subscription {
        let channel = {
            let mut channels = self.0.channels.lock();
            Arc::clone(
                channels
                    .entry(scope.clone())
                    .or_insert_with(|| Arc::new(Channel::new(scope.clone()))),
            )
        };
        channel.subscribe(&self.0.roster, self.0.clock.wall_ms())
    }

    /// A picture of what this scope sees, agents as cells, and what follows it.
    #[must_use]
    pub fn subscribe_wall(&self, scope: &Scope, grouping: Grouping) -> Subscription {
        let wall = self.wall(scope, grouping);
        wall.subscribe(&self.0.roster, self.0.clock.wall_ms())
    }

    /// Who a cell of a wall is, as a message.
    #[must_use]
    pub fn who(&self, scope: &Scope, grouping: Grouping, asked: Asked) -> Bytes {
        self.wall(scope, grouping)
            .who(&self.0.roster, asked, self.0.clock.wall_ms())
    }

    fn wall(&self, scope: &Scope, grouping: Grouping) -> Arc<Wall> {
        let mut walls = self.0.walls.lock();
        let wall = walls
            .entry((scope.clone(), grouping))
            .or_insert_with(|| Arc::new(Wall::new(scope.clone(), grouping)));
        Arc::clone(wall)
    }

    /// The last contacts of these rows that differ from those `known`, which is brought up to date; nothing
    /// where none does.
    #[must_use]
    pub fn contacts(&self, scope: &Scope, rows: &[u32], known: &mut HashMap<u32, i64>) -> Option<Bytes> {
        let now_ms = self.0.clock.wall_ms();
        let view = self.0.roster.view();
        let mut contacts = Vec::new();
        for &row in rows {
            let Some((at_ms, kind)) = view.last_contact(scope, row) else {
                continue;
            };
            if known.insert(row, at_ms) != Some(at_ms) {
                contacts.push((row, encode::ago_ms(now_ms, at_ms), kind));
            }
        }
        drop(view);
        (!contacts.is_empty()).then(|| encode::message(&ToConsole::Contacts { now_ms, contacts }))
    }

    /// How far news has got, as a message.
    #[must_use]
    pub fn rollouts(&self, rollouts: Vec<Rollout>) -> Bytes {
        let now_ms = self.0.clock.wall_ms();
        encode::message(&ToConsole::Rollouts { now_ms, rollouts })
    }

    /// Sends changes until told to stop. Channels that nobody watches any more are dropped.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        let mut news = self.0.roster.news();
        let mut beat = tokio::time::interval(BEAT);
        // After a stall the changes of all missed beats go out as one message.
        beat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        // Whether the last beat told nobody of a change: what comes now need not wait for the next.
        let mut calm = false;
        loop {
            let woken = tokio::select! {
                _ = beat.tick() => false,
                Ok(()) = news.changed(), if calm => true,
                _ = stop.wait_for(|stop| *stop) => return,
            };
            if woken {
                gather(&mut news).await;
                beat.reset();
            }
            news.mark_unchanged();
            calm = !self.beat();
        }
    }

    /// One beat of every channel; whether any had a change to tell.
    fn beat(&self) -> bool {
        let channels: Vec<Arc<Channel>> = {
            let mut channels = self.0.channels.lock();
            // One that somebody holds is about to be subscribed to.
            channels.retain(|_, channel| channel.watched() || Arc::strong_count(channel) > 1);
            channels.values().map(Arc::clone).collect()
        };
        let mut told = false;
        for channel in channels {
            told |= channel.beat(&self.0.roster, self.0.clock.wall_ms());
        }
        let walls: Vec<Arc<Wall>> = {
            let mut walls = self.0.walls.lock();
            walls.retain(|_, wall| wall.watched() || Arc::strong_count(wall) > 1);
            walls.values().map(Arc::clone).collect()
        };
        for wall in walls {
            told |= wall.beat(&self.0.roster, self.0.clock.wall_ms());
        }
        told | self.0.tables.beat(&self.0.roster, self.0.clock.wall_ms())
    }
}

/// Waits until a burst of changes is over, or has lasted long enough.
async fn gather(news: &mut watch::Receiver<()>) {
    for _ in 0..GATHERED_AT_MOST {
        tokio::time::sleep(GATHER).await;
        if !news.has_changed().unwrap_or(false) {
            return;
        }
        news.mark_unchanged();
    }
}

#[cfg(test)]
mod tests;
