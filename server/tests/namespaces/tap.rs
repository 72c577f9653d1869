//! An observer on the wire between agents and the server: passes bytes on, and notes when agents last sent some.
//!
//! It knows nothing of the server, so that it can be held against what that says.

use std::io::{Read as _, Write as _};
use std::net::{IpAddr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::real::moment::{PATIENCE, until_so, wall_ms};
use crate::real::network::Network;

/// A proxy that looks on.
pub(crate) struct Tap {
    seen: Arc<Seen>,
    at: SocketAddr,
    network: Network,
}

#[derive(Default)]
struct Seen {
    /// When an agent last sent something, in milliseconds since 1970.
    last_ms: AtomicI64,
    /// Whether the server has said nothing since.
    waits: AtomicBool,
    /// Whether what agents send is still passed on. Held while something is.
    cut: Mutex<bool>,
    /// Where agents come from.
    peer: Mutex<Option<IpAddr>>,
    closed: AtomicBool,
}

impl Tap {
    /// Listens at `at` in that network, before the server at `server`.
    pub(crate) fn before(server: SocketAddr, at: SocketAddr, network: Network) -> Self {
        let listener = network.listen(at).unwrap();
        let seen = Arc::new(Seen::default());
        let (looking, from) = (Arc::clone(&seen), network.clone());
        std::thread::spawn(move || accept(&listener, server, &from, &looking));
        Self { seen, at, network }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.at)
    }

    pub(crate) fn last_ms(&self) -> i64 {
        self.seen.last_ms.load(Ordering::Acquire)
    }

    /// Passes nothing of agents on from here; what it passed on before is answered when this is over. Else a process
    /// that is killed with its connections could have been noted here, and not be heard by the server any more.
    pub(crate) fn cut(&self) {
        *self.seen.cut.lock().unwrap() = true;
        until_so("what was passed on is answered", || {
            !self.seen.waits.load(Ordering::Acquire)
        });
    }

    /// Passes on again.
    pub(crate) fn mend(&self) {
        *self.seen.cut.lock().unwrap() = false;
    }

    pub(crate) fn peer(&self) -> Option<IpAddr> {
        *self.seen.peer.lock().unwrap()
    }
}

impl Drop for Tap {
    fn drop(&mut self) {
        self.seen.closed.store(true, Ordering::Release);
        // Wakes the listener, which then sees it.
        let _ = self.network.connect(self.at, Duration::from_secs(1));
    }
}

fn accept(listener: &TcpListener, server: SocketAddr, from: &Network, seen: &Arc<Seen>) {
    while let Ok((agent, peer)) = listener.accept() {
        if seen.closed.load(Ordering::Acquire) {
            return;
        }
        *seen.peer.lock().unwrap() = Some(peer.ip());
        // A server that is away is nothing to the tap: the agent finds its connection closed.
        let Ok(onward) = from.connect(server, PATIENCE) else {
            continue;
        };
        let (Ok(answers), Ok(back)) = (onward.try_clone(), agent.try_clone()) else {
            continue;
        };
        let (asking, answering) = (Arc::clone(seen), Arc::clone(seen));
        std::thread::spawn(move || {
            pump(agent, onward, |onward, bytes| {
                let cut = asking.cut.lock().unwrap();
                if *cut {
                    return Ok(());
                }
                // Noted before it is passed on: the server cannot have had it earlier.
                asking.waits.store(true, Ordering::Release);
                asking.last_ms.store(wall_ms(), Ordering::Release);
                onward.write_all(bytes)
            });
        });
        std::thread::spawn(move || {
            pump(answers, back, |back, bytes| {
                answering.waits.store(false, Ordering::Release);
                back.write_all(bytes)
            });
        });
    }
}

fn pump(
    mut from: TcpStream,
    mut to: TcpStream,
    pass_on: impl Fn(&mut TcpStream, &[u8]) -> std::io::Result<()>,
) {
    let _ = to.set_nodelay(true);
    let mut bytes = [0; 4096];
    while let Ok(count) = from.read(&mut bytes)
        && count > 0
    {
        if pass_on(&mut to, &bytes[..count]).is_err() {
            break;
        }
    }
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}
