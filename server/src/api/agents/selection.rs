//! The agents that one call names.

use rollcall_shared::console_api::domains::MOST_AGENTS;
use rollcall_shared::{AgentId, FieldError};

/// The most bytes of a body that names agents: [`MOST_AGENTS`] ids of 13 characters with their quotes and commas, and
/// some room.
pub(super) const LIMIT: usize = 192 * 1024;

const _: () = assert!(LIMIT > MOST_AGENTS * 18);

/// Whether so many may be named.
pub(super) fn checked(agents: &[AgentId]) -> Result<(), Vec<FieldError>> {
    if (1..=MOST_AGENTS).contains(&agents.len()) {
        return Ok(());
    }
    Err(vec![FieldError::new(
        "agents",
        "Name the agents.",
        format!("1 to {MOST_AGENTS} agents"),
        format!("{} agents", agents.len()),
    )])
}
