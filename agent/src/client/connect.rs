//! Finding the server: its name's addresses, tried with a short stagger until one connects (RFC 8305).

use core::net::{IpAddr, SocketAddr};
use core::time::Duration;
use std::io;

use rollcall_agent::families;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::{CallError, Endpoint};
use crate::machine;

/// How long one address may take to connect.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);

/// How long one address is waited for before the next is tried as well: RFC 8305 section 5.
const STAGGER: Duration = Duration::from_millis(250);

/// A connection to the server, and to which of its addresses.
pub(super) async fn open(endpoint: &Endpoint) -> Result<(TcpStream, SocketAddr), CallError> {
    let host = endpoint.url.host();
    let found = resolve(host, endpoint.url.port()).await?;
    let is_allowed = |peer: &SocketAddr| {
        endpoint.tls.is_some() || endpoint.plain_anywhere || peer.ip().to_canonical().is_loopback()
    };
    if let Some(peer) = found.first()
        && !found.iter().any(is_allowed)
    {
        return Err(CallError::NotLoopback {
            host: host.to_owned(),
            peer: peer.ip(),
        });
    }
    let allowed: Vec<SocketAddr> = found.into_iter().filter(is_allowed).collect();
    let order = families::plan(host, &machine::all_addresses(), &allowed, endpoint.worked.get())?;
    match race(order).await {
        Some(raced) => raced,
        None => Err(not_found(host)),
    }
}

async fn resolve(host: &str, port: u16) -> Result<Vec<SocketAddr>, CallError> {
    if let Ok(address) = host.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(address, port)]);
    }
    match tokio::net::lookup_host((host, port)).await {
        Ok(found) => Ok(found.collect()),
        Err(source) => Err(CallError::Resolve {
            host: host.to_owned(),
            source,
        }),
    }
}

fn not_found(host: &str) -> CallError {
    CallError::Resolve {
        host: host.to_owned(),
        source: io::Error::from(io::ErrorKind::NotFound),
    }
}

/// The first connection that succeeds; else the last failure. Nothing where there is nobody to try.
async fn race(order: Vec<SocketAddr>) -> Option<Result<(TcpStream, SocketAddr), CallError>> {
    let mut waiting = order.into_iter();
    let mut attempts = JoinSet::new();
    let mut last = None;
    loop {
        if attempts.is_empty() {
            match waiting.next() {
                Some(peer) => attempts.spawn(attempt(peer)),
                None => return last.map(Err),
            };
        }
        tokio::select! {
            Some(joined) = attempts.join_next() => match joined {
                Ok((peer, Ok(stream))) => return Some(Ok((stream, peer))),
                Ok((peer, Err(source))) => last = Some(CallError::Connect { peer, source }),
                // Nobody aborts an attempt while it is waited for, and none panics.
                Err(_) => {}
            },
            () = tokio::time::sleep(STAGGER), if waiting.len() > 0 => {
                if let Some(peer) = waiting.next() {
                    attempts.spawn(attempt(peer));
                }
            }
        }
    }
}

async fn attempt(peer: SocketAddr) -> (SocketAddr, io::Result<TcpStream>) {
    let connected = match timeout(CONNECT_WITHIN, TcpStream::connect(peer)).await {
        Ok(connected) => connected,
        Err(_) => Err(io::Error::from(io::ErrorKind::TimedOut)),
    };
    (peer, connected)
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn an_address_where_nobody_listens_does_not_hold_up_the_next() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let there = listener.local_addr().unwrap();
        let gone = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let absent = gone.local_addr().unwrap();
        drop(gone);
        let (_stream, peer) = race(vec![absent, there]).await.unwrap().unwrap();
        assert_eq!(peer, there);
        let error = race(vec![absent]).await.unwrap().unwrap_err();
        assert!(error.to_string().contains(&absent.to_string()), "{error}");
        assert!(race(Vec::new()).await.is_none());
    }

    #[tokio::test]
    async fn an_address_that_says_nothing_is_overtaken_by_the_next() {
        // A listener with a full queue drops what comes in: that is as near to silence as loopback gets.
        let silent = tokio::net::TcpSocket::new_v4().unwrap();
        silent.bind(([127, 0, 0, 1], 0).into()).unwrap();
        let silent = silent.listen(0).unwrap();
        let silence = silent.local_addr().unwrap();
        let mut queue = Vec::new();
        while let Ok(stream) = timeout(STAGGER, TcpStream::connect(silence)).await {
            queue.push(stream.unwrap());
        }
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let there = listener.local_addr().unwrap();
        let (_stream, peer) = race(vec![silence, there]).await.unwrap().unwrap();
        assert_eq!(peer, there);
    }
}
