//! One request over one connection, and nothing kept: whoever is called may be killed at any moment.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    time::Duration,
};

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpSocket,
    time::timeout,
};

use super::Failure;

/// How long an answer may take.
const WITHIN: Duration = Duration::from_secs(10);

/// A request to a server on this machine.
pub struct Request<'a> {
    pub to: SocketAddr,
    pub method: &'a str,
    pub path: &'a str,
    /// Lines of the head, each with its end.
    pub head: &'a str,
    pub body: &'a [u8],
    /// The loopback address from which it comes: Kommo counts requests by address.
    pub from: Ipv4Addr,
}

/// Sends it; status and body of the answer.
pub async fn send(request: &Request<'_>) -> Result<(u16, Vec<u8>), Failure> {
    timeout(WITHIN, exchange(request)).await?
}

async fn exchange(request: &Request<'_>) -> Result<(u16, Vec<u8>), Failure> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::new(IpAddr::V4(request.from), 0))?;
    let mut stream = socket.connect(request.to).await?;
    // The older version: its answers are never chunked, and end with the connection.
    let head = format!(
        "{} {} HTTP/1.0\r\nhost: {}\r\n{}content-length: {}\r\n\r\n",
        request.method,
        request.path,
        request.to,
        request.head,
        request.body.len()
    );
    stream.write_all(&[head.as_bytes(), request.body].concat()).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").ok_or("an answer without a head")?;
    let head = String::from_utf8_lossy(&answer[..end]).into_owned();
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or("no status")?;
    let body = answer.split_off(end + 4);
    let length = super::load::content_length(&head);
    if length.is_some_and(|length| body.len() < length) {
        return Err("an answer that breaks off".into());
    }
    Ok((status, body))
}

/// Sends JSON and reads JSON; anything but 2xx is a failure.
pub async fn json(
    to: SocketAddr,
    method: &str,
    path: &str,
    head: &str,
    body: &Value,
) -> Result<Value, Failure> {
    json_from(Ipv4Addr::LOCALHOST, to, method, path, head, body).await
}

/// The same from another loopback address.
pub async fn json_from(
    from: Ipv4Addr,
    to: SocketAddr,
    method: &str,
    path: &str,
    head: &str,
    body: &Value,
) -> Result<Value, Failure> {
    let text = if body.is_null() { String::new() } else { body.to_string() };
    let head = format!("content-type: application/json\r\n{head}");
    let (status, answer) =
        send(&Request { to, method, path, head: &head, body: text.as_bytes(), from }).await?;
    if !(200..300).contains(&status) {
        let answer = String::from_utf8_lossy(&answer);
        return Err(format!("{method} {path} was answered with {status}: {answer}").into());
    }
    Ok(serde_json::from_slice(&answer).unwrap_or_default())
}
