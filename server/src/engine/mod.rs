//! Runs the rules of presence: owns the partitions, ticks on a thread of its own, publishes what changed.
//!
//! [`Engine`] is the handle that everybody else holds. A contact goes straight to the agent's cell, without a
//! lock and without the driver ([`Engine::contact`]); what is rare goes to the driver as a command
//! ([`Engine::handle`]). What changed leaves through the sinks given to [`Prepared::start`], in order, on the driver's
//! thread: they must be quick.
//!
//! The engine knows no names, no database and no console.

pub mod detection;
mod driver;
mod full;
mod heard;
mod labels;
mod transition_ids;

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use parking_lot::Mutex;
use rollcall_presence::{
    Columns, Contact, EngineClock, EngineTime, Event, Grounds, Outcome, PARTITIONS, Place, Rulebook,
    TableFull, Unheard, Verdict,
};
use rollcall_shared::agent_api::Fence;
use rollcall_shared::console_api::BlindSpan;
use rollcall_shared::{AgentId, Cause, ContactKind, Status, TransitionId};
use tokio::sync::oneshot;

use crate::clock::Clock;
use detection::{Detection, Lateness, Stage};
use driver::{Command, Driver};
use labels::Labels;
use transition_ids::TransitionIds;

/// A change of status, as it leaves the engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// Its id.
    pub id: TransitionId,
    /// Whose.
    pub agent: AgentId,
    /// When, by the wall clock.
    pub at_ms: i64,
    /// What it was.
    pub from: Status,
    /// What it is now.
    pub to: Status,
    /// Why.
    pub cause: Cause,
    /// When and how the agent was last heard, where it was since the engine started.
    pub last_contact: Option<(i64, ContactKind)>,
    /// The earlier change that this one takes in (rule 10).
    pub folds: Option<TransitionId>,
    /// When it was published, by the monotonic clock.
    pub published: Duration,
}

/// What leaves the engine.
#[derive(Debug, Clone, Copy)]
pub enum News<'a> {
    /// What one tick or one command changed, in order.
    Changes(&'a [Change]),
    /// The server was blind while it ran.
    Blind(BlindSpan),
    /// An agent reported this version of the settings as applied, for the first time.
    Applied(AgentId, u32),
}

/// Where news goes. Called on the driver's thread.
pub type Sink = Box<dyn Fn(News<'_>) + Send>;

/// What became of an event, and what the rules then say of its agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Handled {
    /// What became of it.
    pub outcome: Outcome,
    /// What the rules say; nothing where there is no such agent.
    pub verdict: Option<Verdict>,
}

/// What became of a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heard {
    /// What became of it.
    pub outcome: Outcome,
    /// Whether the owner took it: then a status may have changed.
    pub by_owner: bool,
}

/// The contacts of a partition, to be written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which.
    pub partition: u8,
    /// When.
    pub at: EngineTime,
    /// As [`rollcall_presence::checkpoint`] writes them.
    pub bytes: Vec<u8>,
}

/// An agent that the engine takes up when it starts.
#[derive(Debug, Clone, Copy)]
pub struct Known {
    /// Who.
    pub agent: AgentId,
    /// What is known of it.
    pub restored: rollcall_presence::Restored,
}

/// What the engine starts from.
pub struct Start {
    /// Where engine time stood when it was last saved.
    pub resumed: EngineTime,
    /// The wall clock of then; nothing at the first start.
    pub saved_wall_ms: Option<i64>,
    /// What every agent lives by.
    pub rulebook: Arc<Rulebook>,
    /// The greatest transition id that was ever given.
    pub last_transition: Option<TransitionId>,
}

/// The engine cannot do what was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EngineError {
    /// It was stopped.
    #[error("the presence engine is stopped")]
    Stopped,
    /// There is no room for another agent.
    #[error("the presence engine is full")]
    Full,
}

/// The handle of a running engine; clones share it.
#[derive(Clone)]
pub struct Engine {
    shared: Arc<Shared>,
    commands: std::sync::mpsc::Sender<Command>,
}

