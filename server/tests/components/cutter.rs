//! A line between agents and server that breaks: after so many bytes, drawn from a seed, a connection is cut.

use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::dice::Dice;

/// Passes so much on at once.
const CHUNK: usize = 64 * 1024;

/// The line.
pub(crate) struct Cutter {
    /// Where agents connect to.
    pub(crate) at: SocketAddr,
    cuts: Arc<AtomicU32>,
}

impl Cutter {
    /// In front of `server`; `cut` says of each connection after how many bytes from the server it is cut.
    pub(crate) fn before(
        server: SocketAddr,
        dice: Dice,
        cut: impl Fn(&mut Dice) -> Option<u64> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind((server.ip(), 0)).unwrap();
        let at = listener.local_addr().unwrap();
        let cuts = Arc::new(AtomicU32::new(0));
        let (count, dice) = (Arc::clone(&cuts), Mutex::new(dice));
        // Ends with the test's process.
        std::thread::spawn(move || {
            for agent in listener.incoming() {
                let Ok(agent) = agent else { continue };
                // A server that is away is away for who comes by here too.
                let Ok(server) = TcpStream::connect(server) else {
                    continue;
                };
                let cut_after = cut(&mut dice.lock().unwrap());
                let count = Arc::clone(&count);
                std::thread::spawn(move || {
                    if pass(&agent, &server, cut_after) {
                        count.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
        });
        Self { at, cuts }
    }

    /// How many connections were cut so far.
    pub(crate) fn cuts(&self) -> u32 {
        self.cuts.load(Ordering::Relaxed)
    }
}

/// Passes bytes both ways until one end hangs up or it is cut; says whether it was.
fn pass(agent: &TcpStream, server: &TcpStream, cut_after: Option<u64>) -> bool {
    let (from_agent, to_server) = (agent.try_clone().unwrap(), server.try_clone().unwrap());
    let up = std::thread::spawn(move || {
        let _ = copy(&from_agent, &to_server, None);
    });
    let cut = matches!(copy(server, agent, cut_after), Ok(true));
    for end in [agent, server] {
        // The other end may have hung up already.
        let _ = end.shutdown(Shutdown::Both);
    }
    up.join().unwrap();
    cut
}

/// Copies until the end, or until it is cut.
fn copy(mut from: &TcpStream, mut to: &TcpStream, cut_after: Option<u64>) -> io::Result<bool> {
    let mut chunk = vec![0; CHUNK];
    let mut left = cut_after.unwrap_or(u64::MAX);
    loop {
        let read = from.read(&mut chunk)?;
        if read == 0 {
            to.shutdown(Shutdown::Write)?;
            return Ok(false);
        }
        let passed = usize::try_from(left).unwrap_or(usize::MAX).min(read);
        to.write_all(&chunk[..passed])?;
        left -= passed as u64;
        if left == 0 {
            return Ok(true);
        }
    }
}
