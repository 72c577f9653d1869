//! The feed over real sockets of this machine.

mod displays;
mod faults;
mod table;

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use http::{HeaderValue, StatusCode, header};
use rollcall_shared::console_api::Subject;
use rollcall_shared::feed::{FromConsole, PATH, ROLLOUTS, Row, STANDING, ToConsole};
use rollcall_shared::{ContactKind, DomainId, Status};
use serde_json::json;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::api::agent::testing::Server;
use crate::api::serve;
use crate::scope::Scope;

/// A server that listens.
struct Served {
    server: Server,
    address: String,
    serving: JoinHandle<()>,
}

/// An open console.
struct Console(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Served {
    async fn start() -> Self {
        Self::of(Server::start().await)
    }

    fn of(server: Server) -> Self {
        let listening = serve::Server::bind(&server.config).unwrap();
        let address = listening.listening().addresses[0].to_string();
        let serving = tokio::spawn(listening.run(server.router(), server.backend.stopping(), || {}));
        Self {
            server,
            address,
            serving,
        }
    }

    fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Asks for the feed with these headers; an empty one is left out.
    async fn connect(&self, cookie: &str, origin: &str) -> Result<Console, StatusCode> {
        self.connect_to("/api/v1/feed", cookie, origin).await
    }

    async fn connect_to(&self, path: &str, cookie: &str, origin: &str) -> Result<Console, StatusCode> {
        let url = format!("ws://{}{path}", self.address);
        let mut request = url.into_client_request().unwrap();
        for (name, value) in [(header::COOKIE, cookie), (header::ORIGIN, origin)] {
            if !value.is_empty() {
                request
                    .headers_mut()
                    .insert(name, HeaderValue::from_str(value).unwrap());
            }
        }
        match connect_async(request).await {
            Ok((socket, _)) => Ok(Console(socket)),
            Err(Error::Http(response)) => {
                let media_type = &response.headers()[header::CONTENT_TYPE];
                assert_eq!(media_type, "application/problem+json");
                Err(response.status())
            }
            Err(error) => panic!("{error}"),
        }
    }

    async fn console(&self) -> Console {
        self.connect(&self.server.cookie, &self.origin()).await.unwrap()
    }
}

impl Console {
    /// The next message of any kind.
    async fn any(&mut self) -> ToConsole {
        loop {
            match self.0.next().await.unwrap().unwrap() {
                Message::Binary(bytes) => return postcard::from_bytes(&bytes).unwrap(),
                Message::Ping(_) | Message::Pong(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    /// The next message that says something.
    async fn next(&mut self) -> ToConsole {
        loop {
            match self.any().await {
                ToConsole::Pulse { .. } => {}
                message => return message,
            }
        }
    }

    /// Reads until a snapshot has ended: its sequence number and its rows.
    async fn snapshot(&mut self) -> (u64, Vec<Row>) {
        let mut all = Vec::new();
        loop {
            if let ToConsole::Snapshot {
                sequence, last, rows, ..
            } = self.next().await
            {
                all.extend(rows);
                if last {
                    return (sequence, all);
                }
            }
        }
    }

    async fn say(&mut self, message: &FromConsole) {
        let bytes = postcard::to_allocvec(message).unwrap();
        self.send(Message::Binary(bytes.into())).await;
    }

    async fn send(&mut self, message: Message) {
        self.0.send(message).await.unwrap();
    }

    /// Reads until the server closes, and gives the code that it closes with; 0 where it says none.
    async fn closed(&mut self) -> u16 {
        loop {
            match self.0.next().await {
                Some(Ok(Message::Close(Some(frame)))) => return frame.code.into(),
                Some(Ok(Message::Close(None)) | Err(_)) | None => return 0,
                Some(Ok(_)) => {}
            }
        }
    }
}

#[tokio::test]
async fn a_console_is_greeted_then_shown_everything_then_told_what_changes() {
    let served = Served::start().await;
    let mut agent = served.server.agent("web-1").await;
    let mut console = served.console().await;
    let hello = ToConsole::Hello {
        build: "abc".to_owned(),
    };
    assert_eq!(console.any().await, hello);
    let (mut at, rows) = console.snapshot().await;
    assert_eq!(rows.len(), 1);
    assert_eq!(
        (rows[0].name.as_str(), rows[0].status),
        ("web-1", Status::Pending)
    );
    assert_eq!(rows[0].id.to_string(), agent.id);

    agent.register(&served.server).await;
    let mut seen = Vec::new();
    while !seen.contains(&Status::Online) {
        if let ToConsole::Delta {
            sequence, changes, ..
        } = console.next().await
        {
            assert_eq!(sequence, at + 1);
            at = sequence;
            assert!(changes.iter().all(|change| change.row == rows[0].row));
            seen.extend(changes.iter().map(|change| change.to));
        }
    }
    // A new agent comes with its name.
    let other = served.server.agent("web-2").await;
    loop {
        if let ToConsole::Delta { sequence, rows, .. } = console.next().await {
            assert_eq!(sequence, at + 1);
            at = sequence;
            if rows.iter().any(|row| row.id.to_string() == other.id) {
                break;
            }
        }
    }
}

#[tokio::test]
async fn the_contacts_of_watched_rows_are_told() {
    let served = Served::start().await;
    let mut agent = served.server.online("web-1").await;
    let mut console = served.console().await;
    let (_, rows) = console.snapshot().await;
    let row = rows[0].row;
    // A number that is no row's is passed over.
    console
        .say(&FromConsole::Watch {
            rows: vec![row, u32::MAX],
        })
        .await;
    for kind in [ContactKind::Register, ContactKind::Heartbeat] {
        if kind == ContactKind::Heartbeat {
            assert_eq!(agent.heartbeat(&served.server).await.status, StatusCode::OK);
        }
        loop {
            if let ToConsole::Contacts { contacts, .. } = console.next().await {
                assert_eq!(contacts.len(), 1);
                assert_eq!((contacts[0].0, contacts[0].2), (row, kind));
                break;
            }
        }
    }
}

#[tokio::test]
async fn who_missed_something_asks_for_everything_again() {
    let served = Served::start().await;
    served.server.agent("web-1").await;
    let mut console = served.console().await;
    let (before, _) = console.snapshot().await;
    console.say(&FromConsole::Resync).await;
    let (after, rows) = console.snapshot().await;
    assert!(after >= before);
    assert_eq!(rows.len(), 1);
}

#[tokio::test]
async fn a_message_that_makes_no_sense_ends_the_feed_and_the_server_goes_on() {
    let served = Served::start().await;
    let senseless = [
        Message::Binary(vec![0xff; 8].into()),
        Message::Binary(Vec::new().into()),
        // A list that claims to have more rows than fit into any memory.
        Message::Binary(vec![0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1].into()),
        Message::Text("{\"watch\": []}".into()),
    ];
    for message in senseless {
        let mut console = served.console().await;
        console.snapshot().await;
        console.send(message.clone()).await;
        assert_eq!(console.closed().await, 1007, "{message:?}");
    }
    let mut console = served.console().await;
    console.snapshot().await;
    // It may be cut off while it still sends.
    let _sent = console.0.send(Message::Binary(vec![0; 1 << 20].into())).await;
    console.closed().await;
    served.console().await.snapshot().await;
}

#[tokio::test]
async fn only_the_console_of_somebody_signed_in_is_let_in() {
    let served = Served::start().await;
    let (cookie, own) = (served.server.cookie.as_str(), served.origin());
    let foreign_session = format!("rollcall_session={}", "A".repeat(43));
    for (cookie, origin, status) in [
        ("", own.as_str(), 401),
        (&foreign_session, &own, 401),
        (cookie, "", 403),
        (cookie, "null", 403),
        (cookie, "https://evil.example", 403),
        (cookie, &format!("{own}.evil.example"), 403),
        (cookie, "http://127.0.0.1:1", 403),
    ] {
        let refused = served.connect(cookie, origin).await.err();
        assert_eq!(
            refused.map(|status| status.as_u16()),
            Some(status),
            "{cookie} {origin}"
        );
    }
    served.console().await.snapshot().await;
}

#[tokio::test]
async fn a_plain_request_is_told_that_this_is_a_websocket() {
    let server = Server::start().await;
    let answer = server.get("/api/v1/feed").signed_in().send().await;
    answer.refused(426, "/problems/not-a-websocket");
}

#[tokio::test]
async fn who_signs_out_elsewhere_stops_seeing() {
    let served = Served::start().await;
    let mut console = served.console().await;
    console.snapshot().await;
    let signed_out = served
        .server
        .ask(http::Method::DELETE, "/api/v1/session")
        .signed_in()
        .send()
        .await;
    assert_eq!(signed_out.status, StatusCode::NO_CONTENT);
    // The time until the server asks again passes at once.
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(15)).await;
    tokio::time::resume();
    assert_eq!(console.closed().await, 4401);
}

#[tokio::test]
async fn a_server_that_stops_says_so_and_waits_for_no_console() {
    let served = Served::start().await;
    let mut consoles = vec![served.console().await, served.console().await];
    for console in &mut consoles {
        console.snapshot().await;
    }
    served.server.backend.announce_stop();
    for console in &mut consoles {
        assert_eq!(console.closed().await, 1001);
    }
    served.serving.await.unwrap();
}

#[tokio::test]
async fn a_console_sees_the_agents_of_its_own_domains_only() {
    let server = Server::start().await;
    server.online("web-1").await;
    let hub = &server.backend.app.hub;
    let elsewhere = Scope::Domains([DomainId(DomainId::ROOT.0 + 1)].into());
    for (scope, count) in [
        (Scope::All, 1),
        (Scope::Domains([DomainId::ROOT].into()), 1),
        (elsewhere, 0),
    ] {
        let opening = hub.subscribe(&scope).opening;
        let ToConsole::Snapshot {
            rows, transitions, ..
        } = postcard::from_bytes(&opening[0]).unwrap()
        else {
            panic!("{scope:?}")
        };
        assert_eq!(rows.len(), count, "{scope:?}");
        assert_eq!(transitions.is_empty(), count == 0, "{scope:?}");
        let contacts = hub.contacts(&scope, &[0], &mut std::collections::HashMap::new());
        assert_eq!(contacts.is_some(), count == 1, "{scope:?}");
    }
}

#[tokio::test]
async fn a_page_of_roll_outs_is_sent_each_change_and_no_agents() {
    let served = Served::start().await;
    let mut agent = served.server.online("web-1").await;
    let path = format!("{PATH}{ROLLOUTS}");
    let mut console = served
        .connect_to(&path, &served.server.cookie, &served.origin())
        .await
        .unwrap();
    assert!(matches!(console.any().await, ToConsole::Hello { .. }));
    let mut until = async |queued: u32, applied: u32| {
        loop {
            let ToConsole::Rollouts { rollouts, .. } = console.any().await else {
                panic!("something else was sent")
            };
            if let [rollout] = &rollouts[..]
                && rollout.subject == Subject::Settings(2)
                && (rollout.queued, rollout.applied) == (queued, applied)
            {
                return;
            }
        }
    };
    let saved = served
        .server
        .save(&serde_json::json!({ "offline_after": 61 }))
        .await;
    assert_eq!(saved.status, 200);
    until(1, 0).await;
    agent.applied = 2;
    agent.heartbeat(&served.server).await;
    until(0, 1).await;
}

#[tokio::test]
async fn a_page_that_asks_for_all_it_shows_is_told_that_the_server_is_there_and_nothing_else() {
    let served = Served::start().await;
    let saved = served
        .server
        .save(&serde_json::json!({ "offline_after": 61 }))
        .await;
    assert_eq!(saved.status, 200);
    let path = format!("{PATH}{STANDING}");
    let mut console = served
        .connect_to(&path, &served.server.cookie, &served.origin())
        .await
        .unwrap();
    assert!(matches!(console.any().await, ToConsole::Hello { .. }));
    for _ in 0..2 {
        let ToConsole::Rollouts { rollouts, now_ms } = console.any().await else {
            panic!("something else was sent")
        };
        assert!(rollouts.is_empty(), "{rollouts:?}");
        assert!(now_ms > 0);
    }
}

#[tokio::test]
async fn what_there_is_not_to_see_is_refused() {
    let served = Served::start().await;
    let path = "/api/v1/feed?show=everything";
    let refused = served
        .connect_to(path, &served.server.cookie, &served.origin())
        .await;
    assert_eq!(refused.err(), Some(StatusCode::UNPROCESSABLE_ENTITY));
}

/// The statuses that a row is told to have had, up to this one.
async fn told_until(console: &mut Console, row: u32, last: Status) -> Vec<Status> {
    let mut told = Vec::new();
    while told.last() != Some(&last) {
        if let ToConsole::Delta { changes, .. } = console.next().await {
            let own = changes.iter().filter(|change| change.row == row);
            told.extend(own.map(|change| change.to));
        }
    }
    told
}

#[tokio::test]
async fn who_leaves_the_roll_call_for_being_away_too_long_and_comes_back_is_told_of() {
    // A day of the settings lasts 144 seconds.
    const DAY_MS: i64 = 144_000;
    let served = Served::of(Server::with(&["--minute", "100ms"]).await);
    let api = &served.server;
    let saved = api.save(&json!({ "inactive_after_days": 1 })).await;
    assert_eq!(saved.status, StatusCode::OK, "{saved:?}");
    let mut agent = api.agent("web-1").await;
    agent.applied = 2;
    agent.register(api).await;
    let mut console = served.console().await;
    let (_, rows) = console.snapshot().await;
    let row = rows[0].row;
    assert_eq!(rows[0].status, Status::Online);

    let app = &api.backend.app;
    let (place, _) = app.roster.get(&Scope::All, agent.id.parse().unwrap()).unwrap();
    while api.status_of(&agent).await != "inactive" {
        // Less than a tick may let it go on by; and the driver is asked something, so that it ticks.
        app.clock.goes_on(Duration::from_millis(500));
        app.engine.verdict(place).await.unwrap();
    }
    let told = told_until(&mut console, row, Status::Inactive).await;
    assert_eq!(told, [Status::Offline, Status::Inactive]);
    let history = api.history_of(&agent, 4).await;
    assert_eq!(history[0]["to"], "inactive");
    assert_eq!(history[0]["cause"], "inactive.1");
    assert_eq!(history[1]["to"], "offline");
    let away_ms = history[0]["at_ms"].as_i64().unwrap() - history[1]["at_ms"].as_i64().unwrap();
    // Labels are good for 50 ms, and a tick may take two seconds.
    assert!(
        (DAY_MS - 50..=DAY_MS + 2_050).contains(&away_ms),
        "inactive after {away_ms} ms"
    );
    let listed = api.read("/api/v1/agents").await;
    assert_eq!(
        listed["items"][0]["status"], "inactive",
        "it does not just vanish"
    );

    // Any contact brings it back.
    assert_eq!(agent.heartbeat(api).await.status, StatusCode::OK);
    assert_eq!(api.status_of(&agent).await, "online");
    assert_eq!(
        told_until(&mut console, row, Status::Online).await,
        [Status::Online]
    );
    let history = api.history_of(&agent, 5).await;
    assert_eq!(
        (&history[0]["from"], &history[0]["cause"]),
        (&json!("inactive"), &json!("contact.heartbeat"))
    );
}

#[tokio::test]
async fn who_is_retired_is_told_of_and_stays_on_the_list() {
    let served = Served::start().await;
    let api = &served.server;
    let removed = api.online("web-1").await;
    let mut left = api.online("web-2").await;
    let mut console = served.console().await;
    let (_, rows) = console.snapshot().await;
    let row_of = |id: &str| rows.iter().find(|row| row.id.to_string() == id).unwrap().row;
    assert_eq!(api.retire(&removed).await.status, StatusCode::NO_CONTENT);
    let told = told_until(&mut console, row_of(&removed.id), Status::Retired).await;
    assert_eq!(told, [Status::Retired]);
    assert_eq!(
        left.goodbye(api, "uninstall").await.status,
        StatusCode::NO_CONTENT
    );
    let told = told_until(&mut console, row_of(&left.id), Status::Retired).await;
    assert_eq!(told, [Status::Retired]);
    for (agent, cause) in [(&removed, "retired"), (&left, "goodbye.uninstall")] {
        let shown = api.read(&format!("/api/v1/agents/{}", agent.id)).await;
        assert_eq!(
            (&shown["status"], &shown["cause"]),
            (&json!("retired"), &json!(cause))
        );
        assert_eq!(api.history_of(agent, 3).await[0]["cause"], cause);
    }
    // A console that opens later is shown them, too.
    let mut later = served.console().await;
    let (_, rows) = later.snapshot().await;
    assert!(rows.iter().all(|row| row.status == Status::Retired) && rows.len() == 2);
}
