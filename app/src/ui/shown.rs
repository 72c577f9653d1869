//! An agent as the table and the panel draw it.

use leptos::prelude::*;
use rollcall_shared::feed::Row;
use rollcall_shared::{AgentId, Status};

use crate::feed::live::Live;
use crate::ui::age::Age;
use crate::ui::told::{self, If};

/// What is shown of an agent. It changes only where the agent did, however often frames come.
#[derive(Clone, Copy)]
pub(crate) struct Shown(pub(crate) Memo<Option<Row>>);

impl Shown {
    /// As the feed has it.
    pub(crate) fn live(id: AgentId) -> Self {
        let live = expect_context::<Live>();
        Self(Memo::new(move |_| live.read(|fleet| fleet.agent(id).cloned())))
    }

    /// Reads it; tracked. Nothing where there is no such agent.
    pub(crate) fn read<T>(self, read: impl FnOnce(&Row) -> T) -> Option<T> {
        self.0.with(|row| row.as_ref().map(read))
    }

    /// A text of it.
    pub(crate) fn text(self, tell: fn(&Row) -> String) -> Signal<String> {
        Signal::derive(move || self.read(tell).unwrap_or_default())
    }

    /// Its status.
    pub(crate) fn status(self) -> Signal<Status> {
        Signal::derive(move || self.read(|row| row.status).unwrap_or(Status::Pending))
    }

    /// Since when it has that status.
    pub(crate) fn since(self) -> Signal<i64> {
        Signal::derive(move || self.read(|row| row.since_ms).unwrap_or_default())
    }
}

/// When and how an agent was last heard: `14 s · heartbeat`.
#[component]
pub(crate) fn LastContact(shown: Shown) -> impl IntoView {
    let contact = move || shown.read(|row| row.last_contact).flatten();
    let at_ms = Signal::derive(move || contact().map_or(0, |(at_ms, _)| at_ms));
    view! {
        <If so=told::flag(move || contact().is_some()) otherwise=|| "never">
            <Age at_ms />
            {told::text(move || contact().map_or_else(String::new, |(_, kind)| format!(" · {kind}")))}
        </If>
    }
}
