//! The table `domains`.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "domains")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub parent_id: Option<i64>,
    pub name: String,
    /// The name without the difference of capital and small letters; unique in its parent.
    pub folded_name: String,
}

impl ActiveModelBehavior for ActiveModel {}
