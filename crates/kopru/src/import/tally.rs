//! What became of the rows of a file.

use std::{
    collections::BTreeMap,
    fs::{File, OpenOptions},
    io::{BufWriter, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

use serde_json::{Value, json};

use super::rows::{FileFormat, FileSample, REFUSED_MARK};
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

/// The file of refused rows.
struct RefusedFile {
    name: String,
    format: FileFormat,
    columns: usize,
    file: BufWriter<File>,
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
        let lines = self.refused.entry(reason).or_default();
        lines.rows += 1;
        if lines.lines.len() < LINES_SHOWN {
            lines.lines.push(line);
        }
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
        json!({
            "dry_run": is_dry, "stopped": is_stopped, "rows": self.rows, "taken": self.taken,
            "duplicates": self.duplicates, "kept_back": self.kept_back, "further_lines": self.continued,
            "left_out": self.left_out,
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
        for (reason, rows) in &self.kept_back {
            let are = if *rows == 1 { "is" } else { "are" };
            out!("{rows} of those taken {are} kept back and not sent: {reason}");
        }
        for ((key, wrong, subcode), of) in &self.refused {
            let lines: Vec<String> = of.lines.iter().map(u64::to_string).collect();
            let more = if of.rows > of.lines.len() as u64 { ", …" } else { "" };
            out!("{} refused: {}; line {}{more}", of.rows, said(key, wrong, *subcode), lines.join(", "));
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
        if !is_dry && !by_service && self.taken > 0 {
            let they_are = if self.taken == 1 { "it is" } else { "they are" };
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

impl RefusedFile {
    fn make(path: &Path, sample: &FileSample) -> Result<Self, Error> {
        let name = path.display().to_string();
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
        let file = file.map_err(|cause| Error::RefusedFile { name: name.clone(), cause })?;
        let columns = sample.header.len();
        let mut made = Self { name, format: sample.format, columns, file: BufWriter::new(file) };
        if let FileFormat::Table(_) = made.format {
            let header: Vec<&str> = sample.header.iter().map(String::as_str).collect();
            made.row(&header, "refused line", "refused because")?;
        }
        Ok(made)
    }

    fn write(&mut self, line: u64, raw: &[String], reason: &str) -> Result<(), Error> {
        if let FileFormat::Table(_) = self.format {
            let cells: Vec<&str> = raw.iter().map(String::as_str).collect();
            return self.row(&cells, &line.to_string(), reason);
        }
        let mark = json!({"line": line, "reason": reason});
        let text = raw.first().map(String::as_str).unwrap_or_default();
        let object = text.strip_prefix('{').map(str::trim_start).filter(|_| text.ends_with('}'));
        let written = match object {
            Some("}") => format!("{{\"{REFUSED_MARK}\":{mark}}}"),
            Some(rest) => format!("{{\"{REFUSED_MARK}\":{mark},{rest}"),
            None => json!({ REFUSED_MARK: mark, "text": text }).to_string(),
        };
        let done = writeln!(self.file, "{written}").and_then(|()| self.file.flush());
        done.map_err(|cause| Error::RefusedFile { name: self.name.clone(), cause })
    }

    /// A row of the table, with where and why behind its columns.
    fn row(&mut self, cells: &[&str], line: &str, reason: &str) -> Result<(), Error> {
        let FileFormat::Table(delimiter) = self.format else { return Ok(()) };
        let mut writer =
            csv::WriterBuilder::new().delimiter(delimiter).flexible(true).from_writer(Vec::new());
        let padded = cells.iter().copied().chain(std::iter::repeat("")).take(self.columns);
        let written = writer.write_record(padded.chain([line, reason]));
        let bytes = writer.into_inner().unwrap_or_default();
        let done = written.map_err(std::io::Error::other);
        let done = done.and_then(|()| self.file.write_all(&bytes)).and_then(|()| self.file.flush());
        done.map_err(|cause| Error::RefusedFile { name: self.name.clone(), cause })
    }
}
