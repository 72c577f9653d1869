//! The floor of HTTP: a handler that does nothing, behind hyper and axum set as the server sets them
//! (`server/src/api/connection.rs`). What the server takes beyond it is what a heartbeat costs.

use std::convert::Infallible;
use std::io;

use axum::Router;
use axum::routing::post;
use clap::Parser;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpSocket;
use tower::Service as _;

/// As the server has them.
const HEAD_BYTES: usize = 16 * 1024;
const HEADERS: usize = 100;
const QUEUE: u32 = 4096;

#[derive(Debug, Parser)]
struct Flags {
    /// The port on the loopback.
    port: u16,
}

#[tokio::main]
async fn main() -> io::Result<()> {
    let flags = Flags::parse();
    let router: Router = Router::new()
        .route("/api/agent/v1/heartbeat", post(|| async {}))
        .with_state(());
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind(([127, 0, 0, 1], flags.port).into())?;
    let listener = socket.listen(QUEUE)?;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let router = router.clone();
        tokio::spawn(async move {
            let service = service_fn(move |request| {
                let answer = router.clone().call(request);
                async move { Ok::<_, Infallible>(answer.await.unwrap_or_else(|never| match never {})) }
            });
            // How it ends is the client's affair.
            let _ = http1::Builder::new()
                .header_read_timeout(None)
                .max_buf_size(HEAD_BYTES)
                .max_headers(HEADERS)
                .serve_connection(TokioIo::new(stream), service)
                .with_upgrades()
                .await;
        });
    }
}
