//! One connection, from the first byte to the last: TLS, then HTTP/1.1 or HTTP/2, until it ends or we stop.
//!
//! HTTP/2 is chosen in the TLS handshake and nowhere else: no browser speaks it without, and telling the two
//! apart by the first bytes would need a time limit of its own.

use crate::error_chain::chain;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::{HeaderValue, Request, StatusCode, header};
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, mpsc, watch};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tower::Service as _;

use super::leftover::ReadOut;
use super::patience::{Limits, Patient, Turns};
use super::peer::Trust;

/// A TLS handshake is two round trips; whoever needs longer is stuck, or holds on to a place.
const HANDSHAKE_TIME_OUT: Duration = Duration::from_secs(10);

/// The most bytes of a request's head, and the most headers; beyond that 431. A browser's cookies fit many
/// times over.
const HEAD_BYTES: u16 = 16 * 1024;
const HEADERS: usize = 100;

/// The most requests at once on an HTTP/2 connection.
const STREAMS: u32 = 100;

/// What is written in one go, beside the head: well within a socket's buffer.
const AT_ONCE: u64 = 64 * 1024;

/// How often an HTTP/2 peer is asked whether it is there, and how long it may take to answer.
const PING_EVERY: Duration = Duration::from_secs(20);

/// What all connections have in common.
#[derive(Debug, Clone)]
pub(super) struct Shared {
    pub(super) router: Router,
    pub(super) trust: Arc<Trust>,
    pub(super) tls: Option<Arc<ServerConfig>>,
    pub(super) limits: Limits,
}

/// The two ends of a connection.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ends {
    client: SocketAddr,
    /// Our own, where the system says.
    own: Option<SocketAddr>,
}

/// A place among the connections, given back when the connection is closed.
#[derive(Debug)]
pub(super) struct Place {
    /// One of those that there are.
    pub(super) _permit: Option<OwnedSemaphorePermit>,
    /// Nothing is sent: whoever stops waits until all senders are gone.
    pub(super) _open: mpsc::Sender<Infallible>,
}

impl Shared {
    /// Serves one connection until it ends; after `stop`, until the requests under way are answered.
    ///
    /// How it ended concerns nobody but that client: it is logged for whoever looks for it.
    pub(super) async fn serve(
        self,
        stream: TcpStream,
        client: SocketAddr,
        place: Place,
        mut stop: watch::Receiver<bool>,
    ) {
        // Small frames would otherwise wait 40 ms for more to come.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%client, %error, "TCP_NODELAY cannot be set");
        }
        let ends = Ends {
            client,
            own: stream.local_addr().ok(),
        };
        let ended = match self.tls.clone() {
            None => self.http1(stream, ends, false, place, stop).await,
            Some(tls) => {
                let Some(stream) = shake_hands(tls, stream, client, &mut stop).await else {
                    return;
                };
                if stream.get_ref().1.alpn_protocol() == Some(b"h2") {
                    self.http2(stream, ends, place, stop).await
                } else {
                    self.http1(stream, ends, true, place, stop).await
                }
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%client, error = chain(&error), "a connection broke");
        }
    }

    async fn http1<S, P>(
        self,
        stream: S,
        ends: Ends,
        encrypted: bool,
        place: P,
        mut stop: watch::Receiver<bool>,
    ) -> hyper::Result<()>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
        P: Unpin + Send + 'static,
    {
        let turns = Turns::default();
        let stream = Patient::new(stream, place, self.limits, turns.clone());
        let service = service_fn(move |request: Request<Incoming>| {
            let answer = self.answer(request.map(Body::new), ends, encrypted);
            let turns = turns.clone();
            turns.pass();
            async move {
                let Ok(answer) = answer.await;
                // An upgraded connection has no more requests to wait for.
                if answer.status() == StatusCode::SWITCHING_PROTOCOLS {
                    return Ok::<_, Infallible>(answer);
                }
                // What is written in one go is as good as sent; a download is under way until its last byte.
                if answer.size_hint().exact().is_some_and(|bytes| bytes <= AT_ONCE) {
                    turns.pass();
                    return Ok(answer);
                }
                Ok(answer.map(|body| Body::new(Sending { body, turns })))
            }
        });
        let connection = http1::Builder::new()
            .header_read_timeout(None)
            .max_buf_size(usize::from(HEAD_BYTES))
            .max_headers(HEADERS)
            .serve_connection(TokioIo::new(stream), service)
            .with_upgrades();
        let mut connection = pin!(connection);
        tokio::select! {
            ended = connection.as_mut() => return ended,
            () = stopped(&mut stop) => connection.as_mut().graceful_shutdown(),
        }
        connection.await
    }

    async fn http2<S>(
        self,
        stream: S,
        ends: Ends,
        place: Place,
        mut stop: watch::Receiver<bool>,
    ) -> hyper::Result<()>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        // No stream of it outlives it: WebSockets over HTTP/2 are not offered.
        let _place = place;
        let service = service_fn(move |request: Request<Incoming>| {
            self.answer(request.map(|body| Body::new(ReadOut::new(body))), ends, true)
        });
        let connection = http2::Builder::new(TokioExecutor::new())
            .timer(TokioTimer::new())
            .keep_alive_interval(PING_EVERY)
            .keep_alive_timeout(PING_EVERY)
            .max_header_list_size(u32::from(HEAD_BYTES))
            .max_concurrent_streams(STREAMS)
            .serve_connection(TokioIo::new(stream), service);
        let mut connection = pin!(connection);
        tokio::select! {
            ended = connection.as_mut() => return ended,
            () = stopped(&mut stop) => connection.as_mut().graceful_shutdown(),
        }
        connection.await
    }

    fn answer(
        &self,
        mut request: Request<Body>,
        Ends { client, own }: Ends,
        encrypted: bool,
    ) -> impl Future<Output = Result<Response, Infallible>> + use<> {
        let reached = own.map(|own| own.ip());
        self.trust.note(&mut request, client.ip(), reached, encrypted);
        // HTTP/2 names the host in the target; what compares it with an origin looks at the header.
        if !request.headers().contains_key(header::HOST)
            && let Some(host) = request.uri().authority()
            && let Ok(host) = HeaderValue::from_str(host.as_str())
        {
            request.headers_mut().insert(header::HOST, host);
        }
        self.router.clone().call(request)
    }
}

