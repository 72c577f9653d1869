//! Leases of etcd, kept alive by its own protocol: gRPC over HTTP/2, one bidirectional stream for a share of the leases.
//!
//! Written by hand, since nothing else here speaks gRPC: a message is a byte (not compressed), four bytes of length, and
//! protobuf, of which these need numbers alone. Field numbers are those of etcd's `rpc.proto`. Each stream sends the next
//! when it has the answer to the last, as the agents of a fleet do among themselves.

use std::io::{self, BufRead as _, Write as _};
use std::time::Duration;

use bytes::{Buf as _, Bytes, BytesMut};
use clap::Parser;
use h2::client::{ResponseFuture, SendRequest};
use h2::{RecvStream, SendStream};
use http::Request;
use rollcall_bench::clock;
use rollcall_bench::measured::{Measured, lasting};
use tokio::net::TcpStream;

/// Longer than any run.
const TTL_SECONDS: u64 = 3_600;

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[derive(Debug, Parser)]
struct Flags {
    /// The port on the loopback.
    port: u16,
    /// How many leases.
    #[arg(long, default_value_t = 10_000)]
    leases: usize,
    /// How many connections.
    #[arg(long, default_value_t = 8)]
    connections: usize,
    /// How many streams a connection.
    #[arg(long, default_value_t = 16)]
    streams: usize,
    /// How long a run is.
    #[arg(long, default_value_t = 4)]
    seconds: u64,
}

fn main() -> Result<(), Failure> {
    let flags = Flags::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let mut streams = runtime.block_on(open(&flags))?;
    say("ready")?;
    for line in io::stdin().lock().lines() {
        let lasting = lasting(&line?, flags.seconds);
        let (measured, back) = runtime.block_on(run(streams, lasting))?;
        streams = back;
        say(&measured.told(lasting).to_string())?;
    }
    Ok(())
}

fn say(line: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}

/// Grants the leases, and opens the streams on which they are kept alive.
async fn open(flags: &Flags) -> Result<Vec<Stream>, Failure> {
    let share = flags.leases / (flags.connections * flags.streams);
    let mut streams = Vec::new();
    for _ in 0..flags.connections {
        let mut client = connect(flags.port).await?;
        for _ in 0..flags.streams {
            let mut leases = Vec::new();
            for _ in 0..share {
                leases.push(grant(&mut client).await?);
            }
            streams.push(Stream::open(&mut client, leases).await?);
        }
    }
    Ok(streams)
}

async fn connect(port: u16) -> Result<SendRequest<Bytes>, Failure> {
    let stream = TcpStream::connect(("127.0.0.1", port)).await?;
    stream.set_nodelay(true)?;
    let (client, connection) = h2::client::handshake(stream).await?;
    tokio::spawn(connection);
    Ok(client.ready().await?)
}

fn call(
    client: &mut SendRequest<Bytes>,
    method: &str,
) -> Result<(ResponseFuture, SendStream<Bytes>), Failure> {
    let request = Request::post(format!("http://127.0.0.1/etcdserverpb.Lease/{method}"))
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .body(())?;
    Ok(client.send_request(request, false)?)
}

/// `LeaseGrant`: TTL is field 1 of the request; the answer has the lease's number as field 2.
async fn grant(client: &mut SendRequest<Bytes>) -> Result<u64, Failure> {
    *client = client.clone().ready().await?;
    let (answer, mut out) = call(client, "LeaseGrant")?;
    out.send_data(message(&[(1, TTL_SECONDS)]), true)?;
    let mut answers = Answers::new(answer.await?.into_body());
    field(&answers.next().await?, 2).ok_or_else(|| "etcd granted no lease".into())
}

/// A stream of `LeaseKeepAlive`, and the leases on it.
struct Stream {
    out: SendStream<Bytes>,
    answers: Answers,
    leases: Vec<u64>,
    next: usize,
}

impl Stream {
    async fn open(client: &mut SendRequest<Bytes>, leases: Vec<u64>) -> Result<Self, Failure> {
        *client = client.clone().ready().await?;
        let (answer, mut out) = call(client, "LeaseKeepAlive")?;
        // It answers the stream with its first answer.
        out.send_data(message(&[(1, leases[0])]), false)?;
        let mut answers = Answers::new(answer.await?.into_body());
        answers.next().await?;
        Ok(Self {
            out,
            answers,
            leases,
            next: 0,
        })
    }

    /// Keeps the next lease alive: its number is field 1; the answer has the time left as field 3.
    async fn keep(&mut self) -> Result<(), Failure> {
        let lease = self.leases[self.next % self.leases.len()];
        self.next += 1;
        self.out.send_data(message(&[(1, lease)]), false)?;
        let answer = self.answers.next().await?;
        let left = field(&answer, 3).unwrap_or_default();
        (left > 0).then_some(()).ok_or_else(|| "a lease was lost".into())
    }
}

async fn run(streams: Vec<Stream>, lasting: Duration) -> Result<(Measured, Vec<Stream>), Failure> {
    let until = clock::now() + lasting;
    let tasks: Vec<_> = streams
        .into_iter()
        .map(|mut stream| {
            tokio::spawn(async move {
                let mut measured = Measured::default();
                loop {
                    let began = clock::now();
                    if began >= until {
                        return Ok::<_, Failure>((measured, stream));
                    }
                    stream.keep().await?;
                    measured.note(began.elapsed());
                }
            })
        })
        .collect();
    let mut all = Measured::default();
    let mut back = Vec::new();
    for task in tasks {
        let (measured, stream) = task.await??;
        all.merge(measured);
        back.push(stream);
    }
    Ok((all, back))
}

/// The messages that come on a stream.
struct Answers {
    body: RecvStream,
    read: BytesMut,
}

impl Answers {
    fn new(body: RecvStream) -> Self {
        Self {
            body,
            read: BytesMut::new(),
        }
    }

    async fn next(&mut self) -> Result<Bytes, Failure> {
        loop {
            if let Some((head, rest)) = self.read.split_first_chunk::<5>() {
                let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]) as usize;
                if rest.len() >= length {
                    self.read.advance(5);
                    return Ok(self.read.split_to(length).freeze());
                }
            }
            let Some(data) = self.body.data().await else {
                let trailers = self.body.trailers().await?;
                return Err(format!("etcd ended a stream: {trailers:?}").into());
            };
            let data = data?;
            self.body.flow_control().release_capacity(data.len())?;
            self.read.extend_from_slice(&data);
        }
    }
}

/// A message of numbers, by field.
fn message(fields: &[(u8, u64)]) -> Bytes {
    let mut body = Vec::new();
    for (field, value) in fields {
        body.push(field << 3);
        let mut value = *value;
        while value >= 0x80 {
            body.push((value & 0x7f) as u8 | 0x80);
            value >>= 7;
        }
        body.push((value & 0x7f) as u8);
    }
    let mut framed = vec![0];
    framed.extend(u32::try_from(body.len()).unwrap_or_default().to_be_bytes());
    framed.extend(body);
    framed.into()
}

/// The number of a field; those of other kinds are passed over.
fn field(mut message: &[u8], wanted: u64) -> Option<u64> {
    while !message.is_empty() {
        let key = varint(&mut message)?;
        let value = varint(&mut message)?;
        match key & 7 {
            0 if key >> 3 == wanted => return Some(value),
            0 => {}
            // A length, and as many bytes.
            2 => message = message.get(usize::try_from(value).ok()?..)?,
            _ => return None,
        }
    }
    None
}

fn varint(message: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = message.split_first()?;
        *message = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}
