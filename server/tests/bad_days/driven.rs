//! Agents that the test drives itself, call by call: it knows to the millisecond what each said and what it was told.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use rollcall_shared::AgentId;
use rollcall_shared::agent_api::Enrolled;
use serde_json::{Value, json};

use crate::real::http::{Answer, Peer};
use crate::real::moment::{now, until};

/// An enrolled agent.
#[derive(Debug, Clone)]
pub(crate) struct Driven {
    pub(crate) name: String,
    pub(crate) id: AgentId,
    pub(crate) secret: String,
    peer: Peer,
    boot: u32,
    sequence: u32,
}

/// Asks to be enrolled; `number` makes the key, so that the same number asks for the same answer again.
pub(crate) fn ask_to_enrol(peer: &Peer, token: &str, name: &str, number: u64) -> io::Result<Answer> {
    let body = json!({
        "token": token, "key": format!("{number:064x}"), "host_name": name, "platform": "test",
        "machine_id": format!("{number:032x}"),
    });
    peer.call("POST", "/api/agent/v1/enroll", &[], Some(&body))
}

impl Driven {
    /// The agent that an answer to an enrolment makes.
    pub(crate) fn of(peer: &Peer, name: &str, enrolled: Enrolled) -> Self {
        Self {
            name: name.to_owned(),
            id: enrolled.agent,
            secret: enrolled.secret,
            peer: peer.clone(),
            boot: 1,
            sequence: 0,
        }
    }

    /// Enrols one and registers it.
    pub(crate) fn enrolled(peer: &Peer, token: &str, name: &str, number: u64) -> Self {
        let answer = ask_to_enrol(peer, token, name, number).unwrap();
        let mut agent = Self::of(peer, name, answer.json());
        let registered = agent.register().unwrap();
        assert!(registered.is_success(), "{registered:?}");
        agent
    }

    fn call(&mut self, path: &str, more: Value) -> io::Result<Answer> {
        self.sequence += 1;
        let mut body = json!({
            "boot": format!("{:08x}", self.boot), "sequence": self.sequence, "applied": 0,
        });
        if let (Some(body), Value::Object(more)) = (body.as_object_mut(), more) {
            body.extend(more);
        }
        let credential = format!("Bearer {}.{}", self.id, self.secret);
        let path = format!("/api/agent/v1/{path}");
        self.peer
            .call("POST", &path, &[("authorization", &credential)], Some(&body))
    }

    pub(crate) fn register(&mut self) -> io::Result<Answer> {
        let more = json!({
            "reason": "start", "machine_id": "0123456789abcdef", "host_name": self.name, "platform": "test",
            "agent_version": "test", "local_address": "127.0.0.1",
        });
        self.call("register", more)
    }

    /// Registers as a process that was started anew.
    pub(crate) fn boot_again(&mut self) -> io::Result<Answer> {
        self.boot += 1;
        self.sequence = 0;
        self.register()
    }

    pub(crate) fn heartbeat(&mut self) -> io::Result<Answer> {
        self.call("heartbeat", Value::Null)
    }

    /// A heartbeat as it was sent before, with that sequence.
    pub(crate) fn repeat(&self, sequence: u32) -> io::Result<Answer> {
        let mut again = self.clone();
        again.sequence = sequence - 1;
        again.heartbeat()
    }

    /// The last sequence that it used.
    pub(crate) fn sequence(&self) -> u32 {
        self.sequence
    }

    pub(crate) fn goodbye(&mut self) -> io::Result<Answer> {
        self.call("goodbye", json!({ "kind": "stop" }))
    }

    /// A heartbeat; where the server wants it, a registration. Gives whether it was taken.
    ///
    /// # Panics
    /// Where the server says that it does not know the agent: then it has lost what it acknowledged.
    pub(crate) fn contact(&mut self) -> bool {
        let answer = match self.heartbeat() {
            Ok(answer) if answer.status == 409 => self.register(),
            answer => answer,
        };
        match answer {
            Ok(answer) => {
                assert!(
                    answer.is_success() || answer.status >= 500,
                    "{} is refused: {answer:?}",
                    self.name
                );
                answer.is_success()
            }
            Err(_) => false,
        }
    }
}

/// Agents that contact the server all the time, from a thread, until they are told to rest.
pub(crate) struct Steady {
    resting: Arc<AtomicBool>,
    rounds: Arc<AtomicU64>,
    thread: Option<JoinHandle<Vec<Driven>>>,
    pub(crate) ids: Vec<AgentId>,
}

impl Steady {
    /// Each of them contacts the server once in `every`; while that is away they go on trying.
    pub(crate) fn keep(mut agents: Vec<Driven>, every: Duration) -> Self {
        let resting = Arc::new(AtomicBool::new(false));
        let rounds = Arc::new(AtomicU64::new(0));
        let ids = agents.iter().map(|agent| agent.id).collect();
        let (rest, count) = (Arc::clone(&resting), Arc::clone(&rounds));
        let thread = std::thread::spawn(move || {
            while !rest.load(Ordering::Acquire) {
                let began = now();
                let taken = agents
                    .iter_mut()
                    .filter_map(|agent| agent.contact().then_some(()))
                    .count();
                if taken == agents.len() {
                    count.fetch_add(1, Ordering::AcqRel);
                }
                while let Some(left) = every.checked_sub(began.elapsed())
                    && !rest.load(Ordering::Acquire)
                {
                    std::thread::park_timeout(left);
                }
            }
            agents
        });
        Self {
            resting,
            rounds,
            thread: Some(thread),
            ids,
        }
    }

    /// How many rounds there were in which every one of them was heard.
    pub(crate) fn rounds(&self) -> u64 {
        self.rounds.load(Ordering::Acquire)
    }

    /// Waits until every one was heard so many times from now on.
    pub(crate) fn heard(&self, times: u64) {
        // The round under way may have begun before whatever the caller did.
        let wanted = self.rounds() + times + 1;
        until(&format!("the agents were heard {times} times"), || {
            let thread = self.thread.as_ref().expect("it runs");
            assert!(!thread.is_finished(), "the agents were refused: see above");
            (self.rounds() >= wanted).then_some(())
        });
    }

    /// Ends the contacts, and gives the agents back.
    pub(crate) fn rest(mut self) -> Vec<Driven> {
        self.end().expect("the agents were not refused")
    }

    fn end(&mut self) -> std::thread::Result<Vec<Driven>> {
        self.resting.store(true, Ordering::Release);
        let thread = self.thread.take().expect("it was not ended before");
        thread.thread().unpark();
        thread.join()
    }
}

impl Drop for Steady {
    fn drop(&mut self) {
        if self.thread.is_some() {
            let _ = self.end();
        }
    }
}
