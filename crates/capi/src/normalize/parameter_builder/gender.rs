//! Its two lists of words, English only.

use super::{push_lower, trim};

const MALE: &[&str] = &[
    "man",
    "male",
    "boy",
    "gentleman",
    "guy",
    "sir",
    "mister",
    "mr",
    "son",
    "father",
    "dad",
    "daddy",
    "papa",
    "uncle",
    "nephew",
    "brother",
    "husband",
    "boyfriend",
    "groom",
    "widower",
    "king",
    "prince",
    "duke",
    "count",
    "emperor",
    "god",
    "lord",
    "lad",
    "fellow",
    "chap",
    "bloke",
    "dude",
    "he",
    "him",
    "his",
    "himself",
    "m",
];

const FEMALE: &[&str] = &[
    "woman",
    "female",
    "girl",
    "lady",
    "miss",
    "ms",
    "mrs",
    "madam",
    "ma'am",
    "daughter",
    "mother",
    "mom",
    "mama",
    "mommy",
    "aunt",
    "niece",
    "sister",
    "wife",
    "girlfriend",
    "bride",
    "widow",
    "queen",
    "princess",
    "duchess",
    "countess",
    "empress",
    "goddess",
    "maiden",
    "lass",
    "gal",
    "chick",
    "dame",
    "belle",
    "she",
    "her",
    "hers",
    "herself",
    "f",
];

pub(super) fn normalize(value: &str, out: &mut String) -> Option<()> {
    push_lower(value, |_| true, out);
    let word = trim(out);
    let letter = if MALE.contains(&word) {
        "m"
    } else if FEMALE.contains(&word) {
        "f"
    } else {
        return None;
    };
    out.clear();
    out.push_str(letter);
    Some(())
}
