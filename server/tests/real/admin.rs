//! The first admin of a server, as a program: signs in, asks, saves.

use std::sync::Mutex;

use rollcall_shared::console_api::{
    Agent, Availability, BlindSpan, Notification, Page, Rollout, SettingsInForce, SettingsSaved,
    SettingsVersion, Subject, TokenMade, Transition, Waiting,
};
use rollcall_shared::{AgentId, Settings, Status};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::history::History;
use super::http::{Answer, Peer};
use super::moment::until;
use super::server::Server;

const NAME: &str = "ada";
const PASSWORD: &str = "correct horse battery staple";

/// Somebody who may do everything.
pub(crate) struct Admin {
    peer: Peer,
    cookie: Mutex<String>,
}

impl Admin {
    /// Uses the one-time link of the server's first run.
    pub(crate) fn first(server: &Server) -> Self {
        let admin = Self {
            peer: server.peer(),
            cookie: Mutex::default(),
        };
        let setup = json!({ "token": server.setup_token, "name": NAME, "password": PASSWORD });
        let made = admin.ask("POST", "/api/v1/setup", &[], Some(&setup)).unwrap();
        assert!(made.is_success(), "{made:?}");
        admin.sign_in();
        admin
    }

    fn sign_in(&self) {
        let body = json!({ "name": NAME, "password": PASSWORD });
        let answer = until("the admin is signed in", || {
            let answer = self.ask("POST", "/api/v1/session", &[], Some(&body)).ok()?;
            answer.is_success().then_some(answer)
        });
        let cookie = answer.header("set-cookie").expect("a cookie");
        cookie
            .split(';')
            .next()
            .unwrap()
            .clone_into(&mut self.cookie.lock().unwrap());
    }

    /// What signs this admin's calls, for one that is made otherwise than by this.
    pub(crate) fn cookie(&self) -> String {
        self.cookie.lock().unwrap().clone()
    }

