//! Every call that takes a body, given everything that a body can be: it is refused with a problem that names
//! the field, never with a panic, and never with a secret in it.

use std::cell::Cell;

use http::{Method, header};
use serde_json::{Value, json};

use super::{document, operations, resolved};
use crate::api::agent::testing::{Answer, NAME, PASSWORD, Server, TestAgent, enroll_body};

/// Stands in every secret that is sent, and must not be in any answer.
const MARK: &str = "hunter2";

/// More than any body may have, and less than that.
const MEGABYTE: usize = 1 << 20;
const DEEP: usize = 10_000;

/// A field of a body, as the document has it.
#[derive(Debug)]
struct Field {
    name: String,
    required: bool,
    schema: Value,
}

/// A call that takes a body.
#[derive(Debug)]
struct Call {
    method: Method,
    path: String,
    fields: Vec<Field>,
}

/// The calls of the document that take a body.
async fn calls(server: &Server) -> Vec<Call> {
    let document = document(server).await;
    let mut calls = Vec::new();
    for (verb, path, operation) in operations(&document) {
        if !operation["requestBody"].is_object() {
            continue;
        }
        let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
        let mut fields = Vec::new();
        gather(&document, schema, &mut fields);
        assert!(!fields.is_empty(), "{verb} {path} takes a body without fields");
        calls.push(Call {
            method: verb.to_ascii_uppercase().parse().unwrap(),
            path,
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
    fn is(&self, kind: &str) -> bool {
        self.schema["type"] == kind
            || self.schema["type"]
                .as_array()
                .is_some_and(|kinds| kinds.contains(&json!(kind)))
    }

    /// Only some texts can be it: a word of a list, or something that is parsed.
    fn is_chosen(&self) -> bool {
        self.schema["enum"].is_array()
            || self.schema["pattern"].is_string()
            || ["boot", "key", "local_address"].contains(&self.name.as_str())
    }

    fn is_secret(&self) -> bool {
        ["token", "key", "password"].contains(&self.name.as_str())
    }

    /// Values of every other type.
    fn wrong(&self) -> Vec<Value> {
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
struct Caller {
    server: Server,
    agent: TestAgent,
    /// Used up by everything that has to be new each time.
    next: Cell<u32>,
    token: String,
}

impl Caller {
    async fn new() -> Self {
        let server = Server::start().await;
        let agent = server.online("web-1").await;
        let (_, token) = server.token(100_000).await;
        Self {
            server,
            agent,
            next: Cell::new(10),
            token,
        }
    }

    /// A body that the call would take.
    fn good(&self, call: &Call) -> Value {
        self.next.set(self.next.get() + 1);
        let next = self.next.get();
        let mut agent = self.agent.clone();
        agent.sequence = next;
        match call.path.as_str() {
            "/api/agent/v1/enroll" => enroll_body(&self.token, u64::from(next), "web-2"),
            "/api/agent/v1/register" => agent.register_body(),
            "/api/agent/v1/heartbeat" => agent.fence(),
            "/api/agent/v1/goodbye" => {
                let mut body = agent.fence();
                body["kind"] = json!("restart");
                body
            }
            "/api/v1/setup" => json!({ "token": "x".repeat(43), "name": "bob", "password": PASSWORD }),
            "/api/v1/session" => json!({ "name": NAME, "password": PASSWORD }),
            "/api/v1/tokens" => json!({ "uses": 1, "hours": 1 }),
            path => panic!("say here what {path} takes"),
        }
    }

    async fn send(&self, call: &Call, content_type: Option<&str>, body: Vec<u8>) -> Answer {
        let mut ask = self.server.ask(call.method.clone(), &call.path);
        if call.path.starts_with("/api/agent/") {
            ask = ask.header(header::AUTHORIZATION.as_str(), &self.agent.credential());
        } else {
            ask = ask.signed_in();
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
    async fn refused(&self, call: &Call, body: Vec<u8>) -> (u16, Vec<String>) {
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
    fn with(&self, call: &Call, field: &str, value: Value) -> Vec<u8> {
        let mut body = self.good(call);
        body[field] = value;
        body.to_string().into_bytes()
    }

    /// A good body with one field replaced by JSON that no `Value` can hold.
    fn with_raw(&self, call: &Call, field: &str, raw: &[u8]) -> Vec<u8> {
        const HERE: &str = "\"put it here\"";
        let body = String::from_utf8(self.with(call, field, json!("put it here"))).unwrap();
        let (before, after) = body.split_once(HERE).unwrap();
        [before.as_bytes(), raw, after.as_bytes()].concat()
    }
}

#[tokio::test]
async fn the_body_that_the_other_tests_spoil_is_a_good_one() {
    let caller = Caller::new().await;
    for call in calls(&caller.server).await {
        let body = caller.good(&call).to_string().into_bytes();
        let answer = caller.send(&call, Some("application/json"), body).await;
        if call.path == "/api/v1/setup" {
            answer.refused(409, "/problems/already-set-up");
        } else {
            assert!(answer.status.is_success(), "{} {answer:?}", call.path);
        }
    }
}

#[tokio::test]
async fn a_body_that_is_no_json_is_refused() {
    let caller = Caller::new().await;
    for call in calls(&caller.server).await {
        let good = caller.good(&call).to_string();
        for content_type in [
            None,
            Some("text/plain"),
            Some("application/x-www-form-urlencoded"),
            Some("multipart/form-data; boundary=x"),
            Some(""),
            Some("application/jsonp"),
        ] {
            let answer = caller.send(&call, content_type, good.clone().into_bytes()).await;
            let fields = answer.refused(415, "/problems/unsupported-media-type");
            assert_eq!(fields, ["Content-Type"], "{}", call.path);
        }
        for body in [
            "",
            " \n",
            "{",
            "nonsense",
            "NaN",
            "{'name': 1}",
            "\u{feff}{}",
            &good[..good.len() - 1],
            &format!("{good}}}"),
            &format!("{good}{good}"),
            "a=1&b=2",
            "<?xml version=\"1.0\"?>",
            "\0\0\0\0",
        ] {
            let (status, _) = caller.refused(&call, body.as_bytes().to_vec()).await;
            assert_eq!(status, 400, "{} {body:?}", call.path);
        }
        for body in [
            &b"\xff\xfe{\0}\0"[..],
            b"{\"\xc3\x28\": 1}",
            b"\x80",
            b"\"\xed\xa0\x80\"",
            b"{\"name\": }",
        ] {
            caller.refused(&call, body.to_vec()).await;
        }
    }
}

#[tokio::test]
async fn json_that_is_no_object_is_refused() {
    let caller = Caller::new().await;
    for call in calls(&caller.server).await {
        for body in [
            "null",
            "true",
            "1",
            "-1.5",
            "\"text\"",
            "[]",
            "[null]",
            "[[], {}, \"hunter2\"]",
        ] {
            let (status, fields) = caller.refused(&call, body.into()).await;
            assert_eq!(status, 422, "{} {body}", call.path);
            assert_eq!(fields.len(), 1, "{} {body} {fields:?}", call.path);
        }
    }
}

#[tokio::test]
async fn a_missing_field_is_named() {
    let caller = Caller::new().await;
    for call in calls(&caller.server).await {
        let required: Vec<&str> = call
            .fields
            .iter()
            .filter(|field| field.required)
            .map(|field| field.name.as_str())
            .collect();
        let (status, fields) = caller.refused(&call, b"{}".to_vec()).await;
        assert_eq!(status, 422, "{}", call.path);
        assert!(required.contains(&fields[0].as_str()), "{} {fields:?}", call.path);
        for name in required {
            let mut body = caller.good(&call);
            body.as_object_mut().unwrap().remove(name);
            let refused = caller.refused(&call, body.to_string().into_bytes()).await;
            assert_eq!(refused, (422, vec![name.to_owned()]), "{}", call.path);
        }
    }
}

#[tokio::test]
async fn a_field_that_is_given_twice_is_named() {
    let caller = Caller::new().await;
    for call in calls(&caller.server).await {
        for field in &call.fields {
            let good = caller.good(&call);
            let twice = format!(
                "{{{}:{},{}",
                json!(field.name),
                good[&field.name],
                &good.to_string()[1..]
            );
            let refused = caller.refused(&call, twice.into_bytes()).await;
            assert_eq!(refused, (422, vec![field.name.clone()]), "{}", call.path);
        }
    }
}

#[tokio::test]
async fn a_field_of_another_type_is_named_and_a_secret_in_it_is_not_told() {
    let caller = Caller::new().await;
    for call in calls(&caller.server).await {
        for field in &call.fields {
            for value in field.wrong() {
                let body = caller.with(&call, &field.name, value.clone());
                let answer = caller.send(&call, Some("application/json"), body).await;
                let fields = answer.refused(422, "/problems/invalid");
                let name = fields[0].split(['[', '.']).next().unwrap();
                assert_eq!(name, field.name, "{} {value} {answer:?}", call.path);
                if field.is_secret() {
                    assert!(!answer.text.contains(MARK), "{answer:?}");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_number_out_of_range_is_named() {
    let caller = Caller::new().await;
    for call in calls(&caller.server).await {
        for field in call.fields.iter().filter(|field| field.is("integer")) {
            for raw in [
                "-1",
                "-2147483649",
                "4294967296",
                "18446744073709551616",
                "99999999999999999999999999999999999999",
                "1.5",
                "1e3",
                "1e400",
                "-0.0",
                "\"1\"",
                "\"NaN\"",
                "\"Infinity\"",
            ] {
                let body = caller.with_raw(&call, &field.name, raw.as_bytes());
                let refused = caller.refused(&call, body).await;
                assert_eq!(refused, (422, vec![field.name.clone()]), "{} {raw}", call.path);
            }
            // These are no JSON, so there is no field yet.
            for raw in ["NaN", "Infinity", "0x10", "01", "+1", "1_000"] {
                let body = caller.with_raw(&call, &field.name, raw.as_bytes());
                assert_eq!(caller.refused(&call, body).await.0, 400, "{} {raw}", call.path);
            }
            if field.name != "applied" {
                let body = caller.with(&call, &field.name, json!(0));
                let refused = caller.refused(&call, body).await;
                assert_eq!(refused, (422, vec![field.name.clone()]), "{}", call.path);
            }
        }
    }
}

#[tokio::test]
async fn a_text_that_cannot_be_used_is_named_and_no_text_breaks_the_server() {
    let caller = Caller::new().await;
    let control = [
        "\0",
        "hunter2\0",
        "\u{1}\u{2}\u{7f}",
        "a\nb",
        "\u{1b}[31mred",
        "\u{85}",
    ];
    let strange = [
        "\u{202e}txt.exe",
        "👩‍👩‍👧‍👦",
        "مرحبا",
        "'; DROP TABLE agents; --",
        "../../../../etc/passwd",
        "%00%2e%2e%2f",
        "<script>alert(1)</script>",
        "${jndi:ldap://x}",
        "\u{fffe}\u{feff}",
        " ",
        "",
    ];
    for call in calls(&caller.server).await {
        for field in call.fields.iter().filter(|field| field.is("string")) {
            for text in control {
                let body = caller.with(&call, &field.name, json!(text));
                let (status, fields) = caller.refused(&call, body).await;
                // A secret is only compared: it is wrong, whatever is in it.
                if !["token", "password"].contains(&field.name.as_str()) {
                    assert_eq!(
                        (status, fields),
                        (422, vec![field.name.clone()]),
                        "{} {text:?}",
                        call.path
                    );
                }
            }
            for text in strange {
                let body = caller.with(&call, &field.name, json!(text));
                let answer = caller.send(&call, Some("application/json"), body).await;
                if !answer.status.is_success() {
                    answer.problem();
                }
                if field.is_chosen() {
                    assert_eq!(answer.refused(422, "/problems/invalid"), [field.name.as_str()]);
                }
            }
            let long = format!("{MARK}{}", "x".repeat(900));
            let body = caller.with(&call, &field.name, json!(long));
            let answer = caller.send(&call, Some("application/json"), body).await;
            // The setup link is closed by now, so nobody looks at what is said to be its token.
            if call.path != "/api/v1/setup" || field.name != "token" {
                assert_eq!(answer.refused(422, "/problems/invalid"), [field.name.as_str()]);
            }
            assert!(answer.text.len() < 1000, "the answer repeats it: {answer:?}");
            if field.is_secret() {
                assert!(!answer.text.contains(MARK), "{answer:?}");
            }
            let body = caller.with(&call, &field.name, json!("x".repeat(100 * 1024)));
            assert_eq!(caller.refused(&call, body).await.0, 413, "{}", call.path);
            for raw in [
                &b"\"\xff\xfe\""[..],
                b"\"\xc3\x28\"",
                b"\"\\ud800\"",
                b"\"\\x\"",
                b"\"a\nb\"",
            ] {
                let body = caller.with_raw(&call, &field.name, raw);
                let (status, _) = caller.refused(&call, body).await;
                assert!([400, 422].contains(&status), "{} {status}", call.path);
            }
        }
    }
}

#[tokio::test]
async fn a_body_too_large_or_too_deep_is_refused() {
    let caller = Caller::new().await;
    for call in calls(&caller.server).await {
        for filler in [" ", "[", "x", "{\"a\":"] {
            let (status, _) = caller
                .refused(&call, filler.repeat(MEGABYTE / filler.len()).into_bytes())
                .await;
            assert_eq!(status, 413, "{}", call.path);
        }
        let nests = [
            format!("{}{}", "[".repeat(DEEP), "]".repeat(DEEP)),
            format!("{}1{}", "{\"a\":".repeat(DEEP), "}".repeat(DEEP)),
            "[".repeat(DEEP),
            "{\"a\":".repeat(DEEP),
        ];
        for nest in nests {
            caller.refused(&call, nest.clone().into_bytes()).await;
            for field in &call.fields {
                let body = caller.with_raw(&call, &field.name, nest.as_bytes());
                caller.refused(&call, body).await;
            }
            // A field that nobody knows may be passed over, whatever is in it.
            let body = caller.with_raw(&call, "unheard_of", nest.as_bytes());
            let answer = caller.send(&call, Some("application/json"), body).await;
            if !answer.status.is_success() {
                answer.problem();
            }
        }
    }
}
