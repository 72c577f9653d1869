//! What agents and the backend say to each other under `/api/agent/v1/`: JSON over HTTP.
//!
//! Every call but *enroll* carries the credential `Authorization: Bearer <agent id>.<secret>` and a [`Fence`].
//! Fields are only ever added; both sides pass over those that they do not know, so an older agent and a newer
//! server understand each other.

mod flat;

use alloc::string::String;
use alloc::vec::Vec;
use core::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::cause::{GoodbyeKind, RegisterReason};
use crate::component::{ComponentName, ComponentVersion, Sha256, SourceUrl};
use crate::id::{AgentId, BootId};
use crate::settings::Settings;
use crate::status::Reachability;

/// Which run of the agent's process speaks, how often it has, and which settings it lives by (rule 8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Fence {
    /// This run of the agent's process.
    pub boot: BootId,
    /// One counter a boot, over all paths, from 1. Only a higher one renews the lease.
    #[cfg_attr(feature = "openapi", schema(minimum = 1))]
    pub sequence: u32,
    /// The settings version that the agent last applied; 0 before the first.
    pub applied: u32,
}

/// `POST enroll`: makes a machine an agent. The only call without a credential; the token is one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Enroll {
    /// The enrolment token that an admin made.
    pub token: String,
    /// 64 hexadecimal digits from the agent's random source. The same key asks for the same answer again, so
    /// that an answer lost on the way costs nothing.
    pub key: String,
    /// What the machine calls itself, up to 253 characters. A label, never the identity.
    pub host_name: String,
    /// Operating system and version: `Debian GNU/Linux 12 (bookworm)`.
    pub platform: String,
    /// What tells this machine from its clones: `/etc/machine-id`, or what the platform has.
    pub machine_id: String,
}

/// The answer to [`Enroll`]: who the agent is from now on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Enrolled {
    /// The agent's id.
    pub agent: AgentId,
    /// Its secret: 256 bits in unpadded URL-safe base 64. Shown once; the server keeps a hash.
    pub secret: String,
    /// Seconds since the server's memory began; a jump means that it was lost (RFC 6887 section 8.5).
    pub epoch: u32,
}

/// `POST register`: a boot announces itself and learns how to live.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(from = "flat::Register")]
pub struct Register {
    /// Boot, sequence, applied settings.
    #[serde(flatten)]
    pub fence: Fence,
    /// Why it registers.
    pub reason: RegisterReason,
    /// As in [`Enroll::machine_id`].
    pub machine_id: String,
    /// What the machine calls itself now; a changed name is shown, the identity stays.
    pub host_name: String,
    /// Operating system and version.
    pub platform: String,
    /// The agent's own version.
    pub agent_version: String,
    /// The agent's end of its connection to the server, as it sees it: what rule 14 compares with the ranges.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub local_address: Option<IpAddr>,
    /// All addresses of the machine, at most [`Register::MOST_ADDRESSES`]; only shown.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>))]
    pub addresses: Vec<IpAddr>,
    /// The TCP port on which the agent lets the server prove itself ([`crate::dial`]); nothing where it listens on none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1))]
    pub notify_port: Option<u16>,
    /// The machine's wall clock in milliseconds since 1970. It decides nothing (rule 1): how far it is off is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock_ms: Option<u64>,
}

impl Register {
    /// How many addresses one register may list.
    pub const MOST_ADDRESSES: usize = 64;
}

/// The answer to [`Register`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Registered {
    /// The settings, without the ranges ([`Settings::for_agents`]).
    pub settings: Settings,
    /// Their version, to be reported as applied from now on.
    pub settings_version: u32,
    /// How long the settings' minute lasts: 60,000 ms, but for demonstrations.
    pub minute_ms: u32,
    /// The address from which the server sees the agent.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub observed_address: IpAddr,
    /// Whether the agent is in the unreachable network, by these settings.
    pub reachability: Reachability,
    /// When the next heartbeat is due, in milliseconds from now; nothing where the agent is to send none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_in_ms: Option<u64>,
    /// When the next poll is due, in milliseconds from now.
    pub next_poll_in_ms: u64,
    /// As in [`Enrolled::epoch`].
    pub epoch: u32,
    /// The UDP port on which the server takes loopback packets ([`crate::loopback`]), at the address that the agent
    /// reached; nothing where it takes none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loopback_port: Option<u16>,
}

/// `POST poll`: what is new? Independent of heartbeats.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(from = "flat::Poll")]
pub struct Poll {
    /// Boot, sequence, applied settings.
    #[serde(flatten)]
    pub fence: Fence,
    /// The components that the agent has, at most [`Poll::MOST_COMPONENTS`]. An agent of a release without components
    /// says nothing, and is offered none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub components: Option<Vec<Installed>>,
}

impl Poll {
    /// How many components one poll may list: twice those that can be current, since agents keep withdrawn ones.
    pub const MOST_COMPONENTS: usize = 2 * crate::component::MOST_CURRENT;
}

