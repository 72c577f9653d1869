//! Agents with real credentials: enrolled and registered by the API, over a few connections.

use std::io;

use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite};

use crate::wire::Line;

/// An agent as the server knows it.
#[derive(Debug)]
pub struct Agent {
    head: String,
    boot: u32,
    sequence: u32,
    applied: u64,
}

impl Agent {
    /// Enrols and registers one.
    ///
    /// # Errors
    /// Where the server does not take it.
    pub async fn enrol<S: AsyncRead + AsyncWrite + Unpin>(
        line: &mut Line<S>,
        token: &str,
        number: usize,
    ) -> io::Result<Self> {
        let machine = format!("machine-{number}");
        let host = format!("agent-{number}");
        let enrolled = call(line, "enroll", "", &json!({
            "token": token, "key": format!("{number:064x}"), "host_name": host, "platform": "Debian GNU/Linux 12 (bookworm)",
            "machine_id": machine,
        }))
        .await?;
        let text = |field: &str| enrolled[field].as_str().unwrap_or_default().to_owned();
        let credential = format!("Authorization: Bearer {}.{}\r\n", text("agent"), text("secret"));
        let boot = u32::try_from(number + 1).map_err(io::Error::other)?;
        let registered = call(line, "register", &credential, &json!({
            "boot": format!("{boot:08x}"), "sequence": 1, "applied": 0, "reason": "install", "machine_id": machine,
            "host_name": host, "platform": "Debian GNU/Linux 12 (bookworm)", "agent_version": "0.1.0",
            "local_address": "127.0.0.1",
        }))
        .await?;
        Ok(Self {
            head: head("heartbeat", &credential),
            boot,
            sequence: 1,
            applied: registered["settings_version"].as_u64().unwrap_or_default(),
        })
    }

    /// One that no server knows: for floors, which look at nobody's credential. Its bytes are as many.
    #[must_use]
    pub fn unknown(number: usize) -> Self {
        let credential = format!("Authorization: Bearer {number:013}.{number:043}\r\n");
        Self {
            head: head("heartbeat", &credential),
            boot: u32::try_from(number + 1).unwrap_or(u32::MAX),
            sequence: 1,
            applied: 1,
        }
    }

    /// Its next heartbeat, as the agent's program sends it.
    pub fn heartbeat(&mut self, into: &mut Vec<u8>) {
        use std::io::Write as _;
        self.sequence += 1;
        let body = format!(
            r#"{{"boot":"{:08x}","sequence":{},"applied":{}}}"#,
            self.boot, self.sequence, self.applied
        );
        into.clear();
        // Writing into memory does not fail.
        let _ = write!(into, "{}Content-Length: {}\r\n\r\n{body}", self.head, body.len());
    }
}

fn head(call: &str, credential: &str) -> String {
    format!(
        "POST /api/agent/v1/{call} HTTP/1.1\r\nHost: 127.0.0.1\r\n{credential}Content-Type: application/json\r\n"
    )
}

async fn call<S: AsyncRead + AsyncWrite + Unpin>(
    line: &mut Line<S>,
    name: &str,
    credential: &str,
    body: &Value,
) -> io::Result<Value> {
    let body = body.to_string();
    let request = format!(
        "{}Content-Length: {}\r\n\r\n{body}",
        head(name, credential),
        body.len()
    );
    let answer = line.ask(request.as_bytes()).await?;
    if answer.status >= 300 {
        let said = String::from_utf8_lossy(answer.body);
        return Err(io::Error::other(format!("{name}: {} {said}", answer.status)));
    }
    serde_json::from_slice(answer.body).map_err(io::Error::other)
}
