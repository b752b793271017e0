//! What became of the rows of a file.

use std::{collections::BTreeMap, path::Path};

use serde_json::{Value, json};

use super::{refused_file::RefusedFile, rows::FileSample};
use crate::{Error, logging::out};

/// How many lines are named of each reason.
const LINES_SHOWN: usize = 5;
/// How many reasons are told apart.
const REASONS_MAX: usize = 100;
/// How many doubtful rows are listed.
const DOUBTFUL_SHOWN: usize = 20;

/// Counts rows by what became of them.
pub struct Tally {
    rows: u64,
    taken: u64,
    duplicates: u64,
    kept_back: BTreeMap<String, u64>,
    continued: u64,
    left_out: u64,
    /// Rows that add up others.
    sums: LinesOf,
    /// What is to be said of rows that were taken, by field and text.
    advice: BTreeMap<(String, String), LinesOf>,
    refused: BTreeMap<(String, String, Option<u32>), LinesOf>,
    doubtful: u64,
    listed: Vec<(u64, String)>,
    file: Option<RefusedFile>,
}

/// How many, and where the first of them stand.
#[derive(Default)]
struct LinesOf {
    rows: u64,
    lines: Vec<u64>,
}

impl LinesOf {
    fn add(&mut self, line: u64) {
        self.rows += 1;
        if self.lines.len() < LINES_SHOWN {
            self.lines.push(line);
        }
    }

    /// The lines, for people.
    fn shown(&self) -> String {
        let lines: Vec<String> = self.lines.iter().map(u64::to_string).collect();
        let more = if self.rows > self.lines.len() as u64 { ", …" } else { "" };
        format!("line {}{more}", lines.join(", "))
    }
}

impl Tally {
    /// Nothing has become of any row. Refused ones are also written into a new file.
    pub fn new(refused: Option<&Path>, sample: &FileSample) -> Result<Self, Error> {
        Ok(Self {
            rows: 0,
            taken: 0,
            duplicates: 0,
            kept_back: BTreeMap::new(),
            continued: 0,
            left_out: 0,
            sums: LinesOf::default(),
            advice: BTreeMap::new(),
            refused: BTreeMap::new(),
            doubtful: 0,
            listed: Vec::new(),
            file: refused.map(|file| RefusedFile::make(file, sample)).transpose()?,
        })
    }

    /// How many rows have been looked at.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// A row is a further line of the order before it.
    pub fn continued(&mut self) {
        self.rows += 1;
        self.continued += 1;
    }

    /// A row is not among those that are to be imported.
    pub fn left_out(&mut self) {
        self.rows += 1;
        self.left_out += 1;
    }

    /// A row adds up those above it.
    pub fn sum(&mut self, line: u64) {
        self.rows += 1;
        self.sums.add(line);
    }

    /// Something is to be said of a row that was taken.
    pub fn advised(&mut self, line: u64, path: &str, message: &str) {
        let text = (path.to_owned(), message.to_owned());
        if self.advice.len() < REASONS_MAX || self.advice.contains_key(&text) {
            self.advice.entry(text).or_default().add(line);
        }
    }

    /// So many rows were taken, some of them again, and some are kept back.
    pub fn taken(&mut self, taken: u64, duplicates: u64, kept_back: BTreeMap<String, u64>) {
        self.rows += taken;
        self.taken += taken - duplicates.min(taken);
        self.duplicates += duplicates;
        for (reason, rows) in kept_back {
            *self.kept_back.entry(reason).or_default() += rows;
        }
    }

    /// A row was refused.
    pub fn refused(
        &mut self,
        line: u64,
        raw: &[String],
        key: &str,
        wrong: &str,
        subcode: Option<u32>,
    ) -> Result<(), Error> {
        self.rows += 1;
        let mut reason = (key.to_owned(), wrong.to_owned(), subcode);
        if self.refused.len() >= REASONS_MAX && !self.refused.contains_key(&reason) {
            reason = (String::new(), "other reasons".to_owned(), None);
        }
        self.refused.entry(reason).or_default().add(line);
        match &mut self.file {
            Some(file) => file.write(line, raw, &said(key, wrong, subcode)),
            None => Ok(()),
        }
    }

