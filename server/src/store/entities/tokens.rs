//! The table `tokens`.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tokens")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub hash: Vec<u8>,
    pub domain_id: i64,
    /// How many agents it was made for.
    pub uses: i64,
    pub uses_left: i64,
    pub created_at_ms: i64,
    pub expires_at_ms: i64,
    pub revoked: bool,
    pub created_by: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
