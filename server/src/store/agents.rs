//! Agents: who exists, and the status in which each was last known. How one comes to exist is in
//! [`enrolment`](super::enrolment), how it changes in [`journal`](super::journal).

use std::borrow::Cow;
use std::net::IpAddr;
use std::ops::RangeInclusive;

use rollcall_shared::{AgentId, BootId, Cause, ContactKind, DomainId, Status};
use sea_orm::{ConnectionTrait as _, DbBackend, DbErr, EntityTrait, PaginatorTrait, Statement};
use serde::Deserialize;

use super::copy::{self, Fields};
use super::dialect::{Document, Kind, of_hexadecimal};
use super::entities::agents::{Entity, Model};
use super::{Hash, Store, StoreError, column};

/// An agent as the database knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentRecord {
    /// Its id.
    pub id: AgentId,
    /// What its machine calls itself.
    pub name: String,
    /// Its folder of the agent tree.
    pub domain: DomainId,
    /// Operating system and version.
    pub platform: String,
    /// The machine's own id, as last seen.
    pub machine_id: String,
    /// The agent's version; empty before it registered.
    pub agent_version: String,
    /// SHA-256 of its secret.
    pub secret_hash: Hash,
    /// Its status.
    pub status: Status,
    /// Since when.
    pub since_ms: i64,
    /// Why.
    pub cause: Cause,
    /// When and how it was last heard, as far as that was written down.
    pub last_contact: Option<(i64, ContactKind)>,
    /// The address that it last registered from.
    pub address: Option<IpAddr>,
    /// The run of its process that registered last.
    pub boot: Option<BootId>,
    /// The settings version that it last reported as applied; 0 before the first.
    pub applied: u32,
    /// When it was enrolled.
    pub enrolled_at_ms: i64,
    /// The address that it last gave as its own.
    pub local_address: Option<IpAddr>,
    /// The port at which it last said that it takes notifications.
    pub notify_port: Option<u16>,
    /// The key by which it and the server prove themselves when it is dialled; encrypted, opaque here.
    pub proof_key: Option<Vec<u8>>,
    /// Who retired it, as they were called then.
    pub retired_by: Option<String>,
    /// The addresses that it last said its machine has.
    pub addresses: Vec<IpAddr>,
}

impl TryFrom<Model> for AgentRecord {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        Ok(Self {
            id: column::agent_id(row.id)?,
            name: row.name,
            domain: column::domain_id(row.domain_id)?,
            platform: row.platform,
            machine_id: row.machine_id,
            agent_version: row.agent_version,
            secret_hash: column::hash("agents.secret_hash", &row.secret_hash)?,
            status: column::status("agents.status", &row.status)?,
            since_ms: row.since_ms,
            cause: column::cause("agents.cause", &row.cause)?,
            last_contact: column::last_contact(row.last_contact_ms, row.last_contact_kind.as_deref())?,
            address: address(row.address.as_deref(), "agents.address")?,
            boot: row.boot.map(column::boot).transpose()?,
            applied: column::count("agents.applied", row.applied)?,
            enrolled_at_ms: row.enrolled_at_ms,
            local_address: address(row.local_address.as_deref(), "agents.local_address")?,
            notify_port: port(row.notify_port)?,
            proof_key: row.proof_key,
            retired_by: row.retired_by,
            addresses: column::addresses("agents.addresses", row.addresses.as_deref())?,
        })
    }
}

fn port(number: Option<i64>) -> Result<Option<u16>, StoreError> {
    number
        .map(|port| column::number("agents.notify_port", port))
        .transpose()
}

fn address(text: Option<&str>, column: &'static str) -> Result<Option<IpAddr>, StoreError> {
    text.map(|text| column::address(column, text)).transpose()
}

/// Agents as [`Written`].
const WITHIN: Document = Document {
    columns: &[
        ("id", Kind::Number),
        ("name", Kind::Text),
        ("domain_id", Kind::Number),
        ("platform", Kind::Text),
        ("machine_id", Kind::Text),
        ("agent_version", Kind::Text),
        ("secret_hash", Kind::Bytes),
        ("status", Kind::Text),
        ("since_ms", Kind::Number),
        ("cause", Kind::Text),
        ("last_contact_ms", Kind::Number),
        ("last_contact_kind", Kind::Text),
        ("address", Kind::Text),
        ("boot", Kind::Number),
        ("applied", Kind::Number),
        ("enrolled_at_ms", Kind::Number),
        ("local_address", Kind::Text),
        ("notify_port", Kind::Number),
        ("proof_key", Kind::Bytes),
        ("retired_by", Kind::Text),
        ("addresses", Kind::Text),
    ],
    from: "agents WHERE id BETWEEN $1 AND $2",
    order: "id",
};

