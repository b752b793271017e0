//! A host that answers HTTP/1.1 as a test wants.

use std::{
    hash::{BuildHasher as _, RandomState},
    io::{Error, ErrorKind},
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

/// A listening host on this machine. It ends with the runtime in which it was made.
#[derive(Debug, Clone)]
pub struct Host {
    /// Where it is: `http://`, address and port.
    pub url: String,
    requests: Arc<AtomicUsize>,
}

impl Host {
    /// Answers every request with what `answer` makes of it. One that never ends never answers.
    pub async fn new<F, A>(answer: F) -> Self
    where
        F: Fn(Request) -> A + Send + Sync + 'static,
        A: Future<Output = Answer> + Send,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let url = format!("http://{}", listener.local_addr().expect("it is bound"));
        let requests = Arc::new(AtomicUsize::new(0));
        let (answer, count) = (Arc::new(answer), Arc::clone(&requests));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // Head and body go at once, not when the client has confirmed the head.
                let _ = stream.set_nodelay(true);
                let (answer, count) = (Arc::clone(&answer), Arc::clone(&count));
                tokio::spawn(async move {
                    let mut stream = BufReader::new(stream);
                    while let Ok(request) = Request::read(&mut stream).await {
                        count.fetch_add(1, Ordering::SeqCst);
                        // Whoever does not want the rest hangs up, which is no failure.
                        if answer(request).await.write(&mut stream).await.is_err() {
                            return;
                        }
                    }
                });
            }
        });
        Self { url, requests }
    }

    /// How many requests came in.
    pub fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

/// An address that is free now; whoever is told of it takes it right after. It is on a loopback address
/// of its own, out of 16 million, so that neither another test nor an outgoing connection takes it in
/// between.
pub fn free_address() -> SocketAddr {
    loop {
        let [a, b, c, ..] = RandomState::new().hash_one(0).to_ne_bytes();
        let address = SocketAddr::from(([127, a.clamp(1, 254), b, c.clamp(1, 254)], 9770));
        if std::net::TcpListener::bind(address).is_ok() {
            return address;
        }
    }
}

/// An address of this machine at which nobody listens.
pub fn vacant_address() -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port is free");
    listener.local_addr().expect("it is bound")
}

/// A request that came in.
#[derive(Debug, Clone)]
pub struct Request {
    /// `GET` or another one.
    pub method: String,
    /// Path and query, as they were sent.
    pub path: String,
    /// Names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// The whole body.
    pub body: Vec<u8>,
}

impl Request {
    /// The first value of a header, whose name is given in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The token that it bears, or nothing.
    pub fn bearer(&self) -> &str {
        self.header("authorization").and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default()
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    async fn read(stream: &mut BufReader<TcpStream>) -> std::io::Result<Self> {
        let first = read_line(stream).await?;
        let mut words = first.split(' ').map(str::to_owned);
        let (Some(method), Some(path)) = (words.next(), words.next()) else {
            return Err(ErrorKind::InvalidData.into());
        };
        let mut request = Self { method, path, headers: Vec::new(), body: Vec::new() };
        loop {
            let line = read_line(stream).await?;
            let Some((name, value)) = line.split_once(':') else { break };
            request.headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        if let Some(length) = request.header("content-length") {
            request.body = vec![0; length.parse().map_err(Error::other)?];
            stream.read_exact(&mut request.body).await?;
        }
        Ok(request)
    }
}

async fn read_line(stream: &mut BufReader<TcpStream>) -> std::io::Result<String> {
    let mut line = String::new();
    stream.read_line(&mut line).await?;
    let whole = line.strip_suffix('\n').ok_or(ErrorKind::UnexpectedEof)?;
    Ok(whole.trim_end().to_owned())
}

/// What is answered, and how it is sent.
#[derive(Debug, Clone)]
pub struct Answer {
    status: u16,
    headers: String,
    body: Vec<u8>,
    manner: Manner,
}

#[derive(Debug, Clone, Copy)]
enum Manner {
    Whole,
    Repeated(usize),
    BreaksOff,
    Drips,
}

impl Answer {
    /// An answer without a body.
    pub fn of(status: u16) -> Self {
        Self::new(status, "")
    }

    /// An answer with a body.
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: String::new(), body: body.into(), manner: Manner::Whole }
    }

