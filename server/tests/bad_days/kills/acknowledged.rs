//! What the server acknowledged between two kills, and whether it is still there.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rollcall_shared::console_api::{Page, SettingsSaved, SettingsVersion, Transition};
use rollcall_shared::settings::Days;
use rollcall_shared::{AgentId, Cause, GoodbyeKind, Status, TransitionId};

use crate::driven::{Driven, ask_to_enrol};
use crate::real::admin::Admin;
use crate::real::history::History;
use crate::real::http::Peer;
use crate::real::moment::pass;

/// Between two calls of a kind; while the server is away, between two tries.
const PAUSE: Duration = Duration::from_millis(60);

/// The first number of the agents that enrol between kills.
const FIRST: u64 = 1_000;

/// Agents that were enrolled: their id and secret were acknowledged.
pub(crate) struct Enrolments {
    peer: Peer,
    token: String,
    known: Mutex<Vec<Driven>>,
    /// Those of them whose goodbye was acknowledged.
    left: Mutex<Vec<AgentId>>,
    /// Those that were heard and then say no more, whatever became of a goodbye of theirs.
    silent: Mutex<Vec<AgentId>>,
}

impl Enrolments {
    pub(crate) fn new(peer: &Peer, token: &str) -> Self {
        Self {
            peer: peer.clone(),
            token: token.to_owned(),
            known: Mutex::default(),
            left: Mutex::default(),
            silent: Mutex::default(),
        }
    }

    /// Enrols one after the other. Of three, one is never heard again, one goes silent, one says goodbye.
    pub(crate) fn go_on_until(&self, over: &AtomicBool) {
        let mut number = FIRST;
        while !over.load(Ordering::Acquire) {
            pass(PAUSE);
            let name = format!("between-{number}");
            // An answer that was lost is asked for again with the same key, until it is there.
            let Ok(answer) = ask_to_enrol(&self.peer, &self.token, &name, number) else {
                continue;
            };
            if !answer.is_success() {
                assert!(answer.status >= 500, "{name} is refused: {answer:?}");
                continue;
            }
            let mut agent = Driven::of(&self.peer, &name, answer.json());
            if !number.is_multiple_of(3) {
                // Whether it is acknowledged or not: it may have been heard.
                self.silent.lock().unwrap().push(agent.id);
                let heard = agent.contact();
                if heard && number % 3 == 2 && agent.goodbye().is_ok_and(|answer| answer.is_success()) {
                    self.left.lock().unwrap().push(agent.id);
                }
            }
            self.known.lock().unwrap().push(agent);
            number += 1;
        }
    }

    /// Fails where a goodbye that was acknowledged is not in history, or whoever said it is not offline; gives how many
    /// they are. To be asked before they register again.
    pub(crate) fn have_left(&self, admin: &Admin, history: &History) -> usize {
        let statuses: BTreeMap<_, _> = admin
            .agents()
            .into_iter()
            .map(|agent| (agent.id, agent.status))
            .collect();
        let left = self.left.lock().unwrap();
        for agent in left.iter() {
            let own = history.of_agent(*agent);
            let last = own.last().map(|one| one.cause);
            assert_eq!(
                last,
                Some(Cause::Goodbye(GoodbyeKind::Stop)),
                "{agent} said goodbye, and that was acknowledged: {own:#?}"
            );
            assert_eq!(statuses.get(agent), Some(&Status::Offline), "{agent}");
        }
        left.len()
    }

    /// Whether the last goodbye that was acknowledged is in history. They land in order.
    pub(crate) fn the_last_has_left(&self, history: &History) -> bool {
        let last = self.left.lock().unwrap().last().copied();
        let said = |agent| history.of_agent(agent).last().map(|one| one.cause);
        last.is_none_or(|agent| said(agent) == Some(Cause::Goodbye(GoodbyeKind::Stop)))
    }

