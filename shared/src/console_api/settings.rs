//! The settings as people read and save them: `/api/v1/settings`.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::AddressRange;
use crate::problem::FieldError;
use crate::range::Merged;
use crate::settings::Settings;

/// One version of the settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SettingsVersion {
    /// Counts the saves, from 1.
    pub version: u32,
    /// The document.
    pub settings: Settings,
    /// When it was saved.
    pub saved_at_ms: i64,
    /// Who saved it, by the name that they had then; nothing for version 1, which the server's flags wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// What they noted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// How long its minute lasts: 60,000 ms, but for demonstrations.
    pub minute_ms: u32,
}

/// The longest note of a save, in characters.
pub const LONGEST_NOTE: usize = 200;

/// `GET settings`: the settings in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SettingsInForce {
    /// The version in force.
    pub in_force: SettingsVersion,
    /// What the server listens on, and so which ranges make sense.
    pub listens: Listens,
    /// A newer version in the database that cannot be read, so that an older one is in force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passed_over: Option<PassedOver>,
}

/// `PUT settings`: what became of a save.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SettingsSaved {
    /// What is in force now.
    pub in_force: SettingsVersion,
    /// Ranges that overlapped others and were merged into them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub merged: Vec<Merged>,
    /// What may be saved but is not wise, field by field.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<FieldError>,
}

/// A version that cannot be read: edited by hand, or of a newer release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PassedOver {
    /// Which.
    pub version: u32,
    /// What is wrong with it.
    pub reason: String,
}

/// `GET settings/versions`: one line of the history, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct VersionSummary {
    /// As in [`SettingsVersion::version`].
    pub version: u32,
    /// As in [`SettingsVersion::saved_at_ms`].
    pub saved_at_ms: i64,
    /// As in [`SettingsVersion::author`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// As in [`SettingsVersion::note`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Why it cannot be read, where it cannot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unreadable: Option<String>,
}

/// Which families of addresses a server takes connections on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Listens {
    /// IPv4 only: IPv4 ranges make sense.
    Ipv4,
    /// IPv6 only: IPv6 prefixes make sense.
    Ipv6,
    /// Both, or a proxy in front that may.
    Both,
}

impl Listens {
    /// Whether agents with an address of this range can come.
    #[must_use]
    pub const fn takes(self, range: &AddressRange) -> bool {
        match (self, range) {
            (Self::Both, _)
            | (Self::Ipv4, AddressRange::V4 { .. })
            | (Self::Ipv6, AddressRange::V6 { .. }) => true,
            (Self::Ipv4, AddressRange::V6 { .. }) | (Self::Ipv6, AddressRange::V4 { .. }) => false,
        }
    }

    /// What may be written, in words.
    #[must_use]
    pub const fn allowed(self) -> &'static str {
        match self {
            Self::Ipv4 => "IPv4 ranges: this server listens on IPv4 only",
            Self::Ipv6 => "IPv6 prefixes: this server listens on IPv6 only",
            Self::Both => "IPv4 ranges and IPv6 prefixes",
        }
    }
}
