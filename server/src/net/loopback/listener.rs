//! One door and its thread: many packets a system call, each judged, each answered; and another socket where one is
//! lost.

use std::io::{self, IoSliceMut};
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

use quinn_udp::{BATCH_SIZE, RecvMeta, Transmit, UdpSockRef, UdpSocketState};
use rollcall_shared::loopback::AnswerBuffer;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use tokio::sync::watch;

use super::doors::Door;
use super::faults::{Faults, Next};
use super::judge::{Judge, Moment, Packet};
use super::sockets::open;
use crate::clock::Clock;
use crate::error_chain::chain;

/// How often it is looked whether the server stops, where nobody says anything.
const LOOK_UP_EVERY: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 200_000_000,
};

/// The same, while it rests.
const LONGEST_REST: Duration = Duration::from_millis(200);

/// Room for what one system call gives of one source: where packets of one source come at once, the kernel may give them
/// as one. An agent sends one at a time, so what does not fit is nobody's loss.
const ROOM: usize = 4096;

/// What may wait in the kernel while the thread is not scheduled: some hundred thousand requests, each of which takes
/// some hundred bytes there. The kernel cuts it to `net.core.rmem_max`.
const WAITING: usize = 8 << 20;

/// A socket that many threads may send by.
pub(super) struct Socket {
    socket: UdpSocket,
    state: UdpSocketState,
}

impl Socket {
    pub(super) fn new(socket: UdpSocket) -> io::Result<Self> {
        let state = UdpSocketState::new(UdpSockRef::from(&socket))?;
        let reference = UdpSockRef::from(&socket);
        if let Err(error) = state.set_recv_buffer_size(reference, WAITING) {
            tracing::debug!(%error, "the receive buffer stays as it is");
        }
        Ok(Self { socket, state })
    }

    /// Sends an answer, from the address to which the question came; gives whether the kernel took it. It is never
    /// waited for: whoever misses it asks again.
    pub(super) fn send(&self, contents: &[u8], destination: SocketAddr, src_ip: Option<IpAddr>) -> bool {
        let transmit = Transmit {
            destination,
            ecn: None,
            contents,
            segment_size: None,
            src_ip,
        };
        let sent = self.state.try_send(UdpSockRef::from(&self.socket), &transmit);
        if let Err(error) = &sent {
            tracing::debug!(%error, "an answer was not sent");
        }
        sent.is_ok()
    }
}

/// A thread's work.
pub(super) struct Listener {
    pub(super) clock: Clock,
    pub(super) judge: Judge,
    pub(super) door: Arc<Door>,
    pub(super) stop: watch::Receiver<bool>,
    pub(super) faults: Faults,
}

/// A socket is of no use any more.
#[derive(Debug, thiserror::Error)]
enum Lost {
    #[error("it was closed or shut down")]
    Closed,
    #[error(transparent)]
    Refused(Errno),
}

/// Buffers for one system call.
struct Rooms {
    bytes: Vec<[u8; ROOM]>,
    metas: Vec<RecvMeta>,
}

impl Listener {
    /// Takes packets until it is told to stop. A socket that is lost is bound again, at the same address.
    pub(super) fn run(mut self, socket: Arc<Socket>) {
        let mut rooms = Rooms {
            bytes: vec![[0_u8; ROOM]; BATCH_SIZE],
            metas: vec![RecvMeta::default(); BATCH_SIZE],
        };
        let mut open = Some(socket);
        while let Some(socket) = open.take() {
            let Err(lost) = self.serve(&socket, &mut rooms) else {
                return;
            };
            // Closed first, or its address is in use.
            drop(socket);
            open = self.bind_again(&lost);
        }
    }

    fn is_stopping(&self) -> bool {
        *self.stop.borrow()
    }

