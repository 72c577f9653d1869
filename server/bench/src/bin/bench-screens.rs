//! Consoles that hold the feed open while a fleet falls silent: how long after each transition does each of them have it?
//!
//! Some read slowly, some stop to read; only the others are told of. What arrives is noted with its time and read later, so
//! that the reading delays nobody. A line on the input is answered with what was seen since the line before.

use std::io::{self, BufRead as _, Write as _};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use clap::Parser;
use futures_util::{SinkExt as _, StreamExt as _};
use parking_lot::Mutex;
use rollcall_bench::clock;
use rollcall_shared::Status;
use rollcall_shared::feed::table::{FromTable, Query, TABLE, ToTable};
use rollcall_shared::feed::{PATH, ToConsole};
use serde_json::{Value, json};
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::{ClientRequestBuilder, Message};

/// What a slow or stalled screen has of the network for it, so that it is soon full.
const SMALL_BUFFER: u32 = 4096;

/// How long a slow screen takes for each message.
const SLOW: Duration = Duration::from_secs(1);

/// What was sent is still under way for so long when it is asked for.
const SETTLE: Duration = Duration::from_millis(500);

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[derive(Debug, Parser)]
struct Flags {
    /// Host and port of the server.
    address: String,
    /// The cookie of somebody who is signed in.
    #[arg(long)]
    cookie: String,
    /// How many screens are told of.
    #[arg(long, default_value_t = 100)]
    screens: usize,
    /// How many take a second for each message.
    #[arg(long, default_value_t = 0)]
    slow: usize,
    /// How many take nothing after the first snapshot.
    #[arg(long, default_value_t = 0)]
    stalled: usize,
    /// Tables with a window of so many rows, each at another place of the list, instead of screens that follow every row.
    #[arg(long)]
    window: Option<u32>,
    /// How many agents there are, for the windows to be spread over.
    #[arg(long, default_value_t = 10_000)]
    agents: u32,
}

impl Flags {
    /// Where the window of a screen begins.
    fn first(&self, screen: usize) -> u32 {
        let room = self.agents.saturating_sub(self.window.unwrap_or(0)).max(1);
        // A stride without a common divisor, so that windows overlap here and there as those of people do.
        u32::try_from(screen).unwrap_or(0).wrapping_mul(7_919) % room
    }
}

/// A message, and the wall clock when it was there, in microseconds.
type Arrived = (i64, Bytes);

/// What a screen was sent since it was last asked.
type Screen = Mutex<Vec<Arrived>>;

fn main() -> Result<(), Failure> {
    let flags = Flags::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let screens: Vec<Arc<Screen>> = (0..flags.screens).map(|_| Arc::default()).collect();
    runtime.block_on(open(&flags, &screens))?;
    say("ready")?;
    for line in io::stdin().lock().lines() {
        line?;
        // Made within the runtime, whose clock it is.
        runtime.block_on(async { tokio::time::sleep(SETTLE).await });
        let told = if flags.window.is_some() {
            told_to_tables(&screens)?
        } else {
            told(&screens)?
        };
        say(&told.to_string())?;
    }
    Ok(())
}

fn say(line: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}

/// Opens all, and waits until each has its first snapshot.
async fn open(flags: &Flags, screens: &[Arc<Screen>]) -> Result<(), Failure> {
    for (number, screen) in screens.iter().enumerate() {
        let mut socket = connect(flags, None).await?;
        first_snapshot(&mut socket, flags, number).await?;
        tokio::spawn(watch(socket, Arc::clone(screen)));
    }
    for at in 0..flags.slow + flags.stalled {
        let mut socket = connect(flags, Some(SMALL_BUFFER)).await?;
        first_snapshot(&mut socket, flags, at).await?;
        let is_slow = at < flags.slow;
        tokio::spawn(async move {
            while is_slow && socket.next().await.is_some() {
                tokio::time::sleep(SLOW).await;
            }
            std::future::pending::<()>().await;
            drop(socket);
        });
    }
    Ok(())
}

async fn connect(flags: &Flags, buffer: Option<u32>) -> Result<WebSocketStream<TcpStream>, Failure> {
    let socket = TcpSocket::new_v4()?;
    if let Some(buffer) = buffer {
        socket.set_recv_buffer_size(buffer)?;
    }
    let stream = socket.connect(flags.address.parse()?).await?;
    stream.set_nodelay(true)?;
    let show = flags.window.map_or("", |_| TABLE);
    let request = ClientRequestBuilder::new(format!("ws://{}{PATH}{show}", flags.address).parse()?)
        .with_header("cookie", flags.cookie.as_str())
        .with_header("origin", format!("http://{}", flags.address));
    let (socket, _answer) = tokio_tungstenite::client_async(request, stream).await?;
    Ok(socket)
}

