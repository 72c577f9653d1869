//! That whoever is shown a violation can have it again: the command that is printed with it shows the same one.

use std::process::Command;

use rollcall_simulation::{Fault, Manner, Report, run_so};

/// The first world in which this is found.
fn found(fault: Fault, manner: Manner) -> Report {
    (0..100)
        .map(|seed| run_so(seed, Some(fault), manner, false))
        .find(|report| report.violation.is_some())
        .unwrap_or_else(|| panic!("{} is not found", fault.key()))
}

#[test]
fn the_command_that_a_violation_prints_shows_the_same_violation() {
    for (from_outside, many_kills) in [(false, false), (true, false), (false, true), (true, true)] {
        let manner = Manner {
            from_outside,
            many_kills,
        };
        for fault in [Fault::TooEarly, Fault::GoodbyeSwallowed, Fault::RetryAfterIgnored] {
            let report = found(fault, manner);
            let text = report.to_string();
            let [.., what, again] = text.lines().collect::<Vec<_>>()[..] else {
                panic!("{text}");
            };
            assert!(what.starts_with(&format!("seed {}, step {}: rule", report.seed, report.steps)));
            let arguments = again
                .strip_prefix("again: cargo run -p rollcall-simulation -- ")
                .unwrap_or_else(|| panic!("{again}"));
            let output = Command::new(env!("CARGO_BIN_EXE_simulate"))
                .args(arguments.split(' '))
                .output()
                .expect("it runs");
            assert_eq!(output.status.code(), Some(1), "{again}");
            let shown = String::from_utf8_lossy(&output.stdout);
            let last: Vec<_> = shown.lines().rev().take(2).collect();
            assert_eq!(last, [again, what], "{again}");
        }
    }
}
