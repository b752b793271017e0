//! How long what is kept.

use processor::Retention;
use toml::{Spanned, Value};

use super::{raw::RetentionTable, read::Reader};

/// Meta takes events for seven days, and what is still to be told must not be deleted before.
const DAYS_MIN: u32 = 8;
/// Ten years.
const DAYS_MAX: u32 = 3650;

impl Reader<'_> {
    /// The days of each kind, as they are given or usual.
    pub(super) fn retention(&mut self, written: &RetentionTable) -> Retention {
        let usual = Retention::default();
        let conversions_days = self.days(written.conversions.as_ref(), "conversions", usual.conversions_days);
        // What is usual is no longer than what it goes with; what is said has to be.
        let at_most = |usual: u32| usual.min(conversions_days);
        let retention = Retention {
            facts_days: self.days(written.facts.as_ref(), "facts", usual.facts_days),
            clicks_days: self.days(written.clicks.as_ref(), "clicks", at_most(usual.clicks_days)),
            links_days: self.days(written.links.as_ref(), "links", usual.links_days),
            bodies_days: self.days(written.bodies.as_ref(), "bodies", at_most(usual.bodies_days)),
            conversions_days,
        };
        self.goes_with_conversions(
            written.clicks.as_ref(),
            "clicks",
            retention.clicks_days,
            conversions_days,
        );
        self.goes_with_conversions(
            written.bodies.as_ref(),
            "bodies",
            retention.bodies_days,
            conversions_days,
        );
        retention
    }

    /// The days of a kind.
    fn days(&mut self, written: Option<&Spanned<Value>>, kind: &str, usual: u32) -> u32 {
        let Some(written) = written else { return usual };
        let wanted = format!("write a whole number of days from {DAYS_MIN} to {DAYS_MAX}; {usual} is usual");
        let value = written.get_ref();
        let Value::Integer(given) = value else {
            let what = type_of(value);
            let message = format!("retention.{kind} = {} is {what}; {wanted}", shown(value));
            self.report.add(&written.span(), message);
            return usual;
        };
        let fits = u32::try_from(*given).ok().filter(|days| (DAYS_MIN..=DAYS_MAX).contains(days));
        fits.unwrap_or_else(|| {
            let message = format!(
                "retention.{kind} = {given} is not a number of days from {DAYS_MIN} to {DAYS_MAX}: events leave for \
                 up to seven days, and need it until then; {usual} is usual"
            );
            self.report.add(&written.span(), message);
            usual
        })
    }

    /// What is left of a click goes with the conversions, and so does the last of a body: neither can be kept
    /// for longer.
    fn goes_with_conversions(
        &mut self,
        written: Option<&Spanned<Value>>,
        kind: &str,
        days: u32,
        conversions_days: u32,
    ) {
        if let Some(written) = written.filter(|_| days > conversions_days) {
            let message = format!(
                "retention.{kind} = {days} is longer than retention.conversions = {conversions_days}, and {kind} go when \
                 conversions go: raise conversions, or write at most {conversions_days} for {kind}"
            );
            self.report.add(&written.span(), message);
        }
    }
}

/// What a value is, in words.
fn type_of(value: &Value) -> &'static str {
    match value {
        Value::String(_) => "a text in quotes",
        Value::Integer(_) => "a whole number",
        Value::Float(_) => "a number with a fraction",
        Value::Boolean(_) => "true or false",
        Value::Datetime(_) => "a date",
        Value::Array(_) => "a list",
        Value::Table(_) => "a table",
    }
}

/// A value as it is written, in one line; of a long one its beginning.
fn shown(value: &Value) -> String {
    const CHARS_MAX: usize = 40;
    let text = value.to_string().replace('\n', " ");
    if text.chars().count() <= CHARS_MAX {
        return text;
    }
    text.chars().take(CHARS_MAX).chain(['…']).collect()
}
