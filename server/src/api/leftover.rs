//! What is left of a request's body when its answer is ready, over HTTP/2.
//!
//! A refusal often needs no body: it says that nobody is signed in. Dropping the rest makes hyper reset the
//! stream right behind the answer. RFC 9113 (section 8.1) allows that and tells clients to keep the answer; some
//! lose it all the same (curl 7.88 reports a framing error). So the rest is read and thrown away, within
//! reason. HTTP/1.1 needs none of this: there hyper reads on or closes by itself.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Buf, Bytes};
use http_body_util::BodyExt as _;
use hyper::body::{Body, Frame, SizeHint};
use tokio::runtime::Handle;

/// The most bytes that are read for nothing: a body that we would have taken.
const MOST_BYTES: usize = super::body::DEFAULT_LIMIT;

/// How long they may take.
const LONGEST: Duration = Duration::from_secs(5);

/// A body that is read to its end also where nobody wants to.
#[derive(Debug)]
pub(super) struct ReadOut<B: Body<Data = Bytes> + Send + Unpin + 'static>(Option<B>);

impl<B: Body<Data = Bytes> + Send + Unpin + 'static> ReadOut<B> {
    pub(super) const fn new(body: B) -> Self {
        Self(Some(body))
    }
}

impl<B: Body<Data = Bytes> + Send + Unpin + 'static> Body for ReadOut<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        match &mut self.0 {
            Some(body) => Pin::new(body).poll_frame(context),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.0.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.0.as_ref().map(Body::size_hint).unwrap_or_default()
    }
}

impl<B: Body<Data = Bytes> + Send + Unpin + 'static> Drop for ReadOut<B> {
    fn drop(&mut self) {
        if let Some(body) = self.0.take()
            && !body.is_end_stream()
            && let Ok(runtime) = Handle::try_current()
        {
            runtime.spawn(tokio::time::timeout(LONGEST, throw_away(body)));
        }
    }
}

async fn throw_away<B: Body<Data = Bytes> + Unpin>(mut body: B) {
    let mut read = 0;
    while read <= MOST_BYTES
        && let Some(Ok(frame)) = body.frame().await
    {
        read += frame.data_ref().map_or(0, Buf::remaining);
    }
}

#[cfg(test)]
mod tests {
    use futures_util::StreamExt as _;
    use http_body_util::StreamBody;
    use tokio::sync::mpsc;

    use super::*;

    /// A body of these many parts of a kilobyte; each that is read is told.
    fn parts(count: usize) -> (ReadOut<axum::body::Body>, mpsc::UnboundedReceiver<usize>) {
        let (told, reads) = mpsc::unbounded_channel();
        let frames = futures_util::stream::iter(0..count).map(move |part| {
            told.send(part).unwrap();
            Ok::<_, std::io::Error>(Frame::data(Bytes::from(vec![0; 1024])))
        });
        (
            ReadOut::new(axum::body::Body::new(StreamBody::new(frames))),
            reads,
        )
    }

    #[tokio::test]
    async fn what_nobody_read_is_read_to_its_end_but_not_without_end() {
        for (count, expected) in [(3, 3), (1000, MOST_BYTES / 1024 + 1)] {
            let (body, mut reads) = parts(count);
            drop(body);
            let mut read = 0;
            while reads.recv().await.is_some() {
                read += 1;
            }
            assert_eq!(read, expected);
        }
    }

    #[tokio::test]
    async fn what_was_read_is_left_alone() {
        let (body, mut reads) = parts(2);
        assert_eq!(body.collect().await.unwrap().to_bytes().len(), 2048);
        let mut read = 0;
        while reads.recv().await.is_some() {
            read += 1;
        }
        assert_eq!(read, 2);
    }
}
