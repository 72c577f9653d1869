//! When loopback packets go out, and what is made of the echo, or of none: without I/O.
//!
//! A round is one packet, and after 500 ms without its echo another, each wait twice as long as the one before (RFC 8489,
//! section 6.2.1, with fewer attempts than its seven: there is HTTP besides). Unlike there each is a packet of its own,
//! with the next sequence, for the server drops repetitions (rule 8); an echo of any of them ends the round.
//!
//! Where no echo comes, the driver is told once: make a contact by HTTP now. From then on there is one packet a round,
//! each from another socket, since a NAT may have kept a mapping that no longer leads anywhere. Where the echo shows
//! another mapping than before, the NAT forgot this agent for a while: it registers again, though not more often than
//! once in [`ROUNDS_APART`] rounds, or a NAT that forgets within every interval would have it register for ever. A change
//! in between is made good with the first echo after them: only a registration tells the server that the agent's address
//! is another one, a packet does not (rule 14).
//!
//! Not the place for what a packet holds ([`rollcall_shared::loopback`]), nor for its sequence, which is
//! [`crate::schedule::Schedule`]'s.

use core::net::SocketAddr;

use rollcall_shared::loopback::{TRANSACTION, Transaction};

use crate::spread;

/// How long the first packet of a round is waited for: what RFC 8489 begins with.
pub const FIRST_WAIT_MS: u64 = 500;

/// How many packets a round has: after the fifth it is waited for as long as before it, 11.5 seconds in all. Where three
/// of ten packets are lost each way, one round in thirty finds no echo.
pub const ATTEMPTS: usize = 5;

/// Whether a changed mapping is a reason to register: so many rounds after the last time that it was.
pub const ROUNDS_APART: u64 = 12;

/// Over how long the first packet after a change here is spread: a fleet may share the cause.
const SOON_MS: u64 = 5_000;

/// No interval is shorter, however short a server says that its minute is.
const LEAST_EVERY_MS: u64 = 100;

/// An agent's loopback packets.
#[derive(Debug, Clone, Default)]
pub struct Loopback {
    every_ms: Option<u64>,
    due_ms: u64,
    round: Option<Round>,
    echo: Echo,
    /// What the last echo said of this socket, or of the one before it.
    mapping: Option<SocketAddr>,
    /// Whether there is another socket since then, which has a mapping of its own.
    is_fresh: bool,
    /// When a changed mapping last was a reason to register.
    registered_ms: Option<u64>,
    /// It changed since, and too soon after that: it is a reason as soon as it may be.
    is_owed: bool,
    /// How many packets were sent: no two transactions have the same id.
    sent: u32,
}

#[derive(Debug, Clone, Copy)]
struct Round {
    transactions: [Transaction; ATTEMPTS],
    sent: usize,
    /// When the next packet is due, or the round is over.
    next_ms: u64,
}

/// Whether the way is known to work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Echo {
    #[default]
    Unheard,
    Heard,
    Missing,
}

/// What to do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Nothing.
    Wait,
    /// Send a packet of this transaction.
    Send(Transaction),
    /// No echo came: open another socket.
    Missed {
        /// It did before, or was never tried: tell people, and make a contact by HTTP at once.
        is_news: bool,
    },
}

/// What an echo says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Echoed {
    /// It is the first, or the first after one was missing: tell people.
    pub is_found: bool,
    /// The mapping before, where the NAT gave another one to the same socket, or another address at all.
    pub rebound_from: Option<SocketAddr>,
    /// Register again, for that reason.
    pub registers: bool,
}

impl Loopback {
    /// Sends a packet in every such interval from now on; `None`: none.
    pub fn set(&mut self, every_ms: Option<u64>, now_ms: u64, random: u64) {
        let every_ms = every_ms.map(|every_ms| every_ms.max(LEAST_EVERY_MS));
        if every_ms == self.every_ms {
            return;
        }
        let was_on = self.every_ms.is_some();
        self.every_ms = every_ms;
        match every_ms {
            Some(every_ms) if was_on => self.due_ms = self.due_ms.min(now_ms.saturating_add(every_ms)),
            Some(_) => self.soon(now_ms, random),
            None => {
                self.round = None;
                self.echo = Echo::Unheard;
            }
        }
    }

    /// There is another socket, since this machine or its way to the server changed; nothing is known of its mapping.
    pub fn moved(&mut self, now_ms: u64, random: u64) {
        self.mapping = None;
        self.is_owed = false;
        self.soon(now_ms, random);
    }

