use alloc::vec::Vec;
use core::net::SocketAddr;

use proptest::prelude::*;
use ring::hmac;

use super::attributes::{Attribute, Message, kind};
use super::*;
use crate::agent_api::Fence;
use crate::id::{AgentId, BootId};

const TRANSACTION_ID: Transaction = *b"transaction!";
const ROOM: AnswerBuffer = [0; size_of::<AnswerBuffer>()];

fn fence() -> Fence {
    Fence {
        boot: BootId::from_bits(0x9f3a_01c2).unwrap(),
        sequence: 17,
        applied: 41,
    }
}

fn sign_with(key: u8) -> impl Fn([&[u8]; 2]) -> [u8; MAC] {
    move |parts| {
        let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, &[key; 32]));
        for part in parts {
            context.update(part);
        }
        context.sign().as_ref().try_into().unwrap()
    }
}

fn is_right(sealed: &Sealed<'_>, key: u8) -> bool {
    sign_with(key)(sealed.parts()) == *sealed.mac()
}

fn contact() -> [u8; REQUEST] {
    request(&TRANSACTION_ID, AgentId::from_bits(5), fence(), sign_with(1))
}

/// The same packet with a checksum, as other programs send them.
fn with_fingerprint(packet: &[u8]) -> Vec<u8> {
    let mut packet = packet.to_vec();
    let length = u16::try_from(packet.len() - 20 + 8).unwrap();
    packet[2..4].copy_from_slice(&length.to_be_bytes());
    let sum = crc::crc32([&packet, &[]]) ^ 0x5354_554e;
    packet.extend([0x80, 0x28, 0, 4]);
    packet.extend(sum.to_be_bytes());
    packet
}

/// Whose packet it is, and its fence, where it is an agent's and proves it.
fn proved(packet: &[u8], key: u8) -> Option<(AgentId, Fence)> {
    match read_request(packet) {
        Ok(Request::Contact(contact)) if is_right(&contact.sealed, key) => {
            Some((contact.agent, contact.fence))
        }
        _ => None,
    }
}

fn attributes(packet: &[u8]) -> (Message<'_>, Vec<Attribute<'_>>) {
    let message = Message::of(packet).unwrap();
    (message, message.attributes().map(Result::unwrap).collect())
}

#[test]
fn a_request_fits_into_what_a_heartbeat_over_udp_may_take() {
    let with_ipv6_and_udp = contact().len() + 40 + 8;
    assert_eq!(with_ipv6_and_udp, 140);
}

#[test]
fn no_answer_is_longer_than_an_agents_request() {
    assert_eq!(size_of::<AnswerBuffer>(), REQUEST);
}

#[test]
fn an_answer_to_nobody_in_particular_is_little_longer_than_what_was_asked() {
    let mut room = ROOM;
    // A request without any attribute, and the least that has one; with the headers of IP and UDP.
    for (address, headers, request, longest) in [("192.0.2.1:5", 28, 20, 60), ("[2001:db8::1]:5", 48, 20, 92)]
    {
        let answer = plain_echo(&mut room, &TRANSACTION_ID, address.parse().unwrap()).len();
        assert_eq!(headers + answer, longest);
        assert!(headers + answer < (headers + request) * 3 / 2);
    }
    let refused = unknown(&mut room, &TRANSACTION_ID, 3).len();
    assert!(28 + refused < (28 + 24) * 3 / 2);
}

#[test]
fn a_request_with_a_checksum_is_taken_and_one_with_a_wrong_checksum_is_not() {
    let mut packet = with_fingerprint(&contact());
    assert_eq!(proved(&packet, 1), Some((AgentId::from_bits(5), fence())));
    *packet.last_mut().unwrap() ^= 1;
    assert_eq!(read_request(&packet).unwrap_err(), Malformed::Fingerprint);
}

