//! Kinds of sources: what each is called and which keys it has in the configuration.
//!
//! The reading of a configuration, the example file, help and error messages all come from here.

use std::{collections::BTreeMap, sync::Arc};

use crate::Source;

/// A key that keeps strangers out.
pub const SECRET_KEY: &str = "the secret part of its address";
/// A key that everybody can read.
pub const PUBLIC_KEY: &str = "stands in the page, so everybody can read it";

/// A kind of source. One `static` in the folder of each, and one line in [`crate::KINDS`].
#[derive(Debug)]
pub struct Kind {
    /// Its name in the configuration, and in the log of facts.
    pub name: &'static str,
    /// What comes in by it, in half a sentence.
    pub about: &'static str,
    /// What its `key` is: [`SECRET_KEY`] or [`PUBLIC_KEY`].
    pub key: &'static str,
    /// Its keys, beside `kind` and `key`, in the order in which a person writes them.
    pub keys: &'static [ConfigKey],
    /// Makes it from settings that have every required key.
    pub build: fn(&Settings) -> Arc<dyn Source>,
}

/// A key of a source in the configuration.
#[derive(Debug)]
pub struct ConfigKey {
    /// Its name.
    pub name: &'static str,
    /// What a value is.
    pub form: ValueForm,
    /// What is said after `needs a "name"` where it is missing; empty for a key that may be left out.
    pub needed: &'static str,
    /// A value, as it stands in the example.
    pub example: &'static str,
    /// What it means, as it stands in the example behind the value.
    pub meaning: &'static str,
}

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueForm {
    /// A text.
    Text,
    /// A secret: the text itself, or `env:NAME`. Never shown.
    Secret,
    /// An address to which a secret is sent: `https` and public, unless `allow_insecure` is set.
    Upstream,
    /// `true` or `false`.
    Flag,
    /// A list of names of hosts.
    Hosts,
}

/// The values of a source in the configuration, checked for their form.
#[derive(Default)]
pub struct Settings {
    texts: BTreeMap<&'static str, String>,
    flags: BTreeMap<&'static str, bool>,
    lists: BTreeMap<&'static str, Vec<String>>,
}

impl Settings {
    /// Sets a text, a secret or an address.
    pub fn set(&mut self, key: &'static str, value: String) {
        self.texts.insert(key, value);
    }

    /// Sets a flag.
    pub fn set_flag(&mut self, key: &'static str, value: bool) {
        self.flags.insert(key, value);
    }

    /// Sets a list.
    pub fn set_list(&mut self, key: &'static str, values: Vec<String>) {
        self.lists.insert(key, values);
    }

    /// A list; empty if it was not given.
    pub fn list(&self, key: &str) -> &[String] {
        self.lists.get(key).map(Vec::as_slice).unwrap_or_default()
    }

    /// A value, if it was given.
    pub fn get(&self, key: &str) -> Option<String> {
        self.texts.get(key).cloned()
    }

    /// A value whose key is required; empty if it was not given.
    pub fn required(&self, key: &str) -> String {
        self.get(key).unwrap_or_default()
    }

    /// A flag; one that was not given is not set.
    pub fn is_set(&self, key: &str) -> bool {
        self.flags.get(key).copied().unwrap_or(false)
    }
}

/// The key with which any address may be used.
pub const ALLOW_INSECURE: ConfigKey = ConfigKey {
    name: "allow_insecure",
    form: ValueForm::Flag,
    needed: "",
    example: "true",
    meaning: "lets the address be http:// or a private one: the token goes there",
};

impl Kind {
    /// A source of this kind as a person writes it, with every key. Those that may be left out and
    /// change nothing for most people are commented out.
    pub fn example(&self, hook_key: &str) -> String {
        let common = [("kind", self.name, ""), ("key", hook_key, self.key)];
        let mut lines: Vec<(String, String, &str)> =
            common.map(|(name, value, meaning)| (name.to_owned(), format!("\"{value}\""), meaning)).into();
        for key in self.keys {
            let hash = if key.needed.is_empty() && key.form != ValueForm::Secret { "# " } else { "" };
            let value = match key.form {
                ValueForm::Flag => key.example.to_owned(),
                ValueForm::Hosts => format!("[\"{}\"]", key.example),
                _ => format!("\"{}\"", key.example),
            };
            lines.push((format!("{hash}{}", key.name), value, key.meaning));
        }
        let width = lines.iter().map(|(name, ..)| name.len()).max().unwrap_or_default();
        let value_width = lines.iter().map(|(_, value, _)| value.len()).max().unwrap_or_default();
        let line = |(name, value, meaning): &(String, String, &str)| match *meaning {
            "" => format!("{name:width$} = {value}\n"),
            _ => format!("{name:width$} = {value:value_width$}  # {meaning}\n"),
        };
        let keys: String = lines.iter().map(line).collect();
        format!("[[workspace.source]] # {}\n{keys}", self.about)
    }

    /// What a person can write for it: a line for the kind, and one for each key.
    pub fn help(&self) -> String {
        let line = |key: &ConfigKey| {
            let form = match key.form {
                ValueForm::Text => "text",
                ValueForm::Secret => "secret",
                ValueForm::Upstream => "address",
                ValueForm::Flag => "flag",
                ValueForm::Hosts => "list of hosts",
            };
            let required = if key.needed.is_empty() { "" } else { ", required" };
            let example = format!("for example \"{}\"", key.example);
            let meaning = if key.meaning.is_empty() { &example } else { key.meaning };
            format!("    {} ({form}{required}): {meaning}\n", key.name)
        };
        let keys: String = self.keys.iter().map(line).collect();
        format!("  {}: {}\n{keys}", self.name, self.about)
    }

    /// A key of this kind.
    pub fn key(&self, name: &str) -> Option<&'static ConfigKey> {
        self.keys.iter().find(|key| key.name == name)
    }
}
