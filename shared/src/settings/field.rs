//! The fields of the settings by name: as the API calls them, and as people do.

/// A field of [`Settings`](super::Settings).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// `unreachable_network`
    UnreachableNetwork,
    /// `poll_every`
    PollEvery,
    /// `heartbeat`
    Heartbeat,
    /// `heartbeat_scope`
    HeartbeatScope,
    /// `heartbeat_every`
    HeartbeatEvery,
    /// `offline_after`
    OfflineAfter,
    /// `verify_every`
    VerifyEvery,
    /// `inactive_after_days`
    InactiveAfterDays,
    /// `dial_own_addresses_in`
    DialOwnAddressesIn,
    /// `loopback`
    Loopback,
    /// `loopback_every_seconds`
    LoopbackEverySeconds,
}

impl Field {
    /// All of them, in the order in which people are shown them.
    pub const ALL: [Self; 11] = [
        Self::UnreachableNetwork,
        Self::PollEvery,
        Self::Heartbeat,
        Self::HeartbeatScope,
        Self::HeartbeatEvery,
        Self::OfflineAfter,
        Self::VerifyEvery,
        Self::InactiveAfterDays,
        Self::DialOwnAddressesIn,
        Self::Loopback,
        Self::LoopbackEverySeconds,
    ];

    /// Its name in the API.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::UnreachableNetwork => "unreachable_network",
            Self::PollEvery => "poll_every",
            Self::Heartbeat => "heartbeat",
            Self::HeartbeatScope => "heartbeat_scope",
            Self::HeartbeatEvery => "heartbeat_every",
            Self::OfflineAfter => "offline_after",
            Self::VerifyEvery => "verify_every",
            Self::InactiveAfterDays => "inactive_after_days",
            Self::DialOwnAddressesIn => "dial_own_addresses_in",
            Self::Loopback => "loopback",
            Self::LoopbackEverySeconds => "loopback_every_seconds",
        }
    }

    /// What people call it.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::UnreachableNetwork => "Unreachable network",
            Self::PollEvery => "Agents poll every",
            Self::Heartbeat => "Heartbeat",
            Self::HeartbeatScope => "Who sends heartbeat",
            Self::HeartbeatEvery => "Agents send heartbeat every",
            Self::OfflineAfter => "Offline without heartbeat after",
            Self::VerifyEvery => "Server verifies every",
            Self::InactiveAfterDays => "Inactive after",
            Self::DialOwnAddressesIn => "Own addresses may be connected to in",
            Self::Loopback => "Loopback mode",
            Self::LoopbackEverySeconds => "Loopback packet every",
        }
    }

    /// The field of that name in the API; also of an entry in it, as `unreachable_network[3]`.
    #[must_use]
    pub fn of_key(key: &str) -> Option<Self> {
        let name = key.split('[').next().unwrap_or_default();
        Self::ALL.into_iter().find(|field| field.key() == name)
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::String;
    use alloc::vec::Vec;

    use super::*;
    use crate::Settings;

    #[test]
    fn every_field_of_the_document_has_its_name() {
        let document = serde_json::to_value(Settings::default()).unwrap();
        let mut keys: Vec<String> = document.as_object().unwrap().keys().cloned().collect();
        let mut named: Vec<&str> = Field::ALL.map(Field::key).to_vec();
        keys.sort_unstable();
        named.sort_unstable();
        assert_eq!(keys, named);
        for field in Field::ALL {
            assert_eq!(Field::of_key(field.key()), Some(field));
        }
        assert_eq!(
            Field::of_key("unreachable_network[3]"),
            Some(Field::UnreachableNetwork)
        );
        assert_eq!(Field::of_key("note"), None);
    }
}
