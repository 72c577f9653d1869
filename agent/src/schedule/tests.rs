use rollcall_shared::GoodbyeKind;

use super::*;

mod acks;
mod any_day;
mod polls;
mod proofs;
mod refused;

const MINUTE: u64 = 60_000;
/// All low, so that every spread is 0 and every back-off the full span.
const CALM: u64 = 7;

const DAY: u64 = 24 * 60 * MINUTE;

const fn registered(next_in_ms: u64) -> Answer {
    Answer::Registered {
        next_in_ms: Some(next_in_ms),
        next_poll_in_ms: DAY,
        epoch_s: 100,
        settings_version: 1,
        contact_every_ms: 10 * MINUTE,
    }
}

const fn heard(epoch_s: u32, settings_version: u32) -> Answer {
    Answer::Heard {
        next_in_ms: 10 * MINUTE,
        epoch_s,
        settings_version,
        poll_now: false,
    }
}

/// The answer to a poll that brings nothing, or this version.
const fn polled(epoch_s: u32, settings_version: Option<u32>) -> Answer {
    Answer::Polled {
        next_in_ms: Some(10 * MINUTE),
        next_poll_in_ms: DAY,
        epoch_s,
        settings_version,
        contact_every_ms: 10 * MINUTE,
    }
}

/// A schedule with its clock.
struct Agent {
    schedule: Schedule,
    now: u64,
}

impl Agent {
    /// One that was here before, and applied version 1 then.
    fn started() -> Self {
        Self {
            schedule: Schedule::new(RegisterReason::Start, 0, CALM).having_applied(1),
            now: 0,
        }
    }

    /// Registered at 0, next contact after ten minutes.
    fn settled() -> Self {
        let mut agent = Self::started();
        let sent = agent.next();
        let step = agent.tell(Input::Answered {
            sequence: sent.fence.sequence,
            answer: registered(10 * MINUTE),
        });
        assert_eq!(step.change, Some(Change::Registered(RegisterReason::Start)));
        agent
    }

    /// The age of a server's memory that never was lost.
    fn epoch(&self) -> u32 {
        u32::try_from(self.now / 1_000).unwrap() + 100
    }

    fn tell(&mut self, input: Input) -> Step {
        self.schedule.handle(input, self.now, CALM)
    }

    /// Sleeps until something is due and gives the call that is then made.
    fn next(&mut self) -> Send {
        self.now = self.schedule.due().expect("something is due").max(self.now);
        self.tell(Input::Wake)
            .send
            .expect("a call is made when it is due")
    }

    fn answer(&mut self, sent: Send, answer: Answer) -> Step {
        self.tell(Input::Answered {
            sequence: sent.fence.sequence,
            answer,
        })
    }

    fn refuse(&mut self, sent: Send, refusal: Refusal) -> Step {
        self.tell(Input::Refused {
            sequence: sent.fence.sequence,
            refusal,
        })
    }

    fn fail(&mut self, sent: Send, retry_after_ms: Option<u64>) -> Step {
        self.tell(Input::Failed {
            sequence: sent.fence.sequence,
            retry_after_ms,
        })
    }
}

#[test]
fn an_agent_registers_first_and_then_sends_heartbeats_when_the_server_wants_them() {
    let mut agent = Agent::started();
    let first = agent.next();
    assert_eq!(first.call, Call::Register(RegisterReason::Start));
    assert_eq!((first.fence.sequence, first.fence.applied), (1, 1));
    let _ = agent.answer(first, registered(9 * MINUTE));
    let second = agent.next();
    assert_eq!(agent.now, 9 * MINUTE);
    assert_eq!(second.call, Call::Heartbeat);
    assert_eq!((second.fence.sequence, second.fence.applied), (2, 1));
    assert_eq!(second.fence.boot, first.fence.boot);
}

#[test]
fn retry_after_is_obeyed_and_an_unbelievable_one_is_cut() {
    for (said, wait) in [
        (12_000, 12_000),
        (0, LEAST_WAIT_MS),
        (u64::MAX, MOST_RETRY_AFTER_MS),
    ] {
        let mut agent = Agent::settled();
        let beat = agent.next();
        let before = agent.now;
        let _ = agent.fail(beat, Some(said));
        let _ = agent.next();
        assert_eq!(agent.now - before, wait);
    }
}

#[test]
fn a_new_address_does_not_jump_the_queue_of_a_busy_server() {
    let mut agent = Agent::settled();
    let beat = agent.next();
    let before = agent.now;
    let _ = agent.fail(beat, Some(60_000));
    let _ = agent.tell(Input::AddressChanged);
    let register = agent.next();
    assert_eq!(agent.now - before, 60_000);
    assert_eq!(register.call, Call::Register(RegisterReason::AddressChanged));
}

#[test]
fn losing_the_server_and_finding_it_again_is_told_once_each() {
    let mut agent = Agent::settled();
    let mut changes = Vec::new();
    for _ in 0..5 {
        let beat = agent.next();
        changes.extend(agent.fail(beat, None).change);
    }
    let beat = agent.next();
    changes.extend(
        agent
            .answer(beat, heard(u32::try_from(agent.now / 1_000).unwrap() + 100, 1))
            .change,
    );
    assert_eq!(changes, [Change::Lost, Change::Found]);
}

