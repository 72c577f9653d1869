//! What goes into a schedule and what comes out of it.

use rollcall_shared::agent_api::Fence;
use rollcall_shared::{GoodbyeKind, RegisterReason};

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// The time that [`super::Schedule::due`] named has come. Too early or once more does no harm.
    Wake,
    /// The server answered the call with this sequence.
    Answered {
        /// Which call.
        sequence: u32,
        /// What it said.
        answer: Answer,
    },
    /// The server refused the call with this sequence for a reason that the agent acts on.
    Refused {
        /// Which call.
        sequence: u32,
        /// Why.
        refusal: Refusal,
    },
    /// The call with this sequence came to nothing: no connection, no answer in time, no answer of Rollcall's.
    Failed {
        /// Which call.
        sequence: u32,
        /// What the server's `Retry-After` says, in milliseconds, where it came that far.
        retry_after_ms: Option<u64>,
    },
    /// Something is new for this agent, says the server or someone at the machine: poll at once.
    PollNow,
    /// There is something to acknowledge, or more of it.
    Ack,
    /// The configuration was read again.
    Reload,
    /// This machine's address toward the server is another one.
    AddressChanged,
    /// The machine woke from suspend.
    Resumed,
    /// The NAT between this machine and the server gave it another mapping.
    Rebound,
    /// The server says on another path than a call that this boot is not the current one.
    MustRegister,
    /// On another path the server is not heard: see whether it is by a call.
    Unheard,
    /// The process is to end, after saying this.
    Leave(GoodbyeKind),
}

/// An answer, as far as it decides anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// To a register.
    Registered {
        /// When the next heartbeat is due, in milliseconds from now; `None` where none are to be sent.
        next_in_ms: Option<u64>,
        /// When the next poll is due, in milliseconds from now.
        next_poll_in_ms: u64,
        /// Age of the server's memory, in seconds.
        epoch_s: u32,
        /// The version of the settings in the answer, applied from now on.
        settings_version: u32,
        /// How often the contact comes that keeps this agent online, in milliseconds, by those settings
        /// ([`Duties::contact_every`](rollcall_shared::Duties)). Bounds the back-off.
        contact_every_ms: u64,
    },
    /// To a poll.
    Polled {
        /// As for a register.
        next_in_ms: Option<u64>,
        /// As for a register.
        next_poll_in_ms: u64,
        /// Age of the server's memory, in seconds.
        epoch_s: u32,
        /// The version of the settings in the answer, applied from now on; `None` where it brings none.
        settings_version: Option<u32>,
        /// As for a register, by the settings that the agent lives by from now on.
        contact_every_ms: u64,
    },
    /// To a heartbeat.
    Heard {
        /// When the next heartbeat is due, in milliseconds from now.
        next_in_ms: u64,
        /// Age of the server's memory, in seconds.
        epoch_s: u32,
        /// The newest settings.
        settings_version: u32,
        /// Whether something waits for this agent.
        poll_now: bool,
    },
    /// To a goodbye or an acknowledgement.
    Noted,
}

/// A refusal that the agent acts on by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The credential is nobody's, or did not reach the server.
    Unauthenticated,
    /// The agent was retired: said only to who has its secret.
    Retired,
    /// This boot is not the current one.
    RegisterFirst,
    /// The sequence is not higher than the last.
    StaleSequence,
}

/// What to do now. Empty where there is nothing to do but to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[must_use]
pub struct Step {
    /// Make this call, in place of the one under way.
    pub send: Option<Send>,
    /// Tell people.
    pub change: Option<Change>,
    /// Leave. Nothing comes after it.
    pub end: Option<End>,
}

impl Step {
    pub(super) const fn sending(call: Call, fence: Fence, within_ms: u64) -> Self {
        Self {
            send: Some(Send {
                call,
                fence,
                within_ms,
            }),
            change: None,
            end: None,
        }
    }

    pub(super) const fn told(change: Option<Change>) -> Self {
        Self {
            send: None,
            change,
            end: None,
        }
    }

    pub(super) const fn changed(change: Change) -> Self {
        Self::told(Some(change))
    }

    pub(super) const fn ending(end: End) -> Self {
        Self {
            send: None,
            change: None,
            end: Some(end),
        }
    }
}

/// One call to the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Send {
    /// Which one.
    pub call: Call,
    /// What it carries first.
    pub fence: Fence,
    /// How long it may take in all; later it is to be given up as failed.
    pub within_ms: u64,
}

/// The calls of an enrolled agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// `POST register`.
    Register(RegisterReason),
    /// `POST heartbeat`.
    Heartbeat,
    /// `POST poll`.
    Poll,
    /// `POST notifications/{subject}/ack`: what became of news.
    Ack,
    /// `POST goodbye`.
    Goodbye(GoodbyeKind),
}

/// What people are told; the beats in between are not worth a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// The server took a register.
    Registered(RegisterReason),
    /// A call failed after one that did not, or at the start.
    Lost,
    /// A heartbeat or a poll came through again.
    Found,
    /// The server does not know this agent. Told once, until it takes a register.
    Unknown,
}

/// Why a schedule ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// It was told to leave, and said goodbye as well as it could.
    Left,
    /// The agent was retired.
    Retired,
}
