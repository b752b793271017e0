//! The format of a file, told by its beginning.

use std::path::Path;

use crate::Error;

/// How many lines are looked at to tell what stands between the cells.
const LINES_LOOKED_AT: usize = 20;

/// The format of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileFormat {
    /// A table with this sign between its cells.
    Table(u8),
    /// A JSON object a line.
    Lines,
}

impl FileFormat {
    /// The format of a file that begins so.
    pub fn of(name: &str, head: &[u8]) -> Result<Self, Error> {
        let refuse = |why| Err(Error::NoImport { name: name.to_owned(), why });
        // Excel and LibreOffice keep it beside a file that is open. It holds who opened it.
        let own_name = Path::new(name).file_name().unwrap_or_default().to_string_lossy();
        if own_name.starts_with("~$") || own_name.starts_with(".~lock.") {
            return refuse(
                "it only says that a workbook is open; import the file without ~$ before its name",
            );
        }
        if head.starts_with(b"PK\x03\x04") || head.starts_with(b"\xD0\xCF\x11\xE0") {
            return refuse(
                "it is a workbook of Excel; save it as CSV UTF-8 (or a ZIP file: unpack it first)",
            );
        }
        if head.starts_with(b"\x1F\x8B") {
            return refuse("it is compressed; unpack it first");
        }
        match head.trim_ascii_start().first() {
            None => return refuse("it is empty"),
            Some(b'{') => return Ok(Self::Lines),
            Some(b'[') => return refuse("it is a list in JSON; write an object a line, as jq -c '.[]' does"),
            Some(b'<') => return refuse("it is a page or XML; save it as CSV UTF-8"),
            Some(_) => {}
        }
        if head.contains(&0) {
            return refuse("it is no text, or UTF-16 without a mark at its beginning; save it as CSV UTF-8");
        }
        if let Some((sign, _)) = separator_line(head) {
            return Ok(Self::Table(sign));
        }
        Ok(Self::Table(separator(head)))
    }
}

/// Excel's line `sep=;`: the sign, and how long the line is with its end.
pub fn separator_line(head: &[u8]) -> Option<(u8, usize)> {
    let rest = head.strip_prefix(b"sep=")?;
    let (sign, rest) = rest.split_first()?;
    let end = if rest.starts_with(b"\r\n") { 2 } else { usize::from(rest.starts_with(b"\n")) };
    (end > 0).then_some((*sign, "sep=".len() + 1 + end))
}

/// The sign that stands equally often in most of the first lines: a title has none, and decimals have commas now and
/// then.
fn separator(head: &[u8]) -> u8 {
    let mut is_quoted = false;
    let lines: Vec<&[u8]> = head
        .split(|byte| {
            is_quoted ^= *byte == b'"';
            !is_quoted && matches!(byte, b'\n' | b'\r')
        })
        .filter(|line| !line.trim_ascii().is_empty())
        .take(LINES_LOOKED_AT)
        .collect();
    let signs = [b'\t', b';', b','].into_iter().filter_map(|sign| {
        let counts: Vec<usize> = lines.iter().map(|line| count(line, sign)).collect();
        let alike = |n: usize| counts.iter().filter(|count| **count == n).count();
        let most = counts.iter().filter(|n| **n > 0).map(|n| (alike(*n), *n)).max()?;
        Some((most, sign))
    });
    signs.max().map_or(b',', |(_, sign)| sign)
}

/// How often a sign stands in a line outside of quotes.
fn count(line: &[u8], sign: u8) -> usize {
    let mut is_quoted = false;
    let counted = line.iter().filter(|byte| {
        is_quoted ^= **byte == b'"';
        **byte == sign && !is_quoted
    });
    counted.count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_between_cells_stands_in_most_lines() {
        for (text, sign) in [
            ("a,b,c\n1,2,3\n", b','),
            ("a;b;c\n1,5;2,5;3,5\n4,5;5,5;6,5\n", b';'),
            ("Satış Raporu\n\na;b;c\n1;2;3\n", b';'),
            ("Satışlar, Mayıs 2026\r\na;b\r\n1,5;2\r\n2;3\r\n", b';'),
            ("a\tb\r1,5\t2\r", b'\t'),
            ("\"a,1\";\"b\n,,,\";c\n1;2;3\n", b';'),
            ("a;b,c;d;e", b';'),
            ("a", b','),
            ("", b','),
        ] {
            assert_eq!(separator(text.as_bytes()), sign, "{text}");
        }
    }

    #[test]
    fn what_is_no_table_is_refused_with_what_helps() {
        for (name, head, helps) in [
            ("~$sales.xlsx", &b"\x05Admin"[..], "workbook is open"),
            ("/tmp/.~lock.sales.csv#", b",admin,desk", "workbook is open"),
            ("sales.csv", b"PK\x03\x04", "save it as CSV UTF-8"),
            ("sales.csv", b"a\0;\0b\0", "UTF-16 without a mark"),
            ("sales.xls", b"<html>", "save it as CSV UTF-8"),
        ] {
            let refused = FileFormat::of(name, head).unwrap_err().to_string();
            assert!(refused.contains(helps), "{refused}");
        }
        assert_eq!(FileFormat::of("sales.csv", b"sep=;\na,b").unwrap(), FileFormat::Table(b';'));
    }
}
