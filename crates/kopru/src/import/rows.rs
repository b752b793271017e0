//! The rows of a file, whatever its format.

use std::{
    fs::File,
    io::{BufRead as _, BufReader, Chain, Read as _},
};

use serde_json::{Map, Value};
use sources::files::guess;
use store::CopyProgress;

use super::{
    bytes::{ROW_BYTES_MAX, ReadBytes, TextReader, text_of},
    format::{FileFormat, separator_line},
};
use crate::Error;

/// How much of a file is looked at to tell its format.
const HEAD_BYTES: u64 = 64 * 1024;
/// How much of the rows that are looked at first is kept, bytes, about.
const SAMPLE_BYTES: usize = 4 * 1024 * 1024;
/// Most columns of a file.
const COLUMNS_MAX: usize = 1000;
/// Among how many rows the names of the columns are looked for: reports have a title and a time above them.
const HEADER_ROWS_MAX: usize = 20;
/// What a row that was refused carries of that, when it comes again.
pub const REFUSED_MARK: &str = "kopru_refused";

/// What a file is refused for whose rows are no cells.
const QUOTED_WHOLE: &str = "each of its rows stands in quotes as one cell; split it into columns in a spreadsheet, and save it as \
                            CSV UTF-8";
/// What a row is refused for that has more cells than the table: one of them was torn.
const TOO_LONG: &str = "the row has more cells than the table has columns: is there an amount such as 129,90 or an address \
                        without quotes?";

/// A row of a file.
#[derive(Debug, PartialEq, Eq)]
pub enum FileRow {
    /// Of a table, or of a flat object.
    Cells(Vec<String>),
    /// An event in Meta's shape.
    Event(String),
    /// Nothing that can be read, and why.
    Broken(&'static str),
}

/// A row with where it stands.
pub struct ReadRow {
    /// Its line, from 1.
    pub line: u64,
    /// What it is.
    pub row: FileRow,
    /// As it stands in the file: cells, or one line.
    pub raw: Vec<String>,
}

/// What some rows say of a file.
pub struct FileSample {
    /// The format.
    pub format: FileFormat,
    /// The names of the columns, or of the members of flat objects.
    pub header: Vec<String>,
    /// The line of the names of the columns, from 1, where something else stands above them.
    pub header_line: Option<u64>,
    /// The first rows of cells.
    pub rows: Vec<Vec<String>>,
    /// How many of the first lines are events in Meta's shape.
    pub events: usize,
}

/// Reads a file row by row.
pub struct FileReader {
    name: String,
    format: FileFormat,
    rows: RowsOf,
    header: Vec<String>,
    header_line: Option<u64>,
    read: ReadBytes,
    size: u64,
}

enum RowsOf {
    /// With the lines that are none of the table, how many line feeds a row has at its end before the next one is
    /// read, and the line of the last row.
    Table {
        reader: Box<csv::Reader<Chain<TextReader, &'static [u8]>>>,
        record: csv::ByteRecord,
        skipped: u64,
        ends: u64,
        last: u64,
    },
    Lines {
        reader: BufReader<TextReader>,
        line: u64,
    },
}

impl FileReader {
    /// Opens a file and tells its format.
    pub fn open(name: &str) -> Result<Self, Error> {
        let unreadable = |cause| Error::Unreadable { name: name.to_owned(), cause };
        let (read, file) = (ReadBytes::default(), File::open(name).map_err(unreadable)?);
        let mut head = Vec::new();
        let mut text = TextReader::of(file, &read).map_err(unreadable)?;
        text.by_ref().take(HEAD_BYTES).read_to_end(&mut head).map_err(unreadable)?;
        let format = FileFormat::of(name, &head)?;
        let mut reader = Self::with(name, format, &head)?;
        if let FileFormat::Table(_) = format {
            let place = reader.header_place()?;
            reader = Self::with(name, format, &head)?;
            for _ in 0..place {
                reader.record()?;
            }
            let (line, header) = reader.record()?.unzip();
            let header = header.unwrap_or_default();
            if header.len() > COLUMNS_MAX {
                return Err(Error::NoImport { name: name.to_owned(), why: "it has more than 1000 columns" });
            }
            reader.header = header.iter().map(|name| name.trim().to_owned()).collect();
            reader.header_line = line.filter(|_| place > 0);
            if let [only] = reader.header.as_slice()
                && only.contains([';', ',', '\t'])
            {
                return Err(Error::NoImport { name: name.to_owned(), why: QUOTED_WHOLE });
            }
        }
        Ok(reader)
    }

