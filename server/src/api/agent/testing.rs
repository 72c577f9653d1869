//! What the tests of the API share: a whole backend behind the real router, on a database of its own, and the
//! agents and people who talk to it.
//!
//! People's calls alone are lighter with `session::testing`, which has a clock that a test moves.

mod ask;
mod test_agent;

use std::net::{IpAddr, Ipv4Addr};
use std::sync::OnceLock;

use axum::Router;
use axum::body::Body;
use http::{Method, Request, StatusCode, header};
use rollcall_shared::UserId;
use rollcall_shared::console_api::Role;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::api::metrics::Metrics;
use crate::api::router;
use crate::api::trace::Observer;
use crate::auth::enrolment::EnrollLine;
use crate::auth::secret::Secret;
use crate::auth::sessions;
use crate::clock::Clock;
use crate::config::Config;
use crate::store::Store;
use crate::store::users::UserRecord;
use crate::wiring::Backend;

pub(crate) use ask::{Answer, Ask};
pub(crate) use test_agent::TestAgent;

/// Where a browser thinks that it is.
pub(crate) const ORIGIN: &str = "http://roll.example";
const HOST: &str = "roll.example";

/// The name and the password of whoever is signed in.
pub(crate) const NAME: &str = "ada";
pub(crate) const PASSWORD: &str = "correct horse battery";

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// A backend with one person in it, who is signed in.
pub(crate) struct Server {
    pub(crate) backend: Backend,
    pub(crate) config: Config,
    pub(crate) cookie: String,
    router: Router,
    folder: TempDir,
}

impl Server {
    /// With an admin, on a database in memory.
    pub(crate) async fn start() -> Self {
        let mut server = Self::open(tempfile::tempdir().unwrap(), "sqlite::memory:", &[]).await;
        server.set_up().await;
        server
    }

    /// With an admin, on a database in a file, which outlives the backend.
    pub(crate) async fn on_file(flags: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = file_in(&folder);
        let mut server = Self::open(folder, &url, flags).await;
        server.set_up().await;
        server
    }

    /// With an admin, and these flags besides.
    pub(crate) async fn with(flags: &[&str]) -> Self {
        let mut server = Self::open(tempfile::tempdir().unwrap(), "sqlite::memory:", flags).await;
        server.set_up().await;
        server
    }

    /// With an admin, as one that listens on this address alone, or, with `flags`, elsewhere too.
    pub(crate) async fn listening_on(address: &str, flags: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().to_str().unwrap().to_owned();
        let own = ["rollcall-server", "--listen", address, "--data", &data];
        let config = Config::load(own.iter().chain(flags), |_| None).unwrap();
        let mut server = Self::start_on(folder, "sqlite::memory:", config).await;
        server.set_up().await;
        server
    }

    /// With an admin, on this database.
    pub(crate) async fn at(url: &str) -> Self {
        let mut server = Self::open(tempfile::tempdir().unwrap(), url, &[]).await;
        server.set_up().await;
        server
    }

    /// With a person of this role instead of the admin.
    pub(crate) async fn of(role: Role) -> Self {
        let mut server = Self::open(tempfile::tempdir().unwrap(), "sqlite::memory:", &[]).await;
        let user = UserRecord {
            id: UserId::from_bits(1),
            name: NAME.to_owned(),
            // Nobody signs in with it: the session is put into the database.
            password_hash: "none".to_owned(),
            role,
            created_at_ms: 0,
        };
        let app = &server.backend.app;
        assert!(app.store.users().create_first(user).await.unwrap());
        let session = Secret::random(&app.clock).unwrap();
        let now_ms = app.clock.wall_ms();
        app.store
            .sessions()
            .create(session.hash(), UserId::from_bits(1), now_ms, now_ms + DAY_MS)
            .await
            .unwrap();
        let set = sessions::cookie(&session, false);
        server.cookie = set.split(';').next().unwrap().to_owned();
        server
    }

    async fn open(folder: TempDir, url: &str, flags: &[&str]) -> Self {
        let data = folder.path().to_str().unwrap().to_owned();
        let own = ["rollcall-server", "--listen", "127.0.0.1:0", "--data", &data];
        let config = Config::load(own.iter().chain(flags), |_| None).unwrap();
        Self::start_on(folder, url, config).await
    }

    async fn start_on(folder: TempDir, url: &str, config: Config) -> Self {
        let line = EnrollLine {
            program: "rollcall-agent".to_owned(),
            server_url: ORIGIN.to_owned(),
            fingerprint: None,
        };
        let store = Store::open(url).await.unwrap();
        let backend = Backend::start(&config, Clock::start(), store, line, "abc")
            .await
            .unwrap();
        backend.hear();
        let observer = Observer::new(backend.app.clock, Some(metrics())).unwrap();
        Self {
            router: router::router(backend.app.clone(), &config, observer, metrics()).unwrap(),
            backend,
            config,
            cookie: String::new(),
            folder,
        }
    }

    async fn set_up(&mut self) {
        let token = self.backend.setup.as_ref().unwrap().to_string();
        let answer = self
            .post("/api/v1/setup")
            .json(&json!({ "token": token, "name": NAME, "password": PASSWORD }))
            .send()
            .await;
        assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
        self.cookie = answer.cookie();
    }

    /// Stops and starts again on the same file; whoever was signed in still is.
    pub(crate) async fn restart(self) -> Self {
        let Self {
            backend,
            config,
            cookie,
            router,
            folder,
        } = self;
        drop(router);
        backend.stop().await;
        let url = file_in(&folder);
        let mut server = Self::start_on(folder, &url, config).await;
        server.cookie = cookie;
        server
    }

