//! The fleet against answers of the test's own making, in simulated time.

use rollcall_shared::Status;

use super::*;
use crate::http::Media;

const REGISTERED: &str = r#"{"settings":{"heartbeat_every":1,"offline_after":3},"settings_version":1,"minute_ms":1000,
    "observed_address":"127.0.0.1","reachability":"reachable","next_in_ms":950,"next_poll_in_ms":1440000,"epoch":5}"#;
const HEARD: &str = r#"{"next_in_ms":950,"settings_version":1,"poll_now":false,"epoch":5}"#;

fn fleet(size: u64) -> Fleet {
    let credential = |id| Credential::of(id, &"s".repeat(43)).unwrap();
    let identities = (1..=size)
        .map(AgentId::from_bits)
        .map(|id| (id, credential(id)))
        .collect();
    Fleet::new(identities, Pace::default(), Dice::from_seed(7))
}

const fn reply(body: &str) -> Reply<'_> {
    Reply {
        status: 200,
        media: Media::Json,
        retry_after_s: None,
        closes: false,
        body: body.as_bytes(),
    }
}

/// Answers all that is called until `until_us`, each call 1 ms after it was due; gives the next time.
fn serve(fleet: &mut Fleet, from_us: u64, until_us: u64) -> u64 {
    let mut now_us = from_us;
    while now_us < until_us {
        fleet.wake(now_us);
        while let Some(call) = fleet.take(now_us) {
            let body = match call.send.call {
                Call::Register(_) => REGISTERED,
                _ => HEARD,
            };
            fleet.landed(&call, now_us, now_us + 1_000, Ok(reply(body)));
        }
        now_us += 10_000;
    }
    now_us
}

#[test]
fn agents_register_and_beat_as_the_server_says() {
    let mut fleet = fleet(10);
    (0..10).for_each(|number| fleet.begin(number, 0));
    serve(&mut fleet, 0, 10_000_000);
    assert_eq!((fleet.registered, fleet.settled), (10, 10));
    assert_eq!(fleet.tally.registers, 10);
    // About ten each within ten seconds.
    assert!(
        (90..=115).contains(&fleet.tally.heartbeats),
        "{}",
        fleet.tally.heartbeats
    );
    assert!(fleet.tally.is_as_expected());
    assert_eq!(fleet.longest_lease_us, 3_000_000);
}

#[test]
fn a_silent_agent_is_to_be_seen_offline_and_backs_off_until_it_is_back() {
    let mut fleet = fleet(2);
    (0..2).for_each(|number| fleet.begin(number, 0));
    let now_us = serve(&mut fleet, 0, 2_000_000);
    let (steady, silent) = (AgentId::from_bits(1), AgentId::from_bits(2));
    fleet.shown(steady, Status::Online, now_us);
    fleet.shown(silent, Status::Online, now_us);
    fleet.silence(1);
    assert_eq!((fleet.shown_online, fleet.silent_online), (2, 1));
    let ends_us = fleet.agents[1].promise.ends_us().unwrap();
    let heartbeats = fleet.tally.heartbeats;
    let now_us = serve(&mut fleet, now_us, ends_us + 50_000);
    assert!(fleet.tally.heartbeats > heartbeats, "the other one goes on");
    fleet.shown(silent, Status::Offline, now_us);
    let transitions = &fleet.tally.transitions;
    assert_eq!(
        (transitions.offline, transitions.falsely, transitions.unwanted),
        (1, 0, 0)
    );
    assert_eq!(transitions.detection.count(), 1);
    assert_eq!((fleet.shown_online, fleet.silent_online), (1, 0));
    // Nothing of it counts as an error: its network was gone, not the server.
    assert!(fleet.tally.troubles.is_empty());

    assert_eq!(fleet.away, 1);
    fleet.voice(1, now_us);
    let now_us = serve(&mut fleet, now_us, now_us + 3_000_000);
    fleet.shown(silent, Status::Online, now_us);
    // Both as they began, and the one that came back.
    assert_eq!(fleet.tally.transitions.return_shown.count(), 3);
    assert_eq!((fleet.away, fleet.tally.returning.count()), (0, 1));
    assert!(fleet.tally.is_as_expected());
}

#[test]
fn an_agent_that_beats_and_is_shown_offline_is_a_false_one() {
    let mut fleet = fleet(1);
    fleet.begin(0, 0);
    let now_us = serve(&mut fleet, 0, 2_000_000);
    let id = AgentId::from_bits(1);
    fleet.shown(id, Status::Online, now_us);
    fleet.shown(id, Status::Offline, now_us);
    assert_eq!(fleet.tally.transitions.falsely, 1);
    fleet.shown(id, Status::Offline, now_us);
    assert_eq!(fleet.tally.transitions.twice, 1);
    assert!(!fleet.tally.is_as_expected());
}

#[test]
fn an_agent_whose_contacts_do_not_come_through_goes_offline_rightly_and_unwanted() {
    let mut fleet = fleet(1);
    fleet.begin(0, 0);
    let mut now_us = serve(&mut fleet, 0, 2_000_000);
    let id = AgentId::from_bits(1);
    fleet.shown(id, Status::Online, now_us);
    let ends_us = fleet.agents[0].promise.ends_us().unwrap();
    while now_us <= ends_us {
        fleet.wake(now_us);
        while let Some(call) = fleet.take(now_us) {
            fleet.landed(&call, now_us, now_us, Err(Fault::Connect));
        }
        now_us += 10_000;
    }
    fleet.shown(id, Status::Offline, now_us);
    let transitions = &fleet.tally.transitions;
    assert_eq!(
        (transitions.falsely, transitions.unwanted, transitions.offline),
        (0, 1, 0)
    );
    assert!(fleet.tally.troubles[&Trouble::Connect] >= 1);
}

#[test]
fn a_slot_is_waited_for() {
    let mut fleet = fleet(1);
    fleet.begin(0, 0);
    fleet.wake(0);
    let call = fleet.take(0).unwrap();
    let busy = Reply {
        status: 503,
        media: Media::Problem,
        retry_after_s: Some(17),
        closes: false,
        body: b"{}",
    };
    fleet.landed(&call, 0, 1_000, Ok(busy));
    assert_eq!(fleet.tally.slots.longest_s, 17);
    let due_ms = fleet.next_due_ms().unwrap();
    assert!((17_000..=18_002).contains(&due_ms), "{due_ms}");
    assert!(fleet.tally.is_as_expected());
}

#[test]
fn a_call_that_finds_no_connection_free_in_time_comes_to_nothing() {
    let mut fleet = fleet(1);
    fleet.begin(0, 0);
    fleet.wake(0);
    assert_eq!(fleet.waiting(), 1);
    assert!(fleet.take(25_000_000).is_none());
    assert_eq!(fleet.tally.troubles[&Trouble::NoneFree], 1);
    // And is tried again.
    assert!(fleet.next_due_ms().is_some());
}

#[test]
fn an_agent_that_is_shown_before_its_answer_is_there_counts_as_well() {
    let mut fleet = fleet(1);
    fleet.begin(0, 0);
    fleet.wake(0);
    let call = fleet.take(0).unwrap();
    fleet.shown(AgentId::from_bits(1), Status::Online, 40_000);
    fleet.landed(&call, 10_000, 60_000, Ok(reply(REGISTERED)));
    let shown = &fleet.tally.transitions.return_shown;
    assert_eq!(shown.count(), 1);
    assert!(
        (29_900..=30_100).contains(&shown.longest()),
        "{}",
        shown.longest()
    );
}
