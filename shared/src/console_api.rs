//! What people's programs and the backend say to each other under `/api/v1/`: JSON over HTTP.
//!
//! Times are milliseconds since 1970 in UTC, of the server's clock; they label history and decide nothing.

use alloc::string::String;
use alloc::vec::Vec;
use core::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::cause::{Cause, ContactKind};
use crate::id::{AgentId, DomainId, TransitionId, UserId};
use crate::status::Status;

pub mod components;
pub mod displays;
pub mod domains;
pub mod notifications;
pub mod settings;
pub mod standing;
pub mod timeline;

pub use components::{Component, NewComponent};
pub use displays::{Display, DisplayMade, DisplaySession, DisplaySignIn, NewDisplay};
pub use domains::{
    AgentMoved, AgentRetired, Domain, DomainChange, MoveAgents, MoveOutcome, NewDomain, RetireAgents,
    RetireOutcome, StatusCounts,
};
pub use notifications::{Notification, NotificationState, Rollout, Subject, Waiting, WaitsFor, Way};
pub use settings::{Listens, PassedOver, SettingsInForce, SettingsSaved, SettingsVersion, VersionSummary};
pub use standing::{Hour, Lateness, Load, Minute, PartStatus, Picture, ServerStatus};
pub use timeline::{Timeline, TimelineSpan, TimelineState};

/// What a person may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Everything.
    Admin,
    /// Everything but settings and people.
    Operator,
    /// Look.
    Viewer,
}

/// `POST setup`: creates the first admin, by the one-time link that the server printed.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Setup {
    /// What stands behind the `#` of the link.
    pub token: String,
    /// The name to sign in with: 1 to 64 characters, without spaces at its ends.
    pub name: String,
    /// At least [`Setup::SHORTEST_PASSWORD`] characters.
    pub password: String,
}

impl Setup {
    /// Characters that a password has at least (NIST SP 800-63B-4, a password used alone).
    pub const SHORTEST_PASSWORD: usize = 15;
    /// Bytes that a password has at most: hashing must not be a way to keep the server busy.
    pub const LONGEST_PASSWORD: usize = 256;
    /// Characters that a name has at most.
    pub const LONGEST_NAME: usize = 64;
}

/// `POST session`: signs in.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    /// The name.
    pub name: String,
    /// The password.
    pub password: String,
}

/// `GET session`: who is signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Session {
    /// The person's id.
    pub user: UserId,
    /// The name to sign in with.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// When the session ends unless it is used.
    pub expires_at_ms: i64,
}

/// `GET setup`: whether the first admin is still to be created.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SetupState {
    /// Nobody can sign in yet: the link that the server printed creates the first admin.
    pub needed: bool,
}

/// When and how an agent was last heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LastContact {
    /// When.
    pub at_ms: i64,
    /// How.
    pub kind: ContactKind,
}

/// An agent, as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Agent {
    /// Its id.
    pub id: AgentId,
    /// What its machine calls itself.
    pub name: String,
    /// Its folder of the agent tree.
    pub domain: DomainId,
    /// Its status.
    pub status: Status,
    /// Since when it has that status.
    pub since_ms: i64,
    /// Why it has that status.
    pub cause: Cause,
    /// When and how it was last heard; nothing where it never was.
    pub last_contact: Option<LastContact>,
    /// The address from which it was last seen.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub address: Option<IpAddr>,
    /// Operating system and version.
    pub platform: String,
    /// The agent's own version; empty before it registered.
    pub agent_version: String,
    /// The settings version that it last reported as applied; 0 before the first.
    pub applied: u32,
    /// Who retired it, as they were called then; nothing where it was not retired, or by no person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retired_by: Option<String>,
}

/// An agent with all that is known of it: what a page about it shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AgentDetails {
    /// What a list shows of it.
    #[serde(flatten)]
    pub agent: Agent,
    /// Its own end of its connection to the server, as it last said: what is compared with the unreachable network.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub own_address: Option<IpAddr>,
    /// The other addresses that its machine has, as it last said; at most 64, and nothing depends on them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>))]
    pub addresses: Vec<IpAddr>,
}

/// One change of status.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Transition {
    /// Its id; later ones are greater.
    pub id: TransitionId,
    /// Whose status.
    pub agent: AgentId,
    /// The agent's name at the time of asking.
    pub name: String,
    /// When, by the server's wall clock.
    pub at_ms: i64,
    /// What it was; nothing at enrolment.
    pub from: Option<Status>,
    /// What it became.
    pub to: Status,
    /// Why.
    pub cause: Cause,
}

