//! What stands beside the fields of the form, and changes as somebody types: what a number means, and where it is not wise.
//!
//! Two of the recommendations are `OfficeScan`'s, as its users know them. *Long intervals (above 60 minutes): more events may
//! occur before the console reflects them; short ones are more up to date and cost bandwidth.* And *the server polling
//! frequency should be at least three times the heartbeat's*, which is read as the interval. The others are the rules of
//! presence.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;

use super::draft::Draft;
use super::judgement::POLLS_PER_HEARTBEAT;
use super::{Field, HeartbeatScope, LoopbackMode, MINUTES_A_DAY, Settings};
use crate::minutes::Minutes;
use crate::seconds::Seconds;

/// Where long intervals begin and short ones end.
const LONG: u32 = 60;

/// What is to be said beside a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advice {
    /// The words.
    pub text: String,
    /// Whether the number may be saved but is not wise: it is in [`Settings::warnings`].
    pub is_warning: bool,
}

impl Advice {
    fn plain(text: String) -> Self {
        Self {
            text,
            is_warning: false,
        }
    }

    fn warning(text: String) -> Self {
        Self {
            text,
            is_warning: true,
        }
    }
}

impl Draft {
    /// What to say beside a field; nothing where it cannot be read, or nothing is to be said.
    #[must_use]
    pub fn advice(&self, field: Field) -> Option<Advice> {
        let minutes = |text: &str| text.parse::<Minutes>().ok();
        let (poll, heartbeat) = (minutes(&self.poll_every), minutes(&self.heartbeat_every));
        let offline = minutes(&self.offline_after);
        match field {
            Field::UnreachableNetwork => self.of_networks(),
            Field::PollEvery if self.heartbeat => polls(poll?, heartbeat?).map(|advice| capped(advice, poll)),
            Field::PollEvery => Some(capped(
                Advice::plain(format!(
                    "Without heartbeat, an agent in the unreachable network is offline when it was not heard for {} \
                     minutes: one missed poll is forgiven.",
                    super::forgiving(poll?)
                )),
                poll,
            )),
            Field::HeartbeatScope if self.heartbeat => self.of_scope(),
            Field::HeartbeatEvery if self.heartbeat => of_interval(heartbeat?),
            Field::OfflineAfter if self.heartbeat => of_time_out(heartbeat?, offline?),
            Field::Loopback => Some(of_loopback(self.loopback)),
            Field::LoopbackEverySeconds if self.loopback != LoopbackMode::Off => {
                Some(of_loopback_interval(self.loopback_every_seconds.parse().ok()?))
            }
            _ => None,
        }
    }

    fn of_networks(&self) -> Option<Advice> {
        self.networks.lines().is_empty().then(|| {
            Advice::plain(
                "No agent is in the unreachable network: the server connects to each that it has news for."
                    .to_owned(),
            )
        })
    }

    fn of_scope(&self) -> Option<Advice> {
        let others = format!(
            "All other agents send none: the server connects to each every {} minutes instead.",
            self.rest.verify_every.get()
        );
        (self.heartbeat_scope == HeartbeatScope::UnreachableNetwork).then(|| Advice::plain(others))
    }
}

fn of_loopback(mode: LoopbackMode) -> Advice {
    Advice::plain(
        match mode {
            LoopbackMode::Off => "That a NAT forgot an agent shows only at its next heartbeat or poll.",
            _ => "UDP must reach the server's port. Where it does not, agents say so, and go on without.",
        }
        .to_owned(),
    )
}

fn of_loopback_interval(every: Seconds) -> Advice {
    if every.is_wise() {
        Advice::plain("Within the 30 seconds after which the first NATs forget a mapping of UDP.".to_owned())
    } else {
        Advice::warning(format!(
            "Some NATs forget a mapping of UDP after 30 seconds. {} seconds or less keep it.",
            Seconds::DEFAULT.get()
        ))
    }
}

/// Every agent polls once a day, so what is longer changes nothing (rule 14).
fn capped(mut advice: Advice, poll: Option<Minutes>) -> Advice {
    if poll.is_some_and(|poll| poll.get() > MINUTES_A_DAY) {
        advice.text.push_str(" Agents poll once a day in any case.");
    }
    advice
}

fn polls(poll: Minutes, heartbeat: Minutes) -> Option<Advice> {
    let least = least_poll(heartbeat)?;
    let reading = "The recommendation speaks of a frequency of three times the heartbeat's; it is read as the interval, \
                   since a heartbeat's answer tells an agent when to poll.";
    Some(if poll.get() < least {
        Advice::warning(format!(
            "{least} minutes or more are recommended: at least three times the heartbeat interval. {reading}"
        ))
    } else {
        Advice::plain(format!(
            "At least three times the heartbeat interval, as is recommended (here: {least} minutes or more). {reading}"
        ))
    })
}

/// The least poll interval that is wise beside heartbeats; nothing where none is long enough.
fn least_poll(heartbeat: Minutes) -> Option<u32> {
    let least = heartbeat.get() * POLLS_PER_HEARTBEAT;
    (least <= Minutes::MAX.get()).then_some(least)
}

