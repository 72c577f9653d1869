//! What the tests of people share: the real routes over a fresh database, and a clock that they move.

use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::BodyExt as _;
use rollcall_shared::UserId;
use rollcall_shared::console_api::Role;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::api::peer::Peer;
use crate::auth::enrolment::EnrollLine;
use crate::auth::passwords::Passwords;
use crate::auth::people::{Parts, People, Times};
use crate::auth::setup_link::SetupLink;
use crate::clock::Clock;
use crate::store::Store;
use crate::store::users::UserRecord;

pub(in crate::api) const PASSWORD: &str = "correct horse battery";
pub(in crate::api) const MINUTE_MS: i64 = 60_000;
pub(in crate::api) const HOUR_MS: i64 = 60 * MINUTE_MS;

/// A server with nobody in it, and who talks to it.
pub(in crate::api) struct Server {
    pub(in crate::api) people: People,
    /// What stands behind the `#` of the setup link.
    pub(in crate::api) setup_token: String,
    router: Router,
    now_ms: Arc<AtomicI64>,
    passwords: Passwords,
}

/// An answer, read to its end.
#[derive(Debug, PartialEq)]
pub(in crate::api) struct Answer {
    pub(in crate::api) status: StatusCode,
    pub(in crate::api) headers: HeaderMap,
    /// `null` where there is no body.
    pub(in crate::api) json: Value,
}

impl Server {
    /// A fresh one, to which the setup link is open.
    pub(in crate::api) async fn fresh() -> Self {
        let clock = Clock::start();
        let now_ms = Arc::new(AtomicI64::new(1_900_000_000_000));
        let wall_ms = Arc::clone(&now_ms);
        let monotonic = Arc::clone(&now_ms);
        let times = Times {
            wall_ms: Arc::new(move || wall_ms.load(Ordering::SeqCst)),
            monotonic: Arc::new(move || {
                Duration::from_millis(monotonic.load(Ordering::SeqCst).unsigned_abs())
            }),
        };
        let (setup_link, token) = SetupLink::open(&clock).unwrap();
        let passwords = Passwords::new(clock, NonZeroUsize::new(2).unwrap()).unwrap();
        let people = People::new(Parts {
            store: Store::open("sqlite::memory:").await.unwrap(),
            clock,
            times,
            passwords: passwords.clone(),
            setup_link,
            enroll_line: EnrollLine {
                program: "rollcall-agent".to_owned(),
                server_url: "https://roll.example".to_owned(),
                fingerprint: None,
            },
        });
        let (router, _) = super::routes()
            .merge(crate::api::setup::routes())
            .merge(crate::api::tokens::routes())
            .merge(crate::api::displays::routes())
            .with_state(people.clone())
            .split_for_parts();
        Self {
            people,
            setup_token: token.to_string(),
            router,
            now_ms,
            passwords,
        }
    }

    /// A fresh one with one person, `ada`, of this role.
    pub(in crate::api) async fn with_ada(role: Role) -> Self {
        let server = Self::fresh().await;
        let ada = UserRecord {
            id: UserId::from_bits(1),
            name: "ada".to_owned(),
            password_hash: server.passwords.hash(PASSWORD.to_owned()).await.unwrap(),
            role,
            created_at_ms: 0,
        };
        assert!(server.people.store().users().create_first(ada).await.unwrap());
        server
    }

    /// Moves both clocks.
    pub(in crate::api) fn pass(&self, ms: i64) {
        self.now_ms.fetch_add(ms, Ordering::SeqCst);
    }

    /// Signs `ada` in and gives the cookie to send from now on.
    pub(in crate::api) async fn signed_in(&self) -> String {
        let answer = self
            .post(
                "/api/v1/session",
                "",
                &json!({ "name": "ada", "password": PASSWORD }),
            )
            .await;
        assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
        answer.cookie()
    }

    pub(in crate::api) async fn get(&self, path: &str, cookie: &str) -> Answer {
        self.ask(Method::GET, path, cookie, String::new()).await
    }

    pub(in crate::api) async fn delete(&self, path: &str, cookie: &str) -> Answer {
        self.ask(Method::DELETE, path, cookie, String::new()).await
    }

    pub(in crate::api) async fn post(&self, path: &str, cookie: &str, body: &Value) -> Answer {
        self.ask(Method::POST, path, cookie, body.to_string()).await
    }

    /// Posts whatever that is.
    pub(in crate::api) async fn post_raw(&self, path: &str, cookie: &str, body: &str) -> Answer {
        self.ask(Method::POST, path, cookie, body.to_owned()).await
    }

    async fn ask(&self, method: Method, path: &str, cookie: &str, body: String) -> Answer {
        self.ask_from(
            Peer::direct(IpAddr::V4(Ipv4Addr::LOCALHOST), false),
            method,
            path,
            cookie,
            body,
        )
        .await
    }

    /// Asks as somebody else than a neighbour without TLS.
    pub(in crate::api) async fn ask_from(
        &self,
        peer: Peer,
        method: Method,
        path: &str,
        cookie: &str,
        body: String,
    ) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::COOKIE, cookie)
            .header(header::CONTENT_TYPE, "application/json")
            .extension(peer)
            .body(Body::from(body))
            .unwrap();
        let (parts, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let json = if bytes.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(&bytes).unwrap()
        };
        Answer {
            status: parts.status,
            headers: parts.headers,
            json,
        }
    }
}

impl Answer {
    /// The cookie that was set, as a browser sends it back.
    pub(in crate::api) fn cookie(&self) -> String {
        let set = self.headers[header::SET_COOKIE].to_str().unwrap();
        set.split(';').next().unwrap().to_owned()
    }

    /// Says that this is a problem of that status, and gives the fields that it names.
    #[track_caller]
    pub(in crate::api) fn refused(&self, status: u16) -> Vec<&str> {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.headers[header::CONTENT_TYPE], "application/problem+json");
        assert_eq!(self.json["status"], status);
        assert!(
            !self.headers.contains_key(header::SET_COOKIE),
            "a refusal opens no session"
        );
        self.json["errors"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|error| error["field"].as_str())
            .collect()
    }
}
