//! Enrolment: one use of a token becomes one agent, in one transaction.
//!
//! An answer can be lost after the commit, so an agent asks again with the key that it made for this
//! enrolment, and gets the agent that its first request made. The key's hash is unique, and a token's row is
//! locked while one of its uses is taken: however many requests arrive together, a token for one gives one
//! agent, and a key never two.

use rollcall_shared::Status;
use sea_orm::ActiveValue::Set;
use sea_orm::{
    ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, ExprTrait, QueryFilter, QuerySelect, SqlErr,
};

use super::agents::{AgentRecord, Agents};
use super::entities::{agents, tokens};
use super::transitions::{self, TransitionRecord};
use super::{Hash, StoreError, column};

/// What an enrolment asks for.
#[derive(Debug, Clone)]
pub struct NewAgent {
    /// The agent. Its domain becomes that of the token, its status [`Status::Pending`], whatever it says.
    pub record: AgentRecord,
    /// SHA-256 of the token that it came with.
    pub token_hash: Hash,
    /// SHA-256 of the key that it made, the same when it asks again.
    pub key_hash: Hash,
    /// The first line of its history.
    pub transition: TransitionRecord,
}

/// What came of an enrolment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EnrollOutcome {
    /// The agent exists, durably, and one use of the token is gone.
    Made(AgentRecord),
    /// This key has enrolled before: the agent that it got then, as it is now. Nothing was changed. The new
    /// secret's hash was not taken; whoever answers must derive the first secret again.
    Again(AgentRecord),
    /// There is no such token.
    TokenUnknown,
    /// The token's time is over.
    TokenExpired,
    /// Somebody revoked the token.
    TokenRevoked,
    /// Every use of the token is taken.
    TokenUsedUp,
}

impl Agents<'_> {
    /// Enrols an agent, or finds the one that the same key enrolled before. Durable when it returns.
    ///
    /// A key asks again with success also when its token is used up or expired by then, but not when it was
    /// revoked. With another token, that one must be good; it loses no use.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unstorable`] for a text with NUL, else what the database says. Whether the agent was
    /// made may then be unknown; the same key asked again tells.
    pub async fn enroll(&self, agent: NewAgent, now_ms: i64) -> Result<EnrollOutcome, StoreError> {
        column::storable("name", &agent.record.name)?;
        column::storable("platform", &agent.record.platform)?;
        column::storable("machine_id", &agent.record.machine_id)?;
        column::storable("agent_version", &agent.record.agent_version)?;
        match self.attempt(&agent, now_ms).await {
            // The same key came at the same moment with another token, whose row is locked separately, and
            // was first: now its agent is there to be found.
            Err(StoreError::Database(error))
                if matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_))) =>
            {
                self.attempt(&agent, now_ms).await
            }
            outcome => outcome,
        }
    }

    async fn attempt(&self, agent: &NewAgent, now_ms: i64) -> Result<EnrollOutcome, StoreError> {
        // Leaving early drops the transaction, which rolls it back; nothing was written by then.
        let transaction = self.store.begin().await?;
        let token = tokens::Entity::find()
            .filter(tokens::COLUMN.hash.eq(agent.token_hash.to_vec()))
            .lock_exclusive()
            .one(&transaction)
            .await?;
        let Some(token) = token else {
            return Ok(EnrollOutcome::TokenUnknown);
        };
        if token.revoked {
            return Ok(EnrollOutcome::TokenRevoked);
        }
        let before = agents::Entity::find()
            .filter(agents::COLUMN.key_hash.eq(agent.key_hash.to_vec()))
            .one(&transaction)
            .await?;
        if let Some(before) = &before
            && before.token_id == token.id
        {
            return Ok(EnrollOutcome::Again(before.clone().try_into()?));
        }
        if token.expires_at_ms <= now_ms {
            return Ok(EnrollOutcome::TokenExpired);
        }
        if token.uses_left <= 0 {
            return Ok(EnrollOutcome::TokenUsedUp);
        }
        if let Some(before) = before {
            return Ok(EnrollOutcome::Again(before.try_into()?));
        }
        if !take_a_use(&transaction, token.id).await? {
            return Ok(EnrollOutcome::TokenUsedUp);
        }
        let made = insert(&transaction, agent, &token).await?;
        let lines = transitions::insert(&transaction, std::slice::from_ref(&agent.transition)).await?;
        if lines.is_empty() {
            // Its id is another's: no agent without the first line of its history.
            return Err(DbErr::RecordNotInserted.into());
        }
        transaction.commit().await?;
        Ok(EnrollOutcome::Made(made))
    }
}

/// Takes one use of a token, if one is left.
async fn take_a_use(transaction: &DatabaseTransaction, token: i64) -> Result<bool, StoreError> {
    let update = tokens::Entity::update_many()
        .col_expr(
            tokens::Column::UsesLeft,
            sea_orm::sea_query::Expr::col(tokens::Column::UsesLeft).sub(1),
        )
        .filter(tokens::COLUMN.id.eq(token))
        .filter(tokens::COLUMN.uses_left.gt(0))
        .exec(transaction)
        .await?;
    Ok(update.rows_affected == 1)
}

async fn insert(
    on: &impl ConnectionTrait,
    agent: &NewAgent,
    token: &tokens::Model,
) -> Result<AgentRecord, StoreError> {
    let record = AgentRecord {
        domain: column::domain_id(token.domain_id)?,
        status: Status::Pending,
        ..agent.record.clone()
    };
    let (last_contact_ms, last_contact_kind) = record.last_contact.unzip();
    agents::Entity::insert(agents::ActiveModel {
        id: Set(record.id.as_i64()),
        name: Set(record.name.clone()),
        domain_id: Set(token.domain_id),
        platform: Set(record.platform.clone()),
        machine_id: Set(record.machine_id.clone()),
        agent_version: Set(record.agent_version.clone()),
        secret_hash: Set(record.secret_hash.to_vec()),
        key_hash: Set(agent.key_hash.to_vec()),
        token_id: Set(token.id),
        status: Set(record.status.key().to_owned()),
        since_ms: Set(record.since_ms),
        cause: Set(record.cause.to_string()),
        last_contact_ms: Set(last_contact_ms),
        last_contact_kind: Set(last_contact_kind.map(|kind| kind.key().to_owned())),
        address: Set(record.address.map(|address| address.to_string())),
        boot: Set(record.boot.map(|boot| i64::from(boot.bits()))),
        applied: Set(i64::from(record.applied)),
        enrolled_at_ms: Set(record.enrolled_at_ms),
        local_address: Set(record.local_address.map(|address| address.to_string())),
        notify_port: Set(record.notify_port.map(i64::from)),
        proof_key: Set(record.proof_key.clone()),
        retired_by: Set(None),
        addresses: Set(column::of_addresses(&record.addresses)),
    })
    .exec_without_returning(on)
    .await?;
    Ok(record)
}
