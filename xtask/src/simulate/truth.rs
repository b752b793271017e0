//! What became true when, made from the steps of a life: how each deal and contact stood, who wrote, and when
//! reports of it come in. Kommo answers from it, and the oracle judges by it.

use std::collections::BTreeMap;

use super::life::{Life, Manner, PhoneField, Stage, Step, What};

/// A deal from one change to the next.
#[derive(Debug, Clone, PartialEq)]
pub struct DealRow {
    pub at_ms: i64,
    /// When the API shows it.
    pub shown_ms: i64,
    /// When the last report of the change comes in; `None` if none does.
    pub reported_ms: Option<i64>,
    pub stage: Stage,
    pub cents: Option<i64>,
    pub contacts: Vec<u64>,
    pub gone: bool,
    /// When it entered its stage.
    pub entered_ms: i64,
}

impl DealRow {
    fn logged(&self, kind: &'static str, deal: u64) -> LogRow {
        LogRow { at_ms: self.at_ms, shown_ms: self.shown_ms, kind, of: "lead", id: deal, stages: None }
    }
}

/// A contact from one change to the next.
#[derive(Debug, Clone, PartialEq)]
pub struct ContactRow {
    pub at_ms: i64,
    pub shown_ms: i64,
    pub reported_ms: Option<i64>,
    pub phones: Vec<PhoneField>,
    pub consent: Option<bool>,
    pub gone: bool,
}

/// A line of the audit log.
#[derive(Debug, Clone, PartialEq)]
pub struct LogRow {
    pub at_ms: i64,
    pub shown_ms: i64,
    /// Kommo's type of the row.
    pub kind: &'static str,
    /// `lead` or `contact`, and its id.
    pub of: &'static str,
    pub id: u64,
    /// The stage that a move left and the one that it entered.
    pub stages: Option<(Stage, Stage)>,
}

/// A message that an ad opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClickRow {
    pub at_ms: i64,
    /// When the first and the last report of it come in.
    pub heard_ms: (i64, i64),
    pub person: usize,
    pub click: usize,
}

/// A report that comes in at a door.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// Its place among the reports of its life, in the order in which they are made.
    pub number: usize,
    pub at_ms: i64,
    pub of: ReportOf,
}

