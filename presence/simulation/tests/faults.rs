//! That the simulation sees: each planted fault is found within a few worlds, and the rule that it breaks is named.

use rollcall_simulation::{Fault, Manner, run, run_so};

/// Worlds within which a fault has to be found, under its rule. Most are found in the first; a few need a save, a stall or
/// a stop. The rarest, an answer before what was said is written down, shows in one world of twenty.
const WITHIN: u64 = 60;

/// Worlds within which it has to be found by what comes out alone.
const WITHIN_FROM_OUTSIDE: u64 = 100;

const FROM_OUTSIDE: Manner = Manner {
    from_outside: true,
    many_kills: false,
};

const MANY_KILLS: Manner = Manner {
    from_outside: false,
    many_kills: true,
};

fn finds(fault: Fault) {
    let mut found = Vec::new();
    for seed in 0..WITHIN {
        let report = run(seed, Some(fault), false);
        if let Some(violation) = report.violation {
            if violation.rule == fault.rule() {
                return;
            }
            found.push(violation);
        }
    }
    panic!(
        "{} is not found, or not as rule {}: {found:#?}",
        fault.key(),
        fault.rule()
    );
}

macro_rules! faults {
    ($($name:ident: $fault:ident;)+) => {
        $(#[test] fn $name() { finds(Fault::$fault); })+

        #[test]
        fn every_fault_has_its_test() {
            let tested = [$(Fault::$fault),+];
            assert!(Fault::ALL.iter().all(|fault| tested.contains(fault)));
        }
    };
}

faults! {
    rule_1_engine_time_that_runs_on_through_a_stall_is_found: RawMonotonic;
    rule_1_a_restart_that_begins_engine_time_anew_is_found: EngineTimeLost;
    rule_2_polls_that_do_not_count_are_found: PollsDoNotCount;
    rule_2_proofs_that_do_not_count_are_found: ProofsDoNotCount;
    rule_3_one_lease_for_all_is_found: OneLeaseForAll;
    rule_4_a_sweep_is_found: Sweep;
    rule_4_a_flip_that_is_too_early_is_found: TooEarly;
    rule_5_taking_all_to_know_the_newest_is_found: AllKnowTheNewest;
    rule_5_forgetting_old_versions_is_found: OldVersionsForgotten;
    rule_6_untold_blindness_is_found: BlindnessUntold;
    rule_6_a_start_without_grace_is_found: NoGraceAtStart;
    rule_6_a_start_that_has_all_offline_is_found: AllOfflineAtStart;
    rule_6_unrecorded_blind_time_is_found: BlindTimeUnrecorded;
    rule_6_transitions_that_are_not_written_down_are_found: LastTransitionsLost;
    rule_6_answers_before_what_was_said_is_written_down_are_found: AnsweredBeforeWritten;
    rule_8_a_stripped_fence_is_found: FenceStripped;
    rule_10_a_swallowed_goodbye_is_found: GoodbyeSwallowed;
    rule_10_folding_always_is_found: AlwaysFolded;
    rule_11_a_failed_probe_that_ends_a_lease_is_found: FailedProbeEndsLease;
    rule_13_the_grounds_of_another_are_found: GroundsOfAnother;
    rule_14_ignoring_the_observed_address_is_found: ObservedIgnored;
    rule_14_ignoring_the_own_address_is_found: OwnIgnored;
    rule_15_a_stretched_interval_is_found: IntervalStretched;
    rule_5_an_agent_that_does_not_poll_when_told_is_found: PollNowIgnored;
    rule_6_an_agent_that_overlooks_a_server_that_lost_its_memory_is_found: EpochIgnored;
    rule_14_an_agent_that_overlooks_its_new_address_is_found: AddressChangeIgnored;
    rule_14_an_agent_that_never_polls_by_itself_is_found: NeverPolls;
    rule_15_an_agent_that_does_not_wait_for_a_busy_server_is_found: RetryAfterIgnored;
}

/// By what comes out alone, without a look at leases and deadlines: then it is no matter of comparing fields.
#[test]
fn faults_are_found_from_outside_too() {
    for fault in Fault::ALL {
        // What people are told is all that it changes.
        if *fault == Fault::GroundsOfAnother {
            continue;
        }
        let seen = |seed| {
            let report = run_so(seed, Some(*fault), FROM_OUTSIDE, false);
            report.violation.is_some()
        };
        assert!((0..WITHIN_FROM_OUTSIDE).any(seen), "{}", fault.key());
    }
}

#[test]
fn without_the_fault_many_kills_break_no_rule() {
    for seed in 0..100 {
        let report = run_so(seed, None, MANY_KILLS, false);
        assert!(report.violation.is_none(), "{report}");
    }
}
