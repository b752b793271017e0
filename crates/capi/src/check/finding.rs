//! What the check says.

use std::{borrow::Cow, fmt};

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// Meta would refuse the event, and with it the whole request. Its `code` is 100.
    Refused {
        /// Meta's `error_subcode`; `None` where Meta gives none.
        subcode: Option<u32>,
    },
    /// Meta takes it, but it can be better.
    Advice,
}

/// One thing that is to be said of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How much it weighs.
    pub severity: Severity,
    /// A stable name, for programs.
    pub code: &'static str,
    /// The field within the event, such as `user_data.ctwa_clid`; empty for the event as a whole.
    pub path: Cow<'static, str>,
    /// What is wrong and how to mend it, for a person. Holds no value of the event.
    pub message: Cow<'static, str>,
}

/// Stands for a dot within a name, whose parts a path joins by dots.
pub(crate) const ESCAPED_DOT: char = '\u{2024}';

impl Finding {
    pub(super) fn refusal(
        subcode: Option<u32>,
        path: impl Into<Cow<'static, str>>,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        let severity = Severity::Refused { subcode };
        Self { severity, code: "refused", path: path.into(), message: message.into() }
    }

    /// The field in the form in which Meta names it, for the event at a place of a request:
    /// `$['data'][0]['user_data']`.
    pub fn json_path(&self, index: usize) -> String {
        json_path(&self.path, index)
    }

    /// Whether Meta would refuse the event for it.
    pub fn is_refusal(&self) -> bool {
        matches!(self.severity, Severity::Refused { .. })
    }

    /// Meta's subcode, if it would refuse the event.
    pub fn subcode(&self) -> Option<u32> {
        match self.severity {
            Severity::Refused { subcode } => subcode,
            Severity::Advice => None,
        }
    }
}

/// A path within the event at a place of a request, in the form in which Meta names it.
pub(crate) fn json_path(within: &str, index: usize) -> String {
    let mut path = format!("$['data'][{index}]");
    for part in within.split('.').filter(|part| !part.is_empty()) {
        if part.bytes().all(|byte| byte.is_ascii_digit()) {
            path.extend(["[", part, "]"]);
        } else {
            let name = part.replace('\'', "\\'").replace(ESCAPED_DOT, ".");
            path.extend(["['", &name, "']"]);
        }
    }
    path
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.message)?;
        self.subcode().map_or(Ok(()), |subcode| write!(f, " ({subcode})"))
    }
}

impl std::error::Error for Finding {}

/// All that is to be said of an event: refusals in the order in which Meta looks, then advice.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings(Vec<Finding>);

impl Findings {
    /// The refusal that Meta would answer with, if any.
    pub fn refusal(&self) -> Option<&Finding> {
        self.0.iter().find(|finding| finding.is_refusal())
    }

    /// The same, to be kept.
    pub(super) fn into_refusal(self) -> Option<Finding> {
        self.0.into_iter().find(Finding::is_refusal)
    }

    /// All findings.
    pub fn iter(&self) -> std::slice::Iter<'_, Finding> {
        self.0.iter()
    }

    /// Whether there is nothing to say.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn push(&mut self, advice: Finding) {
        self.0.push(advice);
    }

    pub(super) fn refuse(
        &mut self,
        subcode: u32,
        path: impl Into<Cow<'static, str>>,
        message: impl Into<Cow<'static, str>>,
    ) {
        self.push_refusal(Finding::refusal(Some(subcode), path, message));
    }

    pub(super) fn refuse_whole(&mut self, path: &'static str, message: impl Into<Cow<'static, str>>) {
        self.push_refusal(Finding::refusal(None, path, message));
    }

    fn push_refusal(&mut self, refusal: Finding) {
        // Behind the other refusals and before all advice.
        let place = self.0.iter().take_while(|finding| finding.is_refusal()).count();
        self.0.insert(place, refusal);
    }

    pub(super) fn advise(
        &mut self,
        code: &'static str,
        path: impl Into<Cow<'static, str>>,
        message: impl Into<Cow<'static, str>>,
    ) {
        let (path, message) = (path.into(), message.into());
        self.push(Finding { severity: Severity::Advice, code, path, message });
    }

    /// A refusal with a subcode if it is one, and advice otherwise.
    pub(super) fn must(
        &mut self,
        refused: Option<u32>,
        code: &'static str,
        path: impl Into<Cow<'static, str>>,
        message: impl Into<Cow<'static, str>>,
    ) {
        match refused {
            Some(subcode) => self.refuse(subcode, path, message),
            None => self.advise(code, path, message),
        }
    }
}

impl<'a> IntoIterator for &'a Findings {
    type Item = &'a Finding;
    type IntoIter = std::slice::Iter<'a, Finding>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
