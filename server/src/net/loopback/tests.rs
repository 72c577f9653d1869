//! The listener through real sockets, beside the whole backend.

mod addresses;
mod limits;
mod news;
mod sockets;

use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

use rollcall_shared::agent_api::Fence;
use rollcall_shared::loopback::{
    Answer, News, Outcome as Says, REQUEST, TRANSACTION, Transaction, code, read_answer, request,
};
use serde_json::{Value, json};

use super::*;
use crate::api::agent::testing::{Server, TestAgent};
use crate::auth::loopback_key::{LoopbackKey, Ready};
use crate::auth::proof_key::ProofKey;
use crate::auth::secret::Secret;
use crate::config::LoopbackListen;

/// Against hanging only.
const PATIENCE: Duration = Duration::from_secs(30);

/// A client's socket, and where the server is.
struct Wire {
    socket: UdpSocket,
    asked: u32,
}

impl Wire {
    /// Has the server listen, and connects to it from this address.
    fn to(server: &mut Server, from: &str) -> Self {
        if server
            .backend
            .app
            .loopback
            .port_for(IpAddr::from([127, 0, 0, 1]), None)
            .is_none()
        {
            let at = LoopbackListen::At(vec!["127.0.0.1:0".parse().unwrap()]);
            let sockets = Sockets::bind(&at, &[], &[]).unwrap();
            server.backend.take_loopback(sockets).unwrap();
        }
        let loopback = &server.backend.app.loopback;
        let port = loopback.port_for(IpAddr::from([127, 0, 0, 1]), None).unwrap();
        let socket = UdpSocket::bind((from, 0)).unwrap();
        socket.connect(("127.0.0.1", port)).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        Self { socket, asked: 0 }
    }

    fn local(&self) -> SocketAddr {
        self.socket.local_addr().unwrap()
    }

    fn send(&self, packet: &[u8]) {
        // What is longer than one packet may be is cut by nobody on this way.
        let _sent = self.socket.send(packet);
    }

    fn receive(&self) -> Vec<u8> {
        let mut room = [0; 1500];
        let length = self.socket.recv(&mut room).unwrap();
        room[..length].to_vec()
    }

    /// All that was answered to what was sent so far: then comes the answer to a plain request. The server takes one
    /// after the other.
    fn answers(&mut self) -> Vec<Vec<u8>> {
        let end = self.plain();
        let mut answers = Vec::new();
        loop {
            let packet = self.receive();
            if read_answer(&packet).unwrap().transaction == end {
                return answers;
            }
            answers.push(packet);
        }
    }

    /// Asks as nobody in particular.
    fn plain(&mut self) -> Transaction {
        self.asked += 1;
        let mut transaction = [b'p'; TRANSACTION];
        transaction[..4].copy_from_slice(&self.asked.to_be_bytes());
        let mut packet = vec![0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42];
        packet.extend(transaction);
        self.send(&packet);
        transaction
    }
}

fn key_of(agent: &TestAgent) -> Ready {
    LoopbackKey::of(&ProofKey::of(&Secret::parse(&agent.secret).unwrap())).ready()
}

fn fence_of(agent: &mut TestAgent) -> Fence {
    serde_json::from_value(agent.fence()).unwrap()
}

/// The agent's next packet; its transaction is called by its sequence.
fn packet(agent: &mut TestAgent) -> [u8; REQUEST] {
    let fence = fence_of(agent);
    signed(agent, fence, &key_of(agent))
}

fn signed(agent: &TestAgent, fence: Fence, key: &Ready) -> [u8; REQUEST] {
    let transaction = transaction(fence.sequence);
    request(&transaction, agent.id.parse().unwrap(), fence, |parts| {
        key.sign(parts)
    })
}

fn transaction(sequence: u32) -> Transaction {
    let mut transaction = [b'a'; TRANSACTION];
    transaction[..4].copy_from_slice(&sequence.to_be_bytes());
    transaction
}

/// An answer that its agent believes.
fn believed<'a>(answer: &'a [u8], agent: &TestAgent) -> Answer<'a> {
    let answer = read_answer(answer).unwrap();
    let sealed = answer.sealed.expect("it is signed");
    assert!(key_of(agent).verify(sealed.parts(), sealed.mac()));
    answer
}

async fn last_contact(server: &Server, agent: &TestAgent) -> Value {
    server.read(&format!("/api/v1/agents/{}", agent.id)).await["last_contact"].take()
}

/// How many packets had this outcome.
async fn counted(server: &Server, outcome: &str) -> u64 {
    let page = server.get("/metrics").send().await.text;
    let series = format!("rollcall_loopback_packets_total{{outcome=\"{outcome}\"}} ");
    let count = page.lines().find_map(|line| line.strip_prefix(&series));
    count.map_or(0, |count| count.parse().unwrap())
}

#[tokio::test]
async fn rule_2_a_loopback_packet_is_a_contact_and_is_told_where_it_came_from() {
    let mut server = Server::start().await;
    let mut agent = server.online("web-1").await;
    let wire = Wire::to(&mut server, "127.0.0.1");
    wire.send(&packet(&mut agent));
    let answer = wire.receive();
    let news = News {
        settings_version: 1,
        poll_now: false,
    };
    assert_eq!(
        believed(&answer, &agent).outcome,
        Says::Echo {
            mapped: wire.local(),
            news: Some(news)
        }
    );
    assert_eq!(believed(&answer, &agent).transaction, transaction(agent.sequence));
    assert_eq!(last_contact(&server, &agent).await["kind"], "loopback");
    assert_eq!(counted(&server, "renewed").await, 1);
}

