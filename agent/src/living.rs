//! What this agent lives by: the settings that it last applied, as far as this version knows them.
//!
//! A type of its own, since a newer server may send values that this version does not know, which the shared type
//! refuses: such a value is passed over, and what is not said is as in the default settings. The settings decide how
//! long a contact interval is, which bounds the back-off; when exactly the next call is due the server says.

use core::time::Duration;

use rollcall_shared::settings::HeartbeatScope;
use rollcall_shared::{Duties, LoopbackMode, Minutes, Reachability, Seconds, Settings};
use serde::{Deserialize, Deserializer, Serialize};

/// The part of the settings that this version lives by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct KnownSettings {
    #[serde(deserialize_with = "known", skip_serializing_if = "Option::is_none")]
    heartbeat: Option<bool>,
    #[serde(deserialize_with = "known", skip_serializing_if = "Option::is_none")]
    heartbeat_scope: Option<HeartbeatScope>,
    #[serde(deserialize_with = "known", skip_serializing_if = "Option::is_none")]
    heartbeat_every: Option<Minutes>,
    #[serde(deserialize_with = "known", skip_serializing_if = "Option::is_none")]
    poll_every: Option<Minutes>,
    #[serde(deserialize_with = "known", skip_serializing_if = "Option::is_none")]
    verify_every: Option<Minutes>,
    #[serde(deserialize_with = "known", skip_serializing_if = "Option::is_none")]
    loopback: Option<LoopbackMode>,
    #[serde(deserialize_with = "known", skip_serializing_if = "Option::is_none")]
    loopback_every_seconds: Option<Seconds>,
}

/// A value, or nothing where it is of a kind that this version does not know.
fn known<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: serde::de::DeserializeOwned,
{
    let value = serde_json::Value::deserialize(deserializer)?;
    Ok(serde_json::from_value(value).ok())
}

/// Settings with their version and the length of their minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Living {
    settings: KnownSettings,
    version: u32,
    minute_ms: u32,
}

impl Living {
    /// Settings as they were read from an answer.
    pub(crate) const fn by(settings: KnownSettings, version: u32, minute_ms: u32) -> Self {
        Self {
            settings,
            version,
            minute_ms,
        }
    }

    /// Before the first settings.
    pub(crate) fn unsettled() -> Self {
        Self::by(KnownSettings::default(), 0, 60_000)
    }

    pub(crate) const fn version(&self) -> u32 {
        self.version
    }

    /// What an agent of this reachability has to do.
    fn duties(&self, reachability: Reachability) -> Duties {
        let (known, default) = (self.settings, Settings::default());
        let settings = Settings {
            heartbeat: known.heartbeat.unwrap_or(default.heartbeat),
            heartbeat_scope: known.heartbeat_scope.unwrap_or(default.heartbeat_scope),
            heartbeat_every: known.heartbeat_every.unwrap_or(default.heartbeat_every),
            poll_every: known.poll_every.unwrap_or(default.poll_every),
            verify_every: known.verify_every.unwrap_or(default.verify_every),
            loopback: known.loopback.unwrap_or(default.loopback),
            loopback_every_seconds: known
                .loopback_every_seconds
                .unwrap_or(default.loopback_every_seconds),
            ..default
        };
        settings.duties(reachability)
    }

    /// How often the contact comes that keeps an agent of this reachability online, in milliseconds.
    pub(crate) fn contact_every_ms(&self, reachability: Reachability) -> u64 {
        self.in_ms(self.duties(reachability).contact_every)
    }

    /// How often an agent of this reachability sends a loopback packet, in milliseconds; nothing where it sends none.
    pub(crate) fn loopback_every_ms(&self, reachability: Reachability) -> Option<u64> {
        let every = self.duties(reachability).loopback_every?;
        let every = every.lasting(Duration::from_millis(self.minute_ms.into()));
        Some(u64::try_from(every.as_millis()).unwrap_or(u64::MAX))
    }

    /// For people: what an agent of this reachability does.
    pub(crate) fn told(&self, reachability: Reachability) -> String {
        let duties = self.duties(reachability);
        let poll = format!("polls every {}", duties.poll_every);
        let loopback = duties
            .loopback_every
            .map(|every| format!(", loopback packet every {every}"))
            .unwrap_or_default();
        match duties.heartbeat_every {
            Some(every) => format!("sends heartbeat every {every}, {poll}{loopback}"),
            None => format!("sends no heartbeat, {poll}{loopback}"),
        }
    }

    fn in_ms(&self, minutes: Minutes) -> u64 {
        let minute = Duration::from_millis(self.minute_ms.into());
        u64::try_from(minutes.lasting(minute).as_millis()).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use rollcall_shared::Reachability::{Reachable, Unreachable};

    use super::*;

    fn living(settings: &str) -> Living {
        Living::by(serde_json::from_str(settings).unwrap(), 3, 2_000)
    }

    #[test]
    fn the_contact_interval_follows_from_switch_scope_and_network() {
        for (settings, reachable, unreachable) in [
            (r#"{"heartbeat_every":7}"#, 14_000, 14_000),
            (
                r#"{"heartbeat_scope":"unreachable_network","heartbeat_every":7,"verify_every":9}"#,
                18_000,
                14_000,
            ),
            (
                r#"{"heartbeat":false,"poll_every":5,"verify_every":9}"#,
                18_000,
                10_000,
            ),
        ] {
            let living = living(settings);
            assert_eq!(living.contact_every_ms(Reachable), reachable, "{settings}");
            assert_eq!(living.contact_every_ms(Unreachable), unreachable, "{settings}");
        }
    }

    #[test]
    fn loopback_packets_follow_from_mode_and_network() {
        for (settings, reachable, unreachable) in [
            (r#"{"loopback_every_seconds":30}"#, None, None),
            (
                r#"{"loopback":"all","loopback_every_seconds":30}"#,
                Some(1_000),
                Some(1_000),
            ),
            (
                r#"{"loopback":"unreachable_network","loopback_every_seconds":60}"#,
                None,
                Some(2_000),
            ),
            (
                r#"{"loopback":"on_sundays","loopback_every_seconds":60}"#,
                None,
                None,
            ),
        ] {
            let living = living(settings);
            assert_eq!(living.loopback_every_ms(Reachable), reachable, "{settings}");
            assert_eq!(living.loopback_every_ms(Unreachable), unreachable, "{settings}");
        }
        let told = living(r#"{"loopback":"all"}"#).told(Reachable);
        assert!(told.ends_with(", loopback packet every 25 s"), "{told}");
    }

    #[test]
    fn values_that_only_a_newer_server_knows_are_passed_over() {
        let living = living(
            r#"{"heartbeat":"sometimes","heartbeat_scope":"half_of_them","heartbeat_every":7,"poll_every":200000,
            "unreachable_network":[{"mac":"02:00"}],"tomorrow":{"a":1}}"#,
        );
        assert_eq!(living.contact_every_ms(Reachable), 14_000);
        assert_eq!(
            living.told(Unreachable),
            "sends heartbeat every 7 min, polls every 30 min"
        );
    }

    #[test]
    fn what_was_kept_reads_back() {
        let living = living(r#"{"heartbeat":false,"poll_every":5}"#);
        let text = serde_json::to_string(&living).unwrap();
        assert_eq!(serde_json::from_str::<Living>(&text).unwrap(), living);
    }
}