    /// With one header more.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers = [&self.headers, name, ": ", value, "\r\n"].concat();
        self
    }

    /// The body so often, one after the other: more than fits into memory.
    #[must_use]
    pub fn repeated(self, times: usize) -> Self {
        Self { manner: Manner::Repeated(times), ..self }
    }

    /// The connection is closed in the middle of the body.
    #[must_use]
    pub fn that_breaks_off(self) -> Self {
        Self { manner: Manner::BreaksOff, ..self }
    }

    /// The body comes byte by byte, five a second.
    #[must_use]
    pub fn that_drips(self) -> Self {
        Self { manner: Manner::Drips, ..self }
    }

    async fn write(self, stream: &mut BufReader<TcpStream>) -> std::io::Result<()> {
        let Self { status, headers, body, manner } = self;
        let times = if let Manner::Repeated(times) = manner { times } else { 1 };
        // An answer of 204 has no body and says no length.
        let length = match status {
            204 => String::new(),
            _ => format!("content-length: {}\r\n", body.len() * times),
        };
        let head = format!("HTTP/1.1 {status} Scripted\r\n{headers}{length}\r\n");
        stream.write_all(head.as_bytes()).await?;
        match manner {
            Manner::Whole | Manner::Repeated(_) => {
                for _ in 0..times {
                    stream.write_all(&body).await?;
                }
            }
            Manner::BreaksOff => {
                stream.write_all(&body[..body.len() / 2]).await?;
                stream.shutdown().await?;
            }
            Manner::Drips => {
                for byte in body {
                    stream.write_all(&[byte]).await?;
                    tokio::time::sleep(Duration::from_millis(200)).await;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the host sends to this, until it closes the connection or ours has been closed.
    async fn sent(host: &Host, requests: &str) -> String {
        let mut stream = TcpStream::connect(host.url.trim_start_matches("http://")).await.unwrap();
        stream.write_all(requests.as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
        let mut answers = String::new();
        stream.read_to_string(&mut answers).await.unwrap();
        answers
    }

    #[tokio::test]
    async fn requests_of_one_connection_are_answered_in_turn() {
        let host = Host::new(async |request: Request| match request.path.as_str() {
            "/broken" => Answer::new(200, "abcdef").that_breaks_off(),
            "/twice" => Answer::new(200, "ab").repeated(2),
            "/none" => Answer::of(204),
            _ => Answer::new(418, request.text() + request.bearer()).header("x-kind", &request.method),
        })
        .await;
        let first = "POST /tea HTTP/1.1\r\nAuthorization: Bearer me\r\nContent-Length: 3\r\n\r\nfor";
        let rest = "GET /twice HTTP/1.1\r\n\r\nGET /none HTTP/1.1\r\n\r\nGET /broken HTTP/1.1\r\n\r\nGET /";
        assert_eq!(
            sent(&host, &[first, rest].concat()).await,
            "HTTP/1.1 418 Scripted\r\nx-kind: POST\r\ncontent-length: 5\r\n\r\nforme\
             HTTP/1.1 200 Scripted\r\ncontent-length: 4\r\n\r\nabab\
             HTTP/1.1 204 Scripted\r\n\r\n\
             HTTP/1.1 200 Scripted\r\ncontent-length: 6\r\n\r\nabc"
        );
        assert_eq!(host.requests(), 4);
    }

    #[tokio::test]
    async fn nobody_listens_at_a_vacant_address() {
        assert!(TcpStream::connect(vacant_address()).await.is_err());
    }
}
