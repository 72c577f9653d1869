//! What each call carries: its path and its body.

use core::net::IpAddr;

use rollcall_agent::schedule::{Call, Send};
use rollcall_shared::agent_api::{Goodbye, Heartbeat, Poll, Register};

use crate::machine;
use crate::state_dir::StateDir;

/// This agent's version, as it registers with.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What calls carry besides their fence.
pub(crate) struct Messages {
    machine_id: String,
    name: Option<String>,
    notify_port: Option<u16>,
}

impl Messages {
    /// For an agent with its state in `dir`, called `name` where it was given one, that listens on `notify_port`.
    pub(crate) fn new(dir: &StateDir, name: Option<String>, notify_port: Option<u16>) -> Self {
        Self {
            machine_id: machine::machine_id(dir),
            name,
            notify_port,
        }
    }

    /// The last part of a call's path.
    pub(crate) const fn path(call: Call) -> &'static str {
        match call {
            Call::Register(_) => "register",
            Call::Heartbeat => "heartbeat",
            Call::Poll => "poll",
            Call::Goodbye(_) => "goodbye",
        }
    }

    /// A call's body on a connection whose own end is `local`.
    pub(crate) fn body(&self, send: &Send, local: IpAddr) -> Vec<u8> {
        let fence = send.fence;
        let body = match send.call {
            Call::Register(reason) => serde_json::to_vec(&Register {
                fence,
                reason,
                machine_id: self.machine_id.clone(),
                host_name: machine::host_name(self.name.as_deref()),
                platform: machine::platform(),
                agent_version: VERSION.to_owned(),
                local_address: Some(local),
                notify_port: self.notify_port,
                addresses: machine::addresses(),
                clock_ms: Some(crate::clock::wall_ms()),
            }),
            Call::Heartbeat => serde_json::to_vec(&Heartbeat { fence }),
            Call::Poll => serde_json::to_vec(&Poll {
                fence,
                components: None,
            }),
            Call::Goodbye(kind) => serde_json::to_vec(&Goodbye { fence, kind }),
        };
        // Texts, numbers and addresses always have a JSON form.
        body.unwrap_or_default()
    }
}
