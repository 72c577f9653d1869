//! The settings as people and agents are told them.

mod boundaries;

use serde_json::json;

use crate::api::agent::testing::{Server, settings_document};
use crate::store::settings::SettingsRecord;

#[tokio::test]
async fn what_the_server_was_started_with_is_in_force_and_is_what_agents_are_told() {
    let flags = [
        "--minute",
        "2s",
        "--heartbeat-every",
        "3",
        "--offline-after",
        "8",
        "--poll-every",
        "5",
    ];
    let server = Server::with(&flags).await;
    let settings = server.read("/api/v1/settings").await["in_force"].take();
    let saved = settings["saved_at_ms"].as_i64().unwrap();
    let document = json!({
        "unreachable_network": [], "dial_own_addresses_in": [], "heartbeat": true, "heartbeat_scope": "all", "heartbeat_every": 3, "offline_after": 8,
        "poll_every": 5, "verify_every": 15, "inactive_after_days": 30,
        "loopback": "off", "loopback_every_seconds": 25
    });
    assert_eq!(
        settings,
        json!({ "version": 1, "settings": document, "saved_at_ms": saved, "minute_ms": 2_000 })
    );
    let mut agent = server.agent("web-1").await;
    let told = agent.register(&server).await.json;
    assert_eq!(
        (&told["settings"], &told["minute_ms"]),
        (&document, &json!(2_000))
    );
    let next = told["next_in_ms"].as_u64().unwrap();
    assert!((5_400..=6_000).contains(&next), "rule 15: {next}");
}

#[tokio::test]
async fn a_restart_with_other_flags_keeps_the_settings_that_were_saved() {
    let mut server = Server::on_file(&["--heartbeat-every", "7"]).await;
    let before = server.read("/api/v1/settings").await;
    server.config.settings = rollcall_shared::Settings::default();
    let server = server.restart().await;
    assert_eq!(server.read("/api/v1/settings").await, before);
}

#[tokio::test]
async fn a_save_is_the_next_version_and_in_force_at_once() {
    let server = Server::on_file(&[]).await;
    let agent = server.online("web-1").await;
    let answer = server
        .save(&json!({ "unreachable_network": ["10.12.0.0/16"], "heartbeat_every": 5, "poll_every": 15 }))
        .await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.headers["etag"], "\"2\"");
    assert_eq!(answer.json["in_force"]["version"], 2);
    assert_eq!(server.status_of(&agent).await, "unreachable_online");
    let newest = &server.history_of(&agent, 3).await[0];
    assert_eq!(
        (&newest["from"], &newest["to"], &newest["cause"]),
        (
            &json!("online"),
            &json!("unreachable_online"),
            &json!("settings.2")
        )
    );
    let server = server.restart().await;
    let read = server.read("/api/v1/settings").await["in_force"].take();
    assert_eq!(read["settings"]["unreachable_network"], json!(["10.12.0.0/16"]));
    assert_eq!(server.status_of(&agent).await, "unreachable_online");
}

#[tokio::test]
async fn a_save_over_a_newer_version_is_refused() {
    let server = Server::start().await;
    let put = || server.ask(http::Method::PUT, "/api/v1/settings").signed_in();
    let document = settings_document();
    let missing = put().json(&document).send().await;
    assert_eq!(missing.refused(428, "/problems/if-match-missing"), ["If-Match"]);
    let none = put().header("if-match", "newest").json(&document).send().await;
    assert_eq!(none.refused(422, "/problems/invalid"), ["If-Match"]);
    assert_eq!(server.save(&json!({ "offline_after": 61 })).await.status, 200);
    let late = put().header("if-match", "\"1\"").json(&document).send().await;
    late.refused(412, "/problems/saved-meanwhile");
    let now = server.read("/api/v1/settings").await["in_force"].take();
    assert_eq!(
        (&now["version"], &now["settings"]["offline_after"]),
        (&json!(2), &json!(61))
    );
}

#[tokio::test]
async fn what_may_not_be_saved_is_refused_with_its_field_and_what_is_unwise_is_warned_of() {
    let server = Server::start().await;
    for (field, value) in [
        ("offline_after", json!(10)),
        ("heartbeat_every", json!(0)),
        ("inactive_after_days", json!(0)),
        ("verify_every", json!(129_601)),
        ("loopback_every_seconds", json!(9)),
        ("unreachable_network[0]", json!(["10.0.0.5/8"])),
    ] {
        let name = field.trim_end_matches("[0]");
        let answer = server.save(&json!({ name: value })).await;
        assert_eq!(answer.refused(422, "/problems/invalid"), [field], "{answer:?}");
    }
    assert_eq!(server.read("/api/v1/settings").await["in_force"]["version"], 1);
    let unwise = server.save(&json!({ "offline_after": 20 })).await;
    assert_eq!(unwise.json["warnings"][0]["field"], "offline_after");
}

#[tokio::test]
async fn who_only_looks_saves_nothing() {
    let server = Server::of(rollcall_shared::console_api::Role::Viewer).await;
    let answer = server.save(&json!({ "offline_after": 61 })).await;
    answer.refused(403, "/problems/forbidden");
}

#[tokio::test]
async fn what_was_read_may_be_saved_as_it_is() {
    let server = Server::start().await;
    let read = server.get("/api/v1/settings").signed_in().send().await;
    let put = server
        .ask(http::Method::PUT, "/api/v1/settings")
        .signed_in()
        .header("if-match", read.headers["etag"].to_str().unwrap())
        .json(&read.json["in_force"]["settings"])
        .send()
        .await;
    assert_eq!(put.status, 200, "{put:?}");
    assert_eq!(
        put.json["in_force"]["settings"],
        read.json["in_force"]["settings"]
    );
}

