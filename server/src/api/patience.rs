//! How long an HTTP/1.1 connection may keep us waiting: for the rest of a request's head, for a next request, or for
//! taking any of an answer.
//!
//! hyper has one timer for both, and sets it anew for each request. A slow head is an attack (slow loris), an
//! idle connection is a healthy agent or a proxy's pool, so they get limits of their own here; and a request
//! that arrives whole costs nothing but two counts. Coarse on purpose: time is looked at every few seconds.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

/// The limits of a connection.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// How often time is looked at.
    pub look_every: Duration,
    /// A head that is still incomplete after so many looks ends the connection.
    pub head_looks: u32,
    /// A connection that has been idle for so many looks is closed.
    pub idle_looks: u32,
    /// A peer that took nothing of an answer for so many looks is given up.
    pub stuck_looks: u32,
}

impl Default for Limits {
    /// A head within 10 s (whoever needs longer is stuck or means harm); idle for 75 s, as nginx has it, so
    /// that a proxy's pool (60 s) lets go of a connection before we do and no request falls in between; and 60 s in
    /// which a line may be down without ending a download.
    fn default() -> Self {
        Self {
            look_every: Duration::from_secs(5),
            head_looks: 2,
            idle_looks: 15,
            stuck_looks: 12,
        }
    }
}

/// Counts the requests of a connection: odd while one is being answered, even while the next is waited for.
#[derive(Debug, Clone, Default)]
pub struct Turns(Arc<AtomicU64>);

