//! Asking for what is new, and living by it.

use super::*;

/// Registered at 0, without heartbeats: polls once a day.
fn without_heartbeats() -> Agent {
    let mut agent = Agent::started();
    let sent = agent.next();
    let _ = agent.answer(sent, without(1));
    agent
}

const fn without(settings_version: u32) -> Answer {
    Answer::Registered {
        next_in_ms: None,
        next_poll_in_ms: DAY,
        epoch_s: 100,
        settings_version,
        contact_every_ms: 15 * MINUTE,
    }
}

/// The answer to a poll of an agent without heartbeats.
const fn quiet(epoch_s: u32, settings_version: Option<u32>) -> Answer {
    Answer::Polled {
        next_in_ms: None,
        next_poll_in_ms: DAY,
        epoch_s,
        settings_version,
        contact_every_ms: 15 * MINUTE,
    }
}

#[test]
fn an_agent_without_heartbeats_polls_when_the_server_wants_it_and_at_least_once_a_day() {
    let mut agent = without_heartbeats();
    for (said, wait) in [(30 * MINUTE, 30 * MINUTE), (DAY, DAY), (u64::MAX, DAY)] {
        let before = agent.now;
        let poll = agent.tell(Input::PollNow);
        assert_eq!(poll, Step::default());
        let poll = agent.next();
        assert_eq!((poll.call, agent.now), (Call::Poll, before));
        let answer = Answer::Polled {
            next_in_ms: None,
            next_poll_in_ms: said,
            epoch_s: agent.epoch(),
            settings_version: None,
            contact_every_ms: 15 * MINUTE,
        };
        let _ = agent.answer(poll, answer);
        assert_eq!(agent.schedule.heartbeat_due(), None);
        let poll = agent.next();
        assert_eq!((poll.call, agent.now - before), (Call::Poll, wait));
        let _ = agent.answer(poll, quiet(agent.epoch(), None));
    }
}

#[test]
fn heartbeats_and_polls_come_independently_of_each_other() {
    use Call::{Heartbeat, Poll};
    let mut agent = Agent::started();
    let sent = agent.next();
    let answer = Answer::Registered {
        next_in_ms: Some(10 * MINUTE),
        next_poll_in_ms: 25 * MINUTE,
        epoch_s: 100,
        settings_version: 1,
        contact_every_ms: 10 * MINUTE,
    };
    let _ = agent.answer(sent, answer);
    let mut calls = Vec::new();
    for _ in 0..5 {
        let sent = agent.next();
        calls.push((agent.now / MINUTE, sent.call));
        let answer = match sent.call {
            Poll => Answer::Polled {
                next_in_ms: Some(10 * MINUTE),
                next_poll_in_ms: 25 * MINUTE,
                epoch_s: agent.epoch(),
                settings_version: None,
                contact_every_ms: 10 * MINUTE,
            },
            _ => heard(agent.epoch(), 1),
        };
        let _ = agent.answer(sent, answer);
    }
    let expected = [
        (10, Heartbeat),
        (20, Heartbeat),
        (25, Poll),
        (35, Heartbeat),
        (45, Heartbeat),
    ];
    assert_eq!(calls, expected);
}

#[test]
fn a_poll_within_seconds_of_a_heartbeat_takes_its_place() {
    for (apart_ms, call) in [
        (0, Call::Poll),
        (MERGE_WITHIN_MS, Call::Poll),
        (MERGE_WITHIN_MS + 1, Call::Heartbeat),
    ] {
        let mut agent = Agent::settled();
        agent.schedule.poll_ms = agent.schedule.heartbeat_due().unwrap() + apart_ms;
        let sent = agent.next();
        assert_eq!((sent.call, agent.now), (call, 10 * MINUTE), "{apart_ms}");
    }
}

#[test]
fn an_agent_that_reports_every_few_seconds_still_sends_heartbeats() {
    let mut agent = Agent::started();
    let sent = agent.next();
    let answer = Answer::Registered {
        next_in_ms: Some(1_000),
        next_poll_in_ms: 3_000,
        epoch_s: 100,
        settings_version: 1,
        contact_every_ms: 1_000,
    };
    let _ = agent.answer(sent, answer);
    assert_eq!(agent.next().call, Call::Heartbeat);
}

#[test]
fn told_by_a_heartbeat_that_something_is_new_it_polls_at_once() {
    for (settings_version, poll_now, polls) in [
        (1, false, false),
        (1, true, true),
        (2, false, true),
        (2, true, true),
    ] {
        let mut agent = Agent::settled();
        let beat = agent.next();
        let before = agent.now;
        let answer = Answer::Heard {
            next_in_ms: 10 * MINUTE,
            epoch_s: agent.epoch(),
            settings_version,
            poll_now,
        };
        let _ = agent.answer(beat, answer);
        let next = agent.next();
        let at_once = next.call == Call::Poll && agent.now == before;
        assert_eq!(at_once, polls, "{settings_version} {poll_now}");
    }
}

