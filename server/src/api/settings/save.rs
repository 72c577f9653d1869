//! `PUT /api/v1/settings`: saves a document as the next version.

use std::sync::Arc;

use axum::Json as Answer;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, StatusCode, header};
use rollcall_shared::console_api::settings::LONGEST_NOTE;
use rollcall_shared::console_api::{SettingsSaved, Subject};
use rollcall_shared::problem::FieldError;
use rollcall_shared::settings::{Days, HeartbeatScope, LoopbackMode};
use rollcall_shared::{AddressRange, Minutes, Problem, Seconds, Settings};
use serde::Deserialize;

use super::tag_of;
use crate::api::answer::Refusal;
use crate::api::app::App;
use crate::api::body::Json;
use crate::auth::person::{Action, Person};
use crate::settings::{Draft, NotSaved, Saved};

/// The most bytes of a document: ten thousand ranges in each of two lists, IPv6 written out in full.
const LIMIT: usize = 1_000_000;

/// The whole document. Every field is asked for, and no other is taken: what is left out by mistake must not be set
/// to its default.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SettingsDocument {
    /// The unreachable network: agents with an address in one of these are waited for, never connected to.
    unreachable_network: Vec<AddressRange>,
    /// Whether agents may send heartbeats.
    heartbeat: bool,
    /// Which agents send them.
    heartbeat_scope: HeartbeatScope,
    /// Agents send heartbeat every so many minutes.
    heartbeat_every: Minutes,
    /// An agent is offline if there is no contact after so many minutes.
    offline_after: Minutes,
    /// Agents in the unreachable network poll every so many minutes.
    poll_every: Minutes,
    /// The server connects every so many minutes to each agent that it knows of in no other way.
    verify_every: Minutes,
    /// Agents that were offline for so many days leave the roll call.
    inactive_after_days: Days,
    /// Ranges in which the server may connect to the address that an agent gives as its own.
    dial_own_addresses_in: Vec<AddressRange>,
    /// Which agents send loopback packets.
    loopback: LoopbackMode,
    /// They send one every so many seconds.
    loopback_every_seconds: Seconds,
    /// Why, for the history: at most 200 characters. No part of the document.
    #[serde(default)]
    #[schema(max_length = 200)]
    note: Option<String>,
}

impl SettingsDocument {
    /// What was noted, without spaces around it; nothing where nothing was.
    fn note(&self) -> Result<Option<String>, FieldError> {
        let given = self.note.as_deref().unwrap_or_default();
        let note = given.trim();
        let characters = note.chars().count();
        if characters > LONGEST_NOTE || given.chars().any(char::is_control) {
            return Err(FieldError::new(
                "note",
                "The note cannot be kept.",
                format!("at most {LONGEST_NOTE} characters in one line"),
                format!("{characters} characters"),
            ));
        }
        Ok((!note.is_empty()).then(|| note.to_owned()))
    }
}

impl From<SettingsDocument> for Settings {
    fn from(document: SettingsDocument) -> Self {
        Self {
            unreachable_network: document.unreachable_network,
            heartbeat: document.heartbeat,
            heartbeat_scope: document.heartbeat_scope,
            heartbeat_every: document.heartbeat_every,
            offline_after: document.offline_after,
            poll_every: document.poll_every,
            verify_every: document.verify_every,
            inactive_after_days: document.inactive_after_days,
            dial_own_addresses_in: document.dial_own_addresses_in,
            loopback: document.loopback,
            loopback_every_seconds: document.loopback_every_seconds,
        }
    }
}

impl From<NotSaved> for Refusal {
    fn from(error: NotSaved) -> Self {
        match error {
            NotSaved::Refused(fields) => Self::invalid(fields),
            NotSaved::Conflict(version) => Self::new(
                StatusCode::PRECONDITION_FAILED,
                "/problems/saved-meanwhile",
                "Saved meanwhile",
            )
            .detail(format!(
                "Version {version} was saved since the one that this was made from."
            )),
            NotSaved::Store(error) => error.into(),
            NotSaved::Engine(error) => Self::unavailable(&error),
            NotSaved::Unwritable(error) => Self::internal(&error),
            NotSaved::Interrupted(error) => Self::unavailable(&error),
        }
    }
}

