//! Loopback packets through a real NAT: they keep its mapping, and where it forgets, both ends notice.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use ring::hmac;
use rollcall_shared::agent_api::Fence;
use rollcall_shared::why::{Loopback, Mapping, Why};
use rollcall_shared::{AgentId, BootId, ContactKind, LoopbackMode, Seconds, Status, dial, loopback};
use serde_json::Value;

use crate::lab::{Family, Lab, OUTSIDE_V4, PORT, ROUTER_V4, SERVER_V4, socket};
use crate::real::admin::Admin;
use crate::real::agent::Agent;
use crate::real::moment::{until, until_so, wall_ms};
use crate::real::process::tool;
use crate::real::server::{Plan, Server};
use crate::real::skipped::skipped;

/// The router of these tests forgets UDP that was silent for so long.
const FORGOTTEN_AFTER_S: u32 = 3;

/// The least interval, which is a second where a minute is six: well within that.
const EVERY_S: u32 = 10;
const MINUTE: Duration = Duration::from_secs(6);

/// A server and an agent behind a forgetful NAT, which sends loopback packets; and that first mapping.
struct Looping {
    agent: Agent,
    server: Server,
    admin: Admin,
    id: AgentId,
    first: Mapping,
    /// The last to go.
    lab: Lab,
}

impl Looping {
    fn begin(test: &str, plan: impl FnOnce(Plan) -> Plan) -> Option<Self> {
        let lab = Lab::lay(test, Family::V4, Family::V4)?;
        lab.forgetful(FORGOTTEN_AFTER_S).unwrap();
        let server = Server::start(plan(Plan {
            minute: MINUTE,
            // An hour, so that it is the packets that are heard.
            heartbeat_every: 600,
            offline_after: 1_300,
            poll_every: 600,
            ..lab.plan()
        }));
        let admin = Admin::first(&server);
        admin.save(|settings| {
            settings.loopback = LoopbackMode::All;
            settings.loopback_every_seconds = Seconds::new(EVERY_S).unwrap();
        });
        let (url, token) = (&server.announcement.url, server.announcement.token());
        let agent = Agent::enrolled("inside", lab.network("inside"), url, token);
        let id = admin.sees("inside", Status::Online).id;
        let first = until("its first packet comes", || looped(&admin, id).mapping);
        assert_eq!(first.address, ROUTER_V4.parse::<std::net::IpAddr>().unwrap());
        Some(Self {
            agent,
            server,
            admin,
            id,
            first,
            lab,
        })
    }

    /// When its last packet came.
    fn last_ms(&self) -> i64 {
        let why: Why = self.admin.read(&format!("/api/v1/agents/{}/why", self.id));
        let last = why
            .proofs
            .iter()
            .find(|proof| proof.path == ContactKind::Loopback);
        last.map_or(0, |proof| proof.at_ms)
    }

    fn end(mut self) {
        self.admin.history().nobody_falsely_offline(&[self.id]);
        self.server.must_run();
        drop(self.agent);
    }
}

/// What the server knows by an agent's packets.
fn looped(admin: &Admin, id: AgentId) -> Loopback {
    let why: Why = admin.read(&format!("/api/v1/agents/{id}/why"));
    why.loopback.unwrap_or(Loopback {
        mapping: None,
        every_ms: None,
        is_overdue: false,
    })
}

#[test]
fn packets_keep_a_mapping_that_the_nat_would_forget_within_seconds() {
    let Some(looping) = Looping::begin("a_mapping_kept_alive", |plan| plan) else {
        return;
    };
    // Three times what the router remembers, by what the server heard.
    let long = looping.first.since_ms + 3_000 * i64::from(FORGOTTEN_AFTER_S);
    until_so("packets came for three times that", || looping.last_ms() > long);
    assert_eq!(looped(&looping.admin, looping.id).mapping, Some(looping.first));

    // And it is the packets that keep it: seldom ones come by another port each time.
    looping.admin.save(|settings| {
        settings.loopback_every_seconds = Seconds::new(EVERY_S * (FORGOTTEN_AFTER_S + 2)).unwrap();
    });
    let other = until("the router gives it another mapping", || {
        looped(&looping.admin, looping.id)
            .mapping
            .filter(|mapping| *mapping != looping.first)
    });
    assert_eq!(other.address, looping.first.address);
    looping
        .agent
        .until_says("The NAT gave this agent another mapping");
    looping.agent.until_says("reason=rebound");
    looping.end();
}

#[test]
fn a_nat_that_gets_another_address_is_noticed_at_both_ends_within_an_interval() {
    let Some(looping) = Looping::begin("another_public_address", |plan| plan) else {
        return;
    };
    let moved_to = "198.51.100.3";
    let (lab, admin) = (&looping.lab, &looping.admin);
    // With its address the router forgets what it lent it for. Gone before the other comes: with the first address of a
    // network Linux takes those away that came after it.
    lab.address("del", "router", "wan", ROUTER_V4).unwrap();
    lab.address("add", "router", "wan", moved_to).unwrap();
    let mapping = until("packets come from the new address", || {
        looped(admin, looping.id)
            .mapping
            .filter(|mapping| mapping.address == moved_to.parse::<std::net::IpAddr>().unwrap())
    });
    assert!(mapping.since_ms > looping.first.since_ms);
    looping
        .agent
        .until_says("The NAT gave this agent another mapping");
    looping.agent.until_says("reason=rebound");
    // Rule 14: it is seen from there by its call.
    until_so("its registration moves it", || {
        admin.agent("inside").address == Some(moved_to.parse().unwrap())
    });
    looping.end();
}

