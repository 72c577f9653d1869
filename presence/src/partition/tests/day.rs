//! A day of a fleet under load: nothing that is kept grows with what happens, only with who exists.

use super::*;

const AGENTS: u32 = 4_000;
const DAY_S: u64 = 24 * 3600;
const EVERY_S: u64 = 600;

/// Whether an agent lives a restless day: away for two hours, with a goodbye or without, and back as another boot.
fn is_restless(agent: u32) -> bool {
    agent.is_multiple_of(4)
}

#[test]
fn a_day_under_load_leaves_nothing_behind() {
    let mut partition = Partition::new(offline_after(60), EngineTime::ZERO);
    let columns = partition.columns();
    let mut effects = Vec::new();
    let slots: Vec<Slot> = (0..AGENTS).map(|_| partition.enrol().unwrap()).collect();
    let mut sequence = 0;
    let mut changes = 0_u64;
    let mut most_checks = 0;
    let mut version = 1;
    for second in (0..DAY_S).step_by(10) {
        sequence += 1;
        let now = at(second);
        partition.tick(now, &mut effects);
        if second % 7_200 == 0 && second > 0 {
            // Every two hours somebody saves other settings.
            version += 1;
            let settings = Settings {
                offline_after: minutes(60 + i64::from(version % 3)),
                ..Settings::default()
            };
            let rulebook = Arc::new(partition.rulebook.with(version, &settings));
            partition.adopt(rulebook, now, &mut effects);
        }
        // Each tenth of a minute, a sixtieth of the fleet is due.
        let turn = second % EVERY_S / 10;
        for slot in slots.iter().filter(|slot| u64::from(slot.0) % 60 == turn) {
            let hour = second / 3_600 + u64::from(slot.0 % 24);
            if is_restless(slot.0) && hour % 4 < 2 {
                // Half of them say goodbye when they go; some say it twice.
                if slot.0.is_multiple_of(8) && hour % 4 == 0 {
                    let goodbye = Event::Goodbye {
                        fence: Fence {
                            applied: version,
                            ..fence(boot(slot.0 + 1), sequence)
                        },
                        kind: GoodbyeKind::Stop,
                    };
                    let _outcome = partition.handle(*slot, goodbye, now, &mut effects);
                }
                continue;
            }
            let fence = Fence {
                applied: version,
                ..fence(boot(slot.0 + 1), sequence)
            };
            match columns.contact(*slot, fence, ContactKind::Heartbeat, now) {
                Contact::Renewed => {}
                Contact::NeedsEvent => {
                    let event = Event::Contact {
                        fence,
                        kind: ContactKind::Heartbeat,
                        observed: None,
                    };
                    assert_eq!(
                        partition.handle(*slot, event, now, &mut effects),
                        Outcome::Accepted
                    );
                }
                Contact::RegisterFirst => {
                    let event = registers(fence, RegisterReason::Start);
                    assert_eq!(
                        partition.handle(*slot, event, now, &mut effects),
                        Outcome::Accepted
                    );
                }
                Contact::Stale => panic!("sequences rise"),
            }
        }
        most_checks = most_checks.max(partition.deadlines.held());
        changes += effects.len() as u64;
        effects.clear();
    }
    // Three quarters came online once and stayed; each of the others went and came back some six times.
    let restless = u64::from(AGENTS / 4);
    assert!(changes >= u64::from(AGENTS) + restless * 8, "{changes}");
    assert!(
        most_checks <= 2 * AGENTS as usize + 1_024 + 1,
        "{most_checks} checks for {AGENTS} agents"
    );
    assert_eq!(partition.owned.len(), AGENTS as usize);
    // The next day begins as this one did: whoever is well is online.
    let online = slots
        .iter()
        .filter(|slot| partition.status(**slot) == Some(Status::Online));
    assert!(online.count() >= AGENTS as usize * 3 / 4);
}
