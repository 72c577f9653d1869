//! Rules 3, 5, 13, 14: settings that change, and who knows them.

use rollcall_shared::settings::HeartbeatScope;
use rollcall_shared::why::DeadlineSetBy;
use rollcall_shared::{LeaseKind, Reachability};

use super::*;

fn with_time_out(count: i64) -> Settings {
    Settings {
        offline_after: minutes(count),
        ..Settings::default()
    }
}

fn with_range(range: &str) -> Settings {
    Settings {
        unreachable_network: vec![range.parse().unwrap()],
        ..Settings::default()
    }
}

fn lease_of(roll: &Roll) -> (LeaseKind, u32) {
    let lease = roll.partition.verdict(roll.slot).unwrap().lease;
    (lease.kind, lease.minutes)
}

#[test]
fn rule_3_a_poll_only_agent_is_forgiven_one_missed_poll() {
    let mut roll = Roll::online();
    let polls = Settings {
        heartbeat: false,
        ..with_range("10.0.0.0/8")
    };
    roll.save(&polls, 1);
    roll.applied = 2;
    roll.contact(ContactKind::Poll, 100);
    assert_eq!(lease_of(&roll), (LeaseKind::Poll, 61));
    roll.tick(at(100 + 61 * 60 - 1));
    assert_eq!(roll.status(), Status::UnreachableOnline);
    roll.tick(at(100 + 61 * 60));
    assert_eq!(roll.status(), Status::UnreachableOffline);
}

#[test]
fn rule_3_an_agent_that_the_server_connects_to_lives_by_verifications() {
    let mut roll = Roll::online();
    let verified = Settings {
        heartbeat_scope: HeartbeatScope::UnreachableNetwork,
        ..Settings::default()
    };
    roll.save(&verified, 1);
    roll.applied = 2;
    roll.contact(ContactKind::Poll, 100);
    assert_eq!(lease_of(&roll), (LeaseKind::Verification, 31));
    roll.contact(ContactKind::Verification, 200);
    assert_eq!(roll.deadline(), Some(at(200 + 31 * 60)));
}

#[test]
fn rule_5_a_shorter_lease_holds_from_the_contact_that_reports_it_applied() {
    let mut roll = Roll::online();
    roll.save(&with_time_out(21), 10);
    assert_eq!(
        roll.deadline(),
        Some(at(LEASE)),
        "saving brings no deadline nearer"
    );
    roll.heartbeat(600);
    assert_eq!(roll.deadline(), Some(at(600 + LEASE)), "it does not know yet");
    roll.applied = 2;
    assert_eq!(roll.heartbeat(1200), Contact::NeedsEvent);
    assert_eq!(roll.deadline(), Some(at(1200 + 21 * 60)));
    roll.tick(at(1200 + 21 * 60));
    let gone = Cause::Deadline { after_s: 21 * 60 };
    assert_eq!(roll.changes(), [(Status::Online, Status::Offline, gone)]);
}

#[test]
fn rule_5_a_longer_lease_holds_at_once() {
    let mut roll = Roll::online();
    roll.save(&with_time_out(90), 10);
    assert_eq!(roll.deadline(), Some(at(90 * 60)));
    roll.tick(at(LEASE));
    assert_eq!(roll.status(), Status::Online);
}

#[test]
fn rule_5_of_versions_that_it_skipped_the_longest_holds() {
    let mut roll = Roll::online();
    for count in [30, 240, 21] {
        roll.save(&with_time_out(count), 10);
    }
    assert_eq!(roll.deadline(), Some(at(240 * 60)));
    roll.applied = 3;
    roll.heartbeat(20);
    assert_eq!(roll.deadline(), Some(at(20 + 240 * 60)));
    roll.applied = 4;
    roll.heartbeat(30);
    assert_eq!(roll.deadline(), Some(at(30 + 21 * 60)));
}

#[test]
fn rule_5_an_older_document_that_is_saved_again_is_a_version_like_any_other() {
    let mut roll = Roll::online();
    roll.save(&with_time_out(21), 10);
    roll.applied = 2;
    roll.heartbeat(20);
    roll.save(&with_time_out(60), 30);
    assert_eq!(roll.deadline(), Some(at(20 + LEASE)));
    roll.applied = 3;
    roll.heartbeat(40);
    assert_eq!(roll.deadline(), Some(at(40 + LEASE)));
}

#[test]
fn rule_5_saving_turns_nobody_online() {
    let mut roll = Roll::online();
    roll.tick(at(LEASE));
    roll.save(&with_time_out(129_600), LEASE + 1);
    assert_eq!(roll.status(), Status::Offline);
    assert_eq!(roll.effects.len(), 1);
    roll.heartbeat(LEASE + 2);
    assert_eq!(roll.deadline(), Some(at(LEASE + 2 + 129_600 * 60)));
}

#[test]
fn rule_5_a_version_that_is_newer_than_all_gets_the_longest_lease_of_all() {
    let mut roll = Roll::online();
    roll.save(&with_time_out(240), 10);
    roll.save(&with_time_out(21), 10);
    roll.applied = 900;
    roll.heartbeat(20);
    assert_eq!(roll.deadline(), Some(at(20 + 240 * 60)));
}