    /// Fails where a deadline made anybody offline who was not silent; gives how many it made so.
    pub(crate) fn flipped(&self, history: &History) -> usize {
        let silent = self.silent.lock().unwrap();
        let flips = history
            .0
            .iter()
            .filter(|one| matches!(one.cause, Cause::Deadline { .. }));
        let mut count = 0;
        for flip in flips {
            assert!(silent.contains(&flip.agent), "it was not silent: {flip:?}");
            assert_eq!(
                (flip.from, flip.to),
                (Some(Status::Online), Status::Offline),
                "{flip:?}"
            );
            count += 1;
        }
        count
    }

    /// Fails where one is not known any more, or its credential opens nothing; gives how many they are.
    pub(crate) fn are_still_known(&self, admin: &Admin) -> usize {
        let listed: BTreeMap<_, _> = admin
            .agents()
            .into_iter()
            .map(|agent| (agent.id, agent))
            .collect();
        let mut known = self.known.lock().unwrap();
        for agent in known.iter_mut() {
            let listed = listed.get(&agent.id);
            assert!(
                listed.is_some_and(|listed| listed.name == agent.name),
                "{agent:?} was enrolled and is not known: {listed:?}"
            );
            let registered = agent.boot_again().unwrap();
            assert!(registered.is_success(), "{agent:?} was enrolled: {registered:?}");
        }
        known.len()
    }
}

/// Settings whose save was acknowledged: version and what was in it.
#[derive(Default)]
pub(crate) struct Saves {
    acknowledged: Mutex<Vec<(u32, Days)>>,
}

impl Saves {
    pub(crate) fn go_on_until(&self, admin: &Admin, over: &AtomicBool) {
        let mut number = 0;
        while !over.load(Ordering::Acquire) {
            pass(PAUSE);
            let current = admin.settings();
            let mut settings = current.settings;
            number += 1;
            settings.inactive_after_days = Days::new(number).expect("there are days enough");
            let Ok(answer) = admin.try_to_save(current.version, &settings) else {
                continue;
            };
            if answer.is_success() {
                let saved = answer.json::<SettingsSaved>().in_force;
                let mut acknowledged = self.acknowledged.lock().unwrap();
                if let Some((last, _)) = acknowledged.last() {
                    assert!(saved.version > *last, "version {} was given twice", saved.version);
                }
                acknowledged.push((saved.version, settings.inactive_after_days));
            } else {
                assert!(answer.status >= 500, "nobody else saves: {answer:?}");
            }
        }
    }

    /// Fails where one is not there as it was acknowledged, or the last is not in force, unless one followed whose answer
    /// was lost; gives how many they are.
    pub(crate) fn are_still_there(&self, admin: &Admin) -> usize {
        let acknowledged = self.acknowledged.lock().unwrap();
        for (version, days) in acknowledged.iter() {
            let there: SettingsVersion = admin.read(&format!("/api/v1/settings/versions/{version}"));
            assert_eq!(
                (there.version, there.settings.inactive_after_days),
                (*version, *days)
            );
        }
        if let Some((version, days)) = acknowledged.last() {
            let current = admin.settings();
            assert!(
                current.version >= *version,
                "version {version} was acknowledged: {current:?}"
            );
            if current.version == *version {
                assert_eq!(current.settings.inactive_after_days, *days);
            }
        }
        acknowledged.len()
    }
}

/// Transitions that the API showed.
#[derive(Default)]
pub(crate) struct Shown(Mutex<BTreeMap<TransitionId, Transition>>);

impl Shown {
    pub(crate) fn go_on_until(&self, admin: &Admin, over: &AtomicBool) {
        while !over.load(Ordering::Acquire) {
            pass(PAUSE);
            let Ok(answer) = admin.call("GET", "/api/v1/transitions?limit=100", &[], None) else {
                continue;
            };
            if answer.is_success() {
                let page = answer.json::<Page<Transition>>();
                let mut shown = self.0.lock().unwrap();
                shown.extend(page.items.into_iter().map(|one| (one.id, one)));
            }
        }
    }

    /// Fails where one is not shown any more; gives how many they are.
    pub(crate) fn are_still_in(&self, history: &History) -> usize {
        let shown: Vec<_> = self.0.lock().unwrap().values().cloned().collect();
        assert!(
            shown.iter().any(|one| one.to == Status::Offline),
            "some went offline between the kills"
        );
        history.still_has(&History(shown.clone()));
        shown.len()
    }
}