/// What the handle and the driver both see.
struct Shared {
    clock: Clock,
    time: EngineClock,
    columns: Vec<Arc<Columns>>,
    labels: Labels,
    ids: TransitionIds,
    /// Contacts were refused unheard since the last tick.
    refused_unheard: AtomicBool,
    /// Nobody goes offline any more: the server is about to stop.
    held: AtomicBool,
    detection: Detection,
    heard: heard::Count,
}

/// An engine that does not tick yet: whoever follows its changes can be made first.
pub struct Prepared {
    driver: Driver,
    inbox: std::sync::mpsc::Receiver<Command>,
    commands: std::sync::mpsc::Sender<Command>,
}

/// The driver's thread, to be joined at the end.
pub struct Running {
    thread: Mutex<Option<JoinHandle<()>>>,
    commands: std::sync::mpsc::Sender<Command>,
}

impl Engine {
    /// An engine without agents, that does not tick yet: its fleet is taken up next ([`Prepared::take_up`]).
    #[must_use]
    pub fn prepare(clock: Clock, start: &Start) -> (Self, Prepared) {
        let (driver, shared) = Driver::prepare(clock, start);
        let (commands, inbox) = std::sync::mpsc::channel();
        let prepared = Prepared {
            driver,
            inbox,
            commands: commands.clone(),
        };
        (Self { shared, commands }, prepared)
    }

    /// A contact. No lock, no allocation, no database.
    #[must_use]
    pub fn contact(&self, place: Place, fence: Fence, kind: ContactKind) -> Contact {
        self.contact_at(place, fence, kind, self.now())
    }

    /// The same for who hears many at once, at a time that was read for all of them.
    #[must_use]
    pub fn contact_at(&self, place: Place, fence: Fence, kind: ContactKind, at: EngineTime) -> Contact {
        let Some(columns) = self.shared.columns.get(usize::from(place.partition)) else {
            return Contact::RegisterFirst;
        };
        let contact = columns.contact(place.slot, fence, kind, at);
        if matches!(contact, Contact::Renewed | Contact::NeedsEvent) {
            self.shared.heard.add(place.partition);
        }
        contact
    }

    /// How many contacts were taken in the last second.
    #[must_use]
    pub fn contacts_a_second(&self) -> u32 {
        self.shared.heard.a_second()
    }

    /// So much time has passed since this was last said: a second or so.
    pub fn count_contacts(&self, passed: Duration) {
        self.shared.heard.time_passed(passed);
    }

    /// Whether a contact with this fence would be a repetition. Changes nothing, and is less work than to find out whether
    /// it is the agent's.
    #[must_use]
    pub fn is_stale(&self, place: Place, fence: Fence) -> bool {
        let columns = self.shared.columns.get(usize::from(place.partition));
        columns.is_some_and(|columns| columns.is_stale(place.slot, fence))
    }

    /// A contact, with what the owner has to hear of it: the hot path, and the event where that asks for one, or
    /// where the agent was seen from another address than before (`moved_to`).
    ///
    /// # Errors
    /// Where the engine was stopped.
    pub async fn hear(
        &self,
        place: Place,
        fence: Fence,
        kind: ContactKind,
        moved_to: Option<IpAddr>,
    ) -> Result<Heard, EngineError> {
        let outcome = match (self.contact(place, fence, kind), moved_to) {
            (Contact::Renewed, None) => Outcome::Accepted,
            (Contact::Renewed | Contact::NeedsEvent, observed) => {
                let event = Event::Contact {
                    fence,
                    kind,
                    observed,
                };
                let outcome = self.handle(place, event).await?.outcome;
                return Ok(Heard {
                    outcome,
                    by_owner: true,
                });
            }
            (Contact::Stale, _) => Outcome::Stale,
            (Contact::RegisterFirst, _) => Outcome::RegisterFirst,
        };
        Ok(Heard {
            outcome,
            by_owner: false,
        })
    }

