//! The accept loop of the listeners.
//!
//! Our own, because `axum::serve` has no time-out for headers: a client that sends a byte a minute
//! would hold a connection for ever. It never waits for a place: when there is none left, the connection
//! that has been idle the longest gives way, so idle connections keep nobody out. A connection on which
//! nothing has arrived yet costs a task and a socket, and no buffer.

mod connection_limit;
mod sockets;
mod unread;

use std::{
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use axum::{Router, body::Body, http::Request};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{
        conn::auto,
        graceful::{GracefulShutdown, Watcher},
    },
};
use tokio::{
    net::{TcpListener, TcpSocket},
    sync::watch,
    task::JoinHandle,
    time::timeout,
};
use tower::Service;

use crate::{Proxies, client::Peer, log_throttle::LogThrottle};
use connection_limit::{ConnectionLimit, ConnectionPermit, RequestGuard};
pub use sockets::socket_path_fits;
use sockets::{Accept, ClientStream, bind_control};
use unread::EndsUnread;

/// How many connections are open at once.
const CONNECTIONS_MAX: usize = 4096;
/// How many of them one peer may have, unless it is a trusted proxy.
const CONNECTIONS_PER_PEER_MAX: usize = 512;
/// How many connections the control socket has open at once.
const CONTROL_CONNECTIONS_MAX: usize = 64;
/// How long a client may take to send its headers, and how long a connection stays open without a
/// further request.
const HEADERS_WITHIN: Duration = Duration::from_secs(10);
/// How long requests that are under way may take to finish when the process stops.
const DRAIN_WITHIN: Duration = Duration::from_secs(5);
/// How long nothing is accepted after the system refused: it has no file handles left, most likely.
const REFUSED_PAUSE: Duration = Duration::from_millis(20);
/// How often a refusal of the system is said.
const REFUSED_SAID_EVERY: Duration = Duration::from_mins(1);

/// A listener that is taking connections.
pub struct Listening {
    /// Where.
    pub address: SocketAddr,
    /// Ends when the listener has drained.
    pub task: JoinHandle<()>,
}

/// How a request arrived; with each request as an extension.
#[derive(Clone)]
pub(crate) struct ConnectionInfo {
    /// From where.
    pub(crate) peer: Peer,
    /// At which of our addresses, where the system knows it.
    pub(crate) at: Option<IpAddr>,
    permit: Arc<ConnectionPermit>,
}

impl ConnectionInfo {
    /// Says that the request is read to its end: from here on its connection gives way to nobody.
    pub(crate) fn is_read(&self) {
        self.permit.is_at_work();
    }
}

/// Serves a router until asked to stop.
pub async fn listen(
    address: SocketAddr,
    router: Router,
    proxies: Arc<Proxies>,
    stop: watch::Receiver<bool>,
) -> std::io::Result<Listening> {
    let listener = bind(address)?;
    let address = listener.local_addr()?;
    let limit = ConnectionLimit::new(CONNECTIONS_MAX, CONNECTIONS_PER_PEER_MAX);
    Ok(Listening { address, task: tokio::spawn(accept(listener, router, proxies, limit, stop)) })
}

/// Serves a router on a Unix socket that only its owner may use, until asked to stop. The file is made
/// anew, and removed at the end: nobody else may serve at this path. Returns when it takes connections;
/// the task ends when it has drained.
///
/// # Errors
/// The socket cannot be made there; [`crate::socket_path_fits`] says whether the path is too long.
pub fn listen_control(
    path: &Path,
    router: Router,
    stop: watch::Receiver<bool>,
) -> std::io::Result<JoinHandle<()>> {
    let listener = bind_control(path, CONTROL_CONNECTIONS_MAX as u32)?;
    let limit = ConnectionLimit::new(CONTROL_CONNECTIONS_MAX, CONTROL_CONNECTIONS_MAX);
    let path: PathBuf = path.to_owned();
    Ok(tokio::spawn(async move {
        accept(listener, router, Arc::default(), limit, stop).await;
        if let Err(error) = std::fs::remove_file(&path) {
            tracing::debug!(error = &error as &dyn std::error::Error, "the control socket cannot be removed");
        }
    }))
}

