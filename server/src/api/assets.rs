//! The console's files, embedded into this binary, and what is answered where nothing else is.
//!
//! Only files that were embedded can be served: a path is looked up in a table, never in a file system. What
//! no route and no file answers is a page of the console (it has routes of its own), or a 404.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use axum::Router;
use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use rollcall_shared::build;

use super::answer::Refusal;
use super::etag;

/// A file as the build script left it.
struct Embedded {
    path: &'static str,
    plain: &'static [u8],
    brotli: Option<&'static [u8]>,
}

static EMBEDDED: &[Embedded] = &include!(concat!(env!("OUT_DIR"), "/console.rs"));

/// The document that every address of the console begins with, but for those of the others. Its build is that of all.
const INDEX: &str = "index.html";

/// The other documents, each with what its addresses' paths begin with, `*` for any one name; the narrower before the wider.
const OTHERS: [(&str, &str); 10] = [
    ("components.html", "settings/components"),
    ("components.html", "settings/server"),
    ("settings.html", "settings"),
    ("domains.html", "domains"),
    ("events.html", "events"),
    ("doors.html", "setup"),
    ("doors.html", "sign-in"),
    ("history.html", "agents/*/history"),
    ("wall.html", "wall"),
    // The address of nothing but the host.
    ("wall.html", ""),
];

/// Trunk names files by their content, so a name never changes its meaning.
const FOREVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// To be kept, but asked for each time whether it is still the same.
const ASK_AGAIN: HeaderValue = HeaderValue::from_static("no-cache");

static CONSOLE: LazyLock<Console> = LazyLock::new(|| Console::of(EMBEDDED));

/// The console as it is served.
struct Console {
    files: BTreeMap<&'static str, File>,
    build: &'static str,
}

struct File {
    plain: &'static [u8],
    brotli: Option<&'static [u8]>,
    media_type: HeaderValue,
    cache: HeaderValue,
    etag: String,
}

/// Which build of the console this server has.
#[must_use]
pub fn build_id() -> &'static str {
    CONSOLE.build
}

/// The documents of the console, for what must know their inline scripts.
#[must_use]
pub fn documents() -> Vec<&'static str> {
    let others: BTreeSet<_> = OTHERS.iter().map(|(path, _)| *path).collect();
    let all = [INDEX].into_iter().chain(others);
    all.map(|path| CONSOLE.text(path)).collect()
}

/// Answers everything that the routes so far do not: the console, 404 and 405. To be called last.
pub fn fall_back<S: Clone + Send + Sync + 'static>(router: Router<S>) -> Router<S> {
    refuse_methods(router).fallback(|method: Method, uri: Uri, headers: HeaderMap| async move {
        CONSOLE.answer(&method, uri.path(), &headers)
    })
}

/// Answers the methods that the routes so far do not take. To be called last on a router without a fallback.
pub fn refuse_methods<S: Clone + Send + Sync + 'static>(router: Router<S>) -> Router<S> {
    router.method_not_allowed_fallback(|method: Method, uri: Uri| async move {
        wrong_method(&method, uri.path()).into_response()
    })
}

impl Console {
    fn of(embedded: &'static [Embedded]) -> Self {
        let files = embedded.iter().map(|file| (file.path, File::of(file))).collect();
        let mut console = Self {
            files,
            build: build::UNBUNDLED,
        };
        console.build = build::id_in(console.text(INDEX)).unwrap_or(build::UNBUNDLED);
        console
    }

    /// The document that an address of the console begins with. One bundle without the others is a console too.
    fn document(&self, name: &str) -> Option<&File> {
        let other = OTHERS.iter().find(|(_, at)| begins_with(name, at));
        other
            .and_then(|(document, _)| self.files.get(document))
            .or_else(|| self.files.get(INDEX))
    }

    fn text(&self, path: &str) -> &'static str {
        self.files
            .get(path)
            .and_then(|file| std::str::from_utf8(file.plain).ok())
            .unwrap_or_default()
    }

    fn answer(&self, method: &Method, path: &str, headers: &HeaderMap) -> Response {
        if path == "/api" || path.starts_with("/api/") {
            return nothing_at(path).into_response();
        }
        if method != Method::GET && method != Method::HEAD {
            let mut response = wrong_method(method, path).into_response();
            let allowed = HeaderValue::from_static("GET, HEAD");
            response.headers_mut().insert(header::ALLOW, allowed);
            return response;
        }
        let name = path.trim_start_matches('/');
        let page = || is_page(name) && takes_html(headers);
        let file = self
            .files
            .get(name)
            .or_else(|| page().then(|| self.document(name)).flatten());
        match file {
            Some(file) => file.answer(headers),
            None => nothing_at(path).into_response(),
        }
    }
}

