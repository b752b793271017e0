//! Writes JSON, and hashes on the way: nothing else can write an identifier.

mod partial;

use std::{borrow::Cow, collections::HashSet};

use serde_json::value::RawValue;

use crate::{
    FieldSet, Key, Normalizer,
    browser::Cookie,
    digest,
    field_set::FieldBit,
    known_hashes,
    normalize::{self, Dropped, Forms, hashed::Hashed},
    privacy,
};

/// What became of an event's fields.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Written {
    /// Values that were left out: the field's name and the reason.
    pub dropped: Vec<(Cow<'static, str>, Dropped)>,
    /// The fields of the person, and of what the event was worth, that it carries.
    pub carried: FieldSet,
    /// Those of which nothing usable is left.
    pub emptied: FieldSet,
}

impl Written {
    /// The fields of which nothing usable is left, each with the first reason why.
    pub fn left_out(&self) -> impl Iterator<Item = (&'static str, Dropped)> {
        let why = |name| self.dropped.iter().find(|(dropped, _)| dropped == name).map(|(_, why)| *why);
        self.emptied.names().map(move |name| (name, why(name).unwrap_or(Dropped::Empty)))
    }
}

/// Hexadecimal digits of a SHA-256.
const HASH_DIGITS: usize = 64;
/// Fields of what programs know of a person. A placeholder there is no value, and Meta would know many people by it.
const OF_PROGRAMS: [&str; 7] =
    ["fbp", "fbc", "client_user_agent", "subscription_id", "fb_login_id", "anon_id", "madid"];

/// Writes JSON.
pub(crate) struct JsonWriter<'p> {
    out: &'p mut Vec<u8>,
    normalizer: &'p mut Normalizer,
    written: Written,
}

impl<'p> JsonWriter<'p> {
    /// A writer that appends to `out`.
    pub(crate) fn new(out: &'p mut Vec<u8>, normalizer: &'p mut Normalizer) -> Self {
        Self { out, normalizer, written: Written::default() }
    }

    /// Ends what was written.
    pub(crate) fn finish(mut self) -> Written {
        self.drop_comma();
        self.written
    }
}

