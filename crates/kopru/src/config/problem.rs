//! What is wrong with a configuration: where, what, and how to mend it, each in one line.

use std::{fmt, ops::Range};

/// One problem of a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigProblem {
    /// File and line.
    pub place: String,
    /// What is wrong and how to mend it.
    pub message: String,
}

impl fmt::Display for ConfigProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

/// The text of a configuration, to turn places into lines, and the problems found in it so far.
pub(super) struct ConfigReport<'a> {
    file: &'a str,
    text: &'a str,
    pub(super) problems: Vec<ConfigProblem>,
}

impl<'a> ConfigReport<'a> {
    pub(super) fn new(file: &'a str, text: &'a str) -> Self {
        Self { file, text, problems: Vec::new() }
    }

    /// Notes a problem at a place.
    pub(super) fn add(&mut self, at: &Range<usize>, message: impl Into<String>) {
        self.problems.push(ConfigProblem {
            place: format!("{}:{}", self.file, self.line(at)),
            message: message.into(),
        });
    }

    /// The line of a place, from 1.
    pub(super) fn line(&self, at: &Range<usize>) -> usize {
        self.text.get(..at.start).unwrap_or(self.text).matches('\n').count() + 1
    }

    /// Says what the TOML reader found, with the nearest known name for an unknown one.
    pub(super) fn unreadable(&mut self, error: &toml::de::Error) {
        let at = error.span().unwrap_or(0..0);
        let message = error.message();
        let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
        match quoted.as_slice() {
            [unknown, known @ ..] if message.starts_with("unknown field") => {
                let mend = nearest(unknown, known).map_or_else(
                    || format!("known keys here: {}", known.join(", ")),
                    |near| format!("did you mean \"{near}\"?"),
                );
                self.add(&at, format!("unknown key \"{unknown}\"; {mend}"));
            }
            _ if message.starts_with("invalid type") && message.contains("expected a string") => {
                self.add(&at, "this value is a text; put it in quotes");
            }
            _ if message.starts_with("invalid type") => {
                let message = message.lines().collect::<Vec<_>>().join(" ");
                self.add(&at, format!("this value is of another type than it has to be: {message}"));
            }
            _ => {
                let message = message.lines().collect::<Vec<_>>().join(" ");
                self.add(&at, format!("this is not TOML: {message}"));
            }
        }
    }
}

/// The known name that somebody most likely meant.
pub(super) fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    known
        .iter()
        .map(|known| (strsim::damerau_levenshtein(name, known), *known))
        .filter(|(distance, known)| *distance <= known.len().max(name.len()) / 2)
        .min()
        .map(|(_, known)| known)
}
