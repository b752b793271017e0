//! Rows go to the management API, some at a time.

use std::{
    collections::{BTreeMap, VecDeque},
    future::poll_fn,
    pin::Pin,
    task::Poll,
    time::Duration,
};

use form_urlencoded::Serializer;
use reqwest::{Method, StatusCode};
use serde::Deserialize;

use super::tally::Tally;
use crate::{Error, control::ApiCaller};

/// How many rows go at once.
const ROWS_MAX: usize = 1000;
/// How many bytes go at once, about.
const BYTES_MAX: usize = 4 * 1024 * 1024;
/// How often a service is asked again that has no room.
const TRIES_MAX: u32 = 60;
/// How long until then.
const AGAIN_AFTER: Duration = Duration::from_secs(1);
/// What a body begins with.
const BEGIN: &str = "{\"data\":[";

/// How many requests are under way at once: while the answer to one is made, the next one is read from the file.
const REQUESTS_MAX: usize = 2;

/// Rows that are under way, and what becomes of them.
type UnderWay<'c> = Pin<Box<dyn Future<Output = Result<(Vec<SentRow>, ImportAnswer), Error>> + 'c>>;
/// A row as it stands in the file, with its line.
type SentRow = (u64, Vec<String>);

/// Sends rows.
pub struct RowSender<'c> {
    caller: &'c ApiCaller<'c>,
    path: String,
    tally: Tally,
    /// The rows that are to go.
    waiting: Vec<SentRow>,
    body: String,
    /// How much of the file these rows are, bytes.
    raw_bytes: usize,
    /// The oldest first.
    under_way: VecDeque<UnderWay<'c>>,
}

/// What became of some rows.
#[derive(Deserialize)]
struct ImportAnswer {
    taken: u64,
    duplicates: u64,
    kept_back: BTreeMap<String, u64>,
    refused: Vec<RefusedPart>,
    doubtful: Vec<DoubtfulPart>,
    advice: Vec<AdvicePart>,
}

#[derive(Deserialize)]
struct RefusedPart {
    index: usize,
    subcode: Option<u32>,
    path: String,
    message: String,
}

#[derive(Deserialize)]
struct DoubtfulPart {
    index: usize,
    deal: String,
}

#[derive(Deserialize)]
struct AdvicePart {
    path: String,
    message: String,
    indexes: Vec<usize>,
}

impl<'c> RowSender<'c> {
    /// Sends with these parameters.
    pub fn new(caller: &'c ApiCaller<'c>, parameters: &[(&str, Option<&str>)], tally: Tally) -> Self {
        let mut query = Serializer::new(String::new());
        query.extend_pairs(parameters.iter().filter_map(|(name, value)| Some((name, (*value)?))));
        let path = format!("/api/v1/import?{}", query.finish());
        let (waiting, under_way) = (Vec::new(), VecDeque::new());
        Self { caller, path, tally, waiting, body: BEGIN.to_owned(), raw_bytes: 0, under_way }
    }

    /// What has become of the rows.
    pub fn tally(&mut self) -> &mut Tally {
        &mut self.tally
    }

    /// Adds a row.
    pub fn add(&mut self, line: u64, raw: Vec<String>, event: &str) {
        if !self.waiting.is_empty() {
            self.body.push(',');
        }
        self.body.push_str(event);
        self.raw_bytes += raw.iter().map(String::len).sum::<usize>();
        self.waiting.push((line, raw));
    }

    /// Whether what was added should go.
    pub fn is_full(&self) -> bool {
        self.waiting.len() >= ROWS_MAX || self.body.len() >= BYTES_MAX || self.raw_bytes >= BYTES_MAX
    }

    /// Sends what was added, and waits until fewer requests are under way than may be. What was taken is known even
    /// if this ends before the answer.
    pub async fn send(&mut self) -> Result<(), Error> {
        if !self.waiting.is_empty() {
            self.body.push_str("]}");
            let body = std::mem::replace(&mut self.body, BEGIN.to_owned()).into_bytes();
            let rows = std::mem::take(&mut self.waiting);
            self.raw_bytes = 0;
            let (caller, path) = (self.caller, self.path.clone());
            let mut asked: UnderWay<'c> =
                Box::pin(async move { Ok((rows, ask(caller, &path, body).await?)) });
            // It goes now, and not when somebody waits for the answer.
            let begun = poll_fn(|context| Poll::Ready(asked.as_mut().poll(context))).await;
            match begun {
                Poll::Ready(answered) => self.count(answered?)?,
                Poll::Pending => self.under_way.push_back(asked),
            }
        }
        while self.under_way.len() >= REQUESTS_MAX {
            self.hear().await?;
        }
        Ok(())
    }

    /// Waits for the oldest answer.
    async fn hear(&mut self) -> Result<(), Error> {
        let Some(oldest) = self.under_way.front_mut() else { return Ok(()) };
        let answered = oldest.await;
        self.under_way.pop_front();
        self.count(answered?)
    }

    fn count(&mut self, (rows, answer): (Vec<SentRow>, ImportAnswer)) -> Result<(), Error> {
        let ImportAnswer { taken, duplicates, kept_back, refused, doubtful, advice } = answer;
        self.tally.taken(taken, duplicates, kept_back);
        for AdvicePart { path, message, indexes } in advice {
            for (line, _) in indexes.iter().filter_map(|index| rows.get(*index)) {
                self.tally.advised(*line, &path, &message);
            }
        }
        for RefusedPart { index, subcode, path, message } in refused {
            if let Some((line, raw)) = rows.get(index) {
                self.tally.refused(*line, raw, &path, &message, subcode)?;
            }
        }
        for DoubtfulPart { index, deal } in doubtful {
            if let Some((line, raw)) = rows.get(index) {
                self.tally.doubtful(*line, raw, deal)?;
            }
        }
        Ok(())
    }

    /// Sends what is left, and says what has become of all.
    pub async fn end(mut self) -> Result<Tally, Error> {
        self.send().await?;
        while !self.under_way.is_empty() {
            self.hear().await?;
        }
        Ok(self.tally)
    }
}

async fn ask(caller: &ApiCaller<'_>, path: &str, body: Vec<u8>) -> Result<ImportAnswer, Error> {
    let mut tries = 0;
    loop {
        let answer = caller.call(Method::POST, path, Some(body.clone())).await?;
        let status = answer.status();
        if status.is_success() {
            return serde_json::from_slice(answer.body()).map_err(Error::Summary);
        }
        tries += 1;
        if status == StatusCode::SERVICE_UNAVAILABLE && tries < TRIES_MAX {
            tokio::time::sleep(AGAIN_AFTER).await;
            continue;
        }
        return Err(crate::ask::refused(status, &String::from_utf8_lossy(answer.body())));
    }
}
