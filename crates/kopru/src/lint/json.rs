//! The report as JSON: an object whose list of events is written while they are read.

use std::io::{self, Write};

use capi::{Checks, Element, Findings, SeenEvents, check_element, check_envelope, is_batched, read_envelope};
use serde_json::{Value, json};

use super::{
    input::{Around, Looker},
    report::LintVerdict,
};

pub struct JsonReport<'o, W> {
    checks: Checks,
    output: &'o mut W,
    /// The first failure of the output; nothing is written after it.
    written: io::Result<()>,
    seen: SeenEvents,
    around: Around,
    has_list: bool,
    /// Whether it is a batch of the Graph API, of which all is said already.
    is_batch: bool,
    index: usize,
    events: u64,
    refused: u64,
    request: Vec<Value>,
    is_request_refused: bool,
}

impl<'o, W: Write> JsonReport<'o, W> {
    pub fn new(checks: Checks, output: &'o mut W) -> Self {
        let written = output.write_all(b"{\"events\":[");
        Self {
            checks,
            output,
            written,
            seen: SeenEvents::default(),
            around: Around::Request,
            has_list: false,
            is_batch: false,
            index: 0,
            events: 0,
            refused: 0,
            request: Vec::new(),
            is_request_refused: false,
        }
    }

    /// Closes the object, also one whose body could not be read to its end.
    pub fn finish(mut self) -> LintVerdict {
        let is_refused = self.is_request_refused || self.refused > 0;
        let end = format!(
            "],\"request\":{},\"refused\":{is_refused},\"counts\":{}}}\n",
            Value::from(std::mem::take(&mut self.request)),
            json!({ "events": self.events, "refused": self.refused })
        );
        self.write(end.as_bytes());
        if is_refused { LintVerdict::Refused } else { LintVerdict::Taken }
    }

    fn write(&mut self, bytes: &[u8]) {
        if self.written.is_ok() {
            self.written = self.output.write_all(bytes);
        }
    }
}

impl<W: Write> Looker for JsonReport<'_, W> {
    fn begins(&mut self, _: usize, around: Around) {
        (self.around, self.has_list, self.index) = (around, false, 0);
    }

    fn list(&mut self) {
        self.has_list = true;
    }

    fn event(&mut self, element: &Element<'_>) {
        self.is_batch |= is_batched(element);
        let findings = check_element(element, self.checks);
        let repeated = element.as_ref().ok().and_then(|event| self.seen.advice(event));
        let mut said = shown(&findings, Some(self.index));
        said.extend(repeated.map(|advice| one(&advice, Some(self.index))));
        let line = json!({
            "index": self.index,
            "event_name": title(element),
            "verdict": if findings.refusal().is_some() { "refused" } else { "ok" },
            "subcode": findings.refusal().and_then(capi::Finding::subcode),
            "findings": said,
        });
        if self.events > 0 {
            self.write(b",");
        }
        self.write(line.to_string().as_bytes());
        self.index += 1;
        self.events += 1;
        self.refused += u64::from(findings.refusal().is_some());
    }

    fn ends(&mut self, parameters: &[u8]) {
        if self.around == Around::Nothing && self.index > 1 {
            return;
        }
        if std::mem::take(&mut self.is_batch) {
            return;
        }
        let Ok(envelope) = read_envelope(parameters) else { return };
        let findings = check_envelope(&envelope, self.has_list, self.index);
        self.is_request_refused |= findings.refusal().is_some();
        self.request.extend(shown(&findings, None));
    }
}

fn shown(findings: &Findings, index: Option<usize>) -> Vec<Value> {
    findings.iter().map(|finding| one(finding, index)).collect()
}

fn one(finding: &capi::Finding, index: Option<usize>) -> Value {
    json!({
        "severity": if finding.is_refusal() { "refused" } else { "advice" },
        "code": finding.code,
        "subcode": finding.subcode(),
        "path": index.map_or_else(|| finding.path.to_string(), |index| finding.json_path(index)),
        "message": finding.message,
    })
}

/// The event's name, as far as it can be shown on one line.
fn title(element: &Element<'_>) -> Option<String> {
    let name = element.as_ref().ok()?.event_name.as_deref()?;
    Some(capi::privacy::shown(name))
}
