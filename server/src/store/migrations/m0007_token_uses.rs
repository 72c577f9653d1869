//! How many agents a token was made for, so that what is left of it can be told as a share.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::big_integer;

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0007_token_uses"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let uses = Table::alter()
            .table("tokens")
            .add_column(big_integer("uses").default(0))
            .take();
        manager.alter_table(uses).await?;
        // Each use that is gone became an agent, and agents stay.
        manager
            .get_connection()
            .execute_unprepared(
                "UPDATE tokens SET uses = uses_left + \
                 (SELECT count(*) FROM agents WHERE agents.token_id = tokens.id)",
            )
            .await?;
        Ok(())
    }
}