#[tokio::test]
async fn rule_8_a_packet_that_comes_again_renews_nothing_and_is_not_answered() {
    let mut server = Server::start().await;
    let mut agent = server.online("web-1").await;
    let mut wire = Wire::to(&mut server, "127.0.0.1");
    let first = packet(&mut agent);
    let second = packet(&mut agent);
    for packet in [second, first, second, first] {
        wire.send(&packet);
    }
    let answers = wire.answers();
    assert_eq!(answers.len(), 1, "the first of them was overtaken");
    assert_eq!(
        believed(&answers[0], &agent).transaction,
        transaction(agent.sequence)
    );
    let heard = last_contact(&server, &agent).await;
    wire.send(&second);
    assert_eq!(wire.answers().len(), 0);
    assert_eq!(last_contact(&server, &agent).await, heard);
    assert_eq!(counted(&server, "stale").await, 4);
}

#[tokio::test]
async fn a_packet_of_which_any_bit_was_flipped_is_dropped_without_a_word() {
    let mut server = Server::start().await;
    let mut agent = server.online("web-1").await;
    let mut wire = Wire::to(&mut server, "127.0.0.1");
    let right = packet(&mut agent);
    let heard = last_contact(&server, &agent).await;
    for bit in 0..REQUEST * 8 {
        let mut wrong = right;
        wrong[bit / 8] ^= 1 << (bit % 8);
        wire.send(&wrong);
        // Not more at once than the kernel keeps.
        if bit % 128 == 127 {
            assert_eq!(next_second(&mut wire), 0);
        }
    }
    assert_eq!(next_second(&mut wire), 0);
    assert_eq!(last_contact(&server, &agent).await, heard);
    // None of them used the sequence up.
    wire.send(&right);
    let answer = wire.receive();
    believed(&answer, &agent);
    let (unproved, malformed) = (
        counted(&server, "unproved").await,
        counted(&server, "malformed").await,
    );
    assert!(unproved > 300 && malformed > 100, "{unproved} {malformed}");
}

/// How many answers came to what was sent so far. One source is answered only so often a second, so a question that is
/// not answered is asked again.
fn next_second(wire: &mut Wire) -> usize {
    wire.socket
        .set_read_timeout(Some(Duration::from_millis(300)))
        .unwrap();
    let mut others = 0;
    loop {
        let end = wire.plain();
        let mut room = [0; 1500];
        while let Ok(length) = wire.socket.recv(&mut room) {
            if read_answer(&room[..length]).unwrap().sealed.is_some() {
                others += 1;
            } else if read_answer(&room[..length]).unwrap().transaction == end {
                wire.socket.set_read_timeout(Some(PATIENCE)).unwrap();
                return others;
            }
        }
    }
}

#[tokio::test]
async fn who_cannot_prove_to_be_an_agent_is_dropped_without_a_word() {
    let mut server = Server::start().await;
    let mut agent = server.online("web-1").await;
    let mut other = server.online("web-2").await;
    let mut retired = server.online("web-3").await;
    assert_eq!(server.retire(&retired).await.status, 204);
    let mut wire = Wire::to(&mut server, "127.0.0.1");
    let fence = fence_of(&mut agent);
    wire.send(&signed(&agent, fence, &key_of(&other)));
    let mut stranger = other.clone();
    stranger.id = "0000000000005".to_owned();
    wire.send(&packet(&mut stranger));
    wire.send(&packet(&mut retired));
    wire.send(b"GET / HTTP/1.1\r\n\r\n");
    wire.send(&[]);
    assert_eq!(wire.answers().len(), 0);
    // Of nothing at all nothing is counted.
    for (outcome, count) in [("unproved", 1), ("unknown", 1), ("retired", 1), ("malformed", 1)] {
        assert_eq!(counted(&server, outcome).await, count, "{outcome}");
    }
    // Of who can, nobody was harmed.
    wire.send(&signed(&agent, fence, &key_of(&agent)));
    believed(&wire.receive(), &agent);
    wire.send(&packet(&mut other));
    believed(&wire.receive(), &other);
}

#[tokio::test]
async fn rule_8_a_boot_that_is_not_the_current_one_is_told_to_register() {
    let mut server = Server::start().await;
    let mut agent = server.online("web-1").await;
    let wire = Wire::to(&mut server, "127.0.0.1");
    let heard = last_contact(&server, &agent).await;
    agent.boot = "000000b2".to_owned();
    wire.send(&packet(&mut agent));
    let answer = wire.receive();
    assert_eq!(
        believed(&answer, &agent).outcome,
        Says::Refused(code::REGISTER_FIRST)
    );
    assert_eq!(last_contact(&server, &agent).await, heard);
    agent.register(&server).await;
    wire.send(&packet(&mut agent));
    let answer = wire.receive();
    assert!(matches!(believed(&answer, &agent).outcome, Says::Echo { .. }));
}

#[tokio::test]
async fn an_offline_agent_is_back_by_its_packet_and_answered_when_that_is_kept() {
    let mut server = Server::start().await;
    let mut agent = server.online("web-1").await;
    let wire = Wire::to(&mut server, "127.0.0.1");
    agent.goodbye(&server, "stop").await;
    assert_eq!(server.status_of(&agent).await, "offline");
    let packet = packet(&mut agent);
    let answer = tokio::task::spawn_blocking(move || {
        wire.send(&packet);
        wire.receive()
    });
    let answer = answer.await.unwrap();
    assert!(matches!(believed(&answer, &agent).outcome, Says::Echo { .. }));
    assert_eq!(server.status_of(&agent).await, "online");
    let shown = server.read(&format!("/api/v1/agents/{}", agent.id)).await;
    assert_eq!(shown["cause"], "contact.loopback");
}
