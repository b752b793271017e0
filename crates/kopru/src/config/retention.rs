//! How long what is kept.

use processor::Retention;
use toml::Spanned;

use super::{raw::RetentionTable, read::Reader};

/// Meta takes events for seven days, and what is still to be told must not be deleted before.
const DAYS_MIN: u32 = 8;
/// Ten years.
const DAYS_MAX: u32 = 3650;

impl Reader<'_> {
    /// The days of each kind, as they are given or usual.
    pub(super) fn retention(&mut self, written: &RetentionTable) -> Retention {
        let usual = Retention::default();
        let mut days = |written: &Option<Spanned<i64>>, kind: &str, usual: u32| -> u32 {
            let Some(written) = written else { return usual };
            let fits =
                u32::try_from(*written.get_ref()).ok().filter(|days| (DAYS_MIN..=DAYS_MAX).contains(days));
            fits.unwrap_or_else(|| {
                let given = written.get_ref();
                let message = format!(
                    "retention.{kind} = {given} is not a number of days from {DAYS_MIN} to {DAYS_MAX}: events \
                     leave for up to seven days, and need it until then; {usual} is usual"
                );
                self.report.add(&written.span(), message);
                usual
            })
        };
        Retention {
            facts_days: days(&written.facts, "facts", usual.facts_days),
            clicks_days: days(&written.clicks, "clicks", usual.clicks_days),
            links_days: days(&written.links, "links", usual.links_days),
            bodies_days: days(&written.bodies, "bodies", usual.bodies_days),
            conversions_days: days(&written.conversions, "conversions", usual.conversions_days),
        }
    }
}
