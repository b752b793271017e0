//! The bytes of a connection, which a fault can end the hard way, and which ends by itself when nobody
//! reads.

use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::header;
use axum::response::Response;
use http_body_util::{BodyExt, Channel, Collected};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Sleep;

/// The first half of an answer has this long to leave before the connection is reset.
const HALF_WAY: Duration = Duration::from_millis(50);

/// A client has to take something of its answer within this time.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);

/// Marks a response that is never written: the connection is closed instead.
#[derive(Debug, Clone, Copy)]
pub struct CloseWithoutAnswer;

/// Makes an end of the connection a reset (RST) instead of a goodbye (FIN).
#[derive(Debug, Clone, Default)]
pub struct Reset(Arc<AtomicBool>);

/// A connection that can be reset.
#[derive(Debug)]
pub(crate) struct Wire {
    stream: TcpStream,
    reset: Reset,
    /// Runs while the client takes nothing.
    stalled: Option<Pin<Box<Sleep>>>,
}

impl Wire {
    pub(crate) fn new(stream: TcpStream) -> (Self, Reset) {
        let reset = Reset::default();
        (Self { stream, reset: reset.clone(), stalled: None }, reset)
    }

    /// The outcome of a write, or that the client has not read for too long.
    fn unless_stalled(
        &mut self,
        context: &mut Context<'_>,
        written: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(tokio::time::sleep(WRITE_TIMEOUT)));
        stalled.as_mut().poll(context).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        if self.reset.0.load(Ordering::Relaxed) {
            // A failure only makes the end a polite one.
            let _ = self.stream.set_zero_linger();
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.unless_stalled(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.unless_stalled(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.reset.0.load(Ordering::Relaxed) {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// An answer that is never written; the connection closes instead.
pub(crate) fn close() -> Response {
    let mut response = Response::new(Body::empty());
    response.extensions_mut().insert(CloseWithoutAnswer);
    response
}

/// The first half of an answer, and then the connection is reset.
pub(crate) async fn reset_midway(answer: Response, reset: Option<&Reset>) -> Response {
    let (head, body) = answer.into_parts();
    let whole = body.collect().await.map(Collected::to_bytes).unwrap_or_default();
    let half = whole.slice(..whole.len() / 2);
    let reset = reset.cloned().unwrap_or_default();
    let (mut sender, body) = Channel::<Bytes, io::Error>::new(1);
    tokio::spawn(async move {
        // A client that has gone already needs no reset.
        let _ = sender.send_data(half).await;
        tokio::time::sleep(HALF_WAY).await;
        reset.0.store(true, Ordering::Relaxed);
        sender.abort(io::Error::other("reset midway, as asked for"));
    });
    let mut response = Response::from_parts(head, Body::new(body));
    response.headers_mut().insert(header::CONTENT_LENGTH, whole.len().into());
    response
}

/// hyper closes a connection without a byte if its service fails.
pub(crate) fn unless_closed(response: Result<Response, Infallible>) -> Result<Response, io::Error> {
    match response {
        Ok(response) if response.extensions().get::<CloseWithoutAnswer>().is_some() => {
            Err(io::Error::other("closed without an answer, as asked for"))
        }
        Ok(response) => Ok(response),
        Err(never) => match never {},
    }
}
