//! The connections that all agents share: each takes the next call, makes it, and says what came of it.
//!
//! A real fleet has a connection each. That is another load: it costs the server memory for each of them, and this
//! program a file each. A shared pool asks for the same answers.

use core::cell::RefCell;
use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use core::time::Duration;
use std::net::UdpSocket;
use std::rc::Rc;

use rollcall_agent::schedule::Call;
use rollcall_shared::agent_api::{Poll, Register};
use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::clock::{self, Clock};
use crate::enrol::{machine_id, name};
use crate::fleet::{Fleet, Outgoing};
use crate::http::{self, Endpoint, Link, Path, Requests};

/// What a simulated machine says that it is.
pub(crate) const PLATFORM: &str = "rollcall-fleet";

/// How long a heartbeat of the closed loop may take: as long as an agent's call.
const WITHIN: Duration = Duration::from_millis(rollcall_agent::schedule::CALL_WITHIN_MS);

/// What all connections share.
pub(crate) struct Traffic {
    pub(crate) fleet: RefCell<Fleet>,
    pub(crate) clock: Clock,
    endpoint: Endpoint,
    requests: Requests,
    more: Notify,
    local: IpAddr,
}

impl Traffic {
    /// Toward this server.
    pub(crate) fn new(fleet: Fleet, clock: Clock, endpoint: Endpoint) -> Self {
        Self {
            requests: Requests::to(&endpoint.url),
            local: local_toward(endpoint.address),
            fleet: RefCell::new(fleet),
            clock,
            endpoint,
            more: Notify::new(),
        }
    }

    /// Lets everybody do what is due.
    pub(crate) fn wake(&self) {
        let now_us = self.clock.now_us();
        self.act(|fleet| fleet.wake(now_us));
    }

    /// Changes the fleet, and has connections take what that brings.
    pub(crate) fn act(&self, act: impl FnOnce(&mut Fleet)) {
        let mut fleet = self.fleet.borrow_mut();
        let before = fleet.waiting();
        act(&mut fleet);
        let more = fleet.waiting().saturating_sub(before);
        drop(fleet);
        // More of them than there are connections are taken as these become free.
        for _ in 0..more.min(1 << 16) {
            self.more.notify_one();
        }
    }

    /// The server's address.
    pub(crate) const fn server(&self) -> IpAddr {
        self.endpoint.address.ip()
    }

    /// So many connections, each a task; they end when they are dropped.
    pub(crate) fn serve(self: &Rc<Self>, connections: u32) -> JoinSet<()> {
        let mut tasks = JoinSet::new();
        for _ in 0..connections {
            let traffic = Rc::clone(self);
            tasks.spawn_local(async move { traffic.carry().await });
        }
        tasks
    }

    async fn next(&self) -> Outgoing {
        loop {
            let next = self.fleet.borrow_mut().take(self.clock.now_us());
            match next {
                Some(call) => return call,
                None => self.more.notified().await,
            }
        }
    }

    async fn carry(&self) {
        let mut link = Link::new(self.local);
        let (mut body, mut request) = (Vec::new(), Vec::new());
        loop {
            let call = self.next().await;
            self.write(&call, link.local(), &mut body, &mut request);
            let sent_us = self.clock.now_us();
            let waited_us = sent_us.saturating_sub(call.due_us);
            let within =
                Duration::from_millis(call.send.within_ms).saturating_sub(Duration::from_micros(waited_us));
            let result = link.call(&self.endpoint, &request, within).await;
            let now_us = self.clock.now_us();
            self.fleet.borrow_mut().landed(&call, sent_us, now_us, result);
        }
    }

    fn write(&self, call: &Outgoing, local: IpAddr, body: &mut Vec<u8>, request: &mut Vec<u8>) {
        let fence = call.send.fence;
        let path = match call.send.call {
            Call::Register(reason) => {
                let register = Register {
                    fence,
                    reason,
                    machine_id: machine_id(call.agent),
                    host_name: name(call.agent),
                    platform: PLATFORM.to_owned(),
                    agent_version: env!("CARGO_PKG_VERSION").to_owned(),
                    local_address: Some(local),
                    addresses: Vec::new(),
                    // The server cannot connect to a simulated agent.
                    notify_port: None,
                    clock_ms: Some(clock::wall_ms()),
                };
                *body = serde_json::to_vec(&register).unwrap_or_default();
                Path::Register
            }
            Call::Poll => {
                let poll = Poll {
                    fence,
                    components: Some(Vec::new()),
                };
                *body = serde_json::to_vec(&poll).unwrap_or_default();
                Path::Poll
            }
            // Nothing is installed, so nothing is acknowledged, and nobody says goodbye.
            Call::Heartbeat | Call::Ack | Call::Goodbye(_) => {
                http::heartbeat(body, fence);
                Path::Heartbeat
            }
        };
        self.requests
            .write(request, path, self.fleet.borrow().credential(call.agent), body);
    }

    /// So many connections in a closed loop: each sends heartbeats of its own agents, one after another, as fast as
    /// they are answered.
    pub(crate) fn hammer(self: &Rc<Self>, connections: u32) -> JoinSet<()> {
        let mut tasks = JoinSet::new();
        for first in 0..connections {
            let traffic = Rc::clone(self);
            tasks.spawn_local(async move { traffic.beat_on(first, connections).await });
        }
        tasks
    }

    async fn beat_on(&self, first: u32, step: u32) {
        let mut link = Link::new(self.local);
        let (mut body, mut request) = (Vec::new(), Vec::new());
        let size = self.fleet.borrow().size();
        let mut agent = first;
        loop {
            let Some(fence) = self.fleet.borrow_mut().beat(agent) else {
                // Not registered: the others go on.
                agent = if agent + step < size { agent + step } else { first };
                tokio::task::yield_now().await;
                continue;
            };
            http::heartbeat(&mut body, fence);
            self.requests.write(
                &mut request,
                Path::Heartbeat,
                self.fleet.borrow().credential(agent),
                &body,
            );
            let sent_us = self.clock.now_us();
            let result = link.call(&self.endpoint, &request, WITHIN).await;
            let now_us = self.clock.now_us();
            let wait = self.fleet.borrow_mut().beaten(agent, sent_us, now_us, result);
            if let Some(seconds) = wait {
                tokio::time::sleep(Duration::from_secs(seconds)).await;
            }
            agent = if agent + step < size { agent + step } else { first };
        }
    }
}

/// This machine's address toward the server; nothing is sent for it.
pub(crate) fn local_toward(server: SocketAddr) -> IpAddr {
    let unspecified: IpAddr = if server.is_ipv4() {
        Ipv4Addr::UNSPECIFIED.into()
    } else {
        core::net::Ipv6Addr::UNSPECIFIED.into()
    };
    let found = UdpSocket::bind((unspecified, 0)).and_then(|socket| {
        socket.connect(server)?;
        socket.local_addr()
    });
    found.map_or(unspecified, |local| local.ip().to_canonical())
}