    /// Which of the first rows has the names of the columns: the one that names most of those that are known, or the
    /// first.
    fn header_place(&mut self) -> Result<usize, Error> {
        let mut best = (0, 1);
        for place in 0..HEADER_ROWS_MAX {
            let Some((_, cells)) = self.record()? else { break };
            let known = guess(&cells, &[]).iter().flatten().count();
            if known > best.1 {
                best = (place, known);
            }
        }
        Ok(best.0)
    }

    /// Opens a file again from its beginning.
    pub fn again(name: &str, sample: &FileSample) -> Result<Self, Error> {
        let mut reader = Self::open(name)?;
        reader.header.clone_from(&sample.header);
        Ok(reader)
    }

    fn with(name: &str, format: FileFormat, head: &[u8]) -> Result<Self, Error> {
        let unreadable = |cause| Error::Unreadable { name: name.to_owned(), cause };
        let (read, file) = (ReadBytes::default(), File::open(name).map_err(unreadable)?);
        let size = file.metadata().map_err(unreadable)?.len();
        let text = TextReader::of(file, &read).map_err(unreadable)?;
        let rows = match format {
            FileFormat::Lines => RowsOf::Lines { reader: BufReader::new(text), line: 0 },
            FileFormat::Table(delimiter) => {
                let mut text = text;
                // Excel's own line that names the sign is none of the table.
                let skipped = separator_line(head).map_or(0, |(_, length)| length);
                let mut skip = vec![0; skipped];
                text.read_exact(&mut skip).map_err(unreadable)?;
                // Of `\r\n` the second is read with the next row.
                let end = head.iter().position(|byte| *byte == b'\n');
                let is_dos = end.is_some_and(|end| head[..end].ends_with(b"\r"));
                // The last line ends as the others do, so that it is counted as they are.
                let ended: &[u8] = if is_dos { b"\r\n" } else { b"\n" };
                let reader = csv::ReaderBuilder::new()
                    .delimiter(delimiter)
                    .flexible(true)
                    .has_headers(false)
                    .from_reader(text.chain(ended));
                let (reader, record) = (Box::new(reader), csv::ByteRecord::new());
                let (skipped, ends) = (u64::from(skipped > 0), u64::from(!is_dos));
                RowsOf::Table { reader, record, skipped, ends, last: 0 }
            }
        };
        Ok(Self { name: name.to_owned(), format, rows, header: Vec::new(), header_line: None, read, size })
    }

    /// How far the file was read, bytes.
    pub fn progress(&self) -> CopyProgress {
        CopyProgress { done: self.read.done(), of: self.size }
    }

    /// Reads so many rows at most, and says what they are.
    pub fn sample(&mut self, rows: usize) -> Result<FileSample, Error> {
        let mut sample = FileSample {
            format: self.format,
            header: self.header.clone(),
            header_line: self.header_line,
            rows: Vec::new(),
            events: 0,
        };
        let (mut objects, mut bytes) = (Vec::new(), 0);
        for _ in 0..rows {
            if bytes > SAMPLE_BYTES {
                break;
            }
            match self.format {
                FileFormat::Table(_) => match self.record()? {
                    Some((_, cells)) => {
                        bytes += cells.iter().map(String::len).sum::<usize>();
                        sample.rows.push(cells);
                    }
                    None => break,
                },
                FileFormat::Lines => match self.line()? {
                    None => break,
                    Some((_, Err(_))) => {}
                    Some((_, Ok(line))) => match object_of(&line) {
                        Some(object) if is_event(&object) => sample.events += 1,
                        Some(object) => {
                            bytes += line.len();
                            objects.push(object);
                        }
                        None => {}
                    },
                },
            }
        }
        for object in &objects {
            for name in object.keys().filter(|name| *name != REFUSED_MARK) {
                if sample.header.len() < COLUMNS_MAX && !sample.header.contains(name) {
                    sample.header.push(name.clone());
                }
            }
        }
        sample.rows.extend(objects.iter().map(|object| cells_of(object, &sample.header)));
        Ok(sample)
    }

