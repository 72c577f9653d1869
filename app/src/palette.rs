//! What the palette offers for what was typed: pages, acts, agents by name.

use rollcall_shared::Status;
use rollcall_shared::feed::Row;

/// How many agents are offered: more than these are for the table.
const MOST_AGENTS: usize = 7;

/// Pages, with their addresses and the keys that lead there at once.
const PAGES: [(&str, &str, &str); 8] = [
    ("Wall", "/wall", "g w"),
    ("Wall, nothing else on the screen", "/wall?kiosk", ""),
    ("Agents", "/agents", "g a"),
    ("Events", "/events", "g e"),
    ("Domains and enrolment", "/domains", "g d"),
    (
        "Settings: unreachable network, heartbeat, polling",
        "/settings",
        "g s",
    ),
    ("Components", "/settings/components", ""),
    ("Server status", "/settings/server", ""),
];

/// Statuses that somebody looks for.
const SOUGHT: [Status; 5] = [
    Status::Offline,
    Status::UnreachableOffline,
    Status::Pending,
    Status::Inactive,
    Status::Retired,
];

/// What is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    /// An address is gone to.
    Go(String),
    /// The screen becomes light, or dark.
    Theme,
    /// The person leaves.
    SignOut,
}

/// A line of the palette.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// What it is called.
    pub name: String,
    /// What stands behind it: keys, or what kind of thing it is.
    pub aside: String,
    /// What choosing it does.
    pub deed: Deed,
}

impl Offer {
    fn new(name: &str, aside: &str, deed: Deed) -> Self {
        Self {
            name: name.to_owned(),
            aside: aside.to_owned(),
            deed,
        }
    }
}

/// What fits the words, best first; `agents` are those that the server found by them. `search` writes an address in which
/// agents are searched for by the words.
#[must_use]
pub fn offers(words: &str, agents: &[Row], search: impl FnOnce(&str) -> String) -> Vec<Offer> {
    let words = words.trim().to_lowercase();
    let mut offers: Vec<Offer> = PAGES
        .iter()
        .map(|(name, to, keys)| Offer::new(name, keys, Deed::Go((*to).to_owned())))
        .collect();
    for status in SOUGHT {
        let to = format!("/agents?status={}", status.key());
        offers.push(Offer::new(&status.to_string(), "agents", Deed::Go(to)));
    }
    offers.push(Offer::new("Dark or light theme", "this screen", Deed::Theme));
    offers.push(Offer::new("Sign out", "", Deed::SignOut));
    if words.is_empty() {
        return offers;
    }
    offers.retain(|offer| fits(&offer.name, &words));
    // What begins with the words is meant before what has them somewhere.
    offers.sort_by_key(|offer| !offer.name.to_lowercase().starts_with(&words));
    offers.extend(nearest(&words, agents).into_iter().map(|agent| {
        let to = format!("/agents/{}", agent.id);
        Offer::new(&agent.name, "agent", Deed::Go(to))
    }));
    let all = format!("Find agents: {words}");
    offers.push(Offer::new(&all, "name or address", Deed::Go(search(&words))));
    offers
}

/// How many agents to ask the server for: those nearest are chosen among them.
pub const ASKED_FOR: usize = 100;

/// Those whose names begin with the words first, shorter names before longer ones; then those that have them somewhere, in
/// their names or their addresses. What the server found by fewer letters may not have all of them.
fn nearest<'a>(words: &str, agents: &'a [Row]) -> Vec<&'a Row> {
    let found = agents.iter().filter_map(|agent| {
        let at = agent.name.to_lowercase().find(words);
        let has_address = || {
            agent
                .address
                .is_some_and(|address| address.to_string().contains(words))
        };
        (at.is_some() || has_address()).then_some((at, agent))
    });
    let mut nearest: Vec<_> = found.collect();
    nearest.sort_by_key(|(at, agent)| (*at != Some(0), at.is_none(), agent.name.len()));
    nearest.truncate(MOST_AGENTS);
    nearest.into_iter().map(|(_, agent)| agent).collect()
}

/// Whether each of the words is somewhere in the name.
fn fits(name: &str, words: &str) -> bool {
    let name = name.to_lowercase();
    words.split_whitespace().all(|word| name.contains(word))
}

#[cfg(test)]
mod tests {
    use rollcall_shared::{AgentId, Cause, DomainId};

    use super::*;

    fn agents(names: &[&str]) -> Vec<Row> {
        let agents = names.iter().zip(0_u32..).map(|(name, row)| Row {
            row,
            id: AgentId::from_bits(u64::from(row)),
            name: (*name).to_owned(),
            domain: DomainId::ROOT,
            status: Status::Online,
            since_ms: 0,
            cause: Cause::Enrolled,
            last_contact: None,
            address: "10.0.0.7".parse().ok(),
            agent_version: String::new(),
            retired_by: None,
        });
        agents.collect()
    }

    fn names(words: &str, found: &[&str]) -> Vec<String> {
        let offers = offers(words, &agents(found), |words| format!("/agents?q={words}"));
        offers.into_iter().map(|offer| offer.name).collect()
    }

    #[test]
    fn with_nothing_typed_pages_and_acts_are_offered() {
        let names = names("", &["wall-1"]);
        assert_eq!(names[0], "Wall");
        assert_eq!(names.last().unwrap(), "Sign out");
        assert_eq!(names.len(), PAGES.len() + SOUGHT.len() + 2);
    }

    #[test]
    fn what_begins_with_the_words_comes_first_and_a_search_last() {
        let found = ["kiosk-wall", "wall-10", "wall-1", "atm"];
        assert_eq!(
            names(" Wall", &found),
            [
                "Wall",
                "Wall, nothing else on the screen",
                "wall-1",
                "wall-10",
                "kiosk-wall",
                "Find agents: wall"
            ]
        );
        assert_eq!(names("0.7", &["kiosk"])[0], "kiosk", "by its address");
        assert_eq!(names("offl unre", &[])[0], "Unreachable / Offline");
        assert_eq!(names("é", &[]), ["Find agents: é"]);
    }

    #[test]
    fn of_many_agents_the_nearest_are_offered() {
        let many: Vec<String> = (400..500)
            .rev()
            .chain([40, 4])
            .map(|number| format!("atm-{number}"))
            .collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let names = names("atm-4", &many);
        assert_eq!(names.len(), MOST_AGENTS + 1);
        assert_eq!(names[0], "atm-4");
    }
}
