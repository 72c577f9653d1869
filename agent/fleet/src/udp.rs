//! Loopback packets on the wire: one socket for all agents, which is as one NAT that they are all behind. What is in them,
//! and when they go out, is in [`crate::fleet`].

use core::cell::OnceCell;
use core::net::{IpAddr, SocketAddr};
use std::io;
use std::rc::Rc;

use rollcall_shared::loopback::LONGEST;
use tokio::net::UdpSocket;
use tokio::task::JoinHandle;

use crate::traffic::Traffic;

/// Bytes of packets that may wait to be read, where the system allows as many: a fleet's answers come in bursts.
const WAITING: usize = 8 << 20;

/// Packets read before others have their turn.
const TURN: usize = 256;

/// The socket, once it is known where to.
#[derive(Debug, Default)]
pub(crate) struct Post(OnceCell<(Rc<UdpSocket>, Reading)>);

/// Reads until it is dropped.
#[derive(Debug)]
struct Reading(JoinHandle<()>);

impl Drop for Reading {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Post {
    /// Sends what is due; opens the socket when a registration has told the port.
    ///
    /// # Errors
    /// Where no socket can be had.
    pub(crate) fn send(&self, traffic: &Rc<Traffic>) -> io::Result<()> {
        let Some(port) = traffic.fleet.borrow().loopback_port() else {
            return Ok(());
        };
        let (socket, _) = if let Some(open) = self.0.get() {
            open
        } else {
            let socket = Rc::new(open(SocketAddr::new(traffic.server(), port))?);
            let reading = tokio::task::spawn_local(read(Rc::clone(traffic), Rc::clone(&socket)));
            self.0.get_or_init(|| (socket, Reading(reading)))
        };
        let now_us = traffic.clock.now_us();
        traffic.act(|fleet| {
            fleet.packets(now_us, |packet| {
                // One for which there is no room now is lost, as on any other part of the way.
                let _sent = socket.try_send(packet);
            });
        });
        Ok(())
    }
}

fn open(server: SocketAddr) -> io::Result<UdpSocket> {
    let any: IpAddr = match server {
        SocketAddr::V4(_) => core::net::Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => core::net::Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = std::net::UdpSocket::bind((any, 0))?;
    rustix::net::sockopt::set_socket_recv_buffer_size(&socket, WAITING)?;
    socket.connect(server)?;
    socket.set_nonblocking(true)?;
    UdpSocket::from_std(socket)
}

/// Takes in what comes.
async fn read(traffic: Rc<Traffic>, socket: Rc<UdpSocket>) {
    let mut room = [0; LONGEST];
    loop {
        if socket.readable().await.is_err() {
            return;
        }
        let now_us = traffic.clock.now_us();
        traffic.act(|fleet| {
            for _ in 0..TURN {
                match socket.try_recv(&mut room) {
                    Ok(length) => fleet.came(&room[..length], now_us),
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                    // Nobody listens there any more: the agents notice by themselves.
                    Err(_) => {}
                }
            }
        });
        tokio::task::yield_now().await;
    }
}
