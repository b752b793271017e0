//! The way between the service and the hosts that are played here: real HTTP over a socket. On virtual time it
//! takes no time: the clock stands still while a request is under way, unless its host lets it wait.

use std::{
    io,
    net::SocketAddr,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime},
};

use outgoing::Watch;
use tokio::{
    io::{AsyncBufRead, AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader},
    net::{TcpListener, UnixListener},
    sync::Notify,
    task::yield_now,
    time::{Instant, sleep_until, timeout_at},
};

/// So often is looked whether a request has ended; after that something is wrong here.
const LOOKS_MAX: u64 = 3_000_000;

/// What is under way.
#[derive(Clone, Default)]
pub struct Wire(Arc<Shared>);

#[derive(Default)]
struct Shared {
    under_way: AtomicUsize,
    begun: Notify,
}

/// A wire to one host, which may not be there.
#[derive(Clone, Default)]
pub struct End {
    pub wire: Wire,
    pub is_away: Arc<AtomicBool>,
}

impl Watch for End {
    fn begins(&self) -> io::Result<()> {
        if self.is_away.load(Ordering::Relaxed) {
            return Err(io::ErrorKind::ConnectionRefused.into());
        }
        self.wire.begins();
        Ok(())
    }

    fn was_not_made(&self) {
        self.wire.ends();
    }
}

impl Wire {
    fn begins(&self) {
        self.0.under_way.fetch_add(1, Ordering::Relaxed);
        self.0.begun.notify_one();
    }

    fn ends(&self) {
        self.0.under_way.fetch_sub(1, Ordering::Relaxed);
    }

    /// Forgets what an earlier life has left.
    pub fn reset(&self) {
        self.0.under_way.store(0, Ordering::Relaxed);
    }

    /// Holds the clock while something is under way: a runtime of which a task wants to go on is not idle.
    pub async fn hold_clock(self) {
        loop {
            self.0.begun.notified().await;
            let mut looks = 0_u64;
            while self.0.under_way.load(Ordering::Relaxed) > 0 {
                yield_now().await;
                looks += 1;
                assert!(looks < LOOKS_MAX, "a request of the simulation never ends");
            }
        }
    }

    /// Lets time pass within a request.
    async fn wait(&self, time: Duration) {
        if !time.is_zero() {
            self.ends();
            tokio::time::sleep(time).await;
            self.begins();
        }
    }
}

/// A request as it came.
pub struct Request {
    pub path: String,
    pub body: Vec<u8>,
}

/// What comes of a request.
pub enum Reply {
    /// An answer after so long.
    Answer { status: u16, content_type: &'static str, body: Vec<u8>, after: Duration },
    /// The connection breaks.
    Breaks,
    /// Nothing ever comes.
    Silence,
}

impl Reply {
    pub fn json(status: u16, body: &serde_json::Value) -> Self {
        Self::text(status, "application/json", body.to_string())
    }

    pub fn text(status: u16, content_type: &'static str, body: impl Into<Vec<u8>>) -> Self {
        Self::Answer { status, content_type, body: body.into(), after: Duration::ZERO }
    }
}

/// Answers at a socket, each request on a connection of its own.
pub fn serve(
    socket: &Path,
    wire: Wire,
    answer: impl Fn(Request) -> Reply + Send + Sync + 'static,
) -> io::Result<tokio::task::JoinHandle<()>> {
    let listener = UnixListener::bind(socket)?;
    let answer = Arc::new(answer);
    Ok(tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (wire, answer) = (wire.clone(), Arc::clone(&answer));
            tokio::spawn(async move {
                // Whoever goes away in the middle has nothing to hear.
                let _ = one(stream, &wire, None, &*answer).await;
                wire.ends();
            });
        }
    }))
}

/// Answers in real time at an address, which refuses connections while it is away, from and until when.
pub async fn serve_at(
    address: SocketAddr,
    away: Vec<(Instant, Instant)>,
    answer: impl Fn(Request) -> Reply + Send + Sync + 'static,
) -> io::Result<()> {
    let answer = Arc::new(answer);
    loop {
        let listener = TcpListener::bind(address).await?;
        let next = away.iter().filter(|(_, until)| *until > Instant::now()).min();
        let accepted = async {
            while let Ok((stream, _)) = listener.accept().await {
                let answer = Arc::clone(&answer);
                tokio::spawn(async move {
                    let _ = stream.set_nodelay(true);
                    let _ = one(stream, &Wire::default(), Some(SystemTime::now()), &*answer).await;
                });
            }
        };
        let Some((from, until)) = next else {
            accepted.await;
            return Ok(());
        };
        let _ = timeout_at(*from, accepted).await;
        drop(listener);
        sleep_until(*until).await;
    }
}

async fn one(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    wire: &Wire,
    date: Option<SystemTime>,
    answer: &(dyn Fn(Request) -> Reply + Send + Sync),
) -> io::Result<()> {
    let stream = &mut BufReader::new(stream);
    let request = read(stream).await?;
    match answer(request) {
        Reply::Answer { status, content_type, body, after } => {
            wire.wait(after).await;
            let length =
                if status == 204 { String::new() } else { format!("content-length: {}\r\n", body.len()) };
            let date = date.map(|date| format!("date: {}\r\n", httpdate::fmt_http_date(date)));
            let head = format!(
                "HTTP/1.1 {status} Played\r\ncontent-type: {content_type}\r\nconnection: close\r\n{}{length}\r\n",
                date.unwrap_or_default()
            );
            let mut whole = head.into_bytes();
            whole.extend(body);
            stream.write_all(&whole).await?;
            gone(stream).await
        }
        Reply::Breaks => Ok(()),
        Reply::Silence => {
            wire.ends();
            let ended = gone(stream).await;
            wire.begins();
            ended
        }
    }
}

/// Waits until whoever asked has closed the connection.
async fn gone(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<()> {
    let mut rest = [0; 64];
    while stream.read(&mut rest).await? > 0 {}
    Ok(())
}

async fn read(stream: &mut (impl AsyncBufRead + Unpin)) -> io::Result<Request> {
    let mut line = String::new();
    stream.read_line(&mut line).await?;
    let path = line.split(' ').nth(1).ok_or(io::ErrorKind::InvalidData)?.to_owned();
    let mut length = 0;
    loop {
        line.clear();
        if stream.read_line(&mut line).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().map_err(io::Error::other)?;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    Ok(Request { path, body })
}
