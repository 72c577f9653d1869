//! The driver with its real thread: what it publishes, in which order, and that it notices deadlines by itself.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};
use rollcall_presence::{Addresses, Restored};
use rollcall_shared::agent_api::Fence;
use rollcall_shared::{BootId, Cause, GoodbyeKind, Minutes, RegisterReason, Settings, Status};

use super::*;

/// What the engine published so far, and a way to wait for more.
#[derive(Default)]
struct Published {
    changes: Mutex<Vec<Change>>,
    more: Condvar,
}

impl Published {
    fn sink(self: &Arc<Self>) -> Sink {
        let published = Arc::clone(self);
        Box::new(move |news| {
            let News::Changes(changes) = news else { return };
            published.changes.lock().extend_from_slice(changes);
            published.more.notify_all();
        })
    }

    /// Waits until so many changes were published. The limit only keeps a broken engine from hanging the run.
    fn wait_for(&self, count: usize) -> Vec<Change> {
        let mut changes = self.changes.lock();
        while changes.len() < count {
            let timed_out = self
                .more
                .wait_for(&mut changes, Duration::from_secs(30))
                .timed_out();
            assert!(!timed_out, "only {} of {count} changes came", changes.len());
        }
        changes.clone()
    }
}

fn start(known: &[Known], minute: Duration) -> (Engine, Running, Vec<Place>, Arc<Published>) {
    let published = Arc::new(Published::default());
    let settings = Settings {
        offline_after: Minutes::MIN,
        ..Settings::default()
    };
    let start = Start {
        resumed: EngineTime::ZERO,
        saved_wall_ms: None,
        rulebook: Arc::new(Rulebook::new(1, &settings, minute)),
        last_transition: None,
    };
    let (engine, mut prepared) = Engine::prepare(Clock::start(), &start);
    let places = known
        .iter()
        .map(|known| prepared.take_up(known).unwrap())
        .collect();
    let running = prepared.start(vec![published.sink()]).unwrap();
    engine.go_on().unwrap();
    (engine, running, places, published)
}

fn boot(bits: u32) -> BootId {
    BootId::from_bits(bits).unwrap()
}

fn fence(bits: u32, sequence: u32) -> Fence {
    Fence {
        boot: boot(bits),
        sequence,
        applied: 1,
    }
}

fn register(bits: u32, sequence: u32) -> Event {
    Event::Register {
        fence: fence(bits, sequence),
        reason: RegisterReason::Start,
        addresses: Addresses::default(),
    }
}

#[tokio::test]
async fn a_deadline_is_noticed_without_anyone_asking() {
    let (engine, running, _, published) = start(&[], Duration::from_millis(50));
    let place = engine.enrol(AgentId::from_bits(77)).await.unwrap();
    let handled = engine.handle(place, register(1, 1)).await.unwrap();
    assert_eq!(handled.outcome, Outcome::Accepted);
    let changes = published.wait_for(2);
    assert_eq!(
        (changes[0].from, changes[0].to),
        (Status::Pending, Status::Online)
    );
    assert_eq!(
        (changes[1].from, changes[1].to),
        (Status::Online, Status::Offline)
    );
    assert!(changes[0].id < changes[1].id);
    running.stop();
}

#[test]
fn nobody_goes_offline_by_what_a_start_takes() {
    let published = Arc::new(Published::default());
    let settings = Settings {
        offline_after: Minutes::MIN,
        ..Settings::default()
    };
    let minute = Duration::from_millis(1);
    let start = Start {
        resumed: EngineTime::from_secs(1_000),
        saved_wall_ms: None,
        rulebook: Arc::new(Rulebook::new(1, &settings, minute)),
        last_transition: None,
    };
    let (engine, mut prepared) = Engine::prepare(Clock::start(), &start);
    let restored = Restored {
        status: Status::Online,
        boot: Some(boot(1)),
        applied: 1,
        ..Restored::ENROLLED
    };
    let agent = AgentId::from_bits(77);
    prepared.take_up(&Known { agent, restored }).unwrap();
    let running = prepared.start(vec![published.sink()]).unwrap();
    // Some hundred of its minutes, and ticks of the thread.
    std::thread::park_timeout(minute * 250);
    assert_eq!(engine.now(), start.resumed);
    assert!(published.changes.lock().is_empty());
    engine.go_on().unwrap();
    assert_eq!(published.wait_for(1)[0].to, Status::Offline);
    running.stop();
}

