//! HTTP toward the server: one connection, one call at a time, bounded in time and size.
//!
//! hyper's bare HTTP/1 client over tokio: a pooling client brings proxies, redirects, cookies and megabytes that an
//! agent must not have. Redirects in particular are never followed, since the credential would go along. The
//! WebSocket channel will upgrade from the same connection.

use core::cell::Cell;
use core::net::{IpAddr, SocketAddr};
use core::time::Duration;
use std::io;
use std::sync::Arc;

use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderName, HeaderValue, LOCATION, RETRY_AFTER};
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use rollcall_agent::families::Impossible;
use rustls::pki_types::ServerName;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use crate::clock;
use crate::server_url::ServerUrl;
use crate::tls::{self, Fingerprint, TlsError, WrongCertificate};

mod connect;
#[cfg(test)]
mod tests;

/// More than any answer of the server's; what is larger is not from it.
const LARGEST_ANSWER: usize = 64 * 1024;

/// hyper's buffer for one connection, headers included. Answers are a few hundred bytes.
const BUFFER: usize = 16 * 1024;

/// A connection that was idle for longer may have been forgotten by a NAT, which then says nothing at all.
const FORGOTTEN_AFTER_MS: u64 = 60_000;

/// How long an answer on such a connection may take before a fresh one is tried.
const FORGOTTEN_WITHIN: Duration = Duration::from_secs(5);

/// Where and how to call.
pub(crate) struct Endpoint {
    url: ServerUrl,
    tls: Option<(TlsConnector, ServerName<'static>)>,
    authorization: Option<HeaderValue>,
    host: HeaderValue,
    plain_anywhere: bool,
    /// The address of the server that worked last.
    worked: Cell<Option<SocketAddr>>,
}

/// Why there is no way to call a server.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EndpointError {
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error("{url}: this host cannot be named in TLS")]
    ServerName { url: ServerUrl },
    #[error("the secret or the address has characters that HTTP cannot carry")]
    Header,
    #[error(
        "{url} is not encrypted, and the agent's secret would be sent over the network for all to read. \
         Use https://. Where that is truly wanted, give --allow-plain-http at enrolment and set ROLLCALL_ALLOW_PLAIN_HTTP=1"
    )]
    Plain { url: ServerUrl },
}

impl Endpoint {
    /// The server at `url`, called as `credential` (agent id and secret) where there is one.
    pub(crate) fn new(
        url: ServerUrl,
        pinned: Option<Fingerprint>,
        credential: Option<String>,
        plain_anywhere: bool,
    ) -> Result<Self, EndpointError> {
        if !url.is_https() && !url.is_loopback() && !plain_anywhere {
            return Err(EndpointError::Plain { url });
        }
        let tls = if url.is_https() {
            let name = ServerName::try_from(url.host().to_owned())
                .map_err(|_| EndpointError::ServerName { url: url.clone() })?;
            let config = tls::client_config(pinned)?;
            Some((TlsConnector::from(Arc::new(config)), name))
        } else {
            None
        };
        let authorization = credential
            .map(|credential| {
                let mut value = HeaderValue::try_from(format!("Bearer {credential}"))?;
                value.set_sensitive(true);
                Ok(value)
            })
            .transpose()
            .map_err(|_: hyper::header::InvalidHeaderValue| EndpointError::Header)?;
        let host = HeaderValue::try_from(url.authority()).map_err(|_| EndpointError::Header)?;
        Ok(Self {
            url,
            tls,
            authorization,
            host,
            plain_anywhere,
            worked: Cell::new(None),
        })
    }
}

impl Endpoint {
    /// Whether it is the agent's server: what is called as the agent.
    pub(crate) const fn is_servers(&self) -> bool {
        self.authorization.is_some()
    }

    /// Whether calls beyond this machine may be plain: that was told twice.
    pub(crate) const fn may_be_plain(&self) -> bool {
        self.plain_anywhere
    }

    /// The path of a call.
    pub(crate) fn path(&self, call: &str) -> String {
        self.url.path(call)
    }
}

