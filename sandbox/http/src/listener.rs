//! The listener: one accept loop with a header time-out, a connection cap and an orderly end.
//!
//! It binds loopback addresses only, because the control paths have no password.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{Semaphore, oneshot};
use tokio::task::{JoinHandle, JoinSet};
use tower::ServiceExt;

use crate::wire::{self, Reset, Wire};

/// Connections at a time; further ones are closed at once.
const MOST_CONNECTIONS: usize = 8192;
/// A request's head, and what hyper buffers of a connection.
const MOST_HEAD_BYTES: usize = 64 * 1024;
/// A request's head has to arrive within this time, and so has the next one on a kept connection.
const HEADER_TIMEOUT: Duration = Duration::from_secs(30);
/// Requests under way at shutdown may take this long.
const GRACE: Duration = Duration::from_secs(2);
/// Pause after a failed accept, as when the process is out of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// A listening sandbox. Dropping it stops the listener as [`Running::shutdown`] does, without waiting.
#[derive(Debug)]
pub struct Running {
    addr: SocketAddr,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Running {
    /// The address that it listens on.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// `http://` and the address, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// Stops accepting, lets requests under way end for up to two seconds, and closes what is left.
    pub async fn shutdown(self) {
        let Self { stop, task, .. } = self;
        drop(stop);
        // The task only fails if the runtime is ending, and then there is nothing left to stop.
        let _ = task.await;
    }
}

/// Listens on a loopback address and answers with `router`; port 0 takes a free one. `beside` runs while
/// it listens.
pub async fn serve(
    addr: SocketAddr,
    router: Router,
    beside: impl Future<Output = ()> + Send + 'static,
) -> io::Result<Running> {
    if !addr.ip().is_loopback() {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            format!("the sandbox listens on loopback addresses only, not on {addr}"),
        ));
    }
    let listener = bind(addr)?;
    let addr = listener.local_addr()?;
    let (stop, stopped) = oneshot::channel();
    let accepting = accept_until(listener, router, stopped);
    let task = tokio::spawn(async {
        tokio::select! {
            () = accepting => {}
            () = beside => {}
        }
    });
    Ok(Running { addr, stop, task })
}

/// As many may wait to be accepted as are held: a client that finds the queue full tries again only after a
/// second, then after two, and so on.
fn bind(addr: SocketAddr) -> io::Result<TcpListener> {
    let socket = if addr.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // As `TcpListener::bind` does: a restart need not wait until old connections are forgotten.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(addr)?;
    socket.listen(MOST_CONNECTIONS as u32)
}

async fn accept_until(listener: TcpListener, router: Router, stopped: oneshot::Receiver<()>) {
    let room = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    tokio::pin!(stopped);
    loop {
        let (stream, peer) = tokio::select! {
            _ = &mut stopped => break,
            next = accept(&listener) => next,
        };
        while connections.try_join_next().is_some() {}
        // A closed connection tells its client more than one that hangs.
        let Ok(permit) = Arc::clone(&room).try_acquire_owned() else { continue };
        let router = router.clone();
        let (wire, reset) = Wire::new(stream);
        let serving = service_fn(move |request| answer(router.clone(), peer, reset.clone(), request));
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEADER_TIMEOUT)
            .max_buf_size(MOST_HEAD_BYTES)
            .serve_connection(TokioIo::new(wire), serving);
        let watched = graceful.watch(connection);
        connections.spawn(async move {
            // A client that breaks off, or a fault that closes the connection, is no error here.
            let _ = watched.await;
            drop(permit);
        });
    }
    drop(listener);
    let _ = tokio::time::timeout(GRACE, graceful.shutdown()).await;
    connections.shutdown().await;
}

async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                let _ = stream.set_nodelay(true);
                return (stream, peer);
            }
            Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
        }
    }
}

async fn answer(
    router: Router,
    peer: SocketAddr,
    reset: Reset,
    mut request: Request<Incoming>,
) -> io::Result<Response> {
    request.extensions_mut().insert(ConnectInfo(peer));
    request.extensions_mut().insert(reset);
    wire::unless_closed(router.oneshot(request.map(Body::new)).await)
}
