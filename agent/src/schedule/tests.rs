use proptest::prelude::*;

use super::*;

mod refused;

const MINUTE: u64 = 60_000;
/// All low, so that every spread is 0 and every back-off the full span.
const CALM: u64 = 7;

const fn registered(next_in_ms: u64) -> Answer {
    Answer::Registered {
        next_in_ms,
        epoch_s: 100,
        settings_version: 1,
        interval_ms: 10 * MINUTE,
    }
}

const fn heard(epoch_s: u32, settings_version: u32) -> Answer {
    Answer::Heard {
        next_in_ms: 10 * MINUTE,
        epoch_s,
        settings_version,
    }
}

/// A schedule with its clock.
struct Agent {
    schedule: Schedule,
    now: u64,
}

impl Agent {
    fn started() -> Self {
        Self {
            schedule: Schedule::new(RegisterReason::Start, 0, CALM),
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
    assert_eq!((first.fence.sequence, first.fence.applied), (1, 0));
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
fn new_settings_are_fetched_once_even_where_the_register_does_not_bring_them() {
    let mut agent = Agent::settled();
    let beat = agent.next();
    let _ = agent.answer(beat, heard(700, 2));
    let register = agent.next();
    assert_eq!(register.call, Call::Register(RegisterReason::Reload));
    assert_eq!(register.fence.applied, 1);
    let _ = agent.answer(register, registered(10 * MINUTE));
    let beat = agent.next();
    assert_eq!(beat.call, Call::Heartbeat);
    let _ = agent.answer(beat, heard(700, 1));
    assert_eq!(agent.schedule.applied(), 1);
}

#[test]
fn a_new_address_a_wake_from_suspend_and_a_reload_each_register_with_their_reason() {
    for (input, reason) in [
        (Input::AddressChanged, RegisterReason::AddressChanged),
        (Input::Resumed, RegisterReason::Resumed),
        (Input::Reload, RegisterReason::Reload),
    ] {
        let mut agent = Agent::settled();
        agent.now = MINUTE;
        let _ = agent.tell(input);
        assert_eq!(agent.next().call, Call::Register(reason));
        assert!(agent.now <= MINUTE + REGISTER_SPREAD_MS);
    }
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
    let _ = agent.answer(beat, heard(u32::try_from(agent.now / 1_000).unwrap() + 100, 1));
    let before = agent.now;
    let _ = agent.next();
    assert_eq!(agent.now - before, 10 * MINUTE);
}

/// What a day in the life of an agent brings.
#[derive(Debug, Clone, Copy)]
enum Event {
    Wait(u64),
    Answered(Answer),
    Refused(Refusal),
    Failed(Option<u64>),
    Here(Input),
}

fn events() -> impl Strategy<Value = Event> {
    let answer = prop_oneof![
        (any::<u64>(), any::<u32>(), any::<u32>(), any::<u64>()).prop_map(
            |(next_in_ms, epoch_s, settings_version, interval_ms)| Answer::Registered {
                next_in_ms,
                epoch_s,
                settings_version,
                interval_ms,
            }
        ),
        (any::<u64>(), any::<u32>(), any::<u32>()).prop_map(|(next_in_ms, epoch_s, settings_version)| {
            Answer::Heard {
                next_in_ms,
                epoch_s,
                settings_version,
            }
        }),
        Just(Answer::Noted),
    ];
    prop_oneof![
        4 => (0..=u64::from(u32::MAX)).prop_map(Event::Wait),
        4 => answer.prop_map(Event::Answered),
        2 => prop_oneof![
            Just(Refusal::RegisterFirst),
            Just(Refusal::StaleSequence),
            Just(Refusal::Unauthenticated),
        ]
        .prop_map(Event::Refused),
        2 => any::<Option<u64>>().prop_map(Event::Failed),
        1 => prop_oneof![Just(Input::Reload), Just(Input::AddressChanged), Just(Input::Resumed), Just(Input::Wake)]
            .prop_map(Event::Here),
    ]
}

proptest! {
    #[test]
    fn whatever_happens_sequences_rise_and_nothing_is_due_in_the_past_or_too_far_ahead(
        seed: u64,
        day in proptest::collection::vec((events(), any::<u64>()), 1..200),
    ) {
        let mut now = 5;
        let mut schedule = Schedule::new(RegisterReason::Install, now, seed);
        let mut last: Option<Fence> = None;
        for (event, random) in day {
            let sequence = last.map_or(0, |fence| fence.sequence);
            let input = match event {
                Event::Wait(most) => {
                    now += schedule.due().map_or(0, |due| (due - now).min(most));
                    Input::Wake
                }
                Event::Answered(answer) => Input::Answered { sequence, answer },
                Event::Refused(refusal) => Input::Refused { sequence, refusal },
                Event::Failed(retry_after_ms) => Input::Failed { sequence, retry_after_ms },
                Event::Here(input) => input,
            };
            let step = schedule.handle(input, now, random);
            prop_assert!(step.end.is_none());
            if let Some(sent) = step.send {
                if let Some(before) = last && before.boot == sent.fence.boot {
                    prop_assert!(sent.fence.sequence > before.sequence);
                } else {
                    prop_assert_eq!(sent.fence.sequence, 1);
                    prop_assert!(matches!(sent.call, Call::Register(_)));
                }
                prop_assert_eq!(sent.fence.applied, schedule.applied());
                last = Some(sent.fence);
            }
            if let Some(due) = schedule.due() {
                prop_assert!(due >= now, "due {due} at {now}");
                prop_assert!(due - now <= MOST_WAIT_MS, "due {due} at {now}");
            }
        }
    }

    #[test]
    fn after_an_outage_no_agent_is_away_longer_than_its_interval(
        failures in 0..100_u32,
        interval_ms in 250..=20 * MINUTE,
        random: u64,
    ) {
        let mut now = 0;
        let mut schedule = Schedule::new(RegisterReason::Start, now, random);
        let sent = schedule.handle(Input::Wake, now, random).send.unwrap();
        let answer = Answer::Registered { next_in_ms: interval_ms, epoch_s: 1, settings_version: 1, interval_ms };
        let _ = schedule.handle(Input::Answered { sequence: sent.fence.sequence, answer }, now, random);
        for _ in 0..failures {
            now = schedule.due().unwrap();
            let sent = schedule.handle(Input::Wake, now, random).send.unwrap();
            let failed = Input::Failed { sequence: sent.fence.sequence, retry_after_ms: None };
            let _ = schedule.handle(failed, now, random);
            let wait = schedule.due().unwrap() - now;
            prop_assert!(wait <= interval_ms && wait <= crate::backoff::CAP_MS && wait > 0);
        }
    }
}
