//! What people paste where a body is asked for: a form, PHP's form with brackets, multipart, a whole
//! HTTP request, a `curl` command. Each becomes the JSON that it stands for; what cannot be read is
//! named as what it is.

mod brackets;
mod curl;
mod words;

use std::borrow::Cow;

use super::{form, multipart};
use crate::Error;

/// Requests and commands that hold another body are looked into so often.
const DEPTH_MAX: u8 = 3;
/// Most bytes of a text that are looked at to tell what it is.
const LOOK_BYTES: usize = 4096;

/// Longest name of a field that begins a line, bytes.
const NAME_BYTES_MAX: usize = 40;

/// What a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PastedKind {
    /// JSON.
    Json,
    /// A form, `data=…&access_token=…`.
    Form,
    /// A form whose names have brackets, `data[0][event_name]=…`, as PHP writes it.
    BracketForm,
    /// `multipart/form-data`.
    Multipart,
    /// An HTTP request with its headers.
    Http,
    /// A `curl` command.
    Curl,
}

impl PastedKind {
    /// What it is, for a person.
    pub fn shown(self) -> &'static str {
        match self {
            Self::Json => "JSON",
            Self::Form => "a form",
            Self::BracketForm => "a form with brackets in its names",
            Self::Multipart => "a multipart form",
            Self::Http => "an HTTP request",
            Self::Curl => "a curl command",
        }
    }
}

/// A text that was opened. Printing it shows its kind alone.
pub struct OpenedBody<'a> {
    /// What it was.
    pub kind: PastedKind,
    /// The JSON that it stands for.
    pub json: Cow<'a, [u8]>,
    /// What is to be said of the form in which it came: how to mend it, for a person.
    pub advice: Vec<&'static str>,
}

impl std::fmt::Debug for OpenedBody<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "OpenedBody({:?})", self.kind)
    }
}

/// Tells what a text is by how it begins; `None` for what is none of the kinds.
pub fn kind(text: &[u8]) -> Option<PastedKind> {
    let start = beginning(text);
    match start.first()? {
        b'{' | b'[' => Some(PastedKind::Json),
        _ if is_command(start) => Some(PastedKind::Curl),
        _ if is_http(start) => Some(PastedKind::Http),
        _ if is_multipart(start) => Some(PastedKind::Multipart),
        _ => form_kind(start),
    }
}

/// Opens a text of any kind.
///
/// # Errors
/// It is of no kind, or what it holds cannot be read; the message says what it looks like.
pub fn open(text: &[u8]) -> Result<OpenedBody<'_>, Error> {
    open_at(text, 0)
}

fn open_at(text: &[u8], depth: u8) -> Result<OpenedBody<'_>, Error> {
    let Some(kind) = kind(text).filter(|_| depth < DEPTH_MAX) else {
        return Err(Error::unreadable(looks_like(text)));
    };
    let start = beginning(text);
    let opened = |json| Ok(OpenedBody { kind, json: Cow::Owned(json), advice: Vec::new() });
    match kind {
        PastedKind::Json => Ok(OpenedBody { kind, json: Cow::Borrowed(text), advice: Vec::new() }),
        PastedKind::Form => opened(match form_of_lines(start) {
            Some(fields) => form::object(fields.into_iter(), start.len()),
            None => form::decode(start.trim_ascii_end()),
        }),
        PastedKind::BracketForm => {
            let mut advice = vec![
                "Meta documents data as one text of JSON, not as names with brackets: send what json_encode gives",
            ];
            if brackets::begins_anew_each_time(start) {
                advice.push(
                    "data[] without a number begins another event with each field; write data[0][…] for all fields of the first one",
                );
            }
            Ok(OpenedBody { advice, ..opened(brackets::decode(start.trim_ascii_end())?)? })
        }
        PastedKind::Multipart => opened(decode_multipart(start)?),
        PastedKind::Http => {
            let inner = owned(open_at(http_body(start)?, depth + 1)?);
            Ok(OpenedBody { kind, ..inner })
        }
        PastedKind::Curl => {
            let text = String::from_utf8_lossy(start);
            let (input, text) = match text.split_once("| curl").filter(|_| !text.starts_with("curl")) {
                Some((before, curl)) => (Some(piped(before, &text)?), Cow::Owned(format!("curl{curl}"))),
                None => (None, text),
            };
            let command = curl::read(&text, input)?;
            let inner = match command.body {
                curl::CommandBody::Fields(fields) => {
                    let data = fields.iter().find(|(name, _)| name == "data").map_or("", |(_, text)| text);
                    if let Some(said) = curl::from_the_shell(data).filter(|_| is_broken(data.as_bytes())) {
                        return Err(Error::unreadable(said));
                    }
                    let fields = fields.into_iter().map(|(name, value)| (name.into(), value.into()));
                    opened(brackets::or_object(fields.collect())?)?
                }
                curl::CommandBody::Text(body) => {
                    let opened = open_at(body.as_bytes(), depth + 1)?;
                    let data = data_of(&opened.json);
                    if is_broken(&opened.json)
                        || data.as_deref().is_some_and(|data| is_broken(data.as_bytes()))
                    {
                        let said =
                            words::is_open(&text).then_some("a quote of this curl command is never closed");
                        if let Some(said) = said.or_else(|| curl::from_the_shell(&body)) {
                            return Err(Error::unreadable(said));
                        }
                    }
                    owned(opened)
                }
            };
            let mut advice = inner.advice;
            advice.extend(command.advice);
            Ok(OpenedBody { kind, json: inner.json, advice })
        }
    }
}

