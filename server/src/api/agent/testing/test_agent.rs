//! An agent that says what a test makes it say.

use http::header;
use serde_json::{Value, json};

use super::{Answer, Server};

/// An agent, as its machine knows itself.
#[derive(Debug, Clone)]
pub(crate) struct TestAgent {
    pub(crate) id: String,
    pub(crate) secret: String,
    pub(crate) name: String,
    pub(crate) boot: String,
    /// The last one used.
    pub(crate) sequence: u32,
    /// The settings version that it says it applied.
    pub(crate) applied: u32,
    /// Its own end of its connection, as it says.
    pub(crate) own_address: String,
    /// The port on which it says that it listens.
    pub(crate) notify_port: Option<u16>,
}

impl TestAgent {
    /// What the `Authorization` header says.
    pub(crate) fn credential(&self) -> String {
        format!("Bearer {}.{}", self.id, self.secret)
    }

    /// Boot, the next sequence, applied settings.
    pub(crate) fn fence(&mut self) -> Value {
        self.sequence += 1;
        json!({ "boot": self.boot, "sequence": self.sequence, "applied": self.applied })
    }

    /// The body of a registration with the next sequence.
    pub(crate) fn register_body(&mut self) -> Value {
        let mut body = self.fence();
        body["reason"] = json!("start");
        body["machine_id"] = json!(format!("machine of {}", self.name));
        body["host_name"] = json!(self.name);
        body["platform"] = json!("Debian GNU/Linux 12 (bookworm)");
        body["agent_version"] = json!("0.1.0");
        body["local_address"] = json!(self.own_address);
        body["addresses"] = json!([self.own_address, "fe80::1"]);
        body["clock_ms"] = json!(1_700_000_000_000_u64);
        if let Some(port) = self.notify_port {
            body["notify_port"] = json!(port);
        }
        body
    }

    /// Says something as this agent.
    pub(crate) async fn say(&self, server: &Server, call: &str, body: &Value) -> Answer {
        server
            .post(&format!("/api/agent/v1/{call}"))
            .header(header::AUTHORIZATION.as_str(), &self.credential())
            .json(body)
            .send()
            .await
    }

    pub(crate) async fn register(&mut self, server: &Server) -> Answer {
        let body = self.register_body();
        self.say(server, "register", &body).await
    }

    pub(crate) async fn heartbeat(&mut self, server: &Server) -> Answer {
        let body = self.fence();
        self.say(server, "heartbeat", &body).await
    }

    pub(crate) async fn poll(&mut self, server: &Server) -> Answer {
        let body = self.fence();
        self.say(server, "poll", &body).await
    }

    pub(crate) async fn goodbye(&mut self, server: &Server, kind: &str) -> Answer {
        let mut body = self.fence();
        body["kind"] = json!(kind);
        self.say(server, "goodbye", &body).await
    }
}
