//! What takes an act back: who was moved goes back to where they were.

use rollcall_shared::{AgentId, DomainId};

use crate::bulk::Act;

/// Calls that put agents back, each into one domain, in portions as large as a call may be.
#[must_use]
pub fn back(origins: &[(AgentId, DomainId)]) -> Vec<(DomainId, Vec<AgentId>)> {
    let mut sorted = origins.to_vec();
    sorted.sort_unstable_by_key(|(agent, domain)| (domain.0, *agent));
    let mut calls: Vec<(DomainId, Vec<AgentId>)> = Vec::new();
    for (agent, domain) in sorted {
        match calls.last_mut() {
            Some((last, agents)) if *last == domain && agents.len() < Act::Move.portion() => {
                agents.push(agent);
            }
            _ => calls.push((domain, vec![agent])),
        }
    }
    calls
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_goes_back_to_where_they_were_in_as_few_calls_as_may_be() {
        let many = (0..2_500).map(|bits| (AgentId::from_bits(bits), DomainId(7)));
        let few = [
            (AgentId::from_bits(9_001), DomainId(3)),
            (AgentId::from_bits(9_000), DomainId(9)),
        ];
        let origins: Vec<_> = many.chain(few).collect();
        let calls = back(&origins);
        let sizes: Vec<_> = calls
            .iter()
            .map(|(domain, agents)| (domain.0, agents.len()))
            .collect();
        assert_eq!(sizes, [(3, 1), (7, 1_000), (7, 1_000), (7, 500), (9, 1)]);
        let mut returned: Vec<_> = calls
            .iter()
            .flat_map(|(domain, agents)| agents.iter().map(|agent| (*agent, *domain)))
            .collect();
        returned.sort_unstable();
        let mut expected = origins;
        expected.sort_unstable();
        assert_eq!(returned, expected);
        assert!(back(&[]).is_empty());
    }
}