#[test]
fn rule_5_who_never_applied_anything_lives_by_the_newest_version_at_its_registration() {
    let mut roll = Roll::enrolled();
    roll.save(&with_time_out(1_000), 1);
    roll.save(&with_time_out(21), 2);
    roll.applied = 0;
    roll.register(boot(1), RegisterReason::Install, 10);
    assert_eq!(roll.deadline(), Some(at(10 + 21 * 60)));
    roll.save(&with_time_out(15), 20);
    assert_eq!(roll.deadline(), Some(at(10 + 21 * 60)));
}

#[test]
fn rule_14_a_range_around_its_own_address_shows_it_as_unreachable() {
    let mut roll = Roll::online();
    roll.save(&with_range("10.0.0.0/24"), 10);
    let cause = Cause::Settings { version: 2 };
    assert_eq!(
        roll.changes(),
        [(Status::Online, Status::UnreachableOnline, cause)]
    );
    let matched = roll.partition.grounds(roll.slot).unwrap().matched;
    let expected = ("10.0.0.7".parse().unwrap(), "10.0.0.0/24".parse().unwrap());
    assert_eq!(matched, Some(expected));
}

#[test]
fn rule_14_delivery_follows_the_version_that_it_applied() {
    let mut roll = Roll::online();
    roll.save(&with_range("10.0.0.0/24"), 10);
    let verdict = roll.partition.verdict(roll.slot).unwrap();
    assert_eq!(
        (verdict.reachability, verdict.delivery),
        (Reachability::Unreachable, Reachability::Reachable)
    );
    roll.applied = 2;
    roll.heartbeat(20);
    let verdict = roll.partition.verdict(roll.slot).unwrap();
    assert_eq!(verdict.delivery, Reachability::Unreachable);
}

#[test]
fn rule_14_an_address_changes_reachability_and_never_presence() {
    let mut roll = Roll::online();
    roll.save(&with_range("192.0.2.0/24"), 10);
    let fence = roll.fence(boot(1), 50);
    let kind = ContactKind::Heartbeat;
    let moved = Event::Contact {
        fence,
        kind,
        observed: Some("198.51.100.9".parse().unwrap()),
    };
    let contact = roll.columns.contact(roll.slot, fence, kind, at(20));
    assert_eq!(contact, Contact::Renewed);
    assert_eq!(roll.handle(moved, 20), Outcome::Accepted);
    assert_eq!(
        roll.changes()[1],
        (Status::UnreachableOnline, Status::Online, Cause::Address)
    );
    roll.save(&with_range("::ffff:10.0.0.0/120"), 30);
    assert_eq!(roll.status(), Status::UnreachableOnline, "IPv4-mapped is IPv4");
}

#[test]
fn rule_13_the_grounds_name_lease_version_deadline_and_paths() {
    let mut roll = Roll::online();
    roll.save(&with_time_out(30), 10);
    roll.heartbeat(20);
    let grounds = roll.partition.grounds(roll.slot).unwrap();
    assert_eq!(grounds.deadline, Some((at(20 + LEASE), DeadlineSetBy::Lease)));
    assert_eq!(
        (grounds.applied, grounds.newest, grounds.verdict.lease.version),
        (1, 2, 1)
    );
    assert_eq!(
        grounds.paths,
        [(ContactKind::Register, at(0)), (ContactKind::Heartbeat, at(20))]
    );
    roll.tick(at(20 + LEASE));
    assert_eq!(roll.partition.grounds(roll.slot).unwrap().deadline, None);
}

#[test]
fn an_agent_that_was_offline_for_days_leaves_the_roll_call_and_comes_back_by_any_contact() {
    const DAYS: u64 = 30 * 86_400;
    let mut roll = Roll::online();
    roll.tick(at(LEASE));
    roll.tick(at(LEASE + DAYS - 1));
    assert_eq!(roll.status(), Status::Offline);
    roll.tick(at(LEASE + DAYS));
    let cause = Cause::Inactive { after_days: 30 };
    assert_eq!(roll.changes()[1], (Status::Offline, Status::Inactive, cause));
    roll.heartbeat(LEASE + DAYS + 5);
    assert_eq!(roll.status(), Status::Online);
}

#[test]
fn rule_5_a_restart_does_not_take_who_reported_nothing_to_know_the_newest() {
    // It registered under version 1 and the server was killed before it said that it applied it.
    let known_then = Settings::default();
    let saved_since = Settings {
        heartbeat_every: minutes(1),
        offline_after: minutes(3),
        ..Settings::default()
    };
    let rulebook = Rulebook::new(1, &known_then, MINUTE).with(2, &saved_since);
    let mut partition = Partition::new(Arc::new(rulebook), at(10_000));
    let unconfirmed = Restored {
        applied: 0,
        ..restored(Status::Online)
    };
    let slot = partition.restore(&unconfirmed).unwrap();
    assert_eq!(partition.verdict(slot).unwrap().lease.version, 1);
    let (deadline, _) = partition.grounds(slot).unwrap().deadline.unwrap();
    assert_eq!(deadline, at(10_000 + 16 * 60));
}
