//! `run`: the process that keeps the agent present. It feeds the schedule with what happens and does what it says.
//!
//! One task, one call at a time, one timer. Between two contacts it only wakes to look at the machine
//! (see [`crate::watch`]).

use core::future::Future;
use core::pin::Pin;
use core::time::Duration;
use std::rc::Rc;

use rollcall_agent::schedule::{Change, End, Input, Refusal, Schedule, Send, Step};
use rollcall_shared::GoodbyeKind;
use tracing::{debug, info, warn};

use crate::answer::{self, Seen};
use crate::client::{self, CallError, Endpoint, EndpointError, Link, Outgoing, Reply};
use crate::clock::{self, Dice, NoRandomness};
use crate::failure::chain;
use crate::identity::{Identity, IdentityError};
use crate::leaving;
use crate::message::Messages;
use crate::notify::Notifier;
use crate::signals::{Signals, Told};
use crate::state_dir::{Lock, StateDir, StateError};
use crate::status::{Kept, State, span};
use crate::tls::{Fingerprint, TlsError};
use crate::watch::{self, AddressWatch, SleepWatch};

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
    #[error("signals cannot be received")]
    Signals(#[source] std::io::Error),
}

/// A call under way: its end gives the connection back.
type Flight = Pin<Box<dyn Future<Output = Landed>>>;

struct Landed {
    send: Send,
    link: Option<Link>,
    result: Result<Reply, CallError>,
}

/// Runs until it is told to end or is retired. `goodbye` is what to say then; where it is
/// not given, what the machine is doing.
pub(crate) async fn run(dir: StateDir, _lock: Lock, goodbye: Option<GoodbyeKind>) -> Result<End, RunError> {
    let mut signals = Signals::new().map_err(RunError::Signals)?;
    let mut runner = Runner::new(dir, goodbye)?;
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
}

struct Runner {
    dir: StateDir,
    identity: Identity,
    endpoint: Rc<Endpoint>,
    messages: Rc<Messages>,
    schedule: Schedule,
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
    fn new(dir: StateDir, goodbye: Option<GoodbyeKind>) -> Result<Self, RunError> {
        let identity = Identity::load(&dir)?;
        let endpoint = Rc::new(endpoint_of(&identity)?);
        let mut dice = Dice::seeded()?;
        let before = Kept::find(&dir);
        let schedule = Schedule::new(Kept::reason(before.as_ref()), clock::now_ms(), dice.roll());
        let kept = Kept::starting(before.as_ref(), std::process::id(), schedule.boot());
        Ok(Self {
            messages: Rc::new(Messages::new(&dir, identity.name.clone())),
            dir,
            identity,
            endpoint,
            schedule,
            dice,
            flight: None,
            link: None,
            peer: None,
            address: AddressWatch::default(),
            sleep: SleepWatch::new(clock::now_ms(), clock::awake_ms()),
            kept,
            found: false,
            keeping_fails: false,
            goodbye,
            leaving: false,
            notifier: Notifier::from_environment(),
        })
    }

    /// How long there is nothing to do but to wait for an answer or a signal.
    fn wait(&self) -> Duration {
        let now = clock::now_ms();
        self.schedule.due().map_or(watch::EVERY, |due| {
            Duration::from_millis(due.saturating_sub(now)).min(watch::EVERY)
        })
    }

