//! Transitions: the history of every agent's status. Written by the [`journal`](super::journal) and by
//! enrolment, read here.

use std::collections::BTreeSet;

use rollcall_shared::{AgentId, Cause, ContactKind, Status, TransitionId};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, JoinType, QueryFilter, QueryOrder,
    QuerySelect, Select,
};
use serde::{Deserialize, Serialize};

use super::dialect::{self, Batch, Kind};
use super::entities::{agents, transitions};
use super::{Store, StoreError, column};
use crate::scope::Scope;

/// One change of status, to be written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransitionRecord {
    /// Its id; greater than that of every transition before it.
    pub id: TransitionId,
    /// Whose status.
    pub agent: AgentId,
    /// When, by the wall clock.
    pub at_ms: i64,
    /// What it was; nothing at enrolment.
    pub from: Option<Status>,
    /// What it became.
    pub to: Status,
    /// Why.
    pub cause: Cause,
    /// When and how the agent was last heard by then.
    pub last_contact: Option<(i64, ContactKind)>,
    /// An earlier transition that this one tells too, so that it is shown no more (rule 10).
    pub folds: Option<TransitionId>,
}

/// One change of status, as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransitionView {
    /// Its id.
    pub id: TransitionId,
    /// Whose status.
    pub agent: AgentId,
    /// The agent's name now.
    pub name: String,
    /// When, by the wall clock.
    pub at_ms: i64,
    /// What it was; nothing at enrolment.
    pub from: Option<Status>,
    /// What it became.
    pub to: Status,
    /// Why.
    pub cause: Cause,
}

/// How many changed in a minute from one status to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MinuteChanges {
    /// Which minute, from 1970 on.
    pub minute: i64,
    /// What they were; nothing at enrolment.
    pub from: Option<Status>,
    /// What they became.
    pub to: Status,
    /// How many.
    pub count: u64,
}

/// The transitions of a [`Store`].
#[derive(Debug, Clone, Copy)]
pub struct Transitions<'a> {
    store: &'a Store,
}

impl Store {
    /// The transitions.
    #[must_use]
    pub fn transitions(&self) -> Transitions<'_> {
        Transitions { store: self }
    }
}

#[derive(FromQueryResult)]
struct ViewRow {
    id: i64,
    agent_id: i64,
    name: String,
    at_ms: i64,
    from_status: Option<String>,
    to_status: String,
    cause: String,
}

impl TryFrom<ViewRow> for TransitionView {
    type Error = StoreError;

    fn try_from(row: ViewRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: column::transition_id(row.id)?,
            agent: column::agent_id(row.agent_id)?,
            name: row.name,
            at_ms: row.at_ms,
            from: row
                .from_status
                .map(|key| column::status("transitions.from_status", &key))
                .transpose()?,
            to: column::status("transitions.to_status", &row.to_status)?,
            cause: column::cause("transitions.cause", &row.cause)?,
        })
    }
}

impl Transitions<'_> {
    /// At most `limit` transitions of agents in the scope, newest first: of one agent or of all, and only
    /// those older than `before`. Folded ones are left out.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub async fn page(
        &self,
        scope: &Scope,
        agent: Option<AgentId>,
        before: Option<TransitionId>,
        limit: u64,
    ) -> Result<Vec<TransitionView>, StoreError> {
        let on = &self.store.reader;
        let mut query = views().order_by_desc(transitions::COLUMN.id).limit(limit);
        if let Some(within) = dialect::within(on.get_database_backend(), "agents.domain_id", scope)? {
            query = query.filter(within);
        }
        if let Some(agent) = agent {
            query = query.filter(transitions::COLUMN.agent_id.eq(agent.as_i64()));
        }
        if let Some(before) = before {
            query = query.filter(transitions::COLUMN.id.lt(before.as_i64()));
        }
        let rows = query.into_model::<ViewRow>().all(on).await?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    /// What happened to an agent in a period, in the order in which it happened, and before that the last that
    /// happened earlier: with which status the period began. Folded ones are left out.
    ///
    /// The period is of the wall clock, `to_ms` not part of it. Where that clock was set back, `at_ms` goes back
    /// in the list too; the order of the ids is what counts.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub async fn of_agent_between(
        &self,
        agent: AgentId,
        from_ms: i64,
        to_ms: i64,
    ) -> Result<Vec<TransitionView>, StoreError> {
        let on = &self.store.reader;
        let mut rows = views()
            .filter(transitions::COLUMN.agent_id.eq(agent.as_i64()))
            .filter(transitions::COLUMN.at_ms.gte(from_ms))
            .filter(transitions::COLUMN.at_ms.lt(to_ms))
            .order_by_asc(transitions::COLUMN.id)
            .into_model::<ViewRow>()
            .all(on)
            .await?;
        let first = rows.first().map_or(i64::MAX, |first| first.id);
        let before = views()
            .filter(transitions::COLUMN.agent_id.eq(agent.as_i64()))
            .filter(transitions::COLUMN.at_ms.lt(from_ms))
            .filter(transitions::COLUMN.id.lt(first))
            .order_by_desc(transitions::COLUMN.id)
            .limit(1)
            .into_model::<ViewRow>()
            .one(on)
            .await?;
        rows.splice(..0, before);
        rows.into_iter().map(TryInto::try_into).collect()
    }

    /// How agents in the scope changed from one moment to another, minute by minute in no order. Folded ones are counted: they
    /// happened. Found by their ids, which are made of the wall clock, so that no more of history is looked at.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub async fn by_minute(
        &self,
        scope: &Scope,
        from_ms: i64,
        to_ms: i64,
    ) -> Result<Vec<MinuteChanges>, StoreError> {
        let on = &self.store.reader;
        let minute = Expr::cust("transitions.at_ms / 60000");
        let mut query = transitions::Entity::find()
            .select_only()
            .column_as(minute.clone(), "minute")
            .column(transitions::Column::FromStatus)
            .column(transitions::Column::ToStatus)
            .column_as(transitions::Column::Id.count(), "count")
            .filter(transitions::COLUMN.id.gte(TransitionId::at(from_ms).as_i64()))
            .filter(transitions::COLUMN.at_ms.gte(from_ms))
            .filter(transitions::COLUMN.at_ms.lt(to_ms))
            .group_by(minute)
            .group_by(transitions::Column::FromStatus)
            .group_by(transitions::Column::ToStatus);
        if let Some(within) = dialect::within(on.get_database_backend(), "agents.domain_id", scope)? {
            query = of_agents(query).filter(within);
        }
        let rows = query
            .into_tuple::<(i64, Option<String>, String, i64)>()
            .all(on)
            .await?;
        rows.into_iter()
            .map(|(minute, from, to, count)| {
                Ok(MinuteChanges {
                    minute,
                    from: from
                        .map(|key| column::status("transitions.from_status", &key))
                        .transpose()?,
                    to: column::status("transitions.to_status", &to)?,
                    count: column::number("transitions", count)?,
                })
            })
            .collect()
    }

    /// The greatest id there is. Who gives out ids must begin above it: the wall clock, from which they are
    /// made, may have been set back since.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub async fn greatest_id(&self) -> Result<Option<TransitionId>, StoreError> {
        let row = transitions::Entity::find()
            .select_only()
            .column(transitions::Column::Id)
            .order_by_desc(transitions::COLUMN.id)
            .limit(1)
            .into_tuple::<i64>()
            .one(&self.store.reader)
            .await?;
        row.map(column::transition_id).transpose()
    }
}