#[derive(Debug, Clone, PartialEq)]
pub enum ReportOf {
    Message {
        person: usize,
        click: Option<usize>,
        written_ms: i64,
        number: usize,
    },
    /// A deal as it was right after a change.
    Deal {
        deal: u64,
        report: DealReport,
        row: usize,
        left: Option<Stage>,
    },
    Contact {
        contact: u64,
        report: ContactReport,
        row: usize,
        deals: Vec<u64>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DealReport {
    Add,
    Status,
    Update,
    StatusAndUpdate,
    Delete,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContactReport {
    Add,
    Update,
    Delete,
}

/// Everything that became true.
#[derive(Debug, Default)]
pub struct Truth {
    pub deals: BTreeMap<u64, Vec<DealRow>>,
    pub contacts: BTreeMap<u64, Vec<ContactRow>>,
    pub log: Vec<LogRow>,
    pub clicks: Vec<ClickRow>,
    /// In the order in which they come in.
    pub reports: Vec<Report>,
    /// When the service is down.
    pub downs: Vec<(i64, i64)>,
    messages: usize,
    begun_ms: i64,
    /// When each report was acknowledged, by its number; without it, a report comes in as its life says.
    acknowledged: Vec<i64>,
}

/// Whether two moments share a second: a life begins with a whole one.
fn is_same_second(one_ms: i64, other_ms: i64) -> bool {
    one_ms.div_euclid(1000) == other_ms.div_euclid(1000)
}

impl Truth {
    pub fn of(life: &Life) -> Self {
        Self::acknowledged(life, &[])
    }

    /// The same where each report came in when it was acknowledged.
    pub fn acknowledged(life: &Life, acknowledged: &[i64]) -> Self {
        let mut truth =
            Self { begun_ms: life.begun_ms, acknowledged: acknowledged.to_vec(), ..Self::default() };
        for step in &life.steps {
            if let What::Killed { down_ms } = step.what {
                truth.downs.push((step.at_ms, step.at_ms + down_ms));
            }
        }
        for step in &life.steps {
            truth.happens(step);
        }
        truth.reports.sort_by_key(|report| report.at_ms);
        truth
    }

    /// Unix seconds of a moment.
    pub fn seconds(&self, at_ms: i64) -> i64 {
        (self.begun_ms + at_ms).div_euclid(1000)
    }

    fn happens(&mut self, step: &Step) {
        match &step.what {
            What::Writes { person, click } => self.writes(step, *person, *click),
            What::ContactMade { contact, phones, consent } => {
                if self.contacts.contains_key(contact) {
                    return;
                }
                let row = ContactRow {
                    at_ms: step.at_ms,
                    shown_ms: 0,
                    reported_ms: None,
                    phones: phones.clone(),
                    consent: *consent,
                    gone: false,
                };
                self.put_contact(step, *contact, row, ContactReport::Add);
            }
            What::PhonesEdited { contact, phones } => {
                if let Some(row) = self.contact(*contact).filter(|row| row.phones != *phones) {
                    let row = ContactRow { phones: phones.clone(), ..row };
                    self.put_contact(step, *contact, row, ContactReport::Update);
                }
            }
            What::ConsentSaid { contact, consent } => {
                if let Some(row) = self.contact(*contact).filter(|row| row.consent != *consent) {
                    let row = ContactRow { consent: *consent, ..row };
                    self.put_contact(step, *contact, row, ContactReport::Update);
                }
            }
            What::ContactGone { contact } => self.contact_goes(step, *contact, None),
            What::Merged { contact, into } if contact != into => {
                self.contact_goes(step, *contact, Some(*into));
            }
            What::DealMade { deal, stage, cents, contacts } => {
                if self.deals.contains_key(deal) {
                    return;
                }
                let contacts = contacts.iter().copied().filter(|one| self.contact(*one).is_some()).collect();
                let row = DealRow {
                    at_ms: step.at_ms,
                    shown_ms: 0,
                    reported_ms: None,
                    stage: *stage,
                    cents: *cents,
                    contacts,
                    gone: false,
                    entered_ms: step.at_ms,
                };
                self.put_deal(step, *deal, row, Some(DealReport::Add), None);
            }
            What::Moved { deal, to } => self.moves(step, *deal, *to),
            What::Priced { deal, cents } => {
                if let Some(row) = self.deal(*deal).filter(|row| row.cents != *cents) {
                    let row = DealRow { cents: *cents, ..row };
                    self.put_deal(step, *deal, row, Some(DealReport::Update), None);
                }
            }
            What::Linked { deal, contact } => self.links(step, *deal, *contact),
            What::Unlinked { deal, contact } => {
                if let Some(mut row) = self.deal(*deal).filter(|row| row.contacts.contains(contact)) {
                    row.contacts.retain(|one| one != contact);
                    self.put_deal(step, *deal, row, Some(DealReport::Update), None);
                }
            }
            What::DealGone { deal } => {
                if let Some(row) = self.deal(*deal) {
                    let row = DealRow { gone: true, ..row };
                    self.put_deal(step, *deal, row, Some(DealReport::Delete), None);
                }
            }
            What::Merged { .. } | What::CrmFails { .. } | What::MetaFails { .. } | What::Killed { .. } => {}
        }
    }

    /// How a deal stands after the last step; `None` if it is not there.
    fn deal(&self, deal: u64) -> Option<DealRow> {
        self.deals.get(&deal)?.last().filter(|row| !row.gone).cloned()
    }

    fn contact(&self, contact: u64) -> Option<ContactRow> {
        self.contacts.get(&contact)?.last().filter(|row| !row.gone).cloned()
    }

    fn writes(&mut self, step: &Step, person: usize, click: Option<usize>) {
        let number = self.messages;
        self.messages += 1;
        let mut heard: Option<(i64, i64)> = None;
        for at_ms in self.arrivals(step) {
            heard = Some(heard.map_or((at_ms, at_ms), |(first, last)| (first.min(at_ms), last.max(at_ms))));
            let of = ReportOf::Message { person, click, written_ms: step.at_ms, number };
            self.report(at_ms, of);
        }
        if let (Some(click), Some(heard_ms)) = (click, heard) {
            self.clicks.push(ClickRow { at_ms: step.at_ms, heard_ms, person, click });
        }
    }

    fn moves(&mut self, step: &Step, deal: u64, to: Stage) {
        let Some(row) = self.deal(deal).filter(|row| row.stage != to) else { return };
        let left = row.stage;
        let report = match step.news.manner {
            Manner::Usual => DealReport::Status,
            Manner::Both => DealReport::StatusAndUpdate,
            Manner::Update => DealReport::Update,
        };
        let row = DealRow { stage: to, entered_ms: step.at_ms, ..row };
        self.put_deal(step, deal, row, Some(report), Some(left));
    }

    fn links(&mut self, step: &Step, deal: u64, contact: u64) {
        let Some(mut row) = self.deal(deal).filter(|row| !row.contacts.contains(&contact)) else { return };
        if self.contact(contact).is_none() {
            return;
        }
        row.contacts.push(contact);
        let report = (step.news.manner == Manner::Both).then_some(DealReport::Update);
        self.put_deal(step, deal, row, report, None);
        let last = self.report_contact(step, contact, ContactReport::Update);
        self.reported_by(deal, last);
    }

    /// A contact is deleted, or merged into another one, which gets what it has.
    fn contact_goes(&mut self, step: &Step, contact: u64, into: Option<u64>) {
        let Some(row) = self.contact(contact) else { return };
        if into.is_some_and(|into| self.contact(into).is_none()) {
            return;
        }
        let linked: Vec<u64> = self.deals_of(contact);
        for deal in &linked {
            let Some(mut row) = self.deal(*deal) else { continue };
            row.contacts.retain(|one| *one != contact);
            if let Some(into) = into.filter(|into| !row.contacts.contains(into)) {
                row.contacts.push(into);
            }
            self.put_deal(step, *deal, row, None, None);
        }
        if let Some((into, mut other)) = into.and_then(|into| Some((into, self.contact(into)?))) {
            other.phones.extend(row.phones.iter().cloned());
            self.put_contact(step, into, other, ContactReport::Update);
        }
        self.put_contact(step, contact, ContactRow { gone: true, ..row }, ContactReport::Delete);
        let last = self.contacts[&contact].last().and_then(|row| row.reported_ms);
        for deal in linked {
            self.reported_by(deal, last);
        }
    }

    fn deals_of(&self, contact: u64) -> Vec<u64> {
        let is_of = |row: &DealRow| !row.gone && row.contacts.contains(&contact);
        self.deals.iter().filter(|(_, rows)| rows.last().is_some_and(is_of)).map(|(deal, _)| *deal).collect()
    }

    fn reported_by(&mut self, deal: u64, last_ms: Option<i64>) {
        if let Some(row) = self.deals.get_mut(&deal).and_then(|rows| rows.last_mut()) {
            row.reported_ms = row.reported_ms.max(last_ms);
        }
    }

    /// Writes down what a change of a deal was.
    fn log_deal(&mut self, deal: u64) {
        let Some(rows) = self.deals.get(&deal) else { return };
        let Some((after, before)) = rows.split_last() else { return };
        let Some(before) = before.last() else {
            return self.log.push(after.logged("lead_added", deal));
        };
        let mut log = Vec::new();
        if before.stage != after.stage {
            let stages = Some((before.stage, after.stage));
            log.push(LogRow { stages, ..after.logged("lead_status_changed", deal) });
        }
        if before.cents != after.cents {
            log.push(after.logged("sale_field_changed", deal));
        }
        if after.gone {
            log.push(after.logged("lead_deleted", deal));
        }
        if after.contacts.iter().any(|contact| !before.contacts.contains(contact)) {
            log.push(after.logged("entity_linked", deal));
        }
        if before.contacts.iter().any(|contact| !after.contacts.contains(contact)) {
            log.push(after.logged("entity_unlinked", deal));
        }
        self.log.extend(log);
    }

    /// Writes down what a change of a contact was.
    fn log_contact(&mut self, contact: u64) {
        let Some(rows) = self.contacts.get(&contact) else { return };
        let Some((after, before)) = rows.split_last() else { return };
        let kind = match before.last() {
            None => "contact_added",
            Some(_) if after.gone => "contact_deleted",
            Some(_) => "custom_field_value_changed",
        };
        let (at_ms, shown_ms) = (after.at_ms, after.shown_ms);
        self.log.push(LogRow { at_ms, shown_ms, kind, of: "contact", id: contact, stages: None });
    }

    fn put_deal(
        &mut self,
        step: &Step,
        deal: u64,
        mut row: DealRow,
        report: Option<DealReport>,
        left: Option<Stage>,
    ) {
        let rows = self.deals.entry(deal).or_default();
        row.at_ms = step.at_ms;
        row.shown_ms = (step.at_ms + step.news.lag_ms).max(rows.last().map_or(0, |before| before.shown_ms));
        let place = rows.len();
        if let Some(before) = rows.last_mut().filter(|before| is_same_second(before.at_ms, row.at_ms)) {
            // Times are seconds: where the API showed one of two changes of a second, nobody could tell.
            before.shown_ms = row.shown_ms;
        }
        rows.push(row);
        self.log_deal(deal);
        let Some(report) = report else {
            self.deals
                .get_mut(&deal)
                .and_then(|rows| rows.last_mut())
                .into_iter()
                .for_each(|row| row.reported_ms = None);
            return;
        };
        let mut last = None;
        for at_ms in self.arrivals(step) {
            last = last.max(Some(at_ms));
            self.report(at_ms, ReportOf::Deal { deal, report, row: place, left });
        }
        if let Some(row) = self.deals.get_mut(&deal).and_then(|rows| rows.last_mut()) {
            row.reported_ms = last;
        }
    }

    fn put_contact(&mut self, step: &Step, contact: u64, mut row: ContactRow, report: ContactReport) {
        let rows = self.contacts.entry(contact).or_default();
        row.at_ms = step.at_ms;
        row.shown_ms = (step.at_ms + step.news.lag_ms).max(rows.last().map_or(0, |before| before.shown_ms));
        if let Some(before) = rows.last_mut().filter(|before| is_same_second(before.at_ms, row.at_ms)) {
            before.shown_ms = row.shown_ms;
        }
        rows.push(row);
        self.log_contact(contact);
        let last = self.report_contact(step, contact, report);
        if let Some(row) = self.contacts.get_mut(&contact).and_then(|rows| rows.last_mut()) {
            row.reported_ms = last;
        }
    }

    /// Reports a contact as it is now; when the last report comes in.
    fn report_contact(&mut self, step: &Step, contact: u64, report: ContactReport) -> Option<i64> {
        let deals = self.deals_of(contact);
        let row = self.contacts.get(&contact)?.len() - 1;
        let mut last = None;
        for at_ms in self.arrivals(step) {
            last = last.max(Some(at_ms));
            let of = ReportOf::Contact { contact, report, row, deals: deals.clone() };
            self.report(at_ms, of);
        }
        last
    }

    /// When the reports of a step come in: while the service is down, after that.
    fn arrivals(&self, step: &Step) -> Vec<i64> {
        let up = |at_ms: i64| {
            let mut at_ms = at_ms;
            while let Some((_, until_ms)) =
                self.downs.iter().find(|(from, until)| (*from..*until).contains(&at_ms))
            {
                at_ms = *until_ms;
            }
            at_ms
        };
        let planned = step.news.reports_ms.iter().map(|after_ms| up(step.at_ms + after_ms));
        let real = self.acknowledged.get(self.reports.len()..).unwrap_or_default();
        planned.enumerate().map(|(place, at_ms)| real.get(place).copied().unwrap_or(at_ms)).collect()
    }

    /// Each of the arrivals becomes one report, so that they are numbered alike.
    fn report(&mut self, at_ms: i64, of: ReportOf) {
        self.reports.push(Report { number: self.reports.len(), at_ms, of });
    }
}
