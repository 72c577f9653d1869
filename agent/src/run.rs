//! `run`: the process that keeps the agent present. It feeds the schedule with what happens and does what it says.
//!
//! One task, one call at a time, one timer. Between two contacts it only wakes to look at the machine
//! (see [`crate::watch`]).

use core::future::Future;
use core::pin::Pin;
use core::time::Duration;
use std::path::PathBuf;
use std::rc::Rc;

use ring::hmac;
use rollcall_agent::install::Report;
use rollcall_agent::schedule::{Call, End, Input, Schedule, Send, Step};
use rollcall_shared::GoodbyeKind;
use tracing::{info, warn};

use crate::client::{self, CallError, Endpoint, EndpointError, Link, Outgoing, Reply};
use crate::clock::{self, Dice, NoRandomness};
use crate::components::{Components, Outcome};
use crate::dialled::{Ask, Dialled, ListenError, NotifyPort};
use crate::failure::chain;
use crate::identity::{Identity, IdentityError};
use crate::leaving;
use crate::living::Living;
use crate::message::{Enclosed, Messages};
use crate::notify::Notifier;
use crate::signals::{Signals, Told};
use crate::state_dir::{Lock, StateDir, StateError};
use crate::status::{Kept, State};
use crate::tls::{Fingerprint, TlsError};
use crate::watch::{self, AddressWatch, SleepWatch};
use echoes::{Came, Echoes};

mod asked;
mod echoes;
mod landing;
mod telling;

