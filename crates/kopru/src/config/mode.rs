//! What happens with a dataset's events.

use std::ops::Range;

use kopru_core::{Mode, TestRun};
use toml::Spanned;

use super::read::Reader;

/// How long a test code may be, bytes; those of Events Manager have about nine.
pub(super) const CODE_BYTES_MAX: usize = 64;

/// Whether it can be a test code of Events Manager, `TEST12345`: letters, digits, `_` and `-`.
pub fn is_test_code(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= CODE_BYTES_MAX
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

impl Reader<'_> {
    /// The mode of a dataset, and what its events are marked with in test mode. Of code and test mode there are both
    /// or neither.
    pub(super) fn mode(
        &mut self,
        id: &str,
        written: Option<&Spanned<String>>,
        code: Option<&Spanned<String>>,
        at: &Range<usize>,
    ) -> (Option<Mode>, Option<TestRun>) {
        let mode = match written.map(|mode| mode.get_ref().as_str()) {
            None | Some("live") => Some(Mode::Live),
            Some("test") => Some(Mode::Test),
            Some("shadow") => Some(Mode::Shadow),
            Some("off") => Some(Mode::Off),
            Some(_) => {
                self.choice(written, "mode", &["live", "test", "shadow", "off"]);
                None
            }
        };
        if let (Some(written), Some(Mode::Shadow | Mode::Off)) = (written, mode) {
            let what = if mode == Some(Mode::Shadow) { "recorded and not sent" } else { "not sent" };
            let said = written.get_ref();
            let notice =
                format!("dataset {id} is \"{said}\": events are {what}; write mode = \"live\" to send them");
            self.notices.add(&written.span(), notice);
        }
        let Some(code) = code else {
            if let (Some(written), Some(Mode::Test)) = (written, mode) {
                let message = format!(
                    "dataset {id} is \"test\" and has no test_event_code; copy the code from Events Manager, Test \
                     events: test_event_code = \"TEST12345\""
                );
                self.report.add(&written.span(), message);
            }
            return (mode, None);
        };
        if mode.is_some_and(|mode| mode != Mode::Test) {
            let message = format!(
                "dataset {id} has a test_event_code, which counts in test mode only; write mode = \"test\", or take \
                 the code out"
            );
            self.report.add(&code.span(), message);
        }
        let read = self.pattern(code, "test_event_code", "TEST12345", is_test_code);
        if let (Some(Mode::Test), Some(code)) = (mode, &read) {
            let notice = format!(
                "dataset {id} is \"test\": events are sent with the code {code} for 24 hours since it was first used, \
                 and recorded and not sent from then on; Meta counts them as it counts others; write mode = \"live\" \
                 when the test is done"
            );
            self.notices.add(at, notice);
        }
        (mode, read.map(|code| TestRun { code, since_s: None }))
    }
}
