//! `f` or `m`, from the words of many languages.

use crate::{catalogue, normalize::Dropped};

/// Words for women and for men, folded. Our own collection.
const FEMALE: &[&str] = &[
    "f", "female", "woman", "women", "girl", "lady", "mrs", "ms", "miss", "madam", "mme", "femme", "feminin", "fem",
    "feminine", "kadin", "bayan", "kiz", "hanim", "feminino", "feminina", "mulher", "moca", "menina", "sra", "senhora",
    "senhorita", "femenino", "femenina", "mujer", "chica", "nina", "senora", "senorita", "srta", "dama",
    "weiblich", "frau", "fraulein", "madchen", "femmina", "donna", "femminile", "vrouw", "vrouwelijk",
    "zhenskii", "женский", "женщина", "жен", "ж", "kobieta", "انثي", "انثا", "امراه", "سيده", "بنت", "فتاه", "نساء",
    "نسائي", "مونث", "انسه", "السيده", "perempuan", "wanita", "女", "女性", "여", "여성",
];
const MALE: &[&str] = &[
    "m", "male", "man", "men", "boy", "mr", "mister", "sir", "gentleman", "masculine", "homme", "masculin", "monsieur",
    "masc", "mas", "erkek", "bay", "bey", "adam", "masculino", "masculina", "homem", "senhor", "menino", "rapaz", "hombre",
    "chico", "nino", "varon", "caballero", "senor", "sr", "mannlich", "maennlich", "herr", "mann", "junge", "maschio",
    "uomo", "maschile", "mannelijk", "мужской", "мужчина", "муж", "м", "mezczyzna", "ذكر", "رجل", "ولد", "سيد",
    "السيد", "شاب", "رجال", "مذكر", "رجالي", "laki", "lakilaki", "pria", "男", "男性", "남", "남성",
];

pub(super) fn write(value: &str, country: Option<&str>, out: &mut String) -> Result<(), Dropped> {
    let folded;
    let word = if value.len() == 1 {
        value
    } else {
        folded = catalogue::fold(value.trim());
        folded.as_str()
    };
    let is = |list: &[&str]| list.iter().any(|known| known.eq_ignore_ascii_case(word));
    let letter = match initial(word, country) {
        Some(letter) => letter,
        None if is(FEMALE) => 'f',
        None if is(MALE) => 'm',
        None => return Err(Dropped::Unreadable),
    };
    out.push(letter);
    Ok(())
}

/// Initials that mean something in one language only.
fn initial(word: &str, country: Option<&str>) -> Option<char> {
    let letter = word.chars().next().filter(|letter| word.len() == letter.len_utf8())?;
    match (letter.to_ascii_lowercase(), country?) {
        ('k', "tr" | "az" | "pl") | ('w', "de" | "at" | "ch") | ('v', "nl" | "be") => Some('f'),
        ('e', "tr" | "az") | ('h', "mx" | "es" | "ar" | "co" | "cl" | "pe" | "br" | "fr") => Some('m'),
        _ => None,
    }
}