/// Save the settings
///
/// As the next version. `If-Match` names the version that the document was made from, so that nobody's save is lost
/// under another. Agents live by it from when they know it (rule 5).
#[utoipa::path(
    put,
    path = "/api/v1/settings",
    operation_id = "save_settings",
    tag = "settings",
    params(("If-Match" = String, Header, description = "The version that this was made from, in quotes, as `ETag` gives it")),
    request_body(content = SettingsDocument, example = json!({
        "unreachable_network": ["10.0.0.0/8", "192.168.1.10-192.168.1.20", "2001:db8::/32"],
        "heartbeat": true, "heartbeat_scope": "all", "heartbeat_every": 10, "offline_after": 60,
        "poll_every": 30, "verify_every": 15, "inactive_after_days": 30, "dial_own_addresses_in": [],
        "loopback": "unreachable_network", "loopback_every_seconds": 25,
        "note": "the branch offices moved behind the new gateway"
    })),
    responses(
        (status = 200, description = "Saved, and in force", body = SettingsSaved),
        (status = 401, description = "Nobody is signed in", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The person may not", body = Problem, content_type = "application/problem+json"),
        (status = 412, description = "Another version was saved meanwhile", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "A field cannot be used", body = Problem, content_type = "application/problem+json"),
        (status = 428, description = "`If-Match` is missing", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "No database; see `Retry-After`", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn save(
    State(app): State<Arc<App>>,
    person: Person,
    headers: HeaderMap,
    Json(document): Json<SettingsDocument, LIMIT>,
) -> Result<Response, Refusal> {
    person.may(Action::ChangeSettings)?;
    let of = made_from(&headers)?;
    let note = document
        .note()
        .map_err(|refused| Refusal::invalid(vec![refused]))?;
    let draft = Draft {
        of,
        settings: document.into(),
        author: Some(person.name),
        note,
    };
    let now_ms = app.clock.wall_ms();
    let Saved { in_force, merged } = app.settings.save(&app.store, &app.engine, draft, now_ms).await?;
    // Or the page that asks for the roll-out next would find none. Where the database fails now, it is taken up later.
    let subject = Subject::Settings(in_force.version);
    if let Err(error) = app.outbox.take_up(&app.store, &subject).await {
        tracing::warn!(%error, "the news of a save waits for the database");
    }
    let answer = SettingsSaved {
        warnings: in_force.settings.warnings(),
        merged,
        in_force: (*in_force).clone(),
    };
    let tag = [(header::ETAG, tag_of(in_force.version))];
    Ok((tag, Answer(answer)).into_response())
}

/// The version in `If-Match`.
fn made_from(headers: &HeaderMap) -> Result<u32, Refusal> {
    const ALLOWED: &str = "the ETag of the settings, such as \"7\"";
    let Some(given) = headers.get(header::IF_MATCH) else {
        let refusal = Refusal::new(
            StatusCode::PRECONDITION_REQUIRED,
            "/problems/if-match-missing",
            "If-Match is missing",
        );
        let error = FieldError {
            allowed: Some(ALLOWED.to_owned()),
            ..FieldError::bare("If-Match", "Name the version that this was made from.")
        };
        return Err(refusal.detail(error.detail.clone()).fields(vec![error]));
    };
    let text = given.to_str().unwrap_or_default().trim();
    let version = text.trim_matches('"').parse();
    version.map_err(|_| {
        Refusal::invalid(vec![FieldError::new(
            "If-Match",
            "It names no version.",
            ALLOWED,
            text.chars().take(40).collect::<String>(),
        )])
    })
}
