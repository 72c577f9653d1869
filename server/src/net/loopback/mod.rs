//! The loopback listener: authenticated STUN over UDP ([`rollcall_shared::loopback`]), the cheapest contact.
//!
//! Each socket has a thread of its own beside tokio's, which reads and answers many packets at a time. What an agent that
//! is online says is dealt with there, by [`Engine::contact_at`], without a lock; what its owner has to hear (it is back,
//! it applied other settings) is handed over, bounded, and answered when it is done ([`Rare`]). What is not
//! right is dropped without a word and counted by kind: an answer would only help who guesses.
//!
//! Not for what goes out to agents of the server's own accord: a mapping that is kept alive is not used for that yet.

mod counts;
mod doors;
mod faults;
mod judge;
mod limiter;
mod listener;
mod mappings;
mod sockets;
#[cfg(test)]
mod tests;

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, OnceLock, Weak};
use std::thread::JoinHandle;

use parking_lot::Mutex;
use rollcall_presence::{EngineTime, Event, Outcome, Place};
use rollcall_shared::AgentId;
use rollcall_shared::loopback::{AnswerBuffer, News, Transaction, code, echo, refusal};
use tokio::sync::{mpsc, watch};

use super::Untold;
use crate::auth::agents::AgentCredentials;
use crate::auth::loopback_key::LoopbackKey;
use crate::clock::{Clock, NoRandomness};
use crate::engine::Engine;
use crate::settings::InForce;
use counts::{Counts, Kind};
use doors::Door;
use faults::Faults;
use judge::{Judge, Limits};
use listener::{Listener, Socket};
use mappings::Mappings;
use sockets::Bound;

pub use mappings::Mapping;
pub use sockets::{BindError, Sockets};

/// Packets that may wait for their owners. Agents that come back all at once come by HTTP too, and what does not fit is
/// sent again within seconds.
const HANDED_OVER: usize = 4096;

/// Agents of which it may wait to be noted that they were asked to poll. What does not fit is noted with a later packet,
/// or not at all: it only names the way by which they learnt of it.
const PROMPTED: usize = 4096;

/// The listener's handle: what others know of it. There is one also where nobody listens.
#[derive(Default)]
pub struct Loopback {
    mappings: Mappings,
    doors: OnceLock<Vec<Arc<Door>>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

/// What the listener needs of the backend.
pub struct Parts {
    /// Time.
    pub clock: Clock,
    /// Presence.
    pub engine: Engine,
    /// Who may prove to be whom.
    pub agents: Arc<AgentCredentials>,
    /// Whether there is something to poll for.
    pub settings: Arc<InForce>,
    /// Whether there is more.
    pub untold: Arc<Untold>,
}

/// What the threads leave to others, so that they wait for nobody. Somebody has to take both.
pub struct LeftToOthers {
    /// Packets that owners have to hear of.
    pub rare: mpsc::Receiver<Rare>,
    /// Agents that were asked to poll.
    pub prompted: mpsc::Receiver<AgentId>,
}

/// The listener cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The operating system gave no thread, or a socket cannot be set up.
    #[error("loopback packets cannot be taken")]
    Io(#[from] std::io::Error),
    /// Nor randomness.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
}

impl Loopback {
    /// Begins to take packets, until `stop` says true.
    ///
    /// # Errors
    /// Where the operating system gives no thread or no randomness.
    pub fn start(
        self: &Arc<Self>,
        sockets: Sockets,
        parts: &Parts,
        stop: &watch::Receiver<bool>,
    ) -> Result<LeftToOthers, StartError> {
        let (hand_over, rare) = mpsc::channel(HANDED_OVER);
        let (prompt, prompted) = mpsc::channel(PROMPTED);
        let limits = Arc::new(Limits::new(u64::from_ne_bytes(parts.clock.random()?)));
        let mut doors = Vec::new();
        for Bound { socket, door } in sockets.into_bound() {
            let socket = Arc::new(Socket::new(socket)?);
            let door = Arc::new(door);
            doors.push(Arc::clone(&door));
            let judge = Judge {
                loopback: Arc::clone(self),
                engine: parts.engine.clone(),
                agents: Arc::clone(&parts.agents),
                settings: Arc::clone(&parts.settings),
                untold: Arc::clone(&parts.untold),
                prompted: prompt.clone(),
                limits: Arc::clone(&limits),
                counts: Counts::new(),
                hand_over: hand_over.clone(),
                socket: Arc::downgrade(&socket),
            };
            let listener = Listener {
                clock: parts.clock,
                judge,
                door,
                stop: stop.clone(),
                faults: Faults::default(),
            };
            let thread = std::thread::Builder::new()
                .name("loopback".to_owned())
                .spawn(move || listener.run(socket))?;
            self.threads.lock().push(thread);
        }
        let _once = self.doors.set(doors);
        Ok(LeftToOthers { rare, prompted })
    }

