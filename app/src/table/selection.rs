//! The agents that somebody ticked, one by one, by stretches, or all at once.
//!
//! A list is the agents that the table shows, in its order, as the server has it: what counts in the end is what is ticked
//! *and* in the list, so an agent that a filter no longer shows, because it came back meanwhile or was moved, is not
//! acted upon unseen.

use std::collections::HashSet;

use rollcall_shared::{AgentId, DomainId};

/// Agents in the order of the table, and which domain each is in.
pub type List = [(AgentId, DomainId)];

/// What is ticked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Selection {
    ticked: HashSet<AgentId>,
    /// Where a stretch begins, and where it reaches to.
    stretch: Option<(AgentId, AgentId)>,
    /// To whom it is to reach, while the list is on its way that says who is between.
    heading: Option<AgentId>,
}

impl Selection {
    /// Whether an agent is ticked.
    #[must_use]
    pub fn has(&self, id: AgentId) -> bool {
        self.ticked.contains(&id)
    }

    /// Whether none is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ticked.is_empty()
    }

    /// How many are ticked.
    #[must_use]
    pub fn count(&self) -> usize {
        self.ticked.len()
    }

    /// Unticks all.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Ticks an agent, or unticks it. A stretch begins there.
    pub fn turn(&mut self, id: AgentId) {
        if !self.ticked.remove(&id) {
            self.ticked.insert(id);
        }
        self.stretch = Some((id, id));
    }

    /// Notes to whom the stretch is to reach. Whether it was on its way to somebody already.
    pub fn heads_for(&mut self, to: AgentId) -> bool {
        self.heading.replace(to).is_some()
    }

    /// The list is here: to whom the stretch is to reach, the last that was noted.
    pub fn arrives(&mut self) -> Option<AgentId> {
        self.heading.take()
    }

    /// Whether a part of the list is enough for [`Selection::reach`]: it has all agents that a stretch begins or ends at.
    #[must_use]
    pub fn reaches_within(&self, part: &List, from: Option<AgentId>, to: AgentId) -> bool {
        let (begin, before) = self.stretch_from(from, to);
        [begin, before, to].iter().all(|id| at(part, *id).is_some())
    }

    /// Ticks all from where the stretch begins to this one, and unticks what it reached beyond. It begins at `from`,
    /// unless it reached to there; without `from` it goes on, wherever it was.
    pub fn reach(&mut self, list: &List, from: Option<AgentId>, to: AgentId) {
        let (begin, before) = self.stretch_from(from, to);
        for (id, _) in between(list, begin, before) {
            self.ticked.remove(id);
        }
        self.ticked
            .extend(between(list, begin, to).iter().map(|(id, _)| id));
        self.stretch = Some((begin, to));
    }

    /// Where a stretch to an agent begins, and where it reached to so far.
    fn stretch_from(&self, from: Option<AgentId>, to: AgentId) -> (AgentId, AgentId) {
        match (self.stretch, from) {
            (Some(stretch), None) => stretch,
            (Some(stretch), Some(from)) if stretch.1 == from => stretch,
            (_, from) => (from.unwrap_or(to), from.unwrap_or(to)),
        }
    }

    /// Ticks all of the list.
    pub fn all(&mut self, list: &List) {
        self.ticked.extend(list.iter().map(|(id, _)| id));
    }

    /// Unticks all but these.
    pub fn keep(&mut self, list: &List) {
        self.ticked = list
            .iter()
            .map(|(id, _)| *id)
            .filter(|id| self.has(*id))
            .collect();
    }

    /// Those of the list that are ticked, as they stand.
    #[must_use]
    pub fn shown(&self, list: &List) -> Vec<(AgentId, DomainId)> {
        list.iter().filter(|(id, _)| self.has(*id)).copied().collect()
    }
}

fn at(list: &List, id: AgentId) -> Option<usize> {
    list.iter().position(|(known, _)| *known == id)
}

/// Those from one to another, whichever stands first; none where either is not in the list.
fn between(list: &List, one: AgentId, other: AgentId) -> &List {
    match (at(list, one), at(list, other)) {
        (Some(one), Some(other)) => &list[one.min(other)..=one.max(other)],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn agent(number: u64) -> AgentId {
        AgentId::from_bits(number)
    }

    fn list(numbers: impl IntoIterator<Item = u64>) -> Vec<(AgentId, DomainId)> {
        let listed = numbers.into_iter().map(|number| (agent(number), DomainId::ROOT));
        listed.collect()
    }

    fn ticked(selection: &Selection, list: &List) -> Vec<u64> {
        let shown = selection.shown(list);
        let number = |id: AgentId| (0..10).find(|number| agent(*number) == id);
        shown.iter().filter_map(|(id, _)| number(*id)).collect()
    }

    #[test]
    fn a_stretch_reaches_from_the_agent_that_was_ticked_last_and_may_be_drawn_back() {
        let ten = list(0..10);
        let mut selection = Selection::default();
        selection.turn(agent(9));
        selection.turn(agent(3));
        for (to, expected) in [
            (6, &[3, 4, 5, 6, 9][..]),
            (4, &[3, 4, 9]),
            (1, &[1, 2, 3, 9]),
            (3, &[3, 9]),
        ] {
            selection.reach(&ten, None, agent(to));
            assert_eq!(ticked(&selection, &ten), expected);
        }
    }

    #[test]
    fn a_stretch_by_the_keyboard_begins_where_the_keyboard_is() {
        let ten = list(0..10);
        let mut selection = Selection::default();
        selection.turn(agent(0));
        for (from, to) in [(5, 6), (6, 7), (7, 6)] {
            selection.reach(&ten, Some(agent(from)), agent(to));
        }
        assert_eq!(ticked(&selection, &ten), [0, 5, 6]);
    }

    #[test]
    fn a_part_of_the_list_is_enough_where_the_stretch_is_within_it() {
        let part = list(3..7);
        let mut selection = Selection::default();
        selection.turn(agent(3));
        assert!(selection.reaches_within(&part, None, agent(6)));
        assert!(!selection.reaches_within(&part, None, agent(8)));
        selection.reach(&list(0..10), None, agent(8));
        assert!(
            !selection.reaches_within(&part, None, agent(6)),
            "what it is drawn back from is not in the part"
        );
    }

    #[test]
    fn while_a_list_is_on_its_way_the_stretch_heads_for_the_newest() {
        let mut selection = Selection::default();
        selection.turn(agent(2));
        assert!(!selection.heads_for(agent(4)));
        assert!(selection.heads_for(agent(6)));
        let to = selection.arrives().unwrap();
        selection.reach(&list(0..10), None, to);
        assert_eq!(ticked(&selection, &list(0..10)), [2, 3, 4, 5, 6]);
        assert_eq!(selection.arrives(), None);
    }

    #[test]
    fn only_what_is_in_the_list_counts_and_all_is_all_that_is_in_it() {
        let ten = list(0..10);
        let odd = list([1, 3, 5, 7, 9]);
        let mut selection = Selection::default();
        selection.turn(agent(2));
        selection.all(&odd);
        assert_eq!(ticked(&selection, &odd), [1, 3, 5, 7, 9]);
        assert_eq!(ticked(&selection, &ten), [1, 2, 3, 5, 7, 9]);
        selection.turn(agent(3));
        assert_eq!(ticked(&selection, &odd), [1, 5, 7, 9]);
        assert_eq!(selection.count(), 5);
        selection.keep(&odd);
        assert_eq!(ticked(&selection, &ten), [1, 5, 7, 9]);
        selection.clear();
        assert!(selection.is_empty() && ticked(&selection, &ten).is_empty());
    }
}
