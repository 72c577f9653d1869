//! The summary as lines for people.

use std::fmt::Write as _;

use super::{Percentiles, Stretch, Summary};

impl Summary {
    /// For people.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        let mut row = |name: &str, value: String| {
            if !value.is_empty() {
                // Writing to a text cannot fail.
                let _ = writeln!(text, "{name:<14}{value}");
            }
        };
        let broken_off = if self.interrupted { ", broken off" } else { "" };
        row(
            self.scenario,
            format!(
                "{} agents over {}, {} connections, {:.1} s{broken_off}",
                self.agents, self.transport, self.connections, self.lasted_s
            ),
        );
        let before = self.before;
        if before.enrolled > 0 {
            row(
                "enrolled",
                format!("{} in {:.1} s", before.enrolled, before.enrolling_s),
            );
        }
        if before.registered > 0 {
            row(
                "registered",
                format!(
                    "{} in {:.1} s, before it began",
                    before.registered, before.registering_s
                ),
            );
        }
        row("contacts", self.contacts_text());
        for (name, spans) in [
            ("answers", self.answers_ms),
            ("registers", self.register_answers_ms),
            ("echoes", self.echoes_ms),
            ("waits", self.waits_ms),
            ("registering", self.registering_ms),
            ("returning", self.returning_ms),
        ] {
            row(name, spans.text());
        }
        let errors: Vec<_> = self
            .errors
            .iter()
            .map(|(name, count)| format!("{count} {name}"))
            .collect();
        row(
            "errors",
            if errors.is_empty() {
                "none".to_owned()
            } else {
                errors.join(", ")
            },
        );
        let slots = self.slots;
        row(
            "slots",
            if slots.count == 0 {
                "none given".to_owned()
            } else {
                format!(
                    "{} given, {} to {} s",
                    slots.count, slots.shortest_s, slots.longest_s
                )
            },
        );
        if self.unregistered > 0 {
            row("unregistered", format!("{} agents in the end", self.unregistered));
        }
        if self.unreturned > 0 {
            row("unreturned", format!("{} agents in the end", self.unreturned));
        }
        for (name, value) in self.seen() {
            row(name, value);
        }
        row("own processor", format!("{:.0} % of one", self.own_cpu * 100.0));
        for note in &self.notes {
            row("note", note.clone());
        }
        row(
            "verdict",
            if self.as_expected {
                "as expected"
            } else {
                "NOT as expected"
            }
            .to_owned(),
        );
        text.truncate(text.trim_end().len());
        text
    }

    /// For people: how many contacts of which kind.
    fn contacts_text(&self) -> String {
        let packets = match self.echoes_ms.count {
            0 => String::new(),
            count => format!(", {count} loopback packets"),
        };
        format!(
            "{} answered, {:.1}/s: {} heartbeats, {} registers, {} polls{packets}",
            self.contacts, self.contacts_per_s, self.heartbeats, self.registers, self.polls
        )
    }

    /// For people: what the feed showed.
    fn seen(&self) -> Vec<(&'static str, String)> {
        let Some(seen) = &self.transitions else {
            return vec![(
                "transitions",
                "not watched (--user or --console-session)".to_owned(),
            )];
        };
        let counts = format!(
            "{} online, {} offline; {} false, {} unwanted, {} twice, {} missing",
            seen.online, seen.offline, seen.falsely, seen.unwanted, seen.twice, seen.missing
        );
        vec![
            ("transitions", counts),
            ("detection", seen.detection_ms.text()),
            ("shown again", seen.return_ms.text()),
        ]
    }
}

impl Percentiles {
    fn text(&self) -> String {
        if self.count == 0 {
            return String::new();
        }
        format!(
            "p50 {:.2} ms, p90 {:.2}, p99 {:.2}, p99.9 {:.2}, max {:.2} ({})",
            self.p50, self.p90, self.p99, self.p99_9, self.max, self.count
        )
    }
}

impl Stretch {
    /// For people.
    pub(crate) fn text(&self) -> String {
        format!(
            "{:>7.1} s  {:>8} agents  {:>9.1} contacts/s  p50 {:.2} ms  p99 {:.2} ms  {} errors",
            self.at_s, self.agents, self.contacts_per_s, self.p50_ms, self.p99_ms, self.errors
        )
    }
}
