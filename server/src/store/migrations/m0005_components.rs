//! Components: which versions there are of which bytes, and which of them agents are to have.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_integer_null, big_pk_auto, blob, boolean, text, text_null};

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0005_components"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("components")
            .col(big_pk_auto("id"))
            .col(text("name"))
            .col(text("version"))
            .col(big_integer("size"))
            .col(blob("sha256"))
            .col(boolean("stored"))
            .col(text("sources"))
            .col(text_null("note"))
            .col(text_null("author"))
            .col(big_integer("created_at_ms"))
            .col(big_integer_null("current_since_ms"))
            .col(big_integer_null("withdrawn_at_ms"))
            .check(Expr::col("size").gt(0))
            .take();
        manager.create_table(table).await?;
        // A version stands for the same bytes for ever.
        let versions = Index::create()
            .name("components_version")
            .table("components")
            .col("name")
            .col("version")
            .unique()
            .take();
        manager.create_index(versions).await
    }
}
