//! Notifications of an agent in words: what it was to be told, how far that got, and by which way; and what that says
//! of its components.

use rollcall_shared::ComponentName;
use rollcall_shared::console_api::{Notification, NotificationState, Subject};

use crate::phrase;

/// What a notification is about.
#[must_use]
pub fn subject(of: &Subject) -> String {
    match of {
        Subject::Settings(version) => format!("Settings version {version}"),
        Subject::Component(name, version) => format!("{name} {version}"),
    }
}

/// How far it has got: `applied after 2.3 s · told at its heartbeat`. The delay is that from the save.
#[must_use]
pub fn state(of: &Notification) -> String {
    let after = |at_ms: Option<i64>| {
        let delay = at_ms.map(|at_ms| phrase::behind(at_ms - of.queued_at_ms));
        delay.map_or_else(String::new, |delay| format!(" after {delay}"))
    };
    let told = of
        .way
        .map_or_else(String::new, |way| format!(" · told {}", way.phrase()));
    match of.state {
        NotificationState::Queued => "queued: the agent does not know yet".to_owned(),
        NotificationState::Delivered => format!("delivered{}{told}", after(of.delivered_at_ms)),
        NotificationState::Applied => format!("applied{}{told}", after(of.ended_at_ms)),
        NotificationState::Failed => {
            let why = of.failure.as_deref().unwrap_or("no reason was given");
            format!("failed{}: {why}{told}", after(of.ended_at_ms))
        }
        NotificationState::Superseded => "superseded by a newer one".to_owned(),
    }
}

/// A component of an agent: its name, and `1.0`, `1.0 → 1.1`, `1.0 → 1.1 failed: no room for it`.
#[must_use]
pub fn components(told: &[Notification]) -> Vec<(String, String)> {
    let mut names: Vec<&ComponentName> = Vec::new();
    // A few: an agent has 32 at the most.
    for name in told.iter().filter_map(name) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
        .into_iter()
        .map(|component| (component.to_string(), component_line(component, told)))
        .collect()
}

fn name(of: &Notification) -> Option<&ComponentName> {
    match &of.subject {
        Subject::Component(name, _) => Some(name),
        Subject::Settings(_) => None,
    }
}

/// What it has is what it applied last; what it is to have, what was handed out last.
fn component_line(component: &ComponentName, told: &[Notification]) -> String {
    let its = || told.iter().filter(|one| name(one) == Some(component));
    let version = |of: &Notification| match &of.subject {
        Subject::Component(_, version) => version.to_string(),
        Subject::Settings(_) => String::new(),
    };
    let applied = its().filter(|one| one.state == NotificationState::Applied);
    let has = applied.max_by_key(|one| one.ended_at_ms);
    let wanted = its()
        .filter(|one| one.state != NotificationState::Superseded)
        .max_by_key(|one| one.queued_at_ms);
    let mut line = has.map_or_else(|| "none".to_owned(), version);
    if let Some(wanted) = wanted.filter(|wanted| wanted.state != NotificationState::Applied) {
        line.push_str(" → ");
        line.push_str(&version(wanted));
        if wanted.state == NotificationState::Failed {
            line.push_str(" failed: ");
            line.push_str(wanted.failure.as_deref().unwrap_or("no reason was given"));
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use rollcall_shared::console_api::Way;

    use super::*;

    fn told(subject: &str, state: NotificationState, ended_at_ms: Option<i64>) -> Notification {
        Notification {
            subject: subject.parse().unwrap(),
            state,
            queued_at_ms: 1_000,
            delivered_at_ms: Some(2_200),
            ended_at_ms,
            way: Some(Way::Contact),
            failure: (state == NotificationState::Failed).then(|| "no room for it".to_owned()),
        }
    }

    #[test]
    fn a_notification_says_how_far_it_got_after_how_long_and_by_which_way() {
        for (state_is, ended, words) in [
            (
                NotificationState::Delivered,
                None,
                "delivered after 1.2 s · told at its heartbeat",
            ),
            (
                NotificationState::Applied,
                Some(3_300),
                "applied after 2.3 s · told at its heartbeat",
            ),
            (
                NotificationState::Failed,
                Some(61_000),
                "failed after 1 min: no room for it · told at its heartbeat",
            ),
            (
                NotificationState::Superseded,
                Some(9_000),
                "superseded by a newer one",
            ),
        ] {
            assert_eq!(state(&told("settings.41", state_is, ended)), words);
        }
        let mut queued = told("settings.41", NotificationState::Queued, None);
        queued.way = None;
        assert_eq!(state(&queued), "queued: the agent does not know yet");
        assert_eq!(subject(&queued.subject), "Settings version 41");
        let component = "component.antivirus.2.1.0".parse().unwrap();
        assert_eq!(subject(&component), "antivirus 2.1.0");
    }

    #[test]
    fn components_are_told_by_what_was_applied_last_and_handed_out_last() {
        use NotificationState::{Applied, Failed, Queued, Superseded};
        let later = |mut one: Notification| {
            one.queued_at_ms = 50_000;
            one
        };
        let all = [
            told("settings.41", Applied, Some(5_000)),
            later(told("component.av.1.1", Failed, Some(61_000))),
            told("component.av.1.0", Applied, Some(5_000)),
            told("component.av.0.9", Applied, Some(4_000)),
            told("component.bios.7", Superseded, Some(2_000)),
            later(told("component.bios.8", Queued, None)),
            told("component.cert.3", Applied, Some(6_000)),
        ];
        let expected = [
            ("av", "1.0 → 1.1 failed: no room for it"),
            ("bios", "none → 8"),
            ("cert", "3"),
        ];
        let expected = expected.map(|(name, line)| (name.to_owned(), line.to_owned()));
        assert_eq!(components(&all), expected);
        // Somebody went back to an older version: it was handed out last, and applied last.
        let back = later(told("component.av.0.9", Applied, Some(70_000)));
        let all = [back, told("component.av.1.0", Applied, Some(5_000))];
        assert_eq!(components(&all), [("av".to_owned(), "0.9".to_owned())]);
    }
}
