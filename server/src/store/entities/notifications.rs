//! The table `notifications`.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "notifications")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub agent_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub subject: String,
    pub state: String,
    pub queued_at_ms: i64,
    pub delivered_at_ms: Option<i64>,
    pub ended_at_ms: Option<i64>,
    pub way: Option<String>,
    pub failure: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
