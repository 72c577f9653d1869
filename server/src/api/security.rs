//! The headers that tell a browser what the console may do, so that what gets into it can do little.
//!
//! The inline scripts of the console's documents are named by their hashes, read from the documents themselves at start:
//! Trunk writes them anew at each build. One policy serves all documents, so that it can stand on every answer. Agents get none of this: they run no pages, and each byte of a heartbeat counts.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName, HeaderValue, header};

use super::peer::Peer;

/// A year, the customary commitment. Not for subdomains: they are not ours to speak for.
const HSTS: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// What browsers are told with every answer.
#[derive(Debug, Clone)]
pub struct Headers {
    fixed: Arc<[(HeaderName, HeaderValue)]>,
    hsts: bool,
}

impl Headers {
    /// For a console of these documents. `hsts`: whether browsers shall insist on TLS once they had it;
    /// not with a certificate of our own making, which they then could no longer be told to accept.
    #[must_use]
    pub fn new(documents: &[&str], hsts: bool) -> Self {
        let policy = policy(documents);
        let fixed = [
            (
                header::X_CONTENT_TYPE_OPTIONS,
                Some(HeaderValue::from_static("nosniff")),
            ),
            (
                header::REFERRER_POLICY,
                Some(HeaderValue::from_static("no-referrer")),
            ),
            (
                HeaderName::from_static("cross-origin-opener-policy"),
                Some(HeaderValue::from_static("same-origin")),
            ),
            (
                HeaderName::from_static("cross-origin-resource-policy"),
                Some(HeaderValue::from_static("same-origin")),
            ),
            // Base 64 and fixed words: always a header.
            (
                header::CONTENT_SECURITY_POLICY,
                HeaderValue::try_from(policy).ok(),
            ),
        ];
        Self {
            fixed: fixed
                .into_iter()
                .filter_map(|(name, value)| Some((name, value?)))
                .collect(),
            hsts,
        }
    }

    fn put(&self, headers: &mut HeaderMap, secure: bool) {
        for (name, value) in self.fixed.iter() {
            headers.insert(name, value.clone());
        }
        if self.hsts && secure {
            headers.insert(header::STRICT_TRANSPORT_SECURITY, HSTS);
        }
    }
}

/// Adds the headers to every answer. For `axum::middleware::from_fn_with_state`.
pub async fn headers(State(headers): State<Headers>, request: Request, next: Next) -> Response {
    let secure = request.extensions().get::<Peer>().is_some_and(|peer| peer.secure);
    let mut response = next.run(request).await;
    headers.put(response.headers_mut(), secure);
    response
}

/// The Content-Security-Policy of these documents.
fn policy(documents: &[&str]) -> String {
    // Scripts and stylesheets are the console's files, its own inline ones by hash, and nothing else. wasm
    // needs leave to be compiled. `'self'` covers the feed's WebSocket.
    let with = |names: &str, element: &str| {
        let mut hashes: Vec<String> = documents
            .iter()
            .flat_map(|document| inline(document, element))
            .map(hash)
            .collect();
        hashes.sort_unstable();
        hashes.dedup();
        hashes
            .iter()
            .fold(names.to_owned(), |names, hash| names + " " + hash)
    };
    [
        "default-src 'self'",
        &with("script-src 'self' 'wasm-unsafe-eval'", "script"),
        &with("style-src 'self'", "style"),
        "img-src 'self' data:",
        "connect-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    ]
    .join("; ")
}

/// How a policy names an inline element: by the hash of exactly what stands between its tags.
fn hash(text: &str) -> String {
    // A parser of HTML turns every line end into a line feed before it hashes.
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let digest = ring::digest::digest(&ring::digest::SHA256, text.as_bytes());
    format!("'sha256-{}'", STANDARD.encode(digest.as_ref()))
}

/// What stands between the tags of all elements of this name that have no `src`.
///
/// Not a parser of HTML: it reads our own page, whose attributes hold no `>`. Where it errs, the browser
/// refuses a script, which the tests on the built console show.
fn inline<'a>(page: &'a str, element: &str) -> Vec<&'a str> {
    let (open, close) = (format!("<{element}"), format!("</{element}>"));
    let mut found = Vec::new();
    let mut rest = page;
    while let Some((_, after)) = rest.split_once(open.as_str()) {
        let Some((attributes, content)) = after.split_once('>') else {
            break;
        };
        let Some((text, after)) = content.split_once(close.as_str()) else {
            break;
        };
        rest = after;
        let has_src = attributes
            .split_ascii_whitespace()
            .any(|attribute| attribute.starts_with("src=") || attribute == "src");
        let is_other =
            !attributes.is_empty() && !attributes.starts_with(|letter: char| letter.is_ascii_whitespace());
        if !has_src && !is_other {
            found.push(text);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use axum::middleware::from_fn_with_state;
    use axum::routing::get;
    use tower::ServiceExt as _;

    use super::*;

    const PAGE: &str = "<html><head><script type=\"module\" nonce=\"\">\r\nimport init from '/a.js';\r\n</script>\
        <script src=\"/b.js\"></script><style>body{}</style><scripted>x</scripted></head></html>";

    #[test]
    fn inline_scripts_and_styles_are_named_by_their_hashes() {
        assert_eq!(inline(PAGE, "script"), ["\r\nimport init from '/a.js';\r\n"]);
        let policy = policy(&[PAGE, PAGE, "<script>other()</script>"]);
        let mut scripts = ["\nimport init from '/a.js';\n", "other()"].map(hash);
        scripts.sort_unstable();
        assert!(
            policy.contains(&format!("'wasm-unsafe-eval' {};", scripts.join(" "))),
            "{policy}"
        );
        assert!(
            policy.contains(&format!("style-src 'self' {};", hash("body{}"))),
            "{policy}"
        );
        assert!(!policy.contains("unsafe-inline"), "{policy}");
        // The example of the specification (CSP level 3, section 2.3.1).
        assert_eq!(
            hash("alert('Hello, world.');"),
            "'sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng='"
        );
    }

    #[test]
    fn a_page_that_is_cut_short_is_no_trouble() {
        for page in ["<script", "<script>", "<script>x", "</script>", ""] {
            assert_eq!(inline(page, "script"), Vec::<&str>::new(), "{page}");
        }
    }

    #[tokio::test]
    async fn every_answer_tells_browsers_what_the_console_may_do() {
        for (hsts, secure, insists) in [(true, true, true), (true, false, false), (false, true, false)] {
            let router = Router::new()
                .route("/", get(|| async {}))
                .layer(from_fn_with_state(Headers::new(&[PAGE], hsts), headers));
            let mut request = Request::get("/").body(Body::empty()).unwrap();
            request
                .extensions_mut()
                .insert(Peer::direct([127, 0, 0, 1].into(), secure));
            let response = router.oneshot(request).await.unwrap();
            let told = response.headers();
            assert_eq!(told["x-content-type-options"], "nosniff");
            assert_eq!(told["referrer-policy"], "no-referrer");
            assert!(
                told["content-security-policy"]
                    .to_str()
                    .unwrap()
                    .contains("frame-ancestors 'none'")
            );
            assert_eq!(told.contains_key("strict-transport-security"), insists);
        }
    }
}
