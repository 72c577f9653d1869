//! `POST /api/v1/tokens`: makes an enrolment token.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use rollcall_shared::console_api::{NewToken, TokenMade};
use rollcall_shared::{DomainId, FieldError, Problem};

use super::shown;
use crate::api::answer::Refusal;
use crate::api::body::Json;
use crate::api::domains::no_such;
use crate::auth::enrolment::{EnrolToken, enroll_command};
use crate::auth::people::People;
use crate::auth::person::{Action, MayNot, Person};
use crate::clock::NoRandomness;
use crate::scope::Scope;
use crate::store::StoreError;

/// Enough for the largest fleet that one server is built for.
const MOST_USES: u32 = 1_000_000;
/// A year: what is forgotten in an image or a script ends by itself.
const MOST_HOURS: u32 = 365 * 24;

/// Why no token was made.
#[derive(Debug, thiserror::Error)]
enum CreateError {
    /// The person may not.
    #[error(transparent)]
    MayNot(#[from] MayNot),
    /// Bounds that cannot be used.
    #[error("fields that cannot be used")]
    Fields(Vec<FieldError>),
    /// No secret could be drawn.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<CreateError> for Refusal {
    fn from(error: CreateError) -> Self {
        match error {
            CreateError::MayNot(error) => error.into(),
            CreateError::Fields(errors) => Self::invalid(errors),
            CreateError::NoRandomness(error) => Self::internal(&error),
            CreateError::Store(error) => error.into(),
        }
    }
}

/// Make an enrolment token
///
/// The answer holds the token's text, which is shown this once, and the line that enrols a machine with it and
/// starts its agent. The agents are put into `domain`, which is not deleted while a token for it is good.
#[utoipa::path(
    post,
    path = "/api/v1/tokens",
    operation_id = "make_token",
    tag = "enrolment",
    request_body(content = NewToken, example = json!({ "uses": 50, "hours": 24, "domain": 3 })),
    responses(
        (
            status = 201, description = "Made", body = TokenMade,
            example = json!({
                "token": {
                    "id": 7, "domain": 3, "uses": 50, "uses_left": 50, "revoked": false, "author": "ada",
                    "created_at_ms": 1_900_000_000_000_i64, "expires_at_ms": 1_900_086_400_000_i64
                },
                "secret": "rct_pYkN0uU1N2cUj6m2q5l3v8b7w0x9y4z1A5B6C7D8E9E",
                "command": "rollcall-agent enroll --server https://rollcall.example --token \
                            rct_pYkN0uU1N2cUj6m2q5l3v8b7w0x9y4z1A5B6C7D8E9E --run"
            })
        ),
        (
            status = 401, description = "Nobody is signed in", body = Problem,
            content_type = "application/problem+json"
        ),
        (
            status = 403, description = "The person may not", body = Problem,
            content_type = "application/problem+json",
            example = json!({
                "type": "/problems/forbidden", "title": "Not allowed", "status": 403,
                "detail": "A viewer may not enrol agents."
            })
        ),
        (
            status = 422, description = "A field cannot be used", body = Problem,
            content_type = "application/problem+json",
            example = json!({
                "type": "/problems/invalid", "title": "Invalid fields", "status": 422, "detail": "uses",
                "errors": [{
                    "field": "uses", "detail": "A token enrols at least one agent.",
                    "allowed": "1 to 1000000", "given": "0"
                }]
            })
        ),
        (status = 503, description = "No database", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn create(
    State(people): State<People>,
    person: Person,
    Json(new): Json<NewToken>,
) -> Result<Response, Refusal> {
    Ok(make(&people, &person, &new).await?.into_response())
}

async fn make(
    people: &People,
    person: &Person,
    new: &NewToken,
) -> Result<impl IntoResponse + use<>, CreateError> {
    person.may(Action::Enrol)?;
    within_bounds(new).map_err(CreateError::Fields)?;
    let store = people.store();
    if !store.domains().is_there(&person.scope, new.domain).await? {
        Err(no_domain(new.domain))?;
    }
    let token = EnrolToken::random(people.clock())?;
    let now_ms = people.now_ms();
    let ends_ms = now_ms.saturating_add(i64::from(new.hours) * 60 * 60 * 1000);
    let tokens = store.tokens();
    let record = match tokens
        .create(
            token.hash(),
            new.domain,
            new.uses,
            now_ms,
            ends_ms,
            Some(person.user),
        )
        .await
    {
        // Deleted since it was looked for.
        Err(error)
            if error.is_fault_of_data() && !store.domains().is_there(&Scope::All, new.domain).await? =>
        {
            Err(no_domain(new.domain))?
        }
        record => record?,
    };
    let made = TokenMade {
        token: shown(&record, Some(&person.name)),
        secret: token.text().to_owned(),
        command: enroll_command(people.enroll_line(), token.text()),
    };
    let unkept = [(header::CACHE_CONTROL, "no-store")];
    Ok((StatusCode::CREATED, unkept, axum::Json(made)))
}

fn no_domain(given: DomainId) -> CreateError {
    CreateError::Fields(vec![no_such("domain", given)])
}

fn within_bounds(new: &NewToken) -> Result<(), Vec<FieldError>> {
    let errors: Vec<FieldError> = [
        out_of("uses", new.uses, MOST_USES, "A token enrols at least one agent."),
        out_of(
            "hours",
            new.hours,
            MOST_HOURS,
            "A token is good for at least one hour.",
        ),
    ]
    .into_iter()
    .flatten()
    .collect();
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

fn out_of(field: &str, given: u32, most: u32, at_least: &str) -> Option<FieldError> {
    if (1..=most).contains(&given) {
        return None;
    }
    let detail = if given == 0 {
        at_least
    } else {
        "That is more than a token can have."
    };
    Some(FieldError::new(
        field,
        detail,
        format!("1 to {most}"),
        given.to_string(),
    ))
}

#[cfg(test)]
mod tests {
    use http::{StatusCode, header};
    use rollcall_shared::DomainId;
    use rollcall_shared::console_api::Role;
    use serde_json::json;

    use crate::api::session::testing::Server;

    const PATH: &str = "/api/v1/tokens";

    #[tokio::test]
    async fn a_token_comes_with_the_line_that_uses_it() {
        for role in [Role::Admin, Role::Operator] {
            let server = Server::with_ada(role).await;
            let cookie = server.signed_in().await;
            let made = server
                .post(PATH, &cookie, &json!({ "uses": 50, "hours": 24 }))
                .await;
            assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
            assert_eq!(made.headers[header::CACHE_CONTROL], "no-store");
            let secret = made.json["secret"].as_str().unwrap();
            assert!(secret.starts_with("rct_") && secret.len() == 47, "{secret}");
            assert_eq!(
                made.json["command"],
                format!("rollcall-agent enroll --server https://roll.example --token {secret} --run")
            );
            let token = &made.json["token"];
            assert_eq!(
                (
                    &token["uses"],
                    &token["uses_left"],
                    &token["revoked"],
                    &token["author"]
                ),
                (&json!(50), &json!(50), &json!(false), &json!("ada"))
            );
            assert_eq!(
                token["expires_at_ms"].as_i64().unwrap() - token["created_at_ms"].as_i64().unwrap(),
                24 * 3_600_000
            );
        }
    }

    #[tokio::test]
    async fn bounds_are_kept_and_named() {
        let server = Server::with_ada(Role::Admin).await;
        let cookie = server.signed_in().await;
        for (uses, hours, fields) in [
            (0, 1, vec!["uses"]),
            (1_000_001, 1, vec!["uses"]),
            (1, 0, vec!["hours"]),
            (1, 8761, vec!["hours"]),
            (u32::MAX, u32::MAX, vec!["uses", "hours"]),
        ] {
            let answer = server
                .post(PATH, &cookie, &json!({ "uses": uses, "hours": hours }))
                .await;
            assert_eq!(answer.refused(422), fields, "{uses} {hours}");
        }
        for (uses, hours) in [(1, 1), (1_000_000, 8760)] {
            let answer = server
                .post(PATH, &cookie, &json!({ "uses": uses, "hours": hours }))
                .await;
            assert_eq!(answer.status, StatusCode::CREATED);
        }
        for (body, fields) in [
            ("{}", ["uses"]),
            (r#"{"uses":1}"#, ["hours"]),
            (r#"{"uses":-1,"hours":1}"#, ["uses"]),
            (r#"{"uses":1,"hours":1.5}"#, ["hours"]),
            (r#"{"uses":1e99,"hours":1}"#, ["uses"]),
            (r#"{"uses":1,"hours":1,"domain":7}"#, ["domain"]),
            (r#"{"uses":1,"hours":1,"domain":0}"#, ["domain"]),
            (r#"{"uses":1,"hours":1,"domain":null}"#, ["domain"]),
            (r#"{"uses":1,"hours":1,"folder":1}"#, ["folder"]),
        ] {
            assert_eq!(
                server.post_raw(PATH, &cookie, body).await.refused(422),
                fields,
                "{body}"
            );
        }
    }

    #[tokio::test]
    async fn a_token_is_for_the_domain_that_is_named_or_for_the_one_that_holds_all() {
        let server = Server::with_ada(Role::Operator).await;
        let cookie = server.signed_in().await;
        let domains = server.people.store().domains();
        let berlin = domains.create("Berlin", DomainId::ROOT).await.unwrap();
        for (body, domain) in [
            (json!({ "uses": 1, "hours": 1 }), DomainId::ROOT),
            (json!({ "uses": 1, "hours": 1, "domain": berlin.id }), berlin.id),
        ] {
            let made = server.post(PATH, &cookie, &body).await;
            assert_eq!(made.json["token"]["domain"], domain.0, "{made:?}");
        }
        let listed = server.get(PATH, &cookie).await;
        assert_eq!(listed.json["items"][0]["domain"], berlin.id.0, "newest first");
    }

    #[tokio::test]
    async fn a_viewer_can_neither_make_nor_see_nor_revoke_tokens() {
        let server = Server::with_ada(Role::Viewer).await;
        let cookie = server.signed_in().await;
        let made = server
            .post(PATH, &cookie, &json!({ "uses": 1, "hours": 1 }))
            .await;
        made.refused(403);
        assert_eq!(made.json["detail"], "A viewer may not enrol agents.");
        server.get(PATH, &cookie).await.refused(403);
        server.delete("/api/v1/tokens/1", &cookie).await.refused(403);
    }

    #[tokio::test]
    async fn nobody_makes_tokens_without_signing_in() {
        let server = Server::with_ada(Role::Admin).await;
        server
            .post(PATH, "", &json!({ "uses": 1, "hours": 1 }))
            .await
            .refused(401);
        server.get(PATH, "").await.refused(401);
        server.delete("/api/v1/tokens/1", "").await.refused(401);
    }
}
