//! The floor of UDP: packets are sent back as they came, by a loop that is the server's (`server/src/net/loopback`), many a
//! system call, without a look at what they say. Nothing here may be copied into anything: it answers whoever asks.

use std::io::{self, IoSliceMut};
use std::net::UdpSocket;

use clap::Parser;
use quinn_udp::{BATCH_SIZE, RecvMeta, Transmit, UdpSockRef, UdpSocketState};
use rustix::event::{PollFd, PollFlags, poll};

/// As the server has them.
const ROOM: usize = 4096;
const WAITING: usize = 8 << 20;

#[derive(Debug, Parser)]
struct Flags {
    /// The port on the loopback.
    port: u16,
}

fn main() -> io::Result<()> {
    let flags = Flags::parse();
    let socket = UdpSocket::bind(("127.0.0.1", flags.port))?;
    let state = UdpSocketState::new(UdpSockRef::from(&socket))?;
    state.set_recv_buffer_size(UdpSockRef::from(&socket), WAITING)?;
    let mut rooms = vec![[0_u8; ROOM]; BATCH_SIZE];
    let mut metas = vec![RecvMeta::default(); BATCH_SIZE];
    loop {
        poll(&mut [PollFd::new(&socket, PollFlags::IN)], None)?;
        loop {
            let mut slices: Vec<_> = rooms.iter_mut().map(|room| IoSliceMut::new(room)).collect();
            let came = match state.recv(UdpSockRef::from(&socket), &mut slices, &mut metas) {
                Ok(came) => came,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            };
            for (room, meta) in rooms.iter().zip(&metas).take(came) {
                for bytes in room[..meta.len.min(ROOM)].chunks(meta.stride.max(1)) {
                    let transmit = Transmit {
                        destination: meta.addr,
                        ecn: None,
                        contents: bytes,
                        segment_size: None,
                        src_ip: meta.dst_ip,
                    };
                    // Who misses it asks again.
                    let _ = state.try_send(UdpSockRef::from(&socket), &transmit);
                }
            }
        }
    }
}
