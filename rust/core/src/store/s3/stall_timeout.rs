//! Bodies that detect a stalled transfer. A transfer may take as long as it needs while bytes move; after [`LIMIT`]
//! without any it fails.

use std::{
    future::Future,
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep, sleep_until};

/// Longest time without a byte in either direction.
pub(super) const LIMIT: Duration = Duration::from_secs(20);

/// Bytes of a request sent at a time: few enough for a slow line within the limit.
const PIECE: usize = 64 << 10;

type Error = Box<dyn std::error::Error + Send + Sync>;

/// The time of the last progress of a request's body.
#[derive(Clone)]
pub(super) struct TransferProgress {
    started: Instant,
    /// Milliseconds after `started`.
    moved: Arc<AtomicU64>,
}

impl TransferProgress {
    pub(super) fn start() -> Self {
        TransferProgress { started: Instant::now(), moved: Arc::default() }
    }

    fn note(&self) {
        self.moved.store(self.started.elapsed().as_millis() as u64, Ordering::Relaxed);
    }

    fn deadline(&self, limit: Duration) -> Instant {
        self.started + Duration::from_millis(self.moved.load(Ordering::Relaxed)) + limit
    }

    /// The response; `None` if for `limit` neither it arrived nor the request made progress.
    pub(super) async fn guard<T>(&self, limit: Duration, answer: impl Future<Output = T>) -> Option<T> {
        let mut answer = std::pin::pin!(answer);
        loop {
            let deadline = self.deadline(limit);
            tokio::select! {
                biased;
                answer = &mut answer => return Some(answer),
                () = sleep_until(deadline) => {
                    if self.deadline(limit) <= Instant::now() {
                        return None;
                    }
                }
            }
        }
    }
}

/// A request's body in small pieces, each recorded as it leaves.
pub(super) struct Outgoing {
    body: SdkBody,
    rest: Bytes,
    progress: TransferProgress,
}

impl Outgoing {
    pub(super) fn new(body: SdkBody, progress: TransferProgress) -> Self {
        Outgoing { body, rest: Bytes::new(), progress }
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        self.progress.note();
        if self.rest.is_empty() {
            match ready!(Pin::new(&mut self.body).poll_frame(cx)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => self.rest = data,
                    Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
                },
                end => return Poll::Ready(end),
            }
        }
        let length = PIECE.min(self.rest.len());
        Poll::Ready(Some(Ok(Frame::data(self.rest.split_to(length)))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (rest, body) = (self.rest.len() as u64, Body::size_hint(&self.body));
        let mut hint = SizeHint::new();
        hint.set_lower(rest + body.lower());
        if let Some(upper) = body.upper() {
            hint.set_upper(rest + upper);
        }
        hint
    }
}

/// A response's body that fails when it stalls.
pub(super) struct Incoming<B> {
    body: B,
    limit: Duration,
    alarm: Option<Pin<Box<Sleep>>>,
}

impl<B> Incoming<B> {
    pub(super) fn new(body: B, limit: Duration) -> Self {
        Incoming { body, limit, alarm: None }
    }
}

impl<B: Body<Data = Bytes> + Unpin> Body for Incoming<B>
where
    B::Error: Into<Error>,
{
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(cx) {
            self.alarm = None;
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        let limit = self.limit;
        ready!(self.alarm.get_or_insert_with(|| Box::pin(sleep(limit))).as_mut().poll(cx));
        let silence = format!("no byte came for {} s", limit.as_secs_f32());
        Poll::Ready(Some(Err(io::Error::new(io::ErrorKind::TimedOut, silence).into())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