#[test]
fn nothing_but_a_checksum_may_follow_the_mac() {
    let mut packet = contact().to_vec();
    packet.extend([0x80, 0x22, 0, 0]);
    packet[3] += 4;
    assert_eq!(read_request(&packet).unwrap_err(), Malformed::Attribute);
}

#[test]
fn who_names_an_agent_and_proves_nothing_is_nobody() {
    let packet = contact();
    let mut without_mac = packet[..REQUEST - 36].to_vec();
    without_mac[3] -= 36;
    assert_eq!(read_request(&without_mac).unwrap_err(), Malformed::Attribute);
}

#[test]
fn a_sequence_of_0_is_none() {
    let sequence = 0;
    let never = Fence { sequence, ..fence() };
    let packet = request(&TRANSACTION_ID, AgentId::from_bits(5), never, sign_with(1));
    assert_eq!(read_request(&packet).unwrap_err(), Malformed::Attribute);
}

#[test]
fn whoever_wants_an_attribute_to_be_understood_is_told_which_one_is_not() {
    // CHANGE-REQUEST of RFC 5780.
    let mut packet = Vec::from([0, 1, 0, 8, 0x21, 0x12, 0xa4, 0x42]);
    packet.extend(TRANSACTION_ID);
    packet.extend([0, 3, 0, 4, 0, 0, 0, 6]);
    let Ok(Request::Plain(plain)) = read_request(&packet) else {
        panic!("a plain request");
    };
    assert_eq!(plain.unknown, Some(3));
    let mut room = ROOM;
    let (_, told) = attributes(unknown(&mut room, &plain.transaction, 3));
    let told: Vec<_> = told.iter().map(|one| (one.kind, one.value)).collect();
    assert_eq!(
        told,
        [
            (kind::ERROR_CODE, &[0, 0, 4, 20][..]),
            (kind::UNKNOWN_ATTRIBUTES, &[0, 3][..])
        ]
    );
}

#[test]
fn what_is_no_binding_request_of_this_protocol_is_foreign() {
    let mut indication = contact();
    indication[1] = 0x11;
    let mut older = contact();
    older[4] = 0;
    let mut room = ROOM;
    let answer = plain_echo(&mut room, &TRANSACTION_ID, "192.0.2.1:5".parse().unwrap());
    for packet in [&[][..], &[0; 19], &indication, &older, answer, &[0; LONGEST + 4]] {
        assert_eq!(read_request(packet).unwrap_err(), Malformed::Foreign);
    }
}

/// RFC 5769: 2.1, and the answers of 2.2 and 2.3 with the address that they tell.
const SAMPLE_REQUEST: &[u8] = b"\x00\x01\x00\x58\x21\x12\xa4\x42\xb7\xe7\xa7\x01\xbc\x34\xd6\x86\xfa\x87\xdf\xae\
    \x80\x22\x00\x10STUN test client\x00\x24\x00\x04\x6e\x00\x01\xff\x80\x29\x00\x08\x93\x2f\xf9\xb1\x51\x26\x3b\x36\
    \x00\x06\x00\x09\x65\x76\x74\x6a\x3a\x68\x36\x76\x59\x20\x20\x20\x00\x08\x00\x14\x9a\xea\xa7\x0c\xbf\xd8\xcb\x56\
    \x78\x1e\xf2\xb5\xb2\xd3\xf2\x49\xc1\xb5\x71\xa2\x80\x28\x00\x04\xe5\x7a\x3b\xcf";
