//! The addresses that an agent's machine has, as it last said.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::text_null;

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0008_addresses"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let addresses = Table::alter()
            .table("agents")
            .add_column(text_null("addresses"))
            .take();
        manager.alter_table(addresses).await
    }
}
