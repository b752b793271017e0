//! Clients for simulations: every request makes a connection of its own to one socket of this machine, and
//! somebody hears of each, so that a clock can stand still while one is under way.

use std::{
    io,
    path::Path,
    pin::Pin,
    task::{Context, Poll},
};

use tower::{BoxError, Layer, Service};

use crate::{
    Error,
    client::{Clients, base, build},
};

/// Hears of connections.
pub trait Watch: Clone + Send + Sync + 'static {
    /// One begins. Whoever answers at the socket knows when it ends.
    ///
    /// # Errors
    /// Nobody can be reached now.
    fn begins(&self) -> io::Result<()>;

    /// One that has begun was not made.
    fn was_not_made(&self);
}

impl Clients {
    /// Clients that reach a socket, whatever host a request names.
    ///
    /// # Errors
    /// The system has no usable TLS.
    pub fn watched(socket: &Path, watch: impl Watch) -> Result<Self, Error> {
        let client =
            build(base().unix_socket(socket).pool_max_idle_per_host(0).connector_layer(Watching(watch)))?;
        Ok(Self { guarded: client.clone(), free: client })
    }
}

#[derive(Clone)]
struct Watching<W>(W);

impl<W: Watch, S> Layer<S> for Watching<W> {
    type Service = Watched<W, S>;

    fn layer(&self, connects: S) -> Self::Service {
        Watched { watch: self.0.clone(), connects }
    }
}

#[derive(Clone)]
struct Watched<W, S> {
    watch: W,
    connects: S,
}

impl<W, S, To> Service<To> for Watched<W, S>
where
    W: Watch,
    S: Service<To, Error = BoxError>,
    S::Future: Send + 'static,
    S::Response: Send,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.connects.poll_ready(context)
    }

    fn call(&mut self, to: To) -> Self::Future {
        if let Err(error) = self.watch.begins() {
            return Box::pin(async move { Err(error.into()) });
        }
        let begun = Begun { watch: self.watch.clone(), is_made: false };
        let connecting = self.connects.call(to);
        Box::pin(async move {
            let connected = connecting.await;
            begun.ends(connected.is_ok());
            connected
        })
    }
}

/// A connection that is being made; whoever wanted it may go away meanwhile.
struct Begun<W: Watch> {
    watch: W,
    is_made: bool,
}

impl<W: Watch> Begun<W> {
    fn ends(mut self, is_made: bool) {
        self.is_made = is_made;
    }
}

impl<W: Watch> Drop for Begun<W> {
    fn drop(&mut self) {
        if !self.is_made {
            self.watch.was_not_made();
        }
    }
}