    /// Something rare. Waits for the driver, which takes it within milliseconds.
    ///
    /// # Errors
    /// Where the engine was stopped.
    pub async fn handle(&self, place: Place, event: Event) -> Result<Handled, EngineError> {
        self.handle_at(place, event, self.now()).await
    }

    /// The same for what was received at `at` and had to wait since.
    ///
    /// # Errors
    /// Where the engine was stopped.
    pub async fn handle_at(
        &self,
        place: Place,
        event: Event,
        at: EngineTime,
    ) -> Result<Handled, EngineError> {
        self.ask(|reply| Command::Event {
            place,
            event,
            at,
            reply,
        })
        .await
    }

    /// What the rules say of an agent; nothing where there is none.
    ///
    /// # Errors
    /// Where the engine was stopped.
    pub async fn verdict(&self, place: Place) -> Result<Option<Verdict>, EngineError> {
        self.ask(|reply| Command::Verdict { place, reply }).await
    }

    /// What an agent's status rests on; nothing where there is none.
    ///
    /// # Errors
    /// Where the engine was stopped.
    pub async fn grounds(&self, place: Place) -> Result<Option<Grounds>, EngineError> {
        self.ask(|reply| Command::Grounds { place, reply }).await
    }

    /// Has everybody live by another rulebook. What that changes was published when it returns.
    ///
    /// # Errors
    /// Where the engine was stopped.
    pub async fn adopt(&self, rulebook: Arc<Rulebook>) -> Result<(), EngineError> {
        self.ask(|reply| Command::Adopt { rulebook, reply }).await
    }

    /// The contacts of a partition, to be written down.
    ///
    /// # Errors
    /// Where the engine was stopped.
    pub async fn checkpoint(&self, partition: u8) -> Result<Checkpoint, EngineError> {
        self.ask(|reply| Command::Checkpoint { partition, reply }).await
    }

    /// Who is shown online on the strength of what was heard before the server was last blind, over the whole fleet. A
    /// partition at a time, so that deadlines wait for no more than one.
    ///
    /// # Errors
    /// Where the engine was stopped.
    pub async fn unheard(&self) -> Result<Unheard, EngineError> {
        let mut told = Unheard::default();
        for partition in 0..u8::try_from(PARTITIONS).unwrap_or(u8::MAX) {
            told = told.and(self.ask(|reply| Command::Unheard { partition, reply }).await?);
        }
        Ok(told)
    }

    /// Contacts were refused before they could be heard: there was no place left for a connection. That is
    /// blindness (rule 2).
    pub fn refused_unheard(&self) {
        self.shared.refused_unheard.store(true, Ordering::Relaxed);
    }

    /// Contacts can be heard from now on: engine time, which stood still since the engine was prepared, goes on. What a
    /// start takes (a million agents to read, a disk that is slow) is time in which nobody could be heard (rule 6).
    ///
    /// # Errors
    /// Where the engine was stopped.
    pub fn go_on(&self) -> Result<(), EngineError> {
        self.commands
            .send(Command::GoOn)
            .map_err(|_| EngineError::Stopped)
    }

    /// From now on nobody goes offline by a deadline: the server is about to stop and takes no more connections, so who
    /// is silent may only not be heard (rule 6).
    pub fn hold(&self) {
        self.shared.held.store(true, Ordering::Relaxed);
    }

    async fn ask<T>(&self, command: impl FnOnce(oneshot::Sender<T>) -> Command) -> Result<T, EngineError> {
        let (reply, answer) = oneshot::channel();
        self.commands
            .send(command(reply))
            .map_err(|_| EngineError::Stopped)?;
        answer.await.map_err(|_| EngineError::Stopped)
    }

    /// Takes up an agent that was just enrolled.
    ///
    /// # Errors
    /// Where the engine was stopped or is full.
    pub async fn enrol(&self, agent: AgentId) -> Result<Place, EngineError> {
        self.ask(|reply| Command::Enrol { agent, reply })
            .await?
            .map_err(|_| EngineError::Full)
    }

