//! `GET /api/v1/setup`: whether the first admin is still to be created.

use axum::Json;
use axum::extract::State;
use rollcall_shared::Problem;
use rollcall_shared::console_api::SetupState;

use crate::api::answer::Refusal;
use crate::auth::people::People;

/// Is there an admin
///
/// Open to everybody: a console that nobody can sign in to has to say so.
#[utoipa::path(
    get,
    path = "/api/v1/setup",
    operation_id = "setup_state",
    tag = "people",
    responses(
        (
            status = 200, description = "Whether the first admin is still to be created", body = SetupState,
            example = json!({ "needed": true })
        ),
        (status = 503, description = "No database", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn read(State(people): State<People>) -> Result<Json<SetupState>, Refusal> {
    let needed = people.nobody_yet().await?;
    Ok(Json(SetupState { needed }))
}

#[cfg(test)]
mod tests {
    use rollcall_shared::console_api::Role;
    use serde_json::json;

    use crate::api::session::testing::Server;

    #[tokio::test]
    async fn setup_is_needed_until_somebody_exists() {
        let server = Server::fresh().await;
        for _ in 0..2 {
            assert_eq!(
                server.get("/api/v1/setup", "").await.json,
                json!({ "needed": true })
            );
        }
        let server = Server::with_ada(Role::Admin).await;
        for _ in 0..2 {
            assert_eq!(
                server.get("/api/v1/setup", "").await.json,
                json!({ "needed": false })
            );
        }
    }
}
