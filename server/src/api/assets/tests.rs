//! The console's files as a browser asks for them.

use axum::routing::{get, post};
use http::Request;
use http_body_util::BodyExt as _;
use rollcall_shared::Problem;
use tower::ServiceExt as _;

use super::*;

static FILES: &[Embedded] = &[
    Embedded {
        path: "index.html",
        plain: br#"<link rel="preload" href="/rollcall-app-91ad0c4be2d1_bg.wasm">"#,
        brotli: Some(b"small page"),
    },
    Embedded {
        path: "rollcall-app-91ad0c4be2d1_bg.wasm",
        plain: b"\0asm",
        brotli: Some(b"small wasm"),
    },
    Embedded {
        path: "settings.html",
        plain: b"the settings",
        brotli: None,
    },
    Embedded {
        path: "components.html",
        plain: b"the components",
        brotli: None,
    },
    Embedded {
        path: "domains.html",
        plain: b"the domains",
        brotli: None,
    },
    Embedded {
        path: "history.html",
        plain: b"the history",
        brotli: None,
    },
    Embedded {
        path: "favicon.svg",
        plain: b"<svg/>",
        brotli: None,
    },
];

fn ask(path: &str, headers: &[(&str, &str)]) -> Response {
    let mut given = HeaderMap::new();
    for (name, value) in headers {
        given.append(
            http::HeaderName::from_bytes(name.as_bytes()).unwrap(),
            HeaderValue::from_str(value).unwrap(),
        );
    }
    Console::of(FILES).answer(&Method::GET, path, &given)
}

fn told(response: &Response, name: header::HeaderName) -> &str {
    response
        .headers()
        .get(name)
        .map_or("", |value| value.to_str().unwrap())
}

async fn bytes(response: Response) -> Bytes {
    response.into_body().collect().await.unwrap().to_bytes()
}

#[test]
fn the_build_is_the_name_of_the_wasm_file_that_the_page_loads() {
    assert_eq!(Console::of(FILES).build, "91ad0c4be2d1");
    assert_eq!(Console::of(&[]).build, build::UNBUNDLED);
}

#[tokio::test]
async fn files_named_by_content_are_kept_forever_and_others_asked_for_again() {
    for (path, media_type, cache) in [
        (
            "/rollcall-app-91ad0c4be2d1_bg.wasm",
            "application/wasm",
            "public, max-age=31536000, immutable",
        ),
        ("/favicon.svg", "image/svg+xml", "no-cache"),
        ("/index.html", "text/html; charset=utf-8", "no-cache"),
        ("/", "text/html; charset=utf-8", "no-cache"),
    ] {
        let response = ask(path, &[]);
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        assert_eq!(told(&response, header::CONTENT_TYPE), media_type);
        assert_eq!(told(&response, header::CACHE_CONTROL), cache);
        assert_eq!(told(&response, header::CONTENT_ENCODING), "");
    }
    assert_eq!(bytes(ask("/favicon.svg", &[])).await.as_ref(), b"<svg/>");
}

#[tokio::test]
async fn brotli_is_sent_to_those_who_take_it_under_a_tag_of_its_own() {
    for (accepted, small) in [
        ("gzip, br", true),
        ("gzip;q=1.0, BR;q=0.5", true),
        ("br;q=0", false),
        ("gzip", false),
        ("brown", false),
    ] {
        let response = ask("/", &[("accept-encoding", accepted)]);
        assert_eq!(
            told(&response, header::CONTENT_ENCODING) == "br",
            small,
            "{accepted}"
        );
        assert_eq!(told(&response, header::ETAG).ends_with("-br\""), small);
        assert!(told(&response, header::VARY).contains("Accept-Encoding"));
        assert_eq!(bytes(response).await.as_ref() == b"small page", small);
    }
}

#[tokio::test]
async fn what_the_browser_has_is_not_sent_again() {
    let tag = told(&ask("/", &[]), header::ETAG).to_owned();
    for (given, status) in [
        (tag.clone(), StatusCode::NOT_MODIFIED),
        (format!("\"other\", W/{tag}"), StatusCode::NOT_MODIFIED),
        ("*".to_owned(), StatusCode::NOT_MODIFIED),
        ("\"other\"".to_owned(), StatusCode::OK),
    ] {
        let response = ask("/", &[("if-none-match", &given)]);
        assert_eq!(response.status(), status, "{given}");
        assert_eq!(told(&response, header::ETAG), tag);
        assert_eq!(
            bytes(response).await.is_empty(),
            status == StatusCode::NOT_MODIFIED
        );
    }
}

