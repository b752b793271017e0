//! What people and forms write where they have no value.

use super::text;
use crate::{Key, normalize::Dropped};

/// Placeholders, compared without blanks around them and in lower case; sorted by length, then by
/// letter. Our own collection, in the languages of shops we know of.
#[rustfmt::skip]
const PLACEHOLDERS: &[&str] = &[
    "abc", "asd", "n.a", "n/a", "nan", "qwe", "s/d", "tba", "tbd", "xyz", "yok", "#n/a", "asdf", "k.a.",
    "n.a.", "none", "null", "test", "true", "#ref!", "asdfg", "aucun", "dummy", "empty", "false", "k. a.",
    "keine", "teste", "#name?", "(none)", "(null)", "<null>", "[null]", "deneme", "nenhum", "noname",
    "prueba", "qwerty", "tester", "#value!", "inconnu", "isimsiz", "nenhuma", "ninguna", "ninguno",
    "no name", "not set", "testing", "unknown", "belirsiz", "sem nome", "sin dato", "(not set)",
    "anonymous", "bilgi yok", "girilmedi", "no aplica", "test test", "unbekannt", "undefined", "bilinmiyor",
    "sin nombre", "desconocido", "sconosciuto", "belirtilmedi", "desconhecido", "keine angabe",
    "not provided", "nao informado", "not available", "sem sobrenome", "not applicable", "[object object]",
];

/// Those that are not ASCII.
#[rustfmt::skip]
const FOREIGN_PLACEHOLDERS: &[&str] = &[
    "boş", "não informado", "não tem", "لا يوجد", "لايوجد", "غير معروف", "غير محدد", "بدون", "تجربة",
    "مجهول",
];

/// Bytes of the longest placeholder in ASCII.
const LONGEST: usize = 15;

/// First signs of the placeholders of each length: tells nearly all values apart at once.
const INITIALS: [u128; LONGEST + 1] = {
    let mut initials = [0; LONGEST + 1];
    let mut place = 0;
    while place < PLACEHOLDERS.len() {
        let known = PLACEHOLDERS[place].as_bytes();
        initials[known.len()] |= bit(known[0]);
        place += 1;
    }
    initials
};

const fn bit(ascii: u8) -> u128 {
    1 << (ascii & 127)
}

/// Longest value that can be a placeholder, bytes; the usual value is shorter and none.
const VALUE_BYTES_MAX: usize = 64;

/// Says whether a value stands for nothing. What could be a country's code is none there, and of
/// ids only what programs write is one.
pub(super) fn check(key: Key, value: &str) -> Result<(), Dropped> {
    let trimmed = value.trim_matches(|c: char| c.is_whitespace() || text::is_invisible(c));
    if trimmed.is_empty() {
        return Err(Dropped::Empty);
    }
    if trimmed.len() > VALUE_BYTES_MAX {
        return Ok(());
    }
    let is_placeholder = !trimmed.chars().any(char::is_alphanumeric)
        || is_listed(key, trimmed)
        || is_repetition(key, trimmed)
        || is_template(trimmed)
        || (trimmed == "NA" && key != Key::Country && key != Key::ExternalId)
        || (key == Key::Email && is_test_address(trimmed));
    if is_placeholder { Err(Dropped::Nonsense) } else { Ok(()) }
}

/// What programs write for nothing. Anything else may be an id.
const OF_PROGRAMS: [&str; 12] = [
    "tbd",
    "null",
    "(null)",
    "none",
    "nil",
    "nan",
    "undefined",
    "unknown",
    "(not set)",
    "n/a",
    "#n/a",
    "[object object]",
];

/// What shops write in the place of a customer's id for everybody who is not logged in, in small letters. Our own
/// collection.
#[rustfmt::skip]
const OF_VISITORS: [&str; 26] = [
    "anon", "gast", "guest", "anonim", "ospite", "invité", "misafir", "visitor", "anonymous", "convidado",
    "guestuser", "invitado", "loggedout", "visitante", "ziyaretci", "ziyaretçi", "guest user", "guest_user",
    "guest-user", "logged_out", "not_logged_in", "guest customer", "anonymous user", "not logged in",
    "ضيف", "زائر",
];

/// First signs of what programs and templates write for nothing.
const BEGINNINGS: u128 = {
    let mut beginnings = bit(b'<') | bit(b'{') | bit(b'$') | bit(b'*') | bit(b'%') | bit(b'[') | bit(b'_');
    beginnings |= bit(b'"') | bit(b'\'') | bit(b'#') | bit(b'Y') | bit(b'y');
    let mut place = 0;
    while place < OF_PROGRAMS.len() {
        let first = OF_PROGRAMS[place].as_bytes()[0];
        beginnings |= bit(first) | bit(first.to_ascii_uppercase());
        place += 1;
    }
    beginnings
};

