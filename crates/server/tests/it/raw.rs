//! Requests that no well-behaved client would make.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// Writes these bytes, and no more.
pub async fn write(address: SocketAddr, bytes: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    stream
}

/// The first line of the answer; it must come well before anything times out.
pub async fn status_line(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let mut chunk = [0; 1024];
    while !answer.windows(2).any(|end| end == b"\r\n") {
        let read = timeout(Duration::from_secs(8), stream.read(&mut chunk)).await.unwrap().unwrap();
        assert!(read > 0, "closed without an answer");
        answer.extend_from_slice(&chunk[..read]);
    }
    String::from_utf8_lossy(&answer).lines().next().unwrap().to_owned()
}

/// All of the answer.
pub async fn answer(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    timeout(Duration::from_secs(8), stream.read_to_end(&mut answer)).await.unwrap().unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}
