//! What the console asks of `/api/v1/`, and what may come of it.

pub(crate) mod components;
pub(crate) mod displays;
pub(crate) mod domains;
pub(crate) mod settings;

use gloo_net::http::{Method, RequestBuilder};
use rollcall_shared::console_api::{
    Agent, Availability, Hour, NewToken, Notification, Page, ServerStatus, Session, Setup, SetupState,
    SignIn, Timeline, TokenMade, Transition, Verified,
};
use rollcall_shared::problem::FieldError;
use rollcall_shared::why::Why;
use rollcall_shared::{AgentId, DomainId, Problem, TransitionId};
use serde::Serialize;
use serde::de::DeserializeOwned;
use web_sys::AbortSignal;

use crate::bulk::{Act, Became};
use crate::json;

/// No call is waited for longer: a path that was lost without a word answers nothing for minutes.
const PATIENCE_MS: u32 = 10_000;

/// Why a call brought no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Failure {
    /// The call did not come through, or no answer came in time; what it asked for may have been done.
    #[error("The server did not answer. Check the network.")]
    Unreachable,
    /// The server refused, and said why.
    #[error("{}", .0.detail.as_deref().unwrap_or(&.0.title))]
    Refused(Problem),
    /// The answer is none of Rollcall's: something between browser and server speaks.
    #[error("The answer cannot be read (HTTP {0}). Something other than Rollcall may have sent it.")]
    Unreadable(u16),
}

impl Failure {
    /// Whether nobody is signed in any more.
    pub(crate) fn is_signed_out(&self) -> bool {
        matches!(self, Self::Refused(problem) if problem.status == 401)
    }

    /// Whether there is no such thing.
    pub(crate) fn is_absent(&self) -> bool {
        matches!(self, Self::Refused(problem) if problem.status == 404)
    }

    /// Whether somebody saved another version meanwhile.
    pub(crate) fn is_outdated(&self) -> bool {
        matches!(self, Self::Refused(problem) if problem.status == 412)
    }

    /// Everything that is wrong, field by field.
    pub(crate) fn fields(&self) -> &[FieldError] {
        match self {
            Self::Refused(problem) => &problem.errors,
            _ => &[],
        }
    }

    /// What is wrong with a field, where that was the reason.
    pub(crate) fn of_field(&self, field: &str) -> Option<&FieldError> {
        match self {
            Self::Refused(problem) => problem.errors.iter().find(|error| error.field == field),
            _ => None,
        }
    }
}

/// Who is signed in.
pub(crate) async fn session() -> Result<Session, Failure> {
    read(&call(Method::GET, "session", None).await?)
}

/// Signs in.
pub(crate) async fn sign_in(person: &SignIn) -> Result<Session, Failure> {
    read(&call(Method::POST, "session", write(person)).await?)
}

/// Signs out.
pub(crate) async fn sign_out() -> Result<(), Failure> {
    call(Method::DELETE, "session", None).await.map(drop)
}

/// Whether the first admin is still to be created.
pub(crate) async fn setup_state() -> Result<SetupState, Failure> {
    read(&call(Method::GET, "setup", None).await?)
}

/// Creates the first admin, who is signed in by it.
pub(crate) async fn set_up(setup: &Setup) -> Result<Session, Failure> {
    read(&call(Method::POST, "setup", write(setup)).await?)
}

/// One agent in full.
pub(crate) async fn agent(id: AgentId) -> Result<Agent, Failure> {
    read(&call(Method::GET, &format!("agents/{id}"), None).await?)
}

/// Why an agent has its status.
pub(crate) async fn why(id: AgentId) -> Result<Why, Failure> {
    read(&call(Method::GET, &format!("agents/{id}/why"), None).await?)
}

/// How a period of an agent divides.
pub(crate) async fn availability(id: AgentId, from_ms: i64, to_ms: i64) -> Result<Availability, Failure> {
    let path = format!("agents/{id}/availability?from_ms={from_ms}&to_ms={to_ms}");
    read(&call(Method::GET, &path, None).await?)
}

/// How the server itself stands.
pub(crate) async fn server_status() -> Result<ServerStatus, Failure> {
    read(&call(Method::GET, "status", None).await?)
}

