//! The table `agents`.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "agents")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub name: String,
    pub domain_id: i64,
    pub platform: String,
    pub machine_id: String,
    pub agent_version: String,
    pub secret_hash: Vec<u8>,
    /// Of the key that the agent made for its enrolment: unique, so that asking again finds the same agent.
    pub key_hash: Vec<u8>,
    pub token_id: i64,
    pub status: String,
    pub since_ms: i64,
    pub cause: String,
    pub last_contact_ms: Option<i64>,
    pub last_contact_kind: Option<String>,
    pub address: Option<String>,
    pub boot: Option<i64>,
    pub applied: i64,
    pub enrolled_at_ms: i64,
    pub local_address: Option<String>,
    pub notify_port: Option<i64>,
    pub proof_key: Option<Vec<u8>>,
    pub retired_by: Option<String>,
    /// With commas between them.
    pub addresses: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
