//! The table `engine_state`.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "engine_state")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub engine_ms: i64,
    pub saved_wall_ms: i64,
}

impl ActiveModelBehavior for ActiveModel {}