impl JsonWriter<'_> {
    pub(crate) fn open(&mut self) -> usize {
        self.out.push(b'{');
        self.out.len()
    }

    /// Ends the object that was opened at a place. One of which nothing was left is taken back with
    /// its name; elements of lists have none and stay.
    pub(crate) fn close(&mut self, opened: usize, name: &str) {
        if self.out.len() == opened && !name.is_empty() {
            self.out.truncate(opened - 1);
            self.take_back(name);
            return;
        }
        self.drop_comma();
        // The comma belongs to whatever follows; what encloses it takes the last one back.
        self.out.extend_from_slice(b"},");
    }

    /// A field's name with quotes and colon; says where it begins.
    pub(crate) fn name(&mut self, quoted: &'static str) -> usize {
        let start = self.out.len();
        self.out.extend_from_slice(quoted.as_bytes());
        start
    }

    /// Notes whether something is left of the field that begins here.
    #[inline]
    pub(crate) fn note(&mut self, field: Option<FieldBit>, start: usize) {
        let Some(field) = field else { return };
        let is_there = self.out.len() > start;
        let set = if is_there { &mut self.written.carried } else { &mut self.written.emptied };
        set.insert(field);
    }

    pub(crate) fn raw(&mut self, json: &str) {
        self.out.extend_from_slice(json.as_bytes());
        self.out.push(b',');
    }

    /// A whole number, unless it may be a phone number.
    pub(crate) fn integer(&mut self, name: &'static str, number: i64) {
        if privacy::is_personal_number(name, number) {
            self.take_back(name);
            self.leave_out(name);
            return;
        }
        self.out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
        self.out.push(b',');
    }

    /// A text of a field in which people put what does not belong there: what looks personal is
    /// left out.
    pub(crate) fn field_text(&mut self, name: &'static str, text: &str) {
        if matches!(name, "event_source_url" | "referrer_url") {
            self.url(name, text);
        } else if is_no_value_of(name, text) {
            self.take_back(name);
            self.written.dropped.push((name.into(), Dropped::Nonsense));
        } else if privacy::is_personal_in(name, text) {
            self.take_back(name);
            self.leave_out(name);
        } else {
            self.text(text);
        }
    }

    /// Says that something personal was not written.
    pub(crate) fn leave_out(&mut self, name: &str) {
        self.written.dropped.push((privacy::shown(name).into(), Dropped::Personal));
    }

    fn url(&mut self, name: &'static str, url: &str) {
        let clean = privacy::clean_url(url);
        if let Cow::Owned(_) = clean {
            self.leave_out(name);
        }
        if clean.is_empty() { self.take_back(name) } else { self.text(&clean) }
    }

    /// Takes a field's name back that has just been written.
    fn take_back(&mut self, name: &str) {
        // Two quotes and a colon.
        self.out.truncate(self.out.len() - name.len() - 3);
    }

    pub(crate) fn text(&mut self, text: &str) {
        push_json_string(text, self.out);
        self.out.push(b',');
    }

    /// A list. One of which nothing was written is taken back with its name, if it is given.
    pub(crate) fn list<T>(
        &mut self,
        name: &str,
        items: impl Iterator<Item = T>,
        mut write: impl FnMut(T, &mut Self),
    ) {
        let start = self.out.len();
        self.out.push(b'[');
        for item in items {
            write(item, self);
        }
        if self.out.len() == start + 1 && !name.is_empty() {
            self.out.truncate(start);
            self.take_back(name);
            return;
        }
        self.drop_comma();
        self.out.extend_from_slice(b"],");
    }

    /// What this library does not know. Of a person only hashes leave: a field that Meta does not
    /// document helps nobody there, and could be anything. A known field whose shape Meta cannot take
    /// does not leave, either; the check speaks of it.
    pub(crate) fn extra(&mut self, within: &str, known: &[&str], extra: &[(Cow<'_, str>, Box<RawValue>)]) {
        for (name, value) in extra {
            let is_personal = privacy::is_personal(name, value)
                || (within == "user_data" && Hashed::read(value.get().trim_matches('"')).is_none());
            if (is_personal || known.contains(&&**name))
                && let Some(field) = FieldBit::within(within, name)
            {
                self.written.emptied.insert(field);
            }
            if is_personal {
                self.leave_out(name);
            } else if known.contains(&&**name) {
                self.written.dropped.push((name.to_string().into(), Dropped::Unreadable));
            } else {
                push_json_string(name, self.out);
                self.out.push(b':');
                self.raw(value.get());
            }
        }
    }

    /// The values of a match key as a list of hashes, each once. Nothing is written, and the name is
    /// taken back, where no hash is left.
    pub(crate) fn hashes(&mut self, name: &'static str, key: Option<Key>, values: &[Cow<'_, str>]) {
        let start = self.out.len();
        self.out.push(b'[');
        let mut seen = Seen::default();
        for value in values {
            let dropped = match key {
                Some(key) => {
                    let forms = self.normalizer.forms(key, value);
                    let nothing = push_forms(Some(key), forms, self.out, &mut seen);
                    forms.dropped().or(nothing)
                }
                None => match partial::normalize(name, value) {
                    Some(form) => push_forms(None, form.forms(), self.out, &mut seen),
                    None => Some(Dropped::Unreadable),
                },
            };
            self.written.dropped.extend(dropped.map(|dropped| (Cow::Borrowed(name), dropped)));
        }
        if self.out.len() == start + 1 {
            self.out.truncate(start);
            self.take_back(name);
        } else {
            self.drop_comma();
            self.out.extend_from_slice(b"],");
        }
    }

    fn drop_comma(&mut self) {
        if self.out.last() == Some(&b',') {
            self.out.pop();
        }
    }
}