/// Why the process cannot begin.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RunError {
    #[error(transparent)]
    State(#[from] StateError),
    #[error(transparent)]
    Identity(#[from] IdentityError),
    #[error(transparent)]
    Endpoint(#[from] EndpointError),
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error(transparent)]
    Random(#[from] NoRandomness),
    #[error(transparent)]
    Listen(#[from] ListenError),
    #[error("signals cannot be received")]
    Signals(#[source] std::io::Error),
}

/// A call under way: its end gives the connection back.
type Flight = Pin<Box<dyn Future<Output = Landed>>>;

struct Landed {
    send: Send,
    link: Option<Link>,
    result: Result<Reply, CallError>,
    /// What was acknowledged by it.
    report: Option<Report>,
}

/// How to run.
#[derive(Debug, Clone, Default)]
pub(crate) struct Manner {
    /// What to say at the end; where it is not given, what the machine is doing.
    pub(crate) goodbye: Option<GoodbyeKind>,
    /// Where to listen for the server.
    pub(crate) notify_port: NotifyPort,
    /// Where this machine's admin keeps programs to run when a component has changed.
    pub(crate) hooks: Option<PathBuf>,
}

/// Runs until it is told to end or is retired.
pub(crate) async fn run(dir: StateDir, mut lock: Lock, manner: Manner) -> Result<End, RunError> {
    let mut signals = Signals::new().map_err(RunError::Signals)?;
    let mut runner = Runner::new(dir, manner)?;
    // Not before signals are received: until then the one that asks for a poll would end the process.
    lock.name_process(std::process::id());
    runner.notifier.send("READY=1");
    info!(agent = %runner.identity.agent, server = %runner.identity.server, "Started");
    runner.keep();
    let mut event = Event::Due;
    loop {
        if let Some(end) = runner.happened(event).await {
            return Ok(end);
        }
        let wait = runner.wait();
        event = tokio::select! {
            landed = landing(&mut runner.flight) => Event::Landed(Box::new(landed)),
            told = signals.next() => Event::Told(told),
            ask = runner.dialled.next() => Event::Asked(ask),
            came = runner.echoes.next() => Event::Came(Box::new(came)),
            outcome = runner.components.landing() => Event::Attempted(Box::new(outcome)),
            () = tokio::time::sleep(wait) => Event::Due,
        };
    }
}

async fn landing(flight: &mut Option<Flight>) -> Landed {
    match flight {
        Some(under_way) => {
            let landed = under_way.await;
            *flight = None;
            landed
        }
        None => core::future::pending().await,
    }
}

enum Event {
    Due,
    Landed(Box<Landed>),
    Told(Told),
    Asked(Ask),
    Came(Box<Came>),
    Attempted(Box<Outcome>),
}

struct Runner {
    dir: StateDir,
    identity: Identity,
    endpoint: Rc<Endpoint>,
    messages: Rc<Messages>,
    schedule: Schedule,
    living: Living,
    components: Components,
    dialled: Dialled,
    echoes: Echoes,
    /// By which this agent and the server prove themselves where the server connects.
    key: Option<hmac::Key>,
    dice: Dice,
    flight: Option<Flight>,
    link: Option<Link>,
    peer: Option<core::net::SocketAddr>,
    address: AddressWatch,
    sleep: SleepWatch,
    kept: Kept,
    /// Whether this process ever had an answer.
    found: bool,
    keeping_fails: bool,
    goodbye: Option<GoodbyeKind>,
    leaving: bool,
    notifier: Notifier,
}

impl Runner {
    fn new(dir: StateDir, manner: Manner) -> Result<Self, RunError> {
        let identity = Identity::load(&dir)?;
        let dialled = Dialled::listen(manner.notify_port)?;
        let endpoint = Rc::new(endpoint_of(&identity)?);
        let mut dice = Dice::seeded()?;
        let before = Kept::find(&dir);
        let living = before
            .as_ref()
            .and_then(|before| before.living)
            .unwrap_or_else(Living::unsettled);
        let schedule = Schedule::new(Kept::reason(before.as_ref()), clock::now_ms(), dice.roll())
            .having_applied(living.version());
        let kept = Kept::starting(before.as_ref(), std::process::id(), schedule.boot());
        let components = Components::new(dir.clone(), manner.hooks);
        let key = identity.proof_key();
        let mut echoes = Echoes::default();
        echoes.set_key(key.as_ref());
        Ok(Self {
            messages: Rc::new(Messages::new(&dir, identity.name.clone(), dialled.port())),
            dir,
            key,
            identity,
            endpoint,
            schedule,
            living,
            components,
            dialled,
            echoes,
            dice,
            flight: None,
            link: None,
            peer: None,
            address: AddressWatch::default(),
            sleep: SleepWatch::new(clock::now_ms(), clock::awake_ms()),
            kept,
            found: false,
            keeping_fails: false,
            goodbye: manner.goodbye,
            leaving: false,
            notifier: Notifier::from_environment(),
        })
    }

    /// How long there is nothing to do but to wait for an answer or a signal.
    fn wait(&self) -> Duration {
        let now = clock::now_ms();
        let due = [self.schedule.due(), self.components.due(), self.echoes.due()];
        due.into_iter().flatten().min().map_or(watch::EVERY, |due| {
            Duration::from_millis(due.saturating_sub(now)).min(watch::EVERY)
        })
    }

    /// Takes in an event; says how it ended where it did.
    async fn happened(&mut self, event: Event) -> Option<End> {
        let end = self.take_in(event).await;
        if end.is_some() || self.leaving {
            // What came of a component is kept; what its hook started is ended.
            self.components.drop_attempt();
            return end;
        }
        self.components.begin(&self.endpoint, clock::now_ms());
        if self.components.report().is_some() {
            return self.feed(Input::Ack);
        }
        None
    }

    async fn take_in(&mut self, event: Event) -> Option<End> {
        match event {
            Event::Due => {
                let input = self.look();
                let end = self.feed(input);
                if end.is_some() {
                    end
                } else {
                    self.loop_back().await
                }
            }
            Event::Came(came) => self.came(&came),
            Event::Landed(landed) => self.landed(*landed),
            Event::Asked(ask) => self.asked(ask),
            Event::Attempted(outcome) => self.attempted(&outcome),
            Event::Told(Told::Poll) => {
                info!("Told to poll");
                self.components.hurry(clock::now_ms());
                self.feed(Input::PollNow)
            }
            Event::Told(Told::Reload) => {
                if self.reload() {
                    self.feed(Input::Reload)
                } else {
                    None
                }
            }
            // Whoever says it twice does not want to wait for the goodbye.
            Event::Told(Told::Leave) if self.leaving => Some(End::Left),
            Event::Told(Told::Leave) => {
                self.leaving = true;
                self.notifier.send("STOPPING=1");
                let kind = match self.goodbye {
                    Some(kind) => kind,
                    None => leaving::kind().await,
                };
                self.kept.announced_restart = kind == GoodbyeKind::Restart;
                info!("Leaving ({kind})");
                self.feed(Input::Leave(kind))
            }
        }
    }

    /// What the machine did meanwhile; where nothing, the time has come.
    fn look(&mut self) -> Input {
        let current = self.peer.and_then(watch::address_toward);
        let changed = self.address.changed(current);
        if self.sleep.woke(clock::now_ms(), clock::awake_ms()) {
            info!("The machine woke up");
            self.hang_up();
            self.echoes.moved(clock::now_ms(), self.dice.roll());
            Input::Resumed
        } else if changed {
            info!("The address toward the server changed");
            self.hang_up();
            self.echoes.moved(clock::now_ms(), self.dice.roll());
            Input::AddressChanged
        } else {
            Input::Wake
        }
    }

    /// Gives up the connection and what is under way on it: it began on a network that may be gone.
    fn hang_up(&mut self) {
        self.flight = None;
        self.link = None;
    }

    /// Takes in what came of an attempt to install a component.
    fn attempted(&mut self, outcome: &Outcome) -> Option<End> {
        let held = self.components.hold_settings(clock::now_ms());
        self.components.landed(outcome, clock::now_ms(), self.dice.roll());
        self.keep();
        // The settings that waited for it.
        if held && !self.components.hold_settings(clock::now_ms()) {
            return self.feed(Input::PollNow);
        }
        None
    }

    fn reload(&mut self) -> bool {
        let fresh = Identity::load(&self.dir)
            .map_err(RunError::from)
            .and_then(|identity| Ok((endpoint_of(&identity)?, identity)));
        match fresh {
            Ok((endpoint, identity)) => {
                info!(agent = %identity.agent, server = %identity.server, "Read the identity again");
                let (name, port) = (identity.name.clone(), self.dialled.port());
                self.messages = Rc::new(Messages::new(&self.dir, name, port));
                self.key = identity.proof_key();
                self.echoes.set_key(self.key.as_ref());
                self.dialled.forget_server();
                self.endpoint = Rc::new(endpoint);
                self.identity = identity;
                self.hang_up();
                true
            }
            Err(error) => {
                warn!("Going on with the old identity: {}", chain(&error));
                false
            }
        }
    }

    fn feed(&mut self, input: Input) -> Option<End> {
        let Step { send, change, end } = self.schedule.handle(input, clock::now_ms(), self.dice.roll());
        let server = self.peer.map(|peer| peer.ip().to_canonical());
        self.dialled.set_open(self.schedule.may_prove(), server);
        self.set_echoes();
        if let Some(send) = send {
            self.send(send);
        }
        if let Some(change) = change {
            self.tell(change);
        }
        if let Some(end) = end {
            self.kept.state = match end {
                End::Left => State::Stopped,
                End::Retired => State::Retired,
            };
            self.kept.next_contact = None;
            self.keep();
        }
        end
    }

    fn send(&mut self, send: Send) {
        let (endpoint, messages) = (Rc::clone(&self.endpoint), Rc::clone(&self.messages));
        let link = self.link.take();
        let report = match send.call {
            Call::Ack => self.components.report(),
            _ => None,
        };
        let enclosed = Enclosed {
            installed: self.components.installed(),
            report,
        };
        // Drops the call under way, if there is one, before the next begins.
        self.flight = None;
        self.flight = Some(Box::pin(async move {
            let body = |local| messages.body(&send, &enclosed, local);
            let path = Messages::path(send.call, &enclosed);
            let outgoing = Outgoing {
                call: &path,
                body: &body,
            };
            let within = Duration::from_millis(send.within_ms);
            let (link, result) = client::call(&endpoint, link, outgoing, within).await;
            Landed {
                send,
                link,
                result,
                report: enclosed.report,
            }
        }));
    }
}

fn endpoint_of(identity: &Identity) -> Result<Endpoint, RunError> {
    let pinned = identity
        .fingerprint
        .as_deref()
        .map(Fingerprint::parse)
        .transpose()?;
    let credential = format!("{}.{}", identity.agent, identity.secret);
    Ok(Endpoint::new(
        identity.server.clone(),
        pinned,
        Some(credential),
        identity.allow_plain_http,
    )?)
}
