//! What a batch writes to agents: the rows, and the statement for those of each kind.

use std::net::IpAddr;

use serde::Serialize;

use crate::store::dialect::{Batch, Kind};

#[derive(Serialize)]
pub(super) struct StatusRow {
    pub(super) id: i64,
    pub(super) status: &'static str,
    pub(super) since_ms: i64,
    pub(super) cause: String,
}

pub(super) const STATUSES: Batch = Batch {
    columns: &[
        ("id", Kind::Number),
        ("status", Kind::Text),
        ("since_ms", Kind::Number),
        ("cause", Kind::Text),
    ],
    sql: "UPDATE agents SET status = v.status, since_ms = v.since_ms, cause = v.cause \
          FROM {rows} WHERE agents.id = v.id",
};

#[derive(Serialize)]
pub(super) struct RegistrationRow<'a> {
    pub(super) id: i64,
    pub(super) boot: i64,
    pub(super) name: &'a str,
    pub(super) platform: &'a str,
    pub(super) machine_id: &'a str,
    pub(super) agent_version: &'a str,
    pub(super) address: Option<IpAddr>,
    pub(super) applied: u32,
    pub(super) local_address: Option<IpAddr>,
    pub(super) addresses: Option<String>,
    pub(super) notify_port: Option<u16>,
    pub(super) proof_key: Option<String>,
}

pub(super) const REGISTRATIONS: Batch = Batch {
    columns: &[
        ("id", Kind::Number),
        ("boot", Kind::Number),
        ("name", Kind::Text),
        ("platform", Kind::Text),
        ("machine_id", Kind::Text),
        ("agent_version", Kind::Text),
        ("address", Kind::Text),
        ("applied", Kind::Number),
        ("local_address", Kind::Text),
        ("addresses", Kind::Text),
        ("notify_port", Kind::Number),
        ("proof_key", Kind::Bytes),
    ],
    sql: "UPDATE agents SET boot = v.boot, name = v.name, platform = v.platform, \
          machine_id = v.machine_id, agent_version = v.agent_version, address = v.address, \
          applied = v.applied, local_address = v.local_address, addresses = v.addresses, \
          notify_port = v.notify_port, \
          proof_key = COALESCE(v.proof_key, agents.proof_key) FROM {rows} WHERE agents.id = v.id",
};

#[derive(Serialize)]
pub(super) struct ContactRow {
    pub(super) id: i64,
    pub(super) last_contact_ms: i64,
    pub(super) last_contact_kind: &'static str,
}

pub(super) const CONTACTS: Batch = Batch {
    columns: &[
        ("id", Kind::Number),
        ("last_contact_ms", Kind::Number),
        ("last_contact_kind", Kind::Text),
    ],
    sql: "UPDATE agents SET last_contact_ms = v.last_contact_ms, \
          last_contact_kind = v.last_contact_kind FROM {rows} WHERE agents.id = v.id",
};

#[derive(Serialize)]
pub(super) struct MoveRow {
    pub(super) id: i64,
    pub(super) address: IpAddr,
}

pub(super) const MOVES: Batch = Batch {
    columns: &[("id", Kind::Number), ("address", Kind::Text)],
    sql: "UPDATE agents SET address = v.address FROM {rows} WHERE agents.id = v.id",
};

#[derive(Serialize)]
pub(super) struct AppliedRow {
    pub(super) id: i64,
    pub(super) applied: u32,
}

pub(super) const APPLIED: Batch = Batch {
    columns: &[("id", Kind::Number), ("applied", Kind::Number)],
    sql: "UPDATE agents SET applied = v.applied FROM {rows} WHERE agents.id = v.id",
};

#[derive(Serialize)]
pub(super) struct RetirementRow<'a> {
    pub(super) id: i64,
    pub(super) retired_by: &'a str,
}

pub(super) const RETIREMENTS: Batch = Batch {
    columns: &[("id", Kind::Number), ("retired_by", Kind::Text)],
    sql: "UPDATE agents SET retired_by = v.retired_by FROM {rows} WHERE agents.id = v.id",
};