/// Why a call came to nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallError {
    #[error("the address of {host} cannot be found")]
    Resolve { host: String, source: io::Error },
    #[error(transparent)]
    Impossible(#[from] Impossible),
    #[error("{host} is not this machine but {peer}, and the call is not encrypted")]
    NotLoopback { host: String, peer: IpAddr },
    #[error("no connection to {peer}")]
    Connect { peer: SocketAddr, source: io::Error },
    #[error("no TLS with {peer}")]
    Tls { peer: SocketAddr, source: io::Error },
    #[error("{peer} does not show the certificate that is pinned")]
    NotPinned {
        peer: SocketAddr,
        source: WrongCertificate,
    },
    #[error(
        "the certificate of {peer} is not trusted. For one that the server made itself, give its --fingerprint \
         at enrolment"
    )]
    Untrusted { peer: SocketAddr, source: rustls::Error },
    #[error("the connection failed")]
    Exchange(#[from] hyper::Error),
    #[error("the answer broke off")]
    Body(#[source] Box<dyn core::error::Error + Send + Sync>),
    #[error("the answer is larger than {LARGEST_ANSWER} bytes")]
    TooLarge,
    #[error("no answer within {within_ms} ms")]
    TimedOut { within_ms: u64 },
    #[error("the call cannot be written")]
    Unwritable(#[from] hyper::http::Error),
}

impl CallError {
    /// Whether the same call may succeed soon; not where the server was found and is not believed, nor where it and
    /// this machine cannot meet.
    pub(crate) const fn is_passing(&self) -> bool {
        !matches!(
            self,
            Self::Impossible(_)
                | Self::NotLoopback { .. }
                | Self::NotPinned { .. }
                | Self::Untrusted { .. }
                | Self::Unwritable(_)
        )
    }
}

/// What came back, not yet judged.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    /// The media type without its parameters, in lower case.
    pub(crate) media_type: String,
    /// `Retry-After` in seconds. Its other form, a date, needs a clock that is right; the back-off serves then.
    pub(crate) retry_after_s: Option<u64>,
    /// Where a redirect points.
    pub(crate) location: Option<String>,
    pub(crate) body: Bytes,
    /// Who sent it.
    pub(crate) peer: SocketAddr,
    /// This machine's end of the connection.
    pub(crate) local: SocketAddr,
}

/// A connection to the server.
pub(crate) struct Link {
    sender: SendRequest<Full<Bytes>>,
    task: JoinHandle<()>,
    /// This machine's end.
    local: SocketAddr,
    /// The server's end.
    peer: SocketAddr,
    used_ms: u64,
}

impl Link {
    /// How much of `within` an answer may take before a fresh connection is tried. A server that is slow is not
    /// asked twice on a connection that just served.
    fn patience(&self, within: Duration) -> Duration {
        if clock::now_ms().saturating_sub(self.used_ms) > FORGOTTEN_AFTER_MS {
            FORGOTTEN_WITHIN.min(within / 2)
        } else {
            within
        }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        // A call that was given up must not go on behind the next one.
        self.task.abort();
    }
}

/// One call: its path's last part, and its body, which may name the connection's own address.
pub(crate) struct Outgoing<'a> {
    pub(crate) call: &'a str,
    pub(crate) body: &'a dyn Fn(IpAddr) -> Vec<u8>,
}

/// Makes one call, over `kept` where that is still good, and gives the connection back with the reply.
pub(crate) async fn call(
    endpoint: &Endpoint,
    kept: Option<Link>,
    outgoing: Outgoing<'_>,
    within: Duration,
) -> (Option<Link>, Result<Reply, CallError>) {
    match timeout(within, attempt(endpoint, kept, &outgoing, within)).await {
        Ok(Ok((link, reply))) => (link, Ok(reply)),
        Ok(Err(error)) => (None, Err(error)),
        Err(_) => {
            let within_ms = u64::try_from(within.as_millis()).unwrap_or(u64::MAX);
            (None, Err(CallError::TimedOut { within_ms }))
        }
    }
}

async fn attempt(
    endpoint: &Endpoint,
    kept: Option<Link>,
    outgoing: &Outgoing<'_>,
    within: Duration,
) -> Result<(Option<Link>, Reply), CallError> {
    if let Some(link) = kept
        && !link.sender.is_closed()
    {
        let patience = link.patience(within);
        match timeout(patience, exchange(endpoint, link, outgoing)).await {
            Ok(Ok(done)) => return Ok(done),
            // The server closed it meanwhile, or nobody is at the other end any more.
            Ok(Err(CallError::Exchange(_))) | Err(_) => {}
            Ok(Err(other)) => return Err(other),
        }
    }
    // Nothing is lost where the server took the first one after all: it answers that the sequence is stale.
    let link = connect(endpoint).await?;
    exchange(endpoint, link, outgoing).await
}

