//! The table of boundaries, as the API holds it. The form and the browser run the same:
//! `shared/src/settings/boundaries.json` says what a row means.

use serde_json::{Map, Value, json};

use crate::api::agent::testing::Server;

const TABLE: &str = include_str!("../../../../../shared/src/settings/boundaries.json");

/// What somebody typed, as a program would send it.
fn sent(set: &Map<String, Value>) -> Value {
    set.iter()
        .map(|(field, typed)| {
            let value = match (field.as_str(), typed) {
                ("unreachable_network", Value::String(text)) => json!(text.lines().collect::<Vec<_>>()),
                // A number where it is one, whichever.
                (_, Value::String(text)) => {
                    serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.clone()))
                }
                (_, other) => other.clone(),
            };
            (field.clone(), value)
        })
        .collect()
}

fn generated(count: u32) -> Value {
    (0..count)
        .map(|number| json!(std::net::Ipv4Addr::from_bits(0x0a00_0000 + 2 * number)))
        .collect()
}

#[tokio::test]
async fn the_api_holds_every_row_of_the_table() {
    let table: Value = serde_json::from_str(TABLE).unwrap();
    let both = Server::listening_on("127.0.0.1:0", &["--listen", "[::1]:0"]).await;
    let ipv4 = Server::listening_on("127.0.0.1:0", &[]).await;
    let ipv6 = Server::listening_on("[::1]:0", &[]).await;
    for row in table["rows"].as_array().unwrap() {
        let case = row["case"].as_str().unwrap();
        let server = match row["listens"].as_str() {
            Some("ipv4") => &ipv4,
            Some("ipv6") => &ipv6,
            _ => &both,
        };
        let mut document = json!({
            "unreachable_network": [], "heartbeat": true, "heartbeat_every": 10, "offline_after": 60, "poll_every": 30,
            "loopback": "off", "loopback_every_seconds": 25
        });
        let set = row["set"].as_object().map(sent);
        for (field, value) in set.iter().flat_map(|set| set.as_object().unwrap()) {
            document[field] = value.clone();
        }
        if let Some(count) = row["generate"].as_u64() {
            document["unreachable_network"] = generated(count.try_into().unwrap());
        }
        let answer = server.save(&document).await;
        if let Some(refused) = row["refused"].as_object() {
            assert_eq!(
                answer.refused(422, "/problems/invalid"),
                [refused["field"].as_str().unwrap()],
                "{case}"
            );
            let error = &answer.json["errors"][0];
            let told = format!("{} {}", error["detail"], error["allowed"]);
            assert!(told.contains(refused["says"].as_str().unwrap()), "{case}: {told}");
        } else {
            assert_eq!(answer.status, 200, "{case}: {answer:?}");
            let warned: Vec<&Value> = answer.json["warnings"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|warning| &warning["field"])
                .collect();
            let expected: Vec<&Value> = row["warned"].as_array().into_iter().flatten().collect();
            assert_eq!(warned, expected, "{case}");
            let merged = answer.json["merged"].as_array().map_or(0, Vec::len);
            assert_eq!(
                merged as u64,
                row["merged"].as_u64().unwrap_or_default(),
                "{case}"
            );
            if row["kept"].is_array() {
                let kept = &answer.json["in_force"]["settings"]["unreachable_network"];
                assert_eq!(kept, &row["kept"], "{case}");
            }
        }
    }
}
