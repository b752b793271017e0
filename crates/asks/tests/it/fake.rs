//! A host that answers as a test wants.

use std::{
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

pub struct Fake {
    pub url: String,
    requests: Arc<AtomicUsize>,
}

/// What is asked, and with which token.
pub struct Asked {
    pub path: String,
    pub token: String,
    pub body: Vec<u8>,
}

/// What it answers.
pub struct Answer {
    status: u16,
    headers: String,
    body: String,
    manner: Manner,
}

enum Manner {
    Whole,
    BreaksOff,
    Drips,
}

impl From<(u16, String)> for Answer {
    fn from((status, body): (u16, String)) -> Self {
        Self { status, headers: String::new(), body, manner: Manner::Whole }
    }
}

impl Answer {
    pub fn of(status: u16) -> Self {
        (status, String::new()).into()
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers = [&self.headers, name, ": ", value, "\r\n"].concat();
        self
    }

    pub fn that_breaks_off(self) -> Self {
        Self { manner: Manner::BreaksOff, ..self }
    }

    pub fn that_drips(self) -> Self {
        Self { manner: Manner::Drips, ..self }
    }
}

impl Fake {
    /// Answers every request with what `answer` makes of it.
    pub async fn new<F, A>(answer: F) -> Self
    where
        F: Fn(Asked) -> A + Send + Sync + 'static,
        A: Future<Output: Into<Answer>> + Send,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(AtomicUsize::new(0));
        let (answer, count) = (Arc::new(answer), Arc::clone(&requests));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (answer, count) = (Arc::clone(&answer), Arc::clone(&count));
                tokio::spawn(async move {
                    let mut stream = BufReader::new(stream);
                    let Ok(asked) = read(&mut stream).await else { return };
                    count.fetch_add(1, Ordering::SeqCst);
                    let answer = answer(asked).await.into();
                    let _ = write(stream, answer).await;
                });
            }
        });
        Self { url, requests }
    }

    pub fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

async fn read(stream: &mut BufReader<TcpStream>) -> std::io::Result<Asked> {
    let mut first = String::new();
    stream.read_line(&mut first).await?;
    let (mut line, mut token, mut length) = (String::new(), String::new(), 0);
    while stream.read_line(&mut line).await? > 2 {
        if let Some((_, bytes)) = line.to_ascii_lowercase().split_once("content-length: ") {
            length = bytes.trim().parse().unwrap_or(0);
        }
        if let Some((_, bearer)) = line.split_once("Bearer ") {
            bearer.trim().clone_into(&mut token);
        }
        line.clear();
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    Ok(Asked { path: first.split(' ').nth(1).unwrap_or_default().to_owned(), token, body })
}

async fn write(mut stream: BufReader<TcpStream>, answer: Answer) -> std::io::Result<()> {
    let Answer { status, headers, body, manner } = answer;
    let head = format!(
        "HTTP/1.1 {status} Scripted\r\ncontent-length: {}\r\n{headers}connection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await?;
    match manner {
        Manner::Whole => stream.write_all(body.as_bytes()).await?,
        Manner::BreaksOff => stream.write_all(&body.as_bytes()[..body.len() / 2]).await?,
        Manner::Drips => {
            for byte in body.bytes() {
                stream.write_all(&[byte]).await?;
                stream.flush().await?;
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        }
    }
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

/// All deals that a path asks for, as they should be.
pub fn leads_of(path: &str) -> Answer {
    leads(&ids(path).iter().map(|id| lead(id)).collect::<Vec<_>>())
}

/// A page of deals: each the JSON of a row.
pub fn leads(rows: &[String]) -> Answer {
    (200, format!(r#"{{"_embedded":{{"leads":[{}]}}}}"#, rows.join(","))).into()
}

/// A deal as it should be.
pub fn lead(id: &str) -> String {
    format!(r#"{{"id":{id},"pipeline_id":10,"status_id":101,"price":5,"updated_at":1780000000}}"#)
}

/// A deal without a stage: nobody can say what that means.
pub fn odd_lead(id: &str) -> String {
    format!(r#"{{"id":{id},"updated_at":1780000000}}"#)
}
