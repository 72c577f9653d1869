//! What is known of an agent when it is decided whether to connect to it. Read from memory: of a large fleet most
//! agents are looked at in vain, so nobody else is asked.

use rollcall_presence::Addresses;
use rollcall_shared::{AgentId, LeaseKind, Minutes, Presence, Reachability};

use super::Untold;
use crate::engine::Engine;
use crate::roster::Roster;
use crate::settings::InForce;

/// An agent, as far as it matters for connecting to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Case {
    /// Nothing where it is no part of the roll call: who was never heard, has been gone for long or is retired is not
    /// connected to.
    pub presence: Option<Presence>,
    /// Whether it listens on a port.
    pub listens: bool,
    /// Whether there is nothing new for it: it lives by the newest settings, and no component waits for it.
    pub knows_newest: bool,
    /// How news reaches it (rule 14): by the version that it applied.
    pub delivery: Reachability,
    /// Whether it is in the unreachable network by the newest version.
    pub reachability: Reachability,
    /// What keeps it online by the version that it applied.
    pub lives_by: LeaseKind,
    /// What keeps it online by the newest version.
    pub newest: LeaseKind,
    /// How often its turn comes.
    pub every: Minutes,
}

impl Case {
    /// The case of an agent now; nothing where there is no such agent.
    #[must_use]
    pub fn of(
        agent: AgentId,
        engine: &Engine,
        roster: &Roster,
        settings: &InForce,
        untold: &Untold,
    ) -> Option<Self> {
        let reach = roster.reach(agent)?;
        let rulebook = settings.rulebook();
        let applied = engine.applied(reach.place);
        // Who has reported none yet was given the newest when it registered.
        let since = if applied == 0 { rulebook.newest() } else { applied };
        let addresses = Addresses {
            own: reach.listens.own_address,
            observed: reach.observed,
        };
        let verdict = rulebook.judge(addresses, since);
        let current = settings.current();
        let verify_every = current.settings.verify_every;
        Some(Self {
            presence: reach.status.presence(),
            listens: reach.listens.port.is_some(),
            knows_newest: applied == rulebook.newest() && !untold.has(agent),
            delivery: verdict.delivery,
            reachability: verdict.reachability,
            lives_by: verdict.lives_by,
            newest: verdict.newest,
            // Its lease lasts for visits by the version that it applied; a longer interval is not for it yet.
            every: match verdict.lives_by {
                LeaseKind::Verification => verify_every.min(verdict.lives_by_every),
                LeaseKind::Heartbeat | LeaseKind::Poll => verify_every,
            },
        })
    }

    /// Whether the server may connect to it with news, and there is where.
    #[must_use]
    pub fn may_be_told(&self) -> bool {
        self.presence.is_some() && self.listens && self.delivery == Reachability::Reachable
    }

    /// Whether the server may connect to it to see whether it is there. What it applied may be wrongly believed (a server
    /// that was killed, a call that came late), and only a contact can correct that: so the newest version is enough.
    #[must_use]
    pub fn may_be_verified(&self) -> bool {
        let reachable = self.reachability == Reachability::Reachable;
        self.may_be_told() || (self.presence.is_some() && self.listens && reachable)
    }

    /// Whether it may go offline unless it is connected to. An agent that does not know the newest version does what
    /// an older one says: whichever of the two has it wait for the server, the server comes.
    #[must_use]
    pub fn depends(&self) -> bool {
        self.lives_by == LeaseKind::Verification || self.newest == LeaseKind::Verification
    }
}

#[cfg(test)]
impl Case {
    /// An agent that is online, knows all and lives by being connected to.
    pub(crate) const VERIFIED: Self = Self {
        presence: Some(Presence::Online),
        listens: true,
        knows_newest: true,
        delivery: Reachability::Reachable,
        reachability: Reachability::Reachable,
        lives_by: LeaseKind::Verification,
        newest: LeaseKind::Verification,
        every: Minutes::MIN,
    };
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::agent::testing::{Server, TestAgent};

    fn case(server: &Server, agent: &TestAgent) -> Case {
        let app = &server.backend.app;
        Case::of(
            agent.id.parse().unwrap(),
            &app.engine,
            &app.roster,
            &app.settings,
            &app.untold,
        )
        .unwrap()
    }

    #[tokio::test]
    async fn rule_5_an_agent_that_missed_a_longer_interval_is_visited_by_the_one_that_it_knows() {
        let server = Server::start().await;
        let mut agent = server.agent("web-1").await;
        agent.notify_port = Some(1);
        assert_eq!(server.save(&json!({ "heartbeat": false })).await.status, 200);
        agent.applied = 2;
        agent.register(&server).await;
        let verified = Case {
            every: Minutes::try_new(15).unwrap(),
            ..Case::VERIFIED
        };
        assert_eq!(case(&server, &agent), verified);

        let heartbeats_and_rare_visits = json!({ "heartbeat": true, "verify_every": 1440 });
        assert_eq!(server.save(&heartbeats_and_rare_visits).await.status, 200);
        let missed = Case {
            knows_newest: false,
            newest: LeaseKind::Heartbeat,
            ..verified
        };
        assert_eq!(case(&server, &agent), missed);
        assert!(missed.depends() && missed.may_be_told());

        agent.applied = 3;
        agent.heartbeat(&server).await;
        let knows = case(&server, &agent);
        assert_eq!((knows.every.get(), knows.depends()), (1440, false));
    }

    #[tokio::test]
    async fn rule_14_who_does_not_know_yet_that_it_is_in_a_range_is_still_connected_to() {
        let server = Server::start().await;
        let mut agent = server.agent("web-1").await;
        agent.notify_port = Some(1);
        agent.register(&server).await;
        let range = json!({ "unreachable_network": ["10.12.0.0/16"] });
        assert_eq!(server.save(&range).await.status, 200);
        assert!(case(&server, &agent).may_be_told());
        agent.applied = 2;
        agent.heartbeat(&server).await;
        let knows = case(&server, &agent);
        assert!(!knows.may_be_told() && !knows.may_be_verified());
    }

    #[tokio::test]
    async fn rule_14_who_is_wrongly_believed_to_know_a_range_is_still_verified() {
        let server = Server::start().await;
        let mut agent = server.agent("web-1").await;
        agent.notify_port = Some(1);
        let range = json!({ "unreachable_network": ["10.12.0.0/16"] });
        assert_eq!(server.save(&range).await.status, 200);
        agent.applied = 2;
        agent.register(&server).await;
        assert_eq!(
            server.save(&json!({ "unreachable_network": [] })).await.status,
            200
        );
        let believed = case(&server, &agent);
        assert!(!believed.may_be_told() && believed.may_be_verified());
    }
}
