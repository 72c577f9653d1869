//! What may be saved, and what follows from it.

mod boundaries;

use super::*;
use crate::console_api::Listens;

fn minutes(count: i64) -> Minutes {
    Minutes::try_new(count).unwrap()
}

fn settings(heartbeat_every: i64, offline_after: i64) -> Settings {
    Settings {
        heartbeat_every: minutes(heartbeat_every),
        offline_after: minutes(offline_after),
        ..Settings::default()
    }
}

#[test]
fn a_time_out_that_a_healthy_agent_would_miss_is_refused() {
    for (heartbeat_every, offline_after, fits) in [
        (10, 9, false),
        (10, 10, false),
        (10, 11, true),
        (129_600, 129_600, false),
    ] {
        let refusals = settings(heartbeat_every, offline_after).refusals();
        assert_eq!(refusals.is_empty(), fits, "{heartbeat_every} {offline_after}");
        assert!(refusals.iter().all(|refusal| refusal.field == "offline_after"));
    }
    let off = Settings {
        heartbeat: false,
        ..settings(10, 9)
    };
    assert_eq!(off.refusals(), [], "nobody lives by a time-out of heartbeats");
}

#[test]
fn a_time_out_that_forgives_no_lost_heartbeat_is_warned_of() {
    let fields = |settings: Settings| -> Vec<_> {
        settings
            .warnings()
            .into_iter()
            .map(|warning| warning.field)
            .collect()
    };
    assert_eq!(fields(settings(10, 20)), ["offline_after"]);
    assert_eq!(fields(settings(10, 21)), [""; 0]);
    assert_eq!(fields(settings(11, 60)), ["poll_every"]);
}

#[test]
fn who_sends_loopback_packets_follows_from_mode_and_network_and_changes_no_lease() {
    use LoopbackMode::{All, Off, UnreachableNetwork};
    for (loopback, reachable, unreachable) in [
        (Off, false, false),
        (UnreachableNetwork, false, true),
        (All, true, true),
    ] {
        let settings = Settings {
            loopback,
            ..Settings::default()
        };
        for (reachability, sends) in [
            (Reachability::Reachable, reachable),
            (Reachability::Unreachable, unreachable),
        ] {
            let duties = settings.duties(reachability);
            let every = settings.loopback_every_seconds;
            assert_eq!(duties.loopback_every, sends.then_some(every), "{loopback:?}");
            let without = Settings::default().duties(reachability);
            assert_eq!(duties.lease_minutes, without.lease_minutes);
        }
        assert_eq!(settings.for_agents().loopback, loopback);
    }
}

#[test]
fn too_many_ranges_are_refused_with_their_field() {
    let range: AddressRange = "10.0.0.1".parse().unwrap();
    let settings = Settings {
        unreachable_network: alloc::vec![range; Settings::MOST_RANGES + 1],
        ..Settings::default()
    };
    assert_eq!(settings.refusals()[0].field, "unreachable_network");
}

#[test]
fn a_range_of_a_family_that_the_server_does_not_listen_on_is_refused_by_its_place() {
    let network = ["10.0.0.0/8", "2001:db8::/32", "::ffff:10.1.0.0/112"];
    let settings = Settings {
        unreachable_network: network.map(|text| text.parse().unwrap()).to_vec(),
        dial_own_addresses_in: alloc::vec!["fd00::/8".parse().unwrap()],
        ..Settings::default()
    };
    for (listens, fields) in [
        (Listens::Both, &[][..]),
        (Listens::Ipv4, &["unreachable_network[1]"][..]),
        (
            Listens::Ipv6,
            &["unreachable_network[0]", "unreachable_network[2]"][..],
        ),
    ] {
        let refused: Vec<_> = settings
            .refusals_on(listens)
            .into_iter()
            .map(|refusal| refusal.field)
            .collect();
        assert_eq!(refused, fields, "{listens:?}");
    }
}

#[test]
fn the_default_settings_may_be_saved() {
    assert_eq!(Settings::default().refusals(), []);
    assert_eq!(Settings::default().warnings(), []);
}

#[test]
fn rule_3_what_keeps_an_agent_online_follows_from_switch_scope_and_network() {
    use HeartbeatScope::{All, UnreachableNetwork};
    use LeaseKind::{Heartbeat, Poll, Verification};
    use Reachability::{Reachable, Unreachable};
    for (heartbeat, heartbeat_scope, reachability, kind, lease) in [
        (true, All, Reachable, Heartbeat, 60),
        (true, All, Unreachable, Heartbeat, 60),
        (true, UnreachableNetwork, Reachable, Verification, 31),
        (true, UnreachableNetwork, Unreachable, Heartbeat, 60),
        (false, All, Reachable, Verification, 31),
        (false, All, Unreachable, Poll, 61),
        (false, UnreachableNetwork, Reachable, Verification, 31),
        (false, UnreachableNetwork, Unreachable, Poll, 61),
    ] {
        let settings = Settings {
            heartbeat,
            heartbeat_scope,
            ..Settings::default()
        };
        let duties = settings.duties(reachability);
        assert_eq!(
            (duties.lease_kind, duties.lease_minutes),
            (kind, lease),
            "{heartbeat} {heartbeat_scope:?} {reachability:?}"
        );
        assert_eq!(duties.heartbeat_every.is_some(), kind == Heartbeat);
    }
}

#[test]
fn rule_14_every_agent_polls_at_least_once_a_day() {
    let settings = Settings {
        poll_every: Minutes::MAX,
        ..Settings::default()
    };
    for reachability in [Reachability::Reachable, Reachability::Unreachable] {
        assert_eq!(settings.duties(reachability).poll_every.get(), 1440);
    }
    let unreachable = Settings::default().duties(Reachability::Unreachable);
    assert_eq!(unreachable.poll_every.get(), 30);
}

#[test]
fn the_longest_leases_fit() {
    let settings = Settings {
        heartbeat: false,
        poll_every: Minutes::MAX,
        verify_every: Minutes::MAX,
        ..Settings::default()
    };
    for reachability in [Reachability::Reachable, Reachability::Unreachable] {
        assert_eq!(settings.duties(reachability).lease_minutes, 259_201);
    }
}

#[test]
fn a_document_of_the_first_release_is_read_with_what_it_did_not_say() {
    let read: Settings =
        serde_json::from_str(r#"{"heartbeat_every":7,"offline_after":20,"poll_every":30}"#).unwrap();
    assert_eq!(
        read,
        Settings {
            heartbeat_every: minutes(7),
            offline_after: minutes(20),
            ..Settings::default()
        }
    );
}
