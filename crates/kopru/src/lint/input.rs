//! The body that is looked at: read event by event where it is JSON, and as a whole where it has to be
//! made JSON first.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use capi::{
    Element,
    pasted::{self, PastedKind},
    pieces::{Piece, Position, Split, Splitter, read_element},
};

use super::{BODY_BYTES_MAX, shown};
use crate::Error;

/// How much is read at once, bytes. An event has some hundred.
const CHUNK_BYTES: usize = 256 * 1024;
/// Parameters of a request beside its events: so many bytes of them are looked at.
const PARAMETERS_BYTES_MAX: usize = 1024 * 1024;

/// Looks at what a body holds, in the order in which it stands there.
pub trait Looker {
    /// A request begins, or a list of events without one, on a line.
    fn begins(&mut self, line: usize, form: Around);
    /// The request has a list of events.
    fn list(&mut self);
    /// An event, or what stands in its place.
    fn event(&mut self, element: &Element<'_>);
    /// The request has ended: its other parameters, as an object.
    fn ends(&mut self, parameters: &[u8]);
}

/// What stands around events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Around {
    /// A request.
    Request,
    /// A list alone.
    List,
    /// Nothing: one event, or one after another.
    Nothing,
}

/// In what form a body came.
pub struct BodyForm {
    pub kind: PastedKind,
    /// What is to be said of it.
    pub advice: Vec<&'static str>,
}

/// Hands over all of a body.
pub fn walk(name: Option<&Path>, looker: &mut impl Looker) -> Result<BodyForm, Error> {
    let mut text = GrowingText::open(name)?;
    let body = |cause| Error::Body { name: shown(name), cause };
    text.grow()?;
    if pasted::kind(text.rest()) == Some(PastedKind::Json) {
        let mut walker = Walker::new(looker);
        loop {
            let found = walker.splitter.next(text.rest(), text.is_whole);
            match found.map_err(|error| body(hinted(error, text.rest())))? {
                Split::Piece(piece, position, done) => {
                    let taken = walker.take(piece, position, text.rest());
                    taken.map_err(|error| body(hinted(error, text.rest())))?;
                    text.start += done;
                }
                Split::More => text.grow()?,
                Split::End => break,
            }
        }
        walker.end();
        return Ok(BodyForm { kind: PastedKind::Json, advice: Vec::new() });
    }
    while !text.is_whole {
        text.grow()?;
    }
    let opened = pasted::open(text.rest()).map_err(body)?;
    Walker::new(looker).whole(&opened.json).map_err(body)?;
    Ok(BodyForm { kind: opened.kind, advice: opened.advice })
}

/// The whole of a body as the JSON that it stands for.
pub fn whole(name: Option<&Path>) -> Result<(Vec<u8>, BodyForm), Error> {
    let mut text = GrowingText::open(name)?;
    while !text.is_whole {
        text.grow()?;
    }
    let opened = pasted::open(text.rest()).map_err(|cause| Error::Body { name: shown(name), cause })?;
    let form = BodyForm { kind: opened.kind, advice: opened.advice };
    Ok((opened.json.into_owned(), form))
}

/// Hands over all of a body that is JSON.
pub fn walk_json(json: &[u8], looker: &mut impl Looker) -> Result<(), capi::Error> {
    Walker::new(looker).whole(json)
}

/// What begins like JSON and is none may be another language.
fn hinted(error: capi::Error, rest: &[u8]) -> capi::Error {
    let said = pasted::looks_like(rest);
    if said.contains("single quotes") { capi::Error::Unreadable(said.to_owned()) } else { error }
}

struct Walker<'l, L> {
    looker: &'l mut L,
    splitter: Splitter,
    around: Option<Around>,
    parameters: Vec<u8>,
    opened: String,
}

impl<'l, L: Looker> Walker<'l, L> {
    fn new(looker: &'l mut L) -> Self {
        let (splitter, around) = (Splitter::default(), None);
        Self { looker, splitter, around, parameters: Vec::new(), opened: String::new() }
    }

    fn whole(&mut self, json: &[u8]) -> Result<(), capi::Error> {
        let mut rest = json;
        while let Split::Piece(piece, position, done) = self.splitter.next(rest, true)? {
            self.take(piece, position, rest)?;
            rest = rest.get(done..).unwrap_or_default();
        }
        self.end();
        Ok(())
    }

