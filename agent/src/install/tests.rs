use proptest::prelude::*;

use super::*;

/// All low: every back-off is the full span.
const CALM: u64 = 7;

fn offer(name: &str, version: &str, sources: &[&str]) -> Offer {
    Offer {
        name: name.parse().unwrap(),
        version: version.parse().unwrap(),
        size: 5,
        sha256: "00".repeat(32).parse().unwrap(),
        sources: sources.iter().map(|source| source.parse().unwrap()).collect(),
    }
}

const A: &str = "https://a.example/f";
const B: &str = "https://b.example/f";

fn offered(offers: &[Offer]) -> Installs {
    let mut installs = Installs::default();
    installs.offered(offers.to_vec(), 0);
    installs
}

/// Where the next attempt is made, at the time when it is due.
fn place(installs: &mut Installs) -> (u64, String) {
    let due = installs.due().unwrap();
    let attempt = installs.next(due).unwrap();
    let place = match attempt.place {
        Place::Source(source) => source.to_string(),
        Place::Server => "server".to_owned(),
    };
    (due, place)
}

const CUT: Ended = Ended::Cut { progressed: false };

#[test]
fn places_are_tried_in_order_and_the_server_last() {
    let mut installs = offered(&[offer("av", "1", &[A, B])]);
    let mut now = 0;
    for expected in [A, B, "server", A] {
        let (due, place) = place(&mut installs);
        assert_eq!(place, expected);
        assert!(due >= now);
        now = due;
        assert_eq!(installs.ended(CUT, "cut", now, CALM), None);
    }
}

#[test]
fn what_is_cut_off_goes_on_at_the_same_place_and_soon() {
    let mut installs = offered(&[offer("av", "1", &[A])]);
    let mut now = 0;
    for _ in 0..100 {
        let (due, place) = place(&mut installs);
        assert_eq!(place, A);
        assert!(due - now <= 1_000, "{due}");
        now = due;
        let told = installs.ended(Ended::Cut { progressed: true }, "cut", now, CALM);
        assert_eq!(told, None);
    }
}

#[test]
fn places_that_do_not_have_it_are_passed_over_at_once_and_told_when_all_do_not() {
    let mut installs = offered(&[offer("av", "1", &[A, B])]);
    for expected in [A, B] {
        assert_eq!(place(&mut installs), (0, expected.to_owned()));
        assert_eq!(installs.ended(Ended::Wrong, "404", 0, CALM), None);
    }
    assert!(installs.hold_settings(0));
    assert_eq!(place(&mut installs), (0, "server".to_owned()));
    let told = installs.ended(Ended::Wrong, "404", 0, CALM).unwrap();
    assert_eq!(
        (told.subject.to_string(), told.failure.as_deref()),
        ("component.av.1".to_owned(), Some("404"))
    );
    assert!(!installs.hold_settings(0), "settings come without it");
    assert_eq!(place(&mut installs), (60_000, A.to_owned()));
}

#[test]
fn a_failure_here_is_told_once_and_tried_again_ever_more_seldom_or_when_somebody_asks() {
    let mut installs = offered(&[offer("av", "1", &[])]);
    let mut waits = Vec::new();
    let mut now = 0;
    for round in 0..8 {
        let (due, place) = place(&mut installs);
        assert_eq!(place, "server");
        waits.push(due - now);
        now = due;
        let told = installs.ended(Ended::Broken, "the hook failed", now, CALM);
        assert_eq!(told.is_some(), round == 0);
    }
    assert_eq!(waits[..4], [0, 60_000, 120_000, 240_000]);
    assert_eq!(waits[7], 3_600_000);
    installs.hurry(now);
    assert_eq!(installs.due(), Some(now));
    place(&mut installs);
    let other = installs.ended(Ended::Broken, "the disk is full", now, CALM);
    assert_eq!(other.unwrap().failure.as_deref(), Some("the disk is full"));
    place(&mut installs);
    let done = installs.ended(Ended::Installed, "", now, CALM).unwrap();
    assert_eq!(done.failure, None);
    assert_eq!(installs.due(), None);
}