/// The same with each one's agent.
fn of_agents(query: Select<transitions::Entity>) -> Select<transitions::Entity> {
    query.join(
        JoinType::InnerJoin,
        transitions::Entity::belongs_to(agents::Entity)
            .from(transitions::Column::AgentId)
            .to(agents::Column::Id)
            .into(),
    )
}

/// What is shown of history, with the names of the agents.
fn views() -> Select<transitions::Entity> {
    of_agents(transitions::Entity::find())
        .select_only()
        .columns([
            transitions::Column::Id,
            transitions::Column::AgentId,
            transitions::Column::AtMs,
            transitions::Column::FromStatus,
            transitions::Column::ToStatus,
            transitions::Column::Cause,
        ])
        .column(agents::Column::Name)
        .filter(transitions::COLUMN.folded.eq(false))
}

#[derive(Serialize)]
struct NewRow {
    id: i64,
    agent_id: i64,
    at_ms: i64,
    from_status: Option<&'static str>,
    to_status: &'static str,
    cause: String,
    last_contact_ms: Option<i64>,
    last_contact_kind: Option<&'static str>,
}

// `WHERE true` keeps SQLite from reading ON CONFLICT as the condition of a join.
const INSERT: Batch = Batch {
    columns: &[
        ("id", Kind::Number),
        ("agent_id", Kind::Number),
        ("at_ms", Kind::Number),
        ("from_status", Kind::Text),
        ("to_status", Kind::Text),
        ("cause", Kind::Text),
        ("last_contact_ms", Kind::Number),
        ("last_contact_kind", Kind::Text),
    ],
    sql: "INSERT INTO transitions (id, agent_id, at_ms, from_status, to_status, cause, \
          last_contact_ms, last_contact_kind, folded) \
          SELECT v.id, v.agent_id, v.at_ms, v.from_status, v.to_status, v.cause, \
          v.last_contact_ms, v.last_contact_kind, false FROM {rows} WHERE true \
          ON CONFLICT (id) DO NOTHING RETURNING id",
};

#[derive(Serialize)]
struct FoldedRow {
    id: i64,
}

const FOLD: Batch = Batch {
    columns: &[("id", Kind::Number)],
    sql: "UPDATE transitions SET folded = true WHERE id IN (SELECT v.id FROM {rows})",
};

/// Inserts those that are not there yet and folds what they fold; the ids of those that were not there.
pub(super) async fn insert<'a>(
    on: &impl ConnectionTrait,
    records: impl IntoIterator<Item = &'a TransitionRecord>,
) -> Result<BTreeSet<TransitionId>, StoreError> {
    let mut rows = Vec::new();
    let mut folded = Vec::new();
    for record in records {
        let (last_contact_ms, last_contact_kind) = record.last_contact.unzip();
        rows.push(NewRow {
            id: record.id.as_i64(),
            agent_id: record.agent.as_i64(),
            at_ms: record.at_ms,
            from_status: record.from.map(Status::key),
            to_status: record.to.key(),
            cause: record.cause.to_string(),
            last_contact_ms,
            last_contact_kind: last_contact_kind.map(ContactKind::key),
        });
        folded.extend(record.folds.map(|id| FoldedRow { id: id.as_i64() }));
    }
    let mut new = BTreeSet::new();
    for row in INSERT.run(on, &rows).await? {
        new.insert(column::transition_id(row.try_get("", "id")?)?);
    }
    FOLD.run(on, &folded).await?;
    Ok(new)
}
