//! Notifications: what the server wants agents to know, and how far each has got.

use alloc::string::String;
use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::component::{ComponentName, ComponentVersion};
use crate::id::AgentId;
use crate::status::Status;

/// What a notification is about. With its agent it is the notification's name: there is one of a subject an agent.
///
/// Written `settings.41` or `component.antivirus.2.1.0`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// A version of the settings is to be applied.
    Settings(u32),
    /// A version of a component is to be installed.
    Component(ComponentName, ComponentVersion),
}

/// A text that names no subject.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} names no notification: settings.41 does, or component.antivirus.2.1.0")]
pub struct NotASubject(pub String);

impl fmt::Display for Subject {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Settings(version) => write!(out, "settings.{version}"),
            Self::Component(name, version) => write!(out, "component.{name}.{version}"),
        }
    }
}

impl FromStr for Subject {
    type Err = NotASubject;

    fn from_str(text: &str) -> Result<Self, NotASubject> {
        let read = || match text.split_once('.')? {
            ("settings", version) => version.parse().ok().map(Self::Settings),
            ("component", rest) => {
                let (name, version) = rest.split_once('.')?;
                Some(Self::Component(name.parse().ok()?, version.parse().ok()?))
            }
            _ => None,
        };
        read().ok_or_else(|| NotASubject(text.chars().take(100).collect()))
    }
}

impl Serialize for Subject {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Subject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::text::parsed(deserializer)
    }
}

#[cfg(feature = "openapi")]
impl utoipa::PartialSchema for Subject {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .description(Some("`settings.41` or `component.antivirus.2.1.0`"))
            .into()
    }
}

#[cfg(feature = "openapi")]
impl utoipa::ToSchema for Subject {}

/// How far a notification has got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum NotificationState {
    /// The agent does not know yet.
    Queued,
    /// It was told, and has not said that it applied it.
    Delivered,
    /// It said that it did.
    Applied,
    /// It said that it cannot; `failure` says why.
    Failed,
    /// Something newer took its place before it was applied.
    Superseded,
}

/// How an agent came to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// The server connected to it.
    Dial,
    /// It was told to poll as it sent a heartbeat.
    Contact,
    /// It polled by itself.
    Poll,
    /// It registered: it had started, or woken.
    Register,
}

/// `GET agents/{id}/notifications`: one notification of an agent, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Notification {
    /// What it is about.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub subject: Subject,
    /// How far it has got.
    pub state: NotificationState,
    /// When it was saved or uploaded.
    pub queued_at_ms: i64,
    /// When the agent was told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivered_at_ms: Option<i64>,
    /// When it was applied, failed or was superseded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at_ms: Option<i64>,
    /// How it was told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub way: Option<Way>,
    /// Why it failed, in the agent's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
}

/// `GET rollouts/{subject}`: how far a subject has got with the agents that it concerns. The five states add up to
/// `concerned`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Rollout {
    /// What.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub subject: Subject,
    /// When it was saved or uploaded.
    pub queued_at_ms: i64,
    /// How many agents it was queued for.
    pub concerned: u32,
    /// How many do not know yet.
    pub queued: u32,
    /// How many were told and have not applied it.
    pub delivered: u32,
    /// How many have.
    pub applied: u32,
    /// How many said that they cannot.
    pub failed: u32,
    /// For how many something newer took its place.
    pub superseded: u32,
    /// Half of those who applied it had done so within so many milliseconds; nothing before the first.
    pub median_ms: Option<u32>,
    /// The last of those who applied it did so after so many milliseconds.
    pub longest_ms: Option<u32>,
}

/// `GET rollouts/{subject}/waiting`: an agent that has not applied it, and what it waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Waiting {
    /// Who.
    pub agent: AgentId,
    /// Its name.
    pub name: String,
    /// Its status.
    pub status: Status,
    /// Queued, delivered or failed.
    pub state: NotificationState,
    /// What it waits for.
    pub waits_for: WaitsFor,
    /// Why it failed, in the agent's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
}

/// What the news for an agent waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum WaitsFor {
    /// The server connects to it.
    Dial,
    /// Its next heartbeat, whose answer tells it to poll.
    Contact,
    /// Its next poll.
    Poll,
    /// Its return: it is offline.
    Return,
    /// The agent: it was told.
    Agent,
    /// Somebody who looks at it: it failed.
    Repair,
}

impl WaitsFor {
    /// In words.
    #[must_use]
    pub const fn phrase(self) -> &'static str {
        match self {
            Self::Dial => "the server connects to it",
            Self::Contact => "told at its next heartbeat",
            Self::Poll => "told at its next poll",
            Self::Return => "offline; told when it is back",
            Self::Agent => "told; it has not reported back yet",
            Self::Repair => "it reported a failure",
        }
    }
}

impl Way {
    /// In words.
    #[must_use]
    pub const fn phrase(self) -> &'static str {
        match self {
            Self::Dial => "by connecting to it",
            Self::Contact => "at its heartbeat",
            Self::Poll => "at its poll",
            Self::Register => "as it registered",
        }
    }

    /// Its name in the API and the database.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Dial => "dial",
            Self::Contact => "contact",
            Self::Poll => "poll",
            Self::Register => "register",
        }
    }

    /// The one of that name.
    #[must_use]
    pub fn from_key(key: &str) -> Option<Self> {
        [Self::Dial, Self::Contact, Self::Poll, Self::Register]
            .into_iter()
            .find(|known| known.key() == key)
    }
}

impl NotificationState {
    /// Its name in the API and the database.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Delivered => "delivered",
            Self::Applied => "applied",
            Self::Failed => "failed",
            Self::Superseded => "superseded",
        }
    }

    /// The one of that name.
    #[must_use]
    pub fn from_key(key: &str) -> Option<Self> {
        [
            Self::Queued,
            Self::Delivered,
            Self::Applied,
            Self::Failed,
            Self::Superseded,
        ]
        .into_iter()
        .find(|known| known.key() == key)
    }

    /// Whether nothing more becomes of it.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Applied | Self::Failed | Self::Superseded)
    }
}

#[cfg(test)]
mod tests {
    use alloc::borrow::ToOwned;
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn a_subject_is_read_as_it_is_written() {
        for text in [
            "settings.41",
            "component.antivirus.2.1.0",
            "component.a-b_c.2026-11-24",
        ] {
            assert_eq!(text.parse::<Subject>().unwrap().to_string(), text);
        }
        for text in [
            "settings",
            "settings.x",
            "component.av",
            "verify.1",
            "",
            "component.A/b.1",
            "component.av..",
        ] {
            assert_eq!(
                text.parse::<Subject>(),
                Err(NotASubject(text.to_owned())),
                "{text}"
            );
        }
    }
}