/// Waits until the screen of this number has all that it opens with: its window, where it has one.
async fn first_snapshot(
    socket: &mut WebSocketStream<TcpStream>,
    flags: &Flags,
    number: usize,
) -> Result<(), Failure> {
    if let Some(count) = flags.window {
        let asked = FromTable::Window {
            number: 1,
            query: Query::default(),
            first: flags.first(number),
            count,
        };
        socket
            .send(Message::binary(postcard::to_allocvec(&asked)?))
            .await?;
    }
    while let Some(message) = socket.next().await {
        let Message::Binary(bytes) = message? else {
            continue;
        };
        let is_whole = if flags.window.is_some() {
            matches!(postcard::from_bytes(&bytes)?, ToTable::Window { .. })
        } else {
            matches!(
                postcard::from_bytes(&bytes)?,
                ToConsole::Snapshot { last: true, .. }
            )
        };
        if is_whole {
            return Ok(());
        }
    }
    Err("the feed ended before its first snapshot".into())
}

async fn watch(mut socket: WebSocketStream<TcpStream>, screen: Arc<Screen>) {
    while let Some(Ok(message)) = socket.next().await {
        if let Message::Binary(bytes) = message {
            screen.lock().push((clock::wall_us(), bytes));
        }
    }
    // Seen as transitions that are missing.
}

/// What all screens saw of agents that went offline, from each transition's time to its arrival.
fn told(screens: &[Arc<Screen>]) -> Result<Value, Failure> {
    let mut seen = Seen::default();
    let (mut bytes, mut changes) = (0, 0);
    for screen in screens {
        for (at_us, message) in screen.lock().drain(..) {
            match postcard::from_bytes(&message)? {
                ToConsole::Delta {
                    now_ms, changes: all, ..
                } => {
                    let gone = all.iter().filter(|change| is_gone(change.to));
                    seen.delays
                        .extend(gone.map(|change| at_us - (now_ms - i64::from(change.ago_ms)) * 1000));
                    // A message with many tells what one takes.
                    if all.len() >= 100 {
                        bytes += message.len();
                        changes += all.len();
                    }
                }
                ToConsole::Snapshot { first: true, .. } => seen.snapshots += 1,
                _ => {}
            }
        }
        seen.screen();
    }
    Ok(seen.told(bytes, changes))
}

/// The same of tables, which are told of the agents in their windows, and of all others in counts and in what happened: what
/// a transition takes is all of that.
fn told_to_tables(screens: &[Arc<Screen>]) -> Result<Value, Failure> {
    let mut seen = Seen::default();
    let (mut bytes, mut most) = (0, 0);
    for screen in screens {
        let mut counted = 0;
        for (at_us, message) in screen.lock().drain(..) {
            bytes += message.len();
            match postcard::from_bytes(&message)? {
                ToTable::Window { rows, .. } => {
                    let gone = rows.iter().filter(|row| is_gone(row.status));
                    seen.delays.extend(gone.map(|row| at_us - row.since_ms * 1000));
                }
                ToTable::Counts { counts, .. } => {
                    let offline = counts.iter().map(|(_, of)| of[Status::Offline as usize]);
                    counted = offline.sum();
                }
                ToTable::Tree { .. } => seen.snapshots += 1,
                _ => {}
            }
        }
        most = most.max(counted);
        seen.screen();
    }
    Ok(seen.told(bytes, screens.len() * most as usize))
}

const fn is_gone(to: Status) -> bool {
    matches!(to, Status::Offline | Status::UnreachableOffline)
}

/// What all screens saw.
#[derive(Default)]
struct Seen {
    /// Of each transition on each screen, in microseconds.
    delays: Vec<i64>,
    snapshots: usize,
    /// The fewest that one screen saw.
    fewest: Option<usize>,
    before: usize,
}

impl Seen {
    /// That was all that one screen saw.
    fn screen(&mut self) {
        let saw = self.delays.len() - self.before;
        self.before = self.delays.len();
        self.fewest = Some(self.fewest.map_or(saw, |fewest| fewest.min(saw)));
    }

    fn told(mut self, bytes: usize, transitions: usize) -> Value {
        self.delays.sort_unstable();
        let last = self.delays.len().saturating_sub(1);
        let at = |hundredth: usize| {
            let delay = self.delays.get((self.delays.len() * hundredth / 100).min(last));
            delay.map_or(0.0, |us| as_f64(*us) / 1000.0)
        };
        let each = if transitions == 0 {
            0.0
        } else {
            as_f64(bytes) / as_f64(transitions)
        };
        json!({
            "median": at(50),
            "p99": at(99),
            "worst": at(100),
            "seen": self.fewest,
            "snapshots": self.snapshots,
            "bytes": each,
        })
    }
}

/// Of counts that are far below 2^53.
fn as_f64(count: impl TryInto<i64>) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
    count.try_into().map_or(f64::NAN, |count| count as f64)
}
