//! The table of boundaries, as the form runs it. The API and the browser run the same: `../boundaries.json` says what a row
//! means.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde::Deserialize;

use crate::Settings;
use crate::console_api::Listens;
use crate::settings::Field;
use crate::settings::draft::Draft;
use crate::settings::networks::Networks;

#[derive(Deserialize)]
struct Table {
    rows: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    case: String,
    listens: Option<Listens>,
    #[serde(default)]
    set: serde_json::Map<String, serde_json::Value>,
    generate: Option<u32>,
    refused: Option<Refused>,
    kept: Option<Vec<String>>,
    merged: Option<usize>,
    #[serde(default)]
    warned: Vec<String>,
}

#[derive(Deserialize)]
struct Refused {
    field: String,
    says: String,
    meant: Option<String>,
}

/// So many addresses, no two of which touch.
fn generated(count: u32) -> String {
    let addresses =
        (0..count).map(|number| core::net::Ipv4Addr::from_bits(0x0a00_0000 + 2 * number).to_string());
    addresses.collect::<Vec<_>>().join("\n")
}

#[test]
fn the_form_holds_every_row_of_the_table() {
    let table: Table = serde_json::from_str(include_str!("../boundaries.json")).unwrap();
    for row in table.rows {
        let mut draft = Draft::of(&Settings::default());
        let mut merged = 0;
        for (field, value) in &row.set {
            let text = value.as_str().unwrap_or_default();
            match Field::of_key(field).unwrap() {
                Field::HeartbeatEvery => draft.heartbeat_every = text.to_string(),
                Field::OfflineAfter => draft.offline_after = text.to_string(),
                Field::PollEvery => draft.poll_every = text.to_string(),
                Field::Heartbeat => draft.heartbeat = value.as_bool().unwrap(),
                Field::Loopback => draft.loopback = serde_json::from_value(value.clone()).unwrap(),
                Field::LoopbackEverySeconds => draft.loopback_every_seconds = text.to_string(),
                Field::UnreachableNetwork => merged = draft.networks.add(text).merged.len(),
                other => panic!("{other:?} is not of the form"),
            }
        }
        if let Some(count) = row.generate {
            draft.networks.add(&generated(count));
        }
        let judged = draft.judge(row.listens.unwrap_or(Listens::Both));
        match (judged, row.refused) {
            (Err(refusals), Some(refused)) => {
                let fields: Vec<&str> = refusals.iter().map(|refusal| refusal.field.as_str()).collect();
                assert_eq!(fields, [refused.field.as_str()], "{}", row.case);
                let told = format!(
                    "{} {}",
                    refusals[0].detail,
                    refusals[0].allowed.as_deref().unwrap_or_default()
                );
                assert!(told.contains(&refused.says), "{}: {told}", row.case);
                assert_eq!(meant(&draft.networks), refused.meant, "{}", row.case);
            }
            (Ok(settings), None) => {
                let warned: Vec<String> = settings
                    .warnings()
                    .into_iter()
                    .map(|warning| warning.field)
                    .collect();
                assert_eq!(warned, row.warned, "{}", row.case);
                assert_eq!(merged, row.merged.unwrap_or_default(), "{}", row.case);
                if let Some(kept) = row.kept {
                    let ranges: Vec<String> = settings
                        .unreachable_network
                        .iter()
                        .map(ToString::to_string)
                        .collect();
                    assert_eq!(ranges, kept, "{}", row.case);
                }
            }
            (judged, refused) => panic!("{}: {judged:?}, refused: {}", row.case, refused.is_some()),
        }
    }
}

/// What the form offers in the place of the line that is refused.
fn meant(networks: &Networks) -> Option<String> {
    networks.lines().iter().find_map(|line| {
        let range = line.entry.as_ref().err()?.error.correction()?;
        Some(range.to_string())
    })
}
