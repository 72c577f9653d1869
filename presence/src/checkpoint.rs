//! A partition's contacts in few bytes: what is written down now and then, so that a restart knows when everyone was
//! last heard (rule 6). Its size follows the fleet, not how often it reports.
//!
//! Layout, numbers little-endian, *varint* in base 128: a version byte, then for each agent its id (8 bytes), the age
//! of its last contact in microseconds (varint), the kind of it plus one (a byte), its boot (4 bytes), its sequence
//! and the settings version that it applied (varint each), which paths follow (a byte, a bit each) and their ages in seconds (varint each). Ages are from the
//! checkpoint's time, which is kept beside it.

use alloc::vec::Vec;
use core::time::Duration;

use rollcall_shared::{AgentId, BootId, ContactKind};

use crate::cell::{Heard, PATHS};
use crate::engine_time::EngineTime;

/// The layout described above.
const VERSION: u8 = 1;

/// What is remembered of an agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Remembered {
    /// When and how it was last heard.
    pub heard: Heard,
    /// The boot that was current, and its last sequence.
    pub boot: Option<(BootId, u32)>,
    /// The settings version that it last reported as applied.
    pub applied: u32,
    /// The second in which it was last heard on each path, by [`ContactKind`].
    pub paths: [Option<EngineTime>; PATHS],
}

/// A checkpoint that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Damaged {
    /// It is of a layout that this release does not know.
    Version(u8),
    /// It ends within an agent.
    CutOff,
}

impl core::fmt::Display for Damaged {
    fn fmt(&self, out: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Version(given) => write!(out, "its layout is {given}, known is {VERSION}"),
            Self::CutOff => out.write_str("it ends within an agent"),
        }
    }
}

impl core::error::Error for Damaged {}

/// Writes a checkpoint of time `now`, agent by agent.
#[derive(Debug)]
pub struct Writer {
    now: EngineTime,
    bytes: Vec<u8>,
}

impl Writer {
    /// An empty checkpoint, with room for so many agents.
    #[must_use]
    pub fn new(now: EngineTime, agents: usize) -> Self {
        let mut bytes = Vec::with_capacity(1 + agents * 28);
        bytes.push(VERSION);
        Self { now, bytes }
    }

    /// Adds an agent.
    pub fn add(&mut self, agent: AgentId, known: &Remembered) {
        self.bytes.extend_from_slice(&agent.bits().to_le_bytes());
        self.varint(age(self.now, known.heard.at, Duration::as_micros));
        self.bytes.push(known.heard.kind.map_or(0, |kind| kind as u8 + 1));
        let (boot, sequence) = known
            .boot
            .map_or((0, 0), |(boot, sequence)| (boot.bits(), sequence));
        self.bytes.extend_from_slice(&boot.to_le_bytes());
        self.varint(u64::from(sequence));
        self.varint(u64::from(known.applied));
        let heard = known.paths.iter().enumerate().filter(|(_, at)| at.is_some());
        self.bytes
            .push(heard.fold(0, |bits, (path, _)| bits | (1 << path)));
        for at in known.paths.iter().flatten() {
            self.varint(age(self.now, *at, |age| u128::from(age.as_secs())));
        }
    }

    /// The checkpoint.
    #[must_use]
    pub fn finish(self) -> Vec<u8> {
        self.bytes
    }

    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.bytes.push((value & 0x7f) as u8 | 0x80);
            value >>= 7;
        }
        self.bytes.push((value & 0x7f) as u8);
    }
}

fn age(now: EngineTime, at: EngineTime, unit: impl Fn(&Duration) -> u128) -> u64 {
    u64::try_from(unit(&now.since(at))).unwrap_or(u64::MAX)
}