/// One page of a list, and where the next one begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Page<T> {
    /// The entries, in the list's order.
    pub items: Vec<T>,
    /// Pass as `after` for the next page; nothing on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// `POST tokens`: makes an enrolment token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewToken {
    /// How many agents it may enrol, 1 to 1,000,000.
    pub uses: u32,
    /// How many hours it is good for, 1 to 8760.
    pub hours: u32,
    /// The domain that the agents are put into; the one that holds all unless said otherwise.
    #[serde(default)]
    pub domain: DomainId,
}

/// An enrolment token; its text is known only to whom it was given at its making.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Token {
    /// Its number.
    pub id: i64,
    /// The domain that the agents are put into.
    pub domain: DomainId,
    /// How many agents it was made for.
    pub uses: u32,
    /// How many more agents it may enrol.
    pub uses_left: u32,
    /// When it was made.
    pub created_at_ms: i64,
    /// When it ends.
    pub expires_at_ms: i64,
    /// Whether it was revoked.
    pub revoked: bool,
    /// Who made it; nothing where the server did at its first start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
}

/// The answer to [`NewToken`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TokenMade {
    /// The token.
    pub token: Token,
    /// Its text, shown once.
    pub secret: String,
    /// The line that enrols a machine and starts its agent.
    pub command: String,
}

/// `POST verifications`: connect to these agents now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Verify {
    /// Which, 1 to [`Verify::MOST_AGENTS`].
    pub agents: Vec<AgentId>,
}

impl Verify {
    /// How many agents one call may name.
    pub const MOST_AGENTS: usize = 128;
}

/// What became of one verification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Verified {
    /// Whose.
    pub agent: AgentId,
    /// When it ended.
    pub at_ms: i64,
    /// How.
    pub outcome: VerificationOutcome,
}

/// How a verification ended. None of them lowers a status (rule 11).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum VerificationOutcome {
    /// Both proved themselves: a contact.
    Verified,
    /// Nothing listens there, or a firewall refused.
    ConnectionRefused,
    /// No answer in time.
    TimedOut,
    /// There is no route to its address.
    NoRoute,
    /// Something answered that could not prove that it is the agent.
    NotTheAgent,
    /// It proved itself, but the server does not know its boot: it was told to register, and is heard when it does.
    MustRegister,
    /// It is in the unreachable network, which is not connected to.
    InUnreachableNetwork,
    /// It listens on no port, or was never heard.
    NotListening,
    /// There is no such agent, or it was retired.
    NoSuchAgent,
}

impl VerificationOutcome {
    /// In words, after "Verification:".
    #[must_use]
    pub const fn phrase(self) -> &'static str {
        match self {
            Self::Verified => "it answered and proved itself",
            Self::ConnectionRefused => "the connection was refused",
            Self::TimedOut => "no answer in time",
            Self::NoRoute => "no route to its address",
            Self::NotTheAgent => "what answered there is not this agent",
            Self::MustRegister => "it answered and proved itself, and has to register first",
            Self::InUnreachableNetwork => "not connected to: it is in the unreachable network",
            Self::NotListening => "it listens on no port",
            Self::NoSuchAgent => "no such agent",
        }
    }
}

/// A span in which the server could have heard nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BlindSpan {
    /// From when, by the server's wall clock.
    pub from_ms: i64,
    /// Until when.
    pub to_ms: i64,
    /// Why.
    pub reason: BlindReason,
}

/// Why the server could have heard nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum BlindReason {
    /// It was not running.
    Away,
    /// It was stopped, suspended or starved while it ran.
    Stalled,
    /// It had no place for another connection: who waited outside could not be heard.
    Full,
}

impl BlindReason {
    /// Its name in the API and the database.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Away => "away",
            Self::Stalled => "stalled",
            Self::Full => "full",
        }
    }

    /// The one of that name.
    #[must_use]
    pub fn from_key(key: &str) -> Option<Self> {
        [Self::Away, Self::Stalled, Self::Full]
            .into_iter()
            .find(|known| known.key() == key)
    }
}

/// `GET agents/{id}/availability`: how a period divides. The three add up to it, but for the time before the agent was
/// first heard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Availability {
    /// From when; not before the agent was first heard.
    pub from_ms: i64,
    /// Until when.
    pub to_ms: i64,
    /// Milliseconds in which it was online.
    pub online_ms: i64,
    /// Milliseconds in which it was not.
    pub offline_ms: i64,
    /// Milliseconds in which nobody can know: the server was blind.
    pub unknown_ms: i64,
    /// The blind spans of the period.
    pub blind: Vec<BlindSpan>,
}
