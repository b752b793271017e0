//! `curl` commands: what they would send.

use super::words;
use crate::Error;

/// Options of one letter that have an argument, besides those that are looked at.
const WITH_ARGUMENT: &str = "AbcCDeEhKmoPQrtTuUwxXyYz";

/// What a command sends.
pub(super) enum CommandBody {
    /// The fields of a form.
    Fields(Vec<(String, String)>),
    /// A body as a whole.
    Text(String),
}

pub(super) struct CurlCommand {
    pub(super) body: CommandBody,
    pub(super) advice: Vec<&'static str>,
}

#[derive(Default)]
struct CurlGiven {
    fields: Vec<(String, String)>,
    data: Vec<String>,
    json: Option<String>,
    says_json: bool,
    query: Option<String>,
    input: Option<String>,
}

/// `input` is what another command hands over to it.
pub(super) fn read(command: &str, input: Option<String>) -> Result<CurlCommand, Error> {
    let input = input.or_else(|| words::input(command));
    let mut words = words::split(command).into_iter().skip(1);
    let mut given = CurlGiven { input, ..CurlGiven::default() };
    while let Some(word) = words.next() {
        if let Some(long) = word.strip_prefix("--") {
            let (name, inline) = match long.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (long, None),
            };
            if let Some(kind) = BodyOption::of_name(name)
                && let Some(value) = inline.or_else(|| words.next())
            {
                given.take(kind, value)?;
            }
            continue;
        }
        let Some(short) = word.strip_prefix('-').filter(|short| !short.is_empty()) else {
            given.address(&word);
            continue;
        };
        for (at, letter) in short.char_indices() {
            let rest = &short[at + letter.len_utf8()..];
            let kind = match letter {
                'd' => Some(BodyOption::Data),
                'F' => Some(BodyOption::Field),
                'H' => Some(BodyOption::Header),
                _ => None,
            };
            if kind.is_some() || WITH_ARGUMENT.contains(letter) {
                let value = if rest.is_empty() { words.next() } else { Some(rest.to_owned()) };
                if let Some((kind, value)) = kind.zip(value) {
                    given.take(kind, value)?;
                }
                break;
            }
        }
    }
    given.into_command()
}

/// An option that says what is sent.
#[derive(Clone, Copy)]
enum BodyOption {
    Data,
    DataAsIs,
    DataToEncode,
    Json,
    Field,
    FieldAsIs,
    Header,
    Address,
}

impl BodyOption {
    fn of_name(name: &str) -> Option<Self> {
        Some(match name {
            "data" | "data-ascii" | "data-binary" => Self::Data,
            "data-raw" => Self::DataAsIs,
            "data-urlencode" => Self::DataToEncode,
            "json" => Self::Json,
            "form" => Self::Field,
            "form-string" => Self::FieldAsIs,
            "header" => Self::Header,
            "url" => Self::Address,
            _ => return None,
        })
    }
}

impl CurlGiven {
    fn take(&mut self, option: BodyOption, mut value: String) -> Result<(), Error> {
        if value == "@-" && matches!(option, BodyOption::Data | BodyOption::Json | BodyOption::DataToEncode) {
            value = self.input.take().ok_or_else(|| {
                Error::unreadable("this curl command reads its body from its input (@-); give that instead")
            })?;
        }
        let is_file = match option {
            BodyOption::Data | BodyOption::Json | BodyOption::DataToEncode => value.starts_with('@'),
            // A token that is read from a file, or that a guide writes as `<ACCESS_TOKEN>`, matters to nobody here.
            BodyOption::Field => value.split_once('=').is_some_and(|(name, value)| {
                (name == "data" || name.starts_with("data[")) && value.starts_with(['@', '<'])
            }),
            _ => false,
        };
        if is_file {
            return Err(Error::unreadable(
                "this curl command reads its body from a file (@…); give that file instead",
            ));
        }
        match option {
            BodyOption::Data | BodyOption::DataAsIs => self.data.push(value),
            BodyOption::DataToEncode => {
                let (name, text) = value.split_once('=').unwrap_or(("", &value));
                let mut pair = form_urlencoded::Serializer::new(String::new());
                let text = match name {
                    "" => form_urlencoded::byte_serialize(text.as_bytes()).collect(),
                    name => pair.append_pair(name, text).finish(),
                };
                self.data.push(text);
            }
            BodyOption::Json => self.json.get_or_insert_default().push_str(&value),
            BodyOption::Field | BodyOption::FieldAsIs => {
                if let Some((name, text)) = value.split_once('=') {
                    let text = if matches!(option, BodyOption::Field) { without_type(text) } else { text };
                    self.fields.push((name.to_owned(), text.to_owned()));
                }
            }
            BodyOption::Header => {
                let lower = value.to_ascii_lowercase();
                self.says_json |= lower.starts_with("content-type") && lower.contains("json");
            }
            BodyOption::Address => self.address(&value),
        }
        Ok(())
    }

