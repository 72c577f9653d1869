//! The thread that owns the partitions: takes commands, ticks, publishes.
//!
//! It sleeps until a command comes, the next deadline falls due, or [`IDLE_TICK`] has passed, whichever is
//! first; so a deadline is noticed when it falls, and a quiet server costs ten wake-ups a second.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use std::sync::atomic::{AtomicBool, Ordering};

use rollcall_presence::{
    Effect, EngineTime, Outcome, PARTITIONS, Partition, Place, Restored, Rulebook, Slot, TableFull, Ticker,
    checkpoint,
};
use rollcall_shared::console_api::{BlindReason, BlindSpan};
use rollcall_shared::{AgentId, Cause, GoodbyeKind, TransitionId};
use tokio::sync::oneshot;

use super::command::Command;
use super::detection::{Detection, Stage};
use super::full::Full;
use super::heard;
use super::labels::Labels;
use super::transition_ids::TransitionIds;
use super::{Change, Checkpoint, Handled, Known, News, Shared, Sink, Start};
use crate::clock::Clock;

/// The longest that engine time goes without a tick: well within the two seconds that a tick may move it, so
/// that only a real stall is taken for one.
const IDLE_TICK: Duration = Duration::from_millis(100);

/// Commands taken between two ticks at the most, so that a flood of them cannot put off a deadline.
const BURST: usize = 1_000;

/// What the driver's thread owns.
pub(super) struct Driver {
    shared: Arc<Shared>,
    ticker: Ticker,
    partitions: Vec<Owned>,
    /// Agents that said *stop*, and the transition that it made, until their next one (rule 10).
    stopped: HashMap<AgentId, TransitionId>,
    rulebook: Arc<Rulebook>,
    full: Full,
}

/// A partition and who is in its slots.
struct Owned {
    partition: Partition,
    agents: Vec<AgentId>,
}

impl Driver {
    /// A driver without agents.
    pub(super) fn prepare(clock: Clock, start: &Start) -> (Self, Arc<Shared>) {
        let (ticker, time) = Ticker::resume(start.resumed);
        let partitions: Vec<Owned> = (0..PARTITIONS)
            .map(|_| Owned {
                partition: Partition::new(Arc::clone(&start.rulebook), start.resumed),
                agents: Vec::new(),
            })
            .collect();
        let shared = Arc::new(Shared {
            clock,
            time,
            columns: partitions.iter().map(|owned| owned.partition.columns()).collect(),
            labels: Labels::new(start.resumed, clock.wall_ms(), start.saved_wall_ms),
            ids: TransitionIds::after(start.last_transition),
            refused_unheard: AtomicBool::new(false),
            held: AtomicBool::new(false),
            detection: Detection::default(),
            heard: heard::Count::new(),
        });
        let driver = Self {
            shared: Arc::clone(&shared),
            ticker,
            partitions,
            stopped: HashMap::new(),
            rulebook: Arc::clone(&start.rulebook),
            full: Full::default(),
        };
        (driver, shared)
    }

    /// Takes an agent up as it was.
    pub(super) fn take_up(&mut self, known: &Known) -> Result<Place, TableFull> {
        take_up(&mut self.partitions, known.agent, &known.restored)
    }

    /// Runs until told to stop, or until nobody is left who could tell.
    pub(super) fn run(mut self, inbox: &Receiver<Command>, sinks: &[Sink]) {
        let mut effects = Vec::new();
        // Settings may have been saved just before a kill, and what they changed not: it is said now.
        self.adopt(&Arc::clone(&self.rulebook), &mut effects, sinks);
        loop {
            let now = self.tick(&mut effects, sinks);
            let mut command = match inbox.recv_timeout(self.sleep_from(now)) {
                Ok(command) => Some(command),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => return,
            };
            for _ in 0..BURST {
                match command.take() {
                    None => break,
                    Some(Command::Stop) => return,
                    Some(command) => self.take(command, &mut effects, sinks),
                }
                command = inbox.try_recv().ok();
            }
            // One may be in hand when the burst is over.
            match command {
                Some(Command::Stop) => return,
                Some(command) => self.take(command, &mut effects, sinks),
                None => {}
            }
        }
    }

