//! The table `displays`.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "displays")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub hash: Vec<u8>,
    pub name: String,
    pub domain_id: i64,
    pub created_at_ms: i64,
    pub last_seen_ms: Option<i64>,
    pub created_by: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
