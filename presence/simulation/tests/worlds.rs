//! Every rule holds in every world. The number of worlds is fixed, not by the clock: a run is the same everywhere.

use std::collections::BTreeMap;

use rollcall_simulation::run;

fn every_rule_holds(seeds: std::ops::Range<u64>) {
    for seed in seeds {
        let report = run(seed, None, false);
        assert!(report.violation.is_none(), "\n{report}");
    }
}

macro_rules! worlds {
    ($($name:ident: $seeds:expr;)+) => {
        $(#[test] fn $name() { every_rule_holds($seeds); })+
    };
}

// In parts, so that they run beside each other, and each is far from what the runner takes for hanging.
worlds! {
    every_rule_holds_in_worlds_0_to_249: 0..250;
    every_rule_holds_in_worlds_250_to_499: 250..500;
    every_rule_holds_in_worlds_500_to_749: 500..750;
    every_rule_holds_in_worlds_750_to_999: 750..1_000;
    every_rule_holds_in_worlds_1000_to_1249: 1_000..1_250;
    every_rule_holds_in_worlds_1250_to_1499: 1_250..1_500;
    every_rule_holds_in_worlds_1500_to_1749: 1_500..1_750;
    every_rule_holds_in_worlds_1750_to_1999: 1_750..2_000;
}

#[test]
fn the_same_seed_is_the_same_run() {
    for seed in 0..20 {
        let (one, other) = (run(seed, None, true), run(seed, None, false));
        assert_eq!((one.hash, one.steps), (other.hash, other.steps), "seed {seed}");
        assert_eq!(one.met, other.met, "seed {seed}");
    }
}

#[test]
fn two_seeds_are_two_runs() {
    let hashes: std::collections::BTreeSet<u64> = (0..20).map(|seed| run(seed, None, false).hash).collect();
    assert_eq!(hashes.len(), 20);
}

/// Worlds in which nothing happens would hold every rule.
#[test]
fn a_hundred_worlds_meet_all_that_the_rules_speak_of() {
    let mut met = BTreeMap::new();
    for seed in 0..100 {
        for (what, times) in run(seed, None, false).met {
            *met.entry(what).or_insert(0) += times;
        }
    }
    for what in [
        "heartbeat",
        "poll",
        "verification",
        "a contact for the owner",
        "a stale contact",
        "a stale event",
        "a contact of another boot",
        "come back later",
        "a repeated answer",
        "a server whose memory began anew",
        "an agent's clock jumps",
        "a failed probe",
        "blindness",
        "server starts",
        "server is killed",
        "a lease of heartbeats",
        "a lease of polls",
        "a lease of verifications",
        "a lease by older settings",
        "an announced restart that is overdue",
        "a deadline put off by the server's absence",
        "a folded restart",
        "back by a contact",
        "back by a registration",
        "a save changes a status",
        "an address changes a status",
        "stop",
        "uninstall",
        "retired",
        "leaves the roll call",
    ] {
        assert!(met.get(what).is_some_and(|times| *times >= 5), "{what}: {met:#?}");
    }
}
