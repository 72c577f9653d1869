//! Loopback packets on the wire: one socket, connected to where the agent last reached the server, and what their echoes
//! ask of the agent. When packets go out is decided in [`rollcall_agent::loopback`].

use core::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use core::time::Duration;

use ring::hmac;
use rollcall_agent::loopback::{Echoed, Loopback, Step};
use rollcall_agent::schedule::{End, Input};
use rollcall_shared::Reachability;
use rollcall_shared::agent_api::Fence;
use rollcall_shared::loopback::{
    KEY_PURPOSE, LONGEST, MAC, News, Outcome, Sealed, Transaction, code, read_answer, request,
};
use tokio::net::UdpSocket;
use tracing::{debug, info, warn};

use super::Runner;
use crate::clock;
use crate::status::State;

/// How long nothing is read after the network said no, or what it says again and again would take all of the processor.
const BREATH: Duration = Duration::from_millis(100);

/// The status file is not replaced more often than this for an echo that is like the one before.
const KEEP_EVERY_S: u64 = 60;

/// The agent's end.
#[derive(Default)]
pub(super) struct Echoes {
    loopback: Loopback,
    /// The port on which the server takes packets, as it said when the agent registered.
    pub(super) port: Option<u16>,
    server: Option<SocketAddr>,
    socket: Option<UdpSocket>,
    key: Option<hmac::Key>,
    /// When the status file was last replaced for an echo: seconds since 1970.
    kept_s: u64,
}

/// A packet that came.
pub(super) struct Came(Vec<u8>);

impl Echoes {
    /// From now on packets are signed by what follows from this proof key.
    pub(super) fn set_key(&mut self, proof_key: Option<&hmac::Key>) {
        self.key = proof_key.map(|key| {
            let derived = hmac::sign(key, KEY_PURPOSE);
            hmac::Key::new(hmac::HMAC_SHA256, derived.as_ref())
        });
    }

    /// When [`Runner::loop_back`] is wanted.
    pub(super) fn due(&self) -> Option<u64> {
        self.loopback.due()
    }

    /// The way to the server is another one than before.
    pub(super) fn moved(&mut self, now_ms: u64, random: u64) {
        self.socket = None;
        self.loopback.moved(now_ms, random);
    }

    /// The next packet from the server.
    pub(super) async fn next(&mut self) -> Came {
        let Some(socket) = &self.socket else {
            return core::future::pending().await;
        };
        let mut room = [0; LONGEST];
        loop {
            match socket.recv(&mut room).await {
                Ok(length) => return Came(room[..length].to_vec()),
                Err(error) => {
                    debug!("No loopback packet can be received: {error}");
                    tokio::time::sleep(BREATH).await;
                }
            }
        }
    }

    fn set(&mut self, server: Option<SocketAddr>, every_ms: Option<u64>, now_ms: u64, random: u64) {
        if server != self.server {
            self.server = server;
            self.moved(now_ms, random);
        }
        let can = server.is_some() && self.key.is_some();
        self.loopback.set(every_ms.filter(|_| can), now_ms, random);
        if self.loopback.due().is_none() {
            self.socket = None;
        }
    }

    fn sign(&self, parts: [&[u8]; 2]) -> [u8; MAC] {
        let mut mac = [0; MAC];
        if let Some(key) = &self.key {
            let mut context = hmac::Context::with_key(key);
            for part in parts {
                context.update(part);
            }
            mac.copy_from_slice(context.sign().as_ref());
        }
        mac
    }

    fn believes(&self, sealed: &Sealed<'_>) -> bool {
        let text = sealed.parts().concat();
        self.key
            .as_ref()
            .is_some_and(|key| hmac::verify(key, &text, sealed.mac()).is_ok())
    }
}

async fn send(server: SocketAddr, socket: &mut Option<UdpSocket>, packet: &[u8]) -> std::io::Result<()> {
    let socket = match socket {
        Some(socket) => socket,
        empty => {
            let any: SocketAddr = match server {
                SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
                SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
            };
            let made = UdpSocket::bind(any).await?;
            made.connect(server).await?;
            empty.insert(made)
        }
    };
    socket.send(packet).await.map(drop)
}

