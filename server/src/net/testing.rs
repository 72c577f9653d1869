//! An agent of the tests that listens for the server, on loopback.

use std::net::{IpAddr, Ipv4Addr};

use rollcall_shared::agent_api::Fence;
use rollcall_shared::dial::{self, GREETING, NONCE, ORDER, Order, Proof, Purpose, RECEIPT};
use rollcall_shared::{AgentId, BootId};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::api::agent::testing::TestAgent;
use crate::auth::proof_key::ProofKey;
use crate::auth::secret::Secret;

/// The ear of an agent.
pub(crate) struct Listening {
    listener: TcpListener,
    key: ProofKey,
}

impl Listening {
    /// Has an agent listen; it says so when it registers next.
    pub(crate) async fn of(agent: &mut TestAgent) -> Self {
        let listener = TcpListener::bind((IpAddr::V4(Ipv4Addr::LOCALHOST), 0))
            .await
            .unwrap();
        agent.notify_port = Some(listener.local_addr().unwrap().port());
        Self {
            listener,
            key: ProofKey::of(&Secret::parse(&agent.secret).unwrap()),
        }
    }

    /// Takes the next connection, proves to be the agent with its next sequence, and gives the order.
    pub(crate) async fn ordered(&mut self, agent: &mut TestAgent) -> Purpose {
        let stream = self.taken().await;
        self.converse(stream, agent).await
    }

    /// Takes the next connection.
    pub(crate) async fn taken(&mut self) -> TcpStream {
        self.listener.accept().await.unwrap().0
    }

    /// Proves to be the agent with its next sequence, and gives the order.
    pub(crate) async fn converse(&self, mut stream: TcpStream, agent: &mut TestAgent) -> Purpose {
        const NONCE_OF_AGENT: [u8; NONCE] = [2; NONCE];
        let id: AgentId = agent.id.parse().unwrap();
        let mut greeting = [0; GREETING];
        stream.read_exact(&mut greeting).await.unwrap();
        let server = dial::read_greeting(&greeting).unwrap();
        agent.sequence += 1;
        let fence = Fence {
            boot: BootId::from_bits(u32::from_str_radix(&agent.boot, 16).unwrap()).unwrap(),
            sequence: agent.sequence,
            applied: agent.applied,
        };
        let text = dial::proof_text(id, &server, &NONCE_OF_AGENT, fence);
        let proof = Proof {
            nonce: NONCE_OF_AGENT,
            fence,
            mac: self.key.sign(&text),
        };
        stream.write_all(&proof.to_bytes()).await.unwrap();
        let mut order = [0; ORDER];
        stream.read_exact(&mut order).await.unwrap();
        let order = Order::of_bytes(&order).unwrap();
        let text = dial::order_text(id, &server, &NONCE_OF_AGENT, order.purpose);
        assert!(self.key.verify(&text, &order.mac));
        stream.write_all(&[RECEIPT]).await.unwrap();
        order.purpose
    }

    /// Takes connections and says nothing, for ever.
    pub(crate) async fn hold_on(self) {
        let mut held = Vec::new();
        loop {
            held.push(self.listener.accept().await.unwrap());
        }
    }
}
