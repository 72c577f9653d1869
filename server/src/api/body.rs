//! JSON bodies on their way in: the only extractor that handlers take a body with.
//!
//! axum's own answers in plain text and names no field. This one answers problems that do, and repeats what
//! was given, cut and never where it may be a secret. Parameters are in [`super::parameters`].

use std::time::Duration;

use axum::extract::{FromRequest, Request};
use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use rollcall_shared::FieldError;
use serde::de::{DeserializeOwned, IgnoredAny};

use super::answer::Refusal;
use super::refused_value::{self, Shown};

/// The most bytes of a body, unless a verb says otherwise: the largest document that people save is a tenth.
pub const DEFAULT_LIMIT: usize = 64 * 1024;

/// How long a body may take to arrive. It is small, so a client that needs longer is stuck, or holds on.
const BODY_TIME_OUT: Duration = Duration::from_secs(10);

/// A JSON body of at most `LIMIT` bytes.
#[derive(Debug, Clone, Copy)]
pub struct Json<T, const LIMIT: usize = DEFAULT_LIMIT>(pub T);

impl<S, T, const LIMIT: usize> FromRequest<S> for Json<T, LIMIT>
where
    S: Sync,
    T: DeserializeOwned,
{
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &S) -> Result<Self, Refusal> {
        if !is_json(request.headers()) {
            return Err(wrong_type(request.headers()));
        }
        let read = Limited::new(request.into_body(), LIMIT).collect();
        let body = match tokio::time::timeout(BODY_TIME_OUT, read).await {
            Ok(Ok(body)) => body.to_bytes(),
            Ok(Err(error)) if is_too_long(error.as_ref()) => return Err(too_long(LIMIT)),
            Ok(Err(_)) => return Err(unusable("The body broke off.")),
            Err(_) => return Err(too_slow()),
        };
        parse(&body).map(Self)
    }
}

/// A value from the bytes of a body.
///
/// # Errors
/// 400 where it is not JSON, 422 where a field cannot be used.
pub fn parse<T: DeserializeOwned>(body: &Bytes) -> Result<T, Refusal> {
    if body.trim_ascii().is_empty() {
        return Err(unusable("The body is empty; a JSON object is expected."));
    }
    // Nearly all can be used. Only where one cannot, it is read again by a reader that keeps track of where it is.
    if let Ok(value) = serde_json::from_slice(body) {
        return Ok(value);
    }
    let mut reader = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let inner = error.inner();
        if inner.classify() == serde_json::error::Category::Data {
            Refusal::invalid(vec![field_error(error.path(), inner, body)])
        } else if serde_json::from_slice::<IgnoredAny>(body).is_ok() {
            // serde_json calls it a fault of syntax where a number stands for a word of a list, or is too large
            // for any number there is.
            Refusal::invalid(vec![misfit(error.path(), body)])
        } else {
            // Syntax errors of serde_json name a place and what it expected there, never what stood there.
            unusable(&format!("The body is not JSON: {inner}."))
        }
    })?;
    reader
        .end()
        .map_err(|error| unusable(&format!("The body is not JSON: {error}.")))?;
    Ok(value)
}

/// What serde says about a field, parted into our answer's members.
fn field_error(path: &serde_path_to_error::Path, error: &serde_json::Error, body: &[u8]) -> FieldError {
    let told = error.to_string();
    let message = told
        .rsplit_once(" at line ")
        .map_or(told.as_str(), |(message, _)| message);
    let (field, shown) = given(path, body);
    refused_value::explain(&field, message, shown)
}

/// A field of which no more is known than that its value does not fit.
fn misfit(path: &serde_path_to_error::Path, body: &[u8]) -> FieldError {
    let (field, shown) = given(path, body);
    FieldError {
        given: match shown {
            Shown::Hidden => None,
            Shown::Text(text) => Some(text),
        },
        ..FieldError::bare(field, "It cannot be used.")
    }
}