/// As many may wait to be accepted as can be accepted: whoever finds the queue full tries again only
/// after a second.
fn bind(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // As every listener on Unix: a restart need not wait until old connections are forgotten.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(CONNECTIONS_MAX as u32)
}

async fn accept<L: Accept>(
    listener: L,
    router: Router,
    proxies: Arc<Proxies>,
    limit: Arc<ConnectionLimit>,
    mut stop: watch::Receiver<bool>,
) {
    let mut server = auto::Builder::new(TokioExecutor::new()).http1_only();
    server.http1().timer(TokioTimer::new()).header_read_timeout(HEADERS_WITHIN);
    let server = Arc::new(server);
    let draining = GracefulShutdown::new();
    let refused = LogThrottle::new(REFUSED_SAID_EVERY);
    loop {
        let accepted = tokio::select! {
            accepted = listener.next() => accepted,
            () = stopped(&mut stop) => break,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                if let Some(times) = refused.say() {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        times,
                        "a connection could not be accepted"
                    );
                }
                limit.make_room();
                tokio::time::sleep(REFUSED_PAUSE).await;
                continue;
            }
        };
        // Where every place is held by a request under way, the newcomer is let go at once.
        limit.take(peer, proxies.trusts(peer.0), |permit| {
            let connection = Connection { server: Arc::clone(&server), router: router.clone(), peer, permit };
            tokio::spawn(connection.serve(stream, draining.watcher(), stop.clone())).abort_handle()
        });
    }
    drop(listener);
    let _ = timeout(DRAIN_WITHIN, draining.shutdown()).await;
}

struct Connection {
    server: Arc<auto::Builder<TokioExecutor>>,
    router: Router,
    peer: Peer,
    permit: Arc<ConnectionPermit>,
}

impl Connection {
    async fn serve<S: ClientStream>(self, stream: S, watcher: Watcher, mut stop: watch::Receiver<bool>) {
        let begun = tokio::select! {
            begun = timeout(HEADERS_WITHIN, stream.begins()) => begun.unwrap_or(false),
            () = stopped(&mut stop) => false,
        };
        if begun {
            // Boxed, so that whoever has sent nothing yet does not hold what serving takes.
            Box::pin(self.serve_requests(stream, watcher)).await;
        }
    }

    async fn serve_requests<S: ClientStream>(self, stream: S, watcher: Watcher) {
        let Self { server, router, peer, permit } = self;
        let at = stream.opened();
        let service = service_fn(move |request: Request<Incoming>| {
            let mut router = router.clone();
            let under_way = RequestGuard::begin(&permit);
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(ConnectionInfo { peer, at, permit: Arc::clone(&permit) });
            async move {
                let answer = router.call(request).await;
                drop(under_way);
                answer
            }
        });
        let io = TokioIo::new(EndsUnread::new(stream));
        let connection = server.serve_connection(io, service).into_owned();
        // A client that goes away is not our failure.
        let _ = watcher.watch(connection).await;
    }
}

/// Waits until the process is asked to stop.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    // The guard that `wait_for` gives must not live on in the caller.
    let _ = stop.wait_for(|stop| *stop).await;
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpStream;

    use super::*;

    #[tokio::test]
    async fn a_connection_that_says_nothing_is_small() {
        let listener = bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let peer = Peer(IpAddr::from([127, 0, 0, 1]));
        let (server, router) = (Arc::new(auto::Builder::new(TokioExecutor::new())), Router::new());
        let (_stop, stopping) = watch::channel(false);
        let taken = ConnectionLimit::new(1, 1).take(peer, false, |permit| {
            let connection = Connection { server, router, peer, permit };
            let serving = connection.serve(stream, GracefulShutdown::new().watcher(), stopping);
            assert!(size_of_val(&serving) < 1024, "{}", size_of_val(&serving));
            tokio::spawn(serving).abort_handle()
        });
        assert!(taken);
    }
}
