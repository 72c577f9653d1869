//! Heartbeats over UDP as fast as they are answered: each thread keeps so many under way, one of an agent at most.
//!
//! As `bench-beats` does over HTTP: with a token the agents are enrolled and registered first, without one the same packets
//! go to a floor that sends them back.

use std::io::{self, BufRead as _, IoSliceMut, Write as _};
use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

use clap::Parser;
use quinn_udp::{BATCH_SIZE, RecvMeta, UdpSockRef, UdpSocketState};
use rollcall_bench::clock;
use rollcall_bench::enrolment::enrolled;
use rollcall_bench::fleet::Agent;
use rollcall_bench::measured::{Measured, lasting};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// Answers are shorter.
const ROOM: usize = 2048;
const WAITING: usize = 8 << 20;

/// What was not answered within it is lost: others wait for a tenth of that at the worst.
const LOST: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 200_000_000,
};

/// Where the transaction's id stands in a packet: 4 bytes that say when it was sent, in microseconds of the run.
const SENT_AT: std::ops::Range<usize> = 8..12;

#[derive(Debug, Parser)]
struct Flags {
    /// Host and port of the server's HTTP, or of the floor.
    address: String,
    /// The enrolment token; without one the address is a floor.
    #[arg(long)]
    token: Option<String>,
    /// How many agents.
    #[arg(long, default_value_t = 10_000)]
    agents: usize,
    /// How many threads.
    #[arg(long, default_value_t = 1)]
    threads: usize,
    /// How many are under way, a thread.
    #[arg(long, default_value_t = 128)]
    under_way: usize,
    /// How long a run is.
    #[arg(long, default_value_t = 4)]
    seconds: u64,
}

fn main() -> io::Result<()> {
    let flags = Flags::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let shares = enrolled(
        &flags.address,
        flags.token.as_deref(),
        flags.agents,
        flags.threads,
    );
    let mut shares = runtime.block_on(shares)?;
    let mut to: SocketAddr = flags.address.parse().map_err(io::Error::other)?;
    if flags.token.is_some() {
        let port = shares.iter().flatten().find_map(Agent::loopback_port);
        to.set_port(port.ok_or_else(|| io::Error::other("the server takes no loopback packets"))?);
    }
    say("ready")?;
    for line in io::stdin().lock().lines() {
        let lasting = lasting(&line?, flags.seconds);
        let mut all = Measured::default();
        let runs: Vec<_> = shares
            .drain(..)
            .map(|agents| std::thread::spawn(move || drive(to, agents, flags.under_way, lasting)))
            .collect();
        for run in runs {
            let (measured, agents) = run.join().map_err(|_| io::Error::other("a thread panicked"))??;
            all.merge(measured);
            shares.push(agents);
        }
        say(&all.told(lasting).to_string())?;
    }
    Ok(())
}

fn say(line: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}

fn drive(
    to: SocketAddr,
    mut agents: Vec<Agent>,
    most: usize,
    lasting: Duration,
) -> io::Result<(Measured, Vec<Agent>)> {
    let socket = UdpSocket::bind(("127.0.0.1", 0))?;
    socket.connect(to)?;
    let state = UdpSocketState::new(UdpSockRef::from(&socket))?;
    state.set_recv_buffer_size(UdpSockRef::from(&socket), WAITING)?;
    let mut rooms = vec![[0_u8; ROOM]; BATCH_SIZE];
    let mut metas = vec![RecvMeta::default(); BATCH_SIZE];
    let mut measured = Measured::default();
    let began = clock::now();
    let (mut turn, mut under_way) = (0, 0);
    while began.elapsed() < lasting {
        while under_way < most {
            let at = u32::try_from(began.elapsed().as_micros()).unwrap_or(u32::MAX);
            let share = agents.len();
            let mut transaction = [0; 12];
            transaction[..4].copy_from_slice(&at.to_be_bytes());
            let packet = agents[turn % share].loopback(&transaction);
            if socket.send(&packet).is_err() {
                break;
            }
            turn += 1;
            under_way += 1;
        }
        let came = poll(&mut [PollFd::new(&socket, PollFlags::IN)], Some(&LOST))?;
        if came == 0 {
            measured.failed += under_way as u64;
            under_way = 0;
            continue;
        }
        let mut slices: Vec<_> = rooms.iter_mut().map(|room| IoSliceMut::new(room)).collect();
        let Ok(came) = state.recv(UdpSockRef::from(&socket), &mut slices, &mut metas) else {
            continue;
        };
        let now = began.elapsed();
        for (room, meta) in rooms.iter().zip(&metas).take(came) {
            for bytes in room[..meta.len.min(ROOM)].chunks(meta.stride.max(1)) {
                under_way = under_way.saturating_sub(1);
                let sent_at = bytes.get(SENT_AT).and_then(|at| at.first_chunk().copied());
                let sent_at = u32::from_be_bytes(sent_at.unwrap_or_default());
                measured.note(now.saturating_sub(Duration::from_micros(sent_at.into())));
            }
        }
    }
    Ok((measured, agents))
}