    fn take(&mut self, piece: Piece, position: Position, text: &[u8]) -> Result<(), capi::Error> {
        match piece {
            Piece::Request => self.begin(position, Around::Request),
            Piece::BareList => self.begin(position, Around::List),
            Piece::BareEvent(range) => {
                if self.around != Some(Around::Nothing) {
                    self.begin(position, Around::Nothing);
                }
                self.element(&text[range], position)?;
            }
            Piece::List => self.looker.list(),
            Piece::Event(range) => self.element(&text[range], position)?,
            Piece::Data(range) => self.folded(&text[range])?,
            Piece::Parameter(name, value) => self.parameter(&text[name], &text[value]),
        }
        Ok(())
    }

    fn begin(&mut self, position: Position, around: Around) {
        self.end();
        self.around = Some(around);
        self.looker.begins(position.line, around);
    }

    fn end(&mut self) {
        if self.around.take().is_some() {
            let mut parameters = std::mem::take(&mut self.parameters);
            parameters.insert(0, b'{');
            parameters.push(b'}');
            self.looker.ends(&parameters);
        }
    }

    fn element(&mut self, piece: &[u8], position: Position) -> Result<(), capi::Error> {
        let element = read_element(piece, position, &mut self.opened)?;
        self.looker.event(&element);
        Ok(())
    }

    /// `data` as a text that holds the list, as forms have it.
    fn folded(&mut self, data: &[u8]) -> Result<(), capi::Error> {
        const NAME: &[u8] = b"\"data\"";
        let Ok(inner) = serde_json::from_slice::<String>(data) else {
            // What stands there tells what is to be done.
            self.parameter(NAME, data);
            return Ok(());
        };
        if !inner.trim_start().starts_with('[') {
            if serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(&inner).is_ok() {
                self.parameter(NAME, inner.as_bytes());
            }
            return Ok(());
        }
        self.looker.list();
        let (mut splitter, mut rest) = (Splitter::default(), inner.as_bytes());
        while let Split::Piece(piece, position, done) =
            splitter.next(rest, true).map_err(|error| within_data(&error))?
        {
            if let Piece::Event(range) = piece {
                self.element(&rest[range], position).map_err(|error| within_data(&error))?;
            }
            rest = rest.get(done..).unwrap_or_default();
        }
        Ok(())
    }

    fn parameter(&mut self, name: &[u8], value: &[u8]) {
        let room = PARAMETERS_BYTES_MAX.saturating_sub(self.parameters.len() + name.len());
        // Of what is too long the name alone is looked at.
        let value: &[u8] = if value.len() > room { b"null" } else { value };
        if room < value.len() {
            return;
        }
        if !self.parameters.is_empty() {
            self.parameters.push(b',');
        }
        self.parameters.extend_from_slice(name);
        self.parameters.push(b':');
        self.parameters.extend_from_slice(value);
    }
}

fn within_data(error: &capi::Error) -> capi::Error {
    capi::Error::Unreadable(format!("in the text of data: {error}"))
}

/// A text of which as much is in memory as is needed.
struct GrowingText<'n> {
    name: Option<&'n Path>,
    source: Box<dyn Read>,
    buffer: Vec<u8>,
    /// Where what is not done with begins.
    start: usize,
    is_whole: bool,
}

impl<'n> GrowingText<'n> {
    fn open(name: Option<&'n Path>) -> Result<Self, Error> {
        let source: Box<dyn Read> = match name {
            Some(path) => {
                Box::new(File::open(path).map_err(|cause| Error::Unreadable { name: shown(name), cause })?)
            }
            None => Box::new(io::stdin()),
        };
        Ok(Self { name, source, buffer: Vec::new(), start: 0, is_whole: false })
    }

    fn rest(&self) -> &[u8] {
        self.buffer.get(self.start..).unwrap_or_default()
    }

    /// Reads as much as there is already, so that a long piece is looked at a few times only.
    fn grow(&mut self) -> Result<(), Error> {
        self.buffer.drain(..self.start);
        self.start = 0;
        let known = self.buffer.len();
        if known as u64 >= BODY_BYTES_MAX {
            return Err(Error::BodyTooLarge(BODY_BYTES_MAX / 1024 / 1024));
        }
        let more = known.max(CHUNK_BYTES) as u64;
        let read = (&mut self.source).take(more).read_to_end(&mut self.buffer);
        let read = read.map_err(|cause| Error::Unreadable { name: shown(self.name), cause })?;
        self.is_whole = (read as u64) < more;
        Ok(())
    }
}
