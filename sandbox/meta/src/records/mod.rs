//! What the sandbox remembers of the requests it answered.
//!
//! Every list has a bound in number and in bytes: the oldest record leaves first and is counted, so a
//! reader can tell a short run from a list that lost its beginning.

pub(crate) mod dedup;
pub(crate) mod diagnostics;
pub(crate) mod pieces;
pub(crate) mod tally;

use std::collections::BTreeMap;

use sandbox_http::Kept;
use serde::Serialize;
use serde_json::{Map, Value};

use self::dedup::{By, Candidate, Dedup, DedupKeys, DedupOutcome, Origin};
use self::tally::{Sighting, Tallies, Tally};
use crate::Options;
use crate::world::{Attributed, Conversion, Match, World};

/// Most datasets with counts of their own.
const MOST_TALLIED: usize = 10_000;
/// Most event names of all datasets that are counted apart.
const MOST_TALLIES: usize = 20_000;

/// One event that was accepted. The same event accepted twice is listed twice.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AcceptedEvent {
    /// Running number of accepted events, from 1.
    pub n: u64,
    /// Number of the Graph request that carried it, see [`GraphRequest::n`].
    pub request: u64,
    /// The dataset it was sent to.
    pub dataset: String,
    /// When the request was read, Unix milliseconds.
    pub received_at_ms: i64,
    /// Whether a server or a browser sent it.
    pub origin: Origin,
    /// The event object as received; of a browser, in the shape that a server would send.
    pub event: Value,
    /// What Meta would accept and complain about in its diagnostics.
    pub diagnostics: Vec<String>,
    /// The event that it is a copy of; Meta counts only that one.
    pub copy_of: Option<CopyOf>,
    /// Whom it matched; Meta does not say.
    pub matched: Option<Match>,
    /// The ad that brought it; Meta counts it there.
    pub ad_id: Option<String>,
}

/// That an event is a copy of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct CopyOf {
    /// The number of the event that stays.
    pub n: u64,
    /// By what they were recognised.
    pub by: By,
}

/// One request to the Graph side.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct GraphRequest {
    /// Running number of Graph requests, from 1.
    pub n: u64,
    /// When the request was read, Unix milliseconds.
    pub received_at_ms: i64,
    /// Its method.
    pub method: String,
    /// Path without the query, which may carry a token.
    pub path: String,
    /// The dataset (or other object) named in the path; empty if there is none.
    pub dataset: String,
    /// Status of the answer; `None` when a fault left it without one.
    pub status: Option<u16>,
    /// Meta's error code.
    pub code: Option<i64>,
    /// Meta's error subcode.
    pub subcode: Option<i64>,
    /// Why it was refused, in words.
    pub reason: Option<String>,
    /// Which event was to blame, from 0. Meta does not say.
    pub refused_index: Option<usize>,
    /// That event, as text of at most 16 KiB.
    pub refused_event: Option<String>,
    /// The fault that was asked for, if one was met.
    pub fault: Option<String>,
    /// Events in the request, accepted or not; 0 if `data` could not be read.
    pub events: usize,
    /// Whether its events were accepted.
    pub accepted: bool,
    /// Parameters of the request other than events, token and proof, such as `test_event_code`.
    pub envelope: Map<String, Value>,
}

/// How many records have left each list because it was full.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Left {
    /// Accepted events.
    pub events: u64,
    /// Graph requests.
    pub requests: u64,
    /// Keys by which copies would have been recognised.
    pub dedup_keys: u64,
    /// Event ids of a sandbox that discards events.
    pub ids: u64,
    /// Days of ads, with what events brought to them.
    pub ad_days: u64,
}

/// An accepted event as it is kept: compact, so that its size is known.
#[derive(Debug)]
pub(crate) struct KeptEvent {
    seen: AcceptedEvent,
    text: Box<str>,
}

impl KeptEvent {
    pub(crate) fn shown(&self) -> AcceptedEvent {
        AcceptedEvent { event: serde_json::from_str(&self.text).unwrap_or_default(), ..self.seen.clone() }
    }

    pub(crate) fn is_of(&self, dataset: Option<&str>) -> bool {
        dataset.is_none_or(|dataset| dataset == self.seen.dataset)
    }

    pub(crate) fn n(&self) -> u64 {
        self.seen.n
    }
}

/// An event on its way into the records: what takes time is done before they are locked.
#[derive(Debug)]
pub(crate) struct IncomingEvent {
    name: Box<str>,
    keys: DedupKeys,
    /// Only of a sandbox that discards events.
    id: Option<Box<str>>,
    /// Only of a sandbox that keeps events.
    seen: Option<Seen>,
}

#[derive(Debug)]
struct Seen {
    text: Box<str>,
    sighting: Sighting,
    matched: Option<Match>,
    conversion: Option<Conversion>,
}

impl IncomingEvent {
    pub(crate) fn of(world: &World, dataset: &str, event: &Value, text: &str, discard: bool) -> Self {
        let name = event.get("event_name").and_then(Value::as_str).unwrap_or_default();
        let empty = Map::new();
        let keys = DedupKeys::of(dataset, name, event.as_object().unwrap_or(&empty));
        let user_data = event.get("user_data").and_then(Value::as_object);
        let seen = || Seen {
            text: Box::from(text),
            sighting: Sighting::of(event),
            matched: user_data.and_then(|user_data| world.person_of(user_data)),
            conversion: world.conversion(event),
        };
        let id = event.get("event_id").and_then(Value::as_str).filter(|_| discard);
        Self {
            keys,
            id: id.map(|id| format!("{dataset} {name} {id}").into_boxed_str()),
            seen: (!discard).then(seen),
            name: Box::from(name),
        }
    }
}

