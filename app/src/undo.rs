//! What takes an act back: who was moved goes back to where they were.

use rollcall_shared::{AgentId, DomainId};

use crate::bulk::Act;
use crate::phrase;

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

/// What is said when `returned` of `moved` are back; `failure` where a call brought no answer.
#[must_use]
pub fn words(returned: usize, moved: usize, failure: Option<&str>) -> String {
    let mut words = if returned == moved {
        let mut words = phrase::counted(returned, "agent", "agents");
        words.push_str(" moved back");
        words
    } else {
        let mut words = phrase::grouped(returned);
        words.push_str(" of ");
        words.push_str(&phrase::counted(moved, "agent", "agents"));
        words.push_str(" moved back.");
        words
    };
    match failure {
        Some(failure) => {
            words.push(' ');
            words.push_str(failure);
        }
        None if returned < moved => words.push_str(" The others were moved or retired since."),
        None => {}
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_did_not_come_back_is_told() {
        assert_eq!(words(1, 1, None), "1 agent moved back");
        assert_eq!(
            words(1_200, 1_201, None),
            "1,200 of 1,201 agents moved back. The others were moved or retired since."
        );
        assert_eq!(
            words(0, 3, Some("The server cannot be reached.")),
            "0 of 3 agents moved back. The server cannot be reached."
        );
    }

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
