//! The file of rows that were refused or set aside: whoever mends them there imports it.

use std::{
    fs::{File, OpenOptions},
    io::{self, BufWriter, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

use csv::{Terminator, WriterBuilder};
use serde_json::{Map, Value, json};
use sources::files::same_column;

use super::{
    format::FileFormat,
    rows::{FileSample, REFUSED_MARK},
};
use crate::Error;

/// The columns that say where and why, behind those of the file.
const MARKS: [&str; 2] = ["refused line", "refused because"];
/// What Excel knows UTF-8 by.
const UTF_8_MARK: &[u8] = b"\xEF\xBB\xBF";

/// The file.
pub struct RefusedFile {
    name: String,
    format: FileFormat,
    /// The places of the columns, without those that another such file has added.
    columns: Vec<usize>,
    /// How many columns the file has.
    width: usize,
    file: BufWriter<File>,
}

/// Whether a column was added by such a file.
pub fn is_mark(name: &str) -> bool {
    MARKS.iter().any(|mark| same_column(mark, name))
}

impl RefusedFile {
    /// Makes the file, which must not be there yet.
    pub fn make(path: &Path, sample: &FileSample) -> Result<Self, Error> {
        let name = path.display().to_string();
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
        let file = file.map_err(|cause| Error::RefusedFile { name: name.clone(), cause: helpful(cause) })?;
        let header = &sample.header;
        let columns = (0..header.len()).filter(|place| !is_mark(&header[*place])).collect();
        let (format, width, file) = (sample.format, header.len(), BufWriter::new(file));
        let mut made = Self { name, format, columns, width, file };
        if let FileFormat::Table(_) = made.format {
            made.written(|file| file.write_all(UTF_8_MARK))?;
            made.row(header, MARKS)?;
        }
        Ok(made)
    }

    /// Writes a row as it stands in the file, with its line and the reason.
    pub fn write(&mut self, line: u64, raw: &[String], reason: &str) -> Result<(), Error> {
        if let FileFormat::Table(_) = self.format {
            return self.row(raw, [&line.to_string(), reason]);
        }
        let mark = json!({"line": line, "reason": reason});
        let text = raw.first().map(String::as_str).unwrap_or_default();
        let written = match serde_json::from_str::<Map<String, Value>>(text) {
            // Another mark under the same name takes the place of the first.
            Ok(mut object) if object.contains_key(REFUSED_MARK) => {
                object.insert(REFUSED_MARK.to_owned(), mark);
                Value::Object(object).to_string()
            }
            Ok(object) if object.is_empty() => json!({ REFUSED_MARK: mark }).to_string(),
            // As it came, also where a number has more digits than a program keeps.
            Ok(_) => format!("{{\"{REFUSED_MARK}\":{mark},{}", text.trim_start().trim_start_matches('{')),
            Err(_) => json!({ REFUSED_MARK: mark, "text": text }).to_string(),
        };
        self.written(|file| writeln!(file, "{written}"))
    }

    /// A row of the table, with where and why behind its columns.
    fn row(&mut self, cells: &[String], marks: [&str; 2]) -> Result<(), Error> {
        let FileFormat::Table(delimiter) = self.format else { return Ok(()) };
        let mut builder = WriterBuilder::new();
        builder.delimiter(delimiter).terminator(Terminator::CRLF).flexible(true);
        let mut writer = builder.from_writer(Vec::new());
        let kept = self.columns.iter().map(|place| cells.get(*place).map(String::as_str).unwrap_or_default());
        // What a row has more than the table stands behind all of it.
        let more = cells.iter().skip(self.width).map(String::as_str);
        let row = writer.write_record(kept.chain(marks).chain(more)).map_err(io::Error::other);
        let bytes = writer.into_inner().unwrap_or_default();
        self.written(|file| row.and_then(|()| file.write_all(&bytes)))
    }

    fn written(&mut self, write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>) -> Result<(), Error> {
        let done = write(&mut self.file).and_then(|()| self.file.flush());
        done.map_err(|cause| Error::RefusedFile { name: self.name.clone(), cause })
    }
}

/// Says what to do about a file that is there already.
fn helpful(cause: io::Error) -> io::Error {
    if cause.kind() == io::ErrorKind::AlreadyExists {
        io::Error::new(cause.kind(), "there is such a file already; choose another name, or delete it")
    } else {
        cause
    }
}
