//! `GET /api/v1/feed`: the WebSocket that a console holds open. What is said over it is in `feed`.

mod rollouts;
mod socket;
mod table;
mod wall;

use std::sync::Arc;

use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{FromRequestParts, Request, State};
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::Refusal;
use super::app::App;
use super::parameters::Query;
use crate::auth::watcher::Watcher;
use crate::feed::LONGEST;
use rollcall_shared::Problem;
use rollcall_shared::feed::wall::Grouping;

/// What a console may send in one message: a list of a thousand rows is 5 KB.
const LARGEST_MESSAGE: usize = 16 * 1024;

/// Buffers of an idle feed. The library's own are 128 KiB a socket.
const READ_BUFFER: usize = 2 * 1024;

/// Bytes that may wait for a socket that takes none: the longest message with the header of its frame (RFC 6455 section
/// 5.2), since one is sent after the other. A longer message is refused, however empty the buffer is. It is a limit: the
/// library reserves what a message has when it is sent, and keeps that as long as the socket.
const WRITE_BUFFER: usize = LONGEST + 16;

/// The verbs of this resource.
pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default().routes(routes!(open))
}

/// What a console wants to see.
#[derive(Debug, Clone, Copy, Default, serde::Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct Wanted {
    /// Roll-outs, agents as the cells of a wall, a window of them, or only that the server is there; without it, all agents
    /// as the rows of a table.
    #[serde(default)]
    #[param(inline)]
    show: Option<Show>,
    /// By what a wall groups its cells; by domain unless said otherwise.
    #[serde(default)]
    #[param(inline)]
    group: Grouping,
}

/// What there is to see besides agents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
enum Show {
    /// How far news has got.
    Rollouts,
    /// Agents as cells.
    Wall,
    /// A window of the agents, how many there are, and what happened.
    Table,
    /// Nothing but that the server is there.
    Standing,
}

/// Open the feed
///
/// A WebSocket with binary messages for the console of the same build; no interface for programs.
#[utoipa::path(
    get,
    path = "/api/v1/feed",
    operation_id = "open_feed",
    tag = "feed",
    params(Wanted),
    responses(
        (status = 101, description = "The feed is open"),
        (status = 401, description = "Nobody is signed in, and no display is let in", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The page that asks is of another origin, or a display asks for more than the wall", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "A parameter cannot be used", body = Problem, content_type = "application/problem+json"),
        (status = 426, description = "Not a WebSocket handshake", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn open(
    State(app): State<Arc<App>>,
    watcher: Watcher,
    Query(wanted): Query<Wanted>,
    request: Request,
) -> Result<Response, Refusal> {
    watcher.may_look()?;
    match wanted.show {
        Some(Show::Wall) => {}
        Some(Show::Rollouts) => super::rollouts::may_see(watcher.as_person()?)?,
        Some(Show::Standing | Show::Table) | None => {
            watcher.as_person()?;
        }
    }
    let (mut parts, _body) = request.into_parts();
    let headers = parts.headers.clone();
    // Browsers let any page open a WebSocket, with the cookies of the site that it goes to.
    app.origins.same_origin(&headers)?;
    let upgrade = WebSocketUpgrade::from_request_parts(&mut parts, &app)
        .await
        .map_err(|rejection| {
            Refusal::new(
                http::StatusCode::UPGRADE_REQUIRED,
                "/problems/not-a-websocket",
                "Not a WebSocket",
            )
            .detail(rejection.to_string())
        })?;
    let upgrade = upgrade
        .max_message_size(LARGEST_MESSAGE)
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(0)
        .max_write_buffer_size(WRITE_BUFFER);
    Ok(upgrade.on_upgrade(move |socket| socket::serve(socket, app, watcher, wanted)))
}

#[cfg(test)]
mod tests;