/// The field at a path, and what may be repeated of its value.
fn given(path: &serde_path_to_error::Path, body: &[u8]) -> (String, Shown) {
    let field = refused_value::field_name(path);
    let whole = serde_json::from_slice(body).unwrap_or(serde_json::Value::Null);
    let value = refused_value::at(&whole, path);
    let shown = value.map_or(Shown::Hidden, |value| refused_value::shown(&field, value));
    (field, shown)
}

fn is_json(headers: &HeaderMap) -> bool {
    let Some(given) = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
    else {
        return false;
    };
    if given == "application/json" {
        return true;
    }
    let essence = given
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
}

fn is_too_long(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        if error.is::<LengthLimitError>() {
            return true;
        }
        next = error.source();
    }
    false
}

fn unusable(detail: &str) -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, "/problems/not-json", "Not JSON").detail(detail)
}

fn wrong_type(headers: &HeaderMap) -> Refusal {
    let detail = "The body must be JSON and say so.";
    let error = match headers.get(header::CONTENT_TYPE) {
        None => FieldError {
            allowed: Some("application/json".to_owned()),
            ..FieldError::bare("Content-Type", "The header is missing.")
        },
        Some(given) => FieldError::new(
            "Content-Type",
            detail,
            "application/json",
            refused_value::cut(&String::from_utf8_lossy(given.as_bytes())),
        ),
    };
    Refusal::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "/problems/unsupported-media-type",
        "Not a JSON body",
    )
    .detail(detail)
    .fields(vec![error])
}

fn too_long(limit: usize) -> Refusal {
    Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "/problems/too-large", "Too large")
        .detail(format!("The body may have at most {limit} bytes."))
}

