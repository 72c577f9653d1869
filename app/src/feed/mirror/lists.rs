//! Lists that were asked for once, as their parts come.

use rollcall_shared::feed::Row;
use rollcall_shared::{AgentId, DomainId};
use rustc_hash::FxHashMap;

/// What a list had when it was made: ids and domains, or whole rows, as it was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Listed {
    /// The agents in their order, and which domain each was in.
    pub agents: Vec<(AgentId, DomainId)>,
    /// Or all that a row says.
    pub rows: Vec<Row>,
}

/// Those of which parts are still to come, by their numbers.
#[derive(Debug, Default)]
pub(super) struct Lists(FxHashMap<u32, Listed>);

impl Lists {
    /// Takes a part. Gives the list where it was the last.
    pub(super) fn take(
        &mut self,
        number: u32,
        agents: Vec<(AgentId, DomainId)>,
        rows: Vec<Row>,
        last: bool,
    ) -> Option<Listed> {
        let arriving = self.0.entry(number).or_default();
        arriving.agents.extend(agents);
        arriving.rows.extend(rows);
        last.then(|| self.0.remove(&number)).flatten()
    }
}
