//! The bytes of a component over HTTP: from where the last attempt ended, into its part on the disk.
//!
//! Nothing that comes is believed here but its place in the file; what it is, its SHA-256 says afterwards. Still a
//! place that plainly has something else (another length, a redirect, a page) is found out as early as can be.

use core::time::Duration;
use std::io;

use http_body_util::BodyExt as _;
use hyper::StatusCode;
use hyper::body::{Bytes, Incoming};
use hyper::header::{
    CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, HeaderMap, HeaderName, HeaderValue, IF_RANGE, LOCATION,
    RANGE, RETRY_AFTER,
};
use rollcall_agent::install::Ended;
use rollcall_shared::agent_api::Offer;
use tokio::time::timeout;

use super::folder::Part;
use crate::client::{self, CallError, Endpoint};

/// How long a place may send nothing. The whole may take as long as it takes.
const STALLED: Duration = Duration::from_secs(30);

/// How long until the head of the answer.
const HEAD_WITHIN: Duration = Duration::from_secs(30);

/// How much is gathered before it is written: memory stays small, and so does the number of writes.
const GATHERED: usize = 256 * 1024;

/// Why not all of it came.
#[derive(Debug, thiserror::Error)]
pub(super) enum FetchError {
    #[error(transparent)]
    Call(#[from] CallError),
    #[error("no answer within {} s", HEAD_WITHIN.as_secs())]
    Silent,
    #[error("nothing came for {} s after {at} bytes", STALLED.as_secs())]
    Stalled { at: u64 },
    #[error("it broke off after {at} of {size} bytes")]
    BrokeOff { at: u64, size: u64 },
    #[error("it is busy ({status})")]
    Busy {
        status: StatusCode,
        retry_after_ms: Option<u64>,
    },
    #[error("it has no such file ({status})")]
    Refused { status: StatusCode },
    #[error("it redirects to {to}; redirects are not followed")]
    Redirected { to: String },
    #[error("it has {found} bytes instead of {size}")]
    OtherSize { found: String, size: u64 },
    #[error("it sent another part ({found}) than the one asked for, from {at} on")]
    OtherPart { found: String, at: u64 },
    #[error("it sent the file in an encoding that was not asked for")]
    Encoded,
    #[error("it sent more than {size} bytes")]
    TooLong { size: u64 },
    #[error("the disk is full")]
    Full,
    #[error("it cannot be written")]
    Disk(#[source] io::Error),
}

impl FetchError {
    /// What it means for what is tried next; `progressed` is whether more is here than before.
    pub(super) fn ended(&self, progressed: bool) -> Ended {
        match self {
            Self::Call(error) if !error.is_passing() => Ended::Wrong,
            Self::Call(_) | Self::Silent | Self::Stalled { .. } | Self::BrokeOff { .. } => {
                Ended::Cut { progressed }
            }
            Self::Busy { retry_after_ms, .. } => Ended::Busy {
                retry_after_ms: *retry_after_ms,
            },
            Self::Refused { .. }
            | Self::Redirected { .. }
            | Self::OtherSize { .. }
            | Self::OtherPart { .. }
            | Self::Encoded
            | Self::TooLong { .. } => Ended::Wrong,
            Self::Full | Self::Disk(_) => Ended::Broken,
        }
    }

    /// Whether what is here of it is not to be gone on with: it is of something else.
    pub(super) const fn spoils(&self) -> bool {
        matches!(
            self,
            Self::OtherSize { .. } | Self::OtherPart { .. } | Self::TooLong { .. } | Self::Full
        )
    }
}

impl From<io::Error> for FetchError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full,
            _ => Self::Disk(error),
        }
    }
}

/// Gets what is missing of `offer` from `path` at `endpoint`, and gives the part back with what came.
pub(super) async fn fetch(
    endpoint: &Endpoint,
    path: &str,
    offer: &Offer,
    mut part: Part,
) -> (Part, Result<(), FetchError>) {
    if part.have == offer.size {
        return (part, Ok(()));
    }
    let mut headers = Vec::new();
    if part.have > 0 {
        let range = HeaderValue::try_from(format!("bytes={}-", part.have));
        let tag = HeaderValue::try_from(format!("\"{}\"", offer.sha256));
        // Digits and quotes are allowed in headers.
        headers.extend(range.ok().map(|range| (RANGE, range)));
        // Only the server's tag is known; what another place has is found out afterwards.
        headers.extend(
            tag.ok()
                .filter(|_| endpoint.is_servers())
                .map(|tag| (IF_RANGE, tag)),
        );
    }
    let opened = match timeout(HEAD_WITHIN, client::get(endpoint, path, headers)).await {
        Ok(opened) => opened.map_err(FetchError::from),
        Err(_) => Err(FetchError::Silent),
    };
    let (link, response) = match opened {
        Ok(opened) => opened,
        Err(error) => return (part, Err(error)),
    };
    let (head, body) = response.into_parts();
    let from = match begins_at(head.status, &head.headers, offer, part.have) {
        Ok(from) => from,
        Err(error) => return (part, Err(error)),
    };
    if from != part.have
        && let Err(error) = part.empty()
    {
        return (part, Err(error.into()));
    }
    let received = receive(body, offer, part).await;
    // It ends with the connection, which nobody else uses.
    drop(link);
    received
}

