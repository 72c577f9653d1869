use proptest::prelude::*;

use super::*;

const EVERY: u64 = 25_000;
/// All low, so that every spread is 0.
const CALM: u64 = 7;

/// Packets with their clock and a NAT.
struct Agent {
    loopback: Loopback,
    now: u64,
    mapped: SocketAddr,
}

impl Agent {
    fn new() -> Self {
        let mut loopback = Loopback::default();
        loopback.set(Some(EVERY), 0, CALM);
        Self {
            loopback,
            now: 0,
            mapped: "198.51.100.2:40001".parse().unwrap(),
        }
    }

    /// One that has heard an echo.
    fn settled() -> Self {
        let mut agent = Self::new();
        let sent = agent.next_packet();
        let echoed = agent.echo(&sent).unwrap();
        assert!(echoed.is_found && echoed.rebound_from.is_none());
        agent
    }

    /// What is done when the time comes.
    fn step(&mut self) -> Step {
        self.now = self.loopback.due().unwrap();
        self.loopback.wake(self.now, CALM)
    }

    fn next_packet(&mut self) -> Transaction {
        match self.step() {
            Step::Send(transaction) => transaction,
            other => panic!("{other:?}"),
        }
    }

    fn echo(&mut self, transaction: &Transaction) -> Option<Echoed> {
        self.loopback.echoed(transaction, self.mapped, self.now, CALM)
    }

    /// A round in which nothing comes back; gives when its packets were sent.
    fn in_vain(&mut self) -> (Vec<u64>, bool) {
        let mut sent = Vec::new();
        loop {
            match self.step() {
                Step::Send(_) => sent.push(self.now),
                Step::Missed { is_news } => return (sent, is_news),
                Step::Wait => panic!("it was due"),
            }
        }
    }
}

#[test]
fn an_echo_is_followed_by_the_next_packet_after_the_interval() {
    let mut agent = Agent::settled();
    let before = agent.now;
    let sent = agent.next_packet();
    assert_eq!(agent.now, before + EVERY);
    assert_eq!(
        agent.echo(&sent),
        Some(Echoed {
            is_found: false,
            rebound_from: None,
            registers: false
        })
    );
}

#[test]
fn a_lost_packet_is_followed_by_another_one_after_twice_the_time() {
    let mut agent = Agent::settled();
    let begin = agent.now + EVERY;
    let (sent, is_news) = agent.in_vain();
    assert_eq!(sent, [0, 500, 1_500, 3_500, 7_500].map(|after| begin + after));
    assert_eq!(agent.now, begin + 11_500);
    assert!(is_news);
}

#[test]
fn an_echo_of_any_packet_of_the_round_ends_it_and_one_of_an_earlier_round_is_none() {
    let mut agent = Agent::settled();
    let first = agent.next_packet();
    let second = agent.next_packet();
    assert_ne!(first, second);
    assert!(agent.echo(&first).is_some());
    assert_eq!(agent.echo(&second), None, "the round is over");
    let next = agent.next_packet();
    assert_eq!(agent.echo(&second), None, "and this is another one");
    assert!(agent.echo(&next).is_some());
}

#[test]
fn a_missing_echo_is_told_once_and_then_tried_once_an_interval_until_it_is_found() {
    let mut agent = Agent::settled();
    assert!(agent.in_vain().1);
    assert!(agent.loopback.is_missing());
    for _ in 0..10 {
        let before = agent.now;
        let (sent, is_news) = agent.in_vain();
        assert_eq!((sent, is_news), (vec![before + EVERY], false));
    }
    let sent = agent.next_packet();
    agent.mapped.set_port(50_000);
    let echoed = agent.echo(&sent).unwrap();
    assert!(echoed.is_found);
    assert_eq!(
        echoed.rebound_from, None,
        "another socket has another port anyway"
    );
    assert!(!agent.loopback.is_missing());
}

#[test]
fn an_echo_that_never_came_is_told_too() {
    assert!(Agent::new().in_vain().1);
}

#[test]
fn another_mapping_of_the_same_socket_has_the_agent_register() {
    for changed in ["198.51.100.2:40002", "198.51.100.3:40001"] {
        let mut agent = Agent::settled();
        let before = agent.mapped;
        agent.mapped = changed.parse().unwrap();
        let sent = agent.next_packet();
        let echoed = agent.echo(&sent).unwrap();
        assert_eq!(echoed.rebound_from, Some(before));
        assert!(echoed.registers && !echoed.is_found);
        let sent = agent.next_packet();
        assert_eq!(agent.echo(&sent).unwrap().rebound_from, None, "told already");
    }
}

