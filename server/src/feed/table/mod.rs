//! What a screen is sent that lists agents: its window of them, and what all that may see the same are told.
//!
//! Each query that somebody looks at is a list, kept once for all who look at it with the same scope. It is made right
//! by whoever looks, so that what the feed costs follows the screens and not the fleet.

mod counts;
mod lines;
mod order;
mod overview;
mod screen;
mod sought;
mod stamps;
mod stretch;
#[cfg(test)]
pub(crate) mod testing;

use std::collections::HashMap;
use std::sync::{Arc, Weak};

use bytes::Bytes;
use parking_lot::{Mutex, RwLock, RwLockReadGuard, RwLockWriteGuard};
use rollcall_shared::AgentId;
use rollcall_shared::feed::table::{Query, ToTable};
use tokio::sync::{OwnedMutexGuard, Semaphore, watch};

use super::{Hub, Subscription, encode};
use crate::roster::{Cursor, Roster, View};
use crate::scope::Scope;
use order::Order;
use overview::Overview;
use screen::Screen;
use stamps::Stamps;

pub use stretch::Stretch;

/// A list: while it is made right, who looks at it too waits without a thread.
type List = tokio::sync::Mutex<Order>;

/// What all screens share.
#[derive(Default)]
pub(super) struct Tables {
    overviews: Mutex<HashMap<Scope, Arc<Overview>>>,
    lists: Mutex<HashMap<(Scope, Query), Weak<List>>>,
    stamps: RwLock<Stamps>,
    beats: watch::Sender<()>,
    /// Where the roster stood at the last beat.
    beaten: Mutex<Cursor>,
    builders: Builders,
}

/// How many lists may be built at a time: whatever screens ask for, half of the machine is for the rest of the server.
struct Builders(Arc<Semaphore>);

impl Default for Builders {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self(Arc::new(Semaphore::new((cores / 2).max(1))))
    }
}

impl Tables {
    /// One beat of every overview; whether there was anything to tell.
    pub(super) fn beat(&self, roster: &Roster, now_ms: i64) -> bool {
        let overviews: Vec<Arc<Overview>> = {
            let mut overviews = self.overviews.lock();
            // One that somebody holds is about to be subscribed to.
            overviews.retain(|_, overview| overview.watched() || Arc::strong_count(overview) > 1);
            overviews.values().map(Arc::clone).collect()
        };
        let mut told = false;
        for overview in overviews {
            told |= overview.beat(roster, now_ms);
        }
        let cursor = roster.view().cursor();
        let before = std::mem::replace(&mut *self.beaten.lock(), cursor);
        if before != cursor {
            self.beats.send_replace(());
            told |= self.beats.receiver_count() > 0;
        }
        told
    }

    fn overview(&self, scope: &Scope) -> Arc<Overview> {
        let mut overviews = self.overviews.lock();
        let overview = overviews
            .entry(scope.clone())
            .or_insert_with(|| Arc::new(Overview::new(scope.clone())));
        Arc::clone(overview)
    }

    /// The list of a query as [`sought::plain`] gives it.
    fn list(&self, scope: &Scope, query: Query) -> Arc<List> {
        let key = (scope.clone(), query);
        let mut lists = self.lists.lock();
        if let Some(list) = lists.get(&key).and_then(Weak::upgrade) {
            return list;
        }
        lists.retain(|_, list| list.strong_count() > 0);
        let list = Arc::new(List::new(Order::new(key.0.clone(), key.1.clone())));
        lists.insert(key, Arc::downgrade(&list));
        list
    }

    /// When rows were last touched, and a view of the same moment. Always taken in this order, so that nobody who has
    /// the one waits for the other.
    fn stamps<'a>(&'a self, roster: &'a Roster) -> (RwLockReadGuard<'a, Stamps>, View<'a>) {
        let stamps = self.stamps.read();
        let view = roster.view();
        if stamps.is_current(&view) {
            return (stamps, view);
        }
        drop(view);
        drop(stamps);
        let mut stamps = self.stamps.write();
        let view = roster.view();
        stamps.follow(&view);
        (RwLockWriteGuard::downgrade(stamps), view)
    }
}

impl Hub {
    /// The tree, what is counted and what happened as this scope sees it, and what follows that. Nothing where the
    /// server stops meanwhile.
    pub async fn subscribe_table(&self, scope: &Scope) -> Option<Subscription> {
        let hub = self.clone();
        let overview = hub.0.tables.overview(scope);
        let subscribing = tokio::task::spawn_blocking(move || {
            let inner = &hub.0;
            overview.subscribe(&inner.roster, inner.clock.wall_ms())
        });
        subscribing.await.ok()
    }

    /// A screen that was told nothing.
    #[must_use]
    pub fn table(&self, scope: &Scope) -> Table {
        Table {
            hub: self.clone(),
            scope: scope.clone(),
            list: None,
            is_sorted_by_contact: false,
            screen: Screen::new(scope.clone()),
        }
    }