fn owned(opened: OpenedBody<'_>) -> OpenedBody<'static> {
    OpenedBody { kind: opened.kind, json: Cow::Owned(opened.json.into_owned()), advice: opened.advice }
}

fn is_broken(json: &[u8]) -> bool {
    super::check_json(json).is_err()
}

/// The text in which a form has its events.
fn data_of(json: &[u8]) -> Option<String> {
    let fields: super::RawFields<'_> = serde_json::from_slice(json).ok()?;
    let (_, data) = fields.0.iter().find(|(name, _)| name == "data")?;
    serde_json::from_str(data.get()).ok()
}

/// A form as tools show it, with a line for each field; what of it is JSON stands there as it is. `None` where no
/// second line begins with a name.
fn form_of_lines(start: &[u8]) -> Option<Vec<form::NamedText<'_>>> {
    let text = std::str::from_utf8(start.trim_ascii_end()).ok()?;
    let begins_a_field = |line: &str| {
        let name = line.split('=').next().unwrap_or_default();
        name.len() < line.len()
            && (1..=NAME_BYTES_MAX).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    let mut fields: Vec<&str> = Vec::new();
    let (mut from, mut at) = (0, 0);
    for line in text.split_inclusive('\n') {
        if at > 0 && begins_a_field(line) {
            fields.push(&text[from..at]);
            from = at;
        }
        at += line.len();
    }
    if fields.is_empty() {
        return None;
    }
    fields.push(&text[from..]);
    let mut named = Vec::with_capacity(fields.len());
    for field in fields {
        let field = field.trim().trim_end_matches('&');
        match field.split_once('=') {
            Some((name, value)) if value.starts_with(['[', '{']) => named.push((name.into(), value.into())),
            _ => named.extend(form_urlencoded::parse(field.as_bytes())),
        }
    }
    Some(named)
}

/// The text without what a terminal or an editor puts before it.
fn beginning(text: &[u8]) -> &[u8] {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text).trim_ascii_start();
    let text = text.strip_prefix(b"$ ").unwrap_or(text);
    text.trim_ascii_start()
}

fn is_command(start: &[u8]) -> bool {
    let head = &start[..start.len().min(16)];
    if [&b"echo "[..], b"printf ", b"cat <<"].iter().any(|word| head.starts_with(word)) {
        return memchr::memmem::find(start, b"| curl").is_some();
    }
    let rest = start.strip_prefix(b"curl").map(|rest| rest.strip_prefix(b".exe").unwrap_or(rest));
    rest.is_some_and(|rest| rest.first().is_some_and(u8::is_ascii_whitespace))
}

/// What the command before a pipe writes. The text of `cat <<EOF | curl …` follows behind the line.
fn piped(before: &str, command: &str) -> Result<String, Error> {
    let text = if before.starts_with("cat") {
        words::input(command)
    } else {
        words::split(before).into_iter().skip(1).rfind(|word| !matches!(&**word, "-n" | "-e" | "%s"))
    };
    text.ok_or_else(|| Error::unreadable("what is piped into this curl command cannot be seen; give that"))
}

fn is_http(start: &[u8]) -> bool {
    let line = start.split(|byte| *byte == b'\n').next().unwrap_or_default();
    line.starts_with(b"POST ") && memchr::memmem::find(line, b" HTTP/").is_some()
}

fn is_multipart(start: &[u8]) -> bool {
    let head = &start[..start.len().min(LOOK_BYTES)];
    start.starts_with(b"--") && find_ignoring_case(head, b"content-disposition:").is_some()
}

