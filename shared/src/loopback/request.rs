//! The request: who is it, with which fence; or nobody in particular.

use core::str::FromStr as _;

use super::attributes::{ATTRIBUTE, Attribute, HEADER, Malformed, Message, Sealed, kind, message};
use super::write::Writer;
use super::{MAC, Transaction};
use crate::agent_api::Fence;
use crate::id::{AgentId, BootId};

/// Characters of an agent's id.
const NAME: usize = 13;
/// Bytes of a fence.
const FENCE: usize = 12;

/// Bytes of an agent's request: 120 with the headers of UDP and IPv4, 140 with that of IPv6.
pub const REQUEST: usize =
    HEADER + (ATTRIBUTE + NAME.next_multiple_of(4)) + (ATTRIBUTE + FENCE) + (ATTRIBUTE + MAC);

/// A Binding request.
#[derive(Debug, Clone, Copy)]
pub enum Request<'a> {
    /// Of somebody who only wants to know the own address.
    Plain(Plain),
    /// Of an agent, or of who says so: the MAC is still to be checked.
    Contact(Contact<'a>),
}

/// A request of nobody in particular.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plain {
    /// Which one.
    pub transaction: Transaction,
    /// The first attribute that would have to be understood and is not.
    pub unknown: Option<u16>,
}

/// An agent's request.
#[derive(Debug, Clone, Copy)]
pub struct Contact<'a> {
    /// Which one.
    pub transaction: Transaction,
    /// Who says that it sends it.
    pub agent: AgentId,
    /// Its fence.
    pub fence: Fence,
    /// What proves it.
    pub sealed: Sealed<'a>,
}

/// An agent's request; `sign` gives the MAC of two parts, one after the other.
#[must_use]
pub fn request(
    transaction: &Transaction,
    agent: AgentId,
    fence: Fence,
    sign: impl FnOnce([&[u8]; 2]) -> [u8; MAC],
) -> [u8; REQUEST] {
    let mut packet = [0; REQUEST];
    let mut writer = Writer::begin(&mut packet, message::REQUEST, transaction);
    writer.attribute(kind::USERNAME, &[&name_of(agent)]);
    let [boot, sequence, applied] = [fence.boot.bits(), fence.sequence, fence.applied].map(u32::to_be_bytes);
    writer.attribute(kind::FENCE, &[&boot, &sequence, &applied]);
    writer.end_signed(sign);
    packet
}

/// An agent's id as text, without a heap.
fn name_of(agent: AgentId) -> [u8; NAME] {
    use core::fmt::Write as _;
    struct Name([u8; NAME], usize);
    impl core::fmt::Write for Name {
        fn write_str(&mut self, text: &str) -> core::fmt::Result {
            let end = self.1 + text.len();
            let room = self.0.get_mut(self.1..end).ok_or(core::fmt::Error)?;
            room.copy_from_slice(text.as_bytes());
            self.1 = end;
            Ok(())
        }
    }
    let mut name = Name([b'0'; NAME], 0);
    // An id always has so many characters.
    let _ = write!(name, "{agent}");
    name.0
}

/// The Binding request in a packet.
///
/// # Errors
/// Where it is none, or one of which the parts do not go together.
pub fn read_request(packet: &[u8]) -> Result<Request<'_>, Malformed> {
    let read = Message::of(packet)?;
    if read.kind != message::REQUEST {
        return Err(Malformed::Foreign);
    }
    let (mut name, mut fence, mut integrity) = (None, None, None::<Attribute<'_>>);
    let (mut unknown, mut is_checked) = (None, false);
    for attribute in read.attributes() {
        let attribute = attribute?;
        match attribute.kind {
            _ if is_checked => return Err(Malformed::Attribute),
            kind::FINGERPRINT => {
                read.check(attribute)?;
                is_checked = true;
            }
            _ if integrity.is_some() => return Err(Malformed::Attribute),
            kind::USERNAME => name = name.or(Some(attribute.value)),
            kind::FENCE => fence = fence.or(Some(attribute.value)),
            kind::INTEGRITY => integrity = Some(attribute),
            other if other < kind::OPTIONAL => unknown = unknown.or(Some(other)),
            _ => {}
        }
    }
    let transaction = read.transaction;
    match (name, integrity) {
        (None, None) => Ok(Request::Plain(Plain { transaction, unknown })),
        (Some(name), Some(integrity)) if unknown.is_none() => Ok(Request::Contact(Contact {
            transaction,
            agent: agent_of(name).ok_or(Malformed::Attribute)?,
            fence: fence.and_then(fence_of).ok_or(Malformed::Attribute)?,
            sealed: read.sealed(integrity)?,
        })),
        _ => Err(Malformed::Attribute),
    }
}

fn agent_of(name: &[u8]) -> Option<AgentId> {
    AgentId::from_str(core::str::from_utf8(name).ok()?).ok()
}

/// A fence as it is written; sequence 0 is none.
fn fence_of(value: &[u8]) -> Option<Fence> {
    let value: &[u8; FENCE] = value.try_into().ok()?;
    let number = |at: usize| u32::from_be_bytes([value[at], value[at + 1], value[at + 2], value[at + 3]]);
    let (boot, sequence, applied) = (number(0), number(4), number(8));
    (sequence > 0).then_some(())?;
    Some(Fence {
        boot: BootId::from_bits(boot)?,
        sequence,
        applied,
    })
}
