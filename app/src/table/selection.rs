//! The agents that somebody ticked, one by one, by stretches, or all at once.
//!
//! What counts is what is ticked *and* shown: an agent that a filter no longer shows, because it came back meanwhile or
//! was moved, is not acted upon unseen.

use std::collections::HashSet;

use rollcall_shared::AgentId;

use super::order::Order;
use crate::feed::mirror::Fleet;

/// What is ticked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Selection {
    ticked: HashSet<AgentId>,
    /// Where a stretch begins, and where it reaches to.
    stretch: Option<(AgentId, AgentId)>,
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

    /// Ticks all from where the stretch begins to this one, and unticks what it reached beyond. It begins at `from`,
    /// unless it reached to there; without `from` it goes on, wherever it was.
    pub fn reach(&mut self, fleet: &Fleet, order: &Order, from: Option<AgentId>, to: AgentId) {
        let (begin, before) = match (self.stretch, from) {
            (Some((begin, reached)), None) => (begin, reached),
            (Some((begin, reached)), Some(from)) if reached == from => (begin, reached),
            (_, from) => (from.unwrap_or(to), from.unwrap_or(to)),
        };
        for id in between(fleet, order, begin, before) {
            self.ticked.remove(&id);
        }
        self.ticked.extend(between(fleet, order, begin, to));
        self.stretch = Some((begin, to));
    }

    /// Ticks all that is shown.
    pub fn all(&mut self, fleet: &Fleet, order: &Order) {
        self.ticked.extend(ids(fleet, order.places()));
    }

    /// Those that are ticked and shown, as they stand.
    #[must_use]
    pub fn shown(&self, fleet: &Fleet, order: &Order) -> Vec<AgentId> {
        if self.is_empty() {
            return Vec::new();
        }
        ids(fleet, order.places()).filter(|id| self.has(*id)).collect()
    }
}

fn ids<'a>(fleet: &'a Fleet, places: &'a [u32]) -> impl Iterator<Item = AgentId> + 'a {
    places.iter().filter_map(|place| Some(fleet.at(*place)?.id))
}

/// Those from one to another, whichever stands first; none where either is not shown.
fn between<'a>(
    fleet: &'a Fleet,
    order: &'a Order,
    one: AgentId,
    other: AgentId,
) -> impl Iterator<Item = AgentId> + 'a {
    let at = |id| order.position(fleet.place(id)?);
    let places = match (at(one), at(other)) {
        (Some(one), Some(other)) => &order.places()[one.min(other)..=one.max(other)],
        _ => &[],
    };
    ids(fleet, places)
}

#[cfg(test)]
mod tests {
    use rollcall_shared::feed::{Row, ToConsole};
    use rollcall_shared::{Cause, DomainId, Status};

    use super::super::view::View;
    use super::*;
    use crate::feed::mirror::{Mirror, Touched};

    /// Ten agents, of which the odd ones are offline.
    fn ten() -> Mirror {
        let row = |number: u32| Row {
            row: number,
            id: AgentId::from_bits(u64::from(number)),
            name: format!("a-{number}"),
            domain: DomainId::ROOT,
            status: if number % 2 == 1 {
                Status::Offline
            } else {
                Status::Online
            },
            since_ms: 0,
            cause: Cause::Enrolled,
            last_contact: None,
            address: None,
            agent_version: String::new(),
            retired_by: None,
        };
        let mut mirror = Mirror::default();
        mirror.apply(ToConsole::Snapshot {
            sequence: 0,
            now_ms: 0,
            first: true,
            last: true,
            domains: vec![],
            rows: (0..10).map(row).collect(),
            transitions: vec![],
        });
        mirror
    }

    fn ordered(mirror: &Mirror, view: &View) -> Order {
        let mut order = Order::default();
        let all = Touched {
            all: true,
            ..Touched::default()
        };
        order.update(mirror.fleet(), view, &all);
        order
    }

    fn agent(number: u64) -> AgentId {
        AgentId::from_bits(number)
    }

    fn ticked(selection: &Selection, mirror: &Mirror, order: &Order) -> Vec<u64> {
        let shown = selection.shown(mirror.fleet(), order);
        shown.into_iter().map(AgentId::bits).collect()
    }

    #[test]
    fn a_stretch_grows_and_shrinks_from_where_it_begins() {
        let mirror = ten();
        let order = ordered(&mirror, &View::default());
        let mut selection = Selection::default();
        selection.turn(agent(9));
        selection.turn(agent(3));
        for (to, expected) in [
            (6, &[3, 4, 5, 6, 9][..]),
            (4, &[3, 4, 9]),
            (1, &[1, 2, 3, 9]),
            (3, &[3, 9]),
        ] {
            selection.reach(mirror.fleet(), &order, None, agent(to));
            assert_eq!(ticked(&selection, &mirror, &order), expected);
        }
    }

    #[test]
    fn a_stretch_by_the_keyboard_begins_where_the_keyboard_is() {
        let mirror = ten();
        let order = ordered(&mirror, &View::default());
        let mut selection = Selection::default();
        selection.turn(agent(0));
        for (from, to) in [(5, 6), (6, 7), (7, 6)] {
            selection.reach(mirror.fleet(), &order, Some(agent(from)), agent(to));
        }
        assert_eq!(ticked(&selection, &mirror, &order), [0, 5, 6]);
    }

    #[test]
    fn only_what_is_shown_counts_and_all_is_all_that_is_shown() {
        let mirror = ten();
        let everyone = ordered(&mirror, &View::default());
        let offline = ordered(&mirror, &View::told(&[("status", "offline")]));
        let mut selection = Selection::default();
        selection.turn(agent(2));
        selection.all(mirror.fleet(), &offline);
        assert_eq!(ticked(&selection, &mirror, &offline), [1, 3, 5, 7, 9]);
        assert_eq!(ticked(&selection, &mirror, &everyone), [1, 2, 3, 5, 7, 9]);
        selection.turn(agent(3));
        assert_eq!(ticked(&selection, &mirror, &offline), [1, 5, 7, 9]);
        selection.clear();
        assert!(selection.is_empty() && ticked(&selection, &mirror, &everyone).is_empty());
    }
}