fn of_interval(heartbeat: Minutes) -> Option<Advice> {
    let text = match heartbeat.get() {
        LONG => return None,
        shorter if shorter < LONG => {
            "Below 60 minutes: the console shows what is so more promptly, at more bandwidth."
        }
        _ => "Above 60 minutes: less bandwidth, and more can happen to an agent before the console shows it.",
    };
    Some(Advice::plain(text.to_owned()))
}

fn of_time_out(heartbeat: Minutes, offline: Minutes) -> Option<Advice> {
    if offline <= heartbeat {
        return None; // It is refused, in its own words.
    }
    let least = super::forgiving(heartbeat);
    if offline.get() < least {
        let remedy = if least <= Minutes::MAX.get() {
            format!("{least} minutes or more forgive one.")
        } else {
            "A shorter heartbeat interval is needed.".to_owned()
        };
        return Some(Advice::warning(format!(
            "One lost heartbeat makes an agent offline. {remedy}"
        )));
    }
    // So many in a row may be lost, with a minute to spare (rule 15).
    let forgiven = (offline.get() - 1) / heartbeat.get() - 1;
    Some(Advice::plain(match forgiven {
        1 => "One lost heartbeat is forgiven.".to_owned(),
        more => format!("{more} lost heartbeats in a row are forgiven."),
    }))
}

/// The time-out to offer in the place of one that is refused or not wise; nothing where the interval is too long for any.
#[must_use]
pub fn time_out_for(heartbeat_every: &str) -> Option<Minutes> {
    let heartbeat: Minutes = heartbeat_every.parse().ok()?;
    Minutes::try_new(i64::from(super::forgiving(heartbeat))).ok()
}

impl Settings {
    /// The least poll interval, in minutes, that is wise beside the heartbeats; nothing where none is long enough.
    #[must_use]
    pub fn wise_poll(&self) -> Option<u32> {
        least_poll(self.heartbeat_every)
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;
    use alloc::vec::Vec;

    use super::*;

    fn draft(heartbeat_every: &str, offline_after: &str, poll_every: &str) -> Draft {
        Draft {
            heartbeat_every: heartbeat_every.to_string(),
            offline_after: offline_after.to_string(),
            poll_every: poll_every.to_string(),
            ..Draft::of(&Settings::default())
        }
    }

    #[test]
    fn advice_follows_what_is_typed() {
        use Field::{HeartbeatEvery, OfflineAfter, PollEvery};
        for (heartbeat, offline, poll, field, says) in [
            ("59", "129600", "200", HeartbeatEvery, "Below 60 minutes"),
            ("60", "129600", "200", HeartbeatEvery, ""),
            ("61", "129600", "200", HeartbeatEvery, "Above 60 minutes"),
            ("abc", "129600", "200", HeartbeatEvery, ""),
            ("10", "60", "30", PollEvery, "here: 30 minutes or more"),
            ("10", "60", "29", PollEvery, "!30 minutes or more are recommended"),
            ("10", "60", "1441", PollEvery, "once a day in any case"),
            ("50000", "60", "30", PollEvery, ""),
            ("10", "10", "30", OfflineAfter, ""),
            ("10", "20", "30", OfflineAfter, "!21 minutes or more forgive one"),
            ("10", "21", "30", OfflineAfter, "One lost heartbeat is forgiven"),
            ("10", "60", "30", OfflineAfter, "4 lost heartbeats in a row"),
            (
                "100000",
                "129600",
                "30",
                OfflineAfter,
                "!A shorter heartbeat interval",
            ),
        ] {
            let advice = draft(heartbeat, offline, poll).advice(field);
            let (says, is_warning) = (says.trim_start_matches('!'), says.starts_with('!'));
            match advice {
                None => assert_eq!(says, "", "{heartbeat} {offline} {poll}"),
                Some(advice) => {
                    assert!(!says.is_empty() && advice.text.contains(says), "{}", advice.text);
                    assert_eq!(advice.is_warning, is_warning, "{}", advice.text);
                }
            }
        }
    }

    #[test]
    fn the_form_warns_of_what_a_save_warns_of() {
        for heartbeat in ["1", "10", "43200", "43201", "64799", "64800", "129599"] {
            for offline in ["11", "21", "129600"] {
                for poll in ["1", "30", "129600"] {
                    let draft = draft(heartbeat, offline, poll);
                    let meant = draft.meant();
                    if !meant.refusals().is_empty() {
                        continue;
                    }
                    let saved: Vec<_> = meant
                        .warnings()
                        .iter()
                        .filter_map(|warning| Field::of_key(&warning.field))
                        .collect();
                    for field in [Field::PollEvery, Field::OfflineAfter] {
                        let warned = draft.advice(field).is_some_and(|advice| advice.is_warning);
                        assert_eq!(
                            warned,
                            saved.contains(&field),
                            "{heartbeat} {offline} {poll} {field:?}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn without_heartbeat_the_polls_are_what_counts() {
        let draft = Draft {
            heartbeat: false,
            ..draft("10", "60", "30")
        };
        let advice = draft.advice(Field::PollEvery).unwrap();
        assert!(advice.text.contains("61 minutes"), "{}", advice.text);
        assert_eq!(draft.advice(Field::OfflineAfter), None);
    }
}
