//! The listeners: bound before anything else is said, served until told to stop, stopped in good order.
//!
//! A stop takes no new connections, lets the requests under way finish, and then closes. A `WebSocket` has left HTTP
//! by then: whoever holds it is told by the same signal, closes it, and is waited for as long as a request.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use rustix::net::sockopt::set_ipv6_v6only;
use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio::task::JoinSet;

use super::capacity;
use super::connection::{Place, Shared, stopped};
use super::patience::Limits;
use super::peer::Trust;
use super::tls::{Certificate, TlsError};
use crate::config::families::v6_only;
use crate::config::{Config, Tls};
use crate::error_chain::chain;

/// How long requests under way may take once we stop.
const GRACE: Duration = Duration::from_secs(10);

/// How often the certificate's files are looked at.
const LOOK_AT_FILES_EVERY: Duration = Duration::from_secs(5);

/// Callers that may wait to be taken: ten thousand agents that come back at once are taken within moments, but
/// not within the customary 128. The kernel cuts it to `net.core.somaxconn`.
const QUEUE: u32 = 4096;

/// How long to wait where a caller cannot be taken, as when the process has no files left.
const BREATH: Duration = Duration::from_millis(100);

/// Why the server does not listen.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// An address cannot be listened on.
    #[error("cannot listen on {address}; choose another address or port with --listen")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why: in use, not ours, not permitted.
        #[source]
        source: std::io::Error,
    },
    /// There is no certificate to serve with.
    #[error("TLS cannot be served")]
    Tls(#[from] TlsError),
}

/// Where the server listens, known before it serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listening {
    /// The addresses, with the ports that the system chose.
    pub addresses: Vec<SocketAddr>,
    /// The SHA-256 of the certificate that the server made itself, in hexadecimal digits.
    pub fingerprint: Option<String>,
}

/// A server that listens and does not serve yet.
#[derive(Debug)]
pub struct Server {
    listeners: Vec<TcpListener>,
    listening: Listening,
    certificate: Option<Arc<Certificate>>,
    tls: Option<Arc<ServerConfig>>,
    trust: Arc<Trust>,
    limits: Limits,
    connections: Arc<Semaphore>,
}

impl Server {
    /// Takes the addresses and reads or makes the certificate. Needs tokio's reactor.
    ///
    /// # Errors
    /// Where an address cannot be listened on, or TLS not be served.
    pub fn bind(config: &Config) -> Result<Self, ServeError> {
        let certificate = certificate(config)?;
        let tls = match &certificate {
            None => None,
            Some(certificate) => Some(Arc::new(certificate.server_config()?)),
        };
        let listeners = config
            .listen
            .iter()
            .map(|address| listen(*address, &config.listen))
            .collect::<Result<Vec<_>, _>>()?;
        let addresses = listeners
            .iter()
            .zip(&config.listen)
            .map(|(listener, asked)| listener.local_addr().unwrap_or(*asked))
            .collect();
        let own = certificate.as_ref().filter(|_| config.tls == Tls::SelfSigned);
        Ok(Self {
            listening: Listening {
                addresses,
                fingerprint: own.map(|certificate| certificate.fingerprint()),
            },
            listeners,
            certificate,
            tls,
            trust: Arc::new(Trust {
                proxies: config.trusted_proxies.clone(),
                header: config.proxy_header,
            }),
            limits: Limits::default(),
            connections: Arc::new(Semaphore::new(capacity::connections())),
        })
    }

    /// Where it listens.
    #[must_use]
    pub const fn listening(&self) -> &Listening {
        &self.listening
    }

    /// Serves until `stop` says true or its sender is gone; returns when the last request is answered, or
    /// has had its time. Where no place is left for another connection, `full` is called now and then: who waits
    /// outside cannot be heard.
    pub async fn run(
        self,
        router: Router,
        stop: watch::Receiver<bool>,
        full: impl Fn() + Send + Sync + 'static,
    ) {
        let shared = Shared {
            // Done once here, or axum does it again for each request.
            router: router.with_state(()),
            trust: self.trust,
            tls: self.tls,
            limits: self.limits,
        };
        let places = Arc::new(Places {
            free: self.connections,
            full: Box::new(full),
        });
        let mut tasks = JoinSet::new();
        for listener in self.listeners {
            tasks.spawn(accept(
                listener,
                shared.clone(),
                Arc::clone(&places),
                stop.clone(),
            ));
        }
        if let Some(certificate) = self.certificate {
            tasks.spawn(watch_files(certificate, stop));
        }
        while tasks.join_next().await.is_some() {}
    }
}