#[test]
fn a_missing_echo_is_said_by_both_ends_and_is_no_absence() {
    let Some(looping) = Looping::begin("a_missing_echo", |plan| plan) else {
        return;
    };
    let began = wall_ms();
    looping.lab.drops(&format!("udp dport {PORT}")).unwrap();
    until_so("the server calls the next one overdue", || {
        looped(&looping.admin, looping.id).is_overdue
    });
    looping.agent.until_says("No echo to loopback packets");
    // An hour before it was due.
    until_so("it makes a contact by HTTP at once", || {
        let last = looping.admin.agent("inside").last_contact;
        last.is_some_and(|last| last.kind == ContactKind::Heartbeat && last.at_ms > began)
    });
    looping.lab.passes().unwrap();
    until_so("packets come again", || {
        let now = looped(&looping.admin, looping.id);
        !now.is_overdue && now.mapping != Some(looping.first)
    });
    looping.end();
}

#[test]
fn who_only_has_a_bad_line_for_packets_stays_online_and_replays_help_nobody() {
    // A lease of ten seconds: longer than the gaps below, and the line for HTTP is cut for longer.
    let begun = Looping::begin("loss_and_replays", |plan| Plan {
        minute: Duration::from_secs(1),
        heartbeat_every: 2,
        offline_after: 10,
        ..plan
    });
    let Some(looping) = begun else { return };
    let (lab, admin) = (&looping.lab, &looping.admin);
    admin.save(|settings| settings.loopback_every_seconds = Seconds::new(60).unwrap());
    // Three of ten, always the same: no test depends on luck. With the waits of a round, at most four seconds go by
    // between two packets that arrive.
    lab.drops(&format!("udp dport {PORT} numgen inc mod 10 lt 3"))
        .unwrap();
    lab.drops(&format!("udp sport {PORT} numgen inc mod 10 lt 3"))
        .unwrap();
    lab.drops(&format!("tcp dport {PORT}")).unwrap();
    let cut = wall_ms();
    let forger = Forger::of(&looping.agent, looping.id);
    let strangers = lab.network("outside").datagrams(socket(OUTSIDE_V4, 0)).unwrap();
    let answered = until("packets alone kept it online for two leases", || {
        // All of its first packets again, and its next one with the MAC of somebody else.
        for sequence in 1..=3 {
            strangers
                .send_to(&forger.packet(sequence, 0), (SERVER_V4, PORT))
                .unwrap();
        }
        strangers
            .send_to(&forger.packet(u32::MAX, 1), (SERVER_V4, PORT))
            .unwrap();
        let last = admin.agent("inside").last_contact.unwrap();
        let is_enough = last.kind == ContactKind::Loopback && last.at_ms > cut + 20_000;
        is_enough.then(|| admin.agent("inside"))
    });
    assert_eq!(answered.status, Status::Online);
    assert_eq!(
        answered.address,
        Some(ROUTER_V4.parse().unwrap()),
        "nobody moved it"
    );
    strangers.set_nonblocking(true).unwrap();
    assert!(strangers.recv(&mut [0; 200]).is_err(), "and nobody was answered");
    lab.passes().unwrap();
    until_so("calls come through again", || {
        let last = admin.agent("inside").last_contact;
        last.is_some_and(|last| last.kind != ContactKind::Loopback)
    });
    looping.end();
}

/// Who saw an agent's packets, or has another key: it makes those packets again.
struct Forger {
    agent: AgentId,
    boot: BootId,
    key: Vec<u8>,
}

impl Forger {
    fn of(agent: &Agent, id: AgentId) -> Self {
        use base64::Engine as _;
        let read = |file: &str| -> Value {
            serde_json::from_slice(&std::fs::read(agent.state().join(file)).unwrap()).unwrap()
        };
        let secret = read("identity.json")["secret"].as_str().unwrap().to_owned();
        let secret = base64::engine::general_purpose::URL_SAFE_NO_PAD
            .decode(secret)
            .unwrap();
        let derive = |key: &[u8], purpose: &[u8]| {
            let key = hmac::Key::new(hmac::HMAC_SHA256, key);
            hmac::sign(&key, purpose).as_ref().to_vec()
        };
        let proof_key = derive(&secret, dial::KEY_PURPOSE);
        Self {
            agent: id,
            boot: read("status.json")["boot"].as_str().unwrap().parse().unwrap(),
            key: derive(&proof_key, loopback::KEY_PURPOSE),
        }
    }

    /// A packet of this sequence, signed with the key, of which the first byte is off by `off`.
    fn packet(&self, sequence: u32, off: u8) -> [u8; loopback::REQUEST] {
        let fence = Fence {
            boot: self.boot,
            sequence,
            applied: 1,
        };
        let mut key = self.key.clone();
        key[0] ^= off;
        let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
        loopback::request(&[7; loopback::TRANSACTION], self.agent, fence, |parts| {
            hmac::sign(&key, &parts.concat()).as_ref().try_into().unwrap()
        })
    }
}

#[test]
fn another_programs_client_is_told_its_own_address() {
    const CLIENT: &str = "turnutils_stunclient";
    let test = "another_programs_client";
    let Some(lab) = Lab::lay(test, Family::V4, Family::V4) else {
        return;
    };
    let mut server = Server::start(lab.plan());
    if Command::new(CLIENT).arg("-h").output().is_err() {
        skipped(test, &format!("{CLIENT} (apt-get install coturn)"));
        return;
    }
    let mut command = lab.network("outside").command(Path::new(CLIENT));
    let said = tool(command.args(["-p", &PORT.to_string(), SERVER_V4])).unwrap();
    let (_, told) = said.split_once("UDP reflexive addr: ").expect("it was answered");
    let told: SocketAddr = told.split_whitespace().next().unwrap().parse().unwrap();
    assert_eq!(told.ip(), OUTSIDE_V4.parse::<std::net::IpAddr>().unwrap());
    server.must_run();
}
