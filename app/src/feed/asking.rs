//! What a page with agents asks for over the feed: the window of its table, the agent that is opened, and lists.
//!
//! The first two are said again on every connection; a list that the connection is lost over is not to be had.

use futures_channel::oneshot;
use rollcall_shared::AgentId;
use rollcall_shared::feed::table::{FromTable, MOST_SEARCHED, Query, TABLE};
use rustc_hash::FxHashMap;

use super::mirror::Listed;
use super::socket::Feed;

/// What is asked for.
#[derive(Default)]
pub(super) struct Asked {
    /// Counts the windows that were wanted.
    number: u32,
    /// The last one that the server was asked for.
    sent: u32,
    query: Query,
    first: u32,
    count: u32,
    opened: Option<AgentId>,
    /// Counts the lists.
    lists: u32,
    /// Who waits for which.
    waiting: FxHashMap<u32, oneshot::Sender<Listed>>,
}

impl Asked {
    fn window(&mut self) -> FromTable {
        self.sent = self.number;
        FromTable::Window {
            number: self.number,
            query: self.query.clone(),
            first: self.first,
            count: self.count,
        }
    }
}

impl Feed {
    /// Shows that stretch of that list, instead of the one before. While an answer is on its way no other is asked for: of
    /// what is typed or scrolled meanwhile, the last is.
    pub(crate) fn look(self, query: Query, first: usize, count: usize) {
        let (first, count) = (small(first), small(count));
        let query = cut(query);
        self.asked(|asked| {
            if asked.query != query || (asked.first, asked.count) != (first, count) {
                asked.number = asked.number.wrapping_add(1);
                (asked.query, asked.first, asked.count) = (query, first, count);
            }
        });
        self.catch_up();
    }

    /// Asks for the window that is wanted, unless it was asked for, or the one before is yet to be answered.
    pub(super) fn catch_up(self) {
        let shown = self.live().window();
        let message = self.asked(|asked| {
            let is_free = shown == Some(asked.sent);
            (is_free && asked.sent != asked.number).then(|| asked.window())
        });
        if let Some(message) = message.flatten() {
            self.send(&message);
        }
    }

    /// Whether what is shown is the window that is wanted, as this connection tells it; not tracked.
    pub(crate) fn is_answered(self) -> bool {
        self.live()
            .window()
            .is_some_and(|shown| self.asked(|asked| asked.number) == Some(shown))
    }

    /// Shows that agent beside the table, or none.
    pub(crate) fn open(self, agent: Option<AgentId>) {
        let before = self.asked(|asked| core::mem::replace(&mut asked.opened, agent));
        if before != Some(agent) {
            self.live().opened(agent);
            self.send(&FromTable::Open { agent });
        }
    }

    /// A stretch of a list as it is now; whole rows, or ids and domains only. Nothing where this page is not connected, or
    /// loses the connection before it is here.
    pub(crate) async fn list(self, query: Query, first: usize, count: usize, rows: bool) -> Option<Listed> {
        if self.show() != TABLE || !self.live().is_whole() {
            return None;
        }
        let (answer, answered) = oneshot::channel();
        let number = self.asked(|asked| {
            asked.lists = asked.lists.wrapping_add(1);
            asked.waiting.insert(asked.lists, answer);
            asked.lists
        })?;
        self.send(&FromTable::List {
            number,
            query: cut(query),
            first: small(first),
            count: small(count),
            rows,
        });
        answered.await.ok()
    }

    /// The first words on a connection.
    pub(super) fn greet(self) {
        if self.show() != TABLE {
            return;
        }
        if let Some((window, agent)) = self.asked(|asked| (asked.window(), asked.opened)) {
            self.send(&window);
            self.live().opened(agent);
            if agent.is_some() {
                self.send(&FromTable::Open { agent });
            }
        }
    }

    /// A list is whole.
    pub(super) fn listed(self, number: u32, listed: Listed) {
        if let Some(Some(answer)) = self.asked(|asked| asked.waiting.remove(&number)) {
            // Whoever asked may be gone.
            let _ = answer.send(listed);
        }
    }

    /// The connection is gone, and with it the lists that were to come: who waits for them hears so.
    pub(super) fn forget_lists(self) {
        self.asked(|asked| asked.waiting.clear());
    }
}

/// Nothing in a page counts further.
fn small(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// The same with a search that is no longer than it may be.
fn cut(mut query: Query) -> Query {
    query
        .search
        .truncate(query.search.floor_char_boundary(MOST_SEARCHED));
    query
}