fn certificate(config: &Config) -> Result<Option<Arc<Certificate>>, TlsError> {
    let certificate = match &config.tls {
        Tls::Off => return Ok(None),
        Tls::Files { cert, key } => Certificate::read(cert, key)?,
        Tls::SelfSigned => Certificate::own(&config.data.join("tls"), names(config))?,
    };
    Ok(Some(Arc::new(certificate)))
}

/// The names that a certificate of our own is made for: those by which the server may be called.
fn names(config: &Config) -> Vec<String> {
    let mut names = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
    let listening = config.listen.iter().map(SocketAddr::ip);
    names.extend(
        listening
            .filter(|ip| !ip.is_unspecified())
            .map(|ip: IpAddr| ip.to_string()),
    );
    names.extend(config.public_url.as_ref().map(|url| url.host().to_owned()));
    names.sort();
    names.dedup();
    names
}

fn listen(address: SocketAddr, beside: &[SocketAddr]) -> Result<TcpListener, ServeError> {
    let open = || {
        let socket = match address {
            SocketAddr::V4(_) => TcpSocket::new_v4()?,
            SocketAddr::V6(_) => {
                let socket = TcpSocket::new_v6()?;
                set_ipv6_v6only(&socket, v6_only(address, beside))?;
                socket
            }
        };
        // A restart must not wait for the last run's connections to be forgotten.
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        socket.listen(QUEUE)
    };
    open().map_err(|source| ServeError::Listen { address, source })
}

/// How often it is told that there is no place left.
const TELL_FULL_EVERY: Duration = Duration::from_secs(1);

/// Places for connections.
struct Places {
    free: Arc<Semaphore>,
    /// Called while there is none.
    full: Box<dyn Fn() + Send + Sync>,
}

impl Places {
    /// Waits for a place. Nobody closes the semaphore; if somebody did, places would no longer be counted.
    async fn take(&self) -> Option<OwnedSemaphorePermit> {
        loop {
            let place = Arc::clone(&self.free).acquire_owned();
            if let Ok(place) = tokio::time::timeout(TELL_FULL_EVERY, place).await {
                return place.ok();
            }
            (self.full)();
        }
    }
}

/// Takes callers until told to stop, then waits for those taken.
async fn accept(listener: TcpListener, shared: Shared, places: Arc<Places>, mut stop: watch::Receiver<bool>) {
    let mut connections = JoinSet::new();
    let (open, mut all_closed) = mpsc::channel(1);
    // A caller for whom there is no place yet. Taken before there is one: only who waits here cannot be heard.
    let mut waiting = None;
    loop {
        tokio::select! {
            () = stopped(&mut stop) => break,
            // Not awaited for what they return: only so that the set forgets them.
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
            accepted = listener.accept(), if waiting.is_none() => match accepted {
                Ok(caller) => waiting = Some(caller),
                Err(error) => {
                    tracing::warn!(%error, "a connection cannot be taken");
                    tokio::time::sleep(BREATH).await;
                }
            },
            permit = places.take(), if waiting.is_some() => {
                if let Some((stream, client)) = waiting.take() {
                    let place = Place { _permit: permit, _open: open.clone() };
                    connections.spawn(shared.clone().serve(stream, client, place, stop.clone()));
                }
            }
        }
    }
    drop((listener, open));
    let all = async {
        while connections.join_next().await.is_some() {}
        all_closed.recv().await
    };
    if tokio::time::timeout(GRACE, all).await.is_err() {
        tracing::warn!(
            "requests still under way after {} s were cut off",
            GRACE.as_secs()
        );
    }
}

/// Reads the certificate again when its files change.
async fn watch_files(certificate: Arc<Certificate>, mut stop: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            () = stopped(&mut stop) => return,
            () = tokio::time::sleep(LOOK_AT_FILES_EVERY) => {}
        }
        match certificate.refresh() {
            Ok(false) => {}
            Ok(true) => tracing::info!(
                fingerprint = certificate.fingerprint(),
                "the certificate was read again"
            ),
            Err(error) => tracing::warn!(
                error = chain(&error),
                "the certificate has changed and cannot be used; the one so far stays"
            ),
        }
    }
}

#[cfg(test)]
mod tests;
