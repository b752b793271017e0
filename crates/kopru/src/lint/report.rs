//! One line a finding: what is alike in several events is said once.

use std::{
    collections::HashMap,
    hash::{BuildHasher as _, Hash as _, Hasher as _, RandomState},
    io::{self, Write},
};

use capi::{
    Checks, Element, Finding, SeenEvents, Severity, check_element, check_envelope, is_batched,
    pasted::PastedKind, read_envelope,
};

use super::input::{Around, BodyForm, Looker};

/// Most findings that differ; more are counted.
const LINES_MAX: usize = 1000;
/// Of the other events with a finding so many are named.
const PLACES_MAX: usize = 5;

/// Whether Meta would take what was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LintVerdict {
    Taken,
    Refused,
}

/// A finding, and where it was found.
struct ReportLine {
    severity: Severity,
    place: String,
    message: String,
    /// The event in which it was found last; none if it is of the request.
    last: Option<u64>,
    /// Of further events, how many and the first of them.
    more: u64,
    others: Vec<usize>,
}

/// Where an event stands.
#[derive(Debug, Clone, Copy, Default)]
struct EventSpot {
    /// Of all, for telling events apart.
    number: u64,
    /// In its request.
    index: usize,
}

pub struct LintReport {
    checks: Checks,
    seen: SeenEvents,
    requests: u64,
    around: Around,
    line: usize,
    has_list: bool,
    /// Whether it is a batch of the Graph API, of which all is said already.
    is_batch: bool,
    next: EventSpot,
    events: u64,
    refused: u64,
    advised: u64,
    is_request_refused: bool,
    keys: RandomState,
    known: HashMap<u64, usize>,
    lines: Vec<ReportLine>,
    untold: u64,
}

impl LintReport {
    pub fn new(checks: Checks) -> Self {
        Self {
            checks,
            seen: SeenEvents::default(),
            requests: 0,
            around: Around::Request,
            line: 0,
            has_list: false,
            is_batch: false,
            next: EventSpot::default(),
            events: 0,
            refused: 0,
            advised: 0,
            is_request_refused: false,
            keys: RandomState::new(),
            known: HashMap::new(),
            lines: Vec::new(),
            untold: 0,
        }
    }

    pub fn verdict(&self) -> LintVerdict {
        if self.is_request_refused || self.refused > 0 { LintVerdict::Refused } else { LintVerdict::Taken }
    }

    /// Refusals first, then advice, then how many there were.
    pub fn print(&self, form: &BodyForm, output: &mut impl Write) -> io::Result<()> {
        let is_refusal = |line: &&ReportLine| matches!(line.severity, Severity::Refused { .. });
        for line in self.lines.iter().filter(is_refusal) {
            line.print(output)?;
        }
        for advice in &form.advice {
            writeln!(output, "advice request: {advice}")?;
        }
        for line in self.lines.iter().filter(|line| !is_refusal(line)) {
            line.print(output)?;
        }
        if self.untold > 0 {
            writeln!(output, "and {} findings more, each unlike those above", self.untold)?;
        }
        if !matches!(form.kind, PastedKind::Json | PastedKind::Form) {
            writeln!(output, "read as {}", form.kind.shown())?;
        }
        self.print_summary(output)
    }

    fn print_summary(&self, output: &mut impl Write) -> io::Result<()> {
        let events = if self.events == 1 { "event" } else { "events" };
        let refused = if self.refused == 0 { "none".to_owned() } else { self.refused.to_string() };
        write!(output, "{} {events}, {refused} refused, {} with advice", self.events, self.advised)?;
        match self.verdict() {
            LintVerdict::Refused if self.requests > 1 => {
                writeln!(output, ": Meta would refuse each request that holds a refused one")
            }
            LintVerdict::Refused => writeln!(output, ": Meta would refuse the whole request"),
            LintVerdict::Taken => writeln!(output),
        }
    }

    fn add(&mut self, finding: &Finding, at: Option<EventSpot>) {
        let mut key = self.keys.build_hasher();
        (finding.code, finding.subcode(), &finding.message).hash(&mut key);
        for part in finding.path.split('.').filter(|part| !part.bytes().all(|byte| byte.is_ascii_digit())) {
            key.write(part.as_bytes());
            key.write_u8(b'.');
        }
        let key = key.finish();
        let number = at.map(|at| at.number);
        if let Some(line) = self.known.get(&key).and_then(|place| self.lines.get_mut(*place)) {
            if let Some(at) = at.filter(|_| line.last != number) {
                line.last = number;
                line.more += 1;
                if line.others.len() < PLACES_MAX {
                    line.others.push(at.index);
                }
            }
            return;
        }
        if self.lines.len() == LINES_MAX {
            self.untold += 1;
            return;
        }
        self.known.insert(key, self.lines.len());
        self.lines.push(ReportLine {
            severity: finding.severity,
            place: self.place(finding, at),
            message: finding.message.to_string(),
            last: number,
            more: 0,
            others: Vec::new(),
        });
    }

    fn place(&self, finding: &Finding, at: Option<EventSpot>) -> String {
        let path = at.map_or_else(|| finding.path.to_string(), |at| finding.json_path(at.index));
        if self.requests > 1 { format!("line {} {path}", self.line) } else { path }
    }
}

impl Looker for LintReport {
    fn begins(&mut self, line: usize, around: Around) {
        self.requests += u64::from(around != Around::Nothing);
        (self.line, self.around, self.has_list) = (line, around, false);
        self.next.index = 0;
    }

    fn list(&mut self) {
        self.has_list = true;
    }

    fn event(&mut self, element: &Element<'_>) {
        let at = self.next;
        self.next = EventSpot { number: at.number + 1, index: at.index + 1 };
        self.events += 1;
        self.is_batch |= is_batched(element);
        let findings = check_element(element, self.checks);
        let repeated = element.as_ref().ok().and_then(|event| self.seen.advice(event));
        self.refused += u64::from(findings.refusal().is_some());
        let has_advice = repeated.is_some() || findings.iter().any(|finding| !finding.is_refusal());
        self.advised += u64::from(has_advice);
        for finding in findings.iter().chain(&repeated) {
            self.add(finding, Some(at));
        }
    }

    fn ends(&mut self, parameters: &[u8]) {
        let events = self.next.index;
        // A file of events, one after another, is none that is sent as it is.
        if self.around == Around::Nothing && events > 1 {
            return;
        }
        if std::mem::take(&mut self.is_batch) {
            return;
        }
        let Ok(envelope) = read_envelope(parameters) else { return };
        let findings = check_envelope(&envelope, self.has_list, events);
        self.is_request_refused |= findings.refusal().is_some();
        for finding in &findings {
            self.add(finding, None);
        }
    }
}

impl ReportLine {
    fn print(&self, output: &mut impl Write) -> io::Result<()> {
        match self.severity {
            Severity::Refused { subcode: Some(subcode) } => write!(output, "refused 100/{subcode}")?,
            Severity::Refused { subcode: None } => write!(output, "refused 100")?,
            Severity::Advice => write!(output, "advice")?,
        }
        write!(output, " {}: {}", self.place, self.message)?;
        if self.more > 0 {
            let named: Vec<String> = self.others.iter().map(ToString::to_string).collect();
            let rest = if self.more > self.others.len() as u64 { ", …" } else { "" };
            let events = if self.more == 1 { "event" } else { "events" };
            write!(output, " (the same in {} more {events}: {}{rest})", self.more, named.join(", "))?;
        }
        writeln!(output)
    }
}
