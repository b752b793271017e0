//! What people and forms write where they have no value.

use super::text;
use crate::{Key, normalize::Dropped};

/// Placeholders, compared without blanks around them and in lower case. Our own collection, in the
/// languages of shops we know of.
const PLACEHOLDERS: &[&str] = &[
    "n/a", "n.a.", "n.a", "#n/a", "nan", "nil", "none", "null", "(null)", "(none)", "undefined", "unknown", "not set",
    "(not set)", "not available", "not provided", "no name", "noname", "anonymous", "test", "test test", "tester",
    "testing", "asd", "asdf", "asdfg", "qwe", "qwerty", "abc", "xyz", "foo", "bar", "dummy", "fake", "sample",
    "tbd", "tba", "todo", "empty", "blank", "yok", "boş", "bos", "belirsiz", "bilinmiyor", "bilgi yok", "deneme",
    "isimsiz", "girilmedi", "teste", "nenhum", "nenhuma", "não informado", "nao informado", "sem nome",
    "desconhecido", "não tem", "prueba", "ninguno", "ninguna", "no aplica", "desconocido", "sin nombre", "s/d",
    "sin dato", "keine", "keine angabe", "unbekannt", "k.a.", "k. a.", "ohne", "leer", "aucun", "inconnu",
    "لا يوجد", "لايوجد", "غير معروف", "غير محدد", "بدون", "تجربة", "مجهول",
];

/// Those of them that could be a country's code or name, or nothing but an id, are none there.
pub(super) fn check(key: Key, value: &str) -> Result<(), Dropped> {
    let trimmed = value.trim_matches(|c: char| c.is_whitespace() || text::is_invisible(c));
    if trimmed.is_empty() {
        return Err(Dropped::Empty);
    }
    // The usual value is longer than any placeholder or begins with what none begins with.
    if trimmed.len() > 32 {
        return Ok(());
    }
    let is_placeholder = !trimmed.chars().any(char::is_alphanumeric)
        || is_in_the_list(trimmed)
        || is_repetition(key, trimmed)
        || (trimmed == "NA" && key != Key::Country && key != Key::ExternalId)
        || (key == Key::Email && is_test_address(trimmed));
    if is_placeholder { Err(Dropped::Nonsense) } else { Ok(()) }
}

fn is_in_the_list(trimmed: &str) -> bool {
    // Somebody's name is Null; nobody's is NULL.
    if trimmed == "Null" {
        return false;
    }
    if trimmed.is_ascii() {
        return PLACEHOLDERS.iter().any(|known| known.eq_ignore_ascii_case(trimmed));
    }
    let lower = trimmed.to_lowercase();
    PLACEHOLDERS.contains(&lower.as_str())
}

/// `xxx`, `0000`, `11111111111`: one character again and again.
fn is_repetition(key: Key, trimmed: &str) -> bool {
    let mut characters = trimmed.chars().filter(|c| c.is_alphanumeric());
    let Some(first) = characters.next().map(|c| c.to_ascii_lowercase()) else { return false };
    let mut count = 1;
    if !characters.all(|c| {
        count += 1;
        c.to_ascii_lowercase() == first
    }) {
        return false;
    }
    let is_zero = text::decimal_digit(first) == Some('0');
    match key {
        Key::FirstName | Key::LastName | Key::City | Key::State => is_zero || (count >= 3 && first.is_ascii()),
        Key::Phone => is_zero || count >= 7,
        Key::ExternalId => is_zero,
        _ => is_zero || (count >= 3 && first == 'x'),
    }
}

/// `test@test`, `none@none.com`: a placeholder at itself.
fn is_test_address(trimmed: &str) -> bool {
    let Some((local, domain)) = trimmed.split_once('@') else { return false };
    let host = domain.split('.').next().unwrap_or_default();
    let placeholder = |part: &str| {
        is_in_the_list(part)
            || ["na", "no", "noemail", "no-email", "nomail", "email", "mail", "a", "x", "xx", "xxx"]
                .iter()
                .any(|known| known.eq_ignore_ascii_case(part))
    };
    local.eq_ignore_ascii_case(host) && placeholder(local)
}