/// Whether a placeholder stands in a field of what programs know, or in a cookie in the place of what tells its person.
pub(crate) fn is_no_value_of(name: &str, text: &str) -> bool {
    let payload = || Cookie::read(text).ok().map(|cookie| cookie.payload);
    OF_PROGRAMS.contains(&name)
        && (normalize::is_no_value(text)
            || (matches!(name, "fbp" | "fbc")
                && payload().is_some_and(|payload| normalize::is_no_value(&payload))))
}

/// Whether a hash is that of a placeholder, in the place of what tells one person from all others. Elsewhere a
/// placeholder may be somebody's: there are people who are called Null.
fn is_of_nobody(key: Option<Key>, hash: &str) -> bool {
    key.filter(|key| matches!(key, Key::Email | Key::Phone | Key::ExternalId))
        .is_some_and(|key| known_hashes::is_of_a_placeholder(key, hash))
}

/// Writes the forms of a value; says so if one is the hash of nothing or of a placeholder, which never leaves.
fn push_forms(key: Option<Key>, forms: Forms<'_>, out: &mut Vec<u8>, seen: &mut Seen) -> Option<Dropped> {
    let mut nothing = None;
    for form in forms.iter() {
        if form.is_of_nothing() {
            nothing = Some(Dropped::HashOfNothing);
            continue;
        }
        let start = out.len();
        if form.is_hash() {
            // It came from outside and may end in any eight characters.
            push_json_string(form.as_str(), out);
        } else {
            out.push(b'"');
            digest::push_sha256_hex(form.as_str().as_bytes(), out);
            out.push(b'"');
        }
        let hash = out.get(start + 1..start + 1 + HASH_DIGITS).and_then(|hex| std::str::from_utf8(hex).ok());
        if hash.is_some_and(|hash| is_of_nobody(key, hash)) {
            nothing = Some(Dropped::HashOfPlaceholder);
            out.truncate(start);
            continue;
        }
        if seen.is_new(start, out) {
            out.push(b',');
        } else {
            out.truncate(start);
        }
    }
    nothing
}

/// The hashes of one list, to write each once: few are compared one by one, many by a set. Nearly
/// every list has one or two.
#[derive(Default)]
struct Seen {
    few: [(usize, usize); Self::FEW],
    count: usize,
    many: HashSet<Box<[u8]>>,
}

impl Seen {
    const FEW: usize = 8;

    /// Whether what `out` ends with from `start` on was not there before.
    fn is_new(&mut self, start: usize, out: &[u8]) -> bool {
        let latest = &out[start..];
        let few = &self.few[..self.count.min(Self::FEW)];
        let is_new = if self.count < Self::FEW {
            few.iter().all(|(from, to)| &out[*from..*to] != latest)
        } else {
            if self.many.is_empty() {
                self.many.extend(few.iter().map(|(from, to)| Box::from(&out[*from..*to])));
            }
            self.many.insert(Box::from(latest))
        };
        if is_new {
            if let Some(place) = self.few.get_mut(self.count) {
                *place = (start, out.len());
            }
            self.count += 1;
        }
        is_new
    }
}

/// Appends a JSON string. Text that needs no escaping, nearly all, is copied as a whole.
pub(crate) fn push_json_string(text: &str, out: &mut Vec<u8>) {
    // Without leaving early, so that the compiler looks at many bytes at once.
    let escapes = text.bytes().fold(0, |found, byte| {
        found | u8::from(byte < 0x20) | u8::from(byte == b'"') | u8::from(byte == b'\\')
    });
    if escapes > 0 {
        // Writing to memory cannot fail.
        let _ = serde_json::to_writer(out, text);
    } else {
        out.push(b'"');
        out.extend_from_slice(text.as_bytes());
        out.push(b'"');
    }
}
