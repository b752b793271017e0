//! Identifiers in the form in which Meta wants them hashed.
//!
//! Meta has two readings of its own rules, and they contradict each other: its documentation of
//! customer information says `sãopaulo` and `01310100`, its newer Parameter Builder says `sopaulo`
//! and `01310`. Every hashed key takes a list, so the right answer is both ([`Rules::Both`]).
//!
//! ```
//! use capi::{Key, Normalizer, Rules};
//!
//! let now_s = 1_780_000_000;
//! let mut normalizer = Normalizer::new(Rules::Both, now_s).in_country("BR");
//! let forms = normalizer.forms(Key::City, " São Paulo ");
//! assert_eq!(forms.texts().collect::<Vec<_>>(), ["sãopaulo", "sopaulo"]);
//! let forms = normalizer.forms(Key::Phone, "(011) 91234-5678");
//! assert_eq!(forms.texts().next(), Some("5511912345678"));
//! ```

mod documentation;
pub mod hashed;
mod parameter_builder;

use std::fmt::{self, Write as _};

use jiff::{Timestamp, civil::Date, tz::Offset};

use crate::{Key, catalogue, digest};
use hashed::Hashed;
use parameter_builder::Built;

pub(crate) use documentation::{
    MASKS, is_no_value, is_of_programs, is_placeholder, of_visitors, placeholders, stands_for_nothing,
    test_addresses,
};
pub use documentation::{decimal_digit, email, is_no_event_id, is_no_id, is_no_order, phone, phones};
pub(crate) use parameter_builder::is_blank as is_javascript_blank;

/// Which of Meta's two readings is followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Rules {
    /// The documentation of customer information, done properly.
    Documentation,
    /// Meta's Parameter Builder, to the letter.
    ParameterBuilder,
    /// The documented form first, the other after it where it differs. Between them stands a phone number's
    /// other form, where its country changed its plan and Meta may know the person by either.
    #[default]
    Both,
}

impl Rules {
    /// The name in configuration and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Documentation => "documentation",
            Self::ParameterBuilder => "parameter-builder",
            Self::Both => "both",
        }
    }

    /// The rules of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Documentation, Self::ParameterBuilder, Self::Both]
            .into_iter()
            .find(|rules| rules.name() == name)
    }
}

/// Why a value is not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dropped {
    /// Nothing is left of it.
    Empty,
    /// It is a placeholder, such as `n/a`, `-` or `test@test`.
    Nonsense,
    /// It is the hash of the empty string.
    HashOfNothing,
    /// It is the hash of a placeholder.
    HashOfPlaceholder,
    /// It cannot be read as what it should be.
    Unreadable,
    /// It identifies a person where nothing may.
    Personal,
    /// No plan of any country has such a phone number.
    Impossible,
}

impl Dropped {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Empty,
        Self::Nonsense,
        Self::HashOfNothing,
        Self::HashOfPlaceholder,
        Self::Unreadable,
        Self::Personal,
        Self::Impossible,
    ];

    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Nonsense => "placeholder",
            Self::HashOfNothing => "hash_of_nothing",
            Self::HashOfPlaceholder => "hash_of_placeholder",
            Self::Unreadable => "unreadable",
            Self::Personal => "personal",
            Self::Impossible => "impossible",
        }
    }
}

impl fmt::Display for Dropped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "it is empty",
            Self::Nonsense => "it is a placeholder, not a value",
            Self::HashOfNothing => "it is the hash of nothing",
            Self::HashOfPlaceholder => "it is the hash of a placeholder",
            Self::Unreadable => "it cannot be read",
            Self::Personal => "it identifies a person where nothing may",
            Self::Impossible => "no such phone number can exist",
        })
    }
}

/// The documented form, another number of the same person, what the Parameter Builder makes of it.
const FORMS_MAX: usize = 3;

/// Normalises values; keeps its buffers, so that a busy caller allocates nothing.
#[derive(Clone)]
pub struct Normalizer {
    rules: Rules,
    country: Option<&'static str>,
    today: Date,
    documented: String,
    twin: String,
    built: String,
}

/// One form of a value. Printing it for debugging shows nothing of it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Form<'a> {
    text: &'a str,
    is_hash: bool,
}

/// The forms of one value: none to three.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Forms<'a> {
    forms: [Option<Form<'a>>; FORMS_MAX],
    dropped: Option<Dropped>,
}

impl Normalizer {
    /// A normaliser without a country. `now_s`, Unix seconds, bounds dates of birth: nobody is born
    /// after the day that it is in UTC.
    pub fn new(rules: Rules, now_s: i64) -> Self {
        let now = Timestamp::from_second(now_s).unwrap_or(Timestamp::UNIX_EPOCH);
        let today = Offset::UTC.to_datetime(now).date();
        let (documented, twin, built) = Default::default();
        Self { rules, country: None, today, documented, twin, built }
    }

