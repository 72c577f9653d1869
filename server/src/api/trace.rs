//! Each request leaves one line in the log and one count in the metrics, under an id that the client is told.
//!
//! The line names the route's template, never the path or the query, which may hold a one-time token; nor any
//! header. Agents' calls are told at debug level: at a million agents they are the noise, not the news.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use tracing::{Instrument as _, Span};

use super::metrics::Metrics;
use super::peer::Peer;
use crate::clock::{Clock, NoRandomness};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The most characters of an id that a client may choose.
const LONGEST_ID: usize = 64;

/// What stands for all paths that no route has.
const NO_ROUTE: &str = "none";

/// Where agents speak.
const AGENTS: &str = "/api/agent/";

/// Watches requests. Cloned for each of them, so it is one pointer.
#[derive(Debug, Clone)]
pub struct Observer(Arc<Watch>);

#[derive(Debug)]
struct Watch {
    clock: Clock,
    metrics: Option<Metrics>,
    ids: Ids,
}

/// Makes ids: unlike those of other runs by a random beginning, unlike each other by a count.
#[derive(Debug)]
struct Ids {
    run: String,
    next: AtomicU64,
}

impl Observer {
    /// Watches by this clock, and counts where `metrics` is given.
    ///
    /// # Errors
    /// Where the operating system has no randomness.
    pub fn new(clock: Clock, metrics: Option<Metrics>) -> Result<Self, NoRandomness> {
        let run = super::hex::of(&clock.random::<4>()?);
        let next = AtomicU64::new(1);
        Ok(Self(Arc::new(Watch {
            clock,
            metrics,
            ids: Ids { run, next },
        })))
    }
}

impl Watch {
    /// The id of a request: the one that it brought (a proxy's, so that its log and ours can be laid side by
    /// side), where it is fit for a log, else a new one.
    fn id(&self, headers: &HeaderMap) -> HeaderValue {
        let is_fit = |value: &&HeaderValue| {
            let fit = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
            (1..=LONGEST_ID).contains(&value.len()) && value.as_bytes().iter().all(fit)
        };
        headers
            .get(REQUEST_ID)
            .filter(is_fit)
            .cloned()
            .or_else(|| HeaderValue::try_from(self.ids.next()).ok())
            .unwrap_or(HeaderValue::from_static("-"))
    }
}

impl Ids {
    fn next(&self) -> String {
        format!("{}-{:x}", self.run, self.next.fetch_add(1, Ordering::Relaxed))
    }
}

/// Watches what is inside. For `axum::middleware::from_fn_with_state`, on routes: it reads their templates.
pub async fn observe(State(observer): State<Observer>, request: Request, next: Next) -> Response {
    observer.watch(request, |request| next.run(request)).await
}

impl Observer {
    /// Watches how a request of a route is answered.
    pub async fn watch<F: Future<Output = Response>>(
        &self,
        request: Request,
        answer: impl FnOnce(Request) -> F,
    ) -> Response {
        let Self(watch) = self;
        let route = request.extensions().get::<MatchedPath>().cloned();
        let route = route.as_ref().map_or(NO_ROUTE, MatchedPath::as_str);
        let method = request.method().clone();
        let is_agents = route.starts_with(AGENTS);
        let begun = watch.clock.monotonic();
        let (id, span) = if is_agents && !tracing::enabled!(tracing::Level::DEBUG) {
            (None, Span::none())
        } else {
            let id = watch.id(request.headers());
            let span = span(is_agents, &id, &method, route, &request);
            (Some(id), span)
        };

        let mut response = answer(request).instrument(span.clone()).await;

        let took = watch.clock.monotonic().saturating_sub(begun);
        if let Some(metrics) = &watch.metrics {
            metrics.answered(&method, route, response.status(), took);
        }
        tell(&span, is_agents, response.status(), took);
        if let Some(id) = id {
            response.headers_mut().insert(REQUEST_ID, id);
        }
        response
    }
}

fn span(is_agents: bool, id: &HeaderValue, method: &Method, route: &str, request: &Request) -> Span {
    let id = id.to_str().unwrap_or("-");
    let peer = request.extensions().get::<Peer>().map(|peer| peer.address);
    let peer = peer.as_ref().map(tracing::field::display);
    if is_agents {
        tracing::debug_span!("request", id, %method, route, peer)
    } else {
        tracing::info_span!("request", id, %method, route, peer)
    }
}

fn tell(span: &Span, is_agents: bool, status: StatusCode, took: Duration) {
    let status = status.as_u16();
    // To the microsecond; more digits are noise.
    let ms = (took.as_secs_f64() * 1e6).round() / 1e3;
    if is_agents {
        tracing::debug!(parent: span, status, ms, "answered");
    } else {
        tracing::info!(parent: span, status, ms, "answered");
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::Mutex;

    use axum::Router;
    use axum::body::Body;
    use axum::middleware::from_fn_with_state;
    use axum::routing::{get, post};
    use tower::ServiceExt as _;

    use super::*;

    /// A log that a test can read.
    #[derive(Debug, Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// Asks through a router under a log of this level; the id that was told, and the log.
    async fn ask(level: tracing::Level, request: http::request::Builder) -> (Option<String>, String) {
        let router = Router::new()
            .route("/api/v1/agents/{id}", get(|| async {}))
            .route("/api/agent/v1/heartbeat", post(|| async {}))
            .layer(from_fn_with_state(
                Observer::new(Clock::start(), None).unwrap(),
                observe,
            ));
        let lines = Lines::default();
        let writer = lines.clone();
        let subscriber = tracing_subscriber::fmt()
            .json()
            .with_max_level(level)
            .with_writer(move || writer.clone())
            .finish();
        let guard = tracing::subscriber::set_default(subscriber);
        let response = router
            .oneshot(request.body(Body::empty()).unwrap())
            .await
            .unwrap();
        drop(guard);
        let id = response.headers().get("x-request-id");
        let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        (id.map(|id| id.to_str().unwrap().to_owned()), text)
    }

    #[tokio::test]
    async fn a_line_names_the_route_and_no_path_query_or_header() {
        let request =
            Request::get("/api/v1/agents/4711?token=hunter2").header("authorization", "Bearer hunter2");
        let (id, log) = ask(tracing::Level::INFO, request).await;
        assert!(log.contains(&id.unwrap()), "{log}");
        assert!(
            log.contains("/api/v1/agents/{id}") && log.contains("\"status\":200"),
            "{log}"
        );
        assert!(!log.contains("hunter2") && !log.contains("4711"), "{log}");
    }

    #[tokio::test]
    async fn agents_calls_are_told_only_to_those_who_debug() {
        let heartbeat = || Request::post("/api/agent/v1/heartbeat");
        let (id, log) = ask(tracing::Level::INFO, heartbeat()).await;
        assert_eq!((id, log.as_str()), (None, ""));
        let (_, log) = ask(tracing::Level::DEBUG, heartbeat()).await;
        assert!(log.contains("/api/agent/v1/heartbeat"), "{log}");
    }

    #[tokio::test]
    async fn an_id_that_is_fit_for_a_log_is_kept() {
        for (given, kept) in [
            ("proxy-7.a_B", true),
            ("", false),
            ("a b", false),
            ("a\"b", false),
            (&"x".repeat(65), false),
        ] {
            let request = Request::get("/api/v1/agents/1").header("x-request-id", given);
            let (id, _) = ask(tracing::Level::INFO, request).await;
            assert_eq!(id.as_deref() == Some(given), kept, "{given:?}");
        }
    }
}
