//! `rollcall-server`: reads its configuration, opens its database, listens, says where, and stops in good order.

mod announcement;

use std::process::ExitCode;

use rollcall_server::api::metrics::Metrics;
use rollcall_server::api::serve::Server;
use rollcall_server::api::trace::Observer;
use rollcall_server::api::{assets, capacity, router, tls};
use rollcall_server::clock::Clock;
use rollcall_server::config::Config;
use rollcall_server::error_chain::chain;
use rollcall_server::logging;
use rollcall_server::net::loopback::Sockets;
use rollcall_server::store::Store;
use rollcall_server::wiring::Backend;

use announcement::Announcement;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Exit code for a server that could not start or had to stop.
const FAILED: u8 = 1;

fn main() -> ExitCode {
    tls::install_provider();
    let config = match Config::of_this_process() {
        Ok(config) => config,
        Err(error) => {
            error.tell();
            return ExitCode::from(error.exit_code());
        }
    };
    if let Err(error) = logging::init(&config.log) {
        return failed(&error);
    }
    capacity::raise();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error),
    };
    match runtime.block_on(run(&config)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(error.as_ref()),
    }
}

fn failed(error: &(dyn std::error::Error + 'static)) -> ExitCode {
    tracing::error!("{}", chain(error));
    ExitCode::from(FAILED)
}

async fn run(config: &Config) -> Result<(), Box<dyn std::error::Error>> {
    // First of all: who is told where the server is may stop it at once.
    let mut stop = StopSignals::watch()?;
    let clock = Clock::start();
    std::fs::create_dir_all(&config.data).map_err(|error| {
        format!(
            "the data folder {} cannot be made: {error}",
            config.data.display()
        )
    })?;
    let server = Server::bind(config)?;
    let listening = &server.listening().addresses;
    let sockets = Sockets::bind(&config.loopback_listen, &config.listen, listening)?;
    let store = Store::open(config.database.reveal()).await?;
    let line = announcement::enroll_line(config, server.listening());
    let mut backend = Backend::start(config, clock, store, line.clone(), assets::build_id()).await?;
    tracing::info!(
        agents = backend.app.roster.count(),
        address = line.server_url,
        "ready"
    );
    let announcement = Announcement::make(&backend, &line).await?;
    announcement.publish(config)?;

    let metrics = Metrics::install()?;
    let observer = Observer::new(clock, Some(metrics.clone()))?;
    let router = router::router(backend.app.clone(), config, observer, metrics)?;
    // Connections have been waiting in the listeners' queues: they are heard now.
    backend.hear();
    // Before anybody registers, who is told the port.
    backend.take_loopback(sockets)?;
    let stopping = backend.stopping();
    let engine = backend.app.engine.clone();
    let serving = tokio::spawn(server.run(router, stopping, move || engine.refused_unheard()));
    stop.asked_for().await;
    tracing::info!("stopping");
    backend.announce_stop();
    serving.await?;
    backend.stop().await;
    tracing::info!("stopped");
    Ok(())
}

/// SIGTERM and SIGINT, watched from when this is made.
struct StopSignals {
    terminate: Signal,
    interrupt: Signal,
}

impl StopSignals {
    fn watch() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Waits for one of them.
    async fn asked_for(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
