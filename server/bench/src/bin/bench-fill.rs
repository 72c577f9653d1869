//! Fills the database of a server that is not running with a fleet: rows as an enrolment and a registration leave them,
//! sealed keys and all, and the checkpoints of their last contacts. A million real enrolments would each wait for the disk.
//!
//! The server has run before: its schema, its key, a token and its engine time are there.

use std::io;
use std::path::PathBuf;

use clap::Parser;
use rollcall_presence::checkpoint::{Remembered, Writer};
use rollcall_presence::{EngineTime, Heard, PARTITIONS, Place};
use rollcall_server::auth::master_key::MasterKey;
use rollcall_server::auth::proof_key::ProofKey;
use rollcall_server::clock::Clock;
use rollcall_shared::{AgentId, BootId, ContactKind};
use sea_orm::{
    ConnectionTrait as _, Database, DatabaseConnection, DatabaseTransaction, DbBackend, Statement,
    TransactionTrait as _,
};

/// Rows in a statement.
const BATCH: usize = 1_000;

const BOOT: u32 = 7;
const COLUMNS: &str = "id, name, domain_id, platform, machine_id, agent_version, secret_hash, key_hash, token_id, status, \
                       since_ms, cause, last_contact_ms, last_contact_kind, address, boot, applied, enrolled_at_ms, \
                       local_address, notify_port, proof_key, addresses";

#[derive(Debug, Parser)]
struct Flags {
    /// The server's data folder.
    #[arg(long)]
    data: PathBuf,
    /// The database, where it is not the one in the data folder.
    #[arg(long)]
    database: Option<String>,
    /// How many agents.
    #[arg(long)]
    agents: u64,
    /// The status that they are in.
    #[arg(long, default_value = "online")]
    status: String,
}

#[tokio::main]
async fn main() -> io::Result<()> {
    let flags = Flags::parse();
    let clock = Clock::start();
    let key = MasterKey::open(&flags.data, &clock).map_err(io::Error::other)?;
    let url = flags
        .database
        .clone()
        .unwrap_or_else(|| format!("sqlite://{}?mode=rw", flags.data.join("rollcall.db").display()));
    let database = Database::connect(url).await.map_err(io::Error::other)?;
    fill(&database, &flags, &key, &clock)
        .await
        .map_err(io::Error::other)?;
    database.close().await.map_err(io::Error::other)
}

async fn fill(
    database: &DatabaseConnection,
    flags: &Flags,
    key: &MasterKey,
    clock: &Clock,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let backend = database.get_database_backend();
    let token = number(database, "select min(id) as n from tokens").await?;
    let engine_ms = number(database, "select engine_ms as n from engine_state").await?;
    let at = EngineTime::from_micros(u64::try_from(engine_ms)? * 1_000);
    let blob = |bytes: &[u8]| match backend {
        DbBackend::Postgres => format!(r"'\x{}'", hex(bytes)),
        _ => format!("x'{}'", hex(bytes)),
    };
    let mut checkpoints: Vec<_> = (0..PARTITIONS).map(|_| Writer::new(at, 0)).collect();
    let transaction = database.begin().await?;
    let mut rows = Vec::with_capacity(BATCH);
    let (wall_ms, status) = (clock.wall_ms(), &flags.status);
    for number in 1..=flags.agents {
        // Spread over all bits, as ids that are drawn are.
        let agent = AgentId::from_bits(number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 1);
        let mut proof = [9; 32];
        proof[..8].copy_from_slice(&number.to_be_bytes());
        let sealed = blob(&key.seal(agent, &ProofKey::from_bytes(proof), clock)?);
        let own = blob(&proof);
        let (last, ten) = (number % 250 + 1, number / 250 % 250);
        rows.push(format!(
            "({}, 'pos-{:04}-{:05}.branch', 1, 'Debian GNU/Linux 12 (bookworm)', '{number:032x}', '0.1.0', {own}, {own}, \
             {token}, '{status}', {wall_ms}, 'register.start', {wall_ms}, 'heartbeat', '203.0.{ten}.{last}', {BOOT}, 1, \
             {wall_ms}, '10.{ten}.0.{last}', 4711, {sealed}, null)",
            agent.bits(),
            number / 100_000,
            number % 100_000,
        ));
        if rows.len() == BATCH {
            insert(&transaction, &mut rows).await?;
        }
        if let Some(writer) = checkpoints.get_mut(usize::from(Place::partition_of(agent))) {
            writer.add(agent, &remembered(at));
        }
    }
    insert(&transaction, &mut rows).await?;
    for (partition, writer) in checkpoints.into_iter().enumerate() {
        transaction
            .execute_unprepared(&format!(
                "delete from contact_checkpoints where partition = {partition}"
            ))
            .await?;
        let bytes = blob(&writer.finish());
        transaction
            .execute_unprepared(&format!(
                "insert into contact_checkpoints (partition, engine_us, contacts) values ({partition}, {}, {bytes})",
                at.as_micros()
            ))
            .await?;
    }
    transaction.commit().await?;
    Ok(())
}

/// As a heartbeat leaves it.
fn remembered(at: EngineTime) -> Remembered {
    let mut paths = [None; _];
    paths[ContactKind::Heartbeat as usize] = Some(at);
    Remembered {
        heard: Heard {
            at,
            kind: Some(ContactKind::Heartbeat),
        },
        boot: BootId::from_bits(BOOT).map(|boot| (boot, 4_000)),
        applied: 1,
        paths,
    }
}

async fn insert(transaction: &DatabaseTransaction, rows: &mut Vec<String>) -> Result<(), sea_orm::DbErr> {
    if !rows.is_empty() {
        let rows = std::mem::take(rows).join(",");
        transaction
            .execute_unprepared(&format!("insert into agents ({COLUMNS}) values {rows}"))
            .await?;
    }
    Ok(())
}

async fn number(
    database: &DatabaseConnection,
    query: &str,
) -> Result<i64, Box<dyn std::error::Error + Send + Sync>> {
    let asked = Statement::from_string(database.get_database_backend(), query);
    let row = database.query_one_raw(asked).await?;
    Ok(row.ok_or("the server has not run before")?.try_get("", "n")?)
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            // Writing into memory does not fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}