    /// Takes in an event; says how it ended where it did.
    async fn happened(&mut self, event: Event) -> Option<End> {
        match event {
            Event::Due => {
                let input = self.look();
                self.feed(input)
            }
            Event::Landed(landed) => self.landed(*landed),
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
            Input::Resumed
        } else if changed {
            info!("The address toward the server changed");
            self.hang_up();
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

    fn reload(&mut self) -> bool {
        let fresh = Identity::load(&self.dir)
            .map_err(RunError::from)
            .and_then(|identity| Ok((endpoint_of(&identity)?, identity)));
        match fresh {
            Ok((endpoint, identity)) => {
                info!(agent = %identity.agent, server = %identity.server, "Read the identity again");
                self.messages = Rc::new(Messages::new(&self.dir, identity.name.clone()));
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
        // Drops the call under way, if there is one, before the next begins.
        self.flight = None;
        self.flight = Some(Box::pin(async move {
            let body = |local| messages.body(&send, local);
            let outgoing = Outgoing {
                call: Messages::path(send.call),
                body: &body,
            };
            let within = Duration::from_millis(send.within_ms);
            let (link, result) = client::call(&endpoint, link, outgoing, within).await;
            Landed { send, link, result }
        }));
    }

    fn landed(&mut self, landed: Landed) -> Option<End> {
        let Landed { send, link, result } = landed;
        self.link = link;
        if let Ok(reply) = &result {
            self.peer = Some(reply.peer);
        }
        let sequence = send.fence.sequence;
        let input = match &result {
            Ok(reply) => match answer::judge(send.call, reply) {
                Ok((answer, seen)) => {
                    self.heard(seen);
                    Input::Answered { sequence, answer }
                }
                Err(rejection) => {
                    let refusal = rejection.refusal();
                    let state = match refusal {
                        Some(Refusal::Unauthenticated) => State::Refused,
                        _ => State::Lost,
                    };
                    self.failed(state, chain(&rejection));
                    match refusal {
                        Some(refusal) => Input::Refused { sequence, refusal },
                        None => Input::Failed {
                            sequence,
                            retry_after_ms: reply.retry_after_s.map(|seconds| seconds.saturating_mul(1_000)),
                        },
                    }
                }
            },
            Err(error) => {
                self.failed(State::Lost, chain(error));
                Input::Failed {
                    sequence,
                    retry_after_ms: None,
                }
            }
        };
        debug!(sequence, ?input, "Answered");
        let end = self.feed(input);
        if end.is_none() {
            self.keep();
        }
        end
    }

    fn heard(&mut self, seen: Option<Seen>) {
        self.found = true;
        self.kept.state = State::InContact;
        self.kept.last_contact = Some(clock::wall_s());
        if let Some(seen) = seen {
            self.kept.observed_address = Some(seen.observed_address);
            self.kept.reachability = Some(seen.reachability);
            self.kept.registered = true;
            self.kept.announced_restart = false;
        }
    }

    fn failed(&mut self, state: State, error: String) {
        self.kept.state = state;
        self.kept.last_error = Some(error);
        self.kept.last_error_at = Some(clock::wall_s());
    }

    fn next_in(&self) -> String {
        let due = self.schedule.due().unwrap_or_default();
        span(due.saturating_sub(clock::now_ms()))
    }

    fn tell(&self, change: Change) {
        let next = self.next_in();
        let error = self.kept.last_error.as_deref().unwrap_or_default();
        match change {
            Change::Registered(reason) => info!(%reason, "Registered; next contact in {next}"),
            Change::Found => info!("Found the server again; next contact in {next}"),
            Change::Unknown => {
                warn!("The server does not know this agent; asking again in {next} ({error})");
            }
            Change::Lost => {
                let what = if self.found {
                    "Lost the server"
                } else {
                    "No contact with the server yet"
                };
                warn!("{what}: {error}; trying again in {next}");
            }
        }
    }

    /// Writes the status file. A full disk costs the file, not the agent; it is told once.
    fn keep(&mut self) {
        let wait_ms = self.schedule.due().map(|due| due.saturating_sub(clock::now_ms()));
        self.kept.next_contact = wait_ms.map(|wait| clock::wall_s() + wait / 1_000);
        self.kept.next_contact_ms = self.schedule.due().unwrap_or_default();
        self.kept.boot = Some(self.schedule.boot());
        self.kept.settings_version = self.schedule.applied();
        let kept = self.kept.store(&self.dir);
        if let Err(error) = &kept
            && !self.keeping_fails
        {
            warn!("The status file cannot be written: {}", chain(error));
        }
        self.keeping_fails = kept.is_err();
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
