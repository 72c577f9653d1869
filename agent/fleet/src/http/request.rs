//! Requests as bytes: what is the same in all of them is made once, and copied.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac;
use rollcall_shared::agent_api::Fence;
use rollcall_shared::{AgentId, dial, loopback};

use crate::server_url::ServerUrl;

/// Characters of 256 bits in base 64.
const SECRET: usize = 43;

/// Characters of an agent's id, a point, and its secret.
const CREDENTIAL: usize = 13 + 1 + SECRET;

/// What an agent signs its calls with: its id and its secret.
#[derive(Clone, Copy)]
pub(crate) struct Credential([u8; CREDENTIAL]);

impl Credential {
    /// That of an agent; nothing where the secret has not the length that secrets have.
    pub(crate) fn of(agent: AgentId, secret: &str) -> Option<Self> {
        let text = format!("{agent}.{secret}");
        text.into_bytes().try_into().ok().map(Self)
    }

    /// The key that signs its loopback packets; nothing where the secret is none.
    pub(crate) fn loopback_key(&self) -> Option<hmac::Key> {
        let secret = URL_SAFE_NO_PAD.decode(&self.0[CREDENTIAL - SECRET..]).ok()?;
        let derived =
            |key: &[u8], purpose: &[u8]| hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), purpose);
        let proof = derived(&secret, dial::KEY_PURPOSE);
        let key = derived(proof.as_ref(), loopback::KEY_PURPOSE);
        Some(hmac::Key::new(hmac::HMAC_SHA256, key.as_ref()))
    }
}

impl core::fmt::Debug for Credential {
    fn fmt(&self, out: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        out.write_str("Credential(hidden)")
    }
}

/// The calls of agents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Path {
    Register,
    Heartbeat,
    Poll,
}

/// The parts that requests to one server are made of.
#[derive(Debug)]
pub(crate) struct Requests {
    register: Vec<u8>,
    heartbeat: Vec<u8>,
    poll: Vec<u8>,
}

impl Requests {
    /// To the server at `url`, with the headers that shipped agents send.
    pub(crate) fn to(url: &ServerUrl) -> Self {
        let head = |call| {
            let path = url.path(call);
            let host = url.authority();
            format!(
                "POST {path} HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\nauthorization: Bearer "
            )
            .into_bytes()
        };
        Self {
            register: head("register"),
            heartbeat: head("heartbeat"),
            poll: head("poll"),
        }
    }

    /// Writes a call with this body over what `out` held.
    pub(crate) fn write(&self, out: &mut Vec<u8>, path: Path, credential: &Credential, body: &[u8]) {
        out.clear();
        out.extend_from_slice(match path {
            Path::Register => &self.register,
            Path::Heartbeat => &self.heartbeat,
            Path::Poll => &self.poll,
        });
        out.extend_from_slice(&credential.0);
        out.extend_from_slice(b"\r\ncontent-length: ");
        number(out, u32::try_from(body.len()).unwrap_or(u32::MAX));
        out.extend_from_slice(b"\r\n\r\n");
        out.extend_from_slice(body);
    }
}

/// Writes a heartbeat's body over what `out` held: as serde would, without going through it.
pub(crate) fn heartbeat(out: &mut Vec<u8>, fence: Fence) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    out.clear();
    out.extend_from_slice(b"{\"boot\":\"");
    for shift in (0..8).rev() {
        out.push(DIGITS[(fence.boot.bits() >> (shift * 4) & 15) as usize]);
    }
    out.extend_from_slice(b"\",\"sequence\":");
    number(out, fence.sequence);
    out.extend_from_slice(b",\"applied\":");
    number(out, fence.applied);
    out.push(b'}');
}

/// Appends a number in decimal.
fn number(out: &mut Vec<u8>, number: u32) {
    let mut digits = [0_u8; 10];
    let mut at = digits.len();
    let mut rest = number;
    loop {
        at -= 1;
        // Below ten, so it is no loss.
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[at..]);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rollcall_shared::BootId;
    use rollcall_shared::agent_api::Heartbeat;

    use super::*;

    proptest! {
        #[test]
        fn a_heartbeat_is_written_as_serde_writes_it(boot in 1_u32.., sequence: u32, applied: u32) {
            let Some(boot) = BootId::from_bits(boot) else { return Ok(()) };
            let fence = Fence { boot, sequence, applied };
            let mut out = b"before".to_vec();
            heartbeat(&mut out, fence);
            prop_assert_eq!(out, serde_json::to_vec(&Heartbeat { fence }).unwrap());
        }
    }

    #[test]
    fn a_request_is_what_a_shipped_agent_sends() {
        let requests = Requests::to(&"http://127.0.0.1:8080/".parse().unwrap());
        let secret = "s".repeat(43);
        let credential = Credential::of(AgentId::from_bits(7), &secret).unwrap();
        let mut out = Vec::new();
        requests.write(&mut out, Path::Heartbeat, &credential, b"{}");
        let text = String::from_utf8(out).unwrap();
        assert_eq!(
            text,
            format!(
                "POST /api/agent/v1/heartbeat HTTP/1.1\r\nhost: 127.0.0.1:8080\r\n\
                 content-type: application/json\r\nauthorization: Bearer 0000000000007.{secret}\r\n\
                 content-length: 2\r\n\r\n{{}}"
            )
        );
    }

    #[test]
    fn a_secret_of_another_length_is_no_credential_and_none_is_shown() {
        assert!(Credential::of(AgentId::from_bits(7), "short").is_none());
        let credential = Credential::of(AgentId::from_bits(7), &"s".repeat(43)).unwrap();
        assert_eq!(format!("{credential:?}"), "Credential(hidden)");
    }
}
