//! What of the server survives its process: the last written, not the last known.

use rollcall_presence::{Addresses, EngineTime};
use rollcall_shared::{BootId, Settings, Status};

use crate::oracle::Entry;

/// An agent as it was written down.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stored {
    pub(super) status: Status,
    /// Since when, by the wall clock, in milliseconds.
    pub(super) since_ms: i64,
    pub(super) boot: Option<BootId>,
    pub(super) applied: u32,
    pub(super) addresses: Addresses,
}

impl Stored {
    pub(super) const ENROLLED: Self = Self {
        status: Status::Pending,
        since_ms: 0,
        boot: None,
        applied: 0,
        addresses: Addresses {
            own: None,
            observed: None,
        },
    };
}

/// What is on the disk.
#[derive(Debug)]
pub(super) struct Disk {
    pub(super) engine_time: EngineTime,
    /// When that was saved, by the wall clock, in milliseconds.
    pub(super) saved_at_ms: Option<i64>,
    pub(super) checkpoint: Option<(EngineTime, Vec<u8>)>,
    pub(super) agents: Vec<Stored>,
    pub(super) settings: Vec<(u32, Settings)>,
    pub(super) entries: Vec<Entry>,
    /// Spans in which the server could have heard nobody.
    pub(super) blind: Vec<(i64, i64)>,
}

impl Disk {
    pub(super) fn new(first: (u32, Settings)) -> Self {
        Self {
            engine_time: EngineTime::ZERO,
            saved_at_ms: None,
            checkpoint: None,
            agents: Vec::new(),
            settings: vec![first],
            entries: Vec::new(),
            blind: Vec::new(),
        }
    }
}
