//! The table `users`.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "users")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub name: String,
    /// The name without the difference of capital and small letters; unique.
    pub folded_name: String,
    pub password_hash: String,
    pub role: String,
    pub created_at_ms: i64,
}

impl ActiveModelBehavior for ActiveModel {}