/// A component that an agent has: its bytes are in place and its hook succeeded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Installed {
    /// What it is called.
    pub name: ComponentName,
    /// Which version.
    pub version: ComponentVersion,
}

/// A component that an agent is to get: from its sources in their order, then from
/// `GET components/{name}/{version}`, where the server has the bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Offer {
    /// What it is called.
    pub name: ComponentName,
    /// Which version.
    pub version: ComponentVersion,
    /// How many bytes it has.
    pub size: u64,
    /// Their SHA-256: other bytes are not it, wherever they came from.
    pub sha256: Sha256,
    /// Where else it is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<SourceUrl>,
}

/// The answer to [`Poll`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PollAnswer {
    /// The settings, where the agent reported another version as applied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settings: Option<NewSettings>,
    /// Components that are current and that the agent does not have.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub components: Vec<Offer>,
    /// The address from which the server sees the agent.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub observed_address: IpAddr,
    /// Whether the agent is in the unreachable network, by the newest settings.
    pub reachability: Reachability,
    /// As in [`Registered::next_in_ms`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_in_ms: Option<u64>,
    /// As in [`Registered::next_poll_in_ms`].
    pub next_poll_in_ms: u64,
    /// As in [`Enrolled::epoch`].
    pub epoch: u32,
}

/// Settings that an agent does not live by yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewSettings {
    /// As in [`Registered::settings`].
    pub settings: Settings,
    /// Their version, to be reported as applied from now on.
    pub version: u32,
    /// As in [`Registered::minute_ms`].
    pub minute_ms: u32,
}

/// `POST heartbeat`: still here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(from = "Fence")]
pub struct Heartbeat {
    /// Boot, sequence, applied settings.
    #[serde(flatten)]
    pub fence: Fence,
}

/// The answer to [`Heartbeat`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HeartbeatAnswer {
    /// When the next heartbeat is due, in milliseconds from now.
    pub next_in_ms: u64,
    /// The newest settings version; where it is not the one applied, there is something to poll for.
    pub settings_version: u32,
    /// Poll now: something waits for this agent.
    pub poll_now: bool,
    /// As in [`Enrolled::epoch`].
    pub epoch: u32,
}

/// `POST notifications/{subject}/ack`: what became of something that the agent was told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(from = "flat::Ack")]
pub struct Ack {
    /// Boot, sequence, applied settings.
    #[serde(flatten)]
    pub fence: Fence,
    /// What became of it.
    pub outcome: AckOutcome,
    /// Why it failed, in one line of at most [`Ack::LONGEST_DETAIL`] characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_length = 500))]
    pub detail: Option<String>,
}

impl Ack {
    /// Characters that a detail has at most.
    pub const LONGEST_DETAIL: usize = 500;
}

/// What became of a notification at its agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum AckOutcome {
    /// It is applied.
    Applied,
    /// It cannot be, so far; the agent may try again and then say otherwise.
    Failed,
}

/// `POST goodbye`: the agent says what becomes of it (rule 10).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(from = "flat::Goodbye")]
pub struct Goodbye {
    /// Boot, sequence, applied settings.
    #[serde(flatten)]
    pub fence: Fence,
    /// What it announces.
    pub kind: GoodbyeKind,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heartbeat_is_one_flat_line() {
        let fence = Fence {
            boot: BootId::from_bits(0x9f3a_01c2).unwrap(),
            sequence: 17,
            applied: 41,
        };
        let text = serde_json::to_string(&Heartbeat { fence }).unwrap();
        assert_eq!(text, r#"{"boot":"9f3a01c2","sequence":17,"applied":41}"#);
        assert_eq!(serde_json::from_str::<Heartbeat>(&text).unwrap().fence, fence);
    }

    #[test]
    fn a_poll_of_an_older_agent_says_nothing_of_components_and_one_without_any_says_so() {
        let old = r#"{"boot":"9f3a01c2","sequence":17,"applied":41}"#;
        let poll: Poll = serde_json::from_str(old).unwrap();
        assert_eq!(poll.components, None);
        assert_eq!(serde_json::to_string(&poll).unwrap(), old);
        let none = r#"{"boot":"9f3a01c2","sequence":17,"applied":41,"components":[]}"#;
        let poll: Poll = serde_json::from_str(none).unwrap();
        assert_eq!(poll.components, Some(Vec::new()));
        assert_eq!(serde_json::to_string(&poll).unwrap(), none);
    }

    #[test]
    fn an_acknowledgement_is_flat() {
        let text = r#"{"boot":"9f3a01c2","sequence":17,"applied":41,"outcome":"failed","detail":"why"}"#;
        let ack: Ack = serde_json::from_str(text).unwrap();
        assert_eq!(ack.outcome, AckOutcome::Failed);
        assert_eq!(serde_json::to_string(&ack).unwrap(), text);
    }

    #[test]
    fn a_newer_server_may_add_fields_to_its_answers() {
        let text = r#"{"next_in_ms":1,"settings_version":1,"poll_now":false,"epoch":0,"tomorrow":true}"#;
        assert!(serde_json::from_str::<HeartbeatAnswer>(text).is_ok());
    }
}
