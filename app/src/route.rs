//! Which page stands at which address.
//!
//! The router keeps the history and follows links; the few addresses there are need no tree of routes, which
//! would be a quarter of the bundle.

use rollcall_shared::AgentId;

/// A page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Page {
    /// `/agents`, and `/agents/<id>` with an agent opened beside the table. `/` leads here.
    Agents,
    /// `/events`
    Events,
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

impl Page {
    /// The page at a path.
    #[must_use]
    pub fn at(path: &str) -> Self {
        match path.trim_end_matches('/') {
            "" | "/agents" => Self::Agents,
            "/events" => Self::Events,
            "/setup" => Self::Setup,
            "/sign-in" => Self::SignIn,
            other => match other.strip_prefix("/agents/") {
                Some(id) if !id.contains('/') => Self::Agents,
                _ => Self::NotFound,
            },
        }
    }
}

impl Opened {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_address_has_its_page() {
        for (path, page) in [
            ("/", Page::Agents),
            ("/agents", Page::Agents),
            ("/agents/", Page::Agents),
            ("/agents/0000000000abc", Page::Agents),
            ("/agents/0000000000abc/more", Page::NotFound),
            ("/agentsabc", Page::NotFound),
            ("/events", Page::Events),
            ("/setup", Page::Setup),
            ("/sign-in", Page::SignIn),
            ("/wall", Page::NotFound),
        ] {
            assert_eq!(Page::at(path), page, "{path}");
        }
    }

    #[test]
    fn an_id_in_the_address_opens_its_agent() {
        let id = AgentId::from_bits(77);
        assert_eq!(Opened::at(&format!("/agents/{id}")), Opened::Agent(id));
        assert_eq!(Opened::at("/agents"), Opened::Nothing);
        assert_eq!(Opened::at("/agents/"), Opened::Nothing);
        assert_eq!(Opened::at("/agents/nobody"), Opened::Unreadable);
    }
}
