//! What an agent does where the server says no.

use proptest::prelude::*;

use super::super::refused::STALE_IN_A_ROW;
use crate::backoff::BASE_MS;

use super::*;
use crate::backoff::{UNKNOWN_BASE_MS, UNKNOWN_CAP_MS};

const HOUR: u64 = 60 * MINUTE;

/// Takes the next call, refuses it as one of nobody, and gives how long the agent waited for it and what it told.
fn refuse_next(agent: &mut Agent) -> (Send, u64, Step) {
    let before = agent.now;
    let sent = agent.next();
    let step = agent.refuse(sent, Refusal::Unauthenticated);
    (sent, agent.now - before, step)
}

#[test]
fn only_a_retired_agent_ends_for_good() {
    let mut agent = Agent::settled();
    let sent = agent.next();
    assert_eq!(agent.refuse(sent, Refusal::Retired).end, Some(End::Retired));
    assert_eq!(agent.schedule.due(), None);
    assert_eq!(agent.tell(Input::Reload), Step::default());
    assert_eq!(agent.tell(Input::Wake), Step::default());
}

#[test]
fn a_poll_for_news_that_was_overtaken_by_its_own_copy_is_made_again() {
    let mut agent = Agent::settled();
    let beat = agent.next();
    let _ = agent.answer(beat, heard(agent.epoch(), 2));
    let poll = agent.next();
    assert_eq!(poll.call, Call::Poll);
    let _ = agent.refuse(poll, Refusal::StaleSequence);
    let before = agent.now;
    assert_eq!(agent.next().call, Call::Poll);
    assert_eq!(
        agent.now - before,
        BASE_MS,
        "after its back-off, not with the next heartbeat"
    );
}

#[test]
fn an_unknown_agent_stops_beating_and_asks_after_a_minute_then_ever_more_seldom_up_to_an_hour() {
    let mut agent = Agent::settled();
    let (beat, ..) = refuse_next(&mut agent);
    assert_eq!(beat.call, Call::Heartbeat);
    let mut waits = Vec::new();
    for _ in 0..9 {
        let (sent, wait, _) = refuse_next(&mut agent);
        assert_eq!(sent.call, Call::Register(RegisterReason::Reload));
        assert_eq!(sent.fence.boot, beat.fence.boot);
        waits.push(wait / MINUTE);
    }
    assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
}

#[test]
fn an_agent_that_is_unknown_from_the_start_goes_on_asking_as_one_that_starts() {
    let mut agent = Agent::started();
    let (_, _, step) = refuse_next(&mut agent);
    assert_eq!(step, Step::changed(Change::Unknown));
    assert_eq!(agent.next().call, Call::Register(RegisterReason::Start));
    assert_eq!(agent.now, MINUTE);
}

#[test]
fn that_the_server_does_not_know_the_agent_is_told_once_whatever_fails_between() {
    let mut agent = Agent::settled();
    let mut changes = Vec::new();
    for _ in 0..3 {
        changes.extend(refuse_next(&mut agent).2.change);
        let sent = agent.next();
        changes.extend(agent.fail(sent, None).change);
        let sent = agent.next();
        changes.extend(agent.fail(sent, Some(1_000)).change);
    }
    assert_eq!(changes, [Change::Unknown]);
}

#[test]
fn the_first_register_that_is_taken_brings_everything_back_to_normal() {
    let mut agent = Agent::settled();
    for _ in 0..20 {
        let _ = refuse_next(&mut agent);
    }
    let sent = agent.next();
    let step = agent.answer(sent, registered(10 * MINUTE));
    assert_eq!(step.change, Some(Change::Registered(RegisterReason::Reload)));
    let before = agent.now;
    let beat = agent.next();
    assert_eq!((beat.call, agent.now - before), (Call::Heartbeat, 10 * MINUTE));
    assert_eq!(agent.fail(beat, None).change, Some(Change::Lost));
    let before = agent.now;
    let beat = agent.next();
    assert_eq!(agent.now - before, BASE_MS);
    // And the pace begins anew where it is refused anew.
    let step = agent.refuse(beat, Refusal::Unauthenticated);
    assert_eq!(step.change, Some(Change::Unknown));
    assert_eq!(refuse_next(&mut agent).1, MINUTE);
}

