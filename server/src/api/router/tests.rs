//! The API as a whole, driven by its own document: what is in there is asked, so that no call can be forgotten.

mod bodies;

use serde_json::Value;

/// The document that describes the API.
fn document() -> Value {
    let (_, document) = super::resources();
    serde_json::to_value(document).unwrap()
}

/// Follows a reference within the document.
fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str() {
        Some(reference) => document.pointer(reference.trim_start_matches('#')).unwrap(),
        None => schema,
    }
}
