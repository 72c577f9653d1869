//! Runs the rules of presence: owns the partitions, ticks on a thread of its own, publishes what changed.
//!
//! [`Engine`] is the handle that everybody else holds. A contact goes straight to the agent's cell, without a
//! lock and without the driver ([`Engine::contact`]); what is rare goes to the driver as a command
//! ([`Engine::handle`]). What changed leaves through the sinks given to [`Prepared::start`], in order, on the driver's
//! thread: they must be quick.
//!
//! The engine knows no names, no database and no console.

mod driver;
mod labels;
mod transition_ids;

use std::sync::Arc;
use std::thread::JoinHandle;

use parking_lot::Mutex;
use rollcall_presence::{Columns, Contact, EngineClock, EngineTime, Event, Lease, Outcome, Place, TableFull};
use rollcall_shared::{AgentId, Cause, ContactKind, Status, TransitionId};
use tokio::sync::oneshot;

use crate::clock::Clock;
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
}

/// Where changes go. Called on the driver's thread with what one tick or one command changed.
pub type Sink = Box<dyn Fn(&[Change]) + Send>;

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
    /// The lease of every agent.
    pub lease: Lease,
    /// The greatest transition id that was ever given.
    pub last_transition: Option<TransitionId>,
    /// The fleet.
    pub known: Vec<Known>,
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
    /// An engine with its fleet taken up, that does not tick yet; and the place of every known agent, in the
    /// order of `start.known`.
    ///
    /// # Errors
    /// Where the fleet does not fit.
    pub fn prepare(clock: Clock, start: &Start) -> Result<(Self, Prepared, Vec<Place>), TableFull> {
        let (driver, shared, places) = Driver::prepare(clock, start)?;
        let (commands, inbox) = std::sync::mpsc::channel();
        let prepared = Prepared {
            driver,
            inbox,
            commands: commands.clone(),
        };
        Ok((Self { shared, commands }, prepared, places))
    }

    /// A contact. No lock, no allocation, no database.
    #[must_use]
    pub fn contact(
        &self,
        place: Place,
        fence: rollcall_shared::agent_api::Fence,
        kind: ContactKind,
    ) -> Contact {
        let Some(columns) = self.shared.columns.get(usize::from(place.partition)) else {
            return Contact::RegisterFirst;
        };
        columns.contact(place.slot, fence.boot, fence.sequence, kind, self.now())
    }

    /// Something rare. Waits for the driver, which takes it within milliseconds.
    ///
    /// # Errors
    /// Where the engine was stopped.
    pub async fn handle(&self, place: Place, event: Event) -> Result<Outcome, EngineError> {
        let (reply, answer) = oneshot::channel();
        let command = Command::Event {
            place,
            event,
            at: self.now(),
            reply,
        };
        self.commands.send(command).map_err(|_| EngineError::Stopped)?;
        answer.await.map_err(|_| EngineError::Stopped)
    }

    /// Takes up an agent that was just enrolled.
    ///
    /// # Errors
    /// Where the engine was stopped or is full.
    pub async fn enrol(&self, agent: AgentId) -> Result<Place, EngineError> {
        let (reply, answer) = oneshot::channel();
        self.commands
            .send(Command::Enrol { agent, reply })
            .map_err(|_| EngineError::Stopped)?;
        answer
            .await
            .map_err(|_| EngineError::Stopped)?
            .map_err(|_| EngineError::Full)
    }

    /// When and how an agent was last heard since the engine started, by the wall clock.
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

    /// How long ago the driver last ticked, by the monotonic clock: what tells that it lives.
    #[must_use]
    pub fn silent_for(&self) -> std::time::Duration {
        self.shared.labels.since_tick(self.shared.clock.monotonic())
    }
}

impl Prepared {
    /// Starts the thread. Every change goes to each sink, in their order.
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
