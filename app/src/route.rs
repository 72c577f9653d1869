//! Which page stands at which address.
//!
//! The few addresses there are need no tree of routes.

use rollcall_shared::AgentId;

/// A page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Page {
    /// `/agents`, and `/agents/<id>` with an agent opened beside the table.
    Agents,
    /// `/agents/<id>/history`
    History,
    /// `/events`
    Events,
    /// `/wall`. `/` leads here.
    Wall,
    /// `/domains`
    Domains,
    /// `/settings`, and all below it.
    Settings,
    /// `/setup`
    Setup,
    /// `/sign-in`
    SignIn,
    /// Any other address.
    NotFound,
}

/// What is opened beside the table of agents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opened {
    /// Nothing: the address is the table's own.
    Nothing,
    /// The agent of this id.
    Agent(AgentId),
    /// An address that is no agent's id.
    Unreadable,
}

/// What the browser loads for an address: each has a wasm file of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Document {
    /// The agents.
    Fleet,
    /// One agent, over days.
    History,
    /// Every change of status.
    Events,
    /// The set-up and the sign-in.
    Doors,
    /// Every agent as a cell.
    Wall,
    /// The agent tree, and the tokens that let machines in.
    Domains,
    /// What is set for the fleet.
    Settings,
}

impl Page {
    /// The page at an address of this console, with what may stand behind its path.
    #[must_use]
    pub fn at_address(address: &str) -> Self {
        Self::at(address.split(['?', '#']).next().unwrap_or_default())
    }

    /// The document that it is in.
    #[must_use]
    pub fn document(self) -> Document {
        match self {
            Self::Wall => Document::Wall,
            Self::Domains => Document::Domains,
            Self::Settings => Document::Settings,
            Self::History => Document::History,
            Self::Events => Document::Events,
            Self::Setup | Self::SignIn => Document::Doors,
            Self::Agents | Self::NotFound => Document::Fleet,
        }
    }

    /// Whether it is a page for those who are signed in, with the rail beside it.
    #[must_use]
    pub fn is_framed(self) -> bool {
        !matches!(self, Self::Setup | Self::SignIn | Self::NotFound)
    }

    /// Its heading.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Agents => "Agents",
            Self::History => "History",
            Self::Events => "Events",
            Self::Wall => "Wall",
            Self::Domains => "Domains and enrolment",
            Self::Settings => "Settings",
            Self::Setup | Self::SignIn | Self::NotFound => "",
        }
    }

    /// The page at a path.
    #[must_use]
    pub fn at(path: &str) -> Self {
        match path.trim_end_matches('/') {
            "/agents" => Self::Agents,
            "/events" => Self::Events,
            "" | "/wall" => Self::Wall,
            "/domains" => Self::Domains,
            "/settings" => Self::Settings,
            "/setup" => Self::Setup,
            "/sign-in" => Self::SignIn,
            other if other.starts_with("/settings/") => Self::Settings,
            other => match other.strip_prefix("/agents/") {
                Some(id) if !id.contains('/') => Self::Agents,
                Some(id) if id.strip_suffix(HISTORY).is_some_and(is_a_name) => Self::History,
                _ => Self::NotFound,
            },
        }
    }
}

/// What stands behind an agent's address where its history is meant.
const HISTORY: &str = "/history";

/// Whether it is one part of a path, and not an empty one.
fn is_a_name(part: &str) -> bool {
    !part.is_empty() && !part.contains('/')
}

impl Opened {
    /// Whose history is at the path.
    #[must_use]
    pub fn history_at(path: &str) -> Self {
        Self::at(
            path.trim_end_matches('/')
                .strip_suffix(HISTORY)
                .unwrap_or_default(),
        )
    }

    /// What the path opens.
    #[must_use]
    pub fn at(path: &str) -> Self {
        match path.trim_end_matches('/').strip_prefix("/agents/") {
            None => Self::Nothing,
            Some(id) => id.parse().map_or(Self::Unreadable, Self::Agent),
        }
    }

    /// The agent, where it is one.
    #[must_use]
    pub fn agent(self) -> Option<AgentId> {
        match self {
            Self::Agent(id) => Some(id),
            Self::Nothing | Self::Unreadable => None,
        }
    }
}