    /// The same for values of a country, given as a code or a name; it decides where a value leaves
    /// it open (a phone without country code, the order of a date). An unknown one counts as none.
    #[must_use]
    pub fn in_country(mut self, country: &str) -> Self {
        self.set_country(Some(country));
        self
    }

    /// Changes the country.
    pub fn set_country(&mut self, country: Option<&str>) {
        self.country = country.and_then(place_code);
    }

    /// Changes the country to a lower-case code.
    pub(crate) fn set_country_code(&mut self, country: Option<&'static str>) {
        self.country = country;
    }

    /// The country as a lower-case code.
    pub fn country(&self) -> Option<&'static str> {
        self.country
    }

    /// The forms of a value. A value that is a hash already stays as it is.
    pub fn forms(&mut self, key: Key, value: &str) -> Forms<'_> {
        if self.rules == Rules::ParameterBuilder {
            let built = parameter_builder::build(key, value, self.today.year(), &mut self.built);
            return match built {
                Some(built) => Forms::one(Form { text: &self.built, is_hash: built == Built::Hash }),
                None => Forms::none(if value.is_empty() { Dropped::Empty } else { Dropped::Unreadable }),
            };
        }
        if let Some(hashed) = Hashed::read(value) {
            return self.keep(hashed);
        }
        let context = documentation::Context { country: self.country, today: self.today };
        let documented = documentation::normalize(key, value, context, &mut self.documented, &mut self.twin);
        if let Err(dropped) = documented {
            // What the documented reading cannot read, the other would only mangle.
            return Forms::none(dropped);
        }
        let documented = Form::text(&self.documented);
        if self.rules == Rules::Documentation {
            return Forms::one(documented);
        }
        let built = parameter_builder::build(key, value, self.today.year(), &mut self.built);
        let built = built.map(|built| Form { text: &self.built, is_hash: built == Built::Hash });
        let twin = (!self.twin.is_empty()).then(|| Form::text(&self.twin));
        let is_new = |form: &Form<'_>| form.text != documented.text && form.text != self.twin;
        Forms::of([Some(documented), twin, built.filter(is_new)])
    }

    fn keep(&mut self, hashed: Hashed<'_>) -> Forms<'_> {
        if hashed.is_of_nothing() {
            return Forms::none(Dropped::HashOfNothing);
        }
        self.documented.clear();
        // Writing to memory cannot fail.
        let _ = write!(self.documented, "{hashed}");
        Forms::one(Form { text: &self.documented, is_hash: true })
    }
}

impl<'a> Form<'a> {
    /// A text to be hashed, or a hash.
    pub(crate) fn new(text: &'a str, is_hash: bool) -> Self {
        Self { text, is_hash }
    }

    fn text(text: &'a str) -> Self {
        Self::new(text, false)
    }

    /// Whether the value came as a hash and is sent as it is.
    pub fn is_hash(&self) -> bool {
        self.is_hash
    }

    /// The normalised text, or the hash that came.
    pub fn as_str(&self) -> &'a str {
        self.text
    }

    /// What Meta gets: 64 hexadecimal digits, or the hash that came.
    pub fn sha256(&self) -> String {
        if self.is_hash { self.text.to_owned() } else { digest::sha256_hex(self.text.as_bytes()) }
    }

    /// Whether it is the hash of the empty string, which must never leave.
    pub(crate) fn is_of_nothing(&self) -> bool {
        self.is_hash && Hashed::read(self.text).is_some_and(|hashed| hashed.is_of_nothing())
    }
}

impl fmt::Debug for Form<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_hash { "Form(hash)" } else { "Form(text)" })
    }
}

impl fmt::Debug for Normalizer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Normalizer")
            .field("rules", &self.rules)
            .field("country", &self.country)
            .finish_non_exhaustive()
    }
}

impl<'a> Forms<'a> {
    fn of(forms: [Option<Form<'a>>; FORMS_MAX]) -> Self {
        Self { forms, dropped: None }
    }

    /// One form.
    pub(crate) fn one(form: Form<'a>) -> Self {
        Self::of([Some(form), None, None])
    }

    fn none(dropped: Dropped) -> Self {
        Self { forms: [None; FORMS_MAX], dropped: Some(dropped) }
    }

    /// The forms, the documented one first, each once.
    pub fn iter(&self) -> impl Iterator<Item = Form<'a>> + use<'a> {
        self.forms.into_iter().flatten()
    }

    /// Their texts.
    pub fn texts(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.iter().map(|form| form.text)
    }

    /// Why there are none.
    pub fn dropped(&self) -> Option<Dropped> {
        self.dropped
    }
}

/// The country that a text names, or a part of one that ISO 3166 reserves a code for because it has a plan
/// of telephone numbers of its own: Ascension, Tristan da Cunha.
pub(crate) fn place_code(text: &str) -> Option<&'static str> {
    let reserved = ["ac", "ta"].into_iter().find(|code| code.eq_ignore_ascii_case(text.trim()));
    reserved.or_else(|| catalogue::country_code(text))
}

#[cfg(test)]
mod tests;