async fn connect(endpoint: &Endpoint) -> Result<Link, CallError> {
    let (stream, peer) = connect::open(endpoint).await?;
    // Small messages must not wait for each other's acknowledgement; where it cannot be set, they just wait.
    let _ = stream.set_nodelay(true);
    let local = stream
        .local_addr()
        .map_err(|source| CallError::Connect { peer, source })?;
    let mut builder = http1::Builder::new();
    builder.max_buf_size(BUFFER);
    let (sender, task) = if let Some((connector, name)) = &endpoint.tls {
        let stream = connector
            .connect(name.clone(), stream)
            .await
            .map_err(|source| no_tls(peer, source))?;
        let (sender, connection) = builder.handshake(TokioIo::new(stream)).await?;
        (sender, tokio::spawn(async { drop(connection.await) }))
    } else {
        let (sender, connection) = builder.handshake(TokioIo::new(stream)).await?;
        (sender, tokio::spawn(async { drop(connection.await) }))
    };
    endpoint.worked.set(Some(peer));
    Ok(Link {
        sender,
        task,
        local,
        peer,
        used_ms: clock::now_ms(),
    })
}

/// Asks for something large on a connection of its own, which lasts as long as the link. Where something is under way
/// for minutes, calls go on over theirs.
pub(crate) async fn get(
    endpoint: &Endpoint,
    path: &str,
    headers: Vec<(HeaderName, HeaderValue)>,
) -> Result<(Link, Response<Incoming>), CallError> {
    let mut link = connect(endpoint).await?;
    let mut request = Request::get(path).header(HOST, &endpoint.host);
    if let Some(authorization) = &endpoint.authorization {
        request = request.header(AUTHORIZATION, authorization);
    }
    for (name, value) in headers {
        request = request.header(name, value);
    }
    link.sender.ready().await?;
    let response = link
        .sender
        .send_request(request.body(Full::new(Bytes::new()))?)
        .await?;
    Ok((link, response))
}

/// Tells a certificate that is not believed from a connection that just failed.
fn no_tls(peer: SocketAddr, source: io::Error) -> CallError {
    let inner = source.get_ref().and_then(|inner| inner.downcast_ref());
    match inner {
        Some(error @ rustls::Error::InvalidCertificate(_)) => match WrongCertificate::found_in(error) {
            Some(source) => CallError::NotPinned { peer, source },
            None => CallError::Untrusted {
                peer,
                source: error.clone(),
            },
        },
        _ => CallError::Tls { peer, source },
    }
}

async fn exchange(
    endpoint: &Endpoint,
    mut link: Link,
    outgoing: &Outgoing<'_>,
) -> Result<(Option<Link>, Reply), CallError> {
    let body = Bytes::from((outgoing.body)(link.local.ip().to_canonical()));
    let mut request = Request::post(endpoint.url.path(outgoing.call))
        .header(HOST, &endpoint.host)
        .header(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Some(authorization) = &endpoint.authorization {
        request = request.header(AUTHORIZATION, authorization);
    }
    link.sender.ready().await?;
    let response = link.sender.send_request(request.body(Full::new(body))?).await?;
    let reply = read(response, &link).await?;
    link.used_ms = clock::now_ms();
    let reusable = !link.sender.is_closed();
    Ok((reusable.then_some(link), reply))
}

async fn read(response: Response<Incoming>, link: &Link) -> Result<Reply, CallError> {
    let (head, body) = response.into_parts();
    let text = |name| head.headers.get(name).and_then(|value| value.to_str().ok());
    let media_type = text(CONTENT_TYPE)
        .and_then(|value| value.split(';').next())
        .map(|value| value.trim().to_ascii_lowercase())
        .unwrap_or_default();
    let retry_after_s = text(RETRY_AFTER).and_then(|value| value.trim().parse().ok());
    let location = text(LOCATION).map(|value| value.chars().take(200).collect());
    let body = Limited::new(body, LARGEST_ANSWER)
        .collect()
        .await
        .map_err(|error| {
            if error.is::<LengthLimitError>() {
                CallError::TooLarge
            } else {
                CallError::Body(error)
            }
        })?
        .to_bytes();
    Ok(Reply {
        status: head.status,
        media_type,
        retry_after_s,
        location,
        body,
        peer: link.peer,
        local: link.local,
    })
}
