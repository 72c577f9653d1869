//! Who saved which settings and why, and how far news has got with each agent.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_integer_null, text, text_null};

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0004_news"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // One column a statement: SQLite knows no more.
        for column in [text_null("author"), text_null("note")] {
            let table = Table::alter().table("settings").add_column(column).take();
            manager.alter_table(table).await?;
        }
        manager.create_table(notifications()).await?;
        // What is under way of a subject, and how many of it have come how far.
        let subjects = Index::create()
            .name("notifications_subject")
            .table("notifications")
            .col("subject")
            .col("state")
            .take();
        manager.create_index(subjects).await
    }
}

/// Without a foreign key to `agents`, as in `transitions`. One of a subject an agent: its name is its key.
fn notifications() -> TableCreateStatement {
    Table::create()
        .table("notifications")
        .col(big_integer("agent_id"))
        .col(text("subject"))
        .col(text("state"))
        .col(big_integer("queued_at_ms"))
        .col(big_integer_null("delivered_at_ms"))
        .col(big_integer_null("ended_at_ms"))
        .col(text_null("way"))
        .col(text_null("failure"))
        .primary_key(Index::create().col("agent_id").col("subject"))
        .take()
}