    fn ask(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> std::io::Result<Answer> {
        let origin = format!("http://{}", self.peer.at);
        let cookie = self.cookie.lock().unwrap().clone();
        let mut all = vec![("origin", origin.as_str())];
        if !cookie.is_empty() {
            all.push(("cookie", cookie.as_str()));
        }
        all.extend(headers);
        self.peer.call(method, path, &all, body)
    }

    /// One call, signed in again where the session has ended; an error where the server was away or went away.
    pub(crate) fn call(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> std::io::Result<Answer> {
        let answer = self.ask(method, path, headers, body)?;
        if answer.status != 401 {
            return Ok(answer);
        }
        self.sign_in();
        self.ask(method, path, headers, body)
    }

    /// Reads; again and again while the server is away or has no database.
    pub(crate) fn read<T: DeserializeOwned>(&self, path: &str) -> T {
        let answer = until(&format!("GET {path} is answered"), || {
            let answer = self.call("GET", path, &[], None).ok()?;
            (answer.status < 500).then_some(answer)
        });
        answer.json()
    }

    /// All agents.
    pub(crate) fn agents(&self) -> Vec<Agent> {
        let mut agents = Vec::new();
        let mut after = String::new();
        loop {
            let page: Page<Agent> = self.read(&format!("/api/v1/agents?limit=1000{after}"));
            agents.extend(page.items);
            match page.next {
                Some(next) => after = format!("&after={next}"),
                None => return agents,
            }
        }
    }

    /// The agent of that name.
    pub(crate) fn agent(&self, name: &str) -> Agent {
        let found = self.agents().into_iter().find(|agent| agent.name == name);
        found.unwrap_or_else(|| panic!("there is no agent {name}"))
    }

    /// Waits until the agent of that name has this status.
    pub(crate) fn sees(&self, name: &str, status: Status) -> Agent {
        until(&format!("{name} is {status}"), || {
            let found = self.agents().into_iter().find(|agent| agent.name == name)?;
            (found.status == status).then_some(found)
        })
    }

    /// All transitions that are shown.
    pub(crate) fn history(&self) -> History {
        let mut newest_first = Vec::new();
        let mut before = String::new();
        loop {
            let page: Page<Transition> = self.read(&format!("/api/v1/transitions?limit=1000{before}"));
            newest_first.extend(page.items);
            match page.next {
                Some(next) => before = format!("&before={next}"),
                None => return History::of(newest_first),
            }
        }
    }

    /// Waits until a transition of this agent is shown that fits, and gives it.
    pub(crate) fn transition(
        &self,
        agent: AgentId,
        what: &str,
        fits: impl Fn(&Transition) -> bool,
    ) -> Transition {
        until(&format!("there is a transition: {what}"), || {
            let page: Page<Transition> = self.read(&format!("/api/v1/transitions?limit=100&agent={agent}"));
            page.items.into_iter().find(|one| fits(one))
        })
    }

    /// An agent's notification of a version of the settings.
    pub(crate) fn notification(&self, agent: AgentId, version: u32) -> Notification {
        let page: Page<Notification> = self.read(&format!("/api/v1/agents/{agent}/notifications"));
        let subject = Subject::Settings(version);
        let found = page.items.into_iter().find(|one| one.subject == subject);
        found.unwrap_or_else(|| panic!("{agent} has no notification {subject}"))
    }

    /// Waits until a version of the settings has got to all whom it concerns, and gives the roll-out.
    pub(crate) fn rolled_out(&self, version: u32) -> Rollout {
        until(&format!("version {version} is applied by all"), || {
            let rollout = self.rollout(version);
            (rollout.applied == rollout.concerned).then_some(rollout)
        })
    }

    /// How far a version of the settings has got.
    pub(crate) fn rollout(&self, version: u32) -> Rollout {
        self.read(&format!("/api/v1/rollouts/settings.{version}"))
    }

    /// Who does not live by a version of the settings.
    pub(crate) fn waiting(&self, version: u32) -> Vec<Waiting> {
        let path = format!("/api/v1/rollouts/settings.{version}/waiting");
        self.read::<Page<Waiting>>(&path).items
    }

    /// When the server was blind within a period of that agent's life.
    pub(crate) fn blind(&self, agent: AgentId, from_ms: i64, to_ms: i64) -> Vec<BlindSpan> {
        let path = format!("/api/v1/agents/{agent}/availability?from_ms={from_ms}&to_ms={to_ms}");
        self.read::<Availability>(&path).blind
    }

    /// Makes an enrolment token that is good for as many as a test wants.
    pub(crate) fn token(&self) -> String {
        let body = json!({ "uses": 1_000_000, "hours": 1000 });
        let answer = self.call("POST", "/api/v1/tokens", &[], Some(&body)).unwrap();
        answer.json::<TokenMade>().secret
    }

    pub(crate) fn settings(&self) -> SettingsVersion {
        self.read::<SettingsInForce>("/api/v1/settings").in_force
    }

    /// Tries to save a document as the successor of `version`.
    pub(crate) fn try_to_save(&self, version: u32, settings: &Settings) -> std::io::Result<Answer> {
        let tag = format!("\"{version}\"");
        let mut body = serde_json::to_value(settings).unwrap();
        // Every field has to be there; a document as it is shown leaves out lists that are empty.
        for list in ["unreachable_network", "dial_own_addresses_in"] {
            if body[list].is_null() {
                body[list] = json!([]);
            }
        }
        self.call("PUT", "/api/v1/settings", &[("if-match", &tag)], Some(&body))
    }

    /// Changes the settings; gives the version that was saved.
    pub(crate) fn save(&self, change: impl FnOnce(&mut Settings)) -> u32 {
        let SettingsVersion {
            version,
            mut settings,
            ..
        } = self.settings();
        change(&mut settings);
        let answer = self.try_to_save(version, &settings).unwrap();
        answer.json::<SettingsSaved>().in_force.version
    }

    /// Whether the server says that it can work, and its words.
    pub(crate) fn readiness(&self) -> (bool, String) {
        until("the server says whether it is ready", || {
            let answer = self.peer.call("GET", "/readyz", &[], None).ok()?;
            Some((answer.is_success(), answer.body))
        })
    }
}
