//! The rules of presence, one test a sentence. The numbers are those of `docs/PRESENCE.md`.

use alloc::vec;

use rollcall_shared::agent_api::Fence;
use rollcall_shared::{BootId, Minutes, RegisterReason, Settings};

use super::*;
use crate::cell::Contact;
use crate::checkpoint::Remembered;
use crate::rulebook::Addresses;

mod away;
mod day;
mod settings;

const MINUTE: Duration = Duration::from_mins(1);
const LEASE: u64 = 3600;

fn restored(status: Status) -> Restored {
    Restored {
        status,
        boot: Some(boot(1)),
        applied: 1,
        ..Restored::ENROLLED
    }
}

/// A fleet of one, with the default settings: offline after 60 minutes.
struct Roll {
    partition: Partition,
    columns: Arc<Columns>,
    slot: Slot,
    effects: Vec<Effect>,
    sequence: u32,
    /// The settings version that the agent says it applied.
    applied: u32,
    rulebook: Arc<Rulebook>,
}

fn at(seconds: u64) -> EngineTime {
    EngineTime::from_micros(seconds * 1_000_000)
}

fn boot(bits: u32) -> BootId {
    BootId::from_bits(bits).unwrap()
}

fn minutes(count: i64) -> Minutes {
    Minutes::try_new(count).unwrap()
}

fn fence(boot: BootId, sequence: u32) -> Fence {
    Fence {
        boot,
        sequence,
        applied: 1,
    }
}

/// Version 1 of the settings: agents are offline after so many minutes.
fn offline_after(count: i64) -> Arc<Rulebook> {
    let settings = Settings {
        offline_after: minutes(count),
        ..Settings::default()
    };
    Arc::new(Rulebook::new(1, &settings, MINUTE))
}

fn registers(fence: Fence, reason: RegisterReason) -> Event {
    Event::Register {
        fence,
        reason,
        addresses: Addresses {
            own: Some("10.0.0.7".parse().unwrap()),
            observed: Some("192.0.2.1".parse().unwrap()),
        },
    }
}

impl Roll {
    fn enrolled() -> Self {
        let mut partition = Partition::new(offline_after(60), EngineTime::ZERO);
        let slot = partition.enrol().unwrap();
        Self {
            columns: partition.columns(),
            partition,
            slot,
            effects: Vec::new(),
            sequence: 0,
            applied: 1,
            rulebook: offline_after(60),
        }
    }

    fn online() -> Self {
        let mut roll = Self::enrolled();
        assert_eq!(
            roll.register(boot(1), RegisterReason::Install, 0),
            Outcome::Accepted
        );
        roll.effects.clear();
        roll
    }

    fn next_sequence(&mut self) -> u32 {
        self.sequence += 1;
        self.sequence
    }

    fn handle(&mut self, event: Event, seconds: u64) -> Outcome {
        self.partition
            .handle(self.slot, event, at(seconds), &mut self.effects)
    }

    fn register(&mut self, boot: BootId, reason: RegisterReason, seconds: u64) -> Outcome {
        let sequence = self.next_sequence();
        self.handle(registers(self.fence(boot, sequence), reason), seconds)
    }

    fn goodbye(&mut self, kind: GoodbyeKind, seconds: u64) -> Outcome {
        let sequence = self.next_sequence();
        self.handle(
            Event::Goodbye {
                fence: self.fence(boot(1), sequence),
                kind,
            },
            seconds,
        )
    }

    fn fence(&self, boot: BootId, sequence: u32) -> Fence {
        Fence {
            boot,
            sequence,
            applied: self.applied,
        }
    }

    fn heartbeat(&mut self, seconds: u64) -> Contact {
        self.contact(ContactKind::Heartbeat, seconds)
    }