    /// Stops, so that the database is nobody's.
    pub(crate) async fn stop(self) {
        drop(self.router);
        self.backend.stop().await;
    }

    /// The whole API as a service.
    pub(crate) fn router(&self) -> Router {
        self.router.clone()
    }

    /// A request of nobody in particular.
    pub(crate) fn ask(&self, method: Method, path: &str) -> Ask<'_> {
        Ask {
            server: self,
            request: Request::builder()
                .method(method)
                .uri(path)
                .header(header::HOST, HOST),
            body: Body::empty(),
            peer: IpAddr::V4(Ipv4Addr::LOCALHOST),
            reached: None,
        }
    }

    pub(crate) fn get(&self, path: &str) -> Ask<'_> {
        self.ask(Method::GET, path)
    }

    pub(crate) fn post(&self, path: &str) -> Ask<'_> {
        self.ask(Method::POST, path)
    }

    /// Reads something as the person who is signed in.
    pub(crate) async fn read(&self, path: &str) -> Value {
        let answer = self.get(path).signed_in().send().await;
        assert_eq!(answer.status, StatusCode::OK, "{path} {answer:?}");
        answer.json
    }

    /// Makes an enrolment token for so many agents: its number and its text.
    pub(crate) async fn token(&self, uses: u32) -> (i64, String) {
        let answer = self
            .post("/api/v1/tokens")
            .signed_in()
            .json(&json!({ "uses": uses, "hours": 1 }))
            .send()
            .await;
        assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
        let number = answer.json["token"]["id"].as_i64().unwrap();
        (number, answer.json["secret"].as_str().unwrap().to_owned())
    }

    /// Asks for an enrolment.
    pub(crate) async fn enroll(&self, token: &str, key: u64, name: &str) -> Answer {
        self.post("/api/agent/v1/enroll")
            .json(&enroll_body(token, key, name))
            .send()
            .await
    }

    /// An agent that is enrolled and has not registered yet.
    pub(crate) async fn agent(&self, name: &str) -> TestAgent {
        let (number, token) = self.token(1).await;
        // Each agent has a key of its own, as each has a token: the same key would be the same agent.
        let key = 1_000 + number.unsigned_abs();
        let answer = self.enroll(&token, key, name).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
        TestAgent {
            id: answer.json["agent"].as_str().unwrap().to_owned(),
            secret: answer.json["secret"].as_str().unwrap().to_owned(),
            name: name.to_owned(),
            boot: "000000b1".to_owned(),
            sequence: 0,
            applied: 1,
            own_address: "10.12.0.20".to_owned(),
            notify_port: None,
        }
    }

    /// An agent that is online.
    pub(crate) async fn online(&self, name: &str) -> TestAgent {
        let mut agent = self.agent(name).await;
        let answer = agent.register(self).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        agent
    }

    /// The status of an agent, as people are shown it.
    pub(crate) async fn status_of(&self, agent: &TestAgent) -> String {
        let shown = self.read(&format!("/api/v1/agents/{}", agent.id)).await;
        shown["status"].as_str().unwrap().to_owned()
    }

    /// Saves settings that differ from those in force in these fields.
    pub(crate) async fn save(&self, changes: &Value) -> Answer {
        let current = self.read("/api/v1/settings").await["in_force"].take();
        let mut document = settings_document();
        let saved = current["settings"].as_object().unwrap();
        for (field, value) in saved.iter().chain(changes.as_object().unwrap()) {
            document[field] = value.clone();
        }
        self.ask(Method::PUT, "/api/v1/settings")
            .signed_in()
            .header("if-match", &format!("\"{}\"", current["version"]))
            .json(&document)
            .send()
            .await
    }

    /// Retires an agent, as people do it.
    pub(crate) async fn retire(&self, agent: &TestAgent) -> Answer {
        let path = format!("/api/v1/agents/{}/retire", agent.id);
        self.post(&path).signed_in().send().await
    }

    /// The history of an agent once it has so many entries, newest first: it is written behind.
    pub(crate) async fn history_of(&self, agent: &TestAgent, entries: usize) -> Vec<Value> {
        let path = format!("/api/v1/transitions?agent={}", agent.id);
        loop {
            let page = self.read(&path).await;
            let items = page["items"].as_array().unwrap();
            if items.len() >= entries {
                return items.clone();
            }
            // The test harness ends a test that waits in vain.
            tokio::task::yield_now().await;
        }
    }
}

fn file_in(folder: &TempDir) -> String {
    format!("sqlite://{}", folder.path().join("rollcall.db").display())
}

/// Taken once a process.
fn metrics() -> Metrics {
    static METRICS: OnceLock<Metrics> = OnceLock::new();
    METRICS.get_or_init(|| Metrics::install().unwrap()).clone()
}

/// The body of an enrolment.
pub(crate) fn enroll_body(token: &str, key: u64, name: &str) -> Value {
    json!({
        "token": token, "key": format!("{key:064x}"), "host_name": name,
        "platform": "Debian GNU/Linux 12 (bookworm)", "machine_id": format!("machine of {name}")
    })
}

/// The default settings, every field of them.
pub(crate) fn settings_document() -> Value {
    json!({
        "unreachable_network": [], "heartbeat": true, "heartbeat_scope": "all", "heartbeat_every": 10,
        "offline_after": 60, "poll_every": 30, "verify_every": 15, "inactive_after_days": 30,
        "dial_own_addresses_in": [], "loopback": "off", "loopback_every_seconds": 25
    })
}