    /// The settings version that an agent last reported as applied.
    #[must_use]
    pub fn applied(&self, place: Place) -> u32 {
        let columns = self.shared.columns.get(usize::from(place.partition));
        columns.map_or(0, |columns| columns.applied(place.slot))
    }

    /// A point of engine time by the wall clock; of the future, as if nothing came in between.
    #[must_use]
    pub fn wall_ms(&self, at: EngineTime) -> i64 {
        self.shared.labels.wall_ms(at)
    }

    /// When and how an agent was last heard, by the wall clock.
    #[must_use]
    pub fn last_contact(&self, place: Place) -> Option<(i64, ContactKind)> {
        let heard = self
            .shared
            .columns
            .get(usize::from(place.partition))?
            .heard(place.slot)?;
        Some((self.shared.labels.wall_ms(heard.at), heard.kind?))
    }

    /// An id for a transition that did not come from the engine (an enrolment).
    #[must_use]
    pub fn next_transition_id(&self) -> TransitionId {
        self.shared.ids.next(self.shared.clock.wall_ms())
    }

    /// Engine time now.
    #[must_use]
    pub fn now(&self) -> EngineTime {
        self.shared.time.now(self.shared.clock.monotonic())
    }

    /// How late deadlines were noticed, or transitions told, over the last hour.
    #[must_use]
    pub fn lateness(&self, stage: Stage) -> Lateness {
        self.shared.detection.last_hour(stage, self.monotonic())
    }

    /// Changes of status, published then, are told to consoles now.
    pub fn note_told(&self, published: impl Iterator<Item = Duration>) {
        let now = self.monotonic();
        for then in published {
            self.shared
                .detection
                .note(Stage::Feed, now.saturating_sub(then), now);
        }
    }

    /// Time since this process began.
    #[must_use]
    pub fn monotonic(&self) -> Duration {
        self.shared.clock.monotonic()
    }

    /// How long ago the driver last ticked, by the monotonic clock: what tells that it lives.
    #[must_use]
    pub fn silent_for(&self) -> Duration {
        self.shared.labels.since_tick(self.shared.clock.monotonic())
    }
}

impl Prepared {
    /// Takes an agent up as it was; gives where it is kept.
    ///
    /// # Errors
    /// Where there is no room for it.
    pub fn take_up(&mut self, known: &Known) -> Result<Place, TableFull> {
        self.driver.take_up(known)
    }

    /// Starts the thread. All news goes to each sink, in their order. Engine time stands still until
    /// [`Engine::go_on`].
    ///
    /// # Errors
    /// Where the operating system gives no thread.
    pub fn start(self, sinks: Vec<Sink>) -> std::io::Result<Running> {
        let Self {
            driver,
            inbox,
            commands,
        } = self;
        let thread = std::thread::Builder::new()
            .name("presence".to_owned())
            .spawn(move || {
                let _alive = MustNotPanic;
                driver.run(&inbox, &sinks);
            })?;
        Ok(Running {
            thread: Mutex::new(Some(thread)),
            commands,
        })
    }
}

/// Ends the process where the driver panics: without it heartbeats would go on being answered, and nobody would
/// ever go offline again. A supervisor starts the server anew, and nobody is falsely offline for it (rule 6).
struct MustNotPanic;

impl Drop for MustNotPanic {
    fn drop(&mut self) {
        if std::thread::panicking() {
            tracing::error!("the presence engine panicked: the process ends, to be started again");
            std::process::abort();
        }
    }
}

impl Running {
    /// Stops the driver and waits until it has published what it had.
    pub fn stop(&self) {
        if self.commands.send(Command::Stop).is_err() {
            tracing::debug!("the presence engine had stopped by itself");
        }
        if let Some(thread) = self.thread.lock().take()
            && thread.join().is_err()
        {
            tracing::error!("the presence engine ended by a panic");
        }
    }
}

#[cfg(test)]
mod tests;