    /// When [`Loopback::wake`] is wanted, in milliseconds; `None` where no packets are sent.
    #[must_use]
    pub fn due(&self) -> Option<u64> {
        self.every_ms?;
        Some(self.round.map_or(self.due_ms, |round| round.next_ms))
    }

    /// Whether it is known that no echo comes.
    #[must_use]
    pub const fn is_missing(&self) -> bool {
        matches!(self.echo, Echo::Missing)
    }

    /// The time may have come. Too early does no harm.
    pub fn wake(&mut self, now_ms: u64, random: u64) -> Step {
        let Some(every_ms) = self.every_ms else {
            return Step::Wait;
        };
        if self.due().is_none_or(|due_ms| now_ms < due_ms) {
            return Step::Wait;
        }
        let Some(mut round) = self.round.take() else {
            let first = Round {
                transactions: [[0; TRANSACTION]; ATTEMPTS],
                sent: 0,
                next_ms: now_ms,
            };
            return self.send(first, now_ms, random);
        };
        // Nobody waits for who is known not to answer.
        if round.sent < ATTEMPTS && !self.is_missing() {
            round.next_ms = now_ms;
            return self.send(round, now_ms, random);
        }
        self.due_ms = now_ms.saturating_add(next_in(every_ms, random));
        self.is_fresh = true;
        Step::Missed {
            is_news: core::mem::replace(&mut self.echo, Echo::Missing) != Echo::Missing,
        }
    }

    /// The server's answer to this transaction says that it came from there. `None` where it was not waited for.
    pub fn echoed(
        &mut self,
        transaction: &Transaction,
        mapped: SocketAddr,
        now_ms: u64,
        random: u64,
    ) -> Option<Echoed> {
        let every_ms = self.landed(transaction, now_ms, random)?;
        let before = self.mapping.replace(mapped);
        let is_fresh = core::mem::take(&mut self.is_fresh);
        let rebound_from = before.filter(|before| {
            // Another socket has another port anyway.
            before.ip() != mapped.ip() || (!is_fresh && before.port() != mapped.port())
        });
        let apart_ms = every_ms.saturating_mul(ROUNDS_APART);
        let wants = self.is_owed || rebound_from.is_some();
        let registers = wants
            && self
                .registered_ms
                .is_none_or(|last_ms| now_ms >= last_ms.saturating_add(apart_ms));
        if registers {
            self.registered_ms = Some(now_ms);
        }
        self.is_owed = wants && !registers;
        Some(Echoed {
            is_found: core::mem::replace(&mut self.echo, Echo::Heard) != Echo::Heard,
            rebound_from,
            registers,
        })
    }

    /// The server's answer to this transaction refuses it; gives whether it was waited for. The way works.
    pub fn refused(&mut self, transaction: &Transaction, now_ms: u64, random: u64) -> bool {
        self.landed(transaction, now_ms, random).is_some()
    }

    /// Ends the round that this transaction is of; gives the interval.
    fn landed(&mut self, transaction: &Transaction, now_ms: u64, random: u64) -> Option<u64> {
        let every_ms = self.every_ms?;
        let sent = |round: &mut Round| round.transactions[..round.sent].contains(transaction);
        self.round.take_if(sent)?;
        self.due_ms = now_ms.saturating_add(next_in(every_ms, random));
        Some(every_ms)
    }

    fn send(&mut self, mut round: Round, now_ms: u64, random: u64) -> Step {
        let mut transaction = [0; TRANSACTION];
        transaction[..8].copy_from_slice(&random.to_be_bytes());
        transaction[8..].copy_from_slice(&self.sent.to_be_bytes());
        self.sent = self.sent.wrapping_add(1);
        if let Some(place) = round.transactions.get_mut(round.sent) {
            *place = transaction;
        }
        // The last one is waited for as long as the one before it.
        let doublings = round.sent.min(ATTEMPTS - 2);
        round.sent += 1;
        round.next_ms = now_ms.saturating_add(FIRST_WAIT_MS << doublings);
        self.round = Some(round);
        Step::Send(transaction)
    }

    fn soon(&mut self, now_ms: u64, random: u64) {
        self.round = None;
        let within_ms = self.every_ms.unwrap_or(SOON_MS).min(SOON_MS);
        self.due_ms = now_ms.saturating_add(spread::up_to(random, within_ms));
    }
}

/// In the last tenth of the interval, as the server has it with heartbeats (rule 15).
fn next_in(every_ms: u64, random: u64) -> u64 {
    every_ms - spread::up_to(random, every_ms / 10)
}

#[cfg(test)]
mod tests;
