//! Which database this is: a random name, so that what was written for one is never landed in another.

use sea_orm::{ConnectionTrait, DbBackend};
use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, text};

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0003_identity"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("identity")
            .col(big_integer("id").primary_key())
            .col(text("name"))
            .take();
        manager.create_table(table).await?;
        // 32 hex digits; of the database's own randomness, since none comes here otherwise.
        let name = match manager.get_database_backend() {
            DbBackend::Sqlite => "lower(hex(randomblob(16)))",
            _ => "replace(gen_random_uuid()::text, '-', '')",
        };
        let insert = format!("INSERT INTO identity (id, name) VALUES (1, {name})");
        manager.get_connection().execute_unprepared(&insert).await?;
        Ok(())
    }
}
