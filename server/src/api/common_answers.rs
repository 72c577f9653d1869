//! What every call that takes a JSON body may be answered before it is looked at, for the document.
//!
//! These answers are [`super::body`]'s and not a verb's, so no verb has to repeat them, and none can forget them.

use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::request_body::RequestBody;
use utoipa::openapi::{Content, OpenApi, Ref, RefOr, Response, ResponseBuilder};

use rollcall_shared::problem;

const JSON: &str = "application/json";

/// Status and what it says.
const OF_BODIES: [(&str, &str); 4] = [
    ("400", "The body is empty, broken off, or not JSON"),
    ("408", "The body did not arrive in time"),
    ("413", "The body is too large"),
    ("415", "The body does not say that it is JSON"),
];

/// Adds them to every call that takes a JSON body. What a verb says of the same status stays.
pub fn describe(document: &mut OpenApi) {
    for operation in document.paths.paths.values_mut().flat_map(operations) {
        let takes_json = |body: &RefOr<RequestBody>| match body {
            RefOr::T(body) => body.content.contains_key(JSON),
            RefOr::Ref(_) => true,
        };
        if !operation.request_body.as_ref().is_some_and(takes_json) {
            continue;
        }
        for (status, description) in OF_BODIES {
            operation
                .responses
                .responses
                .entry(status.to_owned())
                .or_insert_with(|| refusal(description).into());
        }
    }
}

/// The verbs that may have a body.
fn operations(path: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem {
        put,
        post,
        patch,
        delete,
        ..
    } = path;
    [put, post, patch, delete].into_iter().flatten()
}

fn refusal(description: &str) -> Response {
    ResponseBuilder::new()
        .description(description)
        .content(
            problem::MEDIA_TYPE,
            Content::new(Some(Ref::from_schema_name("Problem"))),
        )
        .build()
}
