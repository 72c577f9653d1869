//! `GET /api/v1/settings/versions`: who saved which settings when, newest first.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use rollcall_shared::Problem;
use rollcall_shared::console_api::{Page, VersionSummary};
use serde::Deserialize;

use crate::api::answer::Refusal;
use crate::api::app::App;
use crate::api::paging::Limit;
use crate::api::parameters::Query;
use crate::auth::person::{Action, Person};
use crate::settings::version_of;

/// Which page.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// The version before which the page begins.
    after: Option<u32>,
    /// How many, 1 to 1000; 100 unless said otherwise.
    #[serde(default)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1000)]
    limit: Limit,
}

/// List versions of the settings
///
/// Newest first. `next` of one page is `after` of the following. Versions that cannot be used (edited in the database,
/// or of a newer release) are listed with the reason.
#[utoipa::path(
    get,
    path = "/api/v1/settings/versions",
    operation_id = "list_settings_versions",
    tag = "settings",
    params(Which),
    responses(
        (status = 200, description = "A page", body = Page<VersionSummary>),
        (status = 401, description = "Nobody is signed in", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "A parameter cannot be used", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "No database; see `Retry-After`", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn history(
    State(app): State<Arc<App>>,
    person: Person,
    Query(which): Query<Which>,
) -> Result<Json<Page<VersionSummary>>, Refusal> {
    person.may(Action::Look)?;
    let limit = which.limit.get();
    let asked = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    let records = app.store.settings().page(which.after, asked).await?;
    let more = records.len() > limit;
    let items: Vec<VersionSummary> = records
        .into_iter()
        .take(limit)
        .map(|record| VersionSummary {
            version: record.version,
            saved_at_ms: record.saved_at_ms,
            author: record.author.clone(),
            note: record.note.clone(),
            unreadable: version_of(record, app.settings.minute())
                .err()
                .map(|passed_over| passed_over.reason),
        })
        .collect();
    let next = items.last().filter(|_| more).map(|one| one.version.to_string());
    Ok(Json(Page { items, next }))
}
