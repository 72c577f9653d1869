//! Whom the server may connect to, and where; and what becomes of it.
//!
//! Only the address from which an agent was seen is dialled, or its own where an admin allowed that for the range
//! that it lies in; never an address only because an agent claims it. Agents of the unreachable network are not
//! dialled. What fails changes no status (rule 11).

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use rollcall_presence::{EngineTime, Outcome, Place};
use rollcall_shared::console_api::{VerificationOutcome, Verified};
use rollcall_shared::dial::Purpose;
use rollcall_shared::{AgentId, ContactKind, Reachability, Status};

use super::dial::{Callee, dial};
use super::lanes::{Lane, Places};
use crate::auth::agents::AgentCredentials;
use crate::clock::Clock;
use crate::engine::{Engine, EngineError};
use crate::roster::{Reach, Roster};
use crate::settings::InForce;

/// Connects to agents; clones share the bounds and the memory of what became of it.
#[derive(Clone)]
pub struct Dialler(Arc<Parts>);

struct Parts {
    clock: Clock,
    engine: Engine,
    roster: Arc<Roster>,
    agents: Arc<AgentCredentials>,
    settings: Arc<InForce>,
    places: Places,
    last: papaya::HashMap<AgentId, Verified>,
    /// When the connection began by which an agent was last told that there is news: what came up after that it may have
    /// missed.
    told: papaya::HashMap<AgentId, i64>,
}

impl Dialler {
    /// A dialler of these agents.
    #[must_use]
    pub fn new(
        clock: Clock,
        engine: Engine,
        roster: Arc<Roster>,
        agents: Arc<AgentCredentials>,
        settings: Arc<InForce>,
    ) -> Self {
        Self(Arc::new(Parts {
            clock,
            engine,
            roster,
            agents,
            settings,
            places: Places::default(),
            last: papaya::HashMap::default(),
            told: papaya::HashMap::default(),
        }))
    }

    /// Connects to an agent for this purpose, once there is a place in the lane. Its proof is a contact.
    pub async fn dial(&self, agent: AgentId, purpose: Purpose, lane: Lane) -> Verified {
        let outcome = match self.try_dial(agent, purpose, lane).await {
            Ok(()) => VerificationOutcome::Verified,
            Err(outcome) => outcome,
        };
        let verified = Verified {
            agent,
            at_ms: self.0.clock.wall_ms(),
            outcome,
        };
        if was_connected_to(outcome) {
            self.0.last.pin().insert(agent, verified);
        }
        verified
    }

    /// When the connection began by which an agent was last told that there is news; nothing where there was none since
    /// the server started.
    #[must_use]
    pub fn told_at_ms(&self, agent: AgentId) -> Option<i64> {
        self.0.told.pin().get(&agent).copied()
    }

    /// What became of the last connection to an agent since the server started. An agent that is not connected to has
    /// none, however often it was to be.
    #[must_use]
    pub fn last(&self, agent: AgentId) -> Option<Verified> {
        self.0.last.pin().get(&agent).copied()
    }

    async fn try_dial(
        &self,
        agent: AgentId,
        purpose: Purpose,
        lane: Lane,
    ) -> Result<(), VerificationOutcome> {
        let Some(_place) = self.0.places.take(lane).await else {
            return Err(VerificationOutcome::TimedOut);
        };
        let reach = self
            .0
            .roster
            .reach(agent)
            .filter(|reach| reach.status != Status::Retired)
            .ok_or(VerificationOutcome::NoSuchAgent)?;
        let verdict = self.0.engine.verdict(reach.place).await;
        // News follows the version that it applied; to see whether it is there, the newest is enough.
        if let Ok(Some(verdict)) = verdict
            && verdict.delivery == Reachability::Unreachable
            && (purpose == Purpose::News || verdict.reachability == Reachability::Unreachable)
        {
            return Err(VerificationOutcome::InUnreachableNetwork);
        }
        let key = self
            .0
            .agents
            .proof_key(agent)
            .ok_or(VerificationOutcome::NotListening)?;
        let callee = Callee { agent, key };
        let mut failed = VerificationOutcome::NotListening;
        for address in self.addresses(&reach) {
            match self.try_address(address, &callee, reach.place, purpose).await {
                Ok(()) => return Ok(()),
                // It is the agent, wherever else it might be.
                Err(VerificationOutcome::MustRegister) => return Err(VerificationOutcome::MustRegister),
                Err(outcome) => failed = outcome,
            }
        }
        Err(failed)
    }

