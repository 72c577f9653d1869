//! The answer: from where the request came, or what the agent has to do first.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::attributes::{
    ATTRIBUTE, Attribute, COOKIE_BITS, HEADER, Malformed, Message, Sealed, kind, message,
};
use super::write::{Writer, veil};
use super::{MAC, Transaction, code};

/// Bytes of [`News`].
const NEWS: usize = 8;

/// Room for the longest answer: an IPv6 address, news and a MAC. That is as many bytes as a request has, and with an
/// IPv4 address 12 less: nobody is sent more for an agent's packet than came.
pub type AnswerBuffer = [u8; HEADER + (ATTRIBUTE + 20) + (ATTRIBUTE + NEWS) + (ATTRIBUTE + MAC)];

/// What the server wants an agent to know, as in the answer to a heartbeat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct News {
    /// The newest settings version; where it is not the one applied, there is something to poll for.
    pub settings_version: u32,
    /// Poll now: something waits for this agent.
    pub poll_now: bool,
}

/// An answer, whose MAC is still to be checked.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a> {
    /// To which request.
    pub transaction: Transaction,
    /// What it says.
    pub outcome: Outcome,
    /// What proves it; nothing where nobody signed it.
    pub sealed: Option<Sealed<'a>>,
}

/// What an answer says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The request was taken.
    Echo {
        /// From where it came.
        mapped: SocketAddr,
        /// What else the server says.
        news: Option<News>,
    },
    /// It was not ([`code`]).
    Refused(u16),
}

/// The answer to an agent whose packet counted.
pub fn echo<'b>(
    buffer: &'b mut AnswerBuffer,
    transaction: &Transaction,
    mapped: SocketAddr,
    news: News,
    sign: impl FnOnce([&[u8]; 2]) -> [u8; MAC],
) -> &'b [u8] {
    let mut writer = Writer::begin(buffer, message::SUCCESS, transaction);
    writer.mapped_address(mapped, transaction);
    let version = news.settings_version.to_be_bytes();
    writer.attribute(kind::NEWS, &[&version, &[0, 0, 0, u8::from(news.poll_now)]]);
    writer.end_signed(sign)
}

/// The answer to nobody in particular.
pub fn plain_echo<'b>(
    buffer: &'b mut AnswerBuffer,
    transaction: &Transaction,
    mapped: SocketAddr,
) -> &'b [u8] {
    let mut writer = Writer::begin(buffer, message::SUCCESS, transaction);
    writer.mapped_address(mapped, transaction);
    writer.end()
}

/// The answer to an agent whose packet did not count, for this reason.
pub fn refusal<'b>(
    buffer: &'b mut AnswerBuffer,
    transaction: &Transaction,
    reason: u16,
    sign: impl FnOnce([&[u8]; 2]) -> [u8; MAC],
) -> &'b [u8] {
    let mut writer = Writer::begin(buffer, message::ERROR, transaction);
    writer.attribute(kind::ERROR_CODE, &[&written(reason)]);
    writer.end_signed(sign)
}

/// The answer to nobody in particular who wants an attribute to be understood that is not.
pub fn unknown<'b>(buffer: &'b mut AnswerBuffer, transaction: &Transaction, attribute: u16) -> &'b [u8] {
    let mut writer = Writer::begin(buffer, message::ERROR, transaction);
    writer.attribute(kind::ERROR_CODE, &[&written(code::UNKNOWN_ATTRIBUTE)]);
    writer.attribute(kind::UNKNOWN_ATTRIBUTES, &[&attribute.to_be_bytes()]);
    writer.end()
}

/// An error code: its hundreds, and the rest. The words that may follow are left out.
fn written(reason: u16) -> [u8; 4] {
    let part = |number: u16| u8::try_from(number).unwrap_or(u8::MAX);
    [0, 0, part(reason / 100), part(reason % 100)]
}

/// The answer in a packet.
///
/// # Errors
/// Where it is none, or one of which the parts do not go together.
pub fn read_answer(packet: &[u8]) -> Result<Answer<'_>, Malformed> {
    let read = Message::of(packet)?;
    let (mut mapped, mut news, mut refused) = (None, None, None);
    let (mut integrity, mut is_checked) = (None::<Attribute<'_>>, false);
    for attribute in read.attributes() {
        let attribute = attribute?;
        match attribute.kind {
            _ if is_checked => return Err(Malformed::Attribute),
            kind::FINGERPRINT => {
                read.check(attribute)?;
                is_checked = true;
            }
            _ if integrity.is_some() => return Err(Malformed::Attribute),
            kind::XOR_MAPPED_ADDRESS => mapped = mapped.or(Some(attribute.value)),
            kind::NEWS => news = news.or(Some(attribute.value)),
            kind::ERROR_CODE => refused = refused.or(Some(attribute.value)),
            kind::INTEGRITY => integrity = Some(attribute),
            _ => {}
        }
    }
    let outcome = match read.kind {
        message::SUCCESS => mapped
            .and_then(|value| address_of(value, &read.transaction))
            .map(|mapped| Outcome::Echo {
                mapped,
                news: news.and_then(news_of),
            }),
        message::ERROR => refused.and_then(reason_of).map(Outcome::Refused),
        _ => return Err(Malformed::Foreign),
    };
    Ok(Answer {
        transaction: read.transaction,
        outcome: outcome.ok_or(Malformed::Attribute)?,
        sealed: integrity.map(|integrity| read.sealed(integrity)).transpose()?,
    })
}

fn address_of(value: &[u8], transaction: &Transaction) -> Option<SocketAddr> {
    let (&[_, family, high, low], address) = value.split_first_chunk()?;
    let port = u16::from_be_bytes([high, low]) ^ (COOKIE_BITS >> 16) as u16;
    let ip: IpAddr = match family {
        1 => Ipv4Addr::from_bits(u32::from_be_bytes(address.try_into().ok()?) ^ COOKIE_BITS).into(),
        2 => Ipv6Addr::from_bits(u128::from_be_bytes(address.try_into().ok()?) ^ veil(transaction)).into(),
        _ => return None,
    };
    Some(SocketAddr::new(ip, port))
}

fn news_of(value: &[u8]) -> Option<News> {
    let (version, flags) = value.split_first_chunk()?;
    let flags: &[u8; 4] = flags.try_into().ok()?;
    Some(News {
        settings_version: u32::from_be_bytes(*version),
        poll_now: flags[3] & 1 == 1,
    })
}

fn reason_of(value: &[u8]) -> Option<u16> {
    let (&[_, _, hundreds, rest], _) = value.split_first_chunk()?;
    Some(u16::from(hundreds & 7) * 100 + u16::from(rest))
}
