//! Bodies that count their bytes into the log, and can be cut short.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;

use super::log::Entry;

type Error = Box<dyn std::error::Error + Send + Sync>;

/// How many more bytes may pass before the connection breaks; `None` for all.
type Limit = Option<u64>;

/// Lets at most `limit` bytes of `data` through.
fn clip(data: Bytes, limit: &mut Limit) -> Bytes {
    let Some(left) = limit else { return data };
    let size = data.len().min(usize::try_from(*left).unwrap_or(usize::MAX));
    *left -= size as u64;
    data.slice(..size)
}

fn cut() -> Error {
    Box::new(io::Error::new(io::ErrorKind::ConnectionAborted, "cut by a fault rule"))
}

/// The body of a request on its way in.
pub(super) struct RequestBody {
    inner: Incoming,
    entry: Arc<Entry>,
    limit: Limit,
}

impl RequestBody {
    pub(super) fn new(inner: Incoming, entry: Arc<Entry>, limit: Limit) -> Self {
        Self { inner, entry, limit }
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        if self.limit == Some(0) {
            return Poll::Ready(Some(Err(cut())));
        }
        let frame = ready!(Pin::new(&mut self.inner).poll_frame(context));
        Poll::Ready(frame.map(|frame| {
            let this = &mut *self;
            let clipped = frame?.map_data(|data| clip(data, &mut this.limit));
            let size = clipped.data_ref().map_or(0, Bytes::len);
            this.entry.bytes_in.fetch_add(size as u64, Ordering::SeqCst);
            Ok(clipped)
        }))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// The body of an answer on its way out.
pub(super) struct AnswerBody {
    inner: Pin<Box<s3s::Body>>,
    entry: Option<Arc<Entry>>,
    limit: Limit,
    /// True once the bytes before a cut had a chance to reach the socket.
    flushed: bool,
}

impl AnswerBody {
    pub(super) fn logged(inner: s3s::Body, entry: Arc<Entry>, limit: Limit) -> Self {
        Self { inner: Box::pin(inner), entry: Some(entry), limit, flushed: false }
    }

    pub(super) fn unlogged(inner: s3s::Body) -> Self {
        Self { inner: Box::pin(inner), entry: None, limit: None, flushed: false }
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        if self.limit == Some(0) {
            // hyper throws its write buffer away on an error: let it write first.
            if !std::mem::replace(&mut self.flushed, true) {
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            return Poll::Ready(Some(Err(cut())));
        }
        let frame = ready!(self.inner.as_mut().poll_frame(context));
        Poll::Ready(frame.map(|frame| {
            let this = &mut *self;
            let clipped = frame?.map_data(|data| clip(data, &mut this.limit));
            if let Some(entry) = &this.entry {
                let size = clipped.data_ref().map_or(0, Bytes::len);
                entry.bytes_out.fetch_add(size as u64, Ordering::SeqCst);
            }
            Ok(clipped)
        }))
    }

    fn is_end_stream(&self) -> bool {
        self.limit.is_none() && self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