#[test]
fn a_reload_and_a_new_address_are_asked_with_at_once() {
    for (input, told) in [
        (Input::Reload, Some(Change::Unknown)),
        (Input::AddressChanged, None),
        (Input::Resumed, None),
    ] {
        let mut agent = Agent::settled();
        for _ in 0..20 {
            let _ = refuse_next(&mut agent);
        }
        let _ = agent.tell(input);
        let (_, wait, step) = refuse_next(&mut agent);
        assert!(wait <= REGISTER_SPREAD_MS, "{input:?}: {wait}");
        assert_eq!(step.change, told, "{input:?}");
        let again = if input == Input::Reload { MINUTE } else { HOUR };
        assert_eq!(refuse_next(&mut agent).1, again, "{input:?}");
    }
}

#[test]
fn a_server_that_knows_the_agent_again_but_not_its_boot_does_not_wait_for_an_hour() {
    let mut agent = Agent::settled();
    for _ in 0..20 {
        let _ = refuse_next(&mut agent);
    }
    let sent = agent.next();
    let _ = agent.refuse(sent, Refusal::StaleSequence);
    let before = agent.now;
    let renewed = agent.next();
    assert_eq!(agent.now - before, BASE_MS);
    assert_ne!(renewed.fence.boot, sent.fence.boot);
}

#[test]
fn an_unknown_agent_that_is_told_to_leave_leaves() {
    let mut agent = Agent::settled();
    let _ = refuse_next(&mut agent);
    let goodbye = agent.tell(Input::Leave(GoodbyeKind::Stop)).send.unwrap();
    let step = agent.refuse(goodbye, Refusal::Unauthenticated);
    assert_eq!(step.end, Some(End::Left));
}

#[test]
fn an_unknown_agent_that_is_told_to_poll_asks_at_once_and_no_sooner_than_before_after_that() {
    let mut agent = Agent::settled();
    for _ in 0..20 {
        let _ = refuse_next(&mut agent);
    }
    let _ = agent.tell(Input::PollNow);
    let (sent, wait, _) = refuse_next(&mut agent);
    assert_eq!((sent.call, wait), (Call::Register(RegisterReason::Reload), 0));
    assert_eq!(refuse_next(&mut agent).1, HOUR);
}

#[test]
fn refusals_without_end_do_not_overflow() {
    let mut agent = Agent::settled();
    agent.schedule.unknown = u32::MAX - 1;
    for _ in 0..3 {
        let _ = refuse_next(&mut agent);
        assert_eq!(agent.schedule.due(), Some(agent.now + HOUR));
    }
    assert_eq!(agent.schedule.unknown, u32::MAX);
}

#[test]
fn agents_that_were_refused_together_do_not_ask_together() {
    let dues = (0..1_000_u64).map(|agent| {
        let mut schedule = Schedule::new(RegisterReason::Start, 0, CALM);
        schedule.unknown = 20;
        let sequence = schedule.handle(Input::Wake, 0, CALM).send.unwrap().fence.sequence;
        let refusal = Refusal::Unauthenticated;
        let _ = schedule.handle(Input::Refused { sequence, refusal }, 0, agent << 54);
        schedule.due().unwrap()
    });
    assert!(dues.collect::<std::collections::BTreeSet<_>>().len() > 990);
}

#[test]
fn told_to_register_first_it_does_so_at_once_under_the_same_boot() {
    let mut agent = Agent::settled();
    let beat = agent.next();
    let step = agent.refuse(beat, Refusal::RegisterFirst);
    let again = step.send.unwrap();
    assert_eq!(again.call, Call::Register(RegisterReason::Reload));
    assert_eq!(again.fence.boot, beat.fence.boot);
    assert_eq!(again.fence.sequence, beat.fence.sequence + 1);
}

