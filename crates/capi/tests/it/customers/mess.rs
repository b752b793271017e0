//! What a mess is: a name, a share, and a way to write a value badly while its truth stays known.

use testkit::Random;

/// A value as someone wrote it, with what it means.
pub struct Written {
    /// The text that the normaliser gets.
    pub input: String,
    /// What the normaliser must say; none where it must drop the text.
    pub truth: Option<String>,
}

/// A way to write; `write` says none where the subject does not allow it.
pub struct Mess<S> {
    /// The name, for reports.
    pub name: &'static str,
    /// Its weight among the messes of the same table.
    pub share: u32,
    /// The writing.
    pub write: fn(&mut Random, &S) -> Option<Written>,
}

/// A table entry, in one line.
pub const fn mess<S>(
    name: &'static str,
    share: u32,
    write: fn(&mut Random, &S) -> Option<Written>,
) -> Mess<S> {
    Mess { name, share, write }
}

/// Writes a subject in one of the ways of a table.
pub fn write<S>(random: &mut Random, table: &[Mess<S>], subject: &S) -> (Written, &'static str) {
    loop {
        let mess = &table[random.weighted(table.iter().map(|mess| mess.share))];
        if let Some(written) = (mess.write)(random, subject) {
            return (written, mess.name);
        }
    }
}

/// A value that must end as `truth`.
#[allow(clippy::unnecessary_wraps, reason = "the last word of a `write`")]
pub fn known(input: impl Into<String>, truth: impl Into<String>) -> Option<Written> {
    Some(Written { input: input.into(), truth: Some(truth.into()) })
}

/// A value that must be dropped.
#[allow(clippy::unnecessary_wraps, reason = "the last word of a `write`")]
pub fn dropped(input: impl Into<String>) -> Option<Written> {
    Some(Written { input: input.into(), truth: None })
}

/// The text between spaces of any number on either side, at least one in all.
pub fn padded(random: &mut Random, text: &str) -> String {
    let (before, after) = random.pick(&[(0, 1), (1, 0), (1, 1), (0, 2), (2, 3)]);
    format!("{}{text}{}", " ".repeat(before), " ".repeat(after))
}

/// The text with what a copied cell drags along.
pub fn cell_end(random: &mut Random, text: &str) -> String {
    format!("{text}{}", random.pick(&["\t", "\n", "\r\n", " \t"]))
}
