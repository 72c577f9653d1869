//! The calls that take a body, as the document has them, and who sends bodies to them.

use std::cell::Cell;

use http::{Method, header};
use serde_json::{Value, json};

use super::super::{document, operations, resolved};
use crate::api::agent::testing::{Answer, NAME, PASSWORD, Server, TestAgent, enroll_body, settings_document};

/// Stands in every secret that is sent, and must not be in any answer.
pub(super) const MARK: &str = "hunter2";

/// A field of a body, as the document has it.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) required: bool,
    schema: Value,
}

/// A call that takes a body.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) fields: Vec<Field>,
}

/// The calls of the document that take a body.
pub(super) async fn calls(server: &Server) -> Vec<Call> {
    let document = document(server).await;
    let mut calls = Vec::new();
    for (verb, path, operation) in operations(&document) {
        if !operation["requestBody"].is_object() {
            continue;
        }
        let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
        // Bytes have no fields.
        if schema.is_null() {
            continue;
        }
        let mut fields = Vec::new();
        gather(&document, schema, &mut fields);
        assert!(!fields.is_empty(), "{verb} {path} takes a body without fields");
        calls.push(Call {
            method: verb.to_ascii_uppercase().parse().unwrap(),
            path: path.replace("{subject}", "settings.1"),
            fields,
        });
    }
    assert!(calls.len() >= 7, "{calls:?}");
    calls
}

/// The fields of an object, also of one that is put together from several.
fn gather(document: &Value, schema: &Value, fields: &mut Vec<Field>) {
    let schema = resolved(document, schema);
    for part in schema["allOf"].as_array().into_iter().flatten() {
        gather(document, part, fields);
    }
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        fields.push(Field {
            name: name.clone(),
            required: required.contains(&json!(name)),
            schema: resolved(document, field).clone(),
        });
    }
}

impl Field {
    pub(super) fn is(&self, kind: &str) -> bool {
        self.schema["type"] == kind
            || self.schema["type"]
                .as_array()
                .is_some_and(|kinds| kinds.contains(&json!(kind)))
    }

    /// Only some texts can be it: a word of a list, or something that is parsed.
    pub(super) fn is_chosen(&self) -> bool {
        self.schema["enum"].is_array()
            || self.schema["pattern"].is_string()
            || ["boot", "key", "local_address"].contains(&self.name.as_str())
    }

    pub(super) fn is_secret(&self) -> bool {
        ["token", "key", "password"].contains(&self.name.as_str())
    }

    /// Values of every other type.
    pub(super) fn wrong(&self) -> Vec<Value> {
        let is_optional = self.is("null");
        [
            ("string", json!(format!("{MARK} is no number"))),
            ("integer", json!(12)),
            ("number", json!(1.5)),
            ("boolean", json!(true)),
            ("null", Value::Null),
            ("array", json!([])),
            ("array", json!([[MARK]])),
            ("object", json!({})),
            ("object", json!({ MARK: MARK })),
        ]
        .into_iter()
        .filter(|(kind, value)| {
            !(self.is(kind) || (*kind == "null" && is_optional)) || *value == json!([[MARK]])
        })
        .map(|(_, value)| value)
        .collect()
    }
}

/// Sends bodies to one call.
pub(super) struct Caller {
    pub(super) server: Server,
    agent: TestAgent,
    /// Used up by everything that has to be new each time.
    next: Cell<u32>,
    token: String,
    /// What lets a screen in.
    display: String,
    /// The number of a domain that there is.
    domain: String,
}

impl Caller {
    pub(super) async fn new() -> Self {
        let server = Server::start().await;
        let agent = server.online("web-1").await;
        let (_, token) = server.token(100_000).await;
        let domain = server
            .post("/api/v1/domains")
            .signed_in()
            .json(&json!({ "name": "Berlin", "parent": 1 }))
            .send()
            .await;
        let display = server
            .post("/api/v1/displays")
            .signed_in()
            .json(&json!({ "name": "left" }))
            .send()
            .await;
        Self {
            server,
            agent,
            next: Cell::new(10),
            token,
            display: display.json["secret"].as_str().unwrap().to_owned(),
            domain: domain.json["id"].to_string(),
        }
    }

