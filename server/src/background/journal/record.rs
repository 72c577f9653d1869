//! How entries stand in a file: a header with the version of the format and the database that they are for, then one
//! record after the other.
//!
//! A record is a marker, the length of its text, a checksum, the entry's number, and the entry as JSON: so a
//! file that one release left is read by the next. The marker holds a byte that JSON never does, so after damage the
//! next record is found again. What a killed process left half-written at the end is told apart from damage.

use crate::store::journal::Entry;
use crc::{CRC_32_ISO_HDLC, Crc};

/// What every file begins with, but for its version.
const NAME: &[u8] = b"rollcall journal ";

/// What a file begins with that says nothing of its database.
const ANY_DATABASE: &[u8] = b"rollcall journal 1\n";

/// What one begins with that does: the database's name and a line's end follow.
const OF_DATABASE: &[u8] = b"rollcall journal 2 ";

/// Length of a database's name: hex digits.
const DATABASE: usize = 32;

/// Begins a record: 0xff is in no UTF-8.
const MARKER: [u8; 4] = [0xff, 0x00, b'R', b'J'];

/// Marker, length (u32), checksum (u32), number (u64); numbers are little-endian.
const HEAD: usize = 4 + 4 + 4 + 8;

/// An entry and the number that it was given when it was handed in.
pub(super) type Numbered = (u64, Entry);

/// What a file holds.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Contents {
    /// The entries that can be read, in their order.
    pub entries: Vec<Numbered>,
    /// The database that they are for, where the file says so.
    pub database: Option<String>,
    /// How many stretches of the file cannot be read.
    pub damaged: usize,
    /// Whether the last record is cut short, as a killed process leaves it.
    pub torn: bool,
}

/// The file is of a newer release's format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the file is of a newer release")]
pub(super) struct Newer;

/// What a file for this database begins with.
pub(super) fn header(database: &str) -> Vec<u8> {
    let header = [OF_DATABASE, database.as_bytes(), b"\n"].concat();
    match of_database(&header) {
        Some(_) => header,
        None => ANY_DATABASE.to_vec(),
    }
}

/// The database that a file's header names, and the header's length.
fn of_database(file: &[u8]) -> Option<(String, usize)> {
    let (name, rest) = file.strip_prefix(OF_DATABASE)?.split_at_checked(DATABASE)?;
    let name = str::from_utf8(name).ok().filter(|_| is_hex(name))?;
    rest.starts_with(b"\n")
        .then(|| (name.to_owned(), OF_DATABASE.len() + DATABASE + 1))
}

/// Whether a file ends before its header does.
fn begins_header(file: &[u8]) -> bool {
    let name = file.strip_prefix(OF_DATABASE);
    ANY_DATABASE.starts_with(file)
        || OF_DATABASE.starts_with(file)
        || name.is_some_and(|name| name.len() <= DATABASE && is_hex(name))
}

fn is_hex(text: &[u8]) -> bool {
    text.iter().all(u8::is_ascii_hexdigit)
}

/// Appends the record of an entry.
pub(super) fn encode(number: u64, entry: &Entry, out: &mut Vec<u8>) -> Result<(), serde_json::Error> {
    let text = serde_json::to_vec(entry)?;
    // Four gigabytes of one entry cannot come about; a shorter length would only make the record unreadable.
    let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
    out.extend_from_slice(&MARKER);
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(&checksum(length, number, &text).to_le_bytes());
    out.extend_from_slice(&number.to_le_bytes());
    out.extend_from_slice(&text);
    Ok(())
}

/// The beginning of a record, of so many bytes at least, that goes on after them.
pub(super) fn torn(size: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(size.max(HEAD));
    out.extend_from_slice(&MARKER);
    out.extend_from_slice(&u32::MAX.to_le_bytes());
    out.resize(size.max(HEAD), 0);
    out
}

/// Reads a file.
pub(super) fn decode(file: &[u8]) -> Result<Contents, Newer> {
    let mut contents = Contents::default();
    let mut at = if file.starts_with(ANY_DATABASE) {
        ANY_DATABASE.len()
    } else if let Some((database, length)) = of_database(file) {
        contents.database = Some(database);
        length
    } else if begins_header(file) {
        contents.torn = !file.is_empty();
        return Ok(contents);
    } else if file.starts_with(NAME) && !file.starts_with(OF_DATABASE) {
        return Err(Newer);
    } else {
        next_record(file, 0, &mut contents)
    };
    while at < file.len() {
        at = match record(&file[at..]) {
            Found::Whole { length, entry } => {
                contents.entries.push(*entry);
                at + length
            }
            Found::Unreadable { length } => {
                contents.damaged += 1;
                at + length
            }
            Found::Torn | Found::Nothing => next_record(file, at, &mut contents),
        };
    }
    Ok(contents)
}

