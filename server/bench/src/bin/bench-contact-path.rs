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
use rollcall_server::store::Store;
use rollcall_server::wiring::Backend;
use rollcall_shared::DomainId;
use tokio::io::DuplexStream;
use tower::Service as _;

/// As the server has them (`server/src/api/connection.rs`).
const HEAD_BYTES: usize = 16 * 1024;
const HEADERS: usize = 100;

const PIPE: usize = 64 * 1024;
const PEER: [u8; 4] = [127, 0, 0, 1];

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Way {
    /// The server's own.
    Http,
    /// An empty handler.
    Floor,
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
            beat(&mut line, Agent::unknown(0), flags.contacts).await
        }
        Way::Http => {
            let folder = tempfile::tempdir()?;
            let (backend, router, token) = backend(folder.path()).await?;
            let mut line = Line::over(serve(router));
            let agent = Agent::enrol(&mut line, &token, 0).await?;
            beat(&mut line, agent, flags.contacts).await?;
            drop(line);
            backend.stop().await;
            Ok(())
        }
    }
}

async fn beat(line: &mut Line<DuplexStream>, mut agent: Agent, contacts: usize) -> Result<(), Failure> {
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

/// Serves a pipe as the server serves a connection; gives its other end.
fn serve(router: Router) -> DuplexStream {
    let (client, server) = tokio::io::duplex(PIPE);
    let trust = Trust::default();
    let service = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        trust.note(&mut request, PEER.into(), false);
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
    let config = Config::load(["rollcall-server", "--data", &data], |_| None)?;
    let line = EnrollLine {
        program: "rollcall-agent".to_owned(),
        server_url: "http://127.0.0.1".to_owned(),
        fingerprint: None,
    };
    let store = Store::open("sqlite::memory:").await?;
    let backend = Backend::start(&config, Clock::start(), store, line, "bench").await?;
    let app = backend.app.clone();
    let token = EnrolToken::random(&app.clock)?;
    let now_ms = app.clock.wall_ms();
    app.store
        .tokens()
        .create(token.hash(), DomainId::ROOT, 1, now_ms, now_ms + 3_600_000, None)
        .await?;
    let metrics = Metrics::install()?;
    let observer = Observer::new(app.clock, Some(metrics.clone()))?;
    let router = router::router(app, &config, observer, metrics)?.with_state(());
    Ok((backend, router, token.text().to_owned()))
}
