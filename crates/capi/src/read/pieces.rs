//! A request in pieces: its events one after another, without the whole of it in memory.
//!
//! A [`Splitter`] looks at as much of the text as there is and says where the next piece ends. It
//! knows of JSON no more than strings and brackets; whether a piece is JSON is found out by whoever
//! reads it.

use std::{borrow::Cow, ops::Range};

use serde::de::DeserializeSeed as _;
use serde_json::value::RawValue;

use super::{OF_AN_EVENT, broken_at, unfold};
use crate::{Element, Error, event::object::Place};

/// SplitterState a piece stands in the text. Counted from 1, a column in bytes, as serde_json does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Bytes before it.
    pub offset: u64,
    /// Its line.
    pub line: usize,
    /// Bytes of its line before it.
    pub column: usize,
}

impl Default for Position {
    fn default() -> Self {
        Self { offset: 0, line: 1, column: 0 }
    }
}

impl Position {
    fn pass(&mut self, text: &[u8]) {
        self.offset += text.len() as u64;
        match memchr::memrchr(b'\n', text) {
            None => self.column += text.len(),
            Some(last) => {
                self.line += memchr::memchr_iter(b'\n', text).count();
                self.column = text.len() - last - 1;
            }
        }
    }
}

/// A part of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// A request begins.
    Request,
    /// A list of events stands where a request should.
    BareList,
    /// An element of `data`: its bytes.
    Event(Range<usize>),
    /// An event stands where a request should: its bytes.
    BareEvent(Range<usize>),
    /// `data` is no list: its bytes.
    Data(Range<usize>),
    /// `data` is a list and begins.
    List,
    /// Another parameter: the bytes of its name in quotes, and of its value.
    Parameter(Range<usize>, Range<usize>),
}

/// What a splitter found.
#[derive(Debug, PartialEq, Eq)]
pub enum Split {
    /// A piece, where it begins, and how many bytes of the text are done with.
    Piece(Piece, Position, usize),
    /// The text ends before the next piece does.
    More,
    /// The text is read to its end.
    End,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SplitterState {
    Outside,
    Request,
    /// In a list; whether a request is around it.
    List(bool),
}

/// Finds the pieces of JSON requests that stand one after another; usually there is one.
#[derive(Debug)]
pub struct Splitter {
    at: SplitterState,
    /// Whether something stands before in the object or list.
    has_before: bool,
    position: Position,
}

impl Default for Splitter {
    fn default() -> Self {
        Self { at: SplitterState::Outside, has_before: false, position: Position::default() }
    }
}

/// Parameters of a request: an object that begins with one of them, or with `data`, is one.
const OF_A_REQUEST: [&[u8]; 10] = [
    b"\"data\"",
    b"\"access_token\"",
    b"\"accessKey\"",
    b"\"appsecret_proof\"",
    b"\"test_event_code\"",
    b"\"partner_agent\"",
    b"\"namespace_id\"",
    b"\"upload_id\"",
    b"\"upload_tag\"",
    b"\"upload_source\"",
];

impl Splitter {
    /// The next piece of a text that begins where the last one ended. `is_whole` says that no more of
    /// it comes.
    ///
    /// # Errors
    /// The JSON around the pieces is broken: how, and where.
    pub fn next(&mut self, text: &[u8], is_whole: bool) -> Result<Split, Error> {
        let before = (self.at, self.has_before);
        let found = self.look(text, is_whole);
        if matches!(found, Ok(Split::More)) {
            // Nothing is done with, so the same text comes again.
            (self.at, self.has_before) = before;
        }
        found
    }

