use serde_json::{Value, json};

use super::*;

mod apart;
mod bodies;
mod errors;
mod secrets;
mod values;

/// Reads a body as JSON and hands the request over.
fn with_request<T>(content_type: &str, body: &[u8], look: impl FnOnce(&RequestBody<'_>) -> T) -> T {
    let mut scratch = Scratch::default();
    look(&read_request(content_type, body, &mut scratch).unwrap())
}

fn with_event<T>(json: &str, look: impl FnOnce(&Event<'_>) -> T) -> T {
    look(&Event::from_slice(json.as_bytes()).unwrap())
}

fn error(content_type: &str, body: &[u8]) -> String {
    let mut scratch = Scratch::default();
    read_request(content_type, body, &mut scratch).unwrap_err().to_string()
}

/// Name and JSON of what was kept as it came.
fn extra(extra: &crate::event::Extra<'_>) -> Vec<(String, String)> {
    extra.iter().map(|(name, raw)| (name.to_string(), raw.get().to_owned())).collect()
}
