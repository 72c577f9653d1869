//! The document: what it says is there, and what it leaves out is not.

use super::{document, operations};
use crate::api::agent::testing::Server;

#[tokio::test]
async fn the_document_is_the_one_that_was_agreed_on() {
    let document = document(&Server::start().await).await;
    insta::with_settings!({ sort_maps => true, prepend_module_to_snapshot => false }, {
        insta::assert_json_snapshot!("openapi", document, { ".info.version" => "[version]" });
    });
}

#[tokio::test]
async fn every_call_says_how_it_refuses() {
    let document = document(&Server::start().await).await;
    for (verb, path, operation) in operations(&document) {
        let responses = operation["responses"].as_object().unwrap();
        let refusals: Vec<&String> = responses
            .keys()
            .filter(|status| status.starts_with('4'))
            .collect();
        // Whether there is an admin is told to whoever asks.
        let is_open = verb == "get" && path == "/api/v1/setup";
        assert!(!refusals.is_empty() || is_open, "{verb} {path} {responses:?}");
        for (status, response) in responses {
            if status.starts_with(['4', '5']) {
                let problem = &response["content"]["application/problem+json"]["schema"]["$ref"];
                assert_eq!(problem, "#/components/schemas/Problem", "{verb} {path} {status}");
            }
        }
        if operation["requestBody"]["content"]["application/json"].is_object() {
            for status in ["400", "408", "413", "415"] {
                assert!(responses.contains_key(status), "{verb} {path} {status}");
            }
        }
        assert!(operation["summary"].is_string(), "{verb} {path}");
        assert!(operation["operationId"].is_string(), "{verb} {path}");
        assert!(operation["tags"].is_array(), "{verb} {path}");
    }
}

#[tokio::test]
async fn every_reference_leads_somewhere() {
    fn follow(document: &serde_json::Value, part: &serde_json::Value) {
        if let Some(reference) = part["$ref"].as_str() {
            let target = document.pointer(reference.trim_start_matches('#'));
            assert!(target.is_some(), "{reference}");
        }
        match part {
            serde_json::Value::Object(members) => members.values().for_each(|part| follow(document, part)),
            serde_json::Value::Array(items) => items.iter().for_each(|part| follow(document, part)),
            _ => {}
        }
    }
    let document = document(&Server::start().await).await;
    follow(&document, &document);
    let mut names: Vec<String> = operations(&document)
        .iter()
        .map(|(_, _, operation)| operation["operationId"].to_string())
        .collect();
    let count = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), count, "two calls have the same name");
}

#[tokio::test]
async fn every_call_of_the_document_is_there() {
    let server = Server::start().await;
    let agent = server.online("web-1").await;
    for (verb, path, _) in operations(&document(&server).await) {
        let path = path.replace("{id}", if path.contains("tokens") { "1" } else { &agent.id });
        let method = verb.to_ascii_uppercase().parse().unwrap();
        let answer = server.ask(method, &path).signed_in().send().await;
        assert!(
            ![404, 405, 500].contains(&answer.status.as_u16()),
            "{verb} {path} {answer:?}"
        );
    }
}