#[test]
fn a_server_that_lost_its_memory_is_registered_with_within_seconds() {
    let mut agent = Agent::settled();
    let beat = agent.next();
    let _ = agent.answer(beat, heard(3, 1));
    let before = agent.now;
    let next = agent.next();
    assert_eq!(next.call, Call::Register(RegisterReason::Reload));
    assert!(agent.now - before <= REGISTER_SPREAD_MS);
}

#[test]
fn a_new_address_a_wake_from_suspend_and_a_reload_each_register_with_their_reason() {
    for (input, reason) in [
        (Input::AddressChanged, RegisterReason::AddressChanged),
        (Input::Resumed, RegisterReason::Resumed),
        (Input::Reload, RegisterReason::Reload),
        (Input::Rebound, RegisterReason::Rebound),
        (Input::MustRegister, RegisterReason::Reload),
    ] {
        let mut agent = Agent::settled();
        agent.now = MINUTE;
        let _ = agent.tell(input);
        assert_eq!(agent.next().call, Call::Register(reason));
        assert!(agent.now <= MINUTE + REGISTER_SPREAD_MS);
    }
}

#[test]
fn who_is_to_register_already_is_not_kept_from_it_by_being_told_again() {
    let mut agent = Agent::settled();
    let _ = agent.tell(Input::Resumed);
    let sent = agent.next();
    let _ = agent.tell(Input::MustRegister);
    let step = agent.answer(sent, registered(10 * MINUTE));
    assert_eq!(step.change, Some(Change::Registered(RegisterReason::Resumed)));
}

#[test]
fn who_is_not_heard_on_another_path_makes_a_contact_at_once() {
    let mut agent = Agent::settled();
    agent.now = MINUTE;
    let _ = agent.tell(Input::Unheard);
    assert_eq!(agent.next().call, Call::Heartbeat);
    assert_eq!(agent.now, MINUTE);
}

#[test]
fn until_it_is_registered_the_news_is_that_it_started() {
    let mut agent = Agent::started();
    let lost = agent.next();
    let _ = agent.tell(Input::AddressChanged);
    let next = agent.next();
    assert_eq!(next.call, Call::Register(RegisterReason::Start));
    assert_eq!(next.fence.sequence, lost.fence.sequence + 1);
}

#[test]
fn a_late_answer_to_a_dropped_call_changes_nothing() {
    let mut agent = Agent::settled();
    let dropped = agent.next();
    let _ = agent.tell(Input::Resumed);
    assert_eq!(agent.refuse(dropped, Refusal::Retired), Step::default());
    assert_eq!(agent.refuse(dropped, Refusal::Unauthenticated), Step::default());
    assert_eq!(agent.next().call, Call::Register(RegisterReason::Resumed));
}

#[test]
fn a_goodbye_takes_the_place_of_the_call_under_way_and_the_answer_ends_it() {
    let mut agent = Agent::settled();
    let beat = agent.next();
    let goodbye = agent.tell(Input::Leave(GoodbyeKind::Stop)).send.unwrap();
    assert_eq!(goodbye.call, Call::Goodbye(GoodbyeKind::Stop));
    assert_eq!(goodbye.fence.sequence, beat.fence.sequence + 1);
    assert_eq!(agent.answer(goodbye, Answer::Noted).end, Some(End::Left));
}

#[test]
fn a_goodbye_without_an_answer_holds_nothing_up_for_long() {
    let mut agent = Agent::settled();
    let _ = agent.tell(Input::Leave(GoodbyeKind::Restart));
    let by = agent.schedule.due().unwrap();
    assert_eq!(by - agent.now, GOODBYE_WITHIN_MS);
    agent.now = by;
    assert_eq!(agent.tell(Input::Wake).end, Some(End::Left));
}

#[test]
fn who_never_spoke_leaves_without_a_word() {
    let mut agent = Agent::started();
    assert_eq!(
        agent.tell(Input::Leave(GoodbyeKind::Stop)),
        Step::ending(End::Left)
    );
}

#[test]
fn a_used_up_sequence_begins_a_new_boot() {
    let mut agent = Agent::settled();
    let boot = agent.schedule.boot();
    agent.schedule.sequence = u32::MAX;
    let next = agent.next();
    assert_eq!(next.call, Call::Register(RegisterReason::Reload));
    assert_eq!(next.fence.sequence, 1);
    assert_ne!(next.fence.boot, boot);
}

#[test]
fn a_server_that_is_away_for_half_a_year_is_asked_calmly_and_found_at_once() {
    const HALF_A_YEAR: u64 = 183 * 24 * 60 * MINUTE;
    let mut agent = Agent::settled();
    let mut calls = 0_u64;
    while agent.now < HALF_A_YEAR {
        let beat = agent.next();
        agent.now += CALL_WITHIN_MS;
        let _ = agent.fail(beat, None);
        calls += 1;
    }
    let expected = HALF_A_YEAR / (5 * MINUTE + CALL_WITHIN_MS);
    assert!(
        calls.abs_diff(expected) < 50,
        "{calls} calls, about {expected} expected"
    );
    let before = agent.now;
    let beat = agent.next();
    assert!(agent.now - before <= 5 * MINUTE);
    let _ = agent.answer(beat, heard(agent.epoch(), 1));
    let before = agent.now;
    let poll = agent.next();
    assert_eq!(poll.call, Call::Poll, "it is long overdue");
    assert!(agent.now - before <= 5 * MINUTE);
    let _ = agent.answer(poll, polled(agent.epoch(), None));
    let before = agent.now;
    let _ = agent.next();
    assert_eq!(agent.now - before, 10 * MINUTE);
}