/// From which byte on the answer brings the file.
fn begins_at(status: StatusCode, headers: &HeaderMap, offer: &Offer, have: u64) -> Result<u64, FetchError> {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let length = text(CONTENT_LENGTH).and_then(|length| length.trim().parse::<u64>().ok());
    let size = offer.size;
    if headers.contains_key(CONTENT_ENCODING) && status.is_success() {
        return Err(FetchError::Encoded);
    }
    match status {
        StatusCode::OK => match length {
            Some(length) if length != size => Err(FetchError::OtherSize {
                found: length.to_string(),
                size,
            }),
            _ => Ok(0),
        },
        StatusCode::PARTIAL_CONTENT => {
            let found = text(CONTENT_RANGE).unwrap_or("none");
            let other = || FetchError::OtherPart {
                found: found.chars().take(60).collect(),
                at: have,
            };
            let (range, whole) = found
                .trim()
                .strip_prefix("bytes ")
                .and_then(|range| range.split_once('/'))
                .ok_or_else(other)?;
            if whole != "*" && whole.parse() != Ok(size) {
                return Err(FetchError::OtherSize {
                    found: whole.chars().take(20).collect(),
                    size,
                });
            }
            match range.split_once('-') {
                Some((first, last))
                    if first.parse() == Ok(have) && last.parse::<u64>().is_ok_and(|last| last < size) =>
                {
                    Ok(have)
                }
                _ => Err(other()),
            }
        }
        StatusCode::RANGE_NOT_SATISFIABLE => Err(FetchError::OtherPart {
            found: text(CONTENT_RANGE).unwrap_or("none").chars().take(60).collect(),
            at: have,
        }),
        _ if status.is_redirection() => Err(FetchError::Redirected {
            to: text(LOCATION).unwrap_or("nowhere").chars().take(200).collect(),
        }),
        StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT => Err(busy(status, headers)),
        _ if status.is_server_error() => Err(busy(status, headers)),
        _ => Err(FetchError::Refused { status }),
    }
}

fn busy(status: StatusCode, headers: &HeaderMap) -> FetchError {
    let seconds: Option<u64> = headers
        .get(RETRY_AFTER)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.trim().parse().ok());
    FetchError::Busy {
        status,
        retry_after_ms: seconds.map(|seconds| seconds.saturating_mul(1_000)),
    }
}

/// Writes what comes, as long as something does; what came before a failure is kept.
async fn receive(mut body: Incoming, offer: &Offer, mut part: Part) -> (Part, Result<(), FetchError>) {
    let mut gathered = Vec::with_capacity(GATHERED);
    let size = offer.size;
    loop {
        let at = part.have + gathered.len() as u64;
        let ended = match timeout(STALLED, body.frame()).await {
            Ok(Some(Ok(frame))) => {
                let bytes: Bytes = frame.into_data().unwrap_or_default();
                if at + bytes.len() as u64 > size {
                    return (part, Err(FetchError::TooLong { size }));
                }
                gathered.extend_from_slice(&bytes);
                if gathered.len() < GATHERED {
                    continue;
                }
                None
            }
            Ok(None) if at == size => Some(Ok(())),
            Ok(None | Some(Err(_))) => Some(Err(FetchError::BrokeOff { at, size })),
            Err(_) => Some(Err(FetchError::Stalled { at })),
        };
        let result;
        (part, result) = write(part, core::mem::take(&mut gathered)).await;
        if let Err(error) = result {
            return (part, Err(error.into()));
        }
        if let Some(ended) = ended {
            return (part, ended);
        }
        gathered.reserve(GATHERED);
    }
}

/// Writes beside the agent's one thread, which may not wait for the disk.
async fn write(mut part: Part, bytes: Vec<u8>) -> (Part, io::Result<()>) {
    let written = tokio::task::spawn_blocking(move || {
        let result = part.add(&bytes);
        (part, result)
    });
    match written.await {
        Ok(written) => written,
        // Writing does not panic, and what waits for it is dropped before the runtime ends.
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}