const SAMPLE_ANSWERS: [(&[u8], &str); 2] = [
    (
        b"\x01\x01\x00\x3c\x21\x12\xa4\x42\xb7\xe7\xa7\x01\xbc\x34\xd6\x86\xfa\x87\xdf\xae\x80\x22\x00\x0btest vector \
        \x00\x20\x00\x08\x00\x01\xa1\x47\xe1\x12\xa6\x43\x00\x08\x00\x14\x2b\x91\xf5\x99\xfd\x9e\x90\xc3\x8c\x74\x89\
        \xf9\x2a\xf9\xba\x53\xf0\x6b\xe7\xd7\x80\x28\x00\x04\xc0\x7d\x4c\x96",
        "192.0.2.1:32853",
    ),
    (
        b"\x01\x01\x00\x48\x21\x12\xa4\x42\xb7\xe7\xa7\x01\xbc\x34\xd6\x86\xfa\x87\xdf\xae\x80\x22\x00\x0btest vector \
        \x00\x20\x00\x14\x00\x02\xa1\x47\x01\x13\xa9\xfa\xa5\xd3\xf1\x79\xbc\x25\xf4\xb5\xbe\xd2\xb9\xd9\x00\x08\x00\
        \x14\xa3\x82\x95\x4e\x4b\xe6\x7b\xf1\x17\x84\xc9\x7c\x82\x92\xc2\x75\xbf\xe3\xed\x41\x80\x28\x00\x04\xc8\xfb\
        \x0b\x4c",
        "[2001:db8:1234:5678:11:2233:4455:6677]:32853",
    ),
];

#[test]
fn the_checksums_and_the_addresses_of_rfc_5769_are_read() {
    for (packet, address) in SAMPLE_ANSWERS {
        let answer = read_answer(packet).unwrap();
        let mapped: SocketAddr = address.parse().unwrap();
        assert_eq!(answer.outcome, Outcome::Echo { mapped, news: None });
        // Its MAC is the older one, of SHA-1.
        assert!(answer.sealed.is_none());
    }
    let (message, told) = attributes(SAMPLE_REQUEST);
    assert_eq!(message.check(*told.last().unwrap()), Ok(()));
}

#[test]
fn the_older_mac_of_rfc_5769_is_over_the_same_parts() {
    let (_, told) = attributes(SAMPLE_REQUEST);
    let integrity = told.iter().find(|one| one.kind == 0x0008).unwrap();
    let mut text = SAMPLE_REQUEST[..SAMPLE_REQUEST.len() - 8 - 24].to_vec();
    text[3] = 0x58 - 8;
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, b"VOkJxbRl1RmTxUk/WvJxBt");
    assert!(hmac::verify(&key, &text, integrity.value).is_ok());
}

/// RFC 8489, appendix B.1, as its erratum 6268 has it.
const SAMPLE_SHA256: &[u8] = b"\x00\x01\x00\x90\x21\x12\xa4\x42\x78\xad\x34\x33\xc6\xad\x72\xc0\x29\xda\x41\x2e\
    \x00\x1e\x00\x20\x4a\x3c\xf3\x8f\xef\x69\x92\xbd\xa9\x52\xc6\x78\x04\x17\xda\x0f\x24\x81\x94\x15\x56\x9e\x60\xb2\
    \x05\xc4\x6e\x41\x40\x7f\x17\x04\x00\x15\x00\x29obMatJos2AAACf//499k954d6OL34oL9FSTvy64sA\0\0\0\
    \x00\x14\x00\x0bexample.org\0\x00\x1d\x00\x04\x00\x02\x00\x00\x00\x1c\x00\x20\xb5\xc7\xbf\x00\x5b\x6c\x52\xa2\
    \x1c\x51\xc5\xe8\x92\xf8\x19\x24\x13\x62\x96\xcb\x92\x7c\x43\x14\x93\x09\x27\x8c\xc6\x51\x8e\x65";
/// SHA-256 of the user name, the realm and the password in it.
const SAMPLE_KEY: &[u8] =
    b"\xdd\x29\x5a\x61\x3b\x90\x58\xc3\xc2\x3d\x6d\xc7\x16\x5b\xda\x07\x23\x04\xd9\x89\xc9\xd0\
    \xaf\x3a\x8c\x7e\x18\x4b\x4f\x9b\xb4\xa1";