    /// As the server takes a contact: the hot path, and the owner where that asks for it.
    fn contact(&mut self, kind: ContactKind, seconds: u64) -> Contact {
        let sequence = self.next_sequence();
        let fence = self.fence(boot(1), sequence);
        let contact = self.columns.contact(self.slot, fence, kind, at(seconds));
        if contact == Contact::NeedsEvent {
            let observed = None;
            self.handle(
                Event::Contact {
                    fence,
                    kind,
                    observed,
                },
                seconds,
            );
        }
        contact
    }

    /// The newest version is now this one.
    fn save(&mut self, settings: &Settings, seconds: u64) {
        self.rulebook = Arc::new(self.rulebook.with(self.rulebook.newest() + 1, settings));
        self.partition
            .adopt(Arc::clone(&self.rulebook), at(seconds), &mut self.effects);
    }

    fn deadline(&self) -> Option<EngineTime> {
        Some(self.partition.grounds(self.slot)?.deadline?.0)
    }

    fn tick(&mut self, time: EngineTime) {
        self.partition.tick(time, &mut self.effects);
    }

    fn status(&self) -> Status {
        self.partition.status(self.slot).unwrap()
    }

    fn changes(&self) -> Vec<(Status, Status, Cause)> {
        self.effects
            .iter()
            .map(|effect| (effect.from, effect.to, effect.cause))
            .collect()
    }
}

#[test]
fn an_enrolled_agent_is_pending_until_it_registers() {
    let mut roll = Roll::enrolled();
    assert_eq!(roll.status(), Status::Pending);
    roll.tick(at(10 * LEASE));
    assert_eq!(roll.status(), Status::Pending);
    roll.register(boot(1), RegisterReason::Install, 10 * LEASE);
    assert_eq!(
        roll.changes(),
        [(
            Status::Pending,
            Status::Online,
            Cause::Registered(RegisterReason::Install)
        )]
    );
}

#[test]
fn rule_2_a_heartbeat_renews_the_lease() {
    let mut roll = Roll::online();
    assert_eq!(roll.heartbeat(LEASE - 1), Contact::Renewed);
    roll.tick(at(LEASE));
    assert_eq!(roll.status(), Status::Online);
    roll.tick(at(2 * LEASE - 1));
    assert_eq!(roll.status(), Status::Offline);
}

#[test]
fn rule_2_a_registration_renews_the_lease_too() {
    let mut roll = Roll::online();
    roll.register(boot(1), RegisterReason::AddressChanged, 1000);
    roll.tick(at(LEASE));
    assert_eq!(roll.status(), Status::Online);
    assert_eq!(roll.changes(), [], "nothing that people see changed");
}

#[test]
fn rule_4_not_before_the_deadline_and_in_the_tick_in_which_it_falls() {
    let mut roll = Roll::online();
    roll.tick(EngineTime::from_micros(LEASE * 1_000_000 - 1));
    assert_eq!(roll.changes(), []);
    assert_eq!(roll.partition.next_check(), Some(at(LEASE)));
    roll.tick(at(LEASE));
    assert_eq!(
        roll.changes(),
        [(Status::Online, Status::Offline, Cause::Deadline { after_s: 3600 })]
    );
    assert_eq!(
        roll.effects[0].heard,
        Heard {
            at: at(0),
            kind: Some(ContactKind::Register)
        }
    );
}

#[test]
fn rule_4_the_longest_lease_does_not_overflow() {
    let mut partition = Partition::new(offline_after(129_600), EngineTime::ZERO);
    let slot = partition.enrol().unwrap();
    let register = registers(fence(boot(1), 1), RegisterReason::Install);
    let mut effects = Vec::new();
    let late = at(1_000_000_000);
    partition.handle(slot, register, late, &mut effects);
    assert_eq!(partition.next_check(), Some(late + 129_600 * MINUTE));
}

