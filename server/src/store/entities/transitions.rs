//! The table `transitions`.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "transitions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub agent_id: i64,
    pub at_ms: i64,
    pub from_status: Option<String>,
    pub to_status: String,
    pub cause: String,
    pub last_contact_ms: Option<i64>,
    pub last_contact_kind: Option<String>,
    /// A later transition tells this one too (rule 10), so it is not shown.
    pub folded: bool,
}

impl ActiveModelBehavior for ActiveModel {}
