//! Both ends over loopback: the agent's end is played by the test.

use std::cell::Cell;

use rollcall_shared::BootId;
use rollcall_shared::dial::{GREETING, ORDER, RECEIPT};
use tokio::net::TcpListener;

use super::*;

const NONCE_OF_SERVER: [u8; NONCE] = [1; NONCE];
const NONCE_OF_AGENT: [u8; NONCE] = [2; NONCE];

fn key(byte: u8) -> ProofKey {
    ProofKey::from_bytes([byte; 32])
}

fn fence() -> Fence {
    Fence {
        boot: BootId::from_bits(7).unwrap(),
        sequence: 12,
        applied: 3,
    }
}

fn callee() -> Callee {
    Callee {
        agent: AgentId::from_bits(5),
        key: key(9),
    }
}

/// The note of an order that must not be given.
fn never() {
    panic!("an order was about to be given to who had not proved itself");
}

/// An agent with this key that answers one call; gives the order that it took.
async fn agent(key: ProofKey) -> (SocketAddr, tokio::task::JoinHandle<Option<Purpose>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let agent = AgentId::from_bits(5);
    let answering = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut greeting = [0; GREETING];
        stream.read_exact(&mut greeting).await.ok()?;
        let server = dial::read_greeting(&greeting)?;
        let proof = Proof {
            nonce: NONCE_OF_AGENT,
            fence: fence(),
            mac: key.sign(&dial::proof_text(agent, &server, &NONCE_OF_AGENT, fence())),
        };
        stream.write_all(&proof.to_bytes()).await.ok()?;
        let mut order = [0; ORDER];
        stream.read_exact(&mut order).await.ok()?;
        let order = Order::of_bytes(&order)?;
        let text = dial::order_text(agent, &server, &NONCE_OF_AGENT, order.purpose);
        stream.write_all(&[RECEIPT]).await.ok()?;
        key.verify(&text, &order.mac).then_some(order.purpose)
    });
    (address, answering)
}

#[tokio::test]
async fn both_prove_themselves_and_the_order_arrives() {
    let (address, answering) = agent(key(9)).await;
    let noted = Cell::new(false);
    let note = || noted.set(true);
    let heard = dial(address, &callee(), Purpose::News, NONCE_OF_SERVER, note).await;
    assert_eq!(heard.unwrap(), fence());
    assert!(noted.get());
    assert_eq!(answering.await.unwrap(), Some(Purpose::News));
}

/// The agent acts on an order before the server reads its receipt: what it answers must find the note.
#[tokio::test]
async fn the_note_is_made_before_the_agent_has_its_order() {
    let (address, answering) = agent(key(9)).await;
    let note = || assert!(!answering.is_finished());
    let heard = dial(address, &callee(), Purpose::News, NONCE_OF_SERVER, note).await;
    assert_eq!(heard.unwrap(), fence());
    assert_eq!(answering.await.unwrap(), Some(Purpose::News));
}

#[tokio::test]
async fn who_has_another_key_is_not_the_agent_and_is_told_nothing() {
    let (address, answering) = agent(key(8)).await;
    let refused = dial(address, &callee(), Purpose::Verify, NONCE_OF_SERVER, never).await;
    assert!(matches!(refused, Err(DialError::NotTheAgent)));
    assert_eq!(answering.await.unwrap(), None);
}

#[tokio::test]
async fn what_speaks_something_else_is_not_the_agent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(&[b'x'; 4096]).await.unwrap();
    });
    let refused = dial(address, &callee(), Purpose::Verify, NONCE_OF_SERVER, never)
        .await
        .unwrap_err();
    assert_eq!(refused.outcome(), VerificationOutcome::NotTheAgent);
}

#[tokio::test]
async fn a_port_that_nothing_listens_on_refuses() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let refused = dial(address, &callee(), Purpose::Verify, NONCE_OF_SERVER, never).await;
    assert!(matches!(refused, Err(DialError::Refused)));
}
