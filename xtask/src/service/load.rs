//! Requests, and connections that send them: plain TCP, so that the generator costs little.

use std::{
    io,
    net::SocketAddr,
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use super::{
    Failure,
    names::{APP_SECRET, PIPELINE, WON, phone, waba, whatsapp_key},
};

/// How long an answer may take; then it counts as a failure.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);
/// How often a post that has to be acknowledged is tried, and how long the wait in between is.
const TRIES: usize = 50;
const BETWEEN_TRIES: Duration = Duration::from_millis(200);
/// Longest answer that is read, bytes.
const ANSWER_BYTES_MAX: usize = 4 * 1024 * 1024;

/// A connection that is opened when it is needed and kept as long as the service keeps it.
pub struct Connection {
    address: SocketAddr,
    stream: Option<TcpStream>,
}

impl Connection {
    pub fn to(address: SocketAddr) -> Self {
        Self { address, stream: None }
    }

    /// Sends a request; the status of the answer, or `None` if none came, and how long it took.
    pub async fn send(&mut self, request: &[u8]) -> (Option<u16>, Duration) {
        let sent = Instant::now();
        let answer = timeout(ANSWER_WITHIN, self.exchange(request)).await.ok().and_then(Result::ok);
        let status = answer.map(|answer| answer.status);
        if status.is_none() {
            self.stream = None;
        }
        (status, sent.elapsed())
    }

    /// Sends a request that has to be acknowledged, a few times if need be.
    pub async fn must_send(&mut self, request: &[u8]) -> Result<(), Failure> {
        let mut last = None;
        for _ in 0..TRIES {
            last = self.send(request).await.0;
            if last == Some(200) {
                return Ok(());
            }
            tokio::time::sleep(BETWEEN_TRIES).await;
        }
        Err(format!("a post was not acknowledged, the last answer was {last:?}").into())
    }

    /// Asks for something; the body of the answer, if that is 200.
    pub async fn get(&mut self, path: &str, token: &str) -> Result<Vec<u8>, Failure> {
        let request =
            format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\n\r\n");
        let answer = timeout(ANSWER_WITHIN, self.exchange(request.as_bytes())).await??;
        if answer.status == 200 {
            Ok(answer.body)
        } else {
            Err(format!("GET {path} was answered with {}", answer.status).into())
        }
    }

    async fn exchange(&mut self, request: &[u8]) -> io::Result<Answer> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => TcpStream::connect(self.address).await?,
        };
        stream.set_nodelay(true)?;
        stream.write_all(request).await?;
        let answer = read_answer(&mut stream).await?;
        self.stream = answer.is_kept.then_some(stream);
        Ok(answer)
    }
}

/// An answer of the service.
pub struct Answer {
    pub status: u16,
    /// Whether the connection stays open.
    is_kept: bool,
    body: Vec<u8>,
}

/// Reads one answer.
pub async fn read_answer(stream: &mut TcpStream) -> io::Result<Answer> {
    let mut read = Vec::with_capacity(512);
    loop {
        let head_length = read.windows(4).position(|window| window == b"\r\n\r\n").map(|end| end + 4);
        if let Some(head_length) = head_length {
            let head = String::from_utf8_lossy(&read[..head_length]).to_ascii_lowercase();
            if read.len() >= head_length + content_length(&head).unwrap_or(0) {
                let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
                let status = status.ok_or(io::ErrorKind::InvalidData)?;
                let is_kept = !head.contains("connection: close");
                return Ok(Answer { status, is_kept, body: read.split_off(head_length) });
            }
        }
        if read.len() > ANSWER_BYTES_MAX || stream.read_buf(&mut read).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}

/// The length that a head declares.
pub fn content_length(head: &str) -> Option<usize> {
    let mut fields = head.lines().filter_map(|line| line.split_once(':'));
    fields.find(|(name, _)| name.eq_ignore_ascii_case("content-length"))?.1.trim().parse().ok()
}

/// A request to a hook.
pub fn post(key: &str, kind: &str, more: &str, body: &str) -> Vec<u8> {
    format!(
        "POST /hooks/{key} HTTP/1.1\r\nhost: localhost\r\ncontent-type: {kind}\r\n{more}\
         content-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// The first messages of people who came from an ad, in one signed webhook. Each is named by the
/// number of the deal that it becomes.
pub fn clicks(workspace: usize, people: impl IntoIterator<Item = u64>, won_s: i64) -> Vec<u8> {
    let (mut contacts, mut messages) = (Vec::new(), Vec::new());
    for person in people {
        let phone = phone(person);
        contacts.push(format!(r#"{{"profile":{{"name":"Customer"}},"wa_id":"{phone}"}}"#));
        messages.push(format!(
            r#"{{"from":"{phone}","id":"wamid.{workspace}.{person}","timestamp":"{}","type":"text","text":{{"body":"Hello"}},"referral":{{"source_url":"https://fb.me/x","source_id":"120200000000000001","source_type":"ad","headline":"h","body":"b","ctwa_clid":"ARAclick{person}"}}}}"#,
            won_s - 600
        ));
    }
    let body = format!(
        r#"{{"object":"whatsapp_business_account","entry":[{{"id":"{}","changes":[{{"field":"messages","value":{{"messaging_product":"whatsapp","metadata":{{"display_phone_number":"15550001111","phone_number_id":"100"}},"contacts":[{}],"messages":[{}]}}}}]}}]}}"#,
        waba(workspace),
        contacts.join(","),
        messages.join(",")
    );
    // Meta signs webhooks in the way in which an app proves its secret: HMAC-SHA256, in hex.
    let signature = capi::appsecret_proof(APP_SECRET, &body);
    let signed = format!("x-hub-signature-256: sha256={signature}\r\n");
    post(&whatsapp_key(workspace), "application/json", &signed, &body)
}

/// That these deals were won, as Kommo posts it.
pub fn wins(key: &str, deals: impl IntoIterator<Item = u64>, won_s: i64) -> Vec<u8> {
    let fields: Vec<String> = deals
        .into_iter()
        .enumerate()
        .map(|(place, deal)| {
            format!(
                "leads[status][{place}][id]={deal}&leads[status][{place}][status_id]={WON}&\
                 leads[status][{place}][old_status_id]=880001&leads[status][{place}][pipeline_id]={PIPELINE}&\
                 leads[status][{place}][old_pipeline_id]={PIPELINE}&\
                 leads[status][{place}][last_modified]={won_s}&leads[status][{place}][updated_at]={won_s}"
            )
        })
        .collect();
    let body = format!("account[subdomain]=stub&{}", fields.join("&"));
    post(key, "application/x-www-form-urlencoded", "", &body)
}
