//! Loopback packets of the agents, by the shipped code that decides when they go out ([`Loopback`]): which are to be
//! sent, and what an echo means. Whoever drives it carries them ([`crate::udp`]).

use core::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use ring::hmac;
use rollcall_agent::loopback::{Loopback, Step};
use rollcall_agent::schedule::Input;
use rollcall_shared::loopback::{MAC, News, Outcome, REQUEST, Transaction, code, read_answer, request};

use super::Fleet;
use super::agent::NEVER;
use crate::tally::Trouble;

/// What was not answered within it is forgotten: longer than a round lasts.
const FORGOTTEN_US: u64 = 30_000_000;

/// The packets of one agent.
#[derive(Debug, Clone)]
pub(super) struct Packets {
    loopback: Loopback,
    key: hmac::Key,
    due_ms: u64,
    /// The sequence of the last one: a call with an earlier one that arrives later is rightly refused.
    latest: u32,
}

/// What all packets have in common.
#[derive(Debug, Default)]
pub(super) struct Posts {
    /// Whether packets are sent at all.
    on: bool,
    /// How often, whatever the settings say.
    every_ms: Option<u64>,
    /// Where the server takes them, as it said at a registration.
    port: Option<u16>,
    /// Whether somebody was told to send none.
    unwanted: bool,
    due: BinaryHeap<Reverse<(u64, u32)>>,
    /// Whose, and when it was sent.
    under_way: HashMap<Transaction, (u32, u64)>,
}

/// Why no packets can be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoPackets {
    #[error("--udp: the server takes no loopback packets; start it with --loopback-listen ADDRESS:PORT")]
    NoPort,
    #[error(
        "--udp: by the server's settings agents like these send no loopback packets; set Loopback mode to all"
    )]
    Off,
}

impl Fleet {
    /// Has the agents send loopback packets too: as the server dictates, or every `every_ms`.
    pub(crate) fn with_packets(mut self, every_ms: Option<u64>) -> Self {
        self.posts.on = true;
        self.posts.every_ms = every_ms;
        self
    }

    /// Where the server takes packets; nothing before the first registration, or where none are to be sent.
    pub(crate) const fn loopback_port(&self) -> Option<u16> {
        if self.posts.on { self.posts.port } else { None }
    }

    /// Why packets cannot be sent though they are wanted, as far as it is known.
    pub(crate) const fn no_packets(&self) -> Option<NoPackets> {
        if !self.posts.on || self.registered == 0 {
            None
        } else if self.posts.port.is_none() {
            Some(NoPackets::NoPort)
        } else if self.posts.unwanted {
            Some(NoPackets::Off)
        } else {
            None
        }
    }

    /// Takes in where the server takes packets.
    pub(super) fn takes_packets_at(&mut self, port: Option<u16>) {
        self.posts.port = port.or(self.posts.port);
    }

    /// Has an agent send packets so often by the settings that it was told; nothing: not at all.
    pub(super) fn sends_packets(&mut self, number: u32, told_ms: Option<u64>, now_us: u64) {
        if !self.posts.on {
            return;
        }
        self.posts.unwanted |= told_ms.is_none();
        let every_ms = told_ms.map(|told_ms| self.posts.every_ms.unwrap_or(told_ms));
        let random = self.dice.roll();
        let agent = self.agent(number);
        let Some(key) = agent.credential.loopback_key() else {
            return;
        };
        let packets = agent.packets.get_or_insert_with(|| {
            Box::new(Packets {
                loopback: Loopback::default(),
                key,
                due_ms: NEVER,
                latest: 0,
            })
        });
        packets.loopback.set(every_ms, now_us / 1_000, random);
        self.plan_packet(number);
    }

    /// When the next packet is due, in milliseconds.
    pub(super) fn next_packet_ms(&self) -> Option<u64> {
        self.posts.due.peek().map(|Reverse((due_ms, _))| *due_ms)
    }

    /// Whether a packet of this agent has overtaken a call with this sequence.
    pub(super) fn has_overtaken(&mut self, number: u32, sequence: u32) -> bool {
        let packets = self.agent(number).packets.as_ref();
        packets.is_some_and(|packets| packets.latest > sequence)
    }

