//! Whom a command means.

use std::io::{Read as _, stdin};

use clap::{Args, builder::NonEmptyStringValueParser};
use serde_json::{Map, Value};

use crate::Error;

/// How much is read from stdin.
const STDIN_BYTES_MAX: u64 = 64 * 1024;

/// By what somebody is named.
const KEYS: [&str; 5] = ["phone", "email", "external_id", "contact", "deal"];

/// Whom a command means: everybody who is named here counts as one person.
#[derive(Args)]
pub struct Whom {
    /// A phone number. Other people of this machine can see the arguments of a command: --stdin keeps it from
    /// them, and from the history of the shell.
    #[arg(long, value_name = "PHONE", value_parser = NonEmptyStringValueParser::new())]
    phone: Vec<String>,
    /// An e-mail address. See --phone.
    #[arg(long, value_name = "EMAIL", value_parser = NonEmptyStringValueParser::new())]
    email: Vec<String>,
    /// A customer's number in a shop, as its server sends it (external_id).
    #[arg(long, value_name = "ID", value_parser = NonEmptyStringValueParser::new())]
    external_id: Vec<String>,
    /// A contact, by its id in the CRM.
    #[arg(long, value_name = "ID", value_parser = NonEmptyStringValueParser::new())]
    contact: Vec<String>,
    /// The contacts of a deal, by its id in the CRM.
    #[arg(long, value_name = "ID", value_parser = NonEmptyStringValueParser::new())]
    deal: Vec<String>,
    /// Read lines from stdin: phone, email, external_id, contact or deal, a colon, and the value.
    #[arg(long)]
    stdin: bool,
}

impl Whom {
    /// Whether nobody is named.
    pub fn is_nobody(&self) -> bool {
        !self.stdin && self.given().iter().all(|all| all.is_empty())
    }

    /// What is given by each of the keys.
    fn given(&self) -> [&Vec<String>; 5] {
        [&self.phone, &self.email, &self.external_id, &self.contact, &self.deal]
    }

    /// What is wrong with it, where it was given: in options, or in the lines of stdin.
    pub fn said(&self, error: Error) -> Error {
        match error {
            Error::Refused { is_wrong_use, message } if self.stdin => {
                let line =
                    message.strip_prefix("--").filter(|line| KEYS.iter().any(|key| line.starts_with(key)));
                let line = line.map(|line| format!("stdin, {line}"));
                Error::Refused { is_wrong_use, message: line.unwrap_or(message) }
            }
            other => other,
        }
    }

    /// As an object of the API.
    pub fn object(&self) -> Result<Map<String, Value>, Error> {
        let mut object = Map::new();
        let mut add = |key: &str, value: &str| {
            if let Value::Array(values) = object.entry(key).or_insert_with(|| Value::Array(Vec::new())) {
                values.push(value.into());
            }
        };
        for (key, values) in KEYS.iter().zip(self.given()) {
            for value in values {
                add(key, value);
            }
        }
        if self.stdin {
            let mut text = String::new();
            let unreadable = |cause| Error::Unreadable { name: "stdin".to_owned(), cause };
            stdin().take(STDIN_BYTES_MAX).read_to_string(&mut text).map_err(unreadable)?;
            for (place, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
                let (key, value) = line.split_once(':').ok_or(Error::WhomLine(place + 1))?;
                let key = KEYS.iter().find(|known| **known == key.trim());
                let key = key.ok_or(Error::WhomLine(place + 1))?;
                add(key, value.trim());
            }
        }
        if object.is_empty() { Err(Error::Whom) } else { Ok(object) }
    }
}
