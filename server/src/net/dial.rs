//! One connection to an agent: both sides prove their key over the other's nonce ([`rollcall_shared::dial`]).

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use rollcall_shared::AgentId;
use rollcall_shared::agent_api::Fence;
use rollcall_shared::console_api::VerificationOutcome;
use rollcall_shared::dial::{self, NONCE, Order, PROOF, Proof, Purpose};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::auth::proof_key::ProofKey;

/// How long the connection may take to stand: a SYN that was lost is sent again after a second and after three.
const CONNECT_WITHIN: Duration = Duration::from_secs(4);

/// How long the conversation may then take: two round trips and a MAC on a slow machine.
const TALK_WITHIN: Duration = Duration::from_secs(4);

/// Why an agent could not be spoken to.
#[derive(Debug, thiserror::Error)]
pub enum DialError {
    /// Nothing listens there, or a firewall refused.
    #[error("the connection was refused")]
    Refused,
    /// There is no route.
    #[error("there is no route")]
    NoRoute(#[source] io::Error),
    /// No answer in time.
    #[error("no answer in time")]
    TimedOut,
    /// What answered did not prove that it is the agent.
    #[error("what answered did not prove that it is the agent")]
    NotTheAgent,
    /// The connection broke.
    #[error("the connection broke")]
    Broke(#[source] io::Error),
}

impl DialError {
    /// As people are told.
    #[must_use]
    pub const fn outcome(&self) -> VerificationOutcome {
        match self {
            Self::Refused => VerificationOutcome::ConnectionRefused,
            Self::NoRoute(_) => VerificationOutcome::NoRoute,
            Self::TimedOut => VerificationOutcome::TimedOut,
            Self::NotTheAgent | Self::Broke(_) => VerificationOutcome::NotTheAgent,
        }
    }
}

/// What is known of the agent that is to answer.
#[derive(Debug, Clone)]
pub struct Callee {
    /// Who.
    pub agent: AgentId,
    /// Its key.
    pub key: ProofKey,
}

/// Connects, has the agent prove itself, proves the server, and says why it came; `before_order` runs just before that,
/// since the agent may have acted on it before this returns. Gives the agent's fence: its proof is a contact.
///
/// # Errors
/// Where it does not answer in time, or cannot prove itself. An agent that proved itself and then breaks off has
/// been heard all the same.
pub async fn dial(
    to: SocketAddr,
    callee: &Callee,
    purpose: Purpose,
    nonce: [u8; NONCE],
    before_order: impl FnOnce(),
) -> Result<Fence, DialError> {
    let connecting = tokio::time::timeout(CONNECT_WITHIN, TcpStream::connect(to));
    let stream = connecting
        .await
        .map_err(|_| DialError::TimedOut)?
        .map_err(of_connect)?;
    tokio::time::timeout(TALK_WITHIN, talk(stream, callee, purpose, nonce, before_order))
        .await
        .map_err(|_| DialError::TimedOut)?
}

fn of_connect(error: io::Error) -> DialError {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => DialError::Refused,
        io::ErrorKind::TimedOut => DialError::TimedOut,
        _ => DialError::NoRoute(error),
    }
}

async fn talk(
    mut stream: TcpStream,
    callee: &Callee,
    purpose: Purpose,
    nonce: [u8; NONCE],
    before_order: impl FnOnce(),
) -> Result<Fence, DialError> {
    // Each message is waited for: without this they would wait for each other.
    stream.set_nodelay(true).map_err(DialError::Broke)?;
    stream
        .write_all(&dial::greeting(&nonce))
        .await
        .map_err(DialError::Broke)?;
    let mut bytes = [0; PROOF];
    stream.read_exact(&mut bytes).await.map_err(DialError::Broke)?;
    let proof = Proof::of_bytes(&bytes).ok_or(DialError::NotTheAgent)?;
    let text = dial::proof_text(callee.agent, &nonce, &proof.nonce, proof.fence);
    if !callee.key.verify(&text, &proof.mac) {
        return Err(DialError::NotTheAgent);
    }
    let text = dial::order_text(callee.agent, &nonce, &proof.nonce, purpose);
    let order = Order {
        purpose,
        mac: callee.key.sign(&text),
    };
    let mut receipt = [0];
    before_order();
    let told = async {
        stream.write_all(&order.to_bytes()).await?;
        stream.read_exact(&mut receipt).await
    };
    if let Err(error) = told.await {
        // It was heard; whether it took the order its next contact tells.
        tracing::debug!(agent = %callee.agent, %error, "the agent broke off after its proof");
    }
    Ok(proof.fence)
}

#[cfg(test)]
mod tests;
