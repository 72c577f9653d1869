//! The table `contact_checkpoints`.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "contact_checkpoints")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub partition: i64,
    pub engine_us: i64,
    pub contacts: Vec<u8>,
}

impl ActiveModelBehavior for ActiveModel {}
