//! A server of the agent's side of the API, as small as it can be: it records calls and answers as scripted.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Response, StatusCode, header};
use axum::routing::any;
use serde_json::Value;
use tokio::sync::{Notify, watch};

mod server;

pub(crate) use server::agent;
use server::{Ways, as_a_server, problem};

/// Longer than anything may take on a machine that is busy with other things.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// What the stub gives an agent.
pub(crate) const SECRET: &str = "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2U";

/// One call as it came.
#[derive(Debug, Clone)]
pub(crate) struct Recorded {
    pub(crate) path: String,
    pub(crate) authorization: Option<String>,
    pub(crate) body: Value,
    pub(crate) at: Instant,
    /// Whether it was answered by a script.
    pub(crate) scripted: bool,
}

impl Recorded {
    pub(crate) fn sequence(&self) -> u64 {
        self.body["sequence"].as_u64().unwrap()
    }

    pub(crate) fn boot(&self) -> &str {
        self.body["boot"].as_str().unwrap()
    }

    pub(crate) fn reason(&self) -> &str {
        self.body["reason"].as_str().unwrap_or_default()
    }
}

/// What to answer instead of what a server would.
#[derive(Debug, Clone)]
pub(crate) enum Scripted {
    /// These headers and this body.
    Says(u16, Vec<(&'static str, String)>, String),
    /// A problem of this kind.
    Problem(u16, &'static str, &'static str),
    /// Takes the call, but its answer breaks off.
    BreaksOff,
    /// Takes the call and never answers.
    Hangs,
    /// Takes the call, and answers when it is told to.
    After(Arc<Notify>, Box<Self>),
}

#[derive(Debug, Default)]
struct Script {
    next: VecDeque<(String, Scripted)>,
    always: Option<Scripted>,
}

#[derive(Clone)]
struct Shared {
    calls: Arc<watch::Sender<Vec<Recorded>>>,
    script: Arc<Mutex<Script>>,
    ways: Arc<Mutex<Ways>>,
    began: Instant,
}

/// The stub; ends with the test's runtime.
pub(crate) struct Stub {
    pub(crate) url: String,
    shared: Shared,
}

impl Stub {
    /// On a free port of this machine.
    pub(crate) async fn start() -> Self {
        Self::start_at([127, 0, 0, 1].into()).await
    }

    /// On a free port of that address.
    pub(crate) async fn start_at(address: IpAddr) -> Self {
        let listener = tokio::net::TcpListener::bind((address, 0)).await.unwrap();
        Self::serve(listener)
    }

    /// On a listener that is there already.
    pub(crate) fn on(listener: std::net::TcpListener) -> Self {
        listener.set_nonblocking(true).unwrap();
        Self::serve(tokio::net::TcpListener::from_std(listener).unwrap())
    }

    fn serve(listener: tokio::net::TcpListener) -> Self {
        let address = listener.local_addr().unwrap();
        let shared = Shared::new();
        let app = app(shared.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self {
            url: format!("http://{address}"),
            shared,
        }
    }

    /// The same over TLS.
    pub(crate) fn start_tls(config: axum_server::tls_rustls::RustlsConfig) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Shared::new();
        let app = app(shared.clone());
        let server = axum_server::from_tcp_rustls(listener, config).unwrap();
        tokio::spawn(server.serve(app.into_make_service()));
        Self {
            url: format!("https://{address}"),
            shared,
        }
    }

    /// The next call of `path` (any, where it is `*`) is answered so; scripts are used up in order.
    pub(crate) fn script(&self, path: &str, scripted: Scripted) {
        self.locked().next.push_back((path.to_owned(), scripted));
    }

    /// From now on everything that no script is for is answered so; `None` is as a server would.
    pub(crate) fn always(&self, scripted: Option<Scripted>) {
        self.locked().always = scripted;
    }

    /// Changes what is dictated from now on.
    pub(crate) fn dictate(&self, change: impl FnOnce(&mut Ways)) {
        change(&mut self.shared.ways.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, Script> {
        self.shared.script.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The calls so far.
    pub(crate) fn calls(&self) -> Vec<Recorded> {
        self.shared.calls.borrow().clone()
    }

    /// The calls of one path so far.
    pub(crate) fn of(&self, path: &str) -> Vec<Recorded> {
        self.calls()
            .into_iter()
            .filter(|call| call.path == path)
            .collect()
    }

    /// How many boots spoke so far. Unlike registers they are not more where a busy machine stalls and an agent
    /// takes the gap for a server that lost its memory.
    pub(crate) fn boots(&self) -> usize {
        let calls = self.calls();
        let boots = calls.iter().filter_map(|call| call.body["boot"].as_str());
        boots.collect::<std::collections::BTreeSet<_>>().len()
    }

    /// Waits until the calls so far are as wanted, and gives them.
    pub(crate) async fn wait_for(&self, what: &str, wanted: impl Fn(&[Recorded]) -> bool) -> Vec<Recorded> {
        let mut calls = self.shared.calls.subscribe();
        let calls = tokio::time::timeout(PATIENCE, calls.wait_for(|calls| wanted(calls))).await;
        calls
            .unwrap_or_else(|_| panic!("waited in vain for {what}; calls so far: {:#?}", self.calls()))
            .unwrap()
            .clone()
    }

    /// Waits until a scripted call of `path` and one after it came, and gives the two.
    pub(crate) async fn scripted_and_next(&self, path: &str) -> (Recorded, Recorded) {
        let pair = |calls: &[Recorded]| {
            let calls: Vec<&Recorded> = calls.iter().filter(|call| call.path == path).collect();
            let at = calls.iter().position(|call| call.scripted)?;
            Some(((*calls.get(at)?).clone(), (*calls.get(at + 1)?).clone()))
        };
        let calls = self.wait_for("a scripted call and the next", |calls| pair(calls).is_some());
        pair(&calls.await).unwrap()
    }

    /// Waits for the `count`th call of `path`, and gives it.
    pub(crate) async fn nth(&self, path: &str, count: usize) -> Recorded {
        let of_path = |calls: &[Recorded]| calls.iter().filter(|call| call.path == path).count();
        self.wait_for(&format!("call {count} of {path}"), |calls| {
            of_path(calls) >= count
        })
        .await;
        self.of(path).remove(count - 1)
    }
}

impl Shared {
    /// The age of the server's memory.
    fn epoch(&self) -> u32 {
        u32::try_from(self.began.elapsed().as_secs()).unwrap()
    }

    #[expect(clippy::disallowed_methods, reason = "the epoch has to go on as time does")]
    fn new() -> Self {
        Self {
            calls: Arc::new(watch::Sender::new(Vec::new())),
            script: Arc::new(Mutex::new(Script::default())),
            ways: Arc::new(Mutex::new(Ways::default())),
            began: Instant::now(),
        }
    }
}

fn app(shared: Shared) -> Router {
    Router::new()
        .route("/api/agent/v1/{call}", any(answer))
        .route("/api/agent/v1/notifications/{subject}/ack", any(acknowledged))
        .fallback(|State(shared): State<Shared>| async move {
            record(&shared, "elsewhere", &HeaderMap::new(), Value::Null, false);
            StatusCode::NOT_FOUND
        })
        .with_state(shared)
}

/// Recorded as a call `ack`, with the subject in its body.
async fn acknowledged(
    State(shared): State<Shared>,
    Path(subject): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let mut body: Value = serde_json::from_slice(&body).unwrap();
    body["subject"] = Value::String(subject);
    record(&shared, "ack", &headers, body, false);
    StatusCode::NO_CONTENT
}

#[expect(clippy::disallowed_methods, reason = "tests compare when calls came")]
fn record(shared: &Shared, path: &str, headers: &HeaderMap, body: Value, scripted: bool) {
    let authorization = headers
        .get(header::AUTHORIZATION)
        .map(|value| value.to_str().unwrap().to_owned());
    shared.calls.send_modify(|calls| {
        calls.push(Recorded {
            path: path.to_owned(),
            authorization,
            body,
            at: Instant::now(),
            scripted,
        });
    });
}

async fn answer(
    State(shared): State<Shared>,
    Path(call): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    let mut scripted = {
        let mut script = shared.script.lock().unwrap_or_else(PoisonError::into_inner);
        let next = script
            .next
            .iter()
            .position(|(path, _)| *path == call || path == "*");
        match next {
            Some(at) => script.next.remove(at).map(|(_, scripted)| scripted),
            None => script.always.clone(),
        }
    };
    let body_read = serde_json::from_slice(&body).unwrap();
    record(&shared, &call, &headers, body_read, scripted.is_some());
    while let Some(Scripted::After(told, then)) = scripted {
        told.notified().await;
        scripted = Some(*then);
    }
    match scripted {
        Some(Scripted::Says(status, headers, text)) => {
            let mut response = Response::builder().status(status);
            for (name, value) in headers {
                response = response.header(name, value);
            }
            response.body(text.into()).unwrap()
        }
        Some(Scripted::Problem(status, kind, detail)) => problem(status, kind, detail),
        Some(Scripted::BreaksOff) => Response::builder()
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from_stream(futures_util::stream::iter([
                Ok::<_, std::io::Error>(Bytes::from_static(b"{\"agent\":")),
                Err(std::io::ErrorKind::ConnectionReset.into()),
            ])))
            .unwrap(),
        Some(Scripted::Hangs | Scripted::After(..)) => std::future::pending().await,
        None => as_a_server(&shared, &call, &headers, &body),
    }
}