/// Whether a text in the place of an id is what a program or an unfilled template writes for nothing.
pub(crate) fn stands_for_nothing(text: &str) -> bool {
    // Nearly all ids begin otherwise.
    if text.bytes().next().is_none_or(|first| first.is_ascii_graphic() && BEGINNINGS & bit(first) == 0) {
        return false;
    }
    let trimmed = text.trim();
    let bare = within(trimmed, "\"", "\"").or_else(|| within(trimmed, "'", "'")).unwrap_or(trimmed);
    let is_marked = trimmed.starts_with('<') && trimmed.ends_with('>') && trimmed.len() > 2;
    is_of_programs(bare)
        || is_template(bare)
        || is_template_of_an_id(bare)
        || is_marked
        || is_joined_of_programs(bare)
}

/// Whether a text is no id, although a part of it may be something: `purchase_undefined`, which every purchase
/// has. What has a digit tells one from another, and so may be an id.
pub fn is_no_id(text: &str) -> bool {
    stands_for_nothing(text) || is_partly_nothing(text.trim())
}

/// Whether a text in the place of a cookie, a browser's name or an id that Meta made is none: no person wrote it there.
pub(crate) fn is_no_value(text: &str) -> bool {
    stands_for_nothing(text)
        || !text.contains(char::is_alphanumeric)
        || ["0", "true", "false"].iter().any(|known| known.eq_ignore_ascii_case(text.trim()))
}

fn is_partly_nothing(trimmed: &str) -> bool {
    let is_nothing =
        |part: &str| ["undefined", "null"].iter().any(|nothing| nothing.eq_ignore_ascii_case(part));
    trimmed.len() <= VALUE_BYTES_MAX
        && !trimmed.bytes().any(|byte| byte.is_ascii_digit())
        && trimmed.split(is_joint).any(is_nothing)
}

/// Signs with which programs put ids together.
fn is_joint(sign: char) -> bool {
    matches!(sign, '-' | '_' | '.' | ':' | '|' | '/' | ',' | ';' | '#' | ' ')
}

/// Fields of templates that only in the place of an id can be nothing else: `[order_id]`, `#{order.id}`,
/// `$order_id`, `YOUR_EVENT_ID`.
fn is_template_of_an_id(trimmed: &str) -> bool {
    within(trimmed, "#{", "}").is_some_and(|name| !name.is_empty())
        // A size may stand in brackets: `[XL]`.
        || within(trimmed, "[", "]").is_some_and(|name| is_field(name) && name.contains('_'))
        || trimmed.strip_prefix('$').is_some_and(|name| name.len() > 1 && is_field(name.trim_start_matches('_')))
        || trimmed.get(..5).is_some_and(|begin| {
            (begin.eq_ignore_ascii_case("your_") || begin.eq_ignore_ascii_case("your-"))
                && trimmed.bytes().all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'-'))
        })
}

/// What stands between two marks.
fn within<'a>(text: &'a str, open: &str, close: &str) -> Option<&'a str> {
    text.strip_prefix(open).and_then(|rest| rest.strip_suffix(close))
}

/// Whether a text can be the name of a template's field. What has digits may be an id.
fn is_field(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'.'))
}

/// Whether a text in the place of a match key is a placeholder.
pub(crate) fn is_placeholder(key: Key, text: &str) -> bool {
    let trimmed = text.trim();
    let is_a_name = matches!(key, Key::FirstName | Key::LastName) && trimmed == "Null";
    check(key, text) == Err(Dropped::Nonsense) || (!is_a_name && stands_for_nothing(text))
}

/// `undefined-undefined`, `null_null`: an id that a program put together of parts that were not there.
fn is_joined_of_programs(trimmed: &str) -> bool {
    trimmed.len() <= VALUE_BYTES_MAX
        && trimmed.contains(is_joint)
        && trimmed.split(is_joint).all(is_of_programs)
}

/// The placeholders of all kinds, in small letters.
pub(crate) fn placeholders() -> impl Iterator<Item = &'static str> {
    PLACEHOLDERS.iter().chain(FOREIGN_PLACEHOLDERS).copied()
}

/// What shops write in the place of a customer's id for all visitors, in small letters.
pub(crate) fn of_visitors() -> impl Iterator<Item = &'static str> {
    OF_VISITORS.into_iter()
}

