//! One socket and its thread: many packets a system call, each judged, each answered.

use std::io::{self, IoSliceMut};
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::Arc;

use quinn_udp::{BATCH_SIZE, RecvMeta, Transmit, UdpSockRef, UdpSocketState};
use rollcall_shared::loopback::AnswerBuffer;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use tokio::sync::watch;

use super::judge::{Judge, Moment, Packet};
use crate::clock::Clock;

/// How often it is looked whether the server stops, where nobody says anything.
const LOOK_UP_EVERY: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 200_000_000,
};

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
    pub(super) socket: Arc<Socket>,
    pub(super) stop: watch::Receiver<bool>,
}

impl Listener {
    /// Takes packets until it is told to stop.
    pub(super) fn run(mut self) {
        let mut rooms = vec![[0_u8; ROOM]; BATCH_SIZE];
        let mut metas = vec![RecvMeta::default(); BATCH_SIZE];
        while !*self.stop.borrow() {
            let mut waiting = [PollFd::new(&self.socket.socket, PollFlags::IN)];
            if let Err(error) = poll(&mut waiting, Some(&LOOK_UP_EVERY))
                && error != rustix::io::Errno::INTR
            {
                tracing::error!(%error, "loopback packets cannot be waited for");
                return;
            }
            while !*self.stop.borrow() {
                let mut slices: Vec<_> = rooms.iter_mut().map(|room| IoSliceMut::new(room)).collect();
                let reference = UdpSockRef::from(&self.socket.socket);
                let came = match self.socket.state.recv(reference, &mut slices, &mut metas) {
                    Ok(came) => came,
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                    Err(error) => {
                        // As where an answer met nobody: it concerns nobody else.
                        tracing::debug!(%error, "a loopback packet was not read");
                        break;
                    }
                };
                self.take(&rooms, &metas, came);
            }
        }
    }

    /// One look at the clocks is enough for all of them.
    fn take(&mut self, rooms: &[[u8; ROOM]], metas: &[RecvMeta], came: usize) {
        let now = Moment {
            engine: self.judge.engine.now(),
            second: u32::try_from(self.clock.monotonic().as_secs()).unwrap_or(u32::MAX),
            wall_ms: self.clock.wall_ms(),
        };
        for (room, meta) in rooms.iter().zip(metas).take(came) {
            let bytes = &room[..meta.len.min(ROOM)];
            for bytes in bytes.chunks(meta.stride.max(1)) {
                let packet = Packet {
                    bytes,
                    from: meta.addr,
                    to: meta.dst_ip,
                };
                let mut room: AnswerBuffer = [0; size_of::<AnswerBuffer>()];
                if let Some(answer) = self.judge.judge(packet, now, &mut room)
                    && !self.socket.send(answer, packet.from, packet.to)
                {
                    self.judge.unsent();
                }
            }
        }
    }
}
