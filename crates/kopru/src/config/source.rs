//! Reading a source: its keys are those of its kind.

use std::ops::Range;

use sources::{KINDS, Kind, Settings, ValueForm};
use toml::{Spanned, Value};

use super::{ConfiguredSource, problem::nearest, raw, read::Reader};

/// A shorter key could be guessed.
const KEY_CHARS_MIN: usize = 16;

impl Reader<'_> {
    pub(super) fn source(
        &mut self,
        written: &raw::SourceTable,
        at: &Range<usize>,
    ) -> Option<ConfiguredSource> {
        let kind = self.kind_of(written, at)?;
        let what = format!("the {} source", kind.name);
        let key = self.hook_key(kind, written, &what, at);
        let settings = self.settings(kind, written, &what, at);
        Some(ConfiguredSource { key: key?, kind, source: (kind.build)(&settings?) })
    }

    fn kind_of(&mut self, written: &raw::SourceTable, at: &Range<usize>) -> Option<&'static Kind> {
        let names: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
        let message = format!("[[workspace.source]] needs a \"kind\": {}", names.join(" or "));
        let given = self.needed(value_of(written, "kind"), at, &message)?;
        let name = self.text(given)?;
        let kind = sources::find(name);
        if kind.is_none() {
            let mend = nearest(name, &names).map_or_else(
                || format!("this version knows: {}", names.join(", ")),
                |near| format!("did you mean \"{near}\"?"),
            );
            self.report.add(&given.span(), format!("there is no source of kind \"{name}\"; {mend}"));
        }
        kind
    }

    fn hook_key(
        &mut self,
        kind: &Kind,
        written: &raw::SourceTable,
        what: &str,
        at: &Range<usize>,
    ) -> Option<String> {
        let is_secret = kind.key == sources::SECRET_KEY;
        let meaning = if is_secret { kind.key } else { "which the page names" };
        let message = format!("{what} needs a \"key\", {meaning}");
        let given = self.needed(value_of(written, "key"), at, &message)?;
        let text = Spanned::new(given.span(), self.text(given)?.to_owned());
        let key = self.secret(&text, &format!("the key of {what}"))?;
        self.check_key(&key, is_secret, &given.span());
        Some(key)
    }

    /// Two sources with one key would be one door.
    fn check_key(&mut self, key: &str, is_secret: bool, at: &Range<usize>) {
        let line = self.report.line(at);
        if let Some(first) = self.keys.insert(key.to_owned(), line) {
            self.report.add(
                at,
                format!("this key is that of the source at line {first} too; give each source its own"),
            );
        }
        if !key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte)) {
            let message = "a key stands in an address: it has only letters, digits, - and _; `openssl rand -hex 16` makes one";
            self.report.add(at, message);
        } else if is_secret && key.len() < KEY_CHARS_MIN {
            let notice = "this key is short; it is the only thing that keeps strangers out. \
                          `openssl rand -hex 16` makes a good one";
            self.notices.add(at, notice);
        }
    }

    /// The values of a source; `None` if something is wrong with one of them.
    fn settings(
        &mut self,
        kind: &'static Kind,
        written: &raw::SourceTable,
        what: &str,
        at: &Range<usize>,
    ) -> Option<Settings> {
        let mut all_well = true;
        for name in written.keys() {
            if !matches!(name.get_ref().as_str(), "kind" | "key") && kind.key(name.get_ref()).is_none() {
                self.say_foreign_key(kind, name);
                all_well = false;
            }
        }
        let mut settings = Settings::default();
        let is_insecure = value_of(written, sources::ALLOW_INSECURE.name)
            .is_some_and(|value| value.get_ref().as_bool() == Some(true));
        for key in kind.keys {
            let Some(given) = value_of(written, key.name) else {
                if !key.needed.is_empty() {
                    let article = if key.name.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
                    self.report.add(at, format!("{what} needs {article} \"{}\"{}", key.name, key.needed));
                    all_well = false;
                }
                continue;
            };
            if key.form == ValueForm::Flag {
                if let Some(flag) = given.get_ref().as_bool() {
                    settings.set_flag(key.name, flag);
                } else {
                    let message = format!("{} is true or false, without quotes", key.name);
                    self.report.add(&given.span(), message);
                    all_well = false;
                }
                continue;
            }
            if key.form == ValueForm::Hosts {
                match self.hosts(given, key.name) {
                    Some(hosts) => settings.set_list(key.name, hosts),
                    None => all_well = false,
                }
                continue;
            }
            let text = self.text(given).map(|text| Spanned::new(given.span(), text.to_owned()));
            let value = text.and_then(|text| match key.form {
                ValueForm::Secret => self.secret(&text, &format!("the {} of {what}", key.name)),
                ValueForm::Upstream => self.upstream(Some(&text), key.name, "", is_insecure),
                ValueForm::Text | ValueForm::Flag | ValueForm::Hosts => Some(text.into_inner()),
            });
            match value {
                Some(value) => settings.set(key.name, value),
                None => all_well = false,
            }
        }
        all_well.then_some(settings)
    }

    /// A key that this kind does not have: another's, or a mistyped one.
    fn say_foreign_key(&mut self, kind: &Kind, name: &Spanned<String>) {
        let (at, name) = (name.span(), name.get_ref());
        let here: Vec<&str> =
            ["kind", "key"].into_iter().chain(kind.keys.iter().map(|key| key.name)).collect();
        let theirs: Vec<&str> =
            KINDS.iter().filter(|other| other.key(name).is_some()).map(|other| other.name).collect();
        let message = if theirs.is_empty() {
            let mend = nearest(name, &here).map_or_else(
                || format!("known keys here: {}", here.join(", ")),
                |near| format!("did you mean \"{near}\"?"),
            );
            format!("unknown key \"{name}\"; {mend}")
        } else {
            format!(
                "\"{name}\" is a key of {} sources, and this is one of kind {}; take it out, or move it \
                 there. Known keys here: {}",
                theirs.join(" and "),
                kind.name,
                here.join(", ")
            )
        };
        self.report.add(&at, message);
    }

    fn text<'a>(&mut self, given: &'a Spanned<Value>) -> Option<&'a str> {
        let text = given.get_ref().as_str();
        if text.is_none() {
            self.report.add(&given.span(), "this value is a text; put it in quotes");
        }
        text
    }
}

fn value_of<'a>(written: &'a raw::SourceTable, name: &str) -> Option<&'a Spanned<Value>> {
    written.iter().find(|(key, _)| key.get_ref() == name).map(|(_, value)| value)
}
