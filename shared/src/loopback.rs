//! The loopback packet: a Binding request of STUN (RFC 8489) over UDP that proves who sends it, and its answer, which
//! says from where it came.
//!
//! ```text
//! agent  -> server  Binding request   USERNAME, FENCE, MESSAGE-INTEGRITY-SHA256
//! server -> agent   Binding success   XOR-MAPPED-ADDRESS, NEWS, MESSAGE-INTEGRITY-SHA256
//!                   Binding error     ERROR-CODE, MESSAGE-INTEGRITY-SHA256
//! ```
//!
//! It proves the way both ways and keeps the NAT's mapping alive, and it is a contact like any other, with its fence
//! (rule 8). USERNAME is the agent's id as text: 13 characters, so that it is the UTF-8 that the RFC asks for. FENCE
//! and NEWS are attributes of our own, of the range that whoever does not know them passes over.
//!
//! The key is `HMAC-SHA256(proof key, KEY_PURPOSE)`, the proof key being that of [`crate::dial`]; so a MAC of the one
//! conversation is never one of the other. MACs are made and compared by the caller, over the two parts of
//! [`Sealed::parts`].
//!
//! Stricter than the RFC in what carries a MAC, and nowhere else: the MAC has its full length, and nothing but
//! FINGERPRINT may follow it. And a request that is sent again is a new one, with the next sequence: the server drops
//! the same one as a repetition. A Binding request without USERNAME is answered like everybody's
//! ([`Request::Plain`]).
//!
//! No I/O and no allocation: what is read borrows from the packet, what is written goes into an array.

mod answer;
mod attributes;
mod crc;
mod request;
mod write;

pub use answer::{Answer, AnswerBuffer, News, Outcome, echo, plain_echo, read_answer, refusal, unknown};
pub use attributes::{Malformed, Sealed};
pub use request::{Contact, Plain, REQUEST, Request, read_request, request};

/// What the key is derived for.
pub const KEY_PURPOSE: &[u8] = b"rollcall loopback key 1";

/// Bytes of a MAC.
pub const MAC: usize = 32;

/// Bytes of a transaction's id.
pub const TRANSACTION: usize = 12;

/// A transaction's id: which answer belongs to which request.
pub type Transaction = [u8; TRANSACTION];

/// Longer packets are none: a Binding request of anybody has some dozens of bytes.
pub const LONGEST: usize = 548;

/// The error codes that are sent. 420 is the RFC's; 409 is of our own, and means what the same status means over HTTP.
pub mod code {
    /// The boot is not the current one: register, and go on.
    pub const REGISTER_FIRST: u16 = 409;
    /// An attribute that has to be understood is not.
    pub const UNKNOWN_ATTRIBUTE: u16 = 420;
}

#[cfg(test)]
mod tests;
