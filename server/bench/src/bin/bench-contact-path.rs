//! The path of a heartbeat by itself, from its bytes to those of the answer, without a network: for callgrind, which counts
//! instructions. Those do not depend on the machine's mood.
//!
//! Everything that a heartbeat passes is the server's: hyper set as it sets it, its router with all that stands around it,
//! its engine. The difference of two runs with different counts leaves out what it takes to start.

use std::convert::Infallible;

use axum::Router;
use axum::body::Body;
use axum::routing::post;
use clap::{Parser, ValueEnum};
use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use rollcall_bench::fleet::Agent;
use rollcall_bench::wire::Line;
use rollcall_server::api::metrics::Metrics;
use rollcall_server::api::peer::Trust;
use rollcall_server::api::router;
use rollcall_server::api::trace::Observer;
use rollcall_server::auth::enrolment::{EnrolToken, EnrollLine};
use rollcall_server::clock::Clock;
use rollcall_server::config::Config;
use rollcall_server::net::loopback::Sockets;
use rollcall_server::store::Store;
use rollcall_server::wiring::Backend;
use rollcall_shared::DomainId;
use tokio::io::DuplexStream;
use tokio::net::UdpSocket;
use tower::Service as _;

/// As the server has them (`server/src/api/connection.rs`).
const HEAD_BYTES: usize = 16 * 1024;
const HEADERS: usize = 100;

const PIPE: usize = 64 * 1024;
const TRANSACTION: [u8; 12] = [7; 12];
const ANSWER: usize = 1024;
const PEER: [u8; 4] = [127, 0, 0, 1];

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Way {
    /// The server's own.
    Http,
    /// An empty handler.
    Floor,
    /// Loopback packets, by the server's own thread and socket.
    Udp,
    /// Loopback packets that are made and signed, and sent nowhere: what of the above is the client's.
    Packets,
}

#[derive(Debug, Parser)]
struct Flags {
    /// What the heartbeats pass.
    way: Way,
    /// How many.
    contacts: usize,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let flags = Flags::parse();
    match flags.way {
        Way::Floor => {
            let router = Router::new().route("/api/agent/v1/heartbeat", post(|| async {}));
            let mut line = Line::over(serve(router.with_state(())));
            beat(&mut line, &mut Agent::unknown(0), flags.contacts).await
        }
        Way::Http => {
            let folder = tempfile::tempdir()?;
            let (backend, router, token) = backend(folder.path()).await?;
            let mut line = Line::over(serve(router));
            let mut agent = Agent::enrol(&mut line, &token, 0).await?;
            beat(&mut line, &mut agent, flags.contacts).await?;
            drop(line);
            backend.stop().await;
            Ok(())
        }
        Way::Udp => {
            let folder = tempfile::tempdir()?;
            let (backend, router, token) = backend(folder.path()).await?;
            let mut line = Line::over(serve(router));
            let mut agent = Agent::enrol(&mut line, &token, 0).await?;
            // The first contact says which settings it applied, which is news for its owner.
            beat(&mut line, &mut agent, 1).await?;
            packets(agent, flags.contacts).await?;
            drop(line);
            backend.stop().await;
            Ok(())
        }
        Way::Packets => {
            let mut agent = Agent::unknown(0);
            for _ in 0..flags.contacts {
                std::hint::black_box(agent.loopback(&TRANSACTION));
            }
            Ok(())
        }
    }
}

async fn beat(line: &mut Line<DuplexStream>, agent: &mut Agent, contacts: usize) -> Result<(), Failure> {
    let mut request = Vec::new();
    for _ in 0..contacts {
        agent.heartbeat(&mut request);
        let answer = line.ask(&request).await?;
        if answer.status != 200 {
            return Err(format!("a heartbeat was answered {}", answer.status).into());
        }
    }
    Ok(())
}

async fn packets(mut agent: Agent, contacts: usize) -> Result<(), Failure> {
    let port = agent
        .loopback_port()
        .ok_or("the server takes no loopback packets")?;
    let socket = UdpSocket::bind("127.0.0.1:0").await?;
    socket.connect(("127.0.0.1", port)).await?;
    let mut answer = [0; ANSWER];
    for _ in 0..contacts {
        socket.send(&agent.loopback(&TRANSACTION)).await?;
        socket.recv(&mut answer).await?;
    }
    Ok(())
}

/// Serves a pipe as the server serves a connection; gives its other end.
fn serve(router: Router) -> DuplexStream {
    let (client, server) = tokio::io::duplex(PIPE);
    let trust = Trust::default();
    let service = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        trust.note(&mut request, PEER.into(), None, false);
        let answer = router.clone().call(request);
        async move { Ok::<_, Infallible>(answer.await.unwrap_or_else(|never| match never {})) }
    });
    tokio::spawn(async move {
        // How it ends is the client's affair.
        let _ = http1::Builder::new()
            .header_read_timeout(None)
            .max_buf_size(HEAD_BYTES)
            .max_headers(HEADERS)
            .serve_connection(TokioIo::new(server), service)
            .with_upgrades()
            .await;
    });
    client
}

/// A backend on a database in memory, its router, and a token that enrols an agent.
async fn backend(folder: &std::path::Path) -> Result<(Backend, Router, String), Failure> {
    let data = folder.to_string_lossy().into_owned();
    let flags = [
        "rollcall-server",
        "--data",
        &data,
        "--loopback-listen",
        "127.0.0.1:0",
    ];
    let config = Config::load(flags, |_| None)?;
    let sockets = Sockets::bind(&config.loopback_listen, &config.listen, &[])?;
    let line = EnrollLine {
        program: "rollcall-agent".to_owned(),
        server_url: "http://127.0.0.1".to_owned(),
        fingerprint: None,
    };
    let store = Store::open("sqlite::memory:").await?;
    let mut backend = Backend::start(&config, Clock::start(), store, line, "bench").await?;
    let app = backend.app.clone();
    let token = EnrolToken::random(&app.clock)?;
    let now_ms = app.clock.wall_ms();
    app.store
        .tokens()
        .create(token.hash(), DomainId::ROOT, 1, now_ms, now_ms + 3_600_000, None)
        .await?;
    let metrics = Metrics::install()?;
    backend.hear();
    backend.take_loopback(sockets)?;
    let observer = Observer::new(app.clock, Some(metrics.clone()))?;
    let router = router::router(app, &config, observer, metrics)?.with_state(());
    Ok((backend, router, token.text().to_owned()))
}
