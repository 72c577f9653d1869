//! The form of the unreachable network, as it is typed; and the settings that it means.
//!
//! It judges by the code that the API judges by, so that the form refuses exactly what a save would be refused for.

use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use super::networks::Networks;
use super::{Field, HeartbeatScope, LoopbackMode, Settings};
use crate::console_api::Listens;
use crate::minutes::{self, Minutes};
use crate::problem::FieldError;
use crate::seconds::{self, Seconds};

/// What stands in the form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The ranges.
    pub networks: Networks,
    /// Minutes, as typed.
    pub poll_every: String,
    /// The switch.
    pub heartbeat: bool,
    /// The choice.
    pub heartbeat_scope: HeartbeatScope,
    /// Minutes, as typed.
    pub heartbeat_every: String,
    /// Minutes, as typed.
    pub offline_after: String,
    /// The choice.
    pub loopback: LoopbackMode,
    /// Seconds, as typed.
    pub loopback_every_seconds: String,
    /// What the form does not show, and leaves as it is.
    pub rest: Settings,
}

impl Draft {
    /// The form of these settings.
    #[must_use]
    pub fn of(settings: &Settings) -> Self {
        let text = |minutes: Minutes| minutes.get().to_string();
        Self {
            networks: Networks::of(&settings.unreachable_network),
            poll_every: text(settings.poll_every),
            heartbeat: settings.heartbeat,
            heartbeat_scope: settings.heartbeat_scope,
            heartbeat_every: text(settings.heartbeat_every),
            offline_after: text(settings.offline_after),
            loopback: settings.loopback,
            loopback_every_seconds: settings.loopback_every_seconds.get().to_string(),
            rest: Settings {
                unreachable_network: Vec::new(),
                ..settings.clone()
            },
        }
    }

    /// The settings that it means on a server that listens on these families.
    ///
    /// # Errors
    /// Everything that is wrong with it, field by field, as the API names fields. Ranges are named by their lines.
    pub fn judge(&self, listens: Listens) -> Result<Settings, Vec<FieldError>> {
        let refusals = self.refusals(listens);
        if refusals.is_empty() {
            Ok(self.meant())
        } else {
            Err(refusals)
        }
    }

    /// What is wrong with it; empty where it may be saved.
    #[must_use]
    pub fn refusals(&self, listens: Listens) -> Vec<FieldError> {
        let mut refusals: Vec<FieldError> = [
            (Field::PollEvery, &self.poll_every),
            (Field::HeartbeatEvery, &self.heartbeat_every),
            (Field::OfflineAfter, &self.offline_after),
        ]
        .into_iter()
        .filter_map(|(field, text)| {
            let refused = text.parse::<Minutes>().err()?;
            Some(FieldError::new(
                field.key(),
                refused.to_string(),
                minutes::ALLOWED,
                text.trim(),
            ))
        })
        .collect();
        refusals.extend(
            self.loopback_every_seconds
                .parse::<Seconds>()
                .err()
                .map(|refused| {
                    FieldError::new(
                        Field::LoopbackEverySeconds.key(),
                        refused.to_string(),
                        seconds::ALLOWED,
                        self.loopback_every_seconds.trim(),
                    )
                }),
        );
        // How fields go together is judged where each can be read.
        if refusals.is_empty() {
            let without_ranges = self.meant_with(Vec::new());
            refusals.extend(without_ranges.refusals_on(listens));
        }
        let lines = self.networks.refusals(listens);
        refusals.extend(lines.into_iter().map(|(_, refusal)| refusal));
        refusals
    }

    /// The settings that it means, where every field can be read; those that cannot are what they were.
    #[must_use]
    pub fn meant(&self) -> Settings {
        self.meant_with(self.networks.ranges())
    }

    fn meant_with(&self, unreachable_network: Vec<crate::AddressRange>) -> Settings {
        let minutes = |text: &str, was: Minutes| text.parse().unwrap_or(was);
        Settings {
            unreachable_network,
            heartbeat: self.heartbeat,
            heartbeat_scope: self.heartbeat_scope,
            heartbeat_every: minutes(&self.heartbeat_every, self.rest.heartbeat_every),
            offline_after: minutes(&self.offline_after, self.rest.offline_after),
            poll_every: minutes(&self.poll_every, self.rest.poll_every),
            loopback: self.loopback,
            loopback_every_seconds: self
                .loopback_every_seconds
                .parse()
                .unwrap_or(self.rest.loopback_every_seconds),
            ..self.rest.clone()
        }
    }
}

/// How many fields the refusals are about: `unreachable_network` is one, however many of its lines are wrong.
#[must_use]
pub fn fields_in(refusals: &[FieldError]) -> usize {
    let mut fields: Vec<_> = refusals
        .iter()
        .filter_map(|refusal| Field::of_key(&refusal.field))
        .collect();
    fields.sort_unstable();
    fields.dedup();
    fields.len()
}

/// So many fields to correct, in words; nothing where there are none.
#[must_use]
pub fn to_correct(refusals: &[FieldError]) -> Option<String> {
    match fields_in(refusals) {
        0 => None,
        1 => Some("1 field to correct".to_string()),
        count => Some(format!("{count} fields to correct")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_that_nobody_touched_means_the_settings_that_it_was_made_of() {
        let settings = Settings {
            unreachable_network: ["10.0.0.0/8", "fd00::/8"]
                .map(|text| text.parse().unwrap())
                .to_vec(),
            dial_own_addresses_in: alloc::vec!["10.9.0.0/16".parse().unwrap()],
            verify_every: Minutes::MAX,
            heartbeat_scope: HeartbeatScope::UnreachableNetwork,
            ..Settings::default()
        };
        let draft = Draft::of(&settings);
        assert_eq!(draft.judge(Listens::Both), Ok(settings.clone()));
        assert_eq!(draft, Draft::of(&settings));
    }

    #[test]
    fn each_wrong_field_is_named_once_and_counted_once() {
        let mut draft = Draft {
            poll_every: "abc".to_string(),
            heartbeat_every: String::new(),
            ..Draft::of(&Settings::default())
        };
        draft.networks.add("10.0.0.5/8\nprinter\nfd00::/8");
        let refusals = draft.judge(Listens::Ipv4).unwrap_err();
        let fields: Vec<&str> = refusals.iter().map(|refusal| refusal.field.as_str()).collect();
        assert_eq!(
            fields,
            [
                "poll_every",
                "heartbeat_every",
                "unreachable_network[0]",
                "unreachable_network[1]",
                "unreachable_network[2]"
            ]
        );
        assert_eq!(to_correct(&refusals).as_deref(), Some("3 fields to correct"));
        assert_eq!(to_correct(&[]), None);
    }
}
