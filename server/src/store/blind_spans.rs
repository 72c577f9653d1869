//! Blind spans: when the server could have heard nobody. Written by the [`journal`](super::journal), read here.

use rollcall_shared::console_api::{BlindReason, BlindSpan};
use sea_orm::{ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};
use serde::Serialize;

use super::dialect::{Batch, Kind};
use super::entities::blind_spans::{COLUMN, Entity};
use super::{Store, StoreError, column};

/// The blind spans of a [`Store`].
#[derive(Debug, Clone, Copy)]
pub struct BlindSpans<'a> {
    store: &'a Store,
}

impl Store {
    /// The blind spans.
    #[must_use]
    pub fn blind_spans(&self) -> BlindSpans<'_> {
        BlindSpans { store: self }
    }
}

impl BlindSpans<'_> {
    /// Those that share time with the period, whole, the earliest first. `to_ms` is not part of the period.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub async fn overlapping(&self, from_ms: i64, to_ms: i64) -> Result<Vec<BlindSpan>, StoreError> {
        let rows = Entity::find()
            .filter(COLUMN.from_ms.lt(to_ms))
            .filter(COLUMN.to_ms.gt(from_ms))
            .order_by_asc(COLUMN.from_ms)
            .order_by_asc(COLUMN.id)
            .all(&self.store.reader)
            .await?;
        rows.into_iter()
            .map(|row| {
                Ok(BlindSpan {
                    from_ms: row.from_ms,
                    to_ms: row.to_ms,
                    reason: column::blind_reason(&row.reason)?,
                })
            })
            .collect()
    }
}

#[derive(Serialize)]
struct NewRow {
    from_ms: i64,
    to_ms: i64,
    reason: &'static str,
}

// `WHERE true` keeps SQLite from reading ON CONFLICT as the condition of a join.
const INSERT: Batch = Batch {
    columns: &[
        ("from_ms", Kind::Number),
        ("to_ms", Kind::Number),
        ("reason", Kind::Text),
    ],
    sql: "INSERT INTO blind_spans (from_ms, to_ms, reason) \
          SELECT v.from_ms, v.to_ms, v.reason FROM {rows} WHERE true ON CONFLICT DO NOTHING",
};

/// Inserts those that are not there yet.
pub(super) async fn insert(
    on: &impl ConnectionTrait,
    spans: impl IntoIterator<Item = (i64, i64, BlindReason)>,
) -> Result<(), StoreError> {
    let rows: Vec<NewRow> = spans
        .into_iter()
        .map(|(from_ms, to_ms, reason)| NewRow {
            from_ms,
            to_ms,
            reason: reason.key(),
        })
        .collect();
    INSERT.run(on, &rows).await?;
    Ok(())
}
