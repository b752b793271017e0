//! What is shown of a file on a terminal.

/// How much of an example is shown, characters.
pub const EXAMPLE_CHARS: usize = 40;

/// The beginning of a text, without what a terminal would obey.
pub fn printable(text: &str) -> String {
    let shown = text.chars().take(EXAMPLE_CHARS);
    shown.map(|letter| if letter.is_control() { '·' } else { letter }).collect()
}