#[test]
fn a_superseded_boot_goes_on_as_a_new_one_but_never_in_a_loop() {
    let mut agent = Agent::settled();
    let beat = agent.next();
    let again = agent.refuse(beat, Refusal::RegisterFirst).send.unwrap();
    let before = agent.now;
    assert_eq!(agent.refuse(again, Refusal::RegisterFirst), Step::default());
    let renewed = agent.next();
    assert!(agent.now > before, "it rests before it tries again");
    assert_ne!(renewed.fence.boot, beat.fence.boot);
    assert_eq!(renewed.fence.sequence, 1);
    assert_eq!(renewed.call, Call::Register(RegisterReason::Reload));
}

#[test]
fn after_a_stale_sequence_it_just_goes_on_with_the_next() {
    let mut agent = Agent::settled();
    let beat = agent.next();
    let _ = agent.refuse(beat, Refusal::StaleSequence);
    let next = agent.next();
    assert_eq!(next.call, Call::Heartbeat);
    assert_eq!(next.fence.boot, beat.fence.boot);
    assert_eq!(next.fence.sequence, beat.fence.sequence + 1);
}

#[test]
fn a_machine_set_back_to_an_older_state_gets_past_the_servers_count_as_a_new_boot() {
    let mut agent = Agent::settled();
    let boot = agent.schedule.boot();
    for _ in 0..STALE_IN_A_ROW {
        let beat = agent.next();
        assert_eq!(beat.fence.boot, boot);
        let _ = agent.refuse(beat, Refusal::StaleSequence);
    }
    let next = agent.next();
    assert_eq!(next.call, Call::Register(RegisterReason::Reload));
    assert_ne!(next.fence.boot, boot);
}

proptest! {
    #[test]
    fn an_unknown_agent_asks_seldom_but_never_forgets_to_and_is_back_at_the_first_yes(
        seed: u64,
        asked in proptest::collection::vec((any::<Option<Option<u64>>>(), any::<u64>()), 1..100),
    ) {
        let mut now = 0;
        let mut schedule = Schedule::new(RegisterReason::Start, now, seed).having_applied(1);
        let sent = schedule.handle(Input::Wake, now, seed).send.unwrap();
        let refusal = Refusal::Unauthenticated;
        let _ = schedule.handle(Input::Refused { sequence: sent.fence.sequence, refusal }, now, seed);
        for (failed, random) in asked {
            let due = schedule.due().unwrap();
            prop_assert!(due - now >= UNKNOWN_BASE_MS / 2, "{}", due - now);
            prop_assert!(due - now <= UNKNOWN_CAP_MS + RETRY_AFTER_SPREAD_MS, "{}", due - now);
            now = due;
            let sent = schedule.handle(Input::Wake, now, random).send.unwrap();
            prop_assert!(matches!(sent.call, Call::Register(_)));
            let sequence = sent.fence.sequence;
            let input = failed.map_or(
                Input::Refused { sequence, refusal },
                |retry_after_ms| Input::Failed { sequence, retry_after_ms },
            );
            let step = schedule.handle(input, now, random);
            prop_assert_eq!(step, Step::default());
        }
        now = schedule.due().unwrap();
        let sent = schedule.handle(Input::Wake, now, seed).send.unwrap();
        let answer = registered(10 * MINUTE);
        let _ = schedule.handle(Input::Answered { sequence: sent.fence.sequence, answer }, now, seed);
        prop_assert_eq!(schedule.due(), Some(now + 10 * MINUTE));
        let sent = schedule.handle(Input::Wake, now + 10 * MINUTE, seed).send.unwrap();
        prop_assert_eq!(sent.call, Call::Heartbeat);
    }
}
