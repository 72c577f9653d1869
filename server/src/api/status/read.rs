//! `GET /api/v1/status`: show it.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use rollcall_shared::Problem;
use rollcall_shared::console_api::{Lateness, Load, PartStatus, Picture, ServerStatus};

use super::presence;
use crate::api::answer::Refusal;
use crate::api::app::App;
use crate::auth::watcher::Watcher;
use crate::engine::EngineError;
use crate::engine::detection::{self, Stage};

/// Show how the server stands
///
/// Whether its parts are well, how late it noticed deadlines and told consoles over the last hour, and when its picture
/// is complete after it was away.
#[utoipa::path(
    get,
    path = "/api/v1/status",
    operation_id = "show_status",
    tag = "status",
    responses(
        (status = 200, description = "How it stands", body = ServerStatus),
        (status = 401, description = "Nobody is signed in, and no display is let in", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "No database; see `Retry-After`", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn read(
    State(app): State<Arc<App>>,
    watcher: Watcher,
) -> Result<Json<ServerStatus>, Refusal> {
    watcher.may_look()?;
    let now_ms = app.clock.wall_ms();
    let picture = picture(&app)
        .await
        .map_err(|error| Refusal::unavailable(&error))?;
    let parts = [
        ("database", app.database.judge()),
        ("disk", app.journal.judge()),
        ("presence", presence(&app.engine)),
    ];
    // There is no such part where no packets are to be taken.
    let loopback = app.loopback.judge().map(|judged| ("loopback", judged));
    let load = app.arrivals.standing();
    Ok(Json(ServerStatus {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        started_ms: now_ms - i64::try_from(app.clock.monotonic().as_millis()).unwrap_or(0),
        now_ms,
        parts: parts.into_iter().chain(loopback).map(part).collect(),
        picture,
        noticed: told(app.engine.lateness(Stage::Transition)),
        told: told(app.engine.lateness(Stage::Feed)),
        load: Load {
            calls_a_second: load.a_second,
            sent_away: load.sent_away,
            intervals_thousandths: load.stretch.thousandths(),
        },
        contacts_a_second: app.engine.contacts_a_second(),
    }))
}

async fn picture(app: &App) -> Result<Picture, EngineError> {
    let unheard = app.engine.unheard().await?;
    Ok(Picture {
        online: unheard.online,
        unheard: unheard.unheard,
        complete_by_ms: unheard.settled_by.map(|at| app.engine.wall_ms(at)),
    })
}

fn part((name, judged): (&str, Result<(), String>)) -> PartStatus {
    PartStatus {
        name: name.to_owned(),
        wrong: judged.err(),
    }
}

fn told(lateness: detection::Lateness) -> Lateness {
    let micros = |span: Duration| u64::try_from(span.as_micros()).unwrap_or(u64::MAX);
    Lateness {
        count: lateness.count,
        median_us: micros(lateness.median),
        p99_us: micros(lateness.p99),
        worst_us: micros(lateness.worst),
    }
}