    fn look(&mut self, text: &[u8], is_whole: bool) -> Result<Split, Error> {
        let mut at = 0;
        if self.position.offset == 0 && !is_whole && text.len() < 3 {
            // It may begin with a byte order mark.
            return Ok(Split::More);
        }
        if self.position.offset == 0 && text.starts_with(b"\xef\xbb\xbf") {
            at = 3;
        }
        loop {
            at = skip_blanks(text, at);
            let Some(byte) = text.get(at) else {
                return match (self.at, is_whole) {
                    (SplitterState::Outside, true) => Ok(Split::End),
                    (_, true) => Err(self.too_early(text)),
                    _ => Ok(Split::More),
                };
            };
            match (self.at, byte) {
                (SplitterState::Outside, b'{') => return self.document(text, at, is_whole),
                (SplitterState::Outside, b'[') => {
                    (self.at, self.has_before) = (SplitterState::List(false), false);
                    return Ok(self.found(text, Piece::BareList, at, at + 1));
                }
                (SplitterState::Outside, _) if self.position.offset > 0 => {
                    let mut place = self.position;
                    place.pass(&text[..at]);
                    return Err(behind(place.line, place.column + 1));
                }
                (SplitterState::Outside, _) => {
                    return Err(Error::unreadable("a request must be a JSON object with the list \"data\""));
                }
                (SplitterState::Request, b'}') | (SplitterState::List(false), b']') => {
                    self.leave(SplitterState::Outside);
                }
                (SplitterState::List(true), b']') => self.leave(SplitterState::Request),
                (_, b',') if self.has_before => {
                    self.has_before = false;
                    let next = skip_blanks(text, at + 1);
                    match text.get(next) {
                        None if !is_whole => return Ok(Split::More),
                        Some(b'}' | b']') => return Err(self.broken(text, next, "trailing comma")),
                        _ => {}
                    }
                }
                (SplitterState::Request, _) if self.has_before => {
                    return Err(self.broken(text, at, "expected `,` or `}`"));
                }
                (SplitterState::List(_), _) if self.has_before => {
                    return Err(self.broken(text, at, "expected `,` or `]`"));
                }
                (SplitterState::Request, b'"') => return self.parameter(text, at, is_whole),
                (SplitterState::Request, _) => return Err(self.broken(text, at, "key must be a string")),
                (SplitterState::List(_), _) => return self.element(text, at, is_whole),
            }
            at += 1;
        }
    }

    fn leave(&mut self, to: SplitterState) {
        (self.at, self.has_before) = (to, to == SplitterState::Request);
    }

    /// An object that is no part of another: a request, or an event that lacks the request around it.
    fn document(&mut self, text: &[u8], start: usize, is_whole: bool) -> Result<Split, Error> {
        let key = skip_blanks(text, start + 1);
        let begins_with = |name: &[u8]| text.get(key..).is_some_and(|rest| rest.starts_with(name));
        if !OF_A_REQUEST.iter().any(|name| begins_with(name)) {
            // Its keys tell, and they may stand at its end.
            let Some(end) = value_end(text, start, is_whole) else {
                return if is_whole { Err(self.too_early(text)) } else { Ok(Split::More) };
            };
            if is_event(&text[start..end]) {
                return Ok(self.found(text, Piece::BareEvent(start..end), start, end));
            }
        }
        (self.at, self.has_before) = (SplitterState::Request, false);
        Ok(self.found(text, Piece::Request, start, start + 1))
    }

    fn element(&mut self, text: &[u8], start: usize, is_whole: bool) -> Result<Split, Error> {
        let Some(end) = value_end(text, start, is_whole) else {
            return if is_whole { Err(self.too_early(text)) } else { Ok(Split::More) };
        };
        if end == start {
            return Err(self.broken(text, start, "expected value"));
        }
        self.has_before = true;
        Ok(self.found(text, Piece::Event(start..end), start, end))
    }

    fn parameter(&mut self, text: &[u8], start: usize, is_whole: bool) -> Result<Split, Error> {
        let more = |this: &Self| if is_whole { Err(this.too_early(text)) } else { Ok(Split::More) };
        let Some(name_end) = value_end(text, start, is_whole) else { return more(self) };
        let colon = skip_blanks(text, name_end);
        match text.get(colon) {
            None => return more(self),
            Some(b':') => {}
            Some(_) => return Err(self.broken(text, colon, "expected `:`")),
        }
        let value = skip_blanks(text, colon + 1);
        if text.get(value).is_none() {
            return more(self);
        }
        let is_data = &text[start..name_end] == b"\"data\"";
        if is_data && text[value] == b'[' {
            (self.at, self.has_before) = (SplitterState::List(true), false);
            return Ok(self.found(text, Piece::List, value, value + 1));
        }
        let Some(end) = value_end(text, value, is_whole) else { return more(self) };
        if end == value {
            return Err(self.broken(text, value, "expected value"));
        }
        self.has_before = true;
        let piece =
            if is_data { Piece::Data(value..end) } else { Piece::Parameter(start..name_end, value..end) };
        Ok(self.found(text, piece, value, end))
    }