    fn address(&mut self, word: &str) {
        if let Some((_, query)) = word.split_once('?').filter(|(_, query)| query.contains("data=")) {
            self.query = Some(query.to_owned());
        }
    }

    fn into_command(self) -> Result<CurlCommand, Error> {
        const NOT_SAID: &str = "curl sends this as a form, in which Meta finds no data: add -H \"Content-Type: application/json\"";
        if self.fields.iter().any(|(name, text)| name == "data" && is_variable(text)) {
            return Err(Error::unreadable(FROM_A_VARIABLE));
        }
        if !self.fields.is_empty() {
            return Ok(CurlCommand { body: CommandBody::Fields(self.fields), advice: Vec::new() });
        }
        if let Some(json) = self.json {
            return Ok(CurlCommand { body: CommandBody::Text(json), advice: Vec::new() });
        }
        if self.data.first().is_some_and(|data| is_variable(data)) {
            return Err(Error::unreadable(FROM_A_VARIABLE));
        }
        let text = if self.data.is_empty() { self.query.unwrap_or_default() } else { self.data.join("&") };
        if text.trim().is_empty() {
            return Err(Error::unreadable("this curl command sends no body; -d, -F or --json would"));
        }
        let is_json = text.trim_start().starts_with(['{', '[']);
        let advice = if is_json && !self.says_json { vec![NOT_SAID] } else { Vec::new() };
        Ok(CurlCommand { body: CommandBody::Text(text), advice })
    }
}

const FROM_A_VARIABLE: &str =
    "this curl command takes its body from a variable of the shell; give what the variable holds";

/// Whether a body, or the value of its field `data`, is a variable: `$DATA`, `${DATA}`.
fn is_variable(text: &str) -> bool {
    let text = text.trim_start();
    let text = text.strip_prefix("data=").unwrap_or(text);
    let rest = text.strip_prefix('$').map(|rest| rest.strip_prefix('{').unwrap_or(rest));
    rest.is_some_and(|rest| {
        rest.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_' || first == '(')
    })
}

/// What of a body that is no JSON comes from the shell.
pub(super) fn from_the_shell(body: &str) -> Option<&'static str> {
    let variable = |(_, behind): (usize, &str)| {
        let name = behind.strip_prefix('{').unwrap_or(behind);
        name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
    };
    if body.contains("$(") {
        Some("a part of this body is what a command of the shell prints, $(…); put that in its place")
    } else if body
        .match_indices('$')
        .map(|(at, _)| (at, body.get(at + 1..).unwrap_or_default()))
        .any(variable)
    {
        Some("a part of this body is a variable of the shell; put in its place what it holds")
    } else {
        None
    }
}

/// `data=…;type=application/json`: curl takes the type off.
fn without_type(text: &str) -> &str {
    text.rsplit_once(";type=")
        .filter(|(_, kind)| !kind.contains(['"', '}', ']']))
        .map_or(text, |(text, _)| text)
}
