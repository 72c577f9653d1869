//! The thread that owns the partitions: takes commands, ticks, publishes.
//!
//! It sleeps until a command comes, the next deadline falls due, or [`IDLE_TICK`] has passed, whichever is
//! first; so a deadline is noticed when it falls, and a quiet server costs ten wake-ups a second.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use rollcall_presence::{
    Effect, EngineTime, Event, Outcome, PARTITIONS, Partition, Place, Restored, TableFull, Ticker,
};
use rollcall_shared::{AgentId, Cause, GoodbyeKind, Status, TransitionId};
use tokio::sync::oneshot;

use super::labels::Labels;
use super::transition_ids::TransitionIds;
use super::{Change, Shared, Sink, Start};
use crate::clock::Clock;

/// The longest that engine time goes without a tick: well within the two seconds that a tick may move it, so
/// that only a real stall is taken for one.
const IDLE_TICK: Duration = Duration::from_millis(100);

/// Commands taken between two ticks at the most, so that a flood of them cannot put off a deadline.
const BURST: usize = 1_000;

/// What others ask of the driver.
pub(super) enum Command {
    /// Something rare happened to an agent.
    Event {
        place: Place,
        event: Event,
        at: EngineTime,
        reply: oneshot::Sender<Outcome>,
    },
    /// An agent was enrolled.
    Enrol {
        agent: AgentId,
        reply: oneshot::Sender<Result<Place, TableFull>>,
    },
    /// No more.
    Stop,
}

/// What the driver's thread owns.
pub(super) struct Driver {
    shared: Arc<Shared>,
    ticker: Ticker,
    partitions: Vec<Owned>,
    sinks: Vec<Sink>,
    /// Agents that said *stop*, and the transition that it made, until their next one (rule 10).
    stopped: HashMap<AgentId, TransitionId>,
}

/// A partition and who is in its slots.
struct Owned {
    partition: Partition,
    agents: Vec<AgentId>,
}

impl Driver {
    /// A driver with the fleet taken up, and the places of the known agents.
    pub(super) fn prepare(clock: Clock, start: Start) -> Result<(Self, Arc<Shared>, Vec<Place>), TableFull> {
        let monotonic = clock.monotonic();
        let (ticker, time) = Ticker::resume(start.resumed, monotonic);
        let mut partitions: Vec<Owned> = (0..PARTITIONS)
            .map(|_| Owned {
                partition: Partition::new(start.lease),
                agents: Vec::new(),
            })
            .collect();
        let mut places = Vec::with_capacity(start.known.len());
        for known in &start.known {
            places.push(take_up(
                &mut partitions,
                known.agent,
                known.restored,
                start.resumed,
            )?);
        }
        let shared = Arc::new(Shared {
            clock,
            time,
            columns: partitions.iter().map(|owned| owned.partition.columns()).collect(),
            labels: Labels::new(start.resumed, clock.wall_ms()),
            ids: TransitionIds::after(start.last_transition),
        });
        let driver = Self {
            shared: Arc::clone(&shared),
            ticker,
            partitions,
            sinks: start.sinks,
            stopped: HashMap::new(),
        };
        Ok((driver, shared, places))
    }

    /// Runs until told to stop, or until nobody is left who could tell.
    pub(super) fn run(mut self, inbox: &Receiver<Command>) {
        let mut effects = Vec::new();
        loop {
            let now = self.tick(&mut effects);
            let mut command = match inbox.recv_timeout(self.sleep_from(now)) {
                Ok(command) => Some(command),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => return,
            };
            for _ in 0..BURST {
                match command.take() {
                    None => break,
                    Some(Command::Stop) => return,
                    Some(command) => self.take(command, &mut effects),
                }
                command = inbox.try_recv().ok();
            }
            // One may be in hand when the burst is over.
            match command {
                Some(Command::Stop) => return,
                Some(command) => self.take(command, &mut effects),
                None => {}
            }
        }
    }

    fn sleep_from(&self, now: EngineTime) -> Duration {
        let next = self
            .partitions
            .iter()
            .filter_map(|owned| owned.partition.next_check())
            .min();
        next.map_or(IDLE_TICK, |next| next.since(now).min(IDLE_TICK))
    }

    fn tick(&mut self, effects: &mut Vec<Effect>) -> EngineTime {
        let monotonic = self.shared.clock.monotonic();
        let advance = self.ticker.tick(&self.shared.time, monotonic);
        self.shared
            .labels
            .tick(advance.now, self.shared.clock.wall_ms(), monotonic);
        if !advance.blind.is_zero() {
            tracing::warn!(
                blind_ms = advance.blind.as_millis(),
                "the server was blind: it stalled or was stopped"
            );
        }
        for partition in 0..self.partitions.len() {
            self.partitions[partition].partition.tick(advance.now, effects);
            self.publish(partition, effects);
        }
        advance.now
    }

    fn take(&mut self, command: Command, effects: &mut Vec<Effect>) {
        match command {
            Command::Event {
                place,
                event,
                at,
                reply,
            } => {
                let partition = usize::from(place.partition);
                let outcome = match self.partitions.get_mut(partition) {
                    Some(owned) => owned.partition.handle(place.slot, event, at, effects),
                    None => Outcome::Gone,
                };
                // Published before it is answered: who has the answer finds the change wherever it looks.
                self.publish(partition, effects);
                answer(reply, outcome);
            }
            Command::Enrol { agent, reply } => {
                let restored = Restored {
                    status: Status::Pending,
                    boot: None,
                };
                answer(
                    reply,
                    take_up(&mut self.partitions, agent, restored, EngineTime::ZERO),
                );
            }
            Command::Stop => {}
        }
    }

    /// Gives the effects to the sinks, with ids and wall times, and leaves none.
    fn publish(&mut self, partition: usize, effects: &mut Vec<Effect>) {
        if effects.is_empty() {
            return;
        }
        let mut changes = Vec::with_capacity(effects.len());
        for effect in effects.drain(..) {
            let Some(&agent) = self.partitions[partition].agents.get(effect.slot.0 as usize) else {
                continue;
            };
            let at_ms = self.shared.labels.wall_ms(effect.at);
            let id = self.shared.ids.next(at_ms);
            let stopped = self.stopped.remove(&agent);
            if effect.cause == Cause::Goodbye(GoodbyeKind::Stop) {
                self.stopped.insert(agent, id);
            }
            let heard = effect.heard;
            changes.push(Change {
                id,
                agent,
                at_ms,
                from: effect.from,
                to: effect.to,
                cause: effect.cause,
                last_contact: heard
                    .kind
                    .map(|kind| (self.shared.labels.wall_ms(heard.at), kind)),
                folds: stopped.filter(|_| effect.folds),
            });
        }
        for sink in &self.sinks {
            sink(&changes);
        }
    }
}

fn take_up(
    partitions: &mut [Owned],
    agent: AgentId,
    restored: Restored,
    now: EngineTime,
) -> Result<Place, TableFull> {
    let partition = Place::partition_of(agent);
    let owned = partitions.get_mut(usize::from(partition)).ok_or(TableFull)?;
    let slot = owned.partition.restore(restored, now)?;
    owned.agents.push(agent);
    Ok(Place { partition, slot })
}

/// Who asked may have gone: an agent that closed its connection. What it asked for was done.
fn answer<T>(reply: oneshot::Sender<T>, value: T) {
    if reply.send(value).is_err() {
        tracing::trace!("nobody waits for the answer any more");
    }
}