#[test]
fn new_settings_are_told_of_by_one_more_contact_soon_and_then_never_again() {
    let mut agent = Agent::settled();
    let _ = agent.tell(Input::PollNow);
    let poll = agent.next();
    let _ = agent.answer(poll, polled(agent.epoch(), Some(2)));
    let before = agent.now;
    let confirms = agent.next();
    assert_eq!((confirms.call, confirms.fence.applied), (Call::Heartbeat, 2));
    assert!(agent.now - before <= LEAST_WAIT_MS + CONFIRM_SPREAD_MS);
    let _ = agent.answer(confirms, heard(agent.epoch(), 2));
    let before = agent.now;
    assert_eq!(agent.next().call, Call::Heartbeat);
    assert_eq!(agent.now - before, 10 * MINUTE);
}

#[test]
fn without_heartbeats_new_settings_are_told_of_by_a_poll() {
    let mut agent = without_heartbeats();
    let _ = agent.tell(Input::PollNow);
    let poll = agent.next();
    let _ = agent.answer(poll, quiet(agent.epoch(), Some(2)));
    let before = agent.now;
    let confirms = agent.next();
    assert_eq!((confirms.call, confirms.fence.applied), (Call::Poll, 2));
    assert!(agent.now - before <= LEAST_WAIT_MS + CONFIRM_SPREAD_MS);
    let _ = agent.answer(confirms, quiet(agent.epoch(), None));
    assert_eq!(agent.schedule.due(), Some(agent.now + DAY));
}

#[test]
fn the_first_settings_are_told_of_soon_as_well() {
    for (answer, call) in [
        (registered(10 * MINUTE), Call::Heartbeat),
        (without(1), Call::Poll),
    ] {
        let mut agent = Agent {
            schedule: Schedule::new(RegisterReason::Install, 0, CALM),
            now: 0,
        };
        let register = agent.next();
        assert_eq!(register.fence.applied, 0);
        let _ = agent.answer(register, answer);
        let confirms = agent.next();
        assert_eq!((confirms.call, confirms.fence.applied), (call, 1));
        assert!(agent.now <= LEAST_WAIT_MS + CONFIRM_SPREAD_MS);
    }
}

#[test]
fn a_fleet_does_not_tell_of_new_settings_in_one_instant() {
    let dues = (0..1_000_u64).map(|random| {
        let mut agent = Agent::settled();
        let _ = agent.tell(Input::PollNow);
        let poll = agent.next();
        let answered = Input::Answered {
            sequence: poll.fence.sequence,
            answer: polled(100, Some(2)),
        };
        let _ = agent.schedule.handle(answered, agent.now, random << 54);
        agent.schedule.due().unwrap()
    });
    assert!(dues.collect::<std::collections::BTreeSet<_>>().len() > 900);
}

#[test]
fn two_servers_that_differ_in_their_settings_are_not_asked_in_a_loop() {
    let mut agent = Agent::settled();
    let mut calls = 0;
    let mut version = 1;
    while agent.now < 1_000 * MINUTE {
        let sent = agent.next();
        calls += 1;
        let answer = match sent.call {
            Call::Poll => {
                version = 3 - version;
                polled(agent.epoch(), Some(version))
            }
            // Always from the other one.
            _ => heard(agent.epoch(), 3 - version),
        };
        let _ = agent.answer(sent, answer);
    }
    assert!(calls <= 2 * 100 + 10, "{calls} calls in a hundred intervals");
}

#[test]
fn settings_that_switch_heartbeats_off_and_on_are_lived_by_at_once() {
    let mut agent = Agent::settled();
    let _ = agent.tell(Input::PollNow);
    let poll = agent.next();
    let _ = agent.answer(poll, quiet(agent.epoch(), Some(2)));
    assert_eq!(agent.schedule.heartbeat_due(), None);
    let poll = agent.next();
    assert_eq!(poll.call, Call::Poll);
    let _ = agent.answer(poll, polled(agent.epoch(), Some(3)));
    assert!(agent.schedule.heartbeat_due().is_some());
    assert_eq!(agent.next().call, Call::Heartbeat);
}

#[test]
fn asked_while_a_call_is_under_way_it_polls_after_it_whatever_it_brings() {
    for call in [Call::Heartbeat, Call::Poll] {
        let mut agent = Agent::settled();
        if call == Call::Poll {
            let _ = agent.tell(Input::PollNow);
        }
        let sent = agent.next();
        assert_eq!(sent.call, call);
        assert_eq!(agent.tell(Input::PollNow), Step::default(), "one call at a time");
        let answer = match call {
            Call::Poll => polled(agent.epoch(), None),
            _ => heard(agent.epoch(), 1),
        };
        let _ = agent.answer(sent, answer);
        let before = agent.now;
        assert_eq!((agent.next().call, agent.now), (Call::Poll, before));
    }
}