    fn go_on(&mut self) {
        if self.ticker.stands_still() {
            let now = self.shared.time.now(self.shared.clock.monotonic());
            self.shared.labels.go_on(now, self.shared.clock.wall_ms());
            self.ticker
                .go_on(&self.shared.time, self.shared.clock.monotonic());
        }
    }

    fn sleep_from(&self, now: EngineTime) -> Duration {
        if self.shared.held.load(Ordering::Relaxed) {
            return IDLE_TICK;
        }
        let next = self
            .partitions
            .iter()
            .filter_map(|owned| owned.partition.next_check())
            .min();
        next.map_or(IDLE_TICK, |next| next.since(now).min(IDLE_TICK))
    }

    fn tick(&mut self, effects: &mut Vec<Effect>, sinks: &[Sink]) -> EngineTime {
        let monotonic = self.shared.clock.monotonic();
        let advance = self.ticker.tick(&self.shared.time, monotonic);
        self.shared.labels.ticked(monotonic);
        if !self.ticker.stands_still() {
            self.shared.labels.tick(advance.now, self.shared.clock.wall_ms());
        }
        let refused_unheard = self.shared.refused_unheard.swap(false, Ordering::Relaxed);
        if !advance.blind.is_zero() {
            self.tell_blind(advance.blind, sinks);
        }
        let full = self
            .full
            .tick(refused_unheard, advance.now, self.shared.clock.wall_ms());
        if let Some(span) = full.over {
            tell(span, sinks);
        }
        if !advance.blind.is_zero() || full.blind {
            for owned in &mut self.partitions {
                owned.partition.blinded(advance.now);
            }
        }
        if self.shared.held.load(Ordering::Relaxed) {
            return advance.now;
        }
        for partition in 0..self.partitions.len() {
            self.partitions[partition].partition.tick(advance.now, effects);
            self.publish(partition, effects, sinks);
        }
        advance.now
    }

    /// Tells what an agent applied: a restart that does not know it would judge it by too much, and dial it by too
    /// little.
    fn tell_applied(&self, place: Place, applied: u32, sinks: &[Sink]) {
        let agents = self.partitions.get(usize::from(place.partition));
        let Some(&agent) = agents.and_then(|owned| owned.agents.get(place.slot.0 as usize)) else {
            return;
        };
        for sink in sinks {
            sink(News::Applied(agent, applied));
        }
    }

    /// Tells that the last so much time was blind.
    fn tell_blind(&self, blind: Duration, sinks: &[Sink]) {
        tracing::warn!(
            blind_ms = blind.as_millis(),
            "the server was blind: it stalled or was stopped"
        );
        let to_ms = self.shared.clock.wall_ms();
        let lasted_ms = i64::try_from(blind.as_millis()).unwrap_or(i64::MAX);
        let span = BlindSpan {
            from_ms: to_ms.saturating_sub(lasted_ms),
            to_ms,
            reason: BlindReason::Stalled,
        };
        tell(span, sinks);
    }

    /// A partition at a time: what a save changes for one is published before the next is judged, and deadlines that
    /// fall due meanwhile wait for no more than one. It ticks in between, or a save that concerns a whole fleet would look
    /// like a stall.
    fn adopt(&mut self, rulebook: &Arc<Rulebook>, effects: &mut Vec<Effect>, sinks: &[Sink]) {
        self.rulebook = Arc::clone(rulebook);
        for partition in 0..self.partitions.len() {
            let now = self.shared.time.now(self.shared.clock.monotonic());
            self.partitions[partition]
                .partition
                .adopt(Arc::clone(rulebook), now, effects);
            self.publish(partition, effects, sinks);
            self.tick(effects, sinks);
        }
    }

