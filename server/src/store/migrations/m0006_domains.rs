//! Domains that people make: names that are unique in their parent, numbers that are given once; and who retired an
//! agent.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, text, text_null};

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0006_domains"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let folded = Table::alter()
            .table("domains")
            .add_column(text("folded_name").default(""))
            .take();
        manager.alter_table(folded).await?;
        let connection = manager.get_connection();
        // Only the one of the first schema, whose name is plain ASCII.
        connection
            .execute_unprepared("UPDATE domains SET folded_name = lower(name)")
            .await?;
        let siblings = Index::create()
            .name("domains_siblings")
            .table("domains")
            .col("parent_id")
            .col("folded_name")
            .unique()
            .take();
        manager.create_index(siblings).await?;
        // The number of a domain that was deleted must not come back as another's: people are limited to domains by
        // number, and links name them.
        let numbers = Table::create()
            .table("domain_numbers")
            .col(big_integer("id").primary_key())
            .col(big_integer("last"))
            .take();
        manager.create_table(numbers).await?;
        connection
            .execute_unprepared("INSERT INTO domain_numbers (id, last) SELECT 1, max(id) FROM domains")
            .await?;
        let by_domain = Index::create()
            .name("agents_domain_id")
            .table("agents")
            .col("domain_id")
            .take();
        manager.create_index(by_domain).await?;
        let retired_by = Table::alter()
            .table("agents")
            .add_column(text_null("retired_by"))
            .take();
        manager.alter_table(retired_by).await
    }
}
