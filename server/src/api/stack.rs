//! The order in which everything around the routes applies.
//!
//! From the outside: the log and the metrics see what left the server; browsers' headers are on refusals too;
//! foreign pages are turned away before anything runs; then the time limit, and next to the handlers the net
//! for panics. Agents have the lean half of it: they run no pages.

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::get;

use super::health::{Readiness, healthz, readyz};
use super::metrics::Metrics;
use super::origin::{self, Origins};
use super::security::{self, Headers};
use super::trace::{self, Observer};
use super::{assets, body, insiders, panic, time_out};
use crate::config::{Config, Tls};

/// What stands around the routes.
#[derive(Debug, Clone)]
pub struct Stack {
    headers: Headers,
    origins: Origins,
    observer: Observer,
    insiders: Arc<crate::config::Ranges>,
}

impl Stack {
    /// As the configuration wants it.
    #[must_use]
    pub fn new(config: &Config, observer: Observer) -> Self {
        Self {
            // A browser that insists on TLS offers no way past a certificate that nobody vouches for.
            headers: Headers::new(&assets::documents(), config.tls != Tls::SelfSigned),
            origins: Origins {
                public: config.public_url.clone(),
            },
            observer,
            insiders: Arc::new(config.metrics_allow.clone()),
        }
    }

    /// `/healthz`, `/readyz` and `/metrics`.
    pub fn operations<S: Clone + Send + Sync + 'static>(
        &self,
        readiness: Readiness,
        metrics: Metrics,
    ) -> Router<S> {
        let inside = Router::new()
            .route("/readyz", get(readyz).with_state(readiness))
            .route("/metrics", get(move || async move { metrics.answer() }))
            .layer(from_fn_with_state(Arc::clone(&self.insiders), insiders::only));
        Router::new().route("/healthz", get(healthz)).merge(inside)
    }

    /// All routes with everything around them: the agents' (`/api/agent/`), those for people and programs, and of these
    /// the `slow` ones, which take as long as a large body takes and bound that themselves. The console and the 404s
    /// are added here.
    pub fn around<S: Clone + Send + Sync + 'static>(
        self,
        agents: Router<S>,
        people: Router<S>,
        slow: Router<S>,
    ) -> Router<S> {
        let agents =
            assets::refuse_methods(agents).layer(from_fn_with_state(self.observer.clone(), around_agents));
        let people = people
            .layer(from_fn_with_state(time_out::DEFAULT, time_out::within))
            .merge(slow);
        let people = assets::fall_back(people)
            .layer(DefaultBodyLimit::max(body::DEFAULT_LIMIT))
            .layer(panic::layer())
            .layer(from_fn_with_state(self.origins, origin::guard))
            .layer(from_fn_with_state(self.headers, security::headers))
            .layer(from_fn_with_state(self.observer, trace::observe));
        people.merge(agents)
    }
}

/// The three that agents' calls have around them, as one layer: each that stands alone boxes the request again, and a
/// heartbeat is little more than that.
async fn around_agents(State(observer): State<Observer>, request: Request, next: Next) -> Response {
    let answer = |request| time_out::limited(time_out::DEFAULT, panic::caught(next.run(request)));
    observer.watch(request, answer).await
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::response::Response;
    use axum::routing::post;
    use http::Request;
    use tower::ServiceExt as _;

    use super::*;
    use crate::api::peer::Peer;
    use crate::clock::Clock;

    fn router() -> Router {
        let config = Config::load(["rollcall-server"], |_| None).unwrap();
        let stack = Stack::new(&config, Observer::new(Clock::start(), None).unwrap());
        let agents = Router::new().route("/api/agent/v1/heartbeat", post(|| async { "beat" }));
        let people = Router::new()
            .route("/api/v1/session", post(|| async { "in" }))
            .route("/api/v1/broken", get(broken));
        let agents = agents.route("/api/agent/v1/broken", get(broken));
        stack.around(agents, people, Router::new())
    }

    async fn broken() -> &'static str {
        let words: Vec<&str> = Vec::new();
        words[0]
    }

    async fn ask(method: &str, path: &str, headers: &[(&str, &str)]) -> Response {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut request = request.body(Body::empty()).unwrap();
        request
            .extensions_mut()
            .insert(Peer::direct([127, 0, 0, 1].into(), false));
        router().oneshot(request).await.unwrap()
    }

    #[tokio::test]
    async fn refusals_carry_the_browsers_headers_and_the_request_s_id() {
        for (method, path, headers, status) in [
            ("GET", "/", &[][..], 200),
            ("GET", "/agents", &[][..], 200),
            ("GET", "/api/v1/nothing", &[][..], 404),
            ("GET", "/api/agent/v1/nothing", &[][..], 404),
            ("GET", "/api/v1/session", &[][..], 405),
            ("POST", "/api/v1/session", &[][..], 200),
            (
                "POST",
                "/api/v1/session",
                &[("origin", "http://evil.example")][..],
                403,
            ),
            ("GET", "/api/v1/broken", &[][..], 500),
        ] {
            let response = ask(method, path, headers).await;
            assert_eq!(response.status().as_u16(), status, "{method} {path}");
            assert!(
                response.headers().contains_key("content-security-policy"),
                "{method} {path}"
            );
            assert!(response.headers().contains_key("x-request-id"), "{method} {path}");
        }
    }

    #[tokio::test]
    async fn agents_get_an_answer_and_nothing_around_it() {
        let response = ask("POST", "/api/agent/v1/heartbeat", &[]).await;
        assert_eq!(response.status(), 200);
        let names: Vec<_> = response.headers().keys().map(http::HeaderName::as_str).collect();
        assert_eq!(names, ["content-type", "content-length"]);
        let response = ask("GET", "/api/agent/v1/heartbeat", &[]).await;
        assert_eq!(response.status(), 405);
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        assert_eq!(response.headers()["allow"], "POST");
        let response = ask("GET", "/api/agent/v1/broken", &[]).await;
        assert_eq!(response.status(), 500);
        assert_eq!(response.headers()["content-type"], "application/problem+json");
    }
}
