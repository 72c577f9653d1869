//! Runs simulated worlds from their seeds: `simulate --seed 7 --trace`, `simulate --seeds 0..1000`.

#![expect(clippy::print_stdout, reason = "a command for people")]

use std::process::ExitCode;

use clap::Parser;
use rollcall_simulation::{Fault, Manner, run_so};

/// Run the rules of presence and the agent in simulated worlds.
#[derive(Debug, Parser)]
#[command(name = "simulate", max_term_width = 100)]
struct Options {
    /// The world of this seed.
    #[arg(long, conflicts_with = "seeds")]
    seed: Option<u64>,
    /// The worlds of these seeds, the last not included.
    #[arg(long, value_name = "A..B", value_parser = range)]
    seeds: Option<std::ops::Range<u64>>,
    /// Plant a fault, which has to be found.
    #[arg(long, value_name = "NAME")]
    fault: Option<Fault>,
    /// Look only at what comes out, and at nothing that it rests on.
    #[arg(long)]
    from_outside: bool,
    /// Kill the server eight times as often.
    #[arg(long)]
    many_kills: bool,
    /// Show all that happens.
    #[arg(long)]
    trace: bool,
}

fn range(text: &str) -> Result<std::ops::Range<u64>, String> {
    let (first, end) = text.split_once("..").ok_or("write A..B")?;
    let number = |part: &str| part.parse().map_err(|_| format!("{part:?} is no number"));
    Ok(number(first)?..number(end)?)
}

fn main() -> ExitCode {
    let options = Options::parse();
    let seeds = match (options.seed, options.seeds) {
        (Some(seed), _) => seed..seed + 1,
        (None, Some(seeds)) => seeds,
        (None, None) => 0..100,
    };
    let (mut worlds, mut steps, mut transitions) = (0_u64, 0, 0);
    let manner = Manner {
        from_outside: options.from_outside,
        many_kills: options.many_kills,
    };
    for seed in seeds {
        let report = run_so(seed, options.fault, manner, options.trace);
        worlds += 1;
        steps += report.steps;
        transitions += report.transitions;
        if report.violation.is_some() {
            println!("{report}");
            return ExitCode::FAILURE;
        }
        if options.trace {
            for line in &report.lines {
                println!("{line}");
            }
        }
        if options.seed.is_some() {
            println!("{report}");
        }
    }
    println!("{worlds} worlds, {steps} steps, {transitions} transitions: every rule held");
    ExitCode::SUCCESS
}
