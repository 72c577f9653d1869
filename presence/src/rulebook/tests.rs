//! What follows from many versions, against the plain reading of rule 5: look at all of them.

use alloc::vec;

use proptest::prelude::*;
use rollcall_shared::settings::HeartbeatScope;

use rollcall_shared::Minutes;

use super::*;

const MINUTE: Duration = Duration::from_mins(1);

fn settings() -> impl Strategy<Value = Settings> {
    let ranges = ["10.0.0.0/8", "192.0.2.0/24", "fd00::/8"];
    (
        prop::collection::vec(prop::sample::select(ranges.to_vec()), 0..3),
        any::<bool>(),
        any::<bool>(),
        prop::array::uniform4(1_i64..=129_600),
    )
        .prop_map(
            |(ranges, heartbeat, all, [every, after, poll, verify])| Settings {
                unreachable_network: ranges.iter().map(|range| range.parse().unwrap()).collect(),
                heartbeat,
                heartbeat_scope: if all {
                    HeartbeatScope::All
                } else {
                    HeartbeatScope::UnreachableNetwork
                },
                heartbeat_every: Minutes::try_new(every).unwrap(),
                offline_after: Minutes::try_new(after).unwrap(),
                poll_every: Minutes::try_new(poll).unwrap(),
                verify_every: Minutes::try_new(verify).unwrap(),
                ..Settings::default()
            },
        )
}

fn addresses() -> impl Strategy<Value = Addresses> {
    let known = [
        "10.1.2.3",
        "192.0.2.9",
        "203.0.113.5",
        "fd00::7",
        "::ffff:10.0.0.1",
    ];
    let address =
        || prop::option::of(prop::sample::select(known.to_vec()).prop_map(|text| text.parse().unwrap()));
    (address(), address()).prop_map(|(own, observed)| Addresses { own, observed })
}

fn member_of(settings: &Settings, addresses: Addresses) -> Reachability {
    let inside = |address: IpAddr| {
        settings
            .unreachable_network
            .iter()
            .any(|range| range.contains(address))
    };
    if addresses.own.is_some_and(inside) || addresses.observed.is_some_and(inside) {
        Reachability::Unreachable
    } else {
        Reachability::Reachable
    }
}

proptest! {
    #[test]
    fn rule_5_the_lease_is_the_longest_since_the_version_that_was_applied(
        versions in prop::collection::vec(settings(), 1..12), addresses in addresses(), since in 1_u32..14,
    ) {
        let mut rulebook = Rulebook::new(1, &versions[0], MINUTE);
        for (number, settings) in (2..).zip(&versions[1..]) {
            rulebook = rulebook.with(number, settings);
        }
        let verdict = rulebook.judge(addresses, since);

        let newest = u32::try_from(versions.len()).unwrap();
        let first = if since > newest { 1 } else { since };
        let held = &versions[first as usize - 1..];
        let longest = held.iter().map(|settings| settings.duties(member_of(settings, addresses)));
        let minutes = longest.clone().map(|duties| duties.lease_minutes).max().unwrap();
        let every = longest.map(|duties| duties.contact_every).max().unwrap();
        prop_assert_eq!((verdict.lease.minutes, verdict.lease.contact_every), (minutes, every));
        prop_assert_eq!(verdict.reachability, member_of(versions.last().unwrap(), addresses));
        if since <= newest {
            let then = member_of(&held[0], addresses);
            let duties = held[0].duties(then);
            prop_assert_eq!((verdict.delivery, verdict.lives_by), (then, duties.lease_kind));
            prop_assert_eq!(verdict.lives_by_every, duties.contact_every);
        }
        prop_assert_eq!(rulebook.matching(addresses).is_some(), verdict.reachability == Reachability::Unreachable);
    }
}

#[test]
fn rule_5_an_agent_that_does_not_know_a_version_lives_by_the_one_that_it_applied() {
    use LeaseKind::{Heartbeat, Poll, Verification};
    let silent = Settings {
        heartbeat: false,
        ..Settings::default()
    };
    let ranged = Settings {
        unreachable_network: vec!["10.0.0.0/8".parse().unwrap()],
        ..silent.clone()
    };
    let addresses = Addresses {
        own: Some([10, 1, 2, 3].into()),
        observed: None,
    };
    let rulebook = Rulebook::new(1, &silent, MINUTE)
        .with(2, &Settings::default())
        .with(3, &ranged);
    // Neither the longest lease nor the newest version tells what the first one does: it waits to be connected to.
    for (since, lives_by) in [(1, Verification), (2, Heartbeat), (3, Poll), (4, Poll)] {
        assert_eq!(rulebook.judge(addresses, since).lives_by, lives_by, "{since}");
    }
    let verdict = rulebook.judge(addresses, 1);
    assert_eq!(verdict.lease.kind, Poll, "the longest");
    assert_eq!(verdict.lives_by_every.get(), 15);
}

#[test]
fn versions_that_are_no_longer_kept_still_punish_nobody() {
    let offline_after = |count: i64| Settings {
        offline_after: Minutes::try_new(count).unwrap(),
        ..Settings::default()
    };
    let mut rulebook = Rulebook::new(1, &offline_after(5_000), MINUTE);
    for number in 2..300 {
        rulebook = rulebook.with(number, &offline_after(30));
    }
    let minutes = |since| rulebook.judge(Addresses::default(), since).lease.minutes;
    assert_eq!((minutes(1), minutes(299)), (5_000, 30));
    assert_eq!(minutes(200), 5_000, "longer than it had to be, never shorter");
}

#[test]
fn versions_that_change_no_range_share_their_network() {
    let first = Settings {
        unreachable_network: vec!["10.0.0.0/8".parse().unwrap()],
        ..Settings::default()
    };
    let second = Settings {
        heartbeat: false,
        ..first.clone()
    };
    let rulebook = Rulebook::new(1, &first, MINUTE).with(2, &second);
    assert!(Arc::ptr_eq(&rulebook.newest.network, &rulebook.before[0].network));
}
