//! The listener: one accept loop with a header time-out, a connection cap and an orderly end.
//!
//! It binds loopback addresses only, because the control paths have no password.

use std::convert::Infallible;
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
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::task::{JoinHandle, JoinSet};
use tower::ServiceExt;

use crate::http::CloseWithoutAnswer;
use crate::state::Sandbox;
use crate::{control, graph, kommo};

/// Connections at a time; further ones wait in the listener's backlog.
const MOST_CONNECTIONS: usize = 1024;
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

impl Sandbox {
    /// Listens on a loopback address; port 0 takes a free one.
    pub async fn serve(&self, addr: SocketAddr) -> io::Result<Running> {
        if !addr.ip().is_loopback() {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("the sandbox listens on loopback addresses only, not on {addr}"),
            ));
        }
        let listener = TcpListener::bind(addr).await?;
        let addr = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel();
        let client = kommo::driver::client().map_err(io::Error::other)?;
        let webhooks = kommo::driver::drive(self.clone(), client);
        let accepting = accept_until(listener, self.router(), stopped);
        let task = tokio::spawn(async {
            tokio::select! {
                () = accepting => {}
                () = webhooks => {}
            }
        });
        Ok(Running { addr, stop, task })
    }

    fn router(&self) -> Router {
        control::routes().merge(kommo::routes()).fallback(graph::handle).with_state(self.clone())
    }
}

async fn accept_until(listener: TcpListener, router: Router, stopped: oneshot::Receiver<()>) {
    let room = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    tokio::pin!(stopped);
    loop {
        let (stream, peer, permit) = tokio::select! {
            _ = &mut stopped => break,
            next = accept(&listener, &room) => next,
        };
        while connections.try_join_next().is_some() {}
        let router = router.clone();
        let serving = service_fn(move |request| answer(router.clone(), peer, request));
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEADER_TIMEOUT)
            .serve_connection(TokioIo::new(stream), serving);
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

async fn accept(
    listener: &TcpListener,
    room: &Arc<Semaphore>,
) -> (TcpStream, SocketAddr, Option<OwnedSemaphorePermit>) {
    let permit = Arc::clone(room).acquire_owned().await.ok();
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                let _ = stream.set_nodelay(true);
                return (stream, peer, permit);
            }
            Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
        }
    }
}

/// The error makes hyper close the connection without a byte.
async fn answer(
    router: Router,
    peer: SocketAddr,
    mut request: Request<Incoming>,
) -> Result<Response, Closed> {
    request.extensions_mut().insert(ConnectInfo(peer));
    let response: Result<Response, Infallible> = router.oneshot(request.map(Body::new)).await;
    match response {
        Ok(response) if response.extensions().get::<CloseWithoutAnswer>().is_some() => Err(Closed),
        Ok(response) => Ok(response),
        Err(never) => match never {},
    }
}

#[derive(Debug)]
struct Closed;

impl std::fmt::Display for Closed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("closed without an answer, as scripted")
    }
}

impl std::error::Error for Closed {}
