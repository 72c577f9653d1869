//! What is spoken over a feed: each document reads the messages that it asked for.

use leptos::prelude::*;
use rollcall_shared::feed::ToConsole;
use rollcall_shared::feed::table::ToTable;

use super::live::Live;
use super::mirror::Answer;

/// What a message was to whoever applied it.
pub(crate) struct Frame {
    /// The server's wall clock, where it says it.
    pub(crate) server_ms: Option<i64>,
    /// What is to be done.
    pub(crate) answer: Answer,
    /// Whether the snapshot of this connection is whole.
    pub(crate) is_whole: bool,
    /// Whether something was missed, and nothing is on its way that makes it good.
    pub(crate) is_adrift: bool,
}

/// Reads and applies a message; nothing where it cannot be read.
type Read = Box<dyn Fn(&[u8]) -> Option<Answer>>;

/// How messages are read, for the connection.
#[derive(Clone, Copy)]
pub(crate) struct Spoken(StoredValue<Read, LocalStorage>);

impl Spoken {
    /// Read so.
    pub(crate) fn new(read: impl Fn(&[u8]) -> Option<Answer> + 'static) -> Self {
        Self(StoredValue::new_local(Box::new(read)))
    }

    /// As agents are told.
    pub(crate) fn to_tables(live: Live) -> Self {
        Self::new(move |bytes| Some(live.take(postcard::from_bytes::<ToTable>(bytes).ok()?)))
    }

    /// As roll-outs are told, or only that the server is there.
    pub(crate) fn to_consoles(live: Live) -> Self {
        Self::new(move |bytes| Some(live.take_rollouts(postcard::from_bytes::<ToConsole>(bytes).ok()?)))
    }

    /// Applies a message.
    pub(super) fn take(self, bytes: &[u8]) -> Option<Answer> {
        self.0.with_value(|read| read(bytes))
    }
}
