//! Parameters in the path and in the query on their way in, refused by their names.

use axum::extract::path::ErrorKind;
use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequestParts, Path as AxumPath};
use http::request::Parts;
use rollcall_shared::FieldError;
use serde::de::DeserializeOwned;

use super::answer::Refusal;
use super::refused_value::{self, Shown};

/// The parameters of the path.
#[derive(Debug, Clone, Copy)]
pub struct Path<T>(pub T);

/// The parameters of the query.
#[derive(Debug, Clone, Copy)]
pub struct Query<T>(pub T);

impl<S, T> FromRequestParts<S> for Path<T>
where
    S: Send + Sync,
    T: DeserializeOwned + Send,
{
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        match AxumPath::<T>::from_request_parts(parts, state).await {
            Ok(AxumPath(value)) => Ok(Self(value)),
            Err(PathRejection::FailedToDeserializePathParams(error)) => {
                Err(Refusal::invalid(vec![path_error(error.kind())]))
            }
            // The route has no parameters: the handler is wrong, not the request.
            Err(rejection) => Err(Refusal::internal(&rejection)),
        }
    }
}

fn path_error(kind: &ErrorKind) -> FieldError {
    match kind {
        ErrorKind::ParseErrorAtKey {
            key,
            value,
            expected_type,
        } => refused(key, expected_type, value),
        ErrorKind::ParseErrorAtIndex {
            index,
            value,
            expected_type,
        } => refused(&format!("path[{index}]"), expected_type, value),
        ErrorKind::ParseError { value, expected_type } => refused("path", expected_type, value),
        ErrorKind::DeserializeError { key, value, message } => {
            refused_value::explain(key, message, shown(key, value))
        }
        ErrorKind::InvalidUtf8InPathParam { key } => FieldError::bare(key, "It is not UTF-8."),
        _ => FieldError::bare("path", "It cannot be used."),
    }
}

fn refused(name: &str, expected: &str, value: &str) -> FieldError {
    refused_value::explain(
        name,
        &format!("invalid value, expected {expected}"),
        shown(name, value),
    )
}

fn shown(name: &str, value: &str) -> Shown {
    if refused_value::is_secret(name) {
        Shown::Hidden
    } else {
        Shown::Text(refused_value::cut(value))
    }
}

impl<S, T> FromRequestParts<S> for Query<T>
where
    S: Sync,
    T: DeserializeOwned,
{
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let text = parts.uri.query().unwrap_or_default().as_bytes();
        let reader = serde_urlencoded::Deserializer::new(form_urlencoded::parse(text));
        serde_path_to_error::deserialize(reader)
            .map(Self)
            .map_err(|error| {
                let field = refused_value::field_name(error.path());
                let shown = form_urlencoded::parse(text)
                    .find(|(name, _)| *name == field)
                    .map_or(Shown::Hidden, |(name, value)| shown(&name, &value));
                let message = error.inner().to_string();
                Refusal::invalid(vec![refused_value::explain(&field, &message, shown)])
            })
    }
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use axum::routing::get;
    use http::{Request, StatusCode};
    use http_body_util::BodyExt as _;
    use rollcall_shared::{Minutes, Problem};
    use serde::Deserialize;
    use tower::ServiceExt as _;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only read by serde")]
    struct Page {
        limit: u16,
        #[serde(default)]
        order: Option<Order>,
        #[serde(default)]
        token: Option<u8>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Order {
        Name,
        Since,
    }

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only read by serde")]
    struct Place {
        domain: u32,
        every: Minutes,
    }

    async fn ask(path: &str) -> (StatusCode, Option<Problem>) {
        let router = Router::new()
            .route(
                "/page",
                get(|Query(_): Query<Page>| async { StatusCode::NO_CONTENT }),
            )
            .route(
                "/one/{id}",
                get(|Path(_): Path<u32>| async { StatusCode::NO_CONTENT }),
            )
            .route(
                "/{domain}/{every}",
                get(|Path(_): Path<Place>| async { StatusCode::NO_CONTENT }),
            );
        let request = Request::get(path).body(Body::empty()).unwrap();
        let response = router.oneshot(request).await.unwrap();
        let status = response.status();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&bytes).ok())
    }

    #[tokio::test]
    async fn parameters_that_fit_are_taken() {
        for path in ["/page?limit=5", "/page?limit=5&order=since", "/one/7", "/1/10"] {
            assert_eq!(ask(path).await.0, StatusCode::NO_CONTENT, "{path}");
        }
    }

    #[tokio::test]
    async fn a_parameter_that_cannot_be_used_is_named_with_what_is_allowed_and_given() {
        for (path, field, allowed, given) in [
            ("/page", "limit", None, None),
            ("/page?limit=many", "limit", None, Some("many")),
            ("/page?limit=65536", "limit", None, Some("65536")),
            ("/page?limit=", "limit", None, Some("")),
            ("/page?limit=1&limit=2", "limit", None, None),
            (
                "/page?limit=1&order=size",
                "order",
                Some("`name` or `since`"),
                Some("size"),
            ),
            ("/page?limit=1&colour=red", "colour", Some("`limit`"), Some("red")),
            ("/page?limit=1&token=hunter2", "token", None, None),
            ("/page?limit=%ff%fe", "limit", None, Some("\u{fffd}\u{fffd}")),
            ("/one/seven", "path", Some("u32"), Some("seven")),
            ("/one/-1", "path", Some("u32"), Some("-1")),
            ("/one/%ff", "id", None, None),
            ("/x/10", "domain", Some("u32"), Some("x")),
        ] {
            let (status, problem) = ask(path).await;
            assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{path} {problem:?}");
            let error = &problem.unwrap().errors[0];
            assert_eq!(error.field, field, "{path} {error:?}");
            if let Some(allowed) = allowed {
                assert!(
                    error.allowed.as_deref().unwrap_or_default().contains(allowed),
                    "{error:?}"
                );
            }
            if field != "limit" || given.is_some() {
                assert_eq!(error.given.as_deref(), given, "{path} {error:?}");
            }
            assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
        }
    }
}
