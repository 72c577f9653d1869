//! Being connected to by the server, which verifies that the agent is there or tells it that something is new.
//!
//! Anyone can connect, so nothing is done for who did not prove itself, and little is spent on it: few connections
//! at a time, seconds for each, few proofs a minute, and not a line in the log. What a conversation needs of the
//! agent (the next fence, its key) it asks the one task that has the schedule for.

use core::net::IpAddr;
use core::time::Duration;
use std::io;

use ring::hmac;
use rollcall_shared::AgentId;
use rollcall_shared::agent_api::Fence;
use rollcall_shared::dial::Purpose;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tracing::{debug, info, warn};

mod callers;
mod conversation;
mod port;
mod quota;

use callers::{Places, Servers};
pub(crate) use port::{ListenError, NotifyPort};

/// How long one connection may take in all: four messages, so two round trips, over a bad line.
const CONNECTION_WITHIN: Duration = Duration::from_secs(5);

/// How long to rest where connections cannot be accepted, for want of descriptors or memory.
const ACCEPT_PAUSE: Duration = Duration::from_secs(1);

/// What a conversation asks of the agent.
pub(crate) enum Ask {
    /// To prove itself to who connected from there. Whoever is refused drops the sender.
    Proof {
        from: IpAddr,
        grant: oneshot::Sender<Grant>,
    },
    /// The server proved itself from there, and said this.
    Ordered { from: IpAddr, purpose: Purpose },
}

/// What a proof is made of.
pub(crate) struct Grant {
    pub(crate) agent: AgentId,
    pub(crate) key: hmac::Key,
    pub(crate) fence: Fence,
}

/// Who is listened to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Door {
    is_open: bool,
    servers: Servers,
}

/// The agent's open ear.
pub(crate) struct Dialled {
    port: Option<u16>,
    asks: mpsc::Receiver<Ask>,
    door: watch::Sender<Door>,
    quota: quota::Quota,
    task: Option<JoinHandle<()>>,
}

impl Dialled {
    /// Listens as wished, once the runtime runs.
    pub(crate) fn listen(wish: NotifyPort) -> Result<Self, ListenError> {
        let (door, watched) = watch::channel(Door::default());
        let (sender, asks) = mpsc::channel(callers::MOST);
        let listener = port::bind(wish)?;
        let port = listener
            .as_ref()
            .and_then(|listener| Some(listener.local_addr().ok()?.port()));
        if let Some(port) = port {
            info!("Listening on port {port} for the server");
        } else {
            info!("Not listening for the server");
        }
        let task = listener.map(|listener| tokio::spawn(accept(listener, watched, sender)));
        Ok(Self {
            port,
            asks,
            door,
            quota: quota::Quota::default(),
            task,
        })
    }

    /// The port that the server may connect to.
    pub(crate) const fn port(&self) -> Option<u16> {
        self.port
    }

    /// Whether to listen to who connects; those who do otherwise are hung up on at once. `server` is where the
    /// agent's own calls go.
    pub(crate) fn set_open(&self, is_open: bool, server: Option<IpAddr>) {
        self.door.send_modify(|door| {
            door.is_open = is_open;
            door.servers.call(server);
        });
    }

    /// The server proved itself from there: it is known by it from now on.
    pub(crate) fn set_proved(&self, from: IpAddr) {
        self.door.send_modify(|door| door.servers.prove(from));
    }

    /// Knows the server by nothing any more: it may be another one.
    pub(crate) fn forget_server(&self) {
        self.door.send_modify(|door| door.servers = Servers::default());
    }

    /// Whether one more proof may be given at `now_ms` to who connects from there.
    pub(crate) fn allows(&mut self, from: IpAddr, now_ms: u64) -> bool {
        let source = self.door.borrow().servers.source(from);
        self.quota.take(source, now_ms)
    }

    /// What is asked next; never, where nobody can.
    pub(crate) async fn next(&mut self) -> Ask {
        match self.asks.recv().await {
            Some(ask) => ask,
            None => core::future::pending().await,
        }
    }
}

impl Drop for Dialled {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

async fn accept(listener: TcpListener, door: watch::Receiver<Door>, asks: mpsc::Sender<Ask>) {
    let mut places = Places::default();
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                let (Door { is_open, servers }, from) = (*door.borrow(), peer.ip().to_canonical());
                // Where all places are taken, it is hung up on.
                if is_open && let Some(place) = places.take(servers.source(from)) {
                    let asks = asks.clone();
                    tokio::spawn(async move {
                        converse(stream, from, &asks).await;
                        drop(place);
                    });
                }
            }
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                warn!("Connections of the server cannot be accepted: {error}");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn converse(mut stream: TcpStream, from: IpAddr, asks: &mpsc::Sender<Ask>) {
    // Small messages must not wait for each other's acknowledgement; where it cannot be set, they just wait.
    let _ = stream.set_nodelay(true);
    match timeout(CONNECTION_WITHIN, conversation::hold(&mut stream, from, asks)).await {
        Ok(Ok(purpose)) => debug!(%from, ?purpose, "The server connected"),
        Ok(Err(error)) => debug!(%from, %error, "Someone connected"),
        Err(_) => debug!(%from, "Someone connected and took too long"),
    }
}

/// Whether an accept failed because of the one who connects, and the next may succeed at once.
fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset | io::ErrorKind::Interrupted
    )
}
