//! Rule 6: the server was away.

use rollcall_shared::why::DeadlineSetBy;

use super::*;

const STARTED: u64 = 100_000;

/// Ten minutes of interval, five of back-off and one of slot.
const RESTART_GRACE: u64 = 16 * 60;
const RETURN_WINDOW: u64 = 6 * 60;

fn heard_at(seconds: u64) -> Remembered {
    let mut paths = [None; crate::cell::PATHS];
    paths[ContactKind::Heartbeat as usize] = Some(at(seconds));
    Remembered {
        heard: Heard {
            at: at(seconds),
            kind: Some(ContactKind::Heartbeat),
        },
        boot: Some((boot(1), 40)),
        applied: 1,
        paths,
    }
}

fn last_heard(seconds: u64, status: Status) -> Restored {
    Restored {
        remembered: Some(heard_at(seconds)),
        ..restored(status)
    }
}

fn restarted_with(restored: &Restored) -> (Partition, Slot) {
    let mut partition = Partition::new(offline_after(60), at(STARTED));
    let slot = partition.restore(restored).unwrap();
    (partition, slot)
}

/// Ticks just before and at that second; gives what changed at it.
fn flips_at(partition: &mut Partition, seconds: u64) -> usize {
    let mut effects = Vec::new();
    partition.tick(EngineTime::from_micros(seconds * 1_000_000 - 1), &mut effects);
    assert_eq!(effects, vec![], "not before {seconds}");
    partition.tick(at(seconds), &mut effects);
    effects.len()
}

fn set_by(partition: &Partition, slot: Slot) -> DeadlineSetBy {
    partition.grounds(slot).unwrap().deadline.unwrap().1
}

#[test]
fn rule_6_a_restart_makes_no_transition_and_gives_the_interval_and_the_return_window() {
    let long_gone = last_heard(STARTED - LEASE + 1, Status::Online);
    let (mut partition, slot) = restarted_with(&long_gone);
    assert_eq!(set_by(&partition, slot), DeadlineSetBy::ServerStart);
    assert_eq!(flips_at(&mut partition, STARTED + RESTART_GRACE), 1);
}

#[test]
fn rule_6_a_restart_takes_nothing_from_a_lease_that_lasts_longer() {
    let just_heard = last_heard(STARTED - 60, Status::Online);
    let (mut partition, slot) = restarted_with(&just_heard);
    assert_eq!(set_by(&partition, slot), DeadlineSetBy::Lease);
    assert_eq!(flips_at(&mut partition, STARTED - 60 + LEASE), 1);
}

#[test]
fn rule_6_who_is_in_no_checkpoint_has_the_interval_and_the_return_window() {
    let (mut partition, _) = restarted_with(&restored(Status::UnreachableOnline));
    assert_eq!(flips_at(&mut partition, STARTED + RESTART_GRACE), 1);
}

#[test]
fn rule_6_a_contact_after_the_start_ends_the_grace() {
    let (mut partition, slot) = restarted_with(&restored(Status::Online));
    let columns = partition.columns();
    let heartbeat = columns.contact(slot, fence(boot(1), 1), ContactKind::Heartbeat, at(STARTED + 5));
    assert_eq!(heartbeat, Contact::Renewed, "the boot that was current still is");
    assert_eq!(flips_at(&mut partition, STARTED + 5 + LEASE), 1);
}

#[test]
fn rule_6_a_restart_turns_nobody_online() {
    for status in [
        Status::Offline,
        Status::Pending,
        Status::Inactive,
        Status::Retired,
    ] {
        let (mut partition, slot) = restarted_with(&restored(status));
        assert_eq!(flips_at(&mut partition, STARTED + 10 * LEASE), 0);
        assert_eq!(partition.status(slot), Some(status));
    }
}

#[test]
fn rule_6_a_contact_of_the_forgotten_second_counts_as_of_the_start() {
    let (mut partition, _) = restarted_with(&last_heard(STARTED + 1, Status::Online));
    assert_eq!(flips_at(&mut partition, STARTED + LEASE), 1);
}

#[test]
fn rule_6_after_blindness_no_deadline_is_nearer_than_the_return_window() {
    let mut roll = Roll::online();
    let blind_until = LEASE - 10;
    roll.partition.blinded(at(blind_until));
    roll.tick(at(LEASE));
    assert_eq!(roll.status(), Status::Online);
    assert_eq!(set_by(&roll.partition, roll.slot), DeadlineSetBy::ReturnWindow);
    roll.tick(at(blind_until + RETURN_WINDOW - 1));
    assert_eq!(roll.status(), Status::Online);
    roll.tick(at(blind_until + RETURN_WINDOW));
    assert_eq!(roll.status(), Status::Offline);
}