fn too_slow() -> Refusal {
    Refusal::new(StatusCode::REQUEST_TIMEOUT, "/problems/too-slow", "Too slow").detail(format!(
        "The body did not arrive within {} s.",
        BODY_TIME_OUT.as_secs()
    ))
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use axum::routing::post;
    use rollcall_shared::Problem;
    use serde::Deserialize;
    use tower::ServiceExt as _;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only read by serde")]
    struct Order {
        token: String,
        count: u8,
        #[serde(default)]
        kind: Option<Kind>,
        #[serde(default)]
        lines: Vec<Line>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Kind {
        Small,
        Large,
    }

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only read by serde")]
    struct Line {
        every: rollcall_shared::Minutes,
        #[serde(default)]
        secret_key: Option<u8>,
    }

    async fn send(content_type: Option<&str>, body: impl Into<Body>) -> (StatusCode, Option<Problem>) {
        let router = Router::new().route("/", post(|Json(_): Json<Order>| async { StatusCode::NO_CONTENT }));
        let mut request = Request::post("/");
        if let Some(content_type) = content_type {
            request = request.header(header::CONTENT_TYPE, content_type);
        }
        let response = router.oneshot(request.body(body.into()).unwrap()).await.unwrap();
        let status = response.status();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        let problem: Option<Problem> = serde_json::from_slice(&bytes).ok();
        assert_eq!(problem.is_none(), status == StatusCode::NO_CONTENT, "{bytes:?}");
        (status, problem)
    }

    #[tokio::test]
    async fn a_body_that_fits_is_taken_whatever_its_json_is_called() {
        for content_type in [
            "application/json",
            "Application/JSON; charset=utf-8",
            "application/x+json",
        ] {
            let (status, _) = send(Some(content_type), r#"{"token":"t","count":1}"#).await;
            assert_eq!(status, StatusCode::NO_CONTENT, "{content_type}");
        }
    }

    #[tokio::test]
    async fn a_body_of_another_type_or_none_is_refused_by_the_header() {
        for content_type in [
            None,
            Some("text/plain"),
            Some("application/x-www-form-urlencoded"),
            Some(""),
        ] {
            let (status, problem) = send(content_type, r#"{"token":"t","count":1}"#).await;
            assert_eq!(status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
            let error = &problem.unwrap().errors[0];
            assert_eq!(
                (error.field.as_str(), error.allowed.as_deref()),
                ("Content-Type", Some("application/json"))
            );
        }
    }

    #[tokio::test]
    async fn a_body_that_is_no_json_is_refused_as_such() {
        let deep = "[".repeat(10_000);
        for body in [
            "",
            "  \n",
            "{",
            "nonsense",
            "{\"token\":}",
            "{} {}",
            "\u{0}",
            deep.as_str(),
        ] {
            let (status, problem) = send(Some("application/json"), body.to_owned()).await;
            // Where a field is refused before the text goes wrong, the field is named.
            let expected = if body == "{} {}" || body == deep { 422 } else { 400 };
            assert_eq!(status.as_u16(), expected, "{body:?} {problem:?}");
        }
        let (status, _) = send(Some("application/json"), vec![0xff, 0xfe, 0xfd]).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
    }

    #[tokio::test]
    async fn a_body_over_the_limit_is_refused_with_the_limit() {
        let body = format!(r#"{{"token":"{}","count":1}}"#, "x".repeat(DEFAULT_LIMIT));
        let (status, problem) = send(Some("application/json"), body).await;
        assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
        assert!(problem.unwrap().detail.unwrap().contains("65536"));
    }

    #[tokio::test]
    async fn a_field_that_cannot_be_used_is_named_with_what_is_allowed_and_given() {
        for (body, field, allowed, given) in [
            (r#"{"token":"t"}"#, "count", None, None),
            (
                r#"{"token":"t","count":"many"}"#,
                "count",
                Some("u8"),
                Some("\"many\""),
            ),
            (r#"{"token":"t","count":256}"#, "count", Some("u8"), Some("256")),
            (r#"{"token":"t","count":null}"#, "count", Some("u8"), Some("null")),
            (r#"{"token":5,"count":1}"#, "token", Some("a string"), None),
            (
                r#"{"token":{"a":"hunter2"},"count":1}"#,
                "token",
                Some("a string"),
                None,
            ),
            (
                r#"{"token":"t","count":1,"kind":"hunter"}"#,
                "kind",
                Some("`small` or `large`"),
                Some("\"hunter\""),
            ),
            (
                r#"{"token":"t","count":1,"colour":1}"#,
                "colour",
                Some("one of"),
                Some("1"),
            ),
            (
                r#"{"token":"t","count":1,"lines":[{"every":1},{"every":0}]}"#,
                "lines[1].every",
                None,
                Some("0"),
            ),
            (
                r#"{"token":"t","count":1,"lines":[{}]}"#,
                "lines[0].every",
                None,
                None,
            ),
            (
                r#"{"token":"t","count":1,"lines":[{"every":1,"secret_key":"hunter2"}]}"#,
                "lines[0].secret_key",
                Some("u8"),
                None,
            ),
            (r"[1,2,3,4,5,6,7]", "[0]", Some("a string"), None),
            (r#""text""#, "body", Some("struct Order"), Some("\"text\"")),
        ] {
            let (status, problem) = send(Some("application/json"), body).await;
            let problem = problem.unwrap();
            assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
            let error = &problem.errors[0];
            assert_eq!(error.field, field, "{body} {error:?}");
            if let Some(allowed) = allowed {
                let told = error.allowed.as_deref().unwrap_or_default();
                assert!(told.contains(allowed), "{body} {error:?}");
            }
            assert_eq!(error.given.as_deref(), given, "{body} {error:?}");
            let text = serde_json::to_string(&problem).unwrap();
            assert!(!text.contains("hunter2") && !text.contains("line 1"), "{text}");
        }
    }

    #[tokio::test]
    async fn what_was_given_is_cut() {
        let body = format!(r#"{{"token":"t","count":"{}"}}"#, "ü".repeat(1000));
        let (_, problem) = send(Some("application/json"), body).await;
        let given = problem.unwrap().errors[0].given.clone().unwrap();
        assert!(given.chars().count() <= 65 && given.ends_with('…'), "{given}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_never_ends_is_given_up() {
        let endless = Body::from_stream(futures_util::stream::pending::<Result<Bytes, std::io::Error>>());
        let (status, _) = send(Some("application/json"), endless).await;
        assert_eq!(status, StatusCode::REQUEST_TIMEOUT);
    }
}
