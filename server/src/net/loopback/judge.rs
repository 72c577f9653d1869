//! What becomes of a packet. The cheap questions come first: is it of this protocol, is there such an agent, can its
//! sequence count at all; only then the MAC is computed.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Weak};

use parking_lot::Mutex;
use rollcall_presence::{Contact as Heard, EngineTime, Event};
use rollcall_shared::loopback::{
    AnswerBuffer, Contact, News, Plain, Request, code, echo, plain_echo, read_request, refusal, unknown,
};
use rollcall_shared::{AgentId, ContactKind};
use tokio::sync::mpsc;

use super::counts::{Counts, Kind};
use super::limiter::{self, Limiter};
use super::listener::Socket;
use super::{Loopback, Pending, Rare};
use crate::auth::agents::{AgentCredentials, Unprovable};
use crate::engine::Engine;
use crate::net::Untold;
use crate::settings::InForce;

/// A packet as it came.
#[derive(Debug, Clone, Copy)]
pub(super) struct Packet<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) from: SocketAddr,
    /// The own address to which it came.
    pub(super) to: Option<IpAddr>,
}

/// When packets came.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    pub(super) engine: EngineTime,
    /// Of the monotonic clock.
    pub(super) second: u32,
    pub(super) wall_ms: i64,
}

/// How often is answered what proves nothing new, over all sockets. Each is held for a look.
pub(super) struct Limits {
    plain: Mutex<Limiter>,
    not_current: Mutex<Limiter>,
}

impl Limits {
    pub(super) fn new(secret: u64) -> Self {
        Self {
            plain: Mutex::new(Limiter::new(secret, limiter::PLAIN)),
            not_current: Mutex::new(Limiter::new(secret, limiter::NOT_CURRENT)),
        }
    }
}

/// What a thread judges packets by.
pub(super) struct Judge {
    pub(super) loopback: Arc<Loopback>,
    pub(super) engine: Engine,
    pub(super) agents: Arc<AgentCredentials>,
    pub(super) settings: Arc<InForce>,
    pub(super) untold: Arc<Untold>,
    pub(super) prompted: mpsc::Sender<AgentId>,
    pub(super) limits: Arc<Limits>,
    pub(super) counts: Counts,
    pub(super) hand_over: mpsc::Sender<Rare>,
    pub(super) socket: Weak<Socket>,
}

impl Judge {
    /// What to answer at once, where anything is.
    pub(super) fn judge<'b>(
        &self,
        packet: Packet<'_>,
        now: Moment,
        room: &'b mut AnswerBuffer,
    ) -> Option<&'b [u8]> {
        let (kind, answer) = match read_request(packet.bytes) {
            Ok(Request::Contact(contact)) => self.contact(packet, &contact, now, room),
            Ok(Request::Plain(plain)) => self.plain(packet, plain, now, room),
            Err(_) => (Kind::Malformed, None),
        };
        self.counts.count(kind);
        answer
    }

    /// Notes that an answer could not be sent.
    pub(super) fn unsent(&self) {
        self.counts.count(Kind::Unsent);
    }

    /// Notes that a socket was lost.
    pub(super) fn lost(&self) {
        self.counts.lost();
    }

    fn plain<'b>(
        &self,
        packet: Packet<'_>,
        Plain {
            transaction,
            unknown: attribute,
        }: Plain,
        now: Moment,
        room: &'b mut AnswerBuffer,
    ) -> (Kind, Option<&'b [u8]>) {
        let source = limiter::source(packet.from.ip());
        if !self.limits.plain.lock().allows(source, now.second) {
            return (Kind::Flooded, None);
        }
        let answer = match attribute {
            Some(attribute) => unknown(room, &transaction, attribute),
            None => plain_echo(room, &transaction, packet.from),
        };
        (Kind::Plain, Some(answer))
    }

    fn contact<'b>(
        &self,
        packet: Packet<'_>,
        contact: &Contact<'_>,
        now: Moment,
        room: &'b mut AnswerBuffer,
    ) -> (Kind, Option<&'b [u8]>) {
        let Contact {
            transaction,
            agent,
            fence,
            sealed,
        } = contact;
        let by = match self.agents.by_packet(*agent, packet.from) {
            Ok(by) => by,
            Err(Unprovable::Unknown) => return (Kind::Unknown, None),
            Err(Unprovable::Retired) => return (Kind::Retired, None),
            Err(Unprovable::WithoutKey) => return (Kind::WithoutKey, None),
        };
        if self.engine.is_stale(by.place, *fence) {
            return (Kind::Stale, None);
        }
        let key = by.key.ready();
        if !key.verify(sealed.parts(), sealed.mac()) {
            return (Kind::Unproved, None);
        }
        // Its source is in no MAC: who saw the packet can send a copy from elsewhere, first. So it is noted, told and
        // shown as a mapping, and moves nobody: an agent that is told of another one registers (rule 14).
        let mapped_at_ms = by.is_remapped.then_some(now.wall_ms);
        let heard = self
            .engine
            .contact_at(by.place, *fence, ContactKind::Loopback, now.engine);
        match heard {
            Heard::Stale => (Kind::Stale, None),
            Heard::RegisterFirst if !self.limits.not_current.lock().allows(agent.bits(), now.second) => {
                (Kind::Insistent, None)
            }
            Heard::RegisterFirst => {
                let answer = refusal(room, transaction, code::REGISTER_FIRST, |parts| key.sign(parts));
                (Kind::RegisterFirst, Some(answer))
            }
            Heard::Renewed => {
                if let Some(since_ms) = mapped_at_ms {
                    self.agents.note_mapping(*agent, packet.from);
                    self.loopback.mappings.note(*agent, packet.from, since_ms);
                }
                let news = self.news(*agent, fence.applied);
                (
                    Kind::Renewed,
                    Some(echo(room, transaction, packet.from, news, |parts| {
                        key.sign(parts)
                    })),
                )
            }
            Heard::NeedsEvent => {
                let rare = Rare {
                    agent: *agent,
                    place: by.place,
                    event: Event::Contact {
                        fence: *fence,
                        kind: ContactKind::Loopback,
                        observed: None,
                    },
                    at: now.engine,
                    answer: Pending {
                        transaction: *transaction,
                        key: by.key,
                        from: packet.from,
                        to: packet.to,
                        news: self.news(*agent, fence.applied),
                        mapped_at_ms,
                        socket: Weak::clone(&self.socket),
                    },
                };
                match self.hand_over.try_send(rare) {
                    Ok(()) => (Kind::HandedOver, None),
                    Err(_) => (Kind::Crowded, None),
                }
            }
        }
    }

    /// What else the answer says, as that to a heartbeat does.
    fn news(&self, agent: AgentId, applied: u32) -> News {
        let settings_version = self.settings.version();
        let poll_now = applied != settings_version || self.untold.has(agent);
        if poll_now {
            // Where there is no room, the next packet says the same again.
            let _crowded = self.prompted.try_send(agent);
        }
        News {
            settings_version,
            poll_now,
        }
    }
}
