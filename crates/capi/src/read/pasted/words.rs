//! The words of a command line, as shells part them.

/// Most words of a command.
const WORDS_MAX: usize = 10_000;

/// Parts a command into words: quotes of either kind, `$'…'`, backslashes, and the signs with which
/// shells go on in the next line. Variables stay as they are.
pub(super) fn split(command: &str) -> Vec<String> {
    let unescaped = if command.contains("^\\^\"") { Some(without_carets(command)) } else { None };
    let command = unescaped.as_deref().unwrap_or(command);
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut signs = command.chars().peekable();
    while let Some(sign) = signs.next() {
        match sign {
            _ if sign.is_whitespace() => {
                words.extend(word.take());
                if words.len() == WORDS_MAX {
                    break;
                }
            }
            '\'' => {
                let word = word.get_or_insert_default();
                word.extend(signs.by_ref().take_while(|sign| *sign != '\''));
            }
            '$' if word.is_none() && signs.peek() == Some(&'\'') => {
                signs.next();
                word = Some(escaped(&mut signs));
            }
            '"' => quoted(&mut signs, word.get_or_insert_default()),
            // The shells of Unix, of Windows, and PowerShell.
            '\\' | '^' | '`' => match signs.peek() {
                Some('\n') => {
                    signs.next();
                }
                Some('\r') => {
                    signs.next();
                    signs.next_if_eq(&'\n');
                }
                Some(_) if sign == '\\' => word.get_or_insert_default().extend(signs.next()),
                // Windows writes each quote as ^".
                Some('"') if sign == '^' => {
                    signs.next();
                    quoted(&mut signs, word.get_or_insert_default());
                }
                _ => word.get_or_insert_default().push(sign),
            },
            // What follows is another command, or where the output goes.
            '|' | ';' | '>' | '&' if word.is_none() => break,
            _ => word.get_or_insert_default().push(sign),
        }
    }
    words.extend(word);
    words
}

/// Browsers copy for the shell of Windows with a caret before each sign that means something to it.
fn without_carets(command: &str) -> String {
    let mut out = String::with_capacity(command.len());
    let mut signs = command.chars();
    while let Some(sign) = signs.next() {
        match sign {
            '^' => match signs.next() {
                Some('\r' | '\n') | None => out.push(' '),
                Some(escaped) => out.push(escaped),
            },
            _ => out.push(sign),
        }
    }
    out
}

/// What a command is given as its input: a here-document, or a here-string.
pub(super) fn input(command: &str) -> Option<String> {
    if let Some((_, here)) = command.split_once("<<<") {
        return split(here).into_iter().next();
    }
    let (_, here) = command.split_once("<<")?;
    let (line, text) = here.split_once('\n')?;
    let end = line.trim_start_matches('-').split_whitespace().next()?.trim_matches(['\'', '"', '\\']);
    let lines: Vec<&str> = text.lines().take_while(|line| line.trim() != end).collect();
    Some(lines.join("\n"))
}

/// Whether a quote of the command is never closed.
pub(super) fn is_open(command: &str) -> bool {
    let mut open = None;
    let mut signs = command.chars();
    while let Some(sign) = signs.next() {
        match (open, sign) {
            (None | Some('"'), '\\') => drop(signs.next()),
            (None, '\'' | '"') => open = Some(sign),
            (Some(quote), _) if quote == sign => open = None,
            _ => {}
        }
    }
    open.is_some()
}

type Signs<'c> = std::iter::Peekable<std::str::Chars<'c>>;

fn quoted(signs: &mut Signs<'_>, word: &mut String) {
    while let Some(sign) = signs.next() {
        match sign {
            '"' => return,
            '^' if signs.peek() == Some(&'"') => {}
            '\\' => match signs.next() {
                Some(escaped @ ('"' | '\\' | '$' | '`')) => word.push(escaped),
                Some('\n') | None => {}
                Some('^') if signs.peek() == Some(&'"') => word.extend(signs.next()),
                Some(other) => word.extend(['\\', other]),
            },
            _ => word.push(sign),
        }
    }
}

/// `$'…'`, in which a backslash means what it means in C.
fn escaped(signs: &mut Signs<'_>) -> String {
    let mut word = String::new();
    while let Some(sign) = signs.next() {
        match sign {
            '\'' => break,
            '\\' => match signs.next() {
                Some('n') => word.push('\n'),
                Some('t') => word.push('\t'),
                Some('r') => word.push('\r'),
                // Browsers write the signs beyond ASCII like this, and JSON knows it as well.
                Some('u') => word.push_str("\\u"),
                Some(other) => word.push(other),
                None => break,
            },
            _ => word.push(sign),
        }
    }
    word
}
