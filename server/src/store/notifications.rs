//! The outbox: what the server wants agents to know, and how far each has got.
//!
//! Notifications are queued in the transaction that saves what they are about, for all agents at once and by one
//! statement. How far they get is written behind, in batches: an agent's own word (what it applied) is kept by the
//! [`journal`](super::journal), so a mark that is lost with the server is found again.

use rollcall_shared::AgentId;
use rollcall_shared::console_api::{Notification, NotificationState, Subject, Way};
use sea_orm::{
    ConnectionTrait, EntityTrait, FromQueryResult, Order, QueryFilter, QueryOrder, QuerySelect, Statement,
};
use serde::Serialize;

use super::dialect::{Batch, Kind};
use super::entities::notifications::{COLUMN, Entity, Model};
use super::{Store, StoreError, column};

/// How far one notification has got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// Whose.
    pub agent: AgentId,
    /// What it is about.
    pub subject: Subject,
    /// How far.
    pub state: NotificationState,
    /// When the agent was told.
    pub delivered_at_ms: Option<i64>,
    /// How.
    pub way: Option<Way>,
    /// When nothing more became of it.
    pub ended_at_ms: Option<i64>,
    /// Why it failed.
    pub failure: Option<String>,
}

/// The state of a subject with the whole fleet.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Standing {
    /// When it was queued; nothing where it never was.
    pub queued_at_ms: Option<i64>,
    /// How many agents are in each state.
    pub counts: Vec<(NotificationState, u32)>,
    /// How many agents applied it within which second after it was queued, the soonest first: (seconds, how many).
    pub delays: Vec<(u32, u32)>,
}

impl Standing {
    /// Half of those who applied it did so within so many seconds.
    #[must_use]
    pub fn median_s(&self) -> Option<u32> {
        let all: u64 = self.delays.iter().map(|(_, agents)| u64::from(*agents)).sum();
        let mut before = 0;
        let median = self.delays.iter().find(|(_, agents)| {
            before += u64::from(*agents);
            before * 2 >= all
        });
        median.map(|(seconds, _)| *seconds)
    }
}

/// The notifications of a [`Store`].
#[derive(Debug, Clone, Copy)]
pub struct Notifications<'a> {
    store: &'a Store,
}

impl Store {
    /// The notifications.
    #[must_use]
    pub fn notifications(&self) -> Notifications<'_> {
        Notifications { store: self }
    }
}

impl TryFrom<Model> for Mark {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        Ok(Self {
            agent: column::agent_id(row.agent_id)?,
            subject: column::subject(&row.subject)?,
            state: column::notification_state(&row.state)?,
            delivered_at_ms: row.delivered_at_ms,
            way: row.way.as_deref().map(column::way).transpose()?,
            ended_at_ms: row.ended_at_ms,
            failure: row.failure,
        })
    }
}

