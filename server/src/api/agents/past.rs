//! What is known of an agent in a period: what its availability and its timeline are made of (rule 6).

use rollcall_shared::console_api::BlindSpan;
use rollcall_shared::problem::FieldError;
use rollcall_shared::{AgentId, Status};
use serde::Deserialize;

use crate::api::answer::Refusal;
use crate::api::app::App;
use crate::auth::person::{Action, Person};

/// A day.
pub(super) const DAY_MS: i64 = 86_400_000;

/// Which period.
#[derive(Debug, Clone, Copy, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Period {
    /// From when, in milliseconds since 1970.
    from_ms: i64,
    /// Until when; not later than now.
    to_ms: i64,
}

/// A period, as far as the agent was heard by then.
pub(super) struct Past {
    pub(super) from_ms: i64,
    pub(super) to_ms: i64,
    /// With which status it began.
    pub(super) before: Status,
    /// What changed within it, oldest first.
    pub(super) changes: Vec<(i64, Status)>,
    pub(super) blind: Vec<BlindSpan>,
}

impl Past {
    /// Reads it for a person who may see the agent; of no longer a period than that.
    pub(super) async fn read(
        app: &App,
        person: &Person,
        id: AgentId,
        period: Period,
        longest_ms: i64,
    ) -> Result<Self, Refusal> {
        person.may(Action::Look)?;
        let (_, agent) = app
            .roster
            .get(&person.scope, id)
            .ok_or_else(|| Refusal::not_found(format!("There is no agent {id} that you may see.")))?;
        let length = period.to_ms.checked_sub(period.from_ms);
        if !length.is_some_and(|length| (1..=longest_ms).contains(&length)) {
            return Err(Refusal::invalid(vec![FieldError::new(
                "to_ms",
                "The period ends before it begins, or is too long.",
                format!("from_ms + 1 to from_ms + {longest_ms}"),
                period.to_ms.to_string(),
            )]));
        }
        let to_ms = period.to_ms.min(app.clock.wall_ms());
        let history = app
            .store
            .transitions()
            .of_agent_between(id, period.from_ms, to_ms)
            .await?;
        let first_in = history.partition_point(|transition| transition.at_ms < period.from_ms);
        let (before, within) = history.split_at(first_in);
        let (from_ms, status) = match (before.last(), within.first()) {
            (Some(before), _) => (period.from_ms, before.to),
            // Not enrolled before: its history begins here.
            (None, Some(first)) => (first.at_ms, first.from.unwrap_or(first.to)),
            (None, None) => (to_ms.max(period.from_ms), agent.status),
        };
        // Before it was first heard it was no part of the roll call, so neither up nor down.
        let heard = within.partition_point(|transition| transition.to == Status::Pending);
        let (from_ms, status, within) = match within.get(heard) {
            Some(first) if status == Status::Pending => (first.at_ms, first.to, &within[heard..]),
            None if status == Status::Pending => (to_ms.max(from_ms), status, &within[heard..]),
            _ => (from_ms, status, within),
        };
        let to_ms = to_ms.max(from_ms);
        let blind = app.store.blind_spans().overlapping(from_ms, to_ms).await?;
        let changes: Vec<_> = within
            .iter()
            .map(|transition| (transition.at_ms, transition.to))
            .collect();
        Ok(Self {
            from_ms,
            to_ms,
            before: status,
            changes,
            blind,
        })
    }

    /// The blind spans, as the rules take them.
    pub(super) fn blind(&self) -> Vec<(i64, i64)> {
        self.blind.iter().map(|span| (span.from_ms, span.to_ms)).collect()
    }
}
