//! Components: getting what the server offers beside everything else that the agent does, one at a time.
//!
//! What to try when is decided by [`Installs`]; [`act`] does it; [`record`] remembers over restarts what is installed
//! and what the server was not told yet.

mod act;
mod fetch;
mod folder;
mod hook;
mod record;

use core::cell::Cell;
use core::future::Future;
use core::pin::Pin;
use std::path::PathBuf;
use std::rc::Rc;

use rollcall_agent::install::{Ended, Installs, Report};
use rollcall_shared::agent_api::{Installed, Offer};
use tracing::{info, warn};

pub(crate) use act::Outcome;
use act::Surroundings;
use record::Record;

use crate::client::Endpoint;
use crate::failure::chain;
use crate::state_dir::StateDir;
use crate::status;

/// The components of this agent.
pub(crate) struct Components {
    dir: StateDir,
    hooks: Option<PathBuf>,
    record: Record,
    installs: Installs,
    under_way: Option<Pin<Box<dyn Future<Output = Outcome>>>>,
    /// Whether what is under way has got as far as its hook.
    committed: Rc<Cell<bool>>,
}

impl Components {
    /// As the process before this one left them.
    pub(crate) fn new(dir: StateDir, hooks: Option<PathBuf>) -> Self {
        Self {
            record: Record::find(&dir),
            dir,
            hooks,
            installs: Installs::default(),
            under_way: None,
            committed: Rc::default(),
        }
    }

    /// What the server is told that this agent has.
    pub(crate) fn installed(&self) -> Vec<Installed> {
        self.record.installed()
    }

    /// The server offers these and nothing else.
    pub(crate) fn offered(&mut self, offers: Vec<Offer>, now_ms: u64) {
        let news = offers
            .into_iter()
            .filter(|offer| !self.record.has(&offer.name, &offer.version));
        self.installs.offered(news.collect(), now_ms);
        // A hook is not stopped half-way because there is something newer.
        if self.installs.is_void() && !self.committed.get() {
            self.drop_attempt();
        }
        self.note_unfinished();
    }

    /// Whether something is wanted that is not installed, also by the process before this one, or nobody knows: then the
    /// server is asked for it.
    pub(crate) const fn is_unfinished(&self) -> bool {
        self.record.is_unfinished()
    }

    fn note_unfinished(&mut self) {
        let unfinished = self.installs.wanted().next().is_some();
        if self.record.is_unfinished() != unfinished {
            self.record.set_unfinished(unfinished);
            self.keep();
        }
    }

    /// Whether settings that came with the offers are to wait for them.
    pub(crate) fn hold_settings(&self, now_ms: u64) -> bool {
        self.installs.hold_settings(now_ms)
    }

    /// Gives up the attempt under way, of which what came so far is kept.
    pub(crate) fn drop_attempt(&mut self) {
        self.under_way = None;
        self.installs.dropped();
    }

    /// Somebody at the machine asks: nobody waits for a back-off.
    pub(crate) fn hurry(&mut self, now_ms: u64) {
        self.installs.hurry(now_ms);
    }

    /// When there is something to begin.
    pub(crate) fn due(&self) -> Option<u64> {
        self.installs.due()
    }

    /// Begins what is due.
    pub(crate) fn begin(&mut self, server: &Rc<Endpoint>, now_ms: u64) {
        let Some(attempt) = self.installs.next(now_ms) else {
            return;
        };
        self.committed = Rc::default();
        let surroundings = Surroundings {
            folder: self.dir.path().join("components"),
            hooks: self.hooks.clone(),
            server: Rc::clone(server),
            before: self.record.version(&attempt.offer.name),
            committed: Rc::clone(&self.committed),
        };
        self.under_way = Some(Box::pin(act::act(attempt, surroundings)));
    }

    /// The end of the attempt under way; never, where there is none.
    pub(crate) async fn landing(&mut self) -> Outcome {
        match &mut self.under_way {
            Some(under_way) => {
                let outcome = under_way.await;
                self.under_way = None;
                outcome
            }
            None => core::future::pending().await,
        }
    }

    /// Takes in how an attempt ended.
    pub(crate) fn landed(&mut self, outcome: &Outcome, now_ms: u64, random: u64) {
        let (name, version) = (&outcome.offer.name, &outcome.offer.version);
        if outcome.ended == Ended::Installed {
            info!("Installed {name} {version}");
            self.record.install(&outcome.offer);
        } else {
            warn!("{name} {version} is not installed: {}", outcome.detail);
        }
        let report = self
            .installs
            .ended(outcome.ended, &outcome.detail, now_ms, random);
        if let Some(report) = report {
            self.record.report(report);
        }
        self.record
            .set_unfinished(self.installs.wanted().next().is_some());
        self.keep();
    }

    /// What the server is to be told next.
    pub(crate) fn report(&self) -> Option<Report> {
        self.record.reports().first().cloned()
    }

    /// The server was told this, or never will take it.
    pub(crate) fn told(&mut self, report: &Report) {
        self.record.told(report);
        self.keep();
    }

    /// What people are shown.
    pub(crate) fn lines(&self) -> Vec<status::Component> {
        let mut lines: Vec<_> = self
            .record
            .installed()
            .into_iter()
            .map(|one| status::Component {
                name: one.name,
                installed: Some(one.version),
                wanted: None,
                failure: None,
            })
            .collect();
        for (offer, failure) in self.installs.wanted() {
            let at = lines.iter().position(|line| line.name == offer.name);
            let at = at.unwrap_or_else(|| {
                lines.push(status::Component {
                    name: offer.name.clone(),
                    installed: None,
                    wanted: None,
                    failure: None,
                });
                lines.len() - 1
            });
            if let Some(line) = lines.get_mut(at) {
                line.wanted = Some(offer.version.clone());
                line.failure = failure.map(str::to_owned);
            }
        }
        lines
    }

    /// Where it cannot be written, the component is installed once more after a restart: that does no harm.
    fn keep(&self) {
        if let Err(error) = self.record.store(&self.dir) {
            warn!("What is installed cannot be written down: {}", chain(&error));
        }
    }
}