    /// Where it may be dialled, the likeliest first.
    fn addresses(&self, reach: &Reach) -> Vec<SocketAddr> {
        let Some(port) = reach.listens.port else {
            return Vec::new();
        };
        let settings = self.0.settings.current();
        let allowed = |address: &IpAddr| {
            let ranges = &settings.settings.dial_own_addresses_in;
            ranges.iter().any(|range| range.contains(*address))
        };
        let own = reach.listens.own_address.filter(allowed);
        let mut addresses: Vec<IpAddr> = own.into_iter().chain(reach.observed).collect();
        addresses.dedup();
        addresses
            .into_iter()
            .map(|address| SocketAddr::new(address, port))
            .collect()
    }

    /// An agent that has to register first is connected to once more, to have it poll: the answer tells it.
    async fn try_address(
        &self,
        to: SocketAddr,
        callee: &Callee,
        place: Place,
        purpose: Purpose,
    ) -> Result<(), VerificationOutcome> {
        match (self.converse(to, callee, place, purpose).await, purpose) {
            (Err(VerificationOutcome::MustRegister), Purpose::Verify) => self
                .converse(to, callee, place, Purpose::News)
                .await
                .map_err(|_| VerificationOutcome::MustRegister),
            (ended, _) => ended,
        }
    }

    async fn converse(
        &self,
        to: SocketAddr,
        callee: &Callee,
        place: Place,
        purpose: Purpose,
    ) -> Result<(), VerificationOutcome> {
        let Parts {
            clock, engine, told, ..
        } = &*self.0;
        let began_ms = clock.wall_ms();
        let Ok(nonce) = clock.random() else {
            return Err(VerificationOutcome::TimedOut);
        };
        let began = engine.now();
        // Noted before it is said: the agent polls at once, and its poll is to be known as the answer to this.
        let note = || {
            if purpose == Purpose::News {
                told.pin().insert(callee.agent, began_ms);
            }
        };
        let fence = dial(to, callee, purpose, nonce, note).await.map_err(|error| {
            tracing::debug!(agent = %callee.agent, %to, %error, "an agent could not be spoken to");
            error.outcome()
        })?;
        let heard = engine
            .hear(place, fence, ContactKind::Verification, None)
            .await
            .map_err(|_: EngineError| VerificationOutcome::TimedOut)?;
        match heard.outcome {
            Outcome::Accepted => Ok(()),
            // A newer contact overtook the proof.
            Outcome::Stale if self.was_heard_since(began, place).await => Ok(()),
            // It has the key, but its boot or its count is not what the server knows: the database was restored, or
            // the machine set back. Its next call is answered so, and it registers.
            Outcome::Stale | Outcome::RegisterFirst => Err(VerificationOutcome::MustRegister),
            Outcome::Gone => Err(VerificationOutcome::NoSuchAgent),
        }
    }

    async fn was_heard_since(&self, began: EngineTime, place: Place) -> bool {
        let grounds = self.0.engine.grounds(place).await;
        grounds.is_ok_and(|grounds| grounds.is_some_and(|grounds| grounds.heard.at > began))
    }
}

/// Whether an attempt with this outcome got as far as to connect, or to try to.
const fn was_connected_to(outcome: VerificationOutcome) -> bool {
    !matches!(
        outcome,
        VerificationOutcome::NoSuchAgent
            | VerificationOutcome::NotListening
            | VerificationOutcome::InUnreachableNetwork
    )
}

#[cfg(test)]
mod tests;