/// Where the next whole record begins, after one at `from` that is not; the end of the file where there is none.
fn next_record(file: &[u8], from: usize, contents: &mut Contents) -> usize {
    let rest = &file[from..];
    let next = (1..rest.len()).find(|at| {
        rest[*at..].starts_with(&MARKER)
            && matches!(
                record(&rest[*at..]),
                Found::Whole { .. } | Found::Unreadable { .. }
            )
    });
    if next.is_none() && matches!(record(rest), Found::Torn) {
        contents.torn = true;
    } else {
        contents.damaged += 1;
    }
    next.map_or(file.len(), |at| from + at)
}

/// What begins at a place of a file.
enum Found {
    /// A record.
    Whole { length: usize, entry: Box<Numbered> },
    /// A record that is whole, but whose entry this release does not know.
    Unreadable { length: usize },
    /// The beginning of a record that goes on after the end of the file, if its length is right.
    Torn,
    /// No record.
    Nothing,
}

fn record(bytes: &[u8]) -> Found {
    if bytes.len() < HEAD {
        let begun = bytes.len().min(MARKER.len());
        return if bytes[..begun] == MARKER[..begun] {
            Found::Torn
        } else {
            Found::Nothing
        };
    }
    let (head, rest) = bytes.split_at(HEAD);
    if head[..4] != MARKER {
        return Found::Nothing;
    }
    let (length, given) = (u32_at(head, 4), u32_at(head, 8));
    let number = u64::from(u32_at(head, 12)) | u64::from(u32_at(head, 16)) << 32;
    let Some(text) = usize::try_from(length).ok().and_then(|length| rest.get(..length)) else {
        return Found::Torn;
    };
    if checksum(length, number, text) != given {
        return Found::Nothing;
    }
    let length = HEAD + text.len();
    match serde_json::from_slice(text) {
        Ok(entry) => Found::Whole {
            length,
            entry: Box::new((number, entry)),
        },
        Err(_) => Found::Unreadable { length },
    }
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    let mut four = [0; 4];
    four.copy_from_slice(&bytes[at..at + 4]);
    u32::from_le_bytes(four)
}

/// CRC-32 as in IEEE 802.3.
static CRC: Crc<u32> = Crc::<u32>::new(&CRC_32_ISO_HDLC);

