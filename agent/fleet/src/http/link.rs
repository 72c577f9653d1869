//! A connection that is kept: one request, one answer, again.

use core::net::IpAddr;
use core::pin::Pin;
use core::task::{Context, Poll};
use core::time::Duration;
use std::io;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::client::TlsStream;

use super::endpoint::Endpoint;
use super::reply::{Head, Reply};

/// More than any answer of the server's; what is larger is not from it.
const LARGEST_ANSWER: usize = 64 * 1024;

/// What is read at a time. Answers are a few hundred bytes.
const AT_ONCE: usize = 4 * 1024;

/// Why a call has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Fault {
    /// No connection, or no TLS on it.
    Connect,
    /// The connection ended before the answer was whole.
    Broken,
    /// No answer in time.
    TimedOut,
    /// Bytes that are no answer of Rollcall's.
    Garbled,
}

/// A connection, encrypted or not.
pub(crate) enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// Opens a connection.
pub(crate) async fn connect(endpoint: &Endpoint) -> io::Result<Stream> {
    let stream = TcpStream::connect(endpoint.address).await?;
    // Small messages must not wait for each other's acknowledgement; where it cannot be set, they just wait.
    let _ = stream.set_nodelay(true);
    match &endpoint.tls {
        None => Ok(Stream::Plain(stream)),
        Some((connector, name)) => {
            let stream = connector.connect(name.clone(), stream).await?;
            Ok(Stream::Tls(Box::new(stream)))
        }
    }
}

impl Stream {
    /// This machine's end.
    fn local(&self) -> io::Result<IpAddr> {
        let stream = match self {
            Self::Plain(stream) => stream,
            Self::Tls(stream) => stream.get_ref().0,
        };
        Ok(stream.local_addr()?.ip().to_canonical())
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(context, into),
            Self::Tls(stream) => Pin::new(stream).poll_read(context, into),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(context),
            Self::Tls(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}

/// A place for a connection, which opens one when it is used and keeps it.
pub(crate) struct Link {
    stream: Option<Stream>,
    /// This machine's end of the latest connection.
    local: IpAddr,
    answer: Vec<u8>,
}

impl Link {
    /// A place without a connection yet; `local` is what its first request says of its own end.
    pub(crate) const fn new(local: IpAddr) -> Self {
        Self {
            stream: None,
            local,
            answer: Vec::new(),
        }
    }

    /// This machine's end, as of the latest connection.
    pub(crate) const fn local(&self) -> IpAddr {
        self.local
    }

    /// Sends a request and reads its answer, within `within` in all.
    ///
    /// Where a kept connection turns out to be closed, a fresh one is tried once: nothing is lost where the server
    /// took the request after all, since it then answers that the sequence is stale.
    pub(crate) async fn call(
        &mut self,
        endpoint: &Endpoint,
        request: &[u8],
        within: Duration,
    ) -> Result<Reply<'_>, Fault> {
        let head = match timeout(within, self.attempt(endpoint, request)).await {
            Ok(Ok(head)) => head,
            Ok(Err(fault)) => {
                self.stream = None;
                return Err(fault);
            }
            Err(_) => {
                // What comes late must not be taken for the answer to the next request.
                self.stream = None;
                return Err(Fault::TimedOut);
            }
        };
        let reply = head.reply(&self.answer);
        if reply.closes {
            self.stream = None;
        }
        Ok(reply)
    }

    async fn attempt(&mut self, endpoint: &Endpoint, request: &[u8]) -> Result<Head, Fault> {
        if self.stream.is_some() {
            match self.exchange(request).await {
                Err(Fault::Broken) if self.answer.is_empty() => {}
                done => return done,
            }
        }
        let stream = connect(endpoint).await.map_err(|_| Fault::Connect)?;
        self.local = stream.local().map_err(|_| Fault::Connect)?;
        self.stream = Some(stream);
        self.exchange(request).await
    }

    async fn exchange(&mut self, request: &[u8]) -> Result<Head, Fault> {
        let (stream, answer) = (self.stream.as_mut().ok_or(Fault::Connect)?, &mut self.answer);
        answer.clear();
        let sent = stream.write_all(request).await;
        sent.map_err(|_| Fault::Broken)?;
        if matches!(stream, Stream::Tls(_)) {
            stream.flush().await.map_err(|_| Fault::Broken)?;
        }
        let mut head = None;
        loop {
            answer.reserve(AT_ONCE);
            let read = stream.read_buf(answer).await.map_err(|_| Fault::Broken)?;
            if read == 0 {
                return Err(Fault::Broken);
            }
            if head.is_none() {
                head = Head::read(answer).map_err(|_| Fault::Garbled)?;
            }
            match head {
                Some(head) if answer.len() == head.whole() => return Ok(head),
                // More than the answer is none to this request.
                Some(head) if answer.len() > head.whole() => return Err(Fault::Garbled),
                _ if answer.len() > LARGEST_ANSWER => return Err(Fault::Garbled),
                _ => {}
            }
        }
    }
}