/// The lists of a sandbox.
#[derive(Debug)]
pub(crate) struct Records {
    pub(crate) events: Kept<KeptEvent>,
    pub(crate) graph: Kept<GraphRequest>,
    /// `dataset name event_id`, only of a sandbox that discards events.
    pub(crate) ids: Kept<Box<str>>,
    pub(crate) dedup: Dedup,
    pub(crate) tallies: BTreeMap<String, Tallies>,
    /// Event names in all of them.
    tally_count: usize,
    /// What events brought to ads; copies bring nothing.
    pub(crate) attributed: Attributed,
    pub(crate) graph_count: u64,
    pub(crate) event_count: u64,
}

impl Records {
    pub(crate) fn new(options: &Options) -> Self {
        Self {
            events: Kept::within(options.keep, options.keep_bytes),
            graph: Kept::within(options.keep, options.keep_bytes / 8),
            ids: Kept::within(options.keep_ids, options.keep_bytes),
            dedup: Dedup::new(options.keep_ids),
            tallies: BTreeMap::new(),
            tally_count: 0,
            attributed: Attributed::default(),
            graph_count: 0,
            event_count: 0,
        }
    }

    /// The accepted events with a greater number than `n`, oldest first.
    pub(crate) fn events_after(&self, n: u64) -> impl Iterator<Item = &KeptEvent> {
        let passed = usize::try_from(n.saturating_sub(self.events.left())).unwrap_or(usize::MAX);
        self.events.iter().skip(passed)
    }

    /// Numbers a request and lists it.
    pub(crate) fn add_request(&mut self, request: GraphRequest) -> u64 {
        self.graph_count += 1;
        let n = self.graph_count;
        let texts = [&request.reason, &request.refused_event].into_iter().flatten().map(String::len);
        let envelope: usize = request.envelope.iter().map(|(key, value)| key.len() + weight(value)).sum();
        let bytes = 256 + request.path.len() + request.dataset.len() + texts.sum::<usize>() + envelope;
        self.graph.push_sized(GraphRequest { n, ..request }, bytes);
        n
    }

    /// Lists an accepted event of request `request`, and finds out what it is a copy of.
    pub(crate) fn add_event(
        &mut self,
        request: u64,
        dataset: &str,
        origin: Origin,
        at_ms: i64,
        incoming: IncomingEvent,
    ) {
        self.event_count += 1;
        let n = self.event_count;
        let verdict = self.dedup.place(Candidate { n, at_ms, origin }, &incoming.keys);
        let tally = self.tally(dataset, &incoming.name);
        tally.add(origin, verdict);
        if let Some(id) = incoming.id {
            let bytes = id.len();
            self.ids.push_sized(id, bytes);
        }
        let Some(Seen { text, sighting, matched, conversion }) = incoming.seen else { return };
        let tally = self.tally(dataset, &incoming.name);
        tally.add_sighting(origin, &sighting, at_ms, matches!(verdict, DedupOutcome::First));
        tally.add_match(origin, matched.as_ref());
        if let (DedupOutcome::First, Some(conversion)) = (verdict, &conversion) {
            self.attributed.add(conversion);
        }
        let mut copy_of = None;
        match verdict {
            DedupOutcome::First => {}
            DedupOutcome::Copy { of, by, .. } => copy_of = Some(CopyOf { n: of, by }),
            DedupOutcome::Replaces { of, by } => {
                if let Some(replaced) = self.events.at_mut(of - 1) {
                    replaced.seen.copy_of = Some(CopyOf { n, by });
                }
            }
        }
        let seen = AcceptedEvent {
            n,
            request,
            dataset: dataset.to_owned(),
            received_at_ms: at_ms,
            origin,
            event: Value::Null,
            diagnostics: sighting.remarks,
            copy_of,
            matched,
            ad_id: conversion.map(|conversion| conversion.ad_id),
        };
        let bytes = 256
            + dataset.len()
            + text.len()
            + seen.diagnostics.iter().map(|text| text.len() + 24).sum::<usize>();
        self.events.push_sized(KeptEvent { seen, text }, bytes);
    }

    fn tally(&mut self, dataset: &str, name: &str) -> &mut Tally {
        let known = self.tallies.contains_key(dataset) || self.tallies.len() < MOST_TALLIED;
        let tallies = self.tallies.entry(if known { dataset } else { "…" }.to_owned()).or_default();
        let name = tallies.key_of(name, self.tally_count < MOST_TALLIES);
        self.tally_count += usize::from(!tallies.0.contains_key(name));
        tallies.0.entry(name.to_owned()).or_default()
    }
}

/// About what a value takes in memory.
fn weight(value: &Value) -> usize {
    64 + match value {
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(weight).sum(),
        Value::Object(map) => map.iter().map(|(key, value)| key.len() + weight(value)).sum(),
        _ => 0,
    }
}
