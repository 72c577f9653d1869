//! The credentials of agents, in memory: whose secret is it, and where does the engine keep them?
//!
//! Looked up at every contact, so without a lock and without the database. Only hashes are held.

use std::net::{IpAddr, SocketAddr};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use foldhash::fast::FixedState;
use once_cell::race::OnceBox;
use rollcall_presence::Place;
use rollcall_shared::AgentId;

use super::loopback_key::LoopbackKey;
use super::proof_key::ProofKey;
use super::secret::{self, Secret};

/// Who may speak as which agent.
#[derive(Debug, Default)]
pub struct AgentCredentials {
    /// Ids are given by the server, at random: nobody can choose them to collide.
    known: papaya::HashMap<AgentId, Credential, FixedState>,
}

#[derive(Debug)]
struct Credential {
    secret_hash: [u8; 32],
    proof_key: OnceLock<ProofKey>,
    place: Place,
    /// The address that it was last seen from, as [`trace_of`] it: compared at every contact, and never shown.
    observed: AtomicU64,
    /// What its loopback packets are judged by. Made when the first one comes: most agents send none, and for a million
    /// of them at the start it would take a second.
    loopback: OnceBox<Loopback>,
    retired: AtomicBool,
    /// Whether the database has the proof key.
    proof_key_kept: AtomicBool,
}

#[derive(Debug)]
struct Loopback {
    key: LoopbackKey,
    /// The end of its UDP that it was last heard from, as [`mapping_of`] it; 0 before the first packet that was its own.
    mapping: AtomicU64,
}

/// What is known of an agent besides, when it is taken up.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// Whether it was retired.
    pub retired: bool,
    /// The address that it was last seen from.
    pub observed: Option<IpAddr>,
    /// Its proof key, where the database had one.
    pub proof_key: Option<ProofKey>,
}

/// A credential that opens nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// No agent by that id and secret. Which of the two is wrong is not told.
    #[error("no agent by this id and secret")]
    Unknown,
    /// The agent was retired.
    #[error("this agent was retired")]
    Retired,
}

/// What a loopback packet is judged by.
#[derive(Debug, Clone)]
pub struct ByPacket {
    /// Where the engine keeps the agent.
    pub place: Place,
    /// What has to have signed the packet.
    pub key: LoopbackKey,
    /// Whether its last loopback packet came from another address or port, or there was none.
    pub is_remapped: bool,
}

/// Why nobody can prove to be an agent by a loopback packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unprovable {
    /// There is none of that id.
    #[error("no agent by this id")]
    Unknown,
    /// It was retired.
    #[error("this agent was retired")]
    Retired,
    /// It was enrolled by a release that knew no proof keys, and has not called since.
    #[error("this agent has no key for it yet")]
    WithoutKey,
}

impl AgentCredentials {
    /// With room for so many.
    #[must_use]
    pub fn with_room(agents: usize) -> Self {
        Self {
            known: papaya::HashMap::with_capacity_and_hasher(agents, FixedState::default()),
        }
    }

    /// Takes up an agent, or its new secret.
    pub fn insert(&self, agent: AgentId, secret_hash: [u8; 32], place: Place, known: Known) {
        let kept = known.proof_key.is_some();
        let proof_key = OnceLock::new();
        if let Some(key) = known.proof_key {
            let _first = proof_key.set(key);
        }
        self.known.pin().insert(
            agent,
            Credential {
                secret_hash,
                place,
                retired: AtomicBool::new(known.retired),
                observed: AtomicU64::new(known.observed.map_or(0, trace_of)),
                loopback: OnceBox::new(),
                proof_key,
                proof_key_kept: AtomicBool::new(kept),
            },
        );
    }

    /// Ends an agent's credential for good. It is kept, so that the agent can be told.
    pub fn retire(&self, agent: AgentId) {
        if let Some(known) = self.known.pin().get(&agent) {
            known.retired.store(true, Ordering::Release);
        }
    }

    /// Whether an agent was last seen from another address.
    #[must_use]
    pub fn is_elsewhere(&self, agent: AgentId, address: IpAddr) -> bool {
        let known = self.known.pin();
        let known = known.get(&agent);
        known.is_some_and(|known| known.observed.load(Ordering::Relaxed) != trace_of(address))
    }

    /// Notes the address that an agent is seen from; gives whether it is another than before. Only for who was heard:
    /// a call that does not pass the fence must not move its agent.
    #[must_use]
    pub fn note_observed(&self, agent: AgentId, address: IpAddr) -> bool {
        let trace = trace_of(address);
        let known = self.known.pin();
        known
            .get(&agent)
            .is_some_and(|known| known.observed.swap(trace, Ordering::Relaxed) != trace)
    }

    /// The key with which an agent and the server prove themselves where the server connects to it.
    #[must_use]
    pub fn proof_key(&self, agent: AgentId) -> Option<ProofKey> {
        self.known.pin().get(&agent)?.proof_key.get().cloned()
    }

    /// An agent's proof key, the first time that it is asked for, where the database has none yet.
    #[must_use]
    pub fn proof_key_to_keep(&self, agent: AgentId) -> Option<ProofKey> {
        let known = self.known.pin();
        let known = known.get(&agent)?;
        let key = known.proof_key.get()?;
        (!known.proof_key_kept.swap(true, Ordering::Relaxed)).then(|| key.clone())
    }