#[test]
fn a_path_that_no_file_has_is_a_page_or_nothing() {
    let browser = "text/html,application/xhtml+xml,*/*;q=0.8";
    for (path, accept, status) in [
        ("/agents", browser, 200),
        ("/agents/12/why", browser, 200),
        ("/agents", "*/*", 200),
        ("/agents", "application/json", 404),
        ("/rollcall-app-000000000000_bg.wasm", browser, 404),
        ("/agents/page.html", browser, 404),
        ("/api", browser, 404),
        ("/api/v1/nothing", browser, 404),
        ("/apiary", browser, 200),
        ("/../Cargo.toml", browser, 404),
        ("/..%2f..%2fetc/passwd", browser, 200),
        ("//etc/passwd", browser, 200),
        ("/.git/config", browser, 200),
    ] {
        let response = ask(path, &[("accept", accept)]);
        assert_eq!(response.status().as_u16(), status, "{path} {accept}");
        if status == 200 {
            assert_eq!(
                told(&response, header::CONTENT_TYPE),
                "text/html; charset=utf-8",
                "{path}"
            );
        }
    }
}

#[tokio::test]
async fn addresses_of_the_other_documents_begin_with_these() {
    for (path, document) in [
        ("/settings", Some("the settings")),
        ("/settings/", Some("the settings")),
        ("/settings/unreachable-network", Some("the settings")),
        ("/settings/componentsabc", Some("the settings")),
        ("/settings/components", Some("the components")),
        ("/settings/components/", Some("the components")),
        ("/settings/server", Some("the components")),
        ("/domains", Some("the domains")),
        ("/domains/", Some("the domains")),
        ("/domainsabc", None),
        ("/settingsabc", None),
        ("/agents/settings", None),
        ("/agents/0000000000abc/history", Some("the history")),
        ("/agents/0000000000abc/history/", Some("the history")),
        ("/agents/nobody/history", Some("the history")),
        ("/agents/0000000000abc", None),
        ("/agents/0000000000abc/history/more", None),
        ("/agents/0000000000abc/0/history", None),
        ("/agents//history", None),
        ("/agents/history", None),
        ("/history", None),
    ] {
        let response = ask(path, &[("accept", "text/html")]);
        assert_eq!(told(&response, header::CACHE_CONTROL), "no-cache", "{path}");
        let body = String::from_utf8(bytes(response).await.to_vec()).unwrap();
        let others = ["the settings", "the components", "the domains", "the history"];
        let found = others.into_iter().find(|other| *other == body);
        assert_eq!(found, document, "{path}");
    }
    let script = ask("/settings/gone.js", &[("accept", "text/html")]);
    assert_eq!(script.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_unknown_call_and_a_wrong_method_are_problems() {
    let router = fall_back(
        Router::new()
            .route("/api/v1/agents", get(|| async {}))
            .route("/api/v1/session", post(|| async {})),
    );
    for (method, path, status, allow) in [
        ("GET", "/api/v1/nothing", 404, ""),
        ("POST", "/api/v1/nothing", 404, ""),
        ("POST", "/api/v1/agents", 405, "GET,HEAD"),
        ("GET", "/api/v1/session", 405, "POST"),
        ("BREW", "/api/v1/session", 405, "POST"),
        ("POST", "/agents", 405, "GET, HEAD"),
        ("DELETE", "/", 405, "GET, HEAD"),
    ] {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .body(Body::empty())
            .unwrap();
        let response = router.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status().as_u16(), status, "{method} {path}");
        assert_eq!(told(&response, header::ALLOW), allow, "{method} {path}");
        let problem: Problem = serde_json::from_slice(&bytes(response).await).unwrap();
        assert_eq!(problem.status, status);
    }
}

#[test]
fn the_embedded_console_has_a_page_to_begin_with() {
    assert!(documents()[0].contains("<html"));
    assert!(!build_id().is_empty());
}
