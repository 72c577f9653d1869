//! What the server told, held here: the rows of this screen's window, what is counted, and what happened last.
//!
//! A connection begins with the tree, the counts and the latest transitions, and the window that the screen asks for
//! completes it; what an earlier connection told stays shown until then, so a screen that reconnects neither empties nor
//! flickers. From then on the server sends what changed: nothing is numbered, and nothing can be missed, since each
//! message about rows is made from what this connection was told.

mod fleet;
mod lists;

use rollcall_shared::AgentId;
use rollcall_shared::console_api::Rollout;
use rollcall_shared::feed::ToConsole;
use rollcall_shared::feed::table::ToTable;

pub use fleet::{Fleet, MOST_EVENTS, Seen};
pub use lists::Listed;
use lists::Lists;

/// What is to be done about a frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Draw: something that is shown changed.
    Draw,
    /// Nothing to draw.
    Nothing,
    /// Say that a sequence number was missed.
    Resync,
    /// The server ships the console of this build: the first word of a connection.
    Build(String),
    /// The list of this number is whole.
    Listed(u32, Listed),
}

/// The mirror: see the module.
#[derive(Debug, Default)]
pub struct Mirror {
    shown: Fleet,
    lists: Lists,
    /// Whether the window of this connection is shown, and the number of the last that is.
    has_window: bool,
    window: u32,
    rollouts: Vec<Rollout>,
    /// Whether this connection sends roll-outs, all of them each time, and so no agents.
    has_rollouts: bool,
}

impl Mirror {
    /// What is shown.
    #[must_use]
    pub fn fleet(&self) -> &Fleet {
        &self.shown
    }

    /// The roll-outs, where this document asked for them.
    #[must_use]
    pub fn rollouts(&self) -> &[Rollout] {
        &self.rollouts
    }

    /// Whether what is shown is what this connection told: the window, or the roll-outs.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.has_window || self.has_rollouts
    }

    /// The connection is gone: numbers of rows mean nothing any more, what is shown stays.
    pub fn disconnected(&mut self) {
        self.has_window = false;
        self.has_rollouts = false;
        self.lists = Lists::default();
    }

    /// Another agent is opened, or none: what was known of the one before is not kept up any more, and what is still on its
    /// way of it is not taken.
    pub fn opened(&mut self, agent: Option<AgentId>) {
        self.shown.wants(agent);
    }

    /// The number of the window that is shown; nothing where it is not of this connection.
    #[must_use]
    pub fn window(&self) -> Option<u32> {
        self.has_window.then_some(self.window)
    }

    /// Forgets everything: another person may sign in here next.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// The server's wall clock in a frame.
    #[must_use]
    pub fn time_of(message: &ToTable) -> Option<i64> {
        match message {
            ToTable::Hello { .. } => None,
            ToTable::Tree { now_ms, .. }
            | ToTable::Counts { now_ms, .. }
            | ToTable::Happened { now_ms, .. }
            | ToTable::Window { now_ms, .. }
            | ToTable::Contacts { now_ms, .. }
            | ToTable::Opened { now_ms, .. }
            | ToTable::Listed { now_ms, .. }
            | ToTable::Pulse { now_ms } => Some(*now_ms),
        }
    }

    /// Applies a frame about agents.
    pub fn apply(&mut self, message: ToTable) -> Answer {
        match message {
            ToTable::Hello { build } => return Answer::Build(build),
            ToTable::Pulse { .. } => return Answer::Nothing,
            ToTable::Listed {
                number,
                last,
                agents,
                rows,
                ..
            } => {
                let whole = self.lists.take(number, agents, rows, last);
                return whole.map_or(Answer::Nothing, |listed| Answer::Listed(number, listed));
            }
            ToTable::Tree { domains, .. } => self.shown.tree.plant(domains),
            ToTable::Counts { whole, counts, .. } => self.shown.count_anew(whole, &counts),
            ToTable::Happened { whole, happened, .. } => self.shown.remember(whole, happened),
            ToTable::Contacts { now_ms, contacts } => self.shown.heard(now_ms, &contacts),
            ToTable::Opened { id, agent, .. } => self.shown.open(id, agent),
            ToTable::Window {
                number,
                total,
                first,
                order,
                rows,
                ..
            } => {
                self.window = number;
                if !self.has_window {
                    // Numbers of another connection may be anybody's here.
                    self.shown.rows.clear();
                    self.has_window = true;
                }
                self.shown.look(total, first, order, rows);
            }
        }
        // Before the window is there, what was shown before is not mixed with what is new.
        if self.has_window {
            Answer::Draw
        } else {
            Answer::Nothing
        }
    }

    /// Applies a frame of a page that shows no agents.
    pub fn apply_rollouts(&mut self, message: ToConsole) -> Answer {
        match message {
            ToConsole::Hello { build } => Answer::Build(build),
            ToConsole::Rollouts { rollouts, .. } => {
                let is_news = !self.has_rollouts || self.rollouts != rollouts;
                self.has_rollouts = true;
                self.rollouts = rollouts;
                if is_news { Answer::Draw } else { Answer::Nothing }
            }
            _ => Answer::Nothing,
        }
    }
}

#[cfg(test)]
mod tests;
