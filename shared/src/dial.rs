//! How the server connects to an agent, to verify that it is there or to tell it that something is new: four
//! messages over TCP, in which each side proves its key over the other's nonce.
//!
//! ```text
//! server -> agent   GREETING  magic "RCd1", nonce of the server
//! agent  -> server  PROOF     nonce of the agent, boot, sequence, applied; MAC
//! server -> agent   ORDER     purpose; MAC
//! agent  -> server  RECEIPT   one byte: taken
//! ```
//!
//! The key is `HMAC-SHA256(secret, KEY_PURPOSE)`; a MAC is HMAC-SHA256 under it over what [`proof_text`] and
//! [`order_text`] give, which name the side that speaks, so that no message can be sent back as another. Nothing
//! secret is said, and nothing is done before the other side proved itself; so TCP without TLS is enough. The
//! proof is a contact like any other, with its fence (rule 8).
//!
//! Numbers are big-endian. No I/O here: only what the messages are.

use crate::agent_api::Fence;
use crate::id::{AgentId, BootId};

/// Bytes of a nonce.
pub const NONCE: usize = 32;
/// Bytes of a MAC.
pub const MAC: usize = 32;
/// Bytes of the greeting.
pub const GREETING: usize = MAGIC.len() + NONCE;
/// Bytes of the proof.
pub const PROOF: usize = NONCE + FENCE + MAC;
/// Bytes of the order.
pub const ORDER: usize = 1 + MAC;
/// The receipt.
pub const RECEIPT: u8 = b'k';

/// What the key is derived for.
pub const KEY_PURPOSE: &[u8] = b"rollcall proof key 1";

const MAGIC: [u8; 4] = *b"RCd1";
const FENCE: usize = 12;
const SIDE_AGENT: &[u8; 16] = b"rollcall agent 1";
const SIDE_SERVER: &[u8; 16] = b"rollcall server1";

/// Bytes that [`proof_text`] gives.
pub const PROOF_TEXT: usize = 16 + 8 + NONCE * 2 + FENCE;
/// Bytes that [`order_text`] gives.
pub const ORDER_TEXT: usize = 16 + 8 + NONCE * 2 + 1;

/// Why the server connects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To see whether the agent is there.
    Verify,
    /// Something is new: poll now.
    News,
}

impl Purpose {
    const fn byte(self) -> u8 {
        match self {
            Self::Verify => b'v',
            Self::News => b'n',
        }
    }

    const fn of(byte: u8) -> Option<Self> {
        match byte {
            b'v' => Some(Self::Verify),
            b'n' => Some(Self::News),
            _ => None,
        }
    }
}

/// What the agent answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proof {
    /// Its nonce.
    pub nonce: [u8; NONCE],
    /// Its fence.
    pub fence: Fence,
    /// Over [`proof_text`].
    pub mac: [u8; MAC],
}

/// What the server then says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Order {
    /// Why it came.
    pub purpose: Purpose,
    /// Over [`order_text`].
    pub mac: [u8; MAC],
}

/// The greeting with this nonce.
#[must_use]
pub fn greeting(nonce: &[u8; NONCE]) -> [u8; GREETING] {
    let mut bytes = [0; GREETING];
    bytes[..4].copy_from_slice(&MAGIC);
    bytes[4..].copy_from_slice(nonce);
    bytes
}

/// The nonce of a greeting; nothing where it is none.
#[must_use]
pub fn read_greeting(bytes: &[u8; GREETING]) -> Option<[u8; NONCE]> {
    let nonce = bytes.strip_prefix(&MAGIC)?;
    nonce.try_into().ok()
}

/// What the agent's MAC is over.
#[must_use]
pub fn proof_text(
    agent: AgentId,
    server_nonce: &[u8; NONCE],
    agent_nonce: &[u8; NONCE],
    fence: Fence,
) -> [u8; PROOF_TEXT] {
    let mut text = [0; PROOF_TEXT];
    let rest = put(&mut text, SIDE_AGENT);
    let rest = put(rest, &agent.bits().to_be_bytes());
    let rest = put(rest, server_nonce);
    let rest = put(rest, agent_nonce);
    put(rest, &fence_bytes(fence));
    text
}