    fn checkpoint(&self, partition: u8) -> Checkpoint {
        let at = self.shared.time.now(self.shared.clock.monotonic());
        let mut writer = checkpoint::Writer::new(at, 0);
        if let Some(owned) = self.partitions.get(usize::from(partition)) {
            writer = checkpoint::Writer::new(at, owned.agents.len());
            for (slot, agent) in (0..).map(Slot).zip(&owned.agents) {
                if let Some(known) = owned.partition.remember(slot)
                    && known.heard.kind.is_some()
                {
                    writer.add(*agent, &known);
                }
            }
        }
        Checkpoint {
            partition,
            at,
            bytes: writer.finish(),
        }
    }

    fn partition_of(&self, place: Place) -> Option<&Partition> {
        let owned = self.partitions.get(usize::from(place.partition))?;
        Some(&owned.partition)
    }

    fn take(&mut self, command: Command, effects: &mut Vec<Effect>, sinks: &[Sink]) {
        match command {
            Command::Event {
                place,
                event,
                at,
                reply,
            } => {
                let partition = usize::from(place.partition);
                let applied = |driver: &Self| Some(driver.shared.columns.get(partition)?.applied(place.slot));
                let before = applied(self);
                let outcome = match self.partitions.get_mut(partition) {
                    Some(owned) => owned.partition.handle(place.slot, event, at, effects),
                    None => Outcome::Gone,
                };
                if let Some(applied) = applied(self).filter(|applied| Some(*applied) != before) {
                    self.tell_applied(place, applied, sinks);
                }
                // Published before it is answered: who has the answer finds the change wherever it looks.
                self.publish(partition, effects, sinks);
                let verdict = self
                    .partition_of(place)
                    .and_then(|partition| partition.verdict(place.slot));
                answer(reply, Handled { outcome, verdict });
            }
            Command::Verdict { place, reply } => {
                let verdict = self
                    .partition_of(place)
                    .and_then(|partition| partition.verdict(place.slot));
                answer(reply, verdict);
            }
            Command::Grounds { place, reply } => {
                let grounds = self
                    .partition_of(place)
                    .and_then(|partition| partition.grounds(place.slot));
                answer(reply, grounds);
            }
            Command::Adopt { rulebook, reply } => {
                self.adopt(&rulebook, effects, sinks);
                answer(reply, ());
            }
            Command::Checkpoint { partition, reply } => answer(reply, self.checkpoint(partition)),
            Command::Unheard { partition, reply } => {
                let owned = self.partitions.get(usize::from(partition));
                answer(
                    reply,
                    owned.map(|owned| owned.partition.unheard()).unwrap_or_default(),
                );
            }
            Command::Enrol { agent, reply } => {
                answer(reply, take_up(&mut self.partitions, agent, &Restored::ENROLLED));
            }
            Command::GoOn => self.go_on(),
            Command::Stop => {}
        }
    }

    /// Gives the effects to the sinks, with ids and wall times, and leaves none.
    fn publish(&mut self, partition: usize, effects: &mut Vec<Effect>, sinks: &[Sink]) {
        if effects.is_empty() {
            return;
        }
        let mut changes = Vec::with_capacity(effects.len());
        let monotonic = self.shared.clock.monotonic();
        let now = self.shared.time.now(monotonic);
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
            if let Some(due) = effect.due {
                let late = now.since(due);
                self.shared.detection.note(Stage::Transition, late, monotonic);
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
                published: monotonic,
            });
        }
        for sink in sinks {
            sink(News::Changes(&changes));
        }
    }
}

fn tell(span: BlindSpan, sinks: &[Sink]) {
    for sink in sinks {
        sink(News::Blind(span));
    }
}

fn take_up(partitions: &mut [Owned], agent: AgentId, restored: &Restored) -> Result<Place, TableFull> {
    let partition = Place::partition_of(agent);
    let owned = partitions.get_mut(usize::from(partition)).ok_or(TableFull)?;
    let slot = owned.partition.restore(restored)?;
    owned.agents.push(agent);
    Ok(Place { partition, slot })
}

/// Who asked may have gone: an agent that closed its connection. What it asked for was done.
fn answer<T>(reply: oneshot::Sender<T>, value: T) {
    if reply.send(value).is_err() {
        tracing::trace!("nobody waits for the answer any more");
    }
}