    /// The packets that are due now, each to be sent at once; a packet that cannot be is a lost one.
    pub(crate) fn packets(&mut self, now_us: u64, mut send: impl FnMut(&[u8; REQUEST])) {
        let at_ms = now_us / 1_000;
        if self.posts.under_way.len() > 2 * self.agents.len() + 1_000 {
            let since_us = now_us.saturating_sub(FORGOTTEN_US);
            self.posts.under_way.retain(|_, (_, sent_us)| *sent_us > since_us);
        }
        while let Some(Reverse((due_ms, number))) = self.posts.due.peek().copied() {
            if due_ms > at_ms {
                break;
            }
            self.posts.due.pop();
            let random = self.dice.roll();
            let agent = self.agent(number);
            let Some(packets) = agent.packets.as_mut().filter(|packets| packets.due_ms == due_ms) else {
                continue;
            };
            packets.due_ms = NEVER;
            match packets.loopback.wake(at_ms, random) {
                Step::Wait => {}
                Step::Send(transaction) => {
                    if let Some(packet) = self.packet(number, &transaction) {
                        self.posts.under_way.insert(transaction, (number, now_us));
                        send(&packet);
                    }
                }
                Step::Missed { is_news } => {
                    if !self.agent(number).silent {
                        self.tally.trouble(Trouble::NoEcho);
                    }
                    if is_news {
                        self.feed(number, Input::Unheard, now_us);
                    }
                }
            }
            self.plan_packet(number);
        }
    }

    /// An agent's next packet; nothing while it is silent, or not registered.
    fn packet(&mut self, number: u32, transaction: &Transaction) -> Option<[u8; REQUEST]> {
        let agent = self.agent(number);
        if agent.silent {
            return None;
        }
        let fence = agent.schedule.prove()?;
        let id = agent.id;
        let packets = agent.packets.as_mut()?;
        packets.latest = fence.sequence;
        Some(request(transaction, id, fence, |parts| {
            let mut context = hmac::Context::with_key(&packets.key);
            for part in parts {
                context.update(part);
            }
            let mut mac = [0; MAC];
            mac.copy_from_slice(context.sign().as_ref());
            mac
        }))
    }

    /// Takes in a packet that came.
    pub(crate) fn came(&mut self, packet: &[u8], now_us: u64) {
        let Ok(answer) = read_answer(packet) else {
            return self.tally.trouble(Trouble::Garbled);
        };
        // Late or twice: the network's affair.
        let Some((number, sent_us)) = self.posts.under_way.remove(&answer.transaction) else {
            return;
        };
        let random = self.dice.roll();
        let Some(packets) = self.agent(number).packets.as_mut() else {
            return;
        };
        let is_servers = answer.sealed.is_some_and(|sealed| {
            let text = sealed.parts().concat();
            hmac::verify(&packets.key, &text, sealed.mac()).is_ok()
        });
        if !is_servers {
            return self.tally.trouble(Trouble::Garbled);
        }
        let at_ms = now_us / 1_000;
        match answer.outcome {
            Outcome::Echo { mapped, news } => {
                let echoed = packets
                    .loopback
                    .echoed(&answer.transaction, mapped, at_ms, random);
                self.tally.echoed(now_us.saturating_sub(sent_us));
                self.contacted(number, sent_us, now_us);
                if echoed.is_some_and(|echoed| echoed.registers) {
                    self.feed(number, Input::Rebound, now_us);
                } else if self.wants_poll(number, news) {
                    self.feed(number, Input::PollNow, now_us);
                }
            }
            Outcome::Refused(reason) => {
                let waited = packets.loopback.refused(&answer.transaction, at_ms, random);
                self.tally.trouble(Trouble::Refused(reason));
                if waited && reason == code::REGISTER_FIRST {
                    self.feed(number, Input::MustRegister, now_us);
                }
            }
        }
        self.plan_packet(number);
    }

    /// Whether what an echo says is a reason to poll: not while a call is under way, which says the same.
    fn wants_poll(&mut self, number: u32, news: Option<News>) -> bool {
        let agent = self.agent(number);
        !agent.calls
            && news.is_some_and(|news| news.poll_now || news.settings_version != agent.schedule.applied())
    }

    /// Notes when an agent's next packet is due.
    fn plan_packet(&mut self, number: u32) {
        let Some(packets) = self.agent(number).packets.as_mut() else {
            return;
        };
        let due_ms = packets.loopback.due().unwrap_or(NEVER);
        if due_ms != packets.due_ms {
            packets.due_ms = due_ms;
            if due_ms != NEVER {
                self.posts.due.push(Reverse((due_ms, number)));
            }
        }
    }
}