impl Runner {
    /// Whether packets are sent, how often and where to, as it is known now.
    pub(super) fn set_echoes(&mut self) {
        let server = self.peer.zip(self.echoes.port).map(|(mut peer, port)| {
            peer.set_port(port);
            peer
        });
        let reachability = self.kept.reachability.unwrap_or(Reachability::Reachable);
        let every_ms = self.living.loopback_every_ms(reachability);
        let every_ms = every_ms.filter(|_| self.schedule.may_prove());
        let random = self.dice.roll();
        self.echoes.set(server, every_ms, clock::now_ms(), random);
        match (&self.kept.loopback, self.echoes.due()) {
            (None, Some(_)) => self.kept.loopback = Some(crate::status::Loopback::default()),
            (Some(_), None) => self.kept.loopback = None,
            _ => {}
        }
    }

    /// Sends what is due.
    pub(super) async fn loop_back(&mut self) -> Option<End> {
        let random = self.dice.roll();
        match self.echoes.loopback.wake(clock::now_ms(), random) {
            Step::Wait => None,
            Step::Send(transaction) => {
                if let Some(fence) = self.schedule.prove() {
                    self.send_packet(&transaction, fence).await;
                }
                None
            }
            Step::Missed { is_news } => {
                self.echoes.socket = None;
                if !is_news {
                    return None;
                }
                warn!(
                    "No echo to loopback packets; asking by HTTP, and trying another port from time to time"
                );
                if let Some(loopback) = &mut self.kept.loopback {
                    loopback.no_echo_since = Some(clock::wall_s());
                }
                self.keep();
                self.feed(Input::Unheard)
            }
        }
    }

    async fn send_packet(&mut self, transaction: &Transaction, fence: Fence) {
        let Some(server) = self.echoes.server else {
            return;
        };
        let packet = request(transaction, self.identity.agent, fence, |parts| {
            self.echoes.sign(parts)
        });
        // A packet that cannot be sent is one that is lost.
        if let Err(error) = send(server, &mut self.echoes.socket, &packet).await {
            debug!("A loopback packet cannot be sent: {error}");
        }
    }

    /// Takes in what came, where it is the server's.
    pub(super) fn came(&mut self, Came(packet): &Came) -> Option<End> {
        let answer = read_answer(packet).ok()?;
        if !answer.sealed.is_some_and(|sealed| self.echoes.believes(&sealed)) {
            return None;
        }
        let (now_ms, random) = (clock::now_ms(), self.dice.roll());
        match answer.outcome {
            Outcome::Echo { mapped, news } => {
                let echoed = self
                    .echoes
                    .loopback
                    .echoed(&answer.transaction, mapped, now_ms, random)?;
                self.echoed(mapped, echoed, news)
            }
            Outcome::Refused(reason) => {
                let waited = self.echoes.loopback.refused(&answer.transaction, now_ms, random);
                if waited && reason == code::REGISTER_FIRST {
                    info!("The server asks this agent to register, in answer to a loopback packet");
                    return self.feed(Input::MustRegister);
                }
                None
            }
        }
    }

    fn echoed(&mut self, mapped: SocketAddr, echoed: Echoed, news: Option<News>) -> Option<End> {
        let now_s = clock::wall_s();
        // It was a contact.
        self.kept.last_contact = Some(now_s);
        self.kept.loopback = Some(crate::status::Loopback {
            mapping: Some(mapped),
            last_echo: Some(now_s),
            no_echo_since: None,
        });
        if echoed.is_found {
            info!("Loopback packets are echoed; the server sees them come from {mapped}");
        }
        if let Some(before) = echoed.rebound_from {
            info!("The NAT gave this agent another mapping: it was {before} and is {mapped}");
        }
        let is_other = echoed.is_found || echoed.rebound_from.is_some();
        if is_other || now_s.saturating_sub(self.echoes.kept_s) >= KEEP_EVERY_S {
            self.echoes.kept_s = now_s;
            self.keep();
        }
        if echoed.registers {
            // A NAT that forgot the one mapping forgot the others, too.
            self.hang_up();
            return self.feed(Input::Rebound);
        }
        let wants_poll =
            news.is_some_and(|news| news.poll_now || news.settings_version != self.schedule.applied());
        // Where calls fail, what is new has to wait for the back-off.
        if wants_poll && self.flight.is_none() && self.kept.state == State::InContact {
            return self.feed(Input::PollNow);
        }
        None
    }
}
