//! The first schema: agents and their changes of status, people, tokens, settings, domains.
//!
//! Numbers are BIGINT throughout, times milliseconds since 1970, hashes 32 bytes. Ids of transitions grow
//! with time (milliseconds and a counter), so that the table can later be partitioned by ranges of its
//! key without changing one.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, big_pk_auto, blob, blob_uniq, boolean, integer, text, text_null,
};

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0001_roll_call"
    }
}

/// A key that is given, not counted. In `SQLite` only INTEGER (64 bits there) makes the key the row's own
/// number; BIGINT would cost a second tree.
fn key(manager: &SchemaManager<'_>, name: &'static str) -> ColumnDef {
    match manager.get_database_backend() {
        sea_orm::DbBackend::Sqlite => integer(name),
        _ => big_integer(name),
    }
    .primary_key()
    .take()
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [
            domains(manager),
            users(manager),
            tokens(),
            agents(manager),
            transitions(manager),
            sessions(),
            settings(manager),
            engine_state(manager),
        ] {
            manager.create_table(table).await?;
        }
        for index in [
            // The history of one agent, newest first.
            Index::create()
                .name("transitions_agent_id")
                .table("transitions")
                .col("agent_id")
                .col("id")
                .take(),
            // What has expired.
            Index::create()
                .name("sessions_expires_at_ms")
                .table("sessions")
                .col("expires_at_ms")
                .take(),
        ] {
            manager.create_index(index).await?;
        }
        let root = Query::insert()
            .into_table("domains")
            .columns(["id", "name"])
            .values_panic([rollcall_shared::DomainId::ROOT.0.into(), "All".into()])
            .take();
        manager.execute(root).await
    }
}

fn domains(manager: &SchemaManager<'_>) -> TableCreateStatement {
    Table::create()
        .table("domains")
        .col(key(manager, "id"))
        .col(big_integer_null("parent_id"))
        .col(text("name"))
        .foreign_key(
            ForeignKey::create()
                .from("domains", "parent_id")
                .to("domains", "id"),
        )
        .take()
}

fn users(manager: &SchemaManager<'_>) -> TableCreateStatement {
    Table::create()
        .table("users")
        .col(key(manager, "id"))
        .col(text("name"))
        .col(text("folded_name").unique_key())
        .col(text("password_hash"))
        .col(text("role"))
        .col(big_integer("created_at_ms"))
        .take()
}

fn tokens() -> TableCreateStatement {
    Table::create()
        .table("tokens")
        .col(big_pk_auto("id"))
        .col(blob_uniq("hash"))
        .col(big_integer("domain_id"))
        .col(big_integer("uses_left"))
        .col(big_integer("created_at_ms"))
        .col(big_integer("expires_at_ms"))
        .col(boolean("revoked"))
        .col(big_integer_null("created_by"))
        .foreign_key(
            ForeignKey::create()
                .from("tokens", "domain_id")
                .to("domains", "id"),
        )
        .foreign_key(
            ForeignKey::create()
                .from("tokens", "created_by")
                .to("users", "id")
                .on_delete(ForeignKeyAction::SetNull),
        )
        .check(Expr::col("uses_left").gte(0))
        .take()
}

fn agents(manager: &SchemaManager<'_>) -> TableCreateStatement {
    Table::create()
        .table("agents")
        .col(key(manager, "id"))
        .col(text("name"))
        .col(big_integer("domain_id"))
        .col(text("platform"))
        .col(text("machine_id"))
        .col(text("agent_version"))
        .col(blob("secret_hash"))
        .col(blob_uniq("key_hash"))
        .col(big_integer("token_id"))
        .col(text("status"))
        .col(big_integer("since_ms"))
        .col(text("cause"))
        .col(big_integer_null("last_contact_ms"))
        .col(text_null("last_contact_kind"))
        .col(text_null("address"))
        .col(big_integer_null("boot"))
        .col(big_integer("applied"))
        .col(big_integer("enrolled_at_ms"))
        .foreign_key(
            ForeignKey::create()
                .from("agents", "domain_id")
                .to("domains", "id"),
        )
        .foreign_key(ForeignKey::create().from("agents", "token_id").to("tokens", "id"))
        .take()
}

/// Without a foreign key to `agents`: rows come in batches, and one that names an agent unknown here must
/// not keep the thousand beside it out.
fn transitions(manager: &SchemaManager<'_>) -> TableCreateStatement {
    Table::create()
        .table("transitions")
        .col(key(manager, "id"))
        .col(big_integer("agent_id"))
        .col(big_integer("at_ms"))
        .col(text_null("from_status"))
        .col(text("to_status"))
        .col(text("cause"))
        .col(big_integer_null("last_contact_ms"))
        .col(text_null("last_contact_kind"))
        .col(boolean("folded").default(false))
        .take()
}

fn sessions() -> TableCreateStatement {
    Table::create()
        .table("sessions")
        .col(blob("hash").primary_key())
        .col(big_integer("user_id"))
        .col(big_integer("created_at_ms"))
        .col(big_integer("last_used_ms"))
        .col(big_integer("expires_at_ms"))
        .foreign_key(
            ForeignKey::create()
                .from("sessions", "user_id")
                .to("users", "id")
                .on_delete(ForeignKeyAction::Cascade),
        )
        .take()
}

fn settings(manager: &SchemaManager<'_>) -> TableCreateStatement {
    Table::create()
        .table("settings")
        .col(key(manager, "version"))
        .col(text("document"))
        .col(big_integer("saved_at_ms"))
        .take()
}

fn engine_state(manager: &SchemaManager<'_>) -> TableCreateStatement {
    Table::create()
        .table("engine_state")
        .col(key(manager, "id"))
        .col(big_integer("engine_ms"))
        .col(big_integer("saved_wall_ms"))
        .take()
}