impl Turns {
    /// A head is complete, or its answer is.
    pub fn pass(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn now(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A stream that gives up on a peer that keeps it waiting. It holds its place among the connections for as long
/// as it is open, also after HTTP has handed it on to a WebSocket.
#[derive(Debug)]
pub struct Patient<S, P> {
    stream: S,
    _place: P,
    limits: Limits,
    turns: Turns,
    /// The turn that the two below speak of.
    turn: u64,
    /// Whether a part of the head is here.
    begun: bool,
    /// How often we have looked in vain.
    looks: u32,
    /// How often since the peer last took something, where it is to.
    stuck: Option<u32>,
    look: Pin<Box<Sleep>>,
}

impl<S, P> Patient<S, P> {
    /// Watches a stream.
    pub fn new(stream: S, place: P, limits: Limits, turns: Turns) -> Self {
        Self {
            stream,
            _place: place,
            limits,
            turns,
            turn: 0,
            begun: false,
            looks: 0,
            stuck: None,
            look: Box::pin(tokio::time::sleep(limits.look_every)),
        }
    }

    /// Forgets what was waited for where the connection has moved on.
    fn turn(&mut self) {
        let turn = self.turns.now();
        if turn != self.turn {
            self.turn = turn;
            self.begun = false;
            self.looks = 0;
        }
    }

    /// Notes whether the peer takes what it is sent.
    const fn took<T>(&mut self, written: Poll<T>) -> Poll<T> {
        self.stuck = match (&written, self.stuck) {
            (Poll::Ready(_), _) => None,
            (Poll::Pending, None) => Some(0),
            (Poll::Pending, stuck) => stuck,
        };
        written
    }

    /// What a look finds: nothing yet, an end, or an error.
    fn verdict(&mut self) -> Poll<io::Result<()>> {
        self.turn();
        if let Some(stuck) = &mut self.stuck {
            *stuck += 1;
            if *stuck >= self.limits.stuck_looks {
                return Poll::Ready(Err(io::Error::new(
                    io::ErrorKind::TimedOut,
                    "the peer takes nothing of the answer",
                )));
            }
        }
        if self.turn % 2 == 1 {
            // Answering takes what the request's own limits allow.
            return Poll::Pending;
        }
        self.looks += 1;
        if self.begun && self.looks >= self.limits.head_looks {
            return Poll::Ready(Err(io::Error::new(
                io::ErrorKind::TimedOut,
                "the request's head did not arrive in time",
            )));
        }
        if self.looks >= self.limits.idle_looks {
            // An end of file lets hyper close in good order.
            return Poll::Ready(Ok(()));
        }
        Poll::Pending
    }
}

impl<S: AsyncRead + Unpin, P: Unpin> AsyncRead for Patient<S, P> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if let Poll::Ready(read) = Pin::new(&mut this.stream).poll_read(context, buffer) {
            this.turn();
            if !this.begun {
                this.begun = true;
                this.looks = 0;
            }
            return Poll::Ready(read);
        }
        while this.look.as_mut().poll(context).is_ready() {
            let next = this.look.deadline() + this.limits.look_every;
            this.look.as_mut().reset(next);
            if let Poll::Ready(verdict) = this.verdict() {
                return Poll::Ready(verdict);
            }
        }
        Poll::Pending
    }
}

impl<S: AsyncWrite + Unpin, P: Unpin> AsyncWrite for Patient<S, P> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.stream).poll_write(context, bytes);
        this.took(written)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.stream).poll_write_vectored(context, parts);
        this.took(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let flushed = Pin::new(&mut this.stream).poll_flush(context);
        this.took(flushed)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};

    use super::*;

    fn watched() -> (DuplexStream, Patient<DuplexStream, ()>, Turns) {
        let (client, server) = duplex(1024);
        let turns = Turns::default();
        (
            client,
            Patient::new(server, (), Limits::default(), turns.clone()),
            turns,
        )
    }

    async fn read(stream: &mut Patient<DuplexStream, ()>) -> io::Result<usize> {
        stream.read(&mut [0; 64]).await
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_that_drips_in_is_given_up_however_often_it_drips() {
        let (mut client, mut server, _) = watched();
        let dripping = tokio::spawn(async move {
            while client.write_all(b"x").await.is_ok() {
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        });
        let mut drips = 0;
        let error = loop {
            match read(&mut server).await {
                Ok(_) => drips += 1,
                Err(error) => break error,
            }
        };
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert!((5..=11).contains(&drips), "{drips}");
        drop(server);
        dripping.await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn an_idle_connection_is_closed_in_good_order_but_not_soon() {
        let (client, mut server, _) = watched();
        let early = tokio::time::timeout(Duration::from_mins(1), read(&mut server)).await;
        assert!(early.is_err(), "closed within a minute");
        let end = tokio::time::timeout(Duration::from_secs(16), read(&mut server)).await;
        assert_eq!(end.unwrap().unwrap(), 0);
        drop(client);
    }

    #[tokio::test(start_paused = true)]
    async fn a_long_answer_and_an_upgraded_connection_are_waited_for() {
        let (mut client, mut server, turns) = watched();
        client.write_all(b"head").await.unwrap();
        read(&mut server).await.unwrap();
        turns.pass();
        let hour = Duration::from_hours(1);
        assert!(tokio::time::timeout(hour, read(&mut server)).await.is_err());
        drop(client);
    }

    #[tokio::test(start_paused = true)]
    async fn who_takes_nothing_of_an_answer_is_given_up_and_who_takes_little_is_not() {
        let (mut client, mut server, turns) = watched();
        client.write_all(b"head").await.unwrap();
        read(&mut server).await.unwrap();
        turns.pass();
        // As HTTP does it: what comes is read while the answer is written.
        let (mut taken, mut written) = (0, 0);
        let error = loop {
            let wrote = tokio::time::timeout(Duration::from_secs(50), server.write(&[0; 64])).await;
            match wrote {
                Ok(wrote) => written += wrote.unwrap(),
                Err(_) if taken < 10 => {
                    taken += 1;
                    client.read_exact(&mut [0; 64]).await.unwrap();
                    let nothing = tokio::time::timeout(Duration::from_millis(1), read(&mut server)).await;
                    assert!(nothing.is_err(), "given up although it took something");
                }
                Err(_) => break read(&mut server).await.unwrap_err(),
            }
        };
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert_eq!(written, 1024 + 640);
    }

    #[tokio::test(start_paused = true)]
    async fn each_request_of_a_connection_has_the_whole_time() {
        let (mut client, mut server, turns) = watched();
        for _ in 0..10 {
            client.write_all(b"half").await.unwrap();
            read(&mut server).await.unwrap();
            let pause = tokio::time::timeout(Duration::from_secs(4), read(&mut server)).await;
            assert!(pause.is_err(), "given up too early");
            client.write_all(b" whole").await.unwrap();
            read(&mut server).await.unwrap();
            turns.pass();
            turns.pass();
        }
    }
}