    /// Takes what comes by this socket, until it is told to stop.
    fn serve(&mut self, socket: &Arc<Socket>, rooms: &mut Rooms) -> Result<(), Lost> {
        while !self.is_stopping() {
            let mut waiting = [PollFd::new(&socket.socket, PollFlags::IN)];
            match poll(&mut waiting, Some(&LOOK_UP_EVERY)) {
                // Nobody says anything.
                Ok(0) => {
                    self.faults.works();
                    continue;
                }
                Ok(_) => {}
                Err(fault) => {
                    self.met(fault)?;
                    continue;
                }
            }
            // What stays so would have this thread spin.
            if waiting[0].revents().intersects(PollFlags::HUP | PollFlags::NVAL) {
                return Err(Lost::Closed);
            }
            self.read(socket, rooms)?;
        }
        Ok(())
    }

    /// Takes all that waits.
    fn read(&mut self, socket: &Arc<Socket>, rooms: &mut Rooms) -> Result<(), Lost> {
        let mut came_before = false;
        while !self.is_stopping() {
            let mut slices: Vec<_> = rooms.bytes.iter_mut().map(|room| IoSliceMut::new(room)).collect();
            let reference = UdpSockRef::from(&socket.socket);
            match socket.state.recv(reference, &mut slices, &mut rooms.metas) {
                Ok(came) => {
                    came_before = true;
                    self.faults.works();
                    self.take(socket, rooms, came);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock && came_before => break,
                Err(error) => {
                    tracing::debug!(%error, "a loopback packet was not read");
                    self.met(Errno::from_io_error(&error).unwrap_or(Errno::IO))?;
                    break;
                }
            }
        }
        Ok(())
    }

    /// The system said this instead of giving packets.
    fn met(&mut self, fault: Errno) -> Result<(), Lost> {
        match self.faults.met(fault) {
            Next::Rest(rest) => {
                self.rest(rest);
                Ok(())
            }
            Next::GiveUp => Err(Lost::Refused(fault)),
        }
    }

    /// A socket at the same address, as soon as there is one; nothing where it is told to stop before. While there is none,
    /// nobody is told its port.
    fn bind_again(&mut self, lost: &Lost) -> Option<Arc<Socket>> {
        let address = self.door.address;
        self.judge.lost();
        tracing::error!(%address, error = chain(lost), "a socket for loopback packets was lost; it is bound again");
        let mut why = chain(lost);
        loop {
            let wait = self.faults.lose();
            if !wait.is_zero() {
                self.door.close(why);
                self.rest(wait);
            }
            if self.is_stopping() {
                return None;
            }
            match open(address, self.door.v6_only).and_then(Socket::new) {
                Ok(socket) => {
                    let socket = Arc::new(socket);
                    self.judge.socket = Arc::downgrade(&socket);
                    self.door.open();
                    tracing::info!(%address, "loopback packets are taken again");
                    return Some(socket);
                }
                Err(error) => {
                    tracing::debug!(%address, %error, "it cannot be had yet");
                    why = error.to_string();
                }
            }
        }
    }

    /// Waits for so long, unless it is told to stop.
    fn rest(&self, long: Duration) {
        let end = self.clock.monotonic() + long;
        while !self.is_stopping() {
            let left = end.saturating_sub(self.clock.monotonic());
            if left.is_zero() {
                return;
            }
            std::thread::park_timeout(left.min(LONGEST_REST));
        }
    }

    /// One look at the clocks is enough for all of them.
    fn take(&self, socket: &Socket, rooms: &Rooms, came: usize) {
        let now = Moment {
            engine: self.judge.engine.now(),
            second: u32::try_from(self.clock.monotonic().as_secs()).unwrap_or(u32::MAX),
            wall_ms: self.clock.wall_ms(),
        };
        for (room, meta) in rooms.bytes.iter().zip(&rooms.metas).take(came) {
            let bytes = &room[..meta.len.min(ROOM)];
            for bytes in bytes.chunks(meta.stride.max(1)) {
                let packet = Packet {
                    bytes,
                    from: meta.addr,
                    to: meta.dst_ip,
                };
                let mut room: AnswerBuffer = [0; size_of::<AnswerBuffer>()];
                if let Some(answer) = self.judge.judge(packet, now, &mut room)
                    && !socket.send(answer, packet.from, packet.to)
                {
                    self.judge.unsent();
                }
            }
        }
    }
}
