//! What connections come from: TCP, or a Unix socket in the folder of the store.

use std::{
    future::Future,
    io,
    net::{IpAddr, Ipv4Addr},
    os::unix::fs::PermissionsExt as _,
    path::Path,
};

use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream, UnixListener, UnixSocket, UnixStream},
};

use crate::client::Peer;

/// How many bytes the path of a Unix socket may have: the system keeps it in a field of fixed length, with
/// a zero at its end.
const SOCKET_PATH_BYTES_MAX: usize = if cfg!(target_os = "linux") { 107 } else { 103 };

/// Whether a Unix socket can have this path.
pub fn socket_path_fits(path: &Path) -> bool {
    path.as_os_str().len() <= SOCKET_PATH_BYTES_MAX
}

/// A socket that takes connections.
pub(super) trait Accept: Send + Sync + 'static {
    /// What it takes.
    type Stream: ClientStream;

    /// The next connection, and who is at its other end.
    fn next(&self) -> impl Future<Output = io::Result<(Self::Stream, Peer)>> + Send;
}

/// A connection that was taken.
pub(super) trait ClientStream: AsyncRead + AsyncWrite + Unpin + Send + 'static {
    /// Waits for the first byte and leaves it where it is; whether there is one.
    fn begins(&self) -> impl Future<Output = bool> + Send;

    /// Makes it ready to be served; at which of our addresses it arrived.
    fn opened(&self) -> Option<IpAddr>;
}

impl Accept for TcpListener {
    type Stream = TcpStream;

    async fn next(&self) -> io::Result<(TcpStream, Peer)> {
        let (stream, peer) = self.accept().await?;
        Ok((stream, Peer(peer.ip().to_canonical())))
    }
}

impl ClientStream for TcpStream {
    async fn begins(&self) -> bool {
        // That a stream is readable is only a hint.
        matches!(self.peek(&mut [0]).await, Ok(1))
    }

    fn opened(&self) -> Option<IpAddr> {
        let _ = self.set_nodelay(true);
        self.local_addr().map(|address| address.ip().to_canonical()).ok()
    }
}

impl Accept for UnixListener {
    type Stream = UnixStream;

    async fn next(&self) -> io::Result<(UnixStream, Peer)> {
        let (stream, _) = self.accept().await?;
        // Whoever it is, is on this machine.
        Ok((stream, Peer(IpAddr::V4(Ipv4Addr::LOCALHOST))))
    }
}

impl ClientStream for UnixStream {
    async fn begins(&self) -> bool {
        self.readable().await.is_ok()
    }

    fn opened(&self) -> Option<IpAddr> {
        None
    }
}

/// Makes a socket that only its owner may use. Nobody can connect before it listens, so there is no moment
/// at which others could.
pub(super) fn bind_control(path: &Path, backlog: u32) -> io::Result<UnixListener> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let socket = UnixSocket::new_stream()?;
    socket.bind(path)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
    socket.listen(backlog)
}