#[tokio::test]
async fn a_save_whose_answer_was_lost_holds_and_is_found_by_the_next() {
    let server = Server::start().await;
    let mut document = server.read("/api/v1/settings").await["in_force"]["settings"].clone();
    document["offline_after"] = json!(77);
    // As a database does that took it and did not live to say so.
    let store = &server.backend.app.store;
    let record = SettingsRecord {
        version: 2,
        document: document.to_string(),
        saved_at_ms: 5,
        author: None,
        note: None,
    };
    assert!(store.settings().append(record).await.unwrap());
    let refused = server.save(&json!({ "offline_after": 61 })).await;
    refused.refused(412, "/problems/saved-meanwhile");
    let now = server.read("/api/v1/settings").await["in_force"].take();
    assert_eq!(
        (&now["version"], &now["settings"]["offline_after"]),
        (&json!(2), &json!(77))
    );
    assert_eq!(
        server.save(&json!({ "offline_after": 61 })).await.json["in_force"]["version"],
        3
    );
}

#[tokio::test]
async fn the_history_says_who_saved_what_and_why_and_gives_each_version_back() {
    let server = Server::start().await;
    let save = |of: u32, change: serde_json::Value| {
        let mut document = settings_document();
        for (field, value) in change.as_object().unwrap() {
            document[field] = value.clone();
        }
        let put = server.ask(http::Method::PUT, "/api/v1/settings").signed_in();
        put.header("if-match", &format!("\"{of}\""))
            .json(&document)
            .send()
    };
    let noted = json!({ "offline_after": 61, "note": "  for the branch offices " });
    assert_eq!(save(1, noted).await.status, 200);
    assert_eq!(save(2, json!({ "offline_after": 62 })).await.status, 200);
    let page = server.read("/api/v1/settings/versions?limit=2").await;
    let items = page["items"].as_array().unwrap();
    assert_eq!(
        (&items[0]["version"], &items[0]["note"]),
        (&json!(3), &json!(null))
    );
    assert_eq!(items[1]["note"], "for the branch offices");
    assert!(items[1]["author"].is_string(), "{items:?}");
    let rest = server.read("/api/v1/settings/versions?after=2").await;
    assert_eq!(
        (&rest["items"][0]["version"], &rest["next"]),
        (&json!(1), &json!(null))
    );
    assert_eq!(rest["items"][0]["author"], json!(null));
    let past = server.read("/api/v1/settings/versions/2").await;
    assert_eq!(past["settings"]["offline_after"], 61);
    let none = server.get("/api/v1/settings/versions/9").signed_in().send().await;
    assert_eq!(none.status, 404);
}

#[tokio::test]
async fn a_note_is_one_line_of_at_most_200_characters() {
    let server = Server::start().await;
    for note in ["ä".repeat(201), "two\nlines".to_owned(), "\0".to_owned()] {
        let answer = server.save(&json!({ "note": note })).await;
        assert_eq!(answer.refused(422, "/problems/invalid"), ["note"]);
    }
    assert_eq!(server.save(&json!({ "note": "ä".repeat(200) })).await.status, 200);
}

#[tokio::test]
async fn ranges_that_overlap_are_merged_and_the_answer_says_which() {
    let server = Server::start().await;
    let answer = server
        .save(&json!({ "unreachable_network": ["10.1.0.0/16", "192.168.0.0/16", "10.0.0.0/8"] }))
        .await;
    assert_eq!(
        answer.json["in_force"]["settings"]["unreachable_network"],
        json!(["192.168.0.0/16", "10.0.0.0/8"])
    );
    assert_eq!(
        answer.json["merged"],
        json!([{ "given": "10.1.0.0/16", "into": "10.0.0.0/8" }])
    );
}

#[tokio::test]
async fn a_version_that_cannot_be_used_is_shown_and_an_older_one_is_in_force() {
    let server = Server::on_file(&[]).await;
    let record = SettingsRecord {
        version: 2,
        document: r#"{"heartbeat_every":60,"offline_after":5}"#.to_owned(),
        saved_at_ms: 5,
        author: None,
        note: None,
    };
    assert!(server.backend.app.store.settings().append(record).await.unwrap());
    let server = server.restart().await;
    let read = server.read("/api/v1/settings").await;
    assert_eq!(
        (&read["in_force"]["version"], &read["passed_over"]["version"]),
        (&json!(1), &json!(2))
    );
    let versions = server.read("/api/v1/settings/versions").await;
    assert!(versions["items"][0]["unreadable"].is_string(), "{versions}");
    let unusable = server.get("/api/v1/settings/versions/2").signed_in().send().await;
    unusable.refused(409, "/problems/unusable-version");
    // The next save goes on from there, and then all is well again.
    assert_eq!(
        server.save(&json!({ "offline_after": 61 })).await.json["in_force"]["version"],
        3
    );
    assert_eq!(server.read("/api/v1/settings").await["passed_over"], json!(null));
}

#[tokio::test]
async fn a_range_of_a_family_that_the_server_does_not_listen_on_is_refused() {
    let server = Server::start().await;
    assert_eq!(server.read("/api/v1/settings").await["listens"], "ipv4");
    let answer = server
        .save(&json!({ "unreachable_network": ["10.0.0.0/8", "fd00::/8"] }))
        .await;
    assert_eq!(
        answer.refused(422, "/problems/invalid"),
        ["unreachable_network[1]"]
    );
}
