//! People and the spellings of their phones, as they stand in a CRM and in WhatsApp.

/// Somebody's number in WhatsApp, digits with the country code.
pub fn in_whatsapp(person: usize) -> String {
    format!("9053{:08}", 20_000_001 + person)
}

/// How many ways to write a phone there are.
pub const SPELLINGS: usize = 10;

/// A phone as somebody has typed it.
pub fn spelt(person: usize, spelling: usize) -> String {
    let digits = in_whatsapp(person);
    let own = digits.trim_start_matches("90");
    let (a, b, c, d) = (&own[..3], &own[3..6], &own[6..8], &own[8..]);
    match spelling % SPELLINGS {
        0 => format!("0{a} {b} {c} {d}"),
        1 => format!("+90 {a} {b} {c} {d}"),
        2 => digits,
        3 => own.to_owned(),
        4 => format!("0 ({a}) {b}-{c}-{d}"),
        5 => format!("0090 {a} {b} {c}{d}"),
        6 => format!("+90({a}){b}{c}{d}"),
        7 => format!("0{a}.{b}.{c}.{d}"),
        8 => format!("0{a}/{b}{c}{d}"),
        _ => format!("cep: 0{own}"),
    }
}
