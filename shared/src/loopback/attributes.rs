//! A STUN message, taken apart: its header, its attributes one by one, its MAC and its checksum.

use super::crc::crc32;
use super::{LONGEST, MAC, TRANSACTION, Transaction};

/// Bytes of the header.
pub(super) const HEADER: usize = 20;
/// Bytes of an attribute's own header.
pub(super) const ATTRIBUTE: usize = 4;
const COOKIE: [u8; 4] = COOKIE_BITS.to_be_bytes();
/// By which STUN is told from everything else; addresses are veiled by it.
pub(super) const COOKIE_BITS: u32 = 0x2112_a442;
/// What a checksum is veiled by: `STUN`.
const FINGERPRINT_VEIL: u32 = 0x5354_554e;

/// The types of message that there are here.
pub(super) mod message {
    pub(in super::super) const REQUEST: u16 = 0x0001;
    pub(in super::super) const SUCCESS: u16 = 0x0101;
    pub(in super::super) const ERROR: u16 = 0x0111;
}

/// The types of attribute that are understood.
pub(super) mod kind {
    pub(in super::super) const USERNAME: u16 = 0x0006;
    pub(in super::super) const ERROR_CODE: u16 = 0x0009;
    pub(in super::super) const UNKNOWN_ATTRIBUTES: u16 = 0x000a;
    pub(in super::super) const INTEGRITY: u16 = 0x001c;
    pub(in super::super) const XOR_MAPPED_ADDRESS: u16 = 0x0020;
    /// Types from here on may be passed over by who does not know them.
    pub(in super::super) const OPTIONAL: u16 = 0x8000;
    pub(in super::super) const FINGERPRINT: u16 = 0x8028;
    /// Boot, sequence, applied settings. Of our own.
    pub(in super::super) const FENCE: u16 = 0xd5c1;
    /// The newest settings version, and whether to poll now. Of our own.
    pub(in super::super) const NEWS: u16 = 0xd5c2;
}

/// Why bytes are no message that is dealt with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// It is not STUN, or of a kind that is not spoken here.
    #[error("it is no message of this protocol")]
    Foreign,
    /// Its parts do not fill it.
    #[error("its lengths contradict each other")]
    Length,
    /// Its checksum is another one.
    #[error("its checksum is wrong")]
    Fingerprint,
    /// What it says contradicts itself, or an attribute that it needs is not there.
    #[error("an attribute is missing or makes no sense")]
    Attribute,
}

/// A message whose header is right.
#[derive(Debug, Clone, Copy)]
pub(super) struct Message<'a> {
    packet: &'a [u8],
    pub(super) kind: u16,
    pub(super) transaction: Transaction,
}

/// An attribute.
#[derive(Debug, Clone, Copy)]
pub(super) struct Attribute<'a> {
    pub(super) kind: u16,
    pub(super) value: &'a [u8],
    /// Where its header begins.
    at: usize,
}

/// A message's MAC, and what it is over.
#[derive(Debug, Clone, Copy)]
pub struct Sealed<'a> {
    head: [u8; HEADER],
    rest: &'a [u8],
    mac: &'a [u8; MAC],
}

impl<'a> Sealed<'a> {
    /// What the MAC is over, one part after the other.
    #[must_use]
    pub fn parts(&self) -> [&[u8]; 2] {
        [&self.head, self.rest]
    }

    /// The MAC, to be compared in a time that does not tell where it differs.
    #[must_use]
    pub const fn mac(&self) -> &'a [u8; MAC] {
        self.mac
    }
}

impl<'a> Message<'a> {
    /// The message in this packet.
    pub(super) fn of(packet: &'a [u8]) -> Result<Self, Malformed> {
        if packet.len() > LONGEST {
            return Err(Malformed::Foreign);
        }
        let (head, rest) = packet.split_first_chunk::<HEADER>().ok_or(Malformed::Foreign)?;
        let (start, transaction) = head.split_at(HEADER - TRANSACTION);
        if start[4..] != COOKIE {
            return Err(Malformed::Foreign);
        }
        let length = usize::from(u16::from_be_bytes([start[2], start[3]]));
        if length != rest.len() || length % 4 != 0 {
            return Err(Malformed::Length);
        }
        Ok(Self {
            packet,
            // The two upper bits are 0 in every kind that is spoken here.
            kind: u16::from_be_bytes([start[0], start[1]]),
            transaction: transaction.try_into().map_err(|_| Malformed::Foreign)?,
        })
    }

    /// Its attributes, in their order.
    pub(super) const fn attributes(&self) -> Attributes<'a> {
        Attributes {
            packet: self.packet,
            at: HEADER,
        }
    }

    /// Its header as it would be if the message ended `end` bytes from its begin.
    fn head_until(&self, end: usize) -> [u8; HEADER] {
        let mut head = [0; HEADER];
        head.copy_from_slice(&self.packet[..HEADER]);
        let length = u16::try_from(end - HEADER).unwrap_or(u16::MAX);
        head[2..4].copy_from_slice(&length.to_be_bytes());
        head
    }

    /// Reads a MAC that this attribute holds.
    pub(super) fn sealed(&self, integrity: Attribute<'a>) -> Result<Sealed<'a>, Malformed> {
        let mac = integrity.value.try_into().map_err(|_| Malformed::Attribute)?;
        Ok(Sealed {
            head: self.head_until(integrity.at + ATTRIBUTE + MAC),
            rest: &self.packet[HEADER..integrity.at],
            mac,
        })
    }

    /// Holds a checksum against the message, of which it must be the end.
    pub(super) fn check(&self, fingerprint: Attribute<'_>) -> Result<(), Malformed> {
        let value = fingerprint.value.try_into().map_err(|_| Malformed::Attribute)?;
        let end = fingerprint.at + ATTRIBUTE + 4;
        if end != self.packet.len() {
            return Err(Malformed::Attribute);
        }
        let sum = crc32([&self.packet[..HEADER], &self.packet[HEADER..fingerprint.at]]);
        if sum ^ FINGERPRINT_VEIL == u32::from_be_bytes(value) {
            Ok(())
        } else {
            Err(Malformed::Fingerprint)
        }
    }
}

/// The attributes of a message, until one that does not fit into it.
#[derive(Debug, Clone)]
pub(super) struct Attributes<'a> {
    packet: &'a [u8],
    at: usize,
}

impl<'a> Iterator for Attributes<'a> {
    type Item = Result<Attribute<'a>, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        let at = self.at;
        let rest = self.packet.get(at..).filter(|rest| !rest.is_empty())?;
        // Whatever comes of it, nothing is read twice.
        self.at = self.packet.len();
        let Some((head, rest)) = rest.split_first_chunk::<ATTRIBUTE>() else {
            return Some(Err(Malformed::Length));
        };
        let length = usize::from(u16::from_be_bytes([head[2], head[3]]));
        let padded = length.next_multiple_of(4);
        if padded > rest.len() {
            return Some(Err(Malformed::Length));
        }
        self.at = at + ATTRIBUTE + padded;
        Some(Ok(Attribute {
            kind: u16::from_be_bytes([head[0], head[1]]),
            value: &rest[..length],
            at,
        }))
    }
}
