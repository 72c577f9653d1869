//! The calls that carry a [`Fence`], as they are read: field by field.
//!
//! serde reads a flattened field through a buffer. That takes an allocation for every heartbeat, and where a
//! field of it is refused nobody can say any more which one it was.

use alloc::string::String;
use alloc::vec::Vec;
use core::net::IpAddr;

use serde::Deserialize;

use super::Fence;
use crate::cause::{GoodbyeKind, RegisterReason};
use crate::id::BootId;

#[derive(Deserialize)]
pub(super) struct Register {
    boot: BootId,
    sequence: u32,
    applied: u32,
    reason: RegisterReason,
    machine_id: String,
    host_name: String,
    platform: String,
    agent_version: String,
    #[serde(default)]
    local_address: Option<IpAddr>,
    #[serde(default)]
    addresses: Vec<IpAddr>,
    #[serde(default)]
    notify_port: Option<u16>,
    #[serde(default)]
    clock_ms: Option<u64>,
}

impl From<Register> for super::Register {
    fn from(flat: Register) -> Self {
        Self {
            fence: Fence {
                boot: flat.boot,
                sequence: flat.sequence,
                applied: flat.applied,
            },
            reason: flat.reason,
            machine_id: flat.machine_id,
            host_name: flat.host_name,
            platform: flat.platform,
            agent_version: flat.agent_version,
            local_address: flat.local_address,
            addresses: flat.addresses,
            notify_port: flat.notify_port,
            clock_ms: flat.clock_ms,
        }
    }
}

impl From<Fence> for super::Heartbeat {
    fn from(fence: Fence) -> Self {
        Self { fence }
    }
}

#[derive(Deserialize)]
pub(super) struct Poll {
    boot: BootId,
    sequence: u32,
    applied: u32,
    #[serde(default)]
    components: Option<Vec<super::Installed>>,
}

impl From<Poll> for super::Poll {
    fn from(flat: Poll) -> Self {
        Self {
            fence: Fence {
                boot: flat.boot,
                sequence: flat.sequence,
                applied: flat.applied,
            },
            components: flat.components,
        }
    }
}

#[derive(Deserialize)]
pub(super) struct Ack {
    boot: BootId,
    sequence: u32,
    applied: u32,
    outcome: super::AckOutcome,
    #[serde(default)]
    detail: Option<String>,
}

impl From<Ack> for super::Ack {
    fn from(flat: Ack) -> Self {
        Self {
            fence: Fence {
                boot: flat.boot,
                sequence: flat.sequence,
                applied: flat.applied,
            },
            outcome: flat.outcome,
            detail: flat.detail,
        }
    }
}

#[derive(Deserialize)]
pub(super) struct Goodbye {
    boot: BootId,
    sequence: u32,
    applied: u32,
    kind: GoodbyeKind,
}

impl From<Goodbye> for super::Goodbye {
    fn from(flat: Goodbye) -> Self {
        Self {
            fence: Fence {
                boot: flat.boot,
                sequence: flat.sequence,
                applied: flat.applied,
            },
            kind: flat.kind,
        }
    }
}