/// The token that the address of a wall carries behind its `#`, where it does: `#token=rcd_...`.
#[must_use]
pub fn display_token(hash: &str) -> Option<&str> {
    let token = hash.trim_start_matches('#').strip_prefix("token=")?.trim();
    (!token.is_empty()).then_some(token)
}

/// Where to go after signing in: `next` where it is a page for those who are, and else the wall.
///
/// `next` comes from a link that anybody may have made. Browsers drop tabs and line breaks in an address and
/// read a backslash as a slash, so what looks like a path may lead to another host.
#[must_use]
pub fn after_sign_in(next: Option<&str>) -> &str {
    const USUAL: &str = "/wall";
    next.filter(|next| leads_into_the_fleet(next)).unwrap_or(USUAL)
}

fn leads_into_the_fleet(next: &str) -> bool {
    let path = next.split(['?', '#']).next().unwrap_or_default();
    path.starts_with('/')
        && !path.starts_with("//")
        && !next.contains(|letter: char| letter.is_control() || letter == '\\')
        && Page::at(path).is_framed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_address_has_its_page() {
        for (path, page) in [
            ("/", Page::Wall),
            ("/agents", Page::Agents),
            ("/agents/", Page::Agents),
            ("/agents/0000000000abc", Page::Agents),
            ("/agents/0000000000abc/more", Page::NotFound),
            ("/agents/0000000000abc/history", Page::History),
            ("/agents/0000000000abc/history/", Page::History),
            ("/agents/a/b/history", Page::NotFound),
            ("/agents//history", Page::NotFound),
            ("/agents///history", Page::NotFound),
            ("/agents/history", Page::Agents),
            ("/agentsabc", Page::NotFound),
            ("/events", Page::Events),
            ("/domains", Page::Domains),
            ("/domains/", Page::Domains),
            ("/domains/3", Page::NotFound),
            ("/settings", Page::Settings),
            ("/settings/", Page::Settings),
            ("/settings/unreachable-network", Page::Settings),
            ("/settingsabc", Page::NotFound),
            ("/setup", Page::Setup),
            ("/sign-in", Page::SignIn),
            ("/wall", Page::Wall),
            ("/wall/", Page::Wall),
            ("/wall/3", Page::NotFound),
        ] {
            assert_eq!(Page::at(path), page, "{path}");
        }
    }

    #[test]
    fn signing_in_leads_nowhere_but_into_the_fleet() {
        for next in [
            "/",
            "/agents",
            "/agents/0000000000abc",
            "/agents?status=offline&q=a/b",
            "/events?status=offline",
            "/domains?domain=3",
            "/wall?kiosk",
            "/settings/unreachable-network?version=7",
        ] {
            assert_eq!(after_sign_in(Some(next)), next);
        }
        for next in [
            "",
            "agents",
            "//",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            "\t//evil.example",
            "/agents\t",
            "/agents?q=\\",
            "/%2f/evil.example",
            "/%09/evil.example",
            "/agents/../evil.example/x",
            "/agents//history",
            "https:evil.example",
            "https://evil.example/agents",
            "javascript:alert(1)",
            "/setup",
            "/sign-in",
            "/sign-out",
        ] {
            assert_eq!(after_sign_in(Some(next)), "/wall", "{next:?}");
        }
        assert_eq!(after_sign_in(None), "/wall");
    }

    #[test]
    fn a_walls_address_may_carry_a_token() {
        for (hash, token) in [
            ("#token=rcd_abc", Some("rcd_abc")),
            ("#token= rcd_abc ", Some("rcd_abc")),
            ("#token=", None),
            ("#main", None),
            ("#", None),
            ("", None),
        ] {
            assert_eq!(display_token(hash), token, "{hash}");
        }
    }

    #[test]
    fn an_id_in_the_address_opens_its_agent() {
        let id = AgentId::from_bits(77);
        assert_eq!(Opened::at(&format!("/agents/{id}")), Opened::Agent(id));
        assert_eq!(
            Opened::history_at(&format!("/agents/{id}/history")),
            Opened::Agent(id)
        );
        assert_eq!(Opened::history_at("/agents/nobody/history"), Opened::Unreadable);
        assert_eq!(Opened::at("/agents"), Opened::Nothing);
        assert_eq!(Opened::at("/agents/"), Opened::Nothing);
        assert_eq!(Opened::at("/agents/nobody"), Opened::Unreadable);
    }
}