/// What an agent was in a period, part by part.
pub(crate) async fn timeline(id: AgentId, from_ms: i64, to_ms: i64) -> Result<Timeline, Failure> {
    let path = format!("agents/{id}/timeline?from_ms={from_ms}&to_ms={to_ms}");
    read(&call(Method::GET, &path, None).await?)
}

/// How the last hour went.
pub(crate) async fn hour() -> Result<Hour, Failure> {
    read(&call(Method::GET, "presence/hour", None).await?)
}

/// What an agent was to be told, newest first.
pub(crate) async fn notifications(id: AgentId, limit: u32) -> Result<Page<Notification>, Failure> {
    let path = format!("agents/{id}/notifications?limit={limit}");
    read(&call(Method::GET, &path, None).await?)
}

/// Agents that a call names, and the domain that they are put into.
#[derive(Serialize)]
struct Named<'a> {
    agents: &'a [AgentId],
    #[serde(skip_serializing_if = "Option::is_none")]
    domain: Option<DomainId>,
}

/// Has the server connect to an agent now.
pub(crate) async fn verify(id: AgentId) -> Result<Option<Verified>, Failure> {
    let answers: Vec<Verified> = read(&name(Act::Verify, &[id], None).await?)?;
    Ok(answers.into_iter().find(|answer| answer.agent == id))
}

/// Does something to agents, no more than [`Act::portion`]. `domain` is where they are moved to.
pub(crate) async fn act(
    act: Act,
    agents: &[AgentId],
    domain: Option<DomainId>,
) -> Result<Vec<Became>, Failure> {
    read(&name(act, agents, domain).await?)
}

async fn name(act: Act, agents: &[AgentId], domain: Option<DomainId>) -> Result<String, Failure> {
    call(Method::POST, act.path(), write(&Named { agents, domain })).await
}

/// Transitions, newest first: of one agent or of all, those before one or the latest.
pub(crate) async fn transitions(
    agent: Option<AgentId>,
    before: Option<TransitionId>,
    limit: u32,
) -> Result<Page<Transition>, Failure> {
    let agent = agent.map_or_else(String::new, |agent| format!("&agent={agent}"));
    let before = before.map_or_else(String::new, |before| format!("&before={before}"));
    let path = format!("transitions?limit={limit}{agent}{before}");
    read(&call(Method::GET, &path, None).await?)
}

/// Makes an enrolment token.
pub(crate) async fn make_token(token: &NewToken) -> Result<TokenMade, Failure> {
    read(&call(Method::POST, "tokens", write(token)).await?)
}

/// One call. Not generic, so that it is in the bundle once.
async fn call(method: Method, path: &str, body: Option<String>) -> Result<String, Failure> {
    call_if(method, path, body, None).await
}

/// A call that the server does only where this is still the tag of what it changes.
async fn call_if(
    method: Method,
    path: &str,
    body: Option<String>,
    if_match: Option<&str>,
) -> Result<String, Failure> {
    let request = RequestBuilder::new(&format!("/api/v1/{path}"))
        .method(method)
        .abort_signal(Some(&AbortSignal::timeout_with_u32(PATIENCE_MS)));
    let request = match if_match {
        Some(tag) => request.header("if-match", tag),
        None => request,
    };
    let request = match body {
        Some(body) => request.header("content-type", "application/json").body(body),
        None => request.build(),
    };
    let answer = request
        .map_err(|_| Failure::Unreachable)?
        .send()
        .await
        .map_err(|_| Failure::Unreachable)?;
    let text = answer.text().await.map_err(|_| Failure::Unreachable)?;
    if answer.ok() {
        return Ok(text);
    }
    Err(json::read(&text).map_or_else(|_| Failure::Unreadable(answer.status()), Failure::Refused))
}

fn read<T: DeserializeOwned>(text: &str) -> Result<T, Failure> {
    json::read(text).map_err(|_| Failure::Unreadable(200))
}

/// What is sent are structs of strings and numbers, which always can be written.
fn write<T: Serialize>(body: &T) -> Option<String> {
    serde_json::to_string(body).ok()
}
