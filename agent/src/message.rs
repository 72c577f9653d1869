//! What each call carries: its path and its body.

use core::net::IpAddr;
use std::borrow::Cow;

use rollcall_agent::install::Report;
use rollcall_agent::schedule::{Call, Send};
use rollcall_shared::agent_api::{Ack, AckOutcome, Fence, Goodbye, Heartbeat, Installed, Poll, Register};

use crate::machine;
use crate::state_dir::StateDir;

/// This agent's version, as it registers with.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What a call carries of components.
#[derive(Debug, Default)]
pub(crate) struct Enclosed {
    /// What is installed, for a poll.
    pub(crate) installed: Vec<Installed>,
    /// What the server is to be told, for an acknowledgement.
    pub(crate) report: Option<Report>,
}

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
    pub(crate) fn path(call: Call, enclosed: &Enclosed) -> Cow<'static, str> {
        match (call, &enclosed.report) {
            (Call::Register(_), _) => "register".into(),
            (Call::Ack, Some(report)) => format!("notifications/{}/ack", report.subject).into(),
            // Where there is nothing to acknowledge, that is still a contact.
            (Call::Heartbeat | Call::Ack, _) => "heartbeat".into(),
            (Call::Poll, _) => "poll".into(),
            (Call::Goodbye(_), _) => "goodbye".into(),
        }
    }

    /// A call's body on a connection whose own end is `local`.
    pub(crate) fn body(&self, send: &Send, enclosed: &Enclosed, local: IpAddr) -> Vec<u8> {
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
            Call::Ack => match &enclosed.report {
                Some(report) => serde_json::to_vec(&acknowledgement(fence, report)),
                None => serde_json::to_vec(&Heartbeat { fence }),
            },
            Call::Heartbeat => serde_json::to_vec(&Heartbeat { fence }),
            Call::Poll => serde_json::to_vec(&Poll {
                fence,
                components: Some(enclosed.installed.clone()),
            }),
            Call::Goodbye(kind) => serde_json::to_vec(&Goodbye { fence, kind }),
        };
        // Texts, numbers and addresses always have a JSON form.
        body.unwrap_or_default()
    }
}

fn acknowledgement(fence: Fence, report: &Report) -> Ack {
    let outcome = match report.failure {
        Some(_) => AckOutcome::Failed,
        None => AckOutcome::Applied,
    };
    // What a hook said or a place answered goes to a terminal in the end.
    let plain = |text: &String| -> String {
        text.chars()
            .filter(|one| !one.is_control())
            .take(Ack::LONGEST_DETAIL)
            .collect()
    };
    Ack {
        fence,
        outcome,
        detail: report.failure.as_ref().map(plain),
    }
}
