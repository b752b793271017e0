//! The accept loop of both listeners.
//!
//! Our own, because `axum::serve` has no time-out for headers: a client that sends a byte a minute
//! would hold a connection for ever.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::Router;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto, graceful::GracefulShutdown},
    service::TowerToHyperService,
};
use tokio::{net::TcpListener, sync::Semaphore, sync::watch, task::JoinHandle};

/// How many connections are open at once; more wait in the kernel's queue.
const CONNECTIONS_MAX: usize = 4096;
/// How long a client may take to send its headers.
const HEADERS_WITHIN: Duration = Duration::from_secs(10);
/// How long requests that are under way may take to finish when the process stops.
const DRAIN_WITHIN: Duration = Duration::from_secs(5);

/// A listener that is taking connections.
pub struct Listening {
    /// Where.
    pub address: SocketAddr,
    /// Ends when the listener has drained.
    pub task: JoinHandle<()>,
}

/// Serves a router until told to stop.
pub async fn listen(
    address: SocketAddr,
    router: Router,
    stop: watch::Receiver<bool>,
) -> std::io::Result<Listening> {
    let listener = TcpListener::bind(address).await?;
    let address = listener.local_addr()?;
    Ok(Listening { address, task: tokio::spawn(accept(listener, router, stop)) })
}

async fn accept(listener: TcpListener, router: Router, mut stop: watch::Receiver<bool>) {
    let mut server = auto::Builder::new(TokioExecutor::new()).http1_only();
    server.http1().timer(TokioTimer::new()).header_read_timeout(HEADERS_WITHIN);
    let connections = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let draining = GracefulShutdown::new();
    loop {
        let next = async {
            let place = Arc::clone(&connections).acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, stream) = tokio::select! {
            next = next => match next {
                (Ok(place), Ok((stream, _))) => (place, stream),
                (Ok(_), Err(error)) => {
                    // Out of file handles, most likely: leave room for connections to end.
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
                (Err(_), _) => break,
            },
            () = told(&mut stop) => break,
        };
        let _ = stream.set_nodelay(true);
        let service = TowerToHyperService::new(router.clone());
        let connection = server.serve_connection(TokioIo::new(stream), service).into_owned();
        let connection = draining.watch(connection);
        tokio::spawn(async move {
            // A client that goes away is not our failure.
            let _ = connection.await;
            drop(place);
        });
    }
    drop(listener);
    let _ = tokio::time::timeout(DRAIN_WITHIN, draining.shutdown()).await;
}

/// Waits until the process is told to stop.
async fn told(stop: &mut watch::Receiver<bool>) {
    // The guard that `wait_for` gives must not live on in the caller.
    let _ = stop.wait_for(|stop| *stop).await;
}
