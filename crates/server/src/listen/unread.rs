//! A connection that ends when nobody reads what is written to it.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, Sleep, sleep_until},
};

/// How long a client may read nothing of an answer that is ready.
const READS_SOMETHING_WITHIN: Duration = Duration::from_secs(10);
/// How long it may take for the whole answer, once it lags behind.
const READS_ALL_WITHIN: Duration = Duration::from_mins(1);

/// A stream whose writes fail when the other side does not read. Costs nothing while it does.
pub(super) struct EndsUnread<S> {
    stream: S,
    lag: Option<Lag>,
}

/// The other side is behind.
struct Lag {
    ends: Instant,
    patience: Pin<Box<Sleep>>,
}

impl<S> EndsUnread<S> {
    pub(super) fn new(stream: S) -> Self {
        Self { stream, lag: None }
    }

    /// What a write came to: one that has to wait fails when it has waited too long.
    fn bounded(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if written.is_ready() {
            if let Some(lag) = &mut self.lag {
                let patience = lag.ends.min(Instant::now() + READS_SOMETHING_WITHIN);
                lag.patience.as_mut().reset(patience);
            }
            return written;
        }
        let lag = self.lag.get_or_insert_with(|| {
            let now = Instant::now();
            Lag {
                ends: now + READS_ALL_WITHIN,
                patience: Box::pin(sleep_until(now + READS_SOMETHING_WITHIN)),
            }
        });
        ready!(lag.patience.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for EndsUnread<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for EndsUnread<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.bounded(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, bytes);
        self.bounded(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    /// The server flushes only what it has written to the end: the other side has caught up.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.lag = None;
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_nobody_reads_is_not_written_for_ever() {
        let (near, _far) = duplex(16);
        let begun = Instant::now();
        let failed = EndsUnread::new(near).write_all(&[0; 64]).await;
        assert_eq!(failed.map_err(|error| error.kind()), Err(io::ErrorKind::TimedOut));
        assert!(begun.elapsed() >= READS_SOMETHING_WITHIN && begun.elapsed() < READS_ALL_WITHIN);
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_drips_is_not_waited_for_either_and_a_slow_one_is() {
        for (byte_every, arrives) in [(Duration::from_secs(9), false), (Duration::from_millis(100), true)] {
            let (near, mut far) = duplex(16);
            tokio::spawn(async move {
                while far.read_u8().await.is_ok() {
                    tokio::time::sleep(byte_every).await;
                }
            });
            assert_eq!(EndsUnread::new(near).write_all(&[0; 64]).await.is_ok(), arrives, "{byte_every:?}");
        }
    }
}