/// A row as it stands in a document: its columns, in the order of [`WITHIN`]. Text is borrowed from the document, unless
/// something in it had to be escaped.
#[derive(Deserialize)]
struct Written<'a> {
    id: i64,
    #[serde(borrow)]
    name: Cow<'a, str>,
    domain_id: i64,
    #[serde(borrow)]
    platform: Cow<'a, str>,
    #[serde(borrow)]
    machine_id: Cow<'a, str>,
    #[serde(borrow)]
    agent_version: Cow<'a, str>,
    secret_hash: &'a str,
    status: &'a str,
    since_ms: i64,
    cause: &'a str,
    last_contact_ms: Option<i64>,
    last_contact_kind: Option<&'a str>,
    address: Option<&'a str>,
    boot: Option<i64>,
    applied: i64,
    enrolled_at_ms: i64,
    local_address: Option<&'a str>,
    notify_port: Option<i64>,
    proof_key: &'a str,
    #[serde(borrow)]
    retired_by: Option<Cow<'a, str>>,
    addresses: Option<&'a str>,
}

impl<'a> Written<'a> {
    /// From a row as Postgres gives it out.
    fn copied(row: &mut Fields<'a>) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.number()?,
            name: row.text()?.into(),
            domain_id: row.number()?,
            platform: row.text()?.into(),
            machine_id: row.text()?.into(),
            agent_version: row.text()?.into(),
            secret_hash: row.text()?,
            status: row.text()?,
            since_ms: row.number()?,
            cause: row.text()?,
            last_contact_ms: row.number_or_null()?,
            last_contact_kind: row.text_or_null()?,
            address: row.text_or_null()?,
            boot: row.number_or_null()?,
            applied: row.number()?,
            enrolled_at_ms: row.number()?,
            local_address: row.text_or_null()?,
            notify_port: row.number_or_null()?,
            proof_key: row.text()?,
            retired_by: row.text_or_null()?.map(Into::into),
            addresses: row.text_or_null()?,
        })
    }
}

impl TryFrom<Written<'_>> for AgentRecord {
    type Error = StoreError;

    fn try_from(row: Written<'_>) -> Result<Self, StoreError> {
        let bytes = |column, text: &str| {
            of_hexadecimal(text).ok_or_else(|| StoreError::Corrupt {
                column,
                value: format!("{} letters that are no bytes", text.len()),
            })
        };
        let proof_key = bytes("agents.proof_key", row.proof_key)?;
        Ok(Self {
            id: column::agent_id(row.id)?,
            name: row.name.into_owned(),
            domain: column::domain_id(row.domain_id)?,
            platform: row.platform.into_owned(),
            machine_id: row.machine_id.into_owned(),
            agent_version: row.agent_version.into_owned(),
            secret_hash: column::hash(
                "agents.secret_hash",
                &bytes("agents.secret_hash", row.secret_hash)?,
            )?,
            status: column::status("agents.status", row.status)?,
            since_ms: row.since_ms,
            cause: column::cause("agents.cause", row.cause)?,
            last_contact: column::last_contact(row.last_contact_ms, row.last_contact_kind)?,
            address: address(row.address, "agents.address")?,
            boot: row.boot.map(column::boot).transpose()?,
            applied: column::count("agents.applied", row.applied)?,
            enrolled_at_ms: row.enrolled_at_ms,
            local_address: address(row.local_address, "agents.local_address")?,
            notify_port: port(row.notify_port)?,
            proof_key: (!proof_key.is_empty()).then_some(proof_key),
            retired_by: row.retired_by.map(Cow::into_owned),
            addresses: column::addresses("agents.addresses", row.addresses)?,
        })
    }
}

/// A part of all agents that is read at once. Together they are all, and none is in two of them, as long as nobody writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Those whose ids are in a range: where rows lie in the order of their ids.
    Ids(RangeInclusive<AgentId>),
    /// Those on these pages of the table, to its end where none is named.
    Pages(u64, Option<u64>),
}

/// The agents of a [`Store`].
#[derive(Debug, Clone, Copy)]
pub struct Agents<'a> {
    pub(super) store: &'a Store,
}

impl Store {
    /// The agents.
    #[must_use]
    pub fn agents(&self) -> Agents<'_> {
        Agents { store: self }
    }
}