    fn found(&mut self, text: &[u8], piece: Piece, start: usize, end: usize) -> Split {
        let mut begins = self.position;
        begins.pass(&text[..start]);
        self.position.pass(&text[..end]);
        Split::Piece(piece, begins, end)
    }

    fn broken(&self, text: &[u8], at: usize, what: &str) -> Error {
        let mut place = self.position;
        place.pass(&text[..at]);
        let (line, column) = (place.line, place.column + 1);
        Error::unreadable(format_args!("the JSON is broken: {what} (line {line}, column {column})"))
    }

    fn too_early(&self, text: &[u8]) -> Error {
        let mut end = self.position;
        end.pass(text);
        Error::unreadable(format_args!("the JSON ends too early (line {}, column {})", end.line, end.column))
    }
}

/// What is said of a text behind the JSON, at a place.
pub(super) fn behind(line: usize, column: usize) -> Error {
    Error::unreadable(format_args!(
        "something stands behind the JSON (line {line}, column {column}); give the JSON alone, and of several put no comma between them"
    ))
}

fn skip_blanks(text: &[u8], from: usize) -> usize {
    let rest = text.get(from..).unwrap_or_default();
    from + rest.iter().take_while(|byte| matches!(byte, b' ' | b'\n' | b'\r' | b'\t')).count()
}

/// SplitterState the value ends that begins at a place; `None` if the text ends before it does.
fn value_end(text: &[u8], start: usize, is_whole: bool) -> Option<usize> {
    match text.get(start)? {
        b'"' => string_end(text, start),
        b'{' | b'[' => {
            let (mut depth, mut at) = (0_usize, start);
            loop {
                match text.get(at)? {
                    b'"' => {
                        at = string_end(text, at)?;
                        continue;
                    }
                    b'{' | b'[' => depth += 1,
                    b'}' | b']' => {
                        depth -= 1;
                        if depth == 0 {
                            return Some(at + 1);
                        }
                    }
                    _ => {}
                }
                at += 1;
            }
        }
        _ => {
            let ends = |byte: &u8| matches!(byte, b',' | b'}' | b']' | b' ' | b'\n' | b'\r' | b'\t' | b':');
            let end = text[start..].iter().position(ends).map(|length| start + length);
            end.or_else(|| is_whole.then_some(text.len()))
        }
    }
}

/// SplitterState the string ends that begins at a place, behind its last quote.
fn string_end(text: &[u8], start: usize) -> Option<usize> {
    let mut at = start + 1;
    loop {
        at += memchr::memchr2(b'"', b'\\', text.get(at..)?)?;
        if text[at] == b'"' {
            return Some(at + 1);
        }
        at += 2;
    }
}

/// Whether an object has no `data`, and keys that an event has.
fn is_event(object: &[u8]) -> bool {
    let Ok(fields) = serde_json::from_slice::<unfold::Fields<'_>>(object) else { return true };
    let has = |name: &str| fields.0.iter().any(|(field, _)| field == name);
    !has("data") && OF_AN_EVENT.iter().any(|name| has(name))
}

/// Reads a piece that is an element of `data`. A string that holds an event is opened into `opened`.
///
/// # Errors
/// What is broken in its JSON, and where.
pub fn read_element<'a>(
    piece: &'a [u8],
    position: Position,
    opened: &'a mut String,
) -> Result<Element<'a>, Error> {
    let mut text = std::str::from_utf8(piece).map_err(|error| {
        let byte = position.offset + error.valid_up_to() as u64;
        Error::unreadable(format_args!("the text is not UTF-8 from byte {byte} on"))
    })?;
    if text.starts_with('"') {
        let raw: &RawValue = serde_json::from_str(text).map_err(|error| broken_at(&error, position))?;
        match unfold::opened(raw) {
            Cow::Owned(inner) => {
                *opened = inner;
                text = opened;
            }
            Cow::Borrowed(_) => return Ok(Err(raw.to_owned())),
        }
    }
    let mut event = None;
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let read = Place(&mut event).deserialize(&mut deserializer);
    let odd =
        read.and_then(|odd| deserializer.end().map(|()| odd)).map_err(|error| broken_at(&error, position))?;
    Ok(match (event, odd) {
        (Some(event), _) => Ok(event),
        (None, Some(raw)) => Err(raw),
        (None, None) => Err(Box::<RawValue>::default()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pieces as text, with their lines and columns, or what is broken.
    fn pieces(text: &str, chunk: usize) -> Result<Vec<String>, Error> {
        let (mut splitter, mut found) = (Splitter::default(), Vec::new());
        let (mut start, mut end) = (0, chunk.min(text.len()));
        loop {
            let rest = &text.as_bytes()[start..end];
            match splitter.next(rest, end == text.len())? {
                Split::More => end = (end + chunk).min(text.len()),
                Split::End => return Ok(found),
                Split::Piece(piece, position, done) => {
                    let shown = |range: Range<usize>| String::from_utf8_lossy(&rest[range]).into_owned();
                    let what = match piece {
                        Piece::Request => "request".to_owned(),
                        Piece::BareList => "bare list".to_owned(),
                        Piece::List => "list".to_owned(),
                        Piece::Event(range) => format!("event {}", shown(range)),
                        Piece::BareEvent(range) => format!("bare {}", shown(range)),
                        Piece::Data(range) => format!("data {}", shown(range)),
                        Piece::Parameter(name, value) => format!("{} {}", shown(name), shown(value)),
                    };
                    found.push(format!("{}:{} {what}", position.line, position.column));
                    start += done;
                }
            }
        }
    }

    #[test]
    fn pieces_are_the_same_however_the_text_comes() {
        let text = "\u{feff} {\"x\": [1, {\"a\":\"}\\\"\"}] , \"data\" : [ {\"b\": \"]\"} ,\n\"t\\\\\", 7 ], \"data\":\"[]\" }\n{\"event_name\":1} [{}] {\"y\":null}";
        let expected = pieces(text, text.len()).unwrap();
        assert_eq!(
            expected,
            [
                "1:4 request",
                "1:10 \"x\" [1, {\"a\":\"}\\\"\"}]",
                "1:38 list",
                "1:40 event {\"b\": \"]\"}",
                "2:0 event \"t\\\\\"",
                "2:7 event 7",
                "2:19 data \"[]\"",
                "3:0 bare {\"event_name\":1}",
                "3:17 bare list",
                "3:18 event {}",
                "3:22 request",
                "3:27 \"y\" null",
            ]
        );
        for chunk in 1..40 {
            assert_eq!(pieces(text, chunk).unwrap(), expected, "{chunk}");
        }
    }

    #[test]
    fn what_is_broken_is_said_with_its_place_however_the_text_comes() {
        for (text, said) in [
            ("{\"data\":[{},]}", "trailing comma (line 1, column 13)"),
            ("{\"data\":[{}\n{}]}", "expected `,` or `]` (line 2, column 1)"),
            ("{\"data\":[1],}", "trailing comma"),
            ("{\"data\" [1]}", "expected `:`"),
            ("{\"data\":[1] \"x\":1}", "expected `,` or `}`"),
            ("{\"data\":[,]}", "expected value"),
            ("{\"data\":[1", "ends too early (line 1, column 10)"),
            ("{\"data\":", "ends too early"),
            ("{\"data\":[1]}x", "behind the JSON (line 1, column 13)"),
            ("{\"data\":[1]}\n;", "behind the JSON (line 2, column 1)"),
            ("{\"event_name\":1},\n{}", "behind the JSON (line 1, column 17)"),
            ("[1] and more", "behind the JSON (line 1, column 5)"),
            ("x", "must be a JSON object"),
        ] {
            for chunk in 1..20 {
                let error = pieces(text, chunk).unwrap_err().to_string();
                assert!(error.contains(said), "{text} by {chunk}: {error}");
            }
        }
    }

    #[test]
    fn a_long_text_costs_no_more_than_its_length() {
        let text = format!("{{\"data\":[{}]}}", vec!["{\"event_name\":\"Lead\"}"; 2000].join(","));
        assert_eq!(pieces(&text, 64).unwrap().len(), 2002);
    }
}
