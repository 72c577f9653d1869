//! Whether a browser's request comes from the console itself.
//!
//! A browser sends a session's cookie with whatever any page makes it ask. It also says which page that was, in
//! headers that no page can forge: `Origin`, and `Sec-Fetch-Site` from newer ones. Programs with a token send
//! neither and need neither: nobody can make them ask.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, HeaderName, Method, header};

use super::answer::Refusal;
use crate::config::PublicUrl;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Where agents speak: by tokens, so that none of this concerns them.
const AGENTS: &str = "/api/agent/";

/// The origins that the console may have.
#[derive(Debug, Clone, Default)]
pub struct Origins {
    /// The one that the server is configured to be reached by, besides the host that a request names.
    pub public: Option<PublicUrl>,
}

impl Origins {
    /// Whether a request that carries or opens a session comes from the console. Also for the feed's upgrade,
    /// which browsers allow from any page.
    ///
    /// # Errors
    /// 403 where it comes from elsewhere, or does not say.
    pub fn same_origin(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        let text = |name: &HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
        // The browser's own judgement; it holds also where a proxy rewrote the host.
        if text(&SEC_FETCH_SITE) == Some("same-origin") {
            return Ok(());
        }
        let Some(origin) = text(&header::ORIGIN) else {
            return Err(Refusal::forbidden(
                "The request does not say which page it comes from (no Origin header).",
            ));
        };
        let Ok(origin) = PublicUrl::parse(origin) else {
            return Err(foreign());
        };
        let public = self.public.as_ref() == Some(&origin);
        // The scheme is the origin's: a proxy may have taken TLS off on the way.
        let own = text(&header::HOST).is_some_and(|host| {
            let scheme = if origin.is_encrypted() { "https" } else { "http" };
            PublicUrl::parse(&format!("{scheme}://{host}")).is_ok_and(|host| host == origin)
        });
        if public || own { Ok(()) } else { Err(foreign()) }
    }

    /// What of a request must come from the console: everything that may change something and comes with a
    /// cookie, or from a page.
    fn concerns(request: &Request) -> bool {
        let path = request.uri().path();
        let is_safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
        let is_browsers = request.headers().contains_key(header::COOKIE)
            || request.headers().contains_key(header::ORIGIN)
            || request.headers().contains_key(SEC_FETCH_SITE);
        path.starts_with("/api/") && !path.starts_with(AGENTS) && !is_safe && is_browsers
    }
}

fn foreign() -> Refusal {
    Refusal::forbidden("The request comes from a page of another origin.")
}

/// Refuses what comes from a foreign page. For `axum::middleware::from_fn_with_state`.
pub async fn guard(State(origins): State<Origins>, request: Request, next: Next) -> Response {
    if Origins::concerns(&request)
        && let Err(refusal) = origins.same_origin(request.headers())
    {
        return refusal.into_response();
    }
    next.run(request).await
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use axum::middleware::from_fn_with_state;
    use axum::routing::any;
    use tower::ServiceExt as _;

    use super::*;

    async fn ask(method: &str, path: &str, headers: &[(&str, &str)]) -> u16 {
        let origins = Origins {
            public: Some(PublicUrl::parse("https://rollcall.example.org").unwrap()),
        };
        let router = Router::new()
            .fallback(any(|| async {}))
            .layer(from_fn_with_state(origins, guard));
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = router
            .oneshot(request.body(Body::empty()).unwrap())
            .await
            .unwrap();
        response.status().as_u16()
    }

    #[tokio::test]
    async fn what_changes_something_by_a_cookie_must_come_from_the_console() {
        let (cookie, host) = (("cookie", "session=1"), ("host", "127.0.0.1:8080"));
        for (headers, status) in [
            (vec![cookie, host, ("origin", "http://127.0.0.1:8080")], 200),
            (
                vec![cookie, host, ("origin", "https://rollcall.example.org")],
                200,
            ),
            (
                vec![
                    cookie,
                    ("host", "rollcall.example.org"),
                    ("origin", "https://rollcall.example.org:443"),
                ],
                200,
            ),
            // A proxy took TLS off and kept the host.
            (
                vec![
                    cookie,
                    ("host", "noc.example.org"),
                    ("origin", "https://noc.example.org"),
                ],
                200,
            ),
            (vec![cookie, host, ("sec-fetch-site", "same-origin")], 200),
            (vec![cookie, host], 403),
            (vec![cookie, host, ("origin", "null")], 403),
            (vec![cookie, host, ("origin", "")], 403),
            (vec![cookie, host, ("origin", "http://127.0.0.1:9090")], 403),
            (vec![cookie, host, ("origin", "http://evil.example")], 403),
            (
                vec![cookie, host, ("origin", "http://127.0.0.1:8080.evil.example")],
                403,
            ),
            (vec![cookie, host, ("origin", "http://rollcall.example.org")], 403),
            (vec![cookie, host, ("sec-fetch-site", "cross-site")], 403),
            (
                vec![
                    cookie,
                    host,
                    ("sec-fetch-site", "same-site"),
                    ("origin", "http://evil.example"),
                ],
                403,
            ),
            (vec![cookie, ("origin", "http://127.0.0.1:8080")], 403),
            // Signing in carries no cookie yet, and a foreign page must not do it either.
            (vec![host, ("origin", "http://evil.example")], 403),
            // A program with a token.
            (vec![host, ("authorization", "Bearer x")], 200),
        ] {
            assert_eq!(
                ask("POST", "/api/v1/session", &headers).await,
                status,
                "{headers:?}"
            );
        }
    }

    #[tokio::test]
    async fn reading_and_agents_are_not_concerned() {
        let foreign = [("cookie", "session=1"), ("origin", "http://evil.example")];
        for (method, path, status) in [
            ("GET", "/api/v1/agents", 200),
            ("POST", "/api/agent/v1/heartbeat", 200),
            ("PUT", "/api/v1/settings", 403),
            ("PATCH", "/api/v1/settings", 403),
            ("DELETE", "/api/v1/session", 403),
            ("POST", "/api/agents", 403),
        ] {
            assert_eq!(ask(method, path, &foreign).await, status, "{method} {path}");
        }
    }
}