/// A body that is under way until it is dropped.
struct Sending {
    body: Body,
    turns: Turns,
}

impl HttpBody for Sending {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        self.turns.pass();
    }
}

/// A stream under TLS; `None` where the peer does not manage, or we stop.
async fn shake_hands(
    tls: Arc<ServerConfig>,
    stream: TcpStream,
    client: SocketAddr,
    stop: &mut watch::Receiver<bool>,
) -> Option<TlsStream<TcpStream>> {
    let handshake = TlsAcceptor::from(tls).accept(stream);
    tokio::select! {
        () = stopped(stop) => None,
        done = tokio::time::timeout(HANDSHAKE_TIME_OUT, handshake) => match done {
            Ok(Ok(stream)) => Some(stream),
            Ok(Err(error)) => {
                tracing::debug!(%client, %error, "a TLS handshake failed");
                None
            }
            Err(_) => {
                tracing::debug!(%client, "a TLS handshake took too long");
                None
            }
        },
    }
}

/// Returns once the server is to stop; also where nobody is left who could say so.
pub(super) async fn stopped(stop: &mut watch::Receiver<bool>) {
    // An error says that the sender is gone.
    let _ = stop.wait_for(|stop| *stop).await;
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use futures_util::StreamExt as _;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_takes_longer_than_a_connection_may_be_idle_comes_whole() {
        let slow = get(async || {
            let chunks = futures_util::stream::iter(0..20).then(|_| async {
                tokio::time::sleep(Duration::from_secs(20)).await;
                Ok::<_, Infallible>(Bytes::from_static(&[b'z'; 1_000]))
            });
            Body::from_stream(chunks)
        });
        let shared = Shared {
            router: Router::new().route("/", slow),
            trust: Arc::new(Trust::default()),
            tls: None,
            limits: Limits::default(),
        };
        let (mut client, server) = duplex(512);
        let (_stopping, stop) = watch::channel(false);
        let ends = Ends {
            client: SocketAddr::from(([127, 0, 0, 1], 9)),
            own: None,
        };
        let serving = tokio::spawn(shared.http1(server, ends, false, (), stop));
        let request = b"GET / HTTP/1.1\r\nhost: a\r\n\r\n";
        client.write_all(request).await.unwrap();
        let mut answer = Vec::new();
        // It ends when the connection is idle at last.
        client.read_to_end(&mut answer).await.unwrap();
        let text = String::from_utf8(answer).unwrap();
        assert_eq!(text.matches('z').count(), 20_000);
        assert!(text.ends_with("0\r\n\r\n"), "it is ended, not broken off");
        serving.await.unwrap().unwrap();
    }
}
