//! A transition, as a line.

use leptos::prelude::*;
use rollcall_shared::feed::table::Happened;
use rollcall_shared::{AgentId, Cause, Status};

use crate::people::People;
use crate::ui::age::When;
use crate::ui::mark::Mark;

/// A transition: when, what became of whom, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    /// Whose; nothing where the reader knows.
    pub(crate) agent: Option<(AgentId, String)>,
    /// When.
    pub(crate) at_ms: i64,
    /// What it became.
    pub(crate) to: Status,
    /// Why.
    pub(crate) cause: Cause,
}

impl Line {
    /// As the feed told it.
    pub(crate) fn of(happened: &Happened) -> Self {
        Self {
            agent: Some((happened.agent, happened.name.clone())),
            at_ms: happened.at_ms,
            to: happened.to,
            cause: happened.cause,
        }
    }
}

/// Whose it is, and the way to there; a display on a wall leads nowhere.
fn whose((id, name): (AgentId, String)) -> AnyView {
    if expect_context::<People>().is_display() {
        view! { <span class="happening__agent">{name}</span> }.into_any()
    } else {
        view! { <a class="happening__agent" href=format!("/agents/{id}")>{name}</a> }.into_any()
    }
}

/// The line of a transition.
#[component]
pub(crate) fn Happening(line: Line) -> impl IntoView {
    let Line {
        agent,
        at_ms,
        to,
        cause,
    } = line;
    let class = if agent.is_some() {
        "happening happening--whose"
    } else {
        "happening"
    };
    view! {
        <li class=class>
            <span class="happening__when"><When at_ms /></span>
            <Mark status=to />
            {agent.map(whose)}
            <span class="happening__what">
                <span class="happening__status">{to.to_string()}</span>
                {format!(" · {}", cause.phrase())}
            </span>
        </li>
    }
}
