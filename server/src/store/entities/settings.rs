//! The table `settings`.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "settings")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub version: i64,
    pub document: String,
    pub saved_at_ms: i64,
    pub author: Option<String>,
    pub note: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
