//! Somebody who stands where Meta should.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

/// Answers requests on a thread of its own.
pub struct Stranger {
    address: SocketAddr,
    requests: Arc<AtomicUsize>,
}

/// An answer: status line and headers, and a body of this piece so often.
pub struct Said {
    pub head: String,
    pub piece: Vec<u8>,
    pub times: usize,
}

impl Stranger {
    /// Gives every request the same short answer.
    pub fn new(head: &str) -> Self {
        let head = head.to_owned();
        Self::answering(move |_| Said { head: head.clone(), piece: b"<html>".to_vec(), times: 1 })
    }

    /// Answers by the body of the request.
    pub fn answering(says: impl Fn(&str) -> Said + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(AtomicUsize::new(0));
        let seen = Arc::clone(&requests);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                seen.fetch_add(1, Ordering::SeqCst);
                // Whoever does not want the rest hangs up, which is no failure.
                let _ = answer(&stream, &says);
            }
        });
        Self { address, requests }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

fn answer(mut stream: &TcpStream, says: &impl Fn(&str) -> Said) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let Said { head, piece, times } = says(&String::from_utf8_lossy(&body));
    let length = piece.len() * times;
    write!(stream, "{head}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n")?;
    for _ in 0..times {
        stream.write_all(&piece)?;
    }
    Ok(())
}
