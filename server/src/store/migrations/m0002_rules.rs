//! What the rules of presence keep: how an agent is dialled, when agents were heard, and when the server was blind.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, big_pk_auto, binary_null, blob, integer, text, text_null,
};

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0002_rules"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // One column a statement: SQLite knows no more.
        for column in [
            text_null("local_address"),
            big_integer_null("notify_port"),
            binary_null("proof_key"),
        ] {
            let table = Table::alter().table("agents").add_column(column).take();
            manager.alter_table(table).await?;
        }
        for table in [contact_checkpoints(manager), blind_spans()] {
            manager.create_table(table).await?;
        }
        // Also what makes writing a span again change nothing.
        let spans = Index::create()
            .name("blind_spans_span")
            .table("blind_spans")
            .col("from_ms")
            .col("to_ms")
            .col("reason")
            .unique()
            .take();
        manager.create_index(spans).await
    }
}

fn contact_checkpoints(manager: &SchemaManager<'_>) -> TableCreateStatement {
    // In SQLite only INTEGER makes the key the row's own number.
    let mut key = match manager.get_database_backend() {
        sea_orm::DbBackend::Sqlite => integer("partition"),
        _ => big_integer("partition"),
    };
    Table::create()
        .table("contact_checkpoints")
        .col(key.primary_key())
        .col(big_integer("engine_us"))
        .col(blob("contacts"))
        .take()
}

fn blind_spans() -> TableCreateStatement {
    Table::create()
        .table("blind_spans")
        .col(big_pk_auto("id"))
        .col(big_integer("from_ms"))
        .col(big_integer("to_ms"))
        .col(text("reason"))
        .take()
}