    /// Nothing but that the server is there, as a message to a screen that lists agents.
    #[must_use]
    pub fn table_pulse(&self) -> Bytes {
        let now_ms = self.0.clock.wall_ms();
        encode::message(&ToTable::Pulse { now_ms })
    }

    /// Says that there was a beat at which something was not as at the one before.
    #[must_use]
    pub fn beats(&self) -> watch::Receiver<()> {
        self.0.tables.beats.subscribe()
    }
}

/// What one screen shows, and what it was told.
pub struct Table {
    hub: Hub,
    scope: Scope,
    /// The list that its window is of, and the query that it is of.
    list: Option<(Arc<List>, Query)>,
    is_sorted_by_contact: bool,
    screen: Screen,
}

impl Table {
    /// Takes another window of this list. One without rows needs no list.
    pub fn ask(&mut self, number: u32, query: Query, first: u32, count: u32) {
        self.list = (count > 0).then(|| {
            let query = sought::plain(query);
            (self.hub.0.tables.list(&self.scope, query.clone()), query)
        });
        self.screen.ask(number, first, count);
    }

    /// Whether such a window has no other list made than the one that is shown.
    #[must_use]
    pub fn has_list(&self, query: &Query, count: u32) -> bool {
        let shown = self.list.as_ref().map(|(_, shown)| shown);
        count == 0 || shown.is_some_and(|shown| *shown == sought::plain(query.clone()))
    }

    /// Takes another agent to be shown beside it, or none.
    pub fn open(&mut self, agent: Option<AgentId>) {
        self.screen.open(agent);
    }

    /// Whether its rows go elsewhere without a beat.
    #[must_use]
    pub const fn is_sorted_by_contact(&self) -> bool {
        self.is_sorted_by_contact
    }

    /// What the screen is to be told of its window and the opened agent. Nothing at all where the server stops meanwhile.
    pub async fn look(&mut self) -> Option<Vec<Bytes>> {
        let order = match &self.list {
            Some((list, _)) => Some(self.hub.order(list).await?),
            None => None,
        };
        let inner = &self.hub.0;
        let now_ms = inner.clock.wall_ms();
        let messages = {
            let (stamps, view) = inner.tables.stamps(&inner.roster);
            let found = order.as_ref().map_or(&[][..], |order| order.rows());
            let window = self.screen.window(found, &stamps, &view, now_ms);
            [window, self.screen.opened(&stamps, &view, now_ms)]
        };
        self.is_sorted_by_contact = order.is_some_and(|order| order.is_sorted_by_contact());
        Some(messages.iter().flatten().map(encode::message).collect())
    }

    /// When those on the screen were last heard, where that is not as it was told.
    pub fn contacts(&mut self) -> Option<Bytes> {
        let inner = &self.hub.0;
        let now_ms = inner.clock.wall_ms();
        let contacts = self.screen.contacts(&inner.roster.view(), now_ms);
        contacts.map(|message| encode::message(&message))
    }

    /// A stretch of a list, to be sent part by part. Nothing where the server stops meanwhile.
    pub async fn stretch(
        &self,
        number: u32,
        query: Query,
        stretch: (u32, u32),
        rows: bool,
    ) -> Option<Stretch> {
        let (first, count) = stretch;
        if count == 0 {
            return Some(Stretch::new(self.scope.clone(), number, Vec::new(), rows));
        }
        let list = self.hub.0.tables.list(&self.scope, sought::plain(query));
        let order = self.hub.order(&list).await?;
        let found = order.rows().iter().skip(first as usize).take(count as usize);
        let found = found.copied().collect();
        Some(Stretch::new(self.scope.clone(), number, found, rows))
    }

    /// The next part of it.
    #[must_use]
    pub fn part(&self, stretch: &mut Stretch) -> Option<Bytes> {
        stretch.part(&self.hub.0.roster, self.hub.0.clock.wall_ms())
    }
}

impl Hub {
    /// A list as the roster is.
    async fn order(&self, list: &Arc<List>) -> Option<OwnedMutexGuard<Order>> {
        let mut order = Arc::clone(list).lock_owned().await;
        let now_ms = self.0.clock.wall_ms();
        if order.is_current(&self.0.roster.view(), now_ms) {
            return Some(order);
        }
        let hub = self.clone();
        let keeping_up = tokio::task::spawn_blocking(move || {
            let is_current = order.keep_up(&hub.0.roster, now_ms);
            (order, is_current)
        });
        let (mut order, is_current) = keeping_up.await.ok()?;
        if is_current {
            return Some(order);
        }
        let building = Arc::clone(&self.0.tables.builders.0).acquire_owned().await.ok()?;
        let hub = self.clone();
        let following = tokio::task::spawn_blocking(move || {
            // Held until it is built, also where nobody waits for it any more.
            let _building = building;
            order.follow(&hub.0.roster, hub.0.clock.wall_ms());
            order
        });
        following.await.ok()
    }
}

#[cfg(test)]
mod tests;