#[test]
fn a_place_that_is_busy_is_waited_for_as_long_as_it_says() {
    let mut installs = offered(&[offer("av", "1", &[A])]);
    for (retry_after_ms, wait) in [(Some(7_000), 7_000), (Some(u64::MAX), 3_600_000), (None, 1_000)] {
        let (due, place) = place(&mut installs);
        assert_eq!(place, A);
        assert_eq!(
            installs.ended(Ended::Busy { retry_after_ms }, "busy", due, CALM),
            None
        );
        assert_eq!(installs.due(), Some(due + wait));
    }
}

#[test]
fn bytes_of_several_attempts_that_are_wrong_are_nobodys_fault_yet() {
    let mut installs = offered(&[offer("av", "1", &[A, B])]);
    place(&mut installs);
    assert_eq!(installs.ended(Ended::Mixed, "wrong", 5, CALM), None);
    assert_eq!(place(&mut installs), (5, A.to_owned()));
}

#[test]
fn a_newer_offer_takes_the_place_of_an_older_one() {
    let mut installs = offered(&[offer("av", "1", &[]), offer("zip", "1", &[])]);
    assert_eq!(place(&mut installs).1, "server");
    installs.offered(vec![offer("av", "2", &[]), offer("zip", "1", &[])], 10);
    assert!(installs.is_void());
    assert_eq!(installs.next(10), None, "the old one is still under way");
    installs.dropped();
    assert!(!installs.is_void());
    assert_eq!(installs.next(10).unwrap().offer, offer("av", "2", &[]));
    assert_eq!(
        installs
            .ended(Ended::Installed, "", 20, CALM)
            .unwrap()
            .subject
            .to_string(),
        "component.av.2"
    );
    assert_eq!(installs.next(20).unwrap().offer, offer("zip", "1", &[]));
    installs.offered(vec![], 30);
    assert_eq!(
        installs.ended(Ended::Installed, "", 40, CALM),
        None,
        "nobody wants it any more"
    );
}

#[test]
fn settings_wait_for_components_from_elsewhere_but_not_for_ever_and_not_for_those_of_the_server() {
    assert!(!offered(&[offer("av", "1", &[])]).hold_settings(0));
    let mut installs = offered(&[offer("av", "1", &[A])]);
    assert!(installs.hold_settings(HOLD_SETTINGS_MS - 1));
    assert!(!installs.hold_settings(HOLD_SETTINGS_MS));
    place(&mut installs);
    let _ = installs.ended(Ended::Installed, "", 5, CALM);
    assert!(!installs.hold_settings(5));
}

fn endings() -> impl Strategy<Value = Ended> {
    prop_oneof![
        any::<bool>().prop_map(|progressed| Ended::Cut { progressed }),
        any::<Option<u64>>().prop_map(|retry_after_ms| Ended::Busy { retry_after_ms }),
        Just(Ended::Wrong),
        Just(Ended::Mixed),
        Just(Ended::Broken),
    ]
}

proptest! {
    #[test]
    fn whatever_fails_the_next_attempt_is_within_the_hour_and_every_place_has_its_turn(
        sources in 0..4_usize,
        ends in proptest::collection::vec((endings(), any::<u64>()), 1..100),
    ) {
        let all = [A, B, "https://c.example/f", "https://d.example/f"];
        let mut installs = offered(&[offer("av", "1", &all[..sources])]);
        let mut now = 0;
        for (ended, random) in ends {
            let due = installs.due().unwrap();
            prop_assert!(due >= now && due - now <= MOST_RETRY_AFTER_MS);
            now = due;
            prop_assert!(installs.next(now).is_some());
            prop_assert!(installs.due().is_none() && installs.next(now).is_none());
            let _ = installs.ended(ended, "why", now, random);
        }
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..=sources {
            seen.insert(place(&mut installs).1);
            let _ = installs.ended(CUT, "why", now, CALM);
        }
        prop_assert_eq!(seen.len(), sources + 1);
    }
}