impl File {
    fn of(embedded: &Embedded) -> Self {
        let is_named_by_content = embedded.path.split('/').any(has_hash);
        Self {
            plain: embedded.plain,
            brotli: embedded.brotli,
            media_type: HeaderValue::from_static(media_type(embedded.path)),
            cache: if is_named_by_content { FOREVER } else { ASK_AGAIN },
            etag: etag::of(embedded.plain),
        }
    }

    fn answer(&self, headers: &HeaderMap) -> Response {
        let small = self.brotli.filter(|_| takes_brotli(headers));
        // Other bytes under the same address need another tag (RFC 9110 section 8.8.3.3).
        let tag = match small {
            Some(_) => format!("\"{}-br\"", self.etag),
            None => format!("\"{}\"", self.etag),
        };
        let mut response = if etag::matches(headers, &tag) {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            let mut response = Response::new(Body::from(Bytes::from_static(small.unwrap_or(self.plain))));
            let told = response.headers_mut();
            told.insert(header::CONTENT_TYPE, self.media_type.clone());
            if small.is_some() {
                told.insert(header::CONTENT_ENCODING, HeaderValue::from_static("br"));
            }
            response
        };
        let told = response.headers_mut();
        told.insert(header::CACHE_CONTROL, self.cache.clone());
        told.insert(header::VARY, HeaderValue::from_static("Accept-Encoding, Accept"));
        if let Ok(tag) = HeaderValue::try_from(tag) {
            told.insert(header::ETAG, tag);
        }
        response
    }
}

fn nothing_at(path: &str) -> Refusal {
    Refusal::not_found(format!(
        "There is nothing at {}.",
        super::refused_value::cut(path)
    ))
}

fn wrong_method(method: &Method, path: &str) -> Refusal {
    Refusal::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "/problems/method-not-allowed",
        "Method not allowed",
    )
    .detail(format!(
        "{} is not for {}; the Allow header names the methods that are.",
        super::refused_value::cut(method.as_str()),
        super::refused_value::cut(path)
    ))
}

/// Whether a path begins with these names; where one of them is `*`, whether it is them and no more.
fn begins_with(path: &str, names: &str) -> bool {
    let mut parts = path.trim_end_matches('/').split('/');
    let is_alike = |name: &str| {
        parts
            .next()
            .is_some_and(|part| part == name || (name == "*" && !part.is_empty()))
    };
    names.split('/').all(is_alike) && (!names.contains('*') || parts.next().is_none())
}

/// Whether a path may be one of the console's own routes: a file would have a dot in its name.
fn is_page(name: &str) -> bool {
    !name.rsplit('/').next().unwrap_or_default().contains('.')
}

/// Whether the asker would read a page. Who says nothing takes all.
fn takes_html(headers: &HeaderMap) -> bool {
    let Some(accept) = headers.get(header::ACCEPT) else {
        return true;
    };
    accept
        .to_str()
        .is_ok_and(|accept| accept.contains("text/html") || accept.contains("*/*"))
}

fn takes_brotli(headers: &HeaderMap) -> bool {
    headers
        .get_all(header::ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|coding| {
            let mut parts = coding.split(';').map(str::trim);
            let refused = |part: &str| part.strip_prefix("q=").is_some_and(|q| q.parse() == Ok(0.0_f32));
            parts.next().is_some_and(|name| name.eq_ignore_ascii_case("br")) && !parts.any(refused)
        })
}

/// Whether Trunk named this part of a path by its content: `name-<hex digits>`, then an end of the word.
fn has_hash(part: &str) -> bool {
    part.rsplit_once('-').is_some_and(|(_, rest)| {
        let digits = rest.bytes().take_while(u8::is_ascii_hexdigit).count();
        digits >= 8 && matches!(rest.as_bytes().get(digits), None | Some(b'.' | b'_'))
    })
}

/// The media type by the name's end. Browsers stream wasm only under its own, and take nothing by guessing.
fn media_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests;