    /// The next row.
    pub fn next(&mut self) -> Result<Option<ReadRow>, Error> {
        if let FileFormat::Table(_) = self.format {
            let row = self.record()?;
            let columns = self.header.len();
            return Ok(row.map(|(line, raw)| {
                let is_too_long = raw.iter().skip(columns).any(|cell| !cell.trim().is_empty());
                let row = if is_too_long { FileRow::Broken(TOO_LONG) } else { FileRow::Cells(raw.clone()) };
                ReadRow { line, row, raw }
            }));
        }
        let Some((line, text)) = self.line()? else { return Ok(None) };
        let text = match text {
            Ok(text) => text,
            Err(wrong) => return Ok(Some(ReadRow { line, row: FileRow::Broken(wrong), raw: Vec::new() })),
        };
        let row = match object_of(&text) {
            None => FileRow::Broken("the line is no JSON object"),
            Some(mut object) if is_event(&object) => {
                let was_refused = object.remove(REFUSED_MARK).is_some();
                FileRow::Event(if was_refused { Value::Object(object).to_string() } else { text.clone() })
            }
            Some(object) => FileRow::Cells(cells_of(&object, &self.header)),
        };
        Ok(Some(ReadRow { line, row, raw: vec![text] }))
    }

    /// The next row of a table that is not empty, with its line.
    fn record(&mut self) -> Result<Option<(u64, Vec<String>)>, Error> {
        let RowsOf::Table { reader, record, skipped, ends, last } = &mut self.rows else { return Ok(None) };
        loop {
            let was_read = reader.read_byte_record(record).map_err(|error| Error::Unreadable {
                name: self.name.clone(),
                cause: match error.into_kind() {
                    csv::ErrorKind::Io(cause) => cause,
                    _ => std::io::ErrorKind::InvalidData.into(),
                },
            })?;
            self.read.row_ended();
            if !was_read {
                return Ok(None);
            }
            // Empty lines stand before the row for whoever reads it, so lines are counted from its end. Those that end
            // as on old Macs are not counted at all.
            let within = record.as_slice().split(|byte| *byte == b'\n').count() as u64 - 1;
            let begins = reader.position().line().saturating_sub(within + *ends) + *skipped;
            *last = begins.max(*last + 1);
            let line = *last;
            let cells: Vec<String> = record.iter().map(text_of).collect();
            // Reports repeat the names of the columns on each page.
            let is_header = !self.header.is_empty() && cells.iter().map(|cell| cell.trim()).eq(&self.header);
            if !is_header && cells.iter().any(|cell| !cell.trim().is_empty()) {
                return Ok(Some((line, cells)));
            }
        }
    }

    /// The next line that is not empty, with its number.
    #[expect(clippy::type_complexity, reason = "it is taken apart at once")]
    fn line(&mut self) -> Result<Option<(u64, Result<String, &'static str>)>, Error> {
        let RowsOf::Lines { reader, line } = &mut self.rows else { return Ok(None) };
        let unreadable = |cause| Error::Unreadable { name: self.name.clone(), cause };
        let mut bytes = Vec::new();
        loop {
            bytes.clear();
            self.read.row_ended();
            let length =
                reader.by_ref().take(ROW_BYTES_MAX).read_until(b'\n', &mut bytes).map_err(unreadable)?;
            if length == 0 {
                return Ok(None);
            }
            *line += 1;
            if length as u64 == ROW_BYTES_MAX && !bytes.ends_with(b"\n") {
                // The rest of it, a piece at a time.
                while !bytes.ends_with(b"\n") && !bytes.is_empty() {
                    bytes.clear();
                    self.read.row_ended();
                    reader.by_ref().take(ROW_BYTES_MAX).read_until(b'\n', &mut bytes).map_err(unreadable)?;
                }
                return Ok(Some((*line, Err("the line is longer than 1 MiB"))));
            }
            if !bytes.trim_ascii().is_empty() {
                return Ok(Some((*line, Ok(text_of(bytes.trim_ascii())))));
            }
        }
    }
}

fn object_of(line: &str) -> Option<Map<String, Value>> {
    serde_json::from_str(line).ok()
}

/// Whether an object is an event in Meta's shape, and not flat.
fn is_event(object: &Map<String, Value>) -> bool {
    object.contains_key("user_data")
}

fn cells_of(object: &Map<String, Value>, header: &[String]) -> Vec<String> {
    let cell = |name: &String| match object.get(name) {
        Some(Value::String(text)) => text.clone(),
        Some(value @ (Value::Number(_) | Value::Bool(_))) => value.to_string(),
        _ => String::new(),
    };
    header.iter().map(cell).collect()
}
