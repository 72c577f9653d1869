//! The API as a whole, driven by its own document: what is in there is asked, so that no call can be forgotten.

mod access;
mod bodies;
mod document;

use http::header;
use serde_json::Value;

use crate::api::agent::testing::Server;

/// The document that describes the API, as it is served.
async fn document(server: &Server) -> Value {
    let answer = server.get("/api/openapi.json").send().await;
    assert_eq!(answer.headers[header::CONTENT_TYPE], "application/json");
    answer.json
}

/// Every verb of every path, in lower case as the document has it, with what is said of it.
fn operations(document: &Value) -> Vec<(String, String, Value)> {
    let mut operations = Vec::new();
    for (path, verbs) in document["paths"].as_object().unwrap() {
        for (verb, operation) in verbs.as_object().unwrap() {
            operations.push((verb.clone(), path.clone(), operation.clone()));
        }
    }
    assert!(operations.len() >= 16, "{operations:?}");
    operations
}

/// Follows a reference within the document.
fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str() {
        Some(reference) => document.pointer(reference.trim_start_matches('#')).unwrap(),
        None => schema,
    }
}
