//! A part of a file as the body of an answer, read a chunk ahead of the line.
//!
//! Who takes nothing for a while loses the place: the reader gives up, and the answer ends before its length, which
//! tells the agent to go on from where it was.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use hyper::body::{Body, Frame, SizeHint};
use tokio::fs::File;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};
use tokio::sync::mpsc;

use super::places::Place;

/// How much is read at once: each is a turn of a thread that may wait for the disk.
const CHUNK: usize = 128 * 1024;

/// How long the line may take none of it. Longer than any loss that TCP mends by itself soon, and short beside how long
/// others wait for the place.
pub(super) const STALLED: Duration = Duration::from_secs(30);

/// The body.
#[derive(Debug)]
struct Streamed {
    chunks: mpsc::Receiver<io::Result<Bytes>>,
    left: u64,
}

/// So many bytes of a file, from an offset on. Reading ends where nobody takes them any more.
pub(super) async fn part(
    mut file: File,
    from: u64,
    length: u64,
    place: Place,
) -> io::Result<axum::body::Body> {
    file.seek(io::SeekFrom::Start(from)).await?;
    let (sender, chunks) = mpsc::channel(1);
    tokio::spawn(read(file, length, sender, place));
    let streamed = Streamed { chunks, left: length };
    Ok(axum::body::Body::new(streamed.map_err(axum::Error::new)))
}

async fn read(mut file: File, length: u64, sender: mpsc::Sender<io::Result<Bytes>>, place: Place) {
    let mut left = length;
    while left > 0 {
        let most = usize::try_from(left).unwrap_or(CHUNK).min(CHUNK);
        let mut buffer = BytesMut::with_capacity(most);
        let chunk = match (&mut file).take(most as u64).read_buf(&mut buffer).await {
            Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(_) => Ok(buffer.freeze()),
            Err(error) => Err(error),
        };
        if let Err(error) = &chunk {
            tracing::error!(%error, "a component cannot be read");
        }
        let Ok(read) = chunk.as_ref().map(Bytes::len) else {
            let _ = sender.send(chunk).await;
            break;
        };
        left = left.saturating_sub(read as u64);
        match tokio::time::timeout(STALLED, sender.send(chunk)).await {
            Ok(Ok(())) => {}
            // Nobody is there any more, or nobody takes it.
            Ok(Err(_)) | Err(_) => break,
        }
    }
    drop(place);
}

impl Body for Streamed {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        self.chunks.poll_recv(context).map(|chunk| match chunk {
            Some(Ok(bytes)) => {
                self.left = self.left.saturating_sub(bytes.len() as u64);
                Some(Ok(Frame::data(bytes)))
            }
            Some(Err(error)) => Some(Err(error)),
            // The reader gave up.
            None => Some(Err(io::ErrorKind::TimedOut.into())),
        })
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
