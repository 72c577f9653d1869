//! Whatever a day brings.

use proptest::prelude::*;
use rollcall_shared::agent_api::Fence;

use super::*;

/// What a day in the life of an agent brings.
#[derive(Debug, Clone, Copy)]
enum Event {
    Wait(u64),
    Answered(Answer),
    Refused(Refusal),
    Failed(Option<u64>),
    Here(Input),
    Dialled,
}

fn events() -> impl Strategy<Value = Event> {
    let answer = prop_oneof![
        (
            any::<Option<u64>>(),
            any::<u64>(),
            any::<u32>(),
            any::<u32>(),
            any::<u64>()
        )
            .prop_map(
                |(next_in_ms, next_poll_in_ms, epoch_s, settings_version, contact_every_ms)| {
                    Answer::Registered {
                        next_in_ms,
                        next_poll_in_ms,
                        epoch_s,
                        settings_version,
                        contact_every_ms,
                    }
                }
            ),
        (
            any::<Option<u64>>(),
            any::<u64>(),
            any::<u32>(),
            any::<Option<u32>>(),
            any::<u64>()
        )
            .prop_map(
                |(next_in_ms, next_poll_in_ms, epoch_s, settings_version, contact_every_ms)| Answer::Polled {
                    next_in_ms,
                    next_poll_in_ms,
                    epoch_s,
                    settings_version,
                    contact_every_ms,
                }
            ),
        (any::<u64>(), any::<u32>(), any::<u32>(), any::<bool>()).prop_map(
            |(next_in_ms, epoch_s, settings_version, poll_now)| Answer::Heard {
                next_in_ms,
                epoch_s,
                settings_version,
                poll_now,
            }
        ),
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
        1 => prop_oneof![
            Just(Input::Reload),
            Just(Input::AddressChanged),
            Just(Input::Resumed),
            Just(Input::Rebound),
            Just(Input::MustRegister),
            Just(Input::Unheard),
            Just(Input::PollNow),
            Just(Input::Ack),
            Just(Input::Wake),
        ]
        .prop_map(Event::Here),
        1 => Just(Event::Dialled),
    ]
}

/// A server that is well: it takes every register, and the sequence that is higher than the last.
struct Server {
    version: u32,
    heartbeats: bool,
    current: Option<Fence>,
    calls: Vec<(u64, Call)>,
    applied: u32,
}

impl Server {
    fn take(&mut self, sent: Send, now: u64) -> Input {
        let sequence = sent.fence.sequence;
        let registers = matches!(sent.call, Call::Register(_));
        match self.current {
            _ if registers => {}
            Some(current) if current.boot == sent.fence.boot => {}
            _ => {
                let refusal = Refusal::RegisterFirst;
                return Input::Refused { sequence, refusal };
            }
        }
        self.current = Some(sent.fence);
        self.applied = sent.fence.applied;
        self.calls.push((now, sent.call));
        let next_in_ms = self.heartbeats.then_some(10 * MINUTE);
        let epoch_s = u32::try_from(now / 1_000).unwrap();
        let contact_every_ms = 10 * MINUTE;
        let answer = match sent.call {
            Call::Register(_) => Answer::Registered {
                next_in_ms,
                next_poll_in_ms: DAY,
                epoch_s,
                settings_version: self.version,
                contact_every_ms,
            },
            Call::Poll => Answer::Polled {
                next_in_ms,
                next_poll_in_ms: DAY,
                epoch_s,
                settings_version: (self.version != sent.fence.applied).then_some(self.version),
                contact_every_ms,
            },
            Call::Heartbeat => Answer::Heard {
                next_in_ms: 10 * MINUTE,
                epoch_s,
                settings_version: self.version,
                poll_now: false,
            },
            Call::Ack | Call::Goodbye(_) => Answer::Noted,
        };
        Input::Answered { sequence, answer }
    }
}