#[test]
fn another_address_is_a_change_also_where_the_echo_was_missing_in_between() {
    let mut agent = Agent::settled();
    agent.in_vain();
    agent.mapped = "198.51.100.3:50000".parse().unwrap();
    let sent = agent.next_packet();
    assert!(agent.echo(&sent).unwrap().registers);
}

#[test]
fn a_nat_that_forgets_within_every_interval_does_not_have_it_register_each_time() {
    let mut agent = Agent::settled();
    let mut registered = Vec::new();
    for round in 0..100 {
        agent.mapped.set_port(50_000 + round);
        let sent = agent.next_packet();
        let echoed = agent.echo(&sent).unwrap();
        assert!(echoed.rebound_from.is_some());
        if echoed.registers {
            registered.push(round);
        }
    }
    assert_eq!(registered, [0, 12, 24, 36, 48, 60, 72, 84, 96]);
}

#[test]
fn rule_14_a_change_soon_after_another_has_it_register_as_soon_as_it_may() {
    let mut agent = Agent::settled();
    agent.mapped.set_port(50_000);
    let sent = agent.next_packet();
    assert!(agent.echo(&sent).unwrap().registers);
    let registered = agent.now;
    // The address itself, which the server learns by a call alone.
    agent.mapped.set_ip([203, 0, 113, 9].into());
    loop {
        let sent = agent.next_packet();
        let may = agent.now >= registered + ROUNDS_APART * EVERY;
        assert_eq!(agent.echo(&sent).unwrap().registers, may);
        if may {
            break;
        }
    }
    let sent = agent.next_packet();
    assert!(!agent.echo(&sent).unwrap().registers, "once");
}

#[test]
fn a_machine_that_moved_has_no_mapping_to_compare_with_and_asks_soon() {
    let mut agent = Agent::settled();
    agent.loopback.moved(agent.now, CALM);
    agent.mapped = "203.0.113.9:1".parse().unwrap();
    let before = agent.now;
    let sent = agent.next_packet();
    assert_eq!(agent.now, before);
    assert_eq!(agent.echo(&sent).unwrap().rebound_from, None);
}

#[test]
fn a_refusal_ends_the_round_and_says_nothing_of_the_mapping() {
    let mut agent = Agent::settled();
    let sent = agent.next_packet();
    assert!(agent.loopback.refused(&sent, agent.now, CALM));
    assert!(!agent.loopback.refused(&sent, agent.now, CALM));
    let before = agent.now;
    agent.next_packet();
    assert_eq!(agent.now, before + EVERY);
}

#[test]
fn a_shorter_interval_holds_at_once_and_no_interval_ends_it() {
    let mut agent = Agent::settled();
    let now = agent.now;
    agent.loopback.set(Some(10_000), now, CALM);
    assert_eq!(agent.loopback.due(), Some(now + 10_000));
    agent.loopback.set(None, now, CALM);
    assert_eq!(agent.loopback.due(), None);
    assert_eq!(agent.loopback.wake(now + EVERY, CALM), Step::Wait);
}

proptest! {
    #[test]
    fn rule_15_the_next_packet_is_within_the_last_tenth_of_the_interval(every in 1_000_u64..3_600_000, random: u64) {
        let next = next_in(every, random);
        prop_assert!(next <= every && next >= every - every / 10);
    }

    /// Whatever is lost: never is there nothing to wait for, and never more packets than a round has.
    #[test]
    fn there_is_always_a_next_time_and_no_round_without_end(echoes in prop::collection::vec(any::<bool>(), 1..200)) {
        let mut agent = Agent::new();
        let mut unanswered = 0;
        for comes_back in echoes {
            let before = agent.now;
            match agent.step() {
                Step::Send(sent) => {
                    unanswered += 1;
                    prop_assert!(unanswered <= ATTEMPTS);
                    if comes_back {
                        prop_assert!(agent.echo(&sent).is_some());
                        unanswered = 0;
                    }
                }
                Step::Missed { .. } => unanswered = 0,
                Step::Wait => prop_assert!(false, "it was due"),
            }
            prop_assert!(agent.loopback.due().is_some_and(|due| due > before.min(agent.now)));
        }
    }
}