fn form_kind(start: &[u8]) -> Option<PastedKind> {
    let name = start.split(|byte| matches!(byte, b'=' | b'&')).next().unwrap_or_default();
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-[]%".contains(byte);
    if name.is_empty()
        || name.len() > 128
        || start.get(name.len()) != Some(&b'=')
        || !name.iter().all(is_name)
    {
        return None;
    }
    let has_brackets = |field: &[u8]| {
        let name = field.split(|byte| *byte == b'=').next().unwrap_or_default();
        name.starts_with(b"data[") || (name.len() > 6 && name[..7].eq_ignore_ascii_case(b"data%5b"))
    };
    let is_bracketed = start.split(|byte| *byte == b'&').any(has_brackets);
    Some(if is_bracketed { PastedKind::BracketForm } else { PastedKind::Form })
}

/// The boundary is the first line; pasted text may have lost its carriage returns.
fn decode_multipart(start: &[u8]) -> Result<Vec<u8>, Error> {
    let line = start.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let boundary = String::from_utf8_lossy(line.strip_prefix(b"--").unwrap_or(line)).into_owned();
    let has_returns = memchr::memmem::find(start, b"\r\n").is_some();
    let text = if has_returns { Cow::Borrowed(start) } else { Cow::Owned(with_returns(start)) };
    let fields = multipart::fields(&boundary, &text)?;
    brackets::or_object(fields)
}

fn with_returns(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + text.len() / 16);
    for byte in text {
        if *byte == b'\n' {
            out.push(b'\r');
        }
        out.push(*byte);
    }
    out
}

fn http_body(start: &[u8]) -> Result<&[u8], Error> {
    let place = memchr::memmem::find(start, b"\r\n\r\n").map(|at| at + 4);
    let place = place.or_else(|| memchr::memmem::find(start, b"\n\n").map(|at| at + 2));
    let body = place.and_then(|at| start.get(at..)).unwrap_or_default();
    if body.trim_ascii().is_empty() {
        return Err(Error::unreadable(
            "this is an HTTP request without its body; add what follows the empty line",
        ));
    }
    Ok(body)
}

/// Names what a text looks like that is no body.
pub fn looks_like(text: &[u8]) -> &'static str {
    let start = beginning(text);
    let head = &start[..start.len().min(LOOK_BYTES)];
    let has = |mark: &[u8]| find_ignoring_case(head, mark).is_some();
    let begins = |mark: &[u8]| head.get(..mark.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(mark));
    if text.starts_with(b"\xff\xfe") || text.starts_with(b"\xfe\xff") {
        "this is UTF-16, as PowerShell writes it; save it as UTF-8"
    } else if text.starts_with(b"\x1f\x8b") {
        "this is compressed (gzip); unpack it first"
    } else if start.is_empty() {
        "there is nothing here; give the body of the request"
    } else if begins(b"{'") || begins(b"[{'") || begins(b"{ '") || begins(b"{\n'") || has(b"['event_name'") {
        "this is no JSON: keys and texts stand in single quotes, as in Python or JavaScript; give what json.dumps or JSON.stringify makes of it"
    } else if begins(b"```") {
        "this stands between marks of Markdown (```); give what is between them"
    } else if begins(b"//") || begins(b"/*") || begins(b"#") {
        "this begins with a comment, and JSON has none; take comments out"
    } else if has(b"Invoke-")
        || ["const ", "var ", "let ", "import ", "await ", "def "].iter().any(|word| begins(word.as_bytes()))
    {
        "this is program code; give the body that it sends"
    } else if begins(b"wget ") || begins(b"http ") || begins(b"https ") || begins(b"xh ") {
        "this is a command of another program than curl; give the body that it sends"
    } else if begins(b"<?php") || begins(b"array(") || begins(b"array (") || has(b"=>") || begins(b"$") {
        "this is no JSON but PHP; give what json_encode makes of it"
    } else if has(b"fbq(") {
        "this is the browser's pixel (fbq), not a request of the Conversions API"
    } else if begins(b"<") {
        "this is a page or XML, not a request of the Conversions API"
    } else if has(b"fetch(") || has(b"axios") || has(b"requests.post") {
        "this is program code; give the body that it sends"
    } else if begins(b"\"") {
        "this is one text in quotes; give the JSON that stands in it"
    } else if has(b"curl ") {
        "this holds a curl command, but does not begin with it; give the command alone"
    } else if has(b"{\"data\"") || has(b"{\"event_name\"") || has(b"[{\"") {
        "something stands before the JSON; give the JSON alone"
    } else {
        "a request must be a JSON object with the list \"data\""
    }
}

fn find_ignoring_case(text: &[u8], mark: &[u8]) -> Option<usize> {
    text.windows(mark.len()).position(|window| window.eq_ignore_ascii_case(mark))
}

#[cfg(test)]
mod tests;