impl Agents<'_> {
    /// All agents in pieces that the database reads fast. `SQLite` keeps rows in the order of their ids, so its pieces are
    /// `ids`. In Postgres the agents of such a range lie on nearly every page of the table: pieces of `ids` would have it read
    /// over and over again, so its pieces are as many ranges of pages.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub async fn pieces(&self, ids: Vec<RangeInclusive<AgentId>>) -> Result<Vec<Piece>, StoreError> {
        /// The first that finds pages by their numbers (a TID range scan).
        const FINDS_PAGES: i32 = 140_000;
        let reader = &self.store.reader;
        let by_id = |ids: Vec<_>| ids.into_iter().map(Piece::Ids).collect();
        if reader.get_database_backend() != DbBackend::Postgres {
            return Ok(by_id(ids));
        }
        let sql = "SELECT current_setting('server_version_num')::int4 AS version, \
                   pg_relation_size('agents') / current_setting('block_size')::int8 AS pages";
        let row = reader
            .query_one_raw(Statement::from_string(DbBackend::Postgres, sql))
            .await?;
        let told: Option<(i32, i64)> = row
            .map(|row| Ok::<_, DbErr>((row.try_get("", "version")?, row.try_get("", "pages")?)))
            .transpose()?;
        let Some((_, pages)) = told.filter(|(version, _)| *version >= FINDS_PAGES) else {
            return Ok(by_id(ids));
        };
        let pages = u64::try_from(pages).unwrap_or(0);
        let count = u64::try_from(ids.len()).unwrap_or(1).max(1);
        let begins = |piece: u64| pages * piece / count;
        let pieces = (0..count).map(|piece| {
            let is_last = piece + 1 == count;
            Piece::Pages(begins(piece), (!is_last).then(|| begins(piece + 1)))
        });
        Ok(pieces.collect())
    }

    /// The agents of a piece, retired ones too, in no order.
    ///
    /// # Errors
    ///
    /// What the database says, and a row that cannot be read.
    pub async fn of_piece(&self, piece: &Piece) -> Result<Vec<AgentRecord>, StoreError> {
        match piece {
            Piece::Ids(ids) => self.within(ids.clone()).await,
            Piece::Pages(first, end) => {
                let end = end
                    .map(|end| format!(" AND ctid < '({end},0)'"))
                    .unwrap_or_default();
                let from = format!("agents WHERE ctid >= '({first},0)'{end}");
                self.copied(&WITHIN.copy(&from, None)).await
            }
        }
    }

    async fn copied(&self, sql: &str) -> Result<Vec<AgentRecord>, StoreError> {
        let copied = copy::out(&self.store.reader, sql).await?;
        copy::Rows::of(&copied)?
            .map(|row| Written::copied(&mut row?)?.try_into())
            .collect()
    }

    /// The agents whose ids are in a range, in the order of their ids, retired ones too.
    ///
    /// # Errors
    ///
    /// What the database says, and a row that cannot be read.
    pub async fn within(&self, ids: RangeInclusive<AgentId>) -> Result<Vec<AgentRecord>, StoreError> {
        let between = [ids.start().as_i64(), ids.end().as_i64()];
        let reader = &self.store.reader;
        if reader.get_database_backend() == DbBackend::Postgres {
            let [first, last] = between;
            let from = format!("agents WHERE id BETWEEN {first} AND {last}");
            return self.copied(&WITHIN.copy(&from, Some(WITHIN.order))).await;
        }
        let document = WITHIN.read(reader, between).await?;
        let rows: Vec<Written> = serde_json::from_str(&document)
            .map_err(|error| StoreError::Database(DbErr::Json(error.to_string())))?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    /// All of them, in the order of their ids.
    ///
    /// # Errors
    ///
    /// What the database says, and a row that cannot be read.
    #[cfg(test)]
    pub(crate) async fn all(&self) -> Result<Vec<AgentRecord>, StoreError> {
        self.within(AgentId::from_bits(0)..=AgentId::from_bits(u64::MAX))
            .await
    }

    /// How many there are, retired ones too.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub async fn count(&self) -> Result<u64, StoreError> {
        Ok(Entity::find().count(&self.store.reader).await?)
    }

    /// One agent.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub async fn by_id(&self, id: AgentId) -> Result<Option<AgentRecord>, StoreError> {
        let row = Entity::find_by_id(id.as_i64()).one(&self.store.reader).await?;
        row.map(TryInto::try_into).transpose()
    }
}
