//! A host that answers as a test wants.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

pub struct Fake {
    pub url: String,
    requests: Arc<AtomicUsize>,
}

impl Fake {
    /// Answers every path with what `answer` makes of it: a status and a body.
    pub async fn new<F, A>(answer: F) -> Self
    where
        F: Fn(String) -> A + Send + Sync + 'static,
        A: Future<Output = (u16, String)> + Send,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(AtomicUsize::new(0));
        let (answer, count) = (Arc::new(answer), Arc::clone(&requests));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (answer, count) = (Arc::clone(&answer), Arc::clone(&count));
                tokio::spawn(async move {
                    let _ = serve(stream, &*answer, &count).await;
                });
            }
        });
        Self { url, requests }
    }

    pub fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

async fn serve<A: Future<Output = (u16, String)>>(
    stream: TcpStream,
    answer: &impl Fn(String) -> A,
    count: &AtomicUsize,
) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut first = String::new();
    stream.read_line(&mut first).await?;
    let mut line = String::new();
    while stream.read_line(&mut line).await? > 2 {
        line.clear();
    }
    count.fetch_add(1, Ordering::SeqCst);
    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let (status, body) = answer(path).await;
    let head =
        format!("HTTP/1.1 {status} Scripted\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body.as_bytes()).await?;
    stream.shutdown().await
}

/// The ids that a path filters by.
pub fn ids(path: &str) -> Vec<&str> {
    path.split('&')
        .filter_map(|pair| pair.split_once("id%5D%5B%5D="))
        .map(|(_, id)| id)
        .filter(|id| id.bytes().all(|byte| byte.is_ascii_digit()))
        .collect()
}

/// A page of deals: each the JSON of a row.
pub fn leads(rows: &[String]) -> (u16, String) {
    (200, format!(r#"{{"_embedded":{{"leads":[{}]}}}}"#, rows.join(",")))
}

/// A deal as it should be.
pub fn lead(id: &str) -> String {
    format!(r#"{{"id":{id},"pipeline_id":10,"status_id":101,"price":5,"updated_at":1780000000}}"#)
}

/// A deal without a stage: nobody can say what that means.
pub fn odd_lead(id: &str) -> String {
    format!(r#"{{"id":{id},"updated_at":1780000000}}"#)
}