fn checksum(length: u32, number: u64, text: &[u8]) -> u32 {
    let mut digest = CRC.digest();
    digest.update(&length.to_le_bytes());
    digest.update(&number.to_le_bytes());
    digest.update(text);
    digest.finalize()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rollcall_shared::console_api::BlindReason;
    use rollcall_shared::{AgentId, BootId, Cause, ContactKind, RegisterReason, Status, TransitionId};

    use super::*;
    use crate::store::transitions::TransitionRecord;

    fn blind(number: i64) -> Entry {
        Entry::Blind {
            from_ms: number,
            to_ms: number + 1,
            reason: BlindReason::Stalled,
        }
    }

    fn samples() -> Vec<Numbered> {
        let agent = AgentId::from_bits(7 << 40);
        let entries = [
            Entry::Transition(TransitionRecord {
                id: TransitionId::from_bits(1 << 60),
                agent,
                at_ms: -1,
                from: Some(Status::UnreachableOffline),
                to: Status::Online,
                cause: Cause::Registered(RegisterReason::AddressChanged),
                last_contact: Some((i64::MAX, ContactKind::Verification)),
                folds: Some(TransitionId::from_bits(5)),
            }),
            Entry::Registered {
                agent,
                boot: BootId::from_bits(u32::MAX).unwrap(),
                name: "a\0\u{fffd}🦀\"RJ".to_owned(),
                platform: String::new(),
                machine_id: "RJ".repeat(50),
                agent_version: "0.1.0".to_owned(),
                address: Some("2001:db8::7".parse().unwrap()),
                applied: 3,
                local_address: Some("10.0.0.1".parse().unwrap()),
                addresses: vec!["10.0.0.1".parse().unwrap(), "fe80::1".parse().unwrap()],
                notify_port: Some(1),
                proof_key: Some(vec![0xff, 0, b'R', b'J']),
                last_contact: (0, ContactKind::Register),
            },
            Entry::Applied { agent, applied: 900 },
            Entry::RetiredBy {
                agent,
                person: "ada".to_owned(),
            },
            Entry::Moved {
                agent,
                address: "192.0.2.1".parse().unwrap(),
            },
            blind(i64::MIN),
        ];
        (5..).zip(entries).collect()
    }

    fn file(entries: &[Numbered]) -> Vec<u8> {
        let mut file = header("0123456789abcdef0123456789abcdef");
        for (number, entry) in entries {
            encode(*number, entry, &mut file).unwrap();
        }
        file
    }

    #[test]
    fn the_checksum_is_the_one_that_everybody_uses() {
        // The check value of CRC-32/ISO-HDLC.
        assert_eq!(CRC.checksum(b"123456789"), 0xcbf4_3926);
    }

    #[test]
    fn what_was_written_is_read() {
        let contents = decode(&file(&samples())).unwrap();
        assert_eq!(contents.entries, samples());
        assert_eq!((contents.damaged, contents.torn), (0, false));
    }

    #[test]
    fn a_file_torn_at_any_byte_holds_every_entry_before_that() {
        let entries = samples();
        let ends: Vec<usize> = (0..=entries.len())
            .map(|count| file(&entries[..count]).len())
            .collect();
        let whole = file(&entries);
        for length in 0..=whole.len() {
            let contents = decode(&whole[..length]).unwrap();
            let expected = ends
                .iter()
                .filter(|end| **end <= length)
                .count()
                .saturating_sub(1);
            assert_eq!(contents.entries, entries[..expected], "torn at {length}");
            assert_eq!(contents.damaged, 0, "torn at {length}");
            assert_eq!(
                contents.torn,
                length > 0 && !ends.contains(&length),
                "torn at {length}"
            );
        }
    }

    #[test]
    fn an_entry_that_this_release_does_not_know_is_passed_over() {
        let mut file = file(&[(1, blind(1))]);
        let text = br#"{"from_the_future":{}}"#;
        let length = u32::try_from(text.len()).unwrap();
        file.extend(MARKER);
        file.extend(length.to_le_bytes());
        file.extend(checksum(length, 2, text).to_le_bytes());
        file.extend(2_u64.to_le_bytes());
        file.extend(text);
        encode(3, &blind(3), &mut file).unwrap();
        let contents = decode(&file).unwrap();
        assert_eq!(contents.entries, [(1, blind(1)), (3, blind(3))]);
        assert_eq!((contents.damaged, contents.torn), (1, false));
    }

    #[test]
    fn a_file_of_a_newer_format_is_not_guessed_at() {
        assert_eq!(decode(b"rollcall journal 3\n whatever"), Err(Newer));
    }

    #[test]
    fn a_file_says_which_database_it_is_for_where_that_is_known() {
        for (database, said) in [("ab".repeat(16), Some("ab".repeat(16))), (String::new(), None)] {
            let mut file = header(&database);
            encode(1, &blind(1), &mut file).unwrap();
            let contents = decode(&file).unwrap();
            assert_eq!((contents.database, contents.damaged), (said, 0));
            assert_eq!(contents.entries, [(1, blind(1))]);
        }
    }

    #[test]
    fn an_entry_of_an_older_release_is_read() {
        let text = r#"{"registered":{"agent":"0000000000007","boot":"00000001","name":"","platform":"",
            "machine_id":"","agent_version":"","address":null,"applied":0,"last_contact":[1,"register"]}}"#;
        let entry: Entry = serde_json::from_str(text).unwrap();
        assert!(matches!(entry, Entry::Registered { proof_key: None, .. }));
    }

    proptest! {
        #[test]
        fn damage_costs_what_it_hits_and_nothing_else(
            at in 0.0..1.0_f64,
            length in 1_usize..40,
            with in any::<u8>(),
        ) {
            let entries: Vec<Numbered> = (0_i64..20).map(|number| (number.unsigned_abs(), blind(number))).collect();
            let mut damaged = file(&entries);
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a place in a small file")]
            let from = (at * damaged.len() as f64) as usize;
            let to = (from + length).min(damaged.len());
            damaged[from..to].fill(with);
            // Damage that says that the file is of another version is taken at its word.
            if let Ok(contents) = decode(&damaged) {
                let hit = |number: usize| {
                    let (begin, end) = (file(&entries[..number]).len(), file(&entries[..=number]).len());
                    from < end && begin < to
                };
                for (number, entry) in entries.iter().enumerate() {
                    prop_assert!(hit(number) || contents.entries.contains(entry), "{number} is lost");
                }
                prop_assert!(contents.entries.is_sorted_by(|a, b| a.0 < b.0));
                prop_assert!(contents.entries.iter().all(|entry| entries.contains(entry)));
            }
        }

        #[test]
        fn no_file_makes_it_fail(bytes in prop::collection::vec(prop_oneof![any::<u8>(), Just(0xff), Just(b'R'), Just(b'J'), Just(0)], 0..300)) {
            let mut file = file(&[]);
            file.extend(&bytes);
            prop_assert_eq!(decode(&file).unwrap().entries, []);
            let _ = decode(&bytes);
        }
    }
}