#[test]
fn rule_4_a_hundred_thousand_deadlines_at_one_instant_are_each_found_once() {
    let mut partition = Partition::new(offline_after(60), EngineTime::ZERO);
    let mut effects = Vec::new();
    for _ in 0..100_000 {
        partition.restore(&restored(Status::Online)).unwrap();
    }
    partition.tick(at(3599), &mut effects);
    assert_eq!(effects, vec![]);
    partition.tick(at(3600), &mut effects);
    let mut slots: Vec<Slot> = effects.iter().map(|effect| effect.slot).collect();
    slots.dedup();
    assert_eq!(slots.len(), 100_000);
    partition.tick(at(7200), &mut effects);
    assert_eq!(effects.len(), 100_000);
}

#[test]
fn an_offline_agent_is_back_with_its_first_contact() {
    let mut roll = Roll::online();
    roll.tick(at(LEASE));
    assert_eq!(roll.heartbeat(LEASE + 5), Contact::NeedsEvent);
    assert_eq!(roll.status(), Status::Online);
    assert_eq!(
        roll.changes()[1],
        (
            Status::Offline,
            Status::Online,
            Cause::Contact(ContactKind::Heartbeat)
        )
    );
    roll.tick(at(2 * LEASE + 5));
    assert_eq!(roll.status(), Status::Offline);
}

#[test]
fn rule_8_a_boot_becomes_current_only_by_registering() {
    let mut roll = Roll::online();
    let stranger = roll
        .columns
        .contact(roll.slot, fence(boot(2), 9), ContactKind::Heartbeat, at(10));
    assert_eq!(stranger, Contact::RegisterFirst);
    roll.register(boot(2), RegisterReason::Start, 20);
    assert_eq!(
        roll.heartbeat(30),
        Contact::RegisterFirst,
        "boot 1 was superseded"
    );
}

#[test]
fn rule_8_only_a_higher_sequence_renews() {
    let mut roll = Roll::online();
    roll.heartbeat(10);
    let again = roll.columns.contact(
        roll.slot,
        fence(boot(1), roll.sequence),
        ContactKind::Heartbeat,
        at(20),
    );
    assert_eq!(again, Contact::Stale);
    let register = registers(fence(boot(1), roll.sequence), RegisterReason::Reload);
    assert_eq!(roll.handle(register, 20), Outcome::Stale);
}

#[test]
fn rule_8_a_late_registration_of_the_boot_before_does_not_come_back() {
    let mut roll = Roll::enrolled();
    let first = registers(fence(boot(1), 1), RegisterReason::Start);
    assert_eq!(roll.handle(first, 0), Outcome::Accepted);
    let second = registers(fence(boot(2), 1), RegisterReason::Start);
    assert_eq!(roll.handle(second, 5), Outcome::Accepted);
    assert_eq!(roll.handle(first, 6), Outcome::Stale);
    assert_eq!(
        roll.columns
            .contact(roll.slot, fence(boot(2), 2), ContactKind::Heartbeat, at(7)),
        Contact::Renewed
    );
}

#[test]
fn rule_8_a_late_goodbye_of_the_boot_before_changes_nothing() {
    let mut roll = Roll::online();
    roll.register(boot(2), RegisterReason::Start, 10);
    assert_eq!(roll.goodbye(GoodbyeKind::Stop, 11), Outcome::RegisterFirst);
    assert_eq!(roll.status(), Status::Online);
}

#[test]
fn rule_10_a_stop_is_offline_at_once() {
    let mut roll = Roll::online();
    roll.goodbye(GoodbyeKind::Stop, 10);
    assert_eq!(
        roll.changes(),
        [(Status::Online, Status::Offline, Cause::Goodbye(GoodbyeKind::Stop))]
    );
}

#[test]
fn rule_10_a_contact_from_before_the_stop_does_not_bring_it_back() {
    let mut roll = Roll::online();
    let early = roll.next_sequence();
    roll.goodbye(GoodbyeKind::Stop, 10);
    let late = Event::Contact {
        fence: fence(boot(1), early),
        kind: ContactKind::Heartbeat,
        observed: None,
    };
    assert_eq!(roll.handle(late, 11), Outcome::Stale);
    assert_eq!(roll.status(), Status::Offline);
}

