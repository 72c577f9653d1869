//! The table `components`.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "components")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub name: String,
    pub version: String,
    pub size: i64,
    pub sha256: Vec<u8>,
    pub stored: bool,
    pub sources: String,
    pub note: Option<String>,
    pub author: Option<String>,
    pub created_at_ms: i64,
    pub current_since_ms: Option<i64>,
    pub withdrawn_at_ms: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
