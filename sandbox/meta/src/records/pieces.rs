//! The list of accepted events as an answer that is written piece by piece: all of it at once would take
//! many times the memory that the records have.

use std::convert::Infallible;

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use http_body_util::Channel;
use serde_json::json;

use crate::Meta;
use crate::records::Records;

/// A piece ends with the event that makes it this long.
const PIECE_BYTES: usize = 256 * 1024;

/// Which events are asked for.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    pub(crate) dataset: Option<String>,
    /// Those with a greater number.
    pub(crate) after: u64,
    /// The newest of them, so many.
    pub(crate) limit: Option<usize>,
}

/// The events that are there when the answer begins; one that leaves meanwhile is left out.
pub(crate) fn events(meta: Meta, wanted: Wanted) -> Response {
    let (sender, body) = Channel::<Bytes, Infallible>::new(1);
    tokio::spawn(write(meta, wanted, sender));
    let mut response = Response::new(Body::new(body));
    let kind = HeaderValue::from_static("application/json; charset=UTF-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

async fn write(meta: Meta, wanted: Wanted, mut sender: http_body_util::channel::Sender<Bytes, Infallible>) {
    let (mut after, last) = {
        let records = meta.records();
        (start(&records, &wanted), records.event_count)
    };
    let mut piece = "{\"events\":[".to_owned();
    let mut is_first = true;
    loop {
        let whole = add_piece(&meta.records(), &wanted, last, (&mut after, &mut is_first), &mut piece);
        if whole {
            let end = json!({ "count": last, "left": meta.left().events }).to_string();
            piece.push_str("],");
            piece.push_str(end.trim_start_matches('{'));
        }
        // A client that has gone needs no more.
        if sender.send_data(std::mem::take(&mut piece).into()).await.is_err() || whole {
            return;
        }
    }
}

/// The number after which the newest `limit` events begin.
fn start(records: &Records, wanted: &Wanted) -> u64 {
    let Some(limit) = wanted.limit else { return wanted.after };
    let of_dataset = records.events.iter().rev().filter(|event| event.is_of(wanted.dataset.as_deref()));
    let newest = of_dataset.map(crate::records::KeptEvent::n).take_while(|n| *n > wanted.after);
    newest.take(limit).last().map_or(records.event_count, |first| first - 1)
}

/// Says whether nothing is left to write.
fn add_piece(
    records: &Records,
    wanted: &Wanted,
    last: u64,
    (after, is_first): (&mut u64, &mut bool),
    piece: &mut String,
) -> bool {
    for event in records.events_after(*after).take_while(|event| event.n() <= last) {
        *after = event.n();
        if !event.is_of(wanted.dataset.as_deref()) {
            continue;
        }
        if !std::mem::take(is_first) {
            piece.push(',');
        }
        piece.push_str(&json!(event.shown()).to_string());
        if piece.len() >= PIECE_BYTES {
            return false;
        }
    }
    true
}