#[test]
fn rule_6_blindness_takes_nothing_from_a_lease_that_lasts_longer() {
    let mut roll = Roll::online();
    roll.partition.blinded(at(10));
    assert_eq!(roll.deadline(), Some(at(LEASE)));
}

#[test]
fn rule_8_sequences_survive_a_restart_with_the_checkpoint() {
    let remembered = last_heard(STARTED - 60, Status::Online);
    let (partition, slot) = restarted_with(&remembered);
    let columns = partition.columns();
    let replayed = columns.contact(slot, fence(boot(1), 40), ContactKind::Heartbeat, at(STARTED + 5));
    assert_eq!(replayed, Contact::Stale);
    let of_the_boot_before = Restored {
        boot: Some(boot(2)),
        ..remembered
    };
    let (partition, slot) = restarted_with(&of_the_boot_before);
    let columns = partition.columns();
    let newer = columns.contact(slot, fence(boot(2), 3), ContactKind::Heartbeat, at(STARTED + 5));
    assert_eq!(newer, Contact::Renewed);
}

#[test]
fn rule_13_what_was_heard_before_a_restart_is_still_known() {
    let (partition, slot) = restarted_with(&last_heard(STARTED - 60, Status::Offline));
    let grounds = partition.grounds(slot).unwrap();
    assert_eq!(grounds.heard.at, at(STARTED - 60));
    assert_eq!(grounds.paths, [(ContactKind::Heartbeat, at(STARTED - 60))]);
    assert_eq!(partition.remember(slot).unwrap().heard, grounds.heard);
}

#[test]
fn an_offline_agent_goes_on_to_inactive_where_a_restart_found_it() {
    const DAYS: u64 = 30 * 86_400;
    let offline = Restored {
        in_status_for: Duration::from_secs(STARTED / 2),
        ..restored(Status::Offline)
    };
    let (mut partition, slot) = restarted_with(&offline);
    assert_eq!(flips_at(&mut partition, STARTED / 2 + DAYS), 1);
    assert_eq!(partition.status(slot), Some(Status::Inactive));
}

#[test]
fn rule_4_a_contact_that_brings_the_deadline_nearer_is_found_in_time() {
    // Offline after eleven minutes, and eleven and five to come back after a start.
    let mut partition = Partition::new(offline_after(11), at(STARTED));
    let slot = partition
        .restore(&last_heard(STARTED - 60, Status::Online))
        .unwrap();
    let passed =
        partition
            .columns()
            .contact(slot, fence(boot(1), 41), ContactKind::Heartbeat, at(STARTED + 10));
    assert_eq!(passed, Contact::Renewed);
    assert_eq!(flips_at(&mut partition, STARTED + 10 + 11 * 60), 1);
}

#[test]
fn rule_6_whose_contacts_nobody_remembers_has_the_time_to_come_back_and_no_more() {
    // Early in the engine's life, a lease from its first instant on would be longer.
    let started = 600;
    let mut partition = Partition::new(offline_after(60), at(started));
    let slot = partition.restore(&restored(Status::Online)).unwrap();
    assert_eq!(set_by(&partition, slot), DeadlineSetBy::ServerStart);
    assert_eq!(flips_at(&mut partition, started + RESTART_GRACE), 1);
}

#[test]
fn rule_6_the_picture_is_complete_when_the_last_who_was_online_is_heard_or_offline() {
    let mut partition = Partition::new(offline_after(60), at(STARTED));
    let heard = partition
        .restore(&last_heard(STARTED - 10, Status::Online))
        .unwrap();
    partition
        .restore(&last_heard(STARTED - 20, Status::Online))
        .unwrap();
    partition
        .restore(&last_heard(STARTED - 9_000, Status::Offline))
        .unwrap();
    let told = partition.unheard();
    assert_eq!((told.online, told.unheard), (2, 2));
    // The later of both deadlines: the lease of who was heard ten seconds before the stop.
    assert_eq!(told.settled_by, Some(at(STARTED - 10 + LEASE)));

    let fence = Fence {
        boot: boot(1),
        sequence: 41,
        applied: 1,
    };
    let columns = partition.columns();
    assert_eq!(
        columns.contact(heard, fence, ContactKind::Heartbeat, at(STARTED + 5)),
        Contact::Renewed
    );
    let told = partition.unheard();
    assert_eq!((told.online, told.unheard), (2, 1));
    assert_eq!(told.settled_by, Some(at(STARTED - 20 + LEASE)));

    let mut effects = Vec::new();
    partition.tick(at(STARTED - 20 + LEASE), &mut effects);
    let told = partition.unheard();
    assert_eq!((told.online, told.unheard, told.settled_by), (1, 0, None));
}