    /// A row seems to be the sale of a deal.
    pub fn doubtful(&mut self, line: u64, raw: &[String], deal: String) -> Result<(), Error> {
        self.rows += 1;
        self.doubtful += 1;
        if let Some(file) = &mut self.file {
            file.write(line, raw, &format!("it seems to be the sale of {deal}"))?;
        }
        if self.listed.len() < DOUBTFUL_SHOWN {
            self.listed.push((line, deal));
        }
        Ok(())
    }

    /// Whether no row was refused or set aside.
    pub fn is_clean(&self) -> bool {
        self.refused.is_empty() && self.doubtful == 0
    }

    /// For programs.
    pub fn json(&self, is_dry: bool, is_stopped: bool) -> Value {
        let refused = self.refused.iter().map(|((key, wrong, subcode), of)| {
            json!({"key": key, "reason": wrong, "subcode": subcode, "rows": of.rows, "lines": of.lines})
        });
        let doubtful = self.listed.iter().map(|(line, deal)| json!({"line": line, "deal": deal}));
        let advice = self.advice.iter().map(|((path, message), of)| {
            json!({"path": path, "message": message, "rows": of.rows, "lines": of.lines})
        });
        json!({
            "dry_run": is_dry, "stopped": is_stopped, "rows": self.rows, "taken": self.taken,
            "duplicates": self.duplicates, "kept_back": self.kept_back, "further_lines": self.continued,
            "left_out": self.left_out, "sums": self.sums.rows, "advice": advice.collect::<Vec<_>>(),
            "refused": {
                "rows": self.refused.values().map(|of| of.rows).sum::<u64>(),
                "reasons": refused.collect::<Vec<_>>(),
            },
            "doubtful": { "rows": self.doubtful, "first": doubtful.collect::<Vec<_>>() },
        })
    }

    /// For people.
    pub fn print(&self, is_dry: bool, by_service: bool) {
        let taken = if is_dry { "would be taken, unless known already" } else { "taken" };
        out!("{}: {} {taken}", counted(self.rows), self.taken);
        if self.duplicates > 0 {
            out!("{} {} known already", self.duplicates, if self.duplicates == 1 { "was" } else { "were" });
        }
        match self.continued {
            0 => {}
            1 => out!("1 is a further line of the order above it"),
            lines => out!("{lines} are further lines of the order above them"),
        }
        match self.left_out {
            0 => {}
            rows => out!("{rows} left out by --only"),
        }
        match self.sums.rows {
            0 => {}
            1 => out!("1 adds up the others and is no row: {}", self.sums.shown()),
            rows => out!("{rows} add up the others and are no rows: {}", self.sums.shown()),
        }
        for (reason, rows) in &self.kept_back {
            let are = if *rows == 1 { "is" } else { "are" };
            out!("{rows} {are} kept back and not sent: {reason}");
        }
        for ((path, message), of) in &self.advice {
            out!("{}: {}; {}", counted(of.rows), said(path, message, None), of.shown());
        }
        for ((key, wrong, subcode), of) in &self.refused {
            out!("{} refused: {}; {}", of.rows, said(key, wrong, *subcode), of.shown());
        }
        if self.doubtful > 0 {
            out!(
                "{} not sent: the CRM has a sale of the same person, amount and day; --send-doubtful sends {}",
                self.doubtful,
                if self.doubtful == 1 { "it" } else { "them" },
            );
            for (line, deal) in &self.listed {
                out!("  line {line}: {deal}");
            }
        }
        // What was known already may be kept back, too.
        let kept_back: u64 = self.kept_back.values().sum();
        if !is_dry && !by_service && self.taken > 0 && self.taken + self.duplicates > kept_back {
            let they_are = match self.taken {
                _ if kept_back > 0 => "what is not kept back is",
                1 => "it is",
                _ => "they are",
            };
            out!("no service runs: {they_are} sent once one does");
        }
    }
}

/// So many rows, for people.
pub fn counted(rows: u64) -> String {
    if rows == 1 { "1 row".to_owned() } else { format!("{rows} rows") }
}

fn said(key: &str, wrong: &str, subcode: Option<u32>) -> String {
    let subcode = subcode.map(|subcode| format!(" ({subcode})")).unwrap_or_default();
    if key.is_empty() { format!("{wrong}{subcode}") } else { format!("{key}: {wrong}{subcode}") }
}
