//! Runs the rules of presence: owns the partitions, ticks on a thread of its own, publishes what changed.
//!
//! [`Engine`] is the handle that everybody else holds. A contact goes straight to the agent's cell, without a
//! lock and without the driver ([`Engine::contact`]); what is rare goes to the driver as a command
//! ([`Engine::handle`]). What changed leaves through the sinks given to [`Prepared::start`], in order, on the driver's
//! thread: they must be quick.
//!
//! The engine knows no names, no database and no console.

mod command;
pub mod detection;
mod driver;
mod full;
mod heard;
mod labels;
mod news;
mod running;
mod transition_ids;

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rollcall_presence::{
    Columns, Contact, EngineClock, EngineTime, Event, Grounds, Outcome, PARTITIONS, Place, Rulebook, Unheard,
    Verdict,
};
use rollcall_shared::agent_api::Fence;
use rollcall_shared::{AgentId, ContactKind, TransitionId};
use tokio::sync::oneshot;

use crate::clock::Clock;
use command::Command;
use detection::{Detection, Lateness, Stage};
use driver::Driver;
use labels::Labels;
pub use news::{Change, News, Sink};
pub use running::{Prepared, Running};
use transition_ids::TransitionIds;

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

#[cfg(test)]
mod tests;
