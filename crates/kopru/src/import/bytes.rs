//! The bytes of a file as text, however they are encoded, and never more of one row than is bounded.

use std::{
    cell::Cell,
    fs::File,
    io::{self, BufReader, Read},
    rc::Rc,
};

use encoding_rs::{Decoder, UTF_16BE, UTF_16LE, WINDOWS_1254};

/// Longest row that is read, bytes. A quote that is never closed would make one row of all that follows.
pub const ROW_BYTES_MAX: u64 = 1024 * 1024;
/// How much is read at once.
const BLOCK_BYTES: usize = 64 * 1024;

/// How far a file was read, and how much was read since the last row ended.
#[derive(Debug, Clone, Default)]
pub struct ReadBytes {
    done: Rc<Cell<u64>>,
    of_row: Rc<Cell<u64>>,
}

impl ReadBytes {
    /// How many bytes of the file were read.
    pub fn done(&self) -> u64 {
        self.done.get()
    }

    /// A row has ended.
    pub fn row_ended(&self) {
        self.of_row.set(0);
    }
}

/// A file's text in UTF-8, or in the one-byte encoding in which it is.
pub enum TextReader {
    /// As it is.
    Plain(CountedFile),
    /// Of two bytes a letter, made UTF-8.
    Wide(Box<WideReader>),
}

/// A file that counts what is read of it.
pub struct CountedFile {
    file: BufReader<File>,
    read: ReadBytes,
}

/// Makes UTF-8 of UTF-16.
pub struct WideReader {
    from: CountedFile,
    decoder: Decoder,
    /// What was decoded and not given yet, and where that begins.
    ready: String,
    place: usize,
    ended: bool,
}

impl TextReader {
    /// The text of a file, without the mark at its beginning.
    pub fn of(mut file: File, read: &ReadBytes) -> io::Result<Self> {
        use std::io::Seek as _;
        let mut mark = [0; 3];
        let length = read_up_to(&mut file, &mut mark)?;
        let (skip, wide) = match &mark[..length] {
            [0xEF, 0xBB, 0xBF] => (3, None),
            [0xFF, 0xFE, ..] => (2, Some(UTF_16LE)),
            [0xFE, 0xFF, ..] => (2, Some(UTF_16BE)),
            _ => (0, None),
        };
        file.seek(io::SeekFrom::Start(skip))?;
        let from = CountedFile { file: BufReader::with_capacity(BLOCK_BYTES, file), read: read.clone() };
        Ok(match wide {
            None => Self::Plain(from),
            Some(encoding) => Self::Wide(Box::new(WideReader {
                from,
                decoder: encoding.new_decoder_without_bom_handling(),
                ready: String::new(),
                place: 0,
                ended: false,
            })),
        })
    }
}

fn read_up_to(file: &mut File, into: &mut [u8]) -> io::Result<usize> {
    let mut length = 0;
    while length < into.len() {
        match file.read(&mut into[length..])? {
            0 => break,
            read => length += read,
        }
    }
    Ok(length)
}

impl Read for CountedFile {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let of_row = self.read.of_row.get();
        // What a reader has taken ahead of a row is at most a block.
        if of_row > ROW_BYTES_MAX + 2 * BLOCK_BYTES as u64 {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "a row is longer than 1 MiB; is there a quote that is never closed?",
            ));
        }
        let read = self.file.read(into)?;
        self.read.of_row.set(of_row + read as u64);
        self.read.done.set(self.read.done.get() + read as u64);
        Ok(read)
    }
}

impl Read for WideReader {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let mut block = [0; 4 * 1024];
        while self.place == self.ready.len() && !self.ended {
            let read = self.from.read(&mut block)?;
            self.ended = read == 0;
            self.place = 0;
            self.ready.clear();
            // Two bytes become three at most, and what the block before had left.
            self.ready.reserve(3 * block.len());
            let _ = self.decoder.decode_to_string(&block[..read], &mut self.ready, self.ended);
        }
        let ready = &self.ready.as_bytes()[self.place..];
        let length = ready.len().min(into.len());
        into[..length].copy_from_slice(&ready[..length]);
        self.place += length;
        Ok(length)
    }
}

impl Read for TextReader {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(reader) => reader.read(into),
            Self::Wide(reader) => reader.read(into),
        }
    }
}

/// A cell or a line as text. What is not UTF-8 is what Excel saves in Turkish and in western languages.
pub fn text_of(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => WINDOWS_1254.decode_without_bom_handling(bytes).0.into_owned(),
    }
}