/// Reads a checkpoint of time `now`, agent by agent.
///
/// # Errors
/// Where it is damaged; `each` has had the agents before the damage by then.
pub fn read(now: EngineTime, bytes: &[u8], mut each: impl FnMut(AgentId, Remembered)) -> Result<(), Damaged> {
    let Some((&version, rest)) = bytes.split_first() else {
        return Ok(());
    };
    if version != VERSION {
        return Err(Damaged::Version(version));
    }
    let mut rest = Reader(rest);
    while !rest.0.is_empty() {
        let (agent, known) = rest.agent(now).ok_or(Damaged::CutOff)?;
        each(agent, known);
    }
    Ok(())
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn agent(&mut self, now: EngineTime) -> Option<(AgentId, Remembered)> {
        let agent = AgentId::from_bits(u64::from_le_bytes(self.bytes()?));
        let at = now - Duration::from_micros(self.varint()?);
        let kind = usize::from(u8::from_le_bytes(self.bytes()?)).checked_sub(1);
        let boot = u32::from_le_bytes(self.bytes()?);
        let sequence = u32::try_from(self.varint()?).ok()?;
        let applied = u32::try_from(self.varint()?).ok()?;
        let heard_on = u8::from_le_bytes(self.bytes()?);
        let mut paths = [None; PATHS];
        for (path, at) in paths.iter_mut().enumerate() {
            if heard_on & (1 << path) != 0 {
                *at = Some(now - Duration::from_secs(self.varint()?));
            }
        }
        let known = Remembered {
            heard: Heard {
                at,
                kind: kind.and_then(|kind| ContactKind::ALL.get(kind).copied()),
            },
            boot: BootId::from_bits(boot).map(|boot| (boot, sequence)),
            applied,
            paths,
        };
        Some((agent, known))
    }

    fn bytes<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (bytes, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*bytes)
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let [byte] = self.bytes()?;
            value |= u64::from(byte & 0x7f).checked_shl(shift)?;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: EngineTime = EngineTime::from_secs(1_000_000);

    fn remembered() -> impl Strategy<Value = Remembered> {
        let second = prop::option::of((0..1_000_000_u32).prop_map(EngineTime::from_secs));
        (
            0..1_000_000_000_000_u64,
            prop::option::of(0..ContactKind::ALL.len()),
            any::<u32>(),
            any::<u32>(),
            any::<u32>(),
            prop::array::uniform8(second),
        )
            .prop_map(|(at, kind, boot, sequence, applied, paths)| Remembered {
                heard: Heard {
                    at: EngineTime::from_micros(at),
                    kind: kind.map(|kind| ContactKind::ALL[kind]),
                },
                boot: BootId::from_bits(boot).map(|boot| (boot, sequence)),
                applied,
                paths,
            })
    }

    proptest! {
        #[test]
        fn what_was_written_is_read_and_what_was_cut_off_is_told(
            fleet in prop::collection::vec((any::<u64>(), remembered()), 0..20), cut in any::<prop::sample::Index>(),
        ) {
            let mut writer = Writer::new(NOW, fleet.len());
            for (agent, known) in &fleet {
                writer.add(AgentId::from_bits(*agent), known);
            }
            let bytes = writer.finish();
            let mut found = Vec::new();
            read(NOW, &bytes, |agent, known| found.push((agent, known))).unwrap();
            let expected: Vec<_> = fleet.iter().map(|(id, known)| (AgentId::from_bits(*id), *known)).collect();
            prop_assert_eq!(&found, &expected);

            let mut before = Vec::new();
            let cut = cut.index(bytes.len());
            let outcome = read(NOW, &bytes[..cut], |agent, known| before.push((agent, known)));
            prop_assert!(before.len() <= expected.len() && before[..] == expected[..before.len()]);
            prop_assert!(outcome.is_err() || before.len() < expected.len() || fleet.is_empty());
        }

        #[test]
        fn no_bytes_make_reading_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let mut bytes = bytes;
            if let Some(first) = bytes.first_mut() {
                *first = VERSION;
            }
            let _read = read(NOW, &bytes, |_, _| {});
        }
    }

    #[test]
    fn an_agent_takes_less_than_thirty_bytes() {
        let mut writer = Writer::new(NOW, 1);
        let mut paths = [None; PATHS];
        paths[0] = Some(EngineTime::from_secs(900_000));
        paths[1] = Some(EngineTime::from_secs(999_700));
        let heard = Heard {
            at: EngineTime::from_secs(999_700),
            kind: Some(ContactKind::Heartbeat),
        };
        let boot = BootId::from_bits(77).map(|boot| (boot, 4_000));
        let known = Remembered {
            heard,
            boot,
            applied: 41,
            paths,
        };
        writer.add(AgentId::from_bits(u64::MAX), &known);
        assert!(writer.finish().len() <= 1 + 28);
    }
}
