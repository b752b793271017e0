//! JSON as a person reads it: the same characters, on lines of their own.

/// Breaks JSON into lines. Numbers, the order of members and everything else stay as they were: what
/// is shown as sent is what was sent.
pub fn indented(json: &str) -> String {
    let mut shown = String::with_capacity(json.len() * 2);
    let mut depth: usize = 0;
    let mut chars = json.chars();
    while let Some(c) = chars.next() {
        match c {
            '{' | '[' => {
                depth += 1;
                shown.push(c);
                new_line(&mut shown, depth);
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                new_line(&mut shown, depth);
                shown.push(c);
            }
            ',' => {
                shown.push(c);
                new_line(&mut shown, depth);
            }
            ':' => shown.push_str(": "),
            '"' => {
                shown.push(c);
                push_string(&mut shown, &mut chars);
            }
            c if c.is_ascii_whitespace() => {}
            c => shown.push(c),
        }
    }
    shown
}

fn new_line(shown: &mut String, depth: usize) {
    // An empty list stays on its line.
    if shown.ends_with(' ') {
        shown.truncate(shown.trim_end().len());
    }
    shown.push('\n');
    shown.extend(std::iter::repeat_n("  ", depth));
}

/// The rest of a string, up to and with its closing quote.
fn push_string(shown: &mut String, chars: &mut std::str::Chars<'_>) {
    let mut escaped = false;
    for c in chars {
        shown.push(c);
        match c {
            '"' if !escaped => return,
            _ => escaped = c == '\\' && !escaped,
        }
    }
}