#[test]
fn asked_to_poll_it_does_not_wait_for_its_back_off_but_for_a_busy_server() {
    for (retry_after_ms, wait) in [(None, 0), (Some(40_000), 40_000)] {
        let mut agent = Agent::settled();
        for _ in 0..9 {
            let sent = agent.next();
            let _ = agent.fail(sent, None);
        }
        let sent = agent.next();
        let _ = agent.fail(sent, retry_after_ms);
        let before = agent.now;
        let _ = agent.tell(Input::PollNow);
        let sent = agent.next();
        assert_eq!(agent.now - before, wait);
        // That someone asked is no answer of the server's: the failures still count.
        let _ = agent.fail(sent, None);
        assert_eq!(agent.schedule.due(), Some(agent.now + 5 * MINUTE));
    }
}

#[test]
fn a_busy_server_is_polled_when_it_said_and_not_when_the_back_off_would() {
    let mut agent = without_heartbeats();
    for _ in 0..9 {
        let poll = agent.next();
        let _ = agent.fail(poll, None);
    }
    let poll = agent.next();
    let before = agent.now;
    let _ = agent.fail(poll, Some(12_000));
    assert_eq!((agent.next().call, agent.now - before), (Call::Poll, 12_000));
}

#[test]
fn where_polls_fail_heartbeats_go_on_and_polls_are_tried_again_at_a_calm_pace() {
    let mut agent = Agent::settled();
    let (mut beats, mut polls) = (0, 0);
    let _ = agent.tell(Input::PollNow);
    while agent.now < DAY {
        let sent = agent.next();
        if sent.call == Call::Poll {
            polls += 1;
            let _ = agent.fail(sent, None);
        } else {
            beats += 1;
            let answer = Answer::Heard {
                next_in_ms: 10 * MINUTE,
                epoch_s: agent.epoch(),
                settings_version: 2,
                poll_now: true,
            };
            let _ = agent.answer(sent, answer);
        }
    }
    let intervals = DAY / (10 * MINUTE);
    assert!(beats >= intervals - intervals / 10, "{beats} heartbeats");
    assert!(polls <= 2 * intervals + 20, "{polls} polls");
}

#[test]
fn a_server_that_lost_its_memory_is_registered_with_also_where_only_polls_are_sent() {
    let mut agent = without_heartbeats();
    let poll = agent.next();
    let _ = agent.answer(poll, quiet(3, None));
    let before = agent.now;
    assert_eq!(agent.next().call, Call::Register(RegisterReason::Reload));
    assert!(agent.now - before <= REGISTER_SPREAD_MS);
}

#[test]
fn what_the_process_before_this_one_applied_is_reported_from_the_first_call_on() {
    let mut agent = Agent::started();
    agent.schedule = agent.schedule.having_applied(41);
    let register = agent.next();
    assert_eq!(register.fence.applied, 41);
    // Nothing new, so nothing to tell of.
    let _ = agent.answer(register, without(41));
    assert_eq!(agent.schedule.due(), Some(DAY));
}

#[test]
fn an_answer_to_another_call_is_none() {
    let mut agent = Agent::settled();
    let beat = agent.next();
    assert_eq!(
        agent.answer(beat, registered(10 * MINUTE)).change,
        Some(Change::Lost)
    );
}

#[test]
fn thirty_days_without_a_server_take_no_memory_and_few_calls() {
    assert!(!core::mem::needs_drop::<Schedule>(), "nothing in it can grow");
    for mut agent in [Agent::settled(), without_heartbeats()] {
        let began = agent.now;
        let mut random = 0x9e37_79b9_7f4a_7c15_u64;
        let mut calls = 0_u64;
        while agent.now - began < 30 * DAY {
            agent.now = agent.schedule.due().unwrap().max(agent.now);
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let sent = agent
                .schedule
                .handle(Input::Wake, agent.now, random)
                .send
                .unwrap();
            calls += 1;
            let _ = agent.schedule.handle(
                Input::Failed {
                    sequence: sent.fence.sequence,
                    retry_after_ms: None,
                },
                agent.now,
                random,
            );
        }
        // Half to all of five minutes between two calls.
        let fewest = 30 * DAY / (5 * MINUTE);
        assert!((fewest..=2 * fewest).contains(&calls), "{calls} calls");
        assert!(u64::from(agent.schedule.sequence) <= calls + 2);
    }
}
