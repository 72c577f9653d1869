//! Writing a message into an array that it fits into.

use core::net::{IpAddr, SocketAddr};

use super::attributes::{ATTRIBUTE, COOKIE_BITS, HEADER, kind};
use super::{MAC, Transaction};

/// A message that grows.
pub(super) struct Writer<'b> {
    buffer: &'b mut [u8],
    length: usize,
}

impl<'b> Writer<'b> {
    /// A message of this kind, without attributes. The buffer has room for all that is then put into it: a message
    /// that its callers cannot write is a defect of theirs, and ends early.
    pub(super) fn begin(buffer: &'b mut [u8], kind: u16, transaction: &Transaction) -> Self {
        let mut writer = Self { buffer, length: 0 };
        writer.put(&kind.to_be_bytes());
        writer.put(&[0; 2]);
        writer.put(&COOKIE_BITS.to_be_bytes());
        writer.put(transaction);
        writer
    }

    fn put(&mut self, bytes: &[u8]) {
        if let Some(room) = self.buffer.get_mut(self.length..self.length + bytes.len()) {
            room.copy_from_slice(bytes);
            self.length += bytes.len();
        }
    }

    /// Adds an attribute, with its padding.
    pub(super) fn attribute(&mut self, kind: u16, parts: &[&[u8]]) {
        let length: usize = parts.iter().map(|part| part.len()).sum();
        self.put(&kind.to_be_bytes());
        self.put(&u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes());
        for part in parts {
            self.put(part);
        }
        self.put(&[0; 3][..length.next_multiple_of(4) - length]);
    }

    /// Adds the address from which a request came, veiled, so that no NAT on the way changes it.
    pub(super) fn mapped_address(&mut self, address: SocketAddr, transaction: &Transaction) {
        let port = address.port() ^ (COOKIE_BITS >> 16) as u16;
        let port = port.to_be_bytes();
        match address.ip().to_canonical() {
            IpAddr::V4(ip) => {
                let veiled = ip.to_bits() ^ COOKIE_BITS;
                self.attribute(kind::XOR_MAPPED_ADDRESS, &[&[0, 1], &port, &veiled.to_be_bytes()]);
            }
            IpAddr::V6(ip) => {
                let veiled = ip.to_bits() ^ veil(transaction);
                self.attribute(kind::XOR_MAPPED_ADDRESS, &[&[0, 2], &port, &veiled.to_be_bytes()]);
            }
        }
    }

    /// Ends the message.
    pub(super) fn end(self) -> &'b [u8] {
        let Self { buffer, length } = self;
        set_length(buffer, length);
        &buffer[..length]
    }

    /// Ends the message with the MAC that `sign` gives.
    pub(super) fn end_signed(mut self, sign: impl FnOnce([&[u8]; 2]) -> [u8; MAC]) -> &'b [u8] {
        // The MAC is over a length that counts it.
        set_length(self.buffer, self.length + ATTRIBUTE + MAC);
        let mac = sign([&self.buffer[..HEADER], &self.buffer[HEADER..self.length]]);
        self.attribute(kind::INTEGRITY, &[&mac]);
        self.end()
    }
}

/// What an IPv6 address is veiled by.
pub(super) fn veil(transaction: &Transaction) -> u128 {
    let mut bits = u128::from(COOKIE_BITS);
    for byte in transaction {
        bits = (bits << 8) | u128::from(*byte);
    }
    bits
}

fn set_length(buffer: &mut [u8], end: usize) {
    let length = u16::try_from(end - HEADER).unwrap_or(u16::MAX);
    buffer[2..4].copy_from_slice(&length.to_be_bytes());
}
