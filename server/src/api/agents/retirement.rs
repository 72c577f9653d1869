//! Taking agents off the roll call: one, or many.

use rollcall_presence::{Event, Outcome};
use rollcall_shared::AgentId;
use rollcall_shared::console_api::{AgentRetired, RetireOutcome};

use crate::api::app::{App, NotDurable};
use crate::auth::person::Person;
use crate::engine::EngineError;
use crate::store::journal::Entry;

/// Why agents were not retired, or not for sure.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotRetired {
    /// The engine cannot take it.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// They are retired, and the database does not know yet.
    #[error(transparent)]
    NotDurable(#[from] NotDurable),
}

/// Retires those of these agents that the person may see, and waits until that outlives a restart: a credential that
/// was taken away must not come back.
pub(super) async fn retire_all(
    app: &App,
    person: &Person,
    agents: &[AgentId],
) -> Result<Vec<AgentRetired>, NotRetired> {
    let mut retired = Vec::with_capacity(agents.len());
    let mut anew = Vec::new();
    for &agent in agents {
        let outcome = match app.roster.get(&person.scope, agent) {
            None => RetireOutcome::NoSuchAgent,
            Some((place, _)) => {
                let handled = app.engine.handle(place, Event::Retire).await?;
                if handled.outcome == Outcome::Gone {
                    RetireOutcome::AlreadyRetired
                } else {
                    anew.push(agent);
                    RetireOutcome::Retired
                }
            }
        };
        if outcome != RetireOutcome::NoSuchAgent {
            app.agents.retire(agent);
        }
        retired.push(AgentRetired { agent, outcome });
    }
    app.roster.retired_by(&anew, &person.name);
    for agent in anew {
        let person = person.name.clone();
        app.journal.push(Entry::RetiredBy { agent, person });
    }
    // Also where it was retired before: that may still wait to be written.
    app.durable().await?;
    Ok(retired)
}