    /// Waits for the threads, once they were told to stop. They look up a few times a second.
    pub fn join(&self) {
        for thread in self.threads.lock().drain(..) {
            if thread.join().is_err() {
                tracing::error!("a loopback listener ended by a panic");
            }
        }
    }

    /// The port to which an agent at this address sends its packets, whose call came in at `reached`, where that is
    /// known; nothing where none are taken that it could send.
    #[must_use]
    pub fn port_for(&self, agent: IpAddr, reached: Option<IpAddr>) -> Option<u16> {
        doors::port_for(self.doors().map(Arc::as_ref), agent, reached)
    }

    /// Whether packets are taken wherever they are to be, or what is wrong; nothing where they are to be taken nowhere.
    #[must_use]
    pub fn judge(&self) -> Option<Result<(), String>> {
        self.doors().map(|door| door.judge()).reduce(Result::and)
    }

    fn doors(&self) -> impl Iterator<Item = &Arc<Door>> {
        self.doors.get().into_iter().flatten()
    }

    /// The mapping by an agent's last packet; nothing where none came since the server started.
    #[must_use]
    pub fn mapping(&self, agent: AgentId) -> Option<Mapping> {
        self.mappings.of(agent)
    }
}

/// A packet that its agent's owner has to hear of. It has passed the fence.
pub struct Rare {
    /// Whose.
    pub agent: AgentId,
    /// Where the engine keeps it.
    pub place: Place,
    /// What it is to the owner.
    pub event: Event,
    /// When it was received: it may wait before its owner hears of it.
    pub at: EngineTime,
    answer: Pending,
}

/// An answer that waits.
struct Pending {
    transaction: Transaction,
    key: LoopbackKey,
    from: SocketAddr,
    to: Option<IpAddr>,
    news: News,
    mapped_at_ms: Option<i64>,
    /// Gone where it was lost meanwhile.
    socket: Weak<Socket>,
}

impl Rare {
    /// From where it came.
    #[must_use]
    pub const fn from(&self) -> SocketAddr {
        self.answer.from
    }
}

impl Loopback {
    /// Answers a packet that its owner has heard of.
    pub fn answer(&self, rare: &Rare, outcome: Outcome) {
        let Rare { agent, answer, .. } = rare;
        let mut room: AnswerBuffer = [0; size_of::<AnswerBuffer>()];
        let key = answer.key.ready();
        let packet = match outcome {
            Outcome::Accepted => {
                if let Some(since_ms) = answer.mapped_at_ms {
                    self.mappings.note(*agent, answer.from, since_ms);
                }
                echo(
                    &mut room,
                    &answer.transaction,
                    answer.from,
                    answer.news,
                    |parts| key.sign(parts),
                )
            }
            Outcome::RegisterFirst => {
                refusal(&mut room, &answer.transaction, code::REGISTER_FIRST, |parts| {
                    key.sign(parts)
                })
            }
            Outcome::Stale | Outcome::Gone => return,
        };
        let socket = answer.socket.upgrade();
        if !socket.is_some_and(|socket| socket.send(packet, answer.from, answer.to)) {
            Counts::new().count(Kind::Unsent);
        }
    }
}
