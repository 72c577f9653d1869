//! The four messages of [`rollcall_shared::dial`], as the agent speaks them.

use core::net::IpAddr;
use std::io;

use ring::hmac;
use rollcall_shared::dial::{self, GREETING, MAC, NONCE, ORDER, Order, Proof, Purpose, RECEIPT};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::{mpsc, oneshot};

use super::{Ask, Grant};
use crate::clock::{self, NoRandomness};

/// Why a conversation came to nothing.
#[derive(Debug, thiserror::Error)]
pub(super) enum Ended {
    #[error("the connection failed: {0}")]
    Io(#[from] io::Error),
    #[error("it spoke something else")]
    NotRollcall,
    #[error("no proof was given: too many were, or the agent is not registered")]
    NoProof,
    #[error("it could not prove that it is the server")]
    Stranger,
    #[error(transparent)]
    Random(#[from] NoRandomness),
}

/// Proves this agent, and has the other side prove itself. Whoever drops it in between loses nothing but the
/// sequence.
pub(super) async fn hold<S>(stream: &mut S, from: IpAddr, asks: &mpsc::Sender<Ask>) -> Result<Purpose, Ended>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut greeting = [0; GREETING];
    stream.read_exact(&mut greeting).await?;
    let server_nonce = dial::read_greeting(&greeting).ok_or(Ended::NotRollcall)?;
    let (sender, granted) = oneshot::channel();
    let ask = Ask::Proof { from, grant: sender };
    asks.send(ask).await.map_err(|_| Ended::NoProof)?;
    let Grant { agent, key, fence } = granted.await.map_err(|_| Ended::NoProof)?;
    let nonce: [u8; NONCE] = clock::random_bytes()?;
    let signed = hmac::sign(&key, &dial::proof_text(agent, &server_nonce, &nonce, fence));
    let mut mac = [0; MAC];
    mac.copy_from_slice(signed.as_ref());
    let proof = Proof { nonce, fence, mac };
    stream.write_all(&proof.to_bytes()).await?;
    let mut order = [0; ORDER];
    stream.read_exact(&mut order).await?;
    let Order { purpose, mac } = Order::of_bytes(&order).ok_or(Ended::NotRollcall)?;
    let text = dial::order_text(agent, &server_nonce, &nonce, purpose);
    hmac::verify(&key, &text, &mac).map_err(|_| Ended::Stranger)?;
    // First taken, then said so.
    let ordered = Ask::Ordered { from, purpose };
    asks.send(ordered).await.map_err(|_| Ended::NoProof)?;
    stream.write_all(&[RECEIPT]).await?;
    stream.shutdown().await?;
    Ok(purpose)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rollcall_shared::agent_api::Fence;
    use rollcall_shared::{AgentId, BootId};
    use tokio::io::duplex;

    use super::*;

    fn key() -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA256, &[9; 32])
    }

    fn agent() -> AgentId {
        AgentId::from_bits(5)
    }

    /// Plays the agent; gives how often it was ordered something.
    async fn agent_task(mut asks: mpsc::Receiver<Ask>) -> Vec<Purpose> {
        let mut ordered = Vec::new();
        while let Some(ask) = asks.recv().await {
            match ask {
                Ask::Ordered { purpose, .. } => ordered.push(purpose),
                Ask::Proof { grant, .. } => {
                    let fence = Fence {
                        boot: BootId::from_bits(3).unwrap(),
                        sequence: 7,
                        applied: 1,
                    };
                    let granted = Grant {
                        agent: agent(),
                        key: key(),
                        fence,
                    };
                    let _ = grant.send(granted);
                }
            }
        }
        ordered
    }

    /// A conversation with one who says these bytes in turn, and how it ended.
    async fn with(said: Vec<u8>) -> (Result<Purpose, Ended>, Vec<Purpose>) {
        let (mut near, mut far) = duplex(16 * 1024);
        let (sender, asks) = mpsc::channel(1);
        let agent = tokio::spawn(agent_task(asks));
        far.write_all(&said).await.unwrap();
        far.shutdown().await.unwrap();
        let ended = hold(&mut near, [192, 0, 2, 1].into(), &sender).await;
        drop(sender);
        (ended, agent.await.unwrap())
    }

    #[tokio::test]
    async fn both_sides_prove_themselves_over_the_nonce_of_the_other() {
        for (purpose, signer, taken) in [
            (Purpose::Verify, key(), true),
            (Purpose::News, key(), true),
            (Purpose::News, hmac::Key::new(hmac::HMAC_SHA256, &[8; 32]), false),
        ] {
            let (mut near, mut far) = duplex(1024);
            let (sender, asks) = mpsc::channel(1);
            let told = tokio::spawn(agent_task(asks));
            let server = tokio::spawn(async move {
                let nonce = [1; NONCE];
                far.write_all(&dial::greeting(&nonce)).await.unwrap();
                let mut bytes = [0; dial::PROOF];
                far.read_exact(&mut bytes).await.unwrap();
                let proof = Proof::of_bytes(&bytes).unwrap();
                let text = dial::proof_text(agent(), &nonce, &proof.nonce, proof.fence);
                hmac::verify(&key(), &text, &proof.mac).unwrap();
                let text = dial::order_text(agent(), &nonce, &proof.nonce, purpose);
                let mac = hmac::sign(&signer, &text).as_ref().try_into().unwrap();
                far.write_all(&Order { purpose, mac }.to_bytes()).await.unwrap();
                let mut receipt = Vec::new();
                far.read_to_end(&mut receipt).await.unwrap();
                receipt
            });
            let ended = hold(&mut near, [192, 0, 2, 1].into(), &sender).await;
            drop((near, sender));
            assert_eq!(ended.is_ok(), taken, "{ended:?}");
            assert_eq!(server.await.unwrap(), if taken { &[RECEIPT][..] } else { &[] });
            assert_eq!(told.await.unwrap(), if taken { vec![purpose] } else { vec![] });
        }
    }

    proptest! {
        #[test]
        fn no_bytes_of_a_stranger_make_the_agent_do_anything(
            greets: bool,
            noise in proptest::collection::vec(any::<u8>(), 0..300),
        ) {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let mut said = Vec::new();
            if greets {
                said.extend(dial::greeting(&[1; NONCE]));
            }
            said.extend(noise);
            let (ended, ordered) = runtime.block_on(with(said));
            prop_assert!(ended.is_err());
            prop_assert!(ordered.is_empty());
        }
    }
}