#[test]
fn rule_10_a_register_within_a_minute_of_a_stop_folds_both_into_one_restart() {
    let mut roll = Roll::online();
    roll.goodbye(GoodbyeKind::Stop, 10);
    roll.register(boot(2), RegisterReason::Start, 70);
    let back = roll.effects[1];
    assert_eq!(
        (back.to, back.cause, back.folds),
        (Status::Online, Cause::Restarted, true)
    );
}

#[test]
fn rule_10_a_register_more_than_a_minute_after_a_stop_is_a_start() {
    let mut roll = Roll::online();
    roll.goodbye(GoodbyeKind::Stop, 10);
    roll.register(boot(2), RegisterReason::Start, 71);
    let back = roll.effects[1];
    assert_eq!(
        (back.cause, back.folds),
        (Cause::Registered(RegisterReason::Start), false)
    );
}

#[test]
fn rule_10_a_stop_of_who_was_offline_before_folds_nothing() {
    let mut roll = Roll::online();
    roll.tick(at(LEASE));
    roll.goodbye(GoodbyeKind::Stop, LEASE + 10);
    roll.register(boot(2), RegisterReason::Start, LEASE + 20);
    let back = roll.effects[1];
    assert_eq!(
        (back.cause, back.folds),
        (Cause::Registered(RegisterReason::Start), false)
    );
}

#[test]
fn rule_10_a_heartbeat_after_a_stop_folds_nothing() {
    let mut roll = Roll::online();
    roll.goodbye(GoodbyeKind::Stop, 10);
    roll.heartbeat(20);
    let back = roll.effects[1];
    assert_eq!(
        (back.cause, back.folds),
        (Cause::Contact(ContactKind::Heartbeat), false)
    );
}

#[test]
fn rule_10_an_announced_restart_has_a_minute() {
    let mut roll = Roll::online();
    roll.goodbye(GoodbyeKind::Restart, 10);
    roll.tick(EngineTime::from_micros(69_999_999));
    assert_eq!(roll.changes(), []);
    roll.tick(at(70));
    assert_eq!(
        roll.changes(),
        [(Status::Online, Status::Offline, Cause::Deadline { after_s: 60 })]
    );
}

#[test]
fn rule_10_after_an_announced_restart_the_lease_is_whole_again() {
    let mut roll = Roll::online();
    roll.goodbye(GoodbyeKind::Restart, 10);
    roll.register(boot(2), RegisterReason::Restart, 40);
    roll.tick(at(40 + LEASE - 1));
    assert_eq!(
        roll.changes(),
        [],
        "a restart in time changes nothing that people see"
    );
    roll.tick(at(40 + LEASE));
    assert_eq!(roll.status(), Status::Offline);
}

#[test]
fn rule_10_an_uninstalled_agent_is_retired_for_good() {
    let mut roll = Roll::online();
    roll.goodbye(GoodbyeKind::Uninstall, 10);
    assert_eq!(
        roll.changes(),
        [(
            Status::Online,
            Status::Retired,
            Cause::Goodbye(GoodbyeKind::Uninstall)
        )]
    );
    assert_eq!(roll.register(boot(2), RegisterReason::Start, 20), Outcome::Gone);
    roll.tick(at(2 * LEASE));
    assert_eq!(roll.effects.len(), 1);
}

#[test]
fn a_retired_agent_stays_retired() {
    let mut roll = Roll::online();
    assert_eq!(roll.handle(Event::Retire, 10), Outcome::Accepted);
    assert_eq!(roll.heartbeat(11), Contact::NeedsEvent);
    assert_eq!(roll.status(), Status::Retired);
    assert_eq!(roll.handle(Event::Retire, 12), Outcome::Gone);
}

#[test]
fn a_slot_that_was_never_made_is_gone() {
    let mut roll = Roll::online();
    roll.slot = Slot(77_777);
    assert_eq!(roll.handle(Event::Retire, 0), Outcome::Gone);
    assert_eq!(roll.heartbeat(1), Contact::RegisterFirst);
}
