//! As much of HTTP/1.1 as a caller needs that must be able to be anywhere: one call a connection, blocking.
//!
//! An answer counts only when it came whole: a server that is killed in the middle of one has acknowledged nothing.

use std::fmt::Write as _;
use std::io::{self, Read as _, Write as _};
use std::net::SocketAddr;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::network::Network;

/// How long one read or write may take: a server that hangs must not hang the test.
const WITHIN: Duration = Duration::from_secs(30);

/// Who is called, and from where.
#[derive(Debug, Clone)]
pub(crate) struct Peer {
    pub(crate) from: Network,
    pub(crate) at: SocketAddr,
}

/// An answer.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The body of an answer that must be a success.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> T {
        assert!(self.is_success(), "{} {}", self.status, self.body);
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error} in {}", self.body))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }
}

impl Peer {
    /// One call and its whole answer.
    pub(crate) fn call(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> io::Result<Answer> {
        let mut stream = self.from.connect(self.at, WITHIN)?;
        stream.set_read_timeout(Some(WITHIN))?;
        stream.set_write_timeout(Some(WITHIN))?;
        stream.set_nodelay(true)?;
        let body = body.map(Value::to_string).unwrap_or_default();
        let mut request = format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n",
            self.at
        );
        for (name, value) in headers {
            write!(request, "{name}: {value}\r\n").unwrap();
        }
        if !body.is_empty() {
            let length = body.len();
            write!(
                request,
                "content-type: application/json\r\ncontent-length: {length}\r\n"
            )
            .unwrap();
        }
        request.push_str("\r\n");
        request.push_str(&body);
        stream.write_all(request.as_bytes())?;
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes)?;
        read(&String::from_utf8_lossy(&bytes)).ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }
}

/// An answer as it came; nothing where it did not come whole.
fn read(text: &str) -> Option<Answer> {
    let (head, rest) = text.split_once("\r\n\r\n")?;
    let mut lines = head.lines();
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers: Vec<_> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let answer = Answer {
        status,
        headers,
        body: rest.to_owned(),
    };
    let whole = match answer.header("content-length") {
        Some(length) => length.parse() == Ok(rest.len()),
        None => answer.header("transfer-encoding").is_none(),
    };
    whole.then_some(answer)
}