impl Notifications<'_> {
    /// Those of an agent, the newest first: at most `limit`, from the one at this offset on.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub async fn of_agent(
        &self,
        agent: AgentId,
        offset: u64,
        limit: u64,
    ) -> Result<Vec<Notification>, StoreError> {
        let rows = Entity::find()
            .filter(COLUMN.agent_id.eq(agent.as_i64()))
            .order_by(COLUMN.queued_at_ms, Order::Desc)
            .order_by(COLUMN.subject, Order::Desc)
            .offset(offset)
            .limit(limit)
            .all(&self.store.reader)
            .await?;
        rows.into_iter()
            .map(|row| {
                let queued_at_ms = row.queued_at_ms;
                let mark = Mark::try_from(row)?;
                Ok(Notification {
                    subject: mark.subject,
                    state: mark.state,
                    queued_at_ms,
                    delivered_at_ms: mark.delivered_at_ms,
                    ended_at_ms: mark.ended_at_ms,
                    way: mark.way,
                    failure: mark.failure,
                })
            })
            .collect()
    }

    /// Those of a subject that are under way or failed.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub async fn open(&self, subject: &Subject) -> Result<Vec<Mark>, StoreError> {
        let open = [
            NotificationState::Queued,
            NotificationState::Delivered,
            NotificationState::Failed,
        ];
        let rows = Entity::find()
            .filter(COLUMN.subject.eq(subject.to_string()))
            .filter(COLUMN.state.is_in(open.map(NotificationState::key)))
            .all(&self.store.reader)
            .await?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    /// How far a subject has got with all agents.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub async fn standing(&self, subject: &Subject) -> Result<Standing, StoreError> {
        #[derive(FromQueryResult)]
        struct Group {
            state: String,
            seconds: Option<i64>,
            first_ms: i64,
            agents: i64,
        }
        let backend = self.store.reader.get_database_backend();
        let statement = Statement::from_sql_and_values(
            backend,
            "SELECT state, CASE WHEN state = 'applied' THEN (ended_at_ms - queued_at_ms) / 1000 END AS seconds, \
             MIN(queued_at_ms) AS first_ms, COUNT(*) AS agents \
             FROM notifications WHERE subject = $1 GROUP BY 1, 2 ORDER BY 1, 2",
            [subject.to_string().into()],
        );
        let mut standing = Standing::default();
        for group in Group::find_by_statement(statement)
            .all(&self.store.reader)
            .await?
        {
            let state = column::notification_state(&group.state)?;
            let agents = column::count("notifications", group.agents)?;
            if let Some(seconds) = group.seconds {
                // A clock that was set back in between makes none shorter than nothing.
                let seconds = u32::try_from(seconds.max(0)).unwrap_or(u32::MAX);
                standing.delays.push((seconds, agents));
            }
            match standing.counts.last_mut() {
                Some((last, count)) if *last == state => *count += agents,
                _ => standing.counts.push((state, agents)),
            }
            let first = standing
                .queued_at_ms
                .map_or(group.first_ms, |at| at.min(group.first_ms));
            standing.queued_at_ms = Some(first);
        }
        Ok(standing)
    }

    /// Queues a subject for these, too: agents that had come to the roll call when it was saved, while the database did
    /// not know of that yet. Gives those who had none of it.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub async fn queue_also(
        &self,
        subject: &Subject,
        at_ms: i64,
        agents: &[AgentId],
    ) -> Result<Vec<AgentId>, StoreError> {
        let subject = subject.to_string();
        let rows: Vec<NewRow<'_>> = agents
            .iter()
            .map(|agent| NewRow {
                agent_id: agent.as_i64(),
                subject: &subject,
                queued_at_ms: at_ms,
            })
            .collect();
        let queued = QUEUE.run(&self.store.writer, &rows).await?;
        queued
            .iter()
            .map(|row| column::agent_id(row.try_get("", "agent_id")?))
            .collect()
    }

    /// Writes down how far these have got. One that was applied stays so; one that was superseded may turn out to have
    /// been applied just before.
    ///
    /// # Errors
    ///
    /// What the database says; the same marks may be written again.
    pub async fn mark(&self, marks: &[Mark]) -> Result<(), StoreError> {
        let rows: Vec<MarkRow> = marks.iter().map(MarkRow::of).collect();
        Store::answered(async {
            MARK.run(&self.store.writer, &rows).await?;
            Ok(())
        })
        .await
    }

    /// Throws away those that ended before this time, but for those of these subjects. Gives how many.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub async fn forget(&self, ended_before_ms: i64, keep: &[Subject]) -> Result<u64, StoreError> {
        let keep = keep.iter().map(ToString::to_string);
        let deleted = Entity::delete_many()
            .filter(COLUMN.ended_at_ms.lt(ended_before_ms))
            .filter(COLUMN.subject.is_not_in(keep))
            .exec(&self.store.writer)
            .await?;
        Ok(deleted.rows_affected)
    }
}

#[derive(Serialize)]
struct MarkRow {
    agent_id: i64,
    subject: String,
    state: &'static str,
    delivered_at_ms: Option<i64>,
    ended_at_ms: Option<i64>,
    way: Option<&'static str>,
    failure: Option<String>,
}