/// Addresses that people and programs write where they have none: a placeholder at itself, in small letters.
pub(crate) fn test_addresses() -> impl Iterator<Item = String> {
    let words = placeholders().chain(of_visitors()).chain(AT_THEMSELVES);
    let words = words.filter(|word| word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'));
    words.flat_map(|word| TEST_ENDINGS.iter().map(move |ending| format!("{word}@{word}{ending}")))
}

/// Whether a program writes this for nothing.
pub(crate) fn is_of_programs(trimmed: &str) -> bool {
    OF_PROGRAMS.iter().any(|known| known.eq_ignore_ascii_case(trimmed))
}

fn is_listed(key: Key, trimmed: &str) -> bool {
    match key {
        Key::ExternalId => is_of_programs(trimmed) || is_of_visitors(trimmed),
        // Somebody's name is Null; nobody's is NULL.
        Key::FirstName | Key::LastName if trimmed == "Null" => false,
        _ => is_in_the_list(trimmed) || is_a_row_of_them(trimmed),
    }
}

fn is_of_visitors(trimmed: &str) -> bool {
    let dotted = |sign| if sign == 'İ' { 'i' } else { sign };
    let lower = || trimmed.chars().map(dotted).flat_map(char::to_lowercase);
    OF_VISITORS.iter().any(|known| known.chars().eq(lower()))
}

/// `null null`, `n/a n/a`.
fn is_a_row_of_them(trimmed: &str) -> bool {
    trimmed.contains(' ') && trimmed.split_ascii_whitespace().all(is_in_the_list)
}

/// The field of a template that nobody filled: `{{first_name}}`, `{order_id}`, `%FIRST_NAME%`, `*|FNAME|*`,
/// `__CLICK_ID__`.
fn is_template(trimmed: &str) -> bool {
    if !trimmed.starts_with(['{', '$', '*', '%', '[', '_']) {
        return false;
    }
    if within(trimmed, "{", "}").or_else(|| within(trimmed, "__", "__")).is_some_and(is_field) {
        return true;
    }
    [("{{", "}}"), ("${", "}"), ("*|", "|*"), ("%%", "%%"), ("[[", "]]")]
        .iter()
        .any(|(open, close)| trimmed.starts_with(open) && trimmed.ends_with(close))
        || trimmed.strip_prefix('%').and_then(|rest| rest.strip_suffix('%')).is_some_and(|name| {
            !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        })
}

fn is_in_the_list(trimmed: &str) -> bool {
    if trimmed.is_ascii() {
        let mut lower = [0; LONGEST];
        let Some(lower) = lower.get_mut(..trimmed.len()) else { return false };
        lower.copy_from_slice(trimmed.as_bytes());
        lower.make_ascii_lowercase();
        let order = |known: &&str| known.len().cmp(&lower.len()).then_with(|| known.as_bytes().cmp(lower));
        let is_possible = lower.first().is_some_and(|first| INITIALS[lower.len()] & bit(*first) != 0);
        return is_possible && PLACEHOLDERS.binary_search_by(order).is_ok();
    }
    if trimmed.contains('İ') {
        return is_in_the_list(&trimmed.replace('İ', "i"));
    }
    let lower = || trimmed.chars().flat_map(char::to_lowercase);
    let first = lower().next();
    // Nearly every value differs in its first letter.
    FOREIGN_PLACEHOLDERS.iter().any(|known| known.chars().next() == first && known.chars().eq(lower()))
}

/// `xxx`, `0000`, `11111111111`: one character again and again.
fn is_repetition(key: Key, trimmed: &str) -> bool {
    let mut characters = trimmed.chars().filter(|c| c.is_alphanumeric());
    let Some(first) = characters.next() else { return false };
    let mut count = 1;
    for c in characters {
        if !c.eq_ignore_ascii_case(&first) {
            return false;
        }
        count += 1;
    }
    let is_zero = text::decimal_digit(first) == Some('0');
    match key {
        Key::FirstName | Key::LastName | Key::City | Key::State => {
            is_zero || (count >= 3 && first.is_ascii())
        }
        Key::Phone => is_zero || count >= 7,
        Key::ExternalId => is_zero,
        _ => is_zero || (count >= 3 && first.eq_ignore_ascii_case(&'x')),
    }
}

/// Words that stand for no address where they stand on both sides of the sign.
const AT_THEMSELVES: [&str; 11] =
    ["na", "no", "noemail", "no-email", "nomail", "email", "mail", "a", "x", "xx", "xxx"];
/// How such an address ends of which only the hash is seen.
const TEST_ENDINGS: [&str; 16] = [
    "", ".com", ".net", ".org", ".de", ".tr", ".com.tr", ".br", ".com.br", ".es", ".fr", ".it", ".co", ".uk",
    ".test", ".local",
];

/// `test@test`, `none@none.com`: a placeholder at itself.
fn is_test_address(trimmed: &str) -> bool {
    let Some((local, domain)) = trimmed.split_once('@') else { return false };
    let host = domain.split('.').next().unwrap_or_default();
    let placeholder = |part: &str| {
        is_in_the_list(part)
            || is_of_visitors(part)
            || AT_THEMSELVES.iter().any(|known| known.eq_ignore_ascii_case(part))
    };
    local.eq_ignore_ascii_case(host) && placeholder(local)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_and_its_longest_is_known() {
        assert!(PLACEHOLDERS.is_sorted_by_key(|known| (known.len(), known.as_bytes())));
        assert_eq!(PLACEHOLDERS.iter().map(|known| known.len()).max(), Some(LONGEST));
    }

    #[test]
    fn what_stands_for_a_cookie_or_an_id_of_metas_is_told_from_them() {
        for text in ["undefined", "null", "-", "0", "False", "{{fbp}}", "(not set)", "n/a"] {
            assert!(is_no_value(text), "{text}");
        }
        for text in ["fb.1.1779999000000.1", "Mozilla/5.0", "00000000-0000-0000-0000-000000000000", "test"] {
            assert!(!is_no_value(text), "{text}");
        }
    }

    #[test]
    fn what_is_no_id_is_told_from_ids() {
        for text in [
            "undefined",
            "null/null",
            "null,null",
            "[order_id]",
            "#{order.id}",
            "$order_id",
            "YOUR_EVENT_ID",
            "your-event-id",
            "\"undefined\"",
            "'null'",
            "$CLIENT_USER_AGENT",
            "{{id}}",
            "{sku}",
            "%EVENT%",
        ] {
            assert!(stands_for_nothing(text) && is_no_id(text), "{text}");
        }
        for text in ["purchase_undefined", "Purchase-null", "order:undefined", "x/NULL/y"] {
            assert!(is_no_id(text) && !stands_for_nothing(text), "{text}");
        }
        for text in [
            "purchase_undefined_17",
            "nullable",
            "annulled-x",
            "[XL]",
            "[XL]-1",
            "{0f8fad5b-d9cb-469f-a165-70867728950e}",
            "$",
            "$5",
            "$a1",
            "#1001",
            "your_1",
            "yours",
            "\"A1\"",
            "Y",
            "ABC,1",
            "1234|red",
            "A;B",
            "",
        ] {
            assert!(!is_no_id(text), "{text}");
        }
    }

    #[test]
    fn what_people_write_where_they_have_nothing() {
        for value in ["n/a", "N/A", " - ", "--", "...", "null", "NULL", "NA", "Yok", "xxx", "0", "لا يوجد"]
        {
            assert!(check(Key::FirstName, value).is_err(), "{value}");
        }
        for value in ["Null", "Na", "Ali", "O", "李", "Yokohama"] {
            assert_eq!(check(Key::LastName, value), Ok(()), "{value}");
        }
        for value in ["test@test", "Test@test.com", "none@none.de", "x@x.com"] {
            assert_eq!(check(Key::Email, value), Err(Dropped::Nonsense), "{value}");
        }
        for value in ["test@example.com", "ada@test.com", "info@info.com.tr"] {
            assert_eq!(check(Key::Email, value), Ok(()), "{value}");
        }
        assert_eq!(check(Key::Country, "NA"), Ok(()), "Namibia");
        assert_eq!(check(Key::Phone, "0000000000"), Err(Dropped::Nonsense));
        for value in ["111", "abc", "test", "guest-17"] {
            assert_eq!(check(Key::ExternalId, value), Ok(()), "{value}");
        }
        for value in ["guest", "Misafir", "MİSAFİR", "ZİYARETÇİ", "ضيف", "null"] {
            assert_eq!(check(Key::ExternalId, value), Err(Dropped::Nonsense), "{value}");
        }
        assert!(test_addresses().all(|address| check(Key::Email, &address) == Err(Dropped::Nonsense)));
        for value in ["{{first_name}}", "%FIRST_NAME%", "*|FNAME|*", "null null", "[object Object]", "#REF!"]
        {
            assert_eq!(check(Key::FirstName, value), Err(Dropped::Nonsense), "{value}");
        }
        assert_eq!(check(Key::State, "Null"), Err(Dropped::Nonsense));
        assert_eq!(check(Key::Email, "a%b@c.de"), Ok(()));
    }
}