#[test]
fn the_mac_of_rfc_8489_is_over_the_parts_that_are_given() {
    let with_checksum = with_fingerprint(SAMPLE_SHA256);
    for packet in [SAMPLE_SHA256, &with_checksum] {
        let (message, told) = attributes(packet);
        let integrity = told.iter().find(|one| one.kind == kind::INTEGRITY).unwrap();
        let sealed = message.sealed(*integrity).unwrap();
        let text = sealed.parts().concat();
        let key = hmac::Key::new(hmac::HMAC_SHA256, SAMPLE_KEY);
        assert!(hmac::verify(&key, &text, sealed.mac()).is_ok());
    }
}

fn any_address() -> impl Strategy<Value = SocketAddr> {
    prop_oneof![
        any::<([u8; 4], u16)>().prop_map(SocketAddr::from),
        any::<([u16; 8], u16)>().prop_map(SocketAddr::from),
    ]
}

fn any_fence() -> impl Strategy<Value = Fence> {
    (1_u32.., 1_u32.., any::<u32>()).prop_map(|(boot, sequence, applied)| Fence {
        boot: BootId::from_bits(boot).unwrap(),
        sequence,
        applied,
    })
}

/// What is done to a packet on a hostile way.
#[derive(Debug, Clone)]
enum Harm {
    Flip(prop::sample::Index, u8),
    Set(prop::sample::Index, u8),
    Cut(prop::sample::Index),
    Append(Vec<u8>),
    Repeat(prop::sample::Index, prop::sample::Index),
    Remove(prop::sample::Index, prop::sample::Index),
}

impl Harm {
    fn any() -> impl Strategy<Value = Self> {
        let at = any::<prop::sample::Index>;
        prop_oneof![
            (at(), 0..8_u8).prop_map(|(at, bit)| Self::Flip(at, bit)),
            (at(), any::<u8>()).prop_map(|(at, byte)| Self::Set(at, byte)),
            at().prop_map(Self::Cut),
            prop::collection::vec(any::<u8>(), 1..24).prop_map(Self::Append),
            (at(), at()).prop_map(|(from, to)| Self::Repeat(from, to)),
            (at(), at()).prop_map(|(from, to)| Self::Remove(from, to)),
        ]
    }

