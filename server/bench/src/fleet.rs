//! Agents with real credentials: enrolled and registered by the API, over a few connections.

use std::io;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac;
use rollcall_shared::agent_api::Fence;
use rollcall_shared::{AgentId, BootId, dial, loopback};
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite};

use crate::wire::Line;

/// An agent as the server knows it.
#[derive(Debug)]
pub struct Agent {
    head: String,
    id: AgentId,
    boot: u32,
    sequence: u32,
    applied: u32,
    /// Under which its loopback packets carry a MAC.
    key: hmac::Key,
    loopback_port: Option<u16>,
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
            applied: number_of(&registered, "settings_version").unwrap_or_default(),
            id: text("agent").parse().map_err(io::Error::other)?,
            key: loopback_key(&text("secret")).ok_or_else(|| io::Error::other("no secret"))?,
            loopback_port: number_of(&registered, "loopback_port"),
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
            id: AgentId::from_bits(number as u64),
            key: hmac::Key::new(hmac::HMAC_SHA256, &[7; 32]),
            loopback_port: None,
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

    /// Its next heartbeat as a loopback packet.
    pub fn loopback(&mut self, transaction: &loopback::Transaction) -> [u8; loopback::REQUEST] {
        self.sequence += 1;
        let fence = Fence {
            boot: BootId::from_bits(self.boot).unwrap_or(FIRST_BOOT),
            sequence: self.sequence,
            applied: self.applied,
        };
        loopback::request(transaction, self.id, fence, |parts| {
            let mut context = hmac::Context::with_key(&self.key);
            for part in parts {
                context.update(part);
            }
            tag(&context.sign())
        })
    }

    /// Where the server takes loopback packets, as it said at the registration.
    #[must_use]
    pub const fn loopback_port(&self) -> Option<u16> {
        self.loopback_port
    }
}

const FIRST_BOOT: BootId = match BootId::from_bits(1) {
    Some(boot) => boot,
    None => unreachable!(),
};

/// The key that an agent derives from its secret (`rollcall_shared::loopback`).
fn loopback_key(secret: &str) -> Option<hmac::Key> {
    let secret = URL_SAFE_NO_PAD.decode(secret).ok()?;
    let derived =
        |key: &[u8], purpose: &[u8]| tag(&hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), purpose));
    let proof = derived(&secret, dial::KEY_PURPOSE);
    let key = derived(&proof, loopback::KEY_PURPOSE);
    Some(hmac::Key::new(hmac::HMAC_SHA256, &key))
}

fn tag(given: &hmac::Tag) -> [u8; loopback::MAC] {
    let mut bytes = [0; loopback::MAC];
    bytes.copy_from_slice(given.as_ref());
    bytes
}

fn number_of<T: TryFrom<u64>>(answer: &Value, field: &str) -> Option<T> {
    answer[field].as_u64()?.try_into().ok()
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
