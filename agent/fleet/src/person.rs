//! A person's calls: signing in, and making an enrolment token. A connection each; they are few.

use std::io;
use std::time::Duration;

use rollcall_shared::Problem;
use rollcall_shared::console_api::{NewToken, SignIn, TokenMade};
use rollcall_shared::id::DomainId;
use serde::Serialize;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;

use crate::http::{Endpoint, connect};

/// How long a call may take: signing in costs the server a second of hashing where it is busy.
const WITHIN: Duration = Duration::from_secs(30);

/// How long a token that is made for a run is good, in hours.
const TOKEN_HOURS: u32 = 24;

/// Somebody who is signed in.
#[derive(Clone)]
pub(crate) struct Person {
    /// `name=value`, as it is sent back.
    pub(crate) cookie: String,
}

/// Why a person's call came to nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PersonError {
    #[error("no answer to {call}")]
    Io { call: &'static str, source: io::Error },
    #[error("{call} was answered {status}: {detail}")]
    Refused {
        call: &'static str,
        status: u16,
        detail: String,
    },
    #[error("the answer to {call} cannot be understood")]
    Garbled { call: &'static str },
}

/// An answer, its head as text.
struct Answer {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(':'));
        let mut found = lines.filter(|(known, _)| known.eq_ignore_ascii_case(name));
        found.next().map(|(_, value)| value.trim())
    }
}

impl Person {
    /// Whoever a browser's cookie stands for.
    pub(crate) const fn with(cookie: String) -> Self {
        Self { cookie }
    }

    /// Signs in by name and password.
    pub(crate) async fn sign_in(
        endpoint: &Endpoint,
        name: &str,
        password: &str,
    ) -> Result<Self, PersonError> {
        const CALL: &str = "signing in";
        let sign_in = SignIn {
            name: name.to_owned(),
            password: password.to_owned(),
        };
        let answer = post(endpoint, CALL, "/api/v1/session", "", &sign_in).await?;
        let set = answer
            .header("set-cookie")
            .ok_or(PersonError::Garbled { call: CALL })?;
        let cookie = set.split(';').next().unwrap_or_default();
        Ok(Self::with(cookie.to_owned()))
    }

    /// Makes a token for so many agents.
    pub(crate) async fn token(&self, endpoint: &Endpoint, uses: u32) -> Result<String, PersonError> {
        const CALL: &str = "making an enrolment token";
        let wanted = NewToken {
            uses,
            hours: TOKEN_HOURS,
            domain: DomainId::ROOT,
        };
        let answer = post(endpoint, CALL, "/api/v1/tokens", &self.cookie, &wanted).await?;
        let made: TokenMade =
            serde_json::from_slice(&answer.body).map_err(|_| PersonError::Garbled { call: CALL })?;
        Ok(made.secret)
    }
}

async fn post(
    endpoint: &Endpoint,
    call: &'static str,
    path: &str,
    cookie: &str,
    body: &impl Serialize,
) -> Result<Answer, PersonError> {
    let io = |source| PersonError::Io { call, source };
    let body = serde_json::to_string(body).map_err(|error| io(error.into()))?;
    let mut request = format!(
        "POST {} HTTP/1.1\r\nhost: {}\r\norigin: {}\r\nconnection: close\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n",
        endpoint.path(path),
        endpoint.url.authority(),
        endpoint.origin(),
        body.len()
    );
    if !cookie.is_empty() {
        request.push_str("cookie: ");
        request.push_str(cookie);
        request.push_str("\r\n");
    }
    request.push_str("\r\n");
    request.push_str(&body);
    let exchange = async {
        let mut stream = connect(endpoint).await?;
        stream.write_all(request.as_bytes()).await?;
        stream.flush().await?;
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).await?;
        Ok(bytes)
    };
    let bytes = match timeout(WITHIN, exchange).await {
        Ok(bytes) => bytes.map_err(io)?,
        Err(_) => return Err(io(io::ErrorKind::TimedOut.into())),
    };
    let answer = read(&bytes).ok_or(PersonError::Garbled { call })?;
    if (200..300).contains(&answer.status) {
        return Ok(answer);
    }
    let problem = serde_json::from_slice::<Problem>(&answer.body).ok();
    let detail = problem.and_then(|problem| problem.detail).unwrap_or_default();
    Err(PersonError::Refused {
        call,
        status: answer.status,
        // It comes from the network and goes to a terminal.
        detail: detail.chars().filter(|one| !one.is_control()).take(300).collect(),
    })
}

fn read(bytes: &[u8]) -> Option<Answer> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let status = head.split(' ').nth(1)?.get(..3)?.parse().ok()?;
    Some(Answer {
        status,
        head,
        body: bytes[end + 4..].to_vec(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_s_headers_are_found_whatever_case_they_have() {
        let answer = read(b"HTTP/1.1 201 Created\r\nSet-Cookie: a=b; Path=/\r\n\r\n{}").unwrap();
        assert_eq!((answer.status, answer.body.as_slice()), (201, b"{}".as_slice()));
        assert_eq!(answer.header("set-cookie"), Some("a=b; Path=/"));
        assert!(read(b"nonsense").is_none());
    }
}