#[tokio::test]
async fn a_change_is_published_before_its_event_is_answered() {
    let (engine, running, _, published) = start(&[], Duration::from_mins(1));
    let place = engine.enrol(AgentId::from_bits(77)).await.unwrap();
    engine.handle(place, register(1, 1)).await.unwrap();
    assert_eq!(published.changes.lock().len(), 1);
    running.stop();
}

#[tokio::test]
async fn a_stop_and_a_start_are_one_restart_that_names_what_it_folds() {
    let (engine, running, _, published) = start(&[], Duration::from_mins(1));
    let place = engine.enrol(AgentId::from_bits(77)).await.unwrap();
    engine.handle(place, register(1, 1)).await.unwrap();
    let goodbye = Event::Goodbye {
        fence: fence(1, 2),
        kind: GoodbyeKind::Stop,
    };
    engine.handle(place, goodbye).await.unwrap();
    engine.handle(place, register(2, 1)).await.unwrap();
    let changes = published.wait_for(3);
    assert_eq!(changes[2].cause, Cause::Restarted);
    assert_eq!(changes[2].folds, Some(changes[1].id));
    running.stop();
}

#[tokio::test]
async fn an_agent_that_was_online_goes_on_with_the_boot_it_had() {
    let agent = AgentId::from_bits(u64::MAX);
    let restored = Restored {
        status: Status::Online,
        boot: Some(boot(9)),
        applied: 1,
        ..Restored::ENROLLED
    };
    let (engine, running, places, published) = start(&[Known { agent, restored }], Duration::from_mins(1));
    let fence = fence(9, 41);
    assert_eq!(engine.last_contact(places[0]), None);
    assert_eq!(
        engine.contact(places[0], fence, ContactKind::Heartbeat),
        Contact::Renewed
    );
    assert_eq!(
        engine.last_contact(places[0]).map(|(_, kind)| kind),
        Some(ContactKind::Heartbeat)
    );
    assert!(published.changes.lock().is_empty());
    running.stop();
}

#[tokio::test]
async fn a_checkpoint_is_what_a_restart_takes_up() {
    let (engine, running, _, _) = start(&[], Duration::from_mins(1));
    let agent = AgentId::from_bits(77);
    let place = engine.enrol(agent).await.unwrap();
    engine.handle(place, register(1, 1)).await.unwrap();
    engine
        .hear(place, fence(1, 2), ContactKind::Poll, None)
        .await
        .unwrap();
    let checkpoint = engine.checkpoint(place.partition).await.unwrap();
    running.stop();
    let mut remembered = None;
    rollcall_presence::checkpoint::read(checkpoint.at, &checkpoint.bytes, |found, known| {
        assert_eq!(found, agent);
        remembered = Some(known);
    })
    .unwrap();
    let remembered = remembered.unwrap();
    assert_eq!(remembered.heard.kind, Some(ContactKind::Poll));
    assert_eq!((remembered.boot, remembered.applied), (Some((boot(1), 2)), 1));

    let restored = Restored {
        status: Status::Online,
        boot: Some(boot(1)),
        remembered: Some(remembered),
        ..Restored::ENROLLED
    };
    let (engine, running, places, _) = start(&[Known { agent, restored }], Duration::from_mins(1));
    let (_, kind) = engine.last_contact(places[0]).unwrap();
    assert_eq!(kind, ContactKind::Poll);
    let again = engine.contact(places[0], fence(1, 2), ContactKind::Poll);
    assert_eq!(again, Contact::Stale);
    running.stop();
}

#[tokio::test]
async fn a_stopped_engine_says_so() {
    let (engine, running, _, _) = start(&[], Duration::from_mins(1));
    running.stop();
    assert_eq!(
        engine.enrol(AgentId::from_bits(1)).await,
        Err(EngineError::Stopped)
    );
}