    fn done_to(&self, packet: &mut Vec<u8>) {
        if packet.is_empty() {
            return;
        }
        let length = packet.len();
        let span = |from: &prop::sample::Index, to: &prop::sample::Index| {
            let (from, to) = (from.index(length), to.index(length));
            from.min(to)..from.max(to)
        };
        match self {
            Self::Flip(at, bit) => packet[at.index(length)] ^= 1 << bit,
            Self::Set(at, byte) => packet[at.index(length)] = *byte,
            Self::Cut(at) => packet.truncate(at.index(length)),
            Self::Append(bytes) => packet.extend(bytes),
            Self::Repeat(from, to) => packet.extend_from_within(span(from, to)),
            Self::Remove(from, to) => drop(packet.drain(span(from, to))),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn a_request_reads_back(bits in any::<u64>(), fence in any_fence(), transaction in any::<Transaction>()) {
        let agent = AgentId::from_bits(bits);
        let packet = request(&transaction, agent, fence, sign_with(1));
        for packet in [&packet[..], &with_fingerprint(&packet)] {
            prop_assert_eq!(proved(packet, 1), Some((agent, fence)));
            prop_assert_eq!(proved(packet, 2), None);
        }
    }

    #[test]
    fn an_answer_reads_back(
        mapped in any_address(),
        transaction in any::<Transaction>(),
        settings_version in any::<u32>(),
        poll_now in any::<bool>(),
    ) {
        let mut room = ROOM;
        let news = News { settings_version, poll_now };
        let canonical = SocketAddr::new(mapped.ip().to_canonical(), mapped.port());
        let packet = echo(&mut room, &transaction, mapped, news, sign_with(1));
        let answer = read_answer(packet).unwrap();
        prop_assert_eq!(answer.transaction, transaction);
        prop_assert_eq!(answer.outcome, Outcome::Echo { mapped: canonical, news: Some(news) });
        prop_assert!(is_right(&answer.sealed.unwrap(), 1));

        let answer = plain_echo(&mut room, &transaction, mapped);
        let answer = read_answer(answer).unwrap();
        prop_assert_eq!(answer.outcome, Outcome::Echo { mapped: canonical, news: None });
        prop_assert!(answer.sealed.is_none());

        let answer = refusal(&mut room, &transaction, code::REGISTER_FIRST, sign_with(1));
        let answer = read_answer(answer).unwrap();
        prop_assert_eq!(answer.outcome, Outcome::Refused(code::REGISTER_FIRST));
        prop_assert!(is_right(&answer.sealed.unwrap(), 1));
    }

    #[test]
    fn a_request_of_which_any_bit_is_flipped_proves_nothing(
        at in any::<prop::sample::Index>(),
        bit in 0..8_u8,
        checked in any::<bool>(),
    ) {
        let mut packet = if checked { with_fingerprint(&contact()) } else { contact().to_vec() };
        Harm::Flip(at, bit).done_to(&mut packet);
        prop_assert_eq!(proved(&packet, 1), None);
    }

    #[test]
    fn an_answer_of_which_any_bit_is_flipped_proves_nothing(at in any::<prop::sample::Index>(), bit in 0..8_u8) {
        let mut room = ROOM;
        let news = News { settings_version: 3, poll_now: true };
        let mut packet = echo(&mut room, &TRANSACTION_ID, "192.0.2.1:5".parse().unwrap(), news, sign_with(1)).to_vec();
        Harm::Flip(at, bit).done_to(&mut packet);
        let proves = read_answer(&packet)
            .is_ok_and(|answer| answer.sealed.is_some_and(|sealed| is_right(&sealed, 1)));
        prop_assert!(!proves);
    }
}

/// Cases of hostile bytes in the two below: together a hundred thousand, in seconds. Harm takes longer than noise.
const HARMED: u32 = 30_000;
const NOISE: u32 = 70_000;

proptest! {
    #![proptest_config(ProptestConfig { cases: HARMED, ..ProptestConfig::default() })]

    #[test]
    fn a_packet_that_was_harmed_is_refused_or_is_what_it_was(
        harms in prop::collection::vec(Harm::any(), 1..6),
        which in 0..4_u8,
    ) {
        let mut room = ROOM;
        let news = News { settings_version: 3, poll_now: false };
        let mut packet = match which {
            0 => contact().to_vec(),
            1 => with_fingerprint(&contact()),
            2 => SAMPLE_REQUEST.to_vec(),
            _ => echo(&mut room, &TRANSACTION_ID, "[2001:db8::1]:5".parse().unwrap(), news, sign_with(1)).to_vec(),
        };
        for harm in &harms {
            harm.done_to(&mut packet);
        }
        // Neither may panic, whatever it is given; and what still proves itself says what it said.
        let _ = read_answer(&packet).is_ok();
        if let Some(who) = proved(&packet, 1) {
            prop_assert_eq!(who, (AgentId::from_bits(5), fence()));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: NOISE, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_it_panic(
        head in prop::option::of(0..3_u8),
        noise in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let mut packet = Vec::new();
        if let Some(class) = head {
            // So that the noise is read as attributes.
            let length = u16::try_from(noise.len()).unwrap() / 4 * 4;
            packet.extend([u8::from(class > 0), [0x01, 0x01, 0x11][usize::from(class)]]);
            packet.extend(length.to_be_bytes());
            packet.extend(0x2112_a442_u32.to_be_bytes());
            packet.extend(TRANSACTION_ID);
            packet.extend(&noise[..length.into()]);
        } else {
            packet = noise;
        }
        prop_assert!(proved(&packet, 1).is_none());
        let _ = read_answer(&packet).is_ok();
    }
}
