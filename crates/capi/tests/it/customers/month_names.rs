//! Dates with the month as a word, in the customer's language and in English.

use testkit::Random;

use super::birth::Birth;
use super::letters::Tongue;

/// How much of a month's name is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// The whole name.
    Long,
    /// Its short form.
    Short,
}

const TURKISH: &str = "Ocak|Şubat|Mart|Nisan|Mayıs|Haziran|Temmuz|Ağustos|Eylül|Ekim|Kasım|Aralık";
const TURKISH_SHORT: &str = "Oca|Şub|Mar|Nis|May|Haz|Tem|Ağu|Eyl|Eki|Kas|Ara";
const PORTUGUESE: &str =
    "janeiro|fevereiro|março|abril|maio|junho|julho|agosto|setembro|outubro|novembro|dezembro";
const PORTUGUESE_SHORT: &str = "jan|fev|mar|abr|mai|jun|jul|ago|set|out|nov|dez";
const SPANISH: &str =
    "enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|diciembre";
const SPANISH_SHORT: &str = "ene|feb|mar|abr|may|jun|jul|ago|sep|oct|nov|dic";
const GERMAN: &str = "Januar|Februar|März|April|Mai|Juni|Juli|August|September|Oktober|November|Dezember";
const GERMAN_SHORT: &str = "Jan.|Feb.|März|Apr.|Mai|Jun.|Jul.|Aug.|Sept.|Okt.|Nov.|Dez.";
const ARABIC: &str = "يناير|فبراير|مارس|أبريل|مايو|يونيو|يوليو|أغسطس|سبتمبر|أكتوبر|نوفمبر|ديسمبر";
const ARABIC_BARE: &str = "يناير|فبراير|مارس|ابريل|مايو|يونيو|يوليو|اغسطس|سبتمبر|اكتوبر|نوفمبر|ديسمبر";
const ENGLISH: &str = "January|February|March|April|May|June|July|August|September|October|November|December";
const ENGLISH_SHORT: &str = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec";

fn name(names: &'static str, birth: &Birth) -> &'static str {
    names.split('|').nth(birth.month as usize - 1).unwrap_or_default()
}

/// The date with the month in the customer's language.
pub fn dated(random: &mut Random, birth: &Birth, style: Style) -> String {
    let long = style == Style::Long;
    let Birth { day, year, .. } = *birth;
    match birth.country {
        "TR" if long => format!("{day} {} {year}", name(TURKISH, birth)),
        "TR" => format!("{day} {} {year}", name(TURKISH_SHORT, birth)),
        "BR" if long => format!("{day} de {} de {year}", name(PORTUGUESE, birth)),
        "BR" => {
            let between = random.pick(&["/", "-", " "]);
            [&format!("{day:02}"), name(PORTUGUESE_SHORT, birth), &year.to_string()].join(between)
        }
        "MX" if long => {
            format!("{day} de {} {} {year}", name(SPANISH, birth), random.pick(&["de", "de", "del"]))
        }
        "MX" => {
            let between = random.pick(&["/", "-", " "]);
            [&format!("{day:02}"), name(SPANISH_SHORT, birth), &year.to_string()].join(between)
        }
        "DE" if long => format!("{day}. {} {year}", name(GERMAN, birth)),
        "DE" => format!("{day}. {} {year}", name(GERMAN_SHORT, birth)),
        _ if birth.tongue == Tongue::Arabic => {
            format!("{day} {} {year}", name(if long { ARABIC } else { ARABIC_BARE }, birth))
        }
        "US" if long => format!("{} {day}, {year}", name(ENGLISH, birth)),
        "US" => format!("{} {day}, {year}", name(ENGLISH_SHORT, birth)),
        _ if long => format!("{day} {} {year}", name(ENGLISH, birth)),
        _ => format!("{day} {} {year}", name(ENGLISH_SHORT, birth)),
    }
}

/// The date with the month in English, as foreign software prints it.
pub fn english(random: &mut Random, birth: &Birth) -> String {
    let Birth { day, year, .. } = *birth;
    let (long, short) = (name(ENGLISH, birth), name(ENGLISH_SHORT, birth));
    match random.below(6) {
        0 => format!("{short} {day}, {year}"),
        1 => format!("{long} {day}, {year}"),
        2 => format!("{day:02}-{short}-{year}"),
        3 => format!("{day} {long} {year}"),
        4 => format!("{long} {day}{}, {year}", ordinal(day)),
        _ => format!("{day:02} {short} {year}"),
    }
}

fn ordinal(day: u64) -> &'static str {
    match day {
        1 | 21 | 31 => "st",
        2 | 22 => "nd",
        3 | 23 => "rd",
        _ => "th",
    }
}