    /// A body that the call would take.
    pub(super) fn good(&self, call: &Call) -> Value {
        self.next.set(self.next.get() + 1);
        let next = self.next.get();
        let mut agent = self.agent.clone();
        agent.sequence = next;
        match call.path.as_str() {
            "/api/agent/v1/enroll" => enroll_body(&self.token, u64::from(next), "web-2"),
            "/api/agent/v1/register" => {
                agent.notify_port = Some(8117);
                agent.register_body()
            }
            "/api/agent/v1/heartbeat" => agent.fence(),
            "/api/agent/v1/poll" => {
                let mut body = agent.fence();
                body["components"] = json!([]);
                body
            }
            "/api/agent/v1/goodbye" => {
                let mut body = agent.fence();
                body["kind"] = json!("restart");
                body
            }
            path if path.starts_with("/api/agent/v1/notifications/") => {
                let mut body = agent.fence();
                body["outcome"] = json!("failed");
                body["detail"] = json!("the disk is full");
                body
            }
            "/api/v1/setup" => json!({ "token": "x".repeat(43), "name": "bob", "password": PASSWORD }),
            "/api/v1/session" => json!({ "name": NAME, "password": PASSWORD }),
            "/api/v1/components" => json!({
                "name": "antivirus", "version": "1", "size": 5, "sha256": "00ff".repeat(16),
                "sources": ["https://mirror.example/antivirus"], "note": "signatures"
            }),
            "/api/v1/session/display" => json!({ "token": self.display }),
            "/api/v1/displays" => json!({ "name": "left", "domain": 1 }),
            "/api/v1/tokens" => json!({ "uses": 1, "hours": 1, "domain": 1 }),
            "/api/v1/domains" | "/api/v1/domains/{id}" => json!({ "name": format!("d{next}"), "parent": 1 }),
            "/api/v1/agents/move" => json!({ "agents": [self.agent.id], "domain": 1 }),
            // Of nobody: the agent is still needed.
            "/api/v1/agents/retire" => json!({ "agents": ["0000000000001"] }),
            "/api/v1/verifications" => json!({ "agents": [self.agent.id] }),
            "/api/v1/settings" => {
                let mut body = settings_document();
                body["note"] = json!("for the branch offices");
                body
            }
            path => panic!("say here what {path} takes"),
        }
    }

    pub(super) async fn send(&self, call: &Call, content_type: Option<&str>, body: Vec<u8>) -> Answer {
        let path = call
            .path
            .replace("/domains/{id}", &format!("/domains/{}", self.domain));
        let mut ask = self.server.ask(call.method.clone(), &path);
        if call.path.starts_with("/api/agent/") {
            ask = ask.header(header::AUTHORIZATION.as_str(), &self.agent.credential());
        } else if call.path != "/api/v1/session/display" {
            // Who comes in as a display is signed in no more.
            ask = ask.signed_in();
        }
        if call.path == "/api/v1/settings" {
            let version = self.server.backend.app.settings.version();
            ask = ask.header("if-match", &format!("\"{version}\""));
        }
        if let Some(content_type) = content_type {
            ask = ask.header("content-type", content_type);
        }
        let answer = ask.body(body).send().await;
        assert!(
            answer.status.as_u16() < 500,
            "{} {} failed: {answer:?}",
            call.method,
            call.path
        );
        answer
    }

    /// Sends JSON that must be refused; gives the status and the fields that were named.
    pub(super) async fn refused(&self, call: &Call, body: Vec<u8>) -> (u16, Vec<String>) {
        let sent = String::from_utf8_lossy(&body)
            .chars()
            .take(200)
            .collect::<String>();
        let answer = self.send(call, Some("application/json"), body).await;
        assert!(
            answer.status.is_client_error(),
            "{} took {sent}: {answer:?}",
            call.path
        );
        let fields = answer.problem().into_iter().map(str::to_owned).collect();
        (answer.status.as_u16(), fields)
    }

    /// A good body with one field replaced.
    pub(super) fn with(&self, call: &Call, field: &str, value: Value) -> Vec<u8> {
        let mut body = self.good(call);
        body[field] = value;
        body.to_string().into_bytes()
    }

    /// A good body with one field replaced by JSON that no `Value` can hold.
    pub(super) fn with_raw(&self, call: &Call, field: &str, raw: &[u8]) -> Vec<u8> {
        const HERE: &str = "\"put it here\"";
        let body = String::from_utf8(self.with(call, field, json!("put it here"))).unwrap();
        let (before, after) = body.split_once(HERE).unwrap();
        [before.as_bytes(), raw, after.as_bytes()].concat()
    }
}
