//! HTTP/1.1 as plain bytes: a client that costs next to nothing, so that the server is what is measured.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// What an answer takes at the most: a head and a short body.
const ANSWER: usize = 16 * 1024;

/// One connection, and what was read of the answer so far.
#[derive(Debug)]
pub struct Line<S = TcpStream> {
    stream: S,
    buffer: Vec<u8>,
}

/// An answer.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a> {
    /// As in `HTTP/1.1 200 OK`.
    pub status: u16,
    /// What it carries.
    pub body: &'a [u8],
}

impl Line {
    /// Connects.
    ///
    /// # Errors
    /// Where nobody takes the connection.
    pub async fn open(address: &str) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self::over(stream))
    }

    /// Closes at once, without the wait in which a port cannot be used again: a client that connects ten thousand
    /// times a second is out of ports otherwise.
    ///
    /// # Errors
    /// Where the socket cannot be told.
    pub fn abort(self) -> io::Result<()> {
        socket2::SockRef::from(&self.stream).set_linger(Some(std::time::Duration::ZERO))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Line<S> {
    /// Over a stream that is there.
    #[must_use]
    pub fn over(stream: S) -> Self {
        Self {
            stream,
            buffer: vec![0; ANSWER],
        }
    }

    /// Sends a request and waits for its answer.
    ///
    /// # Errors
    /// Where the connection breaks, or the answer is none.
    pub async fn ask(&mut self, request: &[u8]) -> io::Result<Answer<'_>> {
        self.stream.write_all(request).await?;
        let mut filled = 0;
        loop {
            let read = self.stream.read(&mut self.buffer[filled..]).await?;
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            filled += read;
            if let Some((status, body, end)) = whole(&self.buffer[..filled])? {
                return Ok(Answer {
                    status,
                    body: &self.buffer[body..end],
                });
            }
        }
    }
}

/// The status, and where the body begins and ends, once all of it is there.
fn whole(read: &[u8]) -> io::Result<Option<(u16, usize, usize)>> {
    let Some(head) = read.windows(4).position(|four| four == b"\r\n\r\n") else {
        return Ok(None);
    };
    let text = std::str::from_utf8(&read[..head]).map_err(io::Error::other)?;
    let status = text.get(9..12).and_then(|status| status.parse().ok());
    let status = status.ok_or_else(|| io::Error::other("no status"))?;
    let length = text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length")
            .then(|| value.trim().parse::<usize>().ok())?
    });
    let end = head + 4 + length.unwrap_or_default();
    Ok((read.len() >= end).then_some((status, head + 4, end)))
}