/// What the server's MAC is over.
#[must_use]
pub fn order_text(
    agent: AgentId,
    server_nonce: &[u8; NONCE],
    agent_nonce: &[u8; NONCE],
    purpose: Purpose,
) -> [u8; ORDER_TEXT] {
    let mut text = [0; ORDER_TEXT];
    let rest = put(&mut text, SIDE_SERVER);
    let rest = put(rest, &agent.bits().to_be_bytes());
    let rest = put(rest, agent_nonce);
    let rest = put(rest, server_nonce);
    put(rest, &[purpose.byte()]);
    text
}

impl Proof {
    /// As it is sent.
    #[must_use]
    pub fn to_bytes(self) -> [u8; PROOF] {
        let mut bytes = [0; PROOF];
        let rest = put(&mut bytes, &self.nonce);
        let rest = put(rest, &fence_bytes(self.fence));
        put(rest, &self.mac);
        bytes
    }

    /// As it was received; nothing where no boot is named.
    #[must_use]
    pub fn of_bytes(bytes: &[u8; PROOF]) -> Option<Self> {
        let (nonce, rest) = bytes.split_first_chunk()?;
        let (boot, rest) = rest.split_first_chunk()?;
        let (sequence, rest) = rest.split_first_chunk()?;
        let (applied, rest) = rest.split_first_chunk()?;
        Some(Self {
            nonce: *nonce,
            fence: Fence {
                boot: BootId::from_bits(u32::from_be_bytes(*boot))?,
                sequence: u32::from_be_bytes(*sequence),
                applied: u32::from_be_bytes(*applied),
            },
            mac: rest.try_into().ok()?,
        })
    }
}

impl Order {
    /// As it is sent.
    #[must_use]
    pub fn to_bytes(self) -> [u8; ORDER] {
        let mut bytes = [0; ORDER];
        bytes[0] = self.purpose.byte();
        bytes[1..].copy_from_slice(&self.mac);
        bytes
    }

    /// As it was received; nothing where the purpose is unknown.
    #[must_use]
    pub fn of_bytes(bytes: &[u8; ORDER]) -> Option<Self> {
        let (purpose, mac) = bytes.split_first()?;
        Some(Self {
            purpose: Purpose::of(*purpose)?,
            mac: mac.try_into().ok()?,
        })
    }
}

fn fence_bytes(fence: Fence) -> [u8; FENCE] {
    let mut bytes = [0; FENCE];
    let rest = put(&mut bytes, &fence.boot.bits().to_be_bytes());
    let rest = put(rest, &fence.sequence.to_be_bytes());
    put(rest, &fence.applied.to_be_bytes());
    bytes
}

/// Puts a part at the front of what is left; gives the rest.
fn put<'a>(bytes: &'a mut [u8], part: &[u8]) -> &'a mut [u8] {
    let (front, rest) = bytes.split_at_mut(part.len());
    front.copy_from_slice(part);
    rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fence() -> Fence {
        Fence {
            boot: BootId::from_bits(0x9f3a_01c2).unwrap(),
            sequence: 17,
            applied: 41,
        }
    }

    #[test]
    fn every_message_reads_back() {
        assert_eq!(read_greeting(&greeting(&[7; NONCE])), Some([7; NONCE]));
        let proof = Proof {
            nonce: [1; NONCE],
            fence: fence(),
            mac: [2; MAC],
        };
        assert_eq!(Proof::of_bytes(&proof.to_bytes()), Some(proof));
        for purpose in [Purpose::Verify, Purpose::News] {
            let order = Order {
                purpose,
                mac: [3; MAC],
            };
            assert_eq!(Order::of_bytes(&order.to_bytes()), Some(order));
        }
    }

    #[test]
    fn what_is_no_message_is_none() {
        assert_eq!(read_greeting(&[0; GREETING]), None);
        assert_eq!(Proof::of_bytes(&[0; PROOF]), None);
        assert_eq!(Order::of_bytes(&[0; ORDER]), None);
    }

    #[test]
    fn the_two_sides_never_sign_the_same_text() {
        let agent = AgentId::from_bits(5);
        let ours = proof_text(agent, &[1; NONCE], &[1; NONCE], fence());
        let theirs = order_text(agent, &[1; NONCE], &[1; NONCE], Purpose::Verify);
        assert_ne!(ours[..16], theirs[..16]);
        assert_eq!(ours[PROOF_TEXT - 4..], 41_u32.to_be_bytes());
    }
}