    /// Where the engine keeps the agent with this secret.
    ///
    /// # Errors
    /// Where there is none, or where it was retired.
    pub fn check(&self, agent: AgentId, secret_text: &str) -> Result<Place, Refused> {
        let hash = secret::hash_of(secret_text);
        let known = self.known.pin();
        let known = known.get(&agent).ok_or(Refused::Unknown)?;
        if !secret::same(&hash, &known.secret_hash) {
            return Err(Refused::Unknown);
        }
        if known.proof_key.get().is_none()
            && let Ok(secret) = Secret::parse(secret_text)
        {
            // Enrolled by a release that knew no proof keys. The first to come derives it.
            let _first = known.proof_key.set(ProofKey::of(&secret));
        }
        if known.retired.load(Ordering::Acquire) {
            Err(Refused::Retired)
        } else {
            Ok(known.place)
        }
    }

    /// What a loopback packet is judged by that names this agent and came from there. Nothing is proved yet.
    ///
    /// # Errors
    /// Where there is no such agent, or none that may prove itself so.
    pub fn by_packet(&self, agent: AgentId, from: SocketAddr) -> Result<ByPacket, Unprovable> {
        let known = self.known.pin();
        let known = known.get(&agent).ok_or(Unprovable::Unknown)?;
        if known.retired.load(Ordering::Acquire) {
            return Err(Unprovable::Retired);
        }
        let proof_key = known.proof_key.get().ok_or(Unprovable::WithoutKey)?;
        let loopback = known.loopback.get_or_init(|| {
            Box::new(Loopback {
                key: LoopbackKey::of(proof_key),
                mapping: AtomicU64::new(0),
            })
        });
        Ok(ByPacket {
            place: known.place,
            key: loopback.key.clone(),
            is_remapped: loopback.mapping.load(Ordering::Relaxed) != mapping_of(from),
        })
    }

    /// Notes from where an agent's loopback packets come.
    pub fn note_mapping(&self, agent: AgentId, from: SocketAddr) {
        let known = self.known.pin();
        if let Some(loopback) = known.get(&agent).and_then(|known| known.loopback.get()) {
            loopback.mapping.store(mapping_of(from), Ordering::Relaxed);
        }
    }

    /// Where the engine keeps an agent, retired or not.
    #[must_use]
    pub fn place(&self, agent: AgentId) -> Option<Place> {
        self.known.pin().get(&agent).map(|known| known.place)
    }
}

/// An address as one number, never 0. Two that share one would be taken for the same, which only delays what a
/// change of address means until the next registration.
fn trace_of(address: IpAddr) -> u64 {
    let bits = match address.to_canonical() {
        IpAddr::V4(v4) => u128::from(v4.to_bits()),
        IpAddr::V6(v6) => v6.to_bits(),
    };
    let folded = (bits >> 64) ^ (bits & u128::from(u64::MAX));
    u64::try_from(folded).unwrap_or(u64::MAX).max(1)
}

/// The same of an address and a port.
fn mapping_of(from: SocketAddr) -> u64 {
    // Any odd number that spreads the bits of an address over all of it.
    const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;
    (trace_of(from.ip()).wrapping_mul(SPREAD) ^ u64::from(from.port())).max(1)
}

#[cfg(test)]
mod tests {
    use rollcall_presence::Slot;

    use super::*;

    #[test]
    fn an_address_is_news_once() {
        let credentials = AgentCredentials::default();
        let agent = AgentId::from_bits(5);
        let place = Place {
            partition: 0,
            slot: Slot(3),
        };
        let first: IpAddr = "192.0.2.1".parse().unwrap();
        let known = Known {
            observed: Some(first),
            ..Known::default()
        };
        credentials.insert(agent, [0; 32], place, known);
        assert!(!credentials.note_observed(agent, first));
        assert!(!credentials.note_observed(agent, "::ffff:192.0.2.1".parse().unwrap()));
        assert!(credentials.note_observed(agent, "2001:db8::1".parse().unwrap()));
        assert!(!credentials.note_observed(agent, "2001:db8::1".parse().unwrap()));
        assert!(credentials.note_observed(agent, first));
        assert!(!credentials.note_observed(AgentId::from_bits(6), first));
    }

    #[test]
    fn only_the_right_secret_opens_and_a_retired_agent_is_told_so() {
        let credentials = AgentCredentials::default();
        let agent = AgentId::from_bits(5);
        let place = Place {
            partition: 0,
            slot: Slot(3),
        };
        credentials.insert(agent, secret::hash_of("right"), place, Known::default());
        assert_eq!(credentials.check(agent, "right"), Ok(place));
        assert_eq!(credentials.check(agent, "wrong"), Err(Refused::Unknown));
        assert_eq!(
            credentials.check(AgentId::from_bits(6), "right"),
            Err(Refused::Unknown)
        );
        credentials.retire(agent);
        assert_eq!(credentials.check(agent, "right"), Err(Refused::Retired));
        assert_eq!(
            credentials.check(agent, "wrong"),
            Err(Refused::Unknown),
            "only its owner is told"
        );
    }
}
