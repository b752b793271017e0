//! Requests in every encoding that the Graph API takes.
//!
//! A body is JSON, a form (`application/x-www-form-urlencoded`) or `multipart/form-data`; in it
//! `data` is a list or a string that holds one, and each event an object or a string that holds
//! one. Wherever something is broken, the error says what and where.

mod apart;
mod form;
mod mistaken;
mod multipart;
pub mod pasted;
pub mod pieces;
mod request;
mod shape;
mod unfold;

use std::fmt;

use serde::de::DeserializeSeed as _;

use crate::{Error, Event, event::object::Place};

use pieces::Position;
pub(crate) use shape::{OF_AN_EVENT, ObjectShape, is_place};
pub(crate) use unfold::Fields as RawFields;

pub use request::{Element, Envelope, RequestBody};

/// Room for what has to be decoded before it can be read. Printing it shows
/// nothing.
#[derive(Default)]
pub struct Scratch {
    decoded: Vec<u8>,
    unfolded: Vec<u8>,
}

impl fmt::Debug for Scratch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Scratch(..)")
    }
}

/// Reads a request's body. `content_type` is the header's value; what is neither form nor
/// multipart is read as JSON.
///
/// ```
/// let mut scratch = capi::Scratch::default();
/// let body = br#"{"data":["{\"event_name\":\"Lead\",\"event_time\":\"1780000000\"}"]}"#;
/// let request = capi::read_request("application/json", body, &mut scratch).unwrap();
/// let event = request.data[0].as_ref().unwrap();
/// assert_eq!(event.event_time, Some(1_780_000_000));
/// ```
///
/// # Errors
/// What is broken in the JSON and where; broken JSON is the whole body's. An event of an odd shape is
/// no error: it is an [`Element`], and so is one that cannot be read although it is seen where it ends, such as one
/// with a number beyond all bounds.
pub fn read_request<'a>(
    content_type: &str,
    body: &'a [u8],
    scratch: &'a mut Scratch,
) -> Result<RequestBody<'a>, Error> {
    let kind = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if let Some(mistake) = mistaken::at_first_sight(&kind, body) {
        return Err(mistake);
    }
    let is_form = matches!(kind.as_str(), "application/x-www-form-urlencoded" | "multipart/form-data");
    let Scratch { decoded, unfolded } = scratch;
    let json: &'a [u8] = match kind.as_str() {
        "application/x-www-form-urlencoded" => {
            *decoded = form::decode(body);
            decoded
        }
        "multipart/form-data" => {
            *decoded = multipart::decode(content_type, body)?;
            decoded
        }
        _ => body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body),
    };
    let request = match read_json(json) {
        Ok(request) => request,
        Err(broken) if is_form => return Err(broken),
        Err(broken) => return Err(mistaken::no_json(body, broken)),
    };
    if !request.is_folded {
        return Ok(request);
    }
    // Rare: strings that hold JSON. They are opened once, and the result is read like any other.
    *unfolded = unfold::open(json)?;
    read_json(unfolded)
}

/// Reads a request from JSON. Where an event spoils the whole, each is read by itself.
fn read_json(json: &[u8]) -> Result<RequestBody<'_>, Error> {
    let json = text(json)?;
    request::read(json).or_else(|error| apart::read(json).ok_or(error))
}

/// Whether a text is JSON; the error says what is broken, and where.
pub(crate) fn check_json(json: &[u8]) -> Result<(), Error> {
    let json = text(json.strip_prefix(b"\xef\xbb\xbf").unwrap_or(json))?;
    serde_json::from_str::<serde::de::IgnoredAny>(json).map(drop).map_err(broken)
}

/// Reads the parameters of a request without its events: an object of them, of whatever shape.
///
/// # Errors
/// What is broken in the JSON and where.
pub fn read_envelope(json: &[u8]) -> Result<Envelope<'_>, Error> {
    read_json(json).map(|request| request.envelope)
}

impl<'a> Event<'a> {
    /// Reads one event from a JSON object.
    ///
    /// # Errors
    /// What is broken in the JSON and where. A field of a wrong shape is no error: it is kept in
    /// `extra`, and [`crate::check`] speaks of it.
    pub fn from_slice(json: &'a [u8]) -> Result<Self, Error> {
        let mut event = None;
        // Asking once for the whole text is cheaper than asking for each string in it.
        let mut deserializer = serde_json::Deserializer::from_str(text(json)?);
        Place(&mut event).deserialize(&mut deserializer).map_err(broken)?;
        deserializer.end().map_err(broken)?;
        event.ok_or_else(|| Error::unreadable("an event must be a JSON object"))
    }
}

fn text(json: &[u8]) -> Result<&str, Error> {
    std::str::from_utf8(json).map_err(|error| {
        Error::unreadable(format_args!("the text is not UTF-8 from byte {} on", error.valid_up_to()))
    })
}

/// What serde_json says of broken JSON, without the value that it may repeat.
#[expect(clippy::needless_pass_by_value, reason = "it stands behind `map_err`")]
fn broken(error: serde_json::Error) -> Error {
    broken_at(&error, Position::default())
}

/// The same for a part of the text.
fn broken_at(error: &serde_json::Error, begins: Position) -> Error {
    let category = match error.classify() {
        serde_json::error::Category::Eof => "the JSON ends too early".to_owned(),
        serde_json::error::Category::Syntax => {
            let said = error.to_string();
            let reason = said.split(" at line").next().unwrap_or_default();
            let hint = match reason {
                "key must be a string" => " in straight double quotes",
                "expected value" => "; comments, undefined and NaN are none",
                _ => "",
            };
            format!("the JSON is broken: {reason}{hint}")
        }
        _ => "the JSON cannot be read".to_owned(),
    };
    let line = begins.line + error.line().saturating_sub(1);
    let column = error.column() + if error.line() <= 1 { begins.column } else { 0 };
    if category.ends_with("trailing characters") {
        return pieces::behind(line, column);
    }
    Error::unreadable(format_args!("{category} (line {line}, column {column})"))
}

#[cfg(test)]
mod tests;