impl MarkRow {
    fn of(mark: &Mark) -> Self {
        Self {
            agent_id: mark.agent.as_i64(),
            subject: mark.subject.to_string(),
            state: mark.state.key(),
            delivered_at_ms: mark.delivered_at_ms,
            ended_at_ms: mark.ended_at_ms,
            way: mark.way.map(Way::key),
            // What an agent says may hold what Postgres cannot store.
            failure: mark.failure.as_ref().map(|text| text.replace('\0', " ")),
        }
    }
}

#[derive(Serialize)]
struct NewRow<'a> {
    agent_id: i64,
    subject: &'a str,
    queued_at_ms: i64,
}

// `WHERE true` keeps SQLite from reading ON CONFLICT as the condition of a join.
const QUEUE: Batch = Batch {
    columns: &[
        ("agent_id", Kind::Number),
        ("subject", Kind::Text),
        ("queued_at_ms", Kind::Number),
    ],
    sql: "INSERT INTO notifications (agent_id, subject, state, queued_at_ms) \
          SELECT v.agent_id, v.subject, 'queued', v.queued_at_ms FROM {rows} WHERE true \
          ON CONFLICT DO NOTHING RETURNING agent_id",
};

const MARK: Batch = Batch {
    columns: &[
        ("agent_id", Kind::Number),
        ("subject", Kind::Text),
        ("state", Kind::Text),
        ("delivered_at_ms", Kind::Number),
        ("ended_at_ms", Kind::Number),
        ("way", Kind::Text),
        ("failure", Kind::Text),
    ],
    sql: "UPDATE notifications SET state = v.state, delivered_at_ms = v.delivered_at_ms, \
          ended_at_ms = v.ended_at_ms, way = v.way, failure = v.failure FROM {rows} \
          WHERE notifications.agent_id = v.agent_id AND notifications.subject = v.subject \
          AND (v.state = 'applied' OR notifications.state <> 'superseded') AND notifications.state <> 'applied'",
};

/// Queues a subject for every agent of the roll call; what is open of the same kind is superseded. Part of the
/// transaction that saves what it is about.
pub(super) async fn queue(
    on: &impl ConnectionTrait,
    subject: &Subject,
    at_ms: i64,
) -> Result<(), StoreError> {
    let family = match subject {
        Subject::Settings(_) => "settings.".to_owned(),
        Subject::Component(name, _) => format!("component.{name}."),
    };
    supersede(on, &family, at_ms).await?;
    let queue = Statement::from_sql_and_values(
        on.get_database_backend(),
        "INSERT INTO notifications (agent_id, subject, state, queued_at_ms) \
         SELECT id, $1, 'queued', $2 FROM agents WHERE status NOT IN ('pending', 'retired') \
         ON CONFLICT (agent_id, subject) DO UPDATE SET state = 'queued', queued_at_ms = excluded.queued_at_ms, \
         delivered_at_ms = NULL, ended_at_ms = NULL, way = NULL, failure = NULL",
        [subject.to_string().into(), at_ms.into()],
    );
    on.execute_raw(queue).await?;
    Ok(())
}

/// Supersedes what is open of the subjects that begin so.
pub(super) async fn supersede(on: &impl ConnectionTrait, family: &str, at_ms: i64) -> Result<(), StoreError> {
    let length = i64::try_from(family.len()).unwrap_or(i64::MAX);
    let statement = Statement::from_sql_and_values(
        on.get_database_backend(),
        // Not LIKE: a component's name may hold its wildcards.
        "UPDATE notifications SET state = 'superseded', ended_at_ms = $1 \
         WHERE state IN ('queued', 'delivered', 'failed') AND substr(subject, 1, CAST($2 AS integer)) = $3",
        [at_ms.into(), length.into(), family.into()],
    );
    on.execute_raw(statement).await?;
    Ok(())
}
