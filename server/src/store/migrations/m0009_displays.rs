//! Screens on walls, by the hash of the token that lets each in.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_integer_null, big_pk_auto, blob_uniq, text};

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0009_displays"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let displays = Table::create()
            .table("displays")
            .col(big_pk_auto("id"))
            .col(blob_uniq("hash"))
            .col(text("name"))
            .col(big_integer("domain_id"))
            .col(big_integer("created_at_ms"))
            .col(big_integer_null("last_seen_ms"))
            .col(big_integer_null("created_by"))
            .foreign_key(
                ForeignKey::create()
                    .from("displays", "domain_id")
                    .to("domains", "id"),
            )
            .foreign_key(
                ForeignKey::create()
                    .from("displays", "created_by")
                    .to("users", "id")
                    .on_delete(ForeignKeyAction::SetNull),
            )
            .take();
        manager.create_table(displays).await
    }
}