/// What an event is to the schedule; a wait lets time pass. Nothing where the server connects, which it is asked about.
fn input_of(event: Event, schedule: &Schedule, now: &mut u64, sequence: u32) -> Option<Input> {
    Some(match event {
        Event::Wait(most) => {
            *now += schedule.due().map_or(0, |due| (due - *now).min(most));
            Input::Wake
        }
        Event::Answered(answer) => Input::Answered { sequence, answer },
        Event::Refused(refusal) => Input::Refused { sequence, refusal },
        Event::Failed(retry_after_ms) => Input::Failed {
            sequence,
            retry_after_ms,
        },
        Event::Here(input) => input,
        Event::Dialled => return None,
    })
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
        let mut sequence = 0;
        for (event, random) in day {
            let Some(input) = input_of(event, &schedule, &mut now, sequence) else {
                let before = schedule.due();
                if let Some(fence) = schedule.prove() {
                    prop_assert!(last.is_some_and(|last| last.boot == fence.boot && last.sequence < fence.sequence));
                    last = Some(fence);
                }
                prop_assert_eq!(schedule.due(), before);
                continue;
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
                sequence = sent.fence.sequence;
            }
            if let Some(due) = schedule.due() {
                prop_assert!(due >= now, "due {due} at {now}");
                prop_assert!(due - now <= MOST_WAIT_MS, "due {due} at {now}");
            }
        }
    }

    #[test]
    fn whatever_happened_once_the_server_is_well_the_agent_does_all_that_it_has_to_do(
        seed: u64,
        day in proptest::collection::vec((events(), any::<u64>()), 1..100),
        heartbeats: bool,
        version: u32,
    ) {
        let mut now = 5;
        let mut schedule = Schedule::new(RegisterReason::Install, now, seed);
        let mut sequence = 0;
        for (event, random) in day {
            let Some(input) = input_of(event, &schedule, &mut now, sequence) else {
                let _ = schedule.prove();
                continue;
            };
            if let Some(sent) = schedule.handle(input, now, random).send {
                sequence = sent.fence.sequence;
            }
        }
        // The driver gives a call up in time.
        let _ = schedule.handle(Input::Failed { sequence, retry_after_ms: None }, now, seed);
        // Whatever was believed of a next heartbeat may be three months ahead; a new address is not.
        let _ = schedule.handle(Input::AddressChanged, now, seed);
        let mut server = Server { version, heartbeats, current: None, calls: Vec::new(), applied: 0 };
        let began = now;
        let mut random = seed;
        while now < began + 3 * DAY {
            now = schedule.due().unwrap();
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let mut step = schedule.handle(Input::Wake, now, random);
            while let Some(sent) = step.send {
                let input = server.take(sent, now);
                step = schedule.handle(input, now, random);
            }
            prop_assert!(server.calls.len() < 1_000, "it does not rest");
        }
        prop_assert_eq!(server.applied, version);
        let first = server.calls.first().unwrap().0;
        prop_assert!(first <= began + MOST_RETRY_AFTER_MS + RETRY_AFTER_SPREAD_MS + CALL_WITHIN_MS, "{first}");
        let gap = if heartbeats { 10 * MINUTE } else { DAY };
        for pair in server.calls.windows(2) {
            prop_assert!(pair[1].0 - pair[0].0 <= gap, "{:?}", server.calls);
        }
        let brings_news = |call: &&(u64, Call)| !matches!(call.1, Call::Heartbeat);
        let news: Vec<u64> = server.calls.iter().filter(brings_news).map(|call| call.0).collect();
        for pair in news.windows(2) {
            prop_assert!(pair[1] - pair[0] <= DAY + 10 * MINUTE, "{:?}", server.calls);
        }
        prop_assert!(news.len() >= 3, "{:?}", server.calls);
        let most = if heartbeats { 3 * 24 * 6 + 20 } else { 20 };
        prop_assert!(server.calls.len() <= most, "{} calls", server.calls.len());
    }

    #[test]
    fn after_an_outage_no_agent_is_away_longer_than_its_interval(
        failures in 0..100_u32,
        interval_ms in prop_oneof![0..=LEAST_WAIT_MS, LEAST_WAIT_MS..=20 * MINUTE],
        random: u64,
    ) {
        let mut now = 0;
        let mut schedule = Schedule::new(RegisterReason::Start, now, random).having_applied(1);
        let sent = schedule.handle(Input::Wake, now, random).send.unwrap();
        let answer = Answer::Registered {
            next_in_ms: Some(interval_ms),
            next_poll_in_ms: DAY,
            epoch_s: 1,
            settings_version: 1,
            contact_every_ms: interval_ms,
        };
        let _ = schedule.handle(Input::Answered { sequence: sent.fence.sequence, answer }, now, random);
        for _ in 0..failures {
            now = schedule.due().unwrap();
            let sent = schedule.handle(Input::Wake, now, random).send.unwrap();
            let failed = Input::Failed { sequence: sent.fence.sequence, retry_after_ms: None };
            let _ = schedule.handle(failed, now, random);
            let wait = schedule.due().unwrap() - now;
            let most = interval_ms.clamp(LEAST_WAIT_MS, crate::backoff::CAP_MS);
            prop_assert!((LEAST_WAIT_MS..=most).contains(&wait), "{wait}");
        }
    }
}
