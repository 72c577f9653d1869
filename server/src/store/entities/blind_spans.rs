//! The table `blind_spans`.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "blind_spans")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub from_ms: i64,
    pub to_ms: i64,
    pub reason: String,
}

impl ActiveModelBehavior for ActiveModel {}
