//! What is in a domain, for whoever wants to delete it.

use rollcall_shared::{DomainId, Status};
use sea_orm::{ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter};

use crate::scope::Tree;
use crate::store::StoreError;
use crate::store::entities::{agents, displays, tokens};

/// What keeps a domain from being deleted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Contents {
    /// Domains right below it.
    pub domains: u64,
    /// Agents in it that are not retired.
    pub agents: u64,
    /// Tokens that still enrol agents into it.
    pub tokens: u64,
    /// Screens that show it.
    pub displays: u64,
}

/// What is in it and counts.
pub(super) async fn contents(
    on: &impl ConnectionTrait,
    tree: &Tree,
    id: DomainId,
    now_ms: i64,
) -> Result<Contents, StoreError> {
    let number = i64::from(id.0);
    Ok(Contents {
        domains: tree.children(id).count() as u64,
        agents: agents::Entity::find()
            .filter(agents::COLUMN.domain_id.eq(number))
            .filter(agents::COLUMN.status.ne(Status::Retired.key()))
            .count(on)
            .await?,
        tokens: tokens::Entity::find()
            .filter(tokens::COLUMN.domain_id.eq(number))
            .filter(tokens::COLUMN.revoked.eq(false))
            .filter(tokens::COLUMN.uses_left.gt(0))
            .filter(tokens::COLUMN.expires_at_ms.gt(now_ms))
            .count(on)
            .await?,
        displays: displays::Entity::find()
            .filter(displays::COLUMN.domain_id.eq(number))
            .count(on)
            .await?,
    })
}
