//! Names, cities, and states outside the United States: words whose truth is their letters in lower case.

use testkit::Random;

use super::letters::{self, DIRECTIONS, INVISIBLE, ODD_SPACES, Tongue};
use super::mess::{Mess, Written, cell_end, known, mess, padded};

/// Words as their owner writes them, with the language they are cased in.
pub struct Words {
    /// Composed, in title case, with plain `'` and `-`.
    pub whole: String,
    /// The language.
    pub tongue: Tongue,
    /// Whether an initial may go before it.
    pub first_name: bool,
}

impl Words {
    /// An input that means these very words.
    fn same(&self, input: String) -> Option<Written> {
        (input != self.whole).then(|| known(input, letters::plain(&self.whole, self.tongue)))?
    }

    fn upper(&self) -> Option<String> {
        let allowed = self.tongue != Tongue::Arabic && !self.whole.contains('ß');
        allowed.then(|| letters::upper(&self.whole, self.tongue))
    }
}

const APOSTROPHES: [&str; 7] = ["’", "ʼ", "`", "´", "′", "‘", "＇"];
const HYPHENS: [&str; 5] = ["\u{2010}", "\u{2011}", "\u{2013}", " - ", " -"];

/// Every way to write words.
pub const MESSES: &[Mess<Words>] = &[
    mess("as typed", 400, |_, w| known(w.whole.clone(), letters::plain(&w.whole, w.tongue))),
    mess("lower case", 80, |_, w| w.same(letters::lower(&w.whole, w.tongue))),
    mess("upper case", 150, |_, w| w.same(w.upper()?)),
    mess("caps lock", 10, |_, w| {
        w.upper()?;
        w.same(letters::inverted_case(&w.whole, w.tongue))
    }),
    mess("capital sharp s", 200, |_, w| {
        w.whole.contains('ß').then(|| w.same(letters::upper(&w.whole, w.tongue)))?
    }),
    mess("spaces around", 60, |random, w| w.same(padded(random, &w.whole))),
    mess("spaces around upper case", 30, |random, w| w.same(padded(random, &w.upper()?))),
    mess("tab or line end", 20, |random, w| w.same(cell_end(random, &w.whole))),
    mess("odd space inside", 40, |random, w| w.same(w.whole.replace(' ', random.pick(&ODD_SPACES)))),
    mess("odd space at the end", 15, |random, w| w.same(w.whole.clone() + random.pick(&ODD_SPACES))),
    mess("doubled space inside", 40, |_, w| w.same(w.whole.replace(' ', "  "))),
    mess("invisible character", 25, |random, w| {
        let at = random.below(w.whole.chars().count() + 1);
        w.same(letters::inserted(&w.whole, at, random.pick(&INVISIBLE)))
    }),
    mess("direction marks", 15, |random, w| {
        let (before, after) = random.pick(&DIRECTIONS);
        w.same(format!("{before}{}{after}", w.whole))
    }),
    mess("decomposed", 60, |_, w| w.same(letters::decomposed(&w.whole)?)),
    mess("decomposed upper case", 20, |_, w| w.same(letters::decomposed(&w.upper()?)?)),
    mess("other apostrophe", 500, |random, w| w.same(w.whole.replace('\'', random.pick(&APOSTROPHES)))),
    mess("other hyphen", 60, |random, w| w.same(w.whole.replace('-', random.pick(&HYPHENS)))),
    mess("space for the hyphen", 60, |_, w| w.same(w.whole.replace('-', " "))),
    mess("hyphen for the space", 10, |_, w| w.same(w.whole.replace(' ', "-"))),
    mess("written together", 30, |_, w| w.same(w.whole.replace([' ', '-'], ""))),
    mess("stray comma or full stop", 15, |random, w| {
        w.same(w.whole.clone() + random.pick(&[",", ".", ";", " ,"]))
    }),
    mess("in quotes", 10, |random, w| {
        let (before, after) = random.pick(&[("\"", "\""), ("“", "”"), ("«", "»")]);
        w.same(format!("{before}{}{after}", w.whole))
    }),
    mess("no accents", 60, no_accents),
    mess("dotted i of a naive lower case", 30, naive_lower),
    mess("tatweel", 60, |_, w| w.same(drawn_out(w)?)),
    mess("initial with a full stop", 8, initial),
];

/// Accents that were not typed are not put back. Turkish only in lower case: a bare `I` could be either i.
fn no_accents(_: &mut Random, words: &Words) -> Option<Written> {
    let bare = match words.tongue {
        Tongue::Turkish => {
            letters::without_accents(&letters::lower(&words.whole, words.tongue), words.tongue)
        }
        _ => letters::without_accents(&words.whole, words.tongue),
    };
    let cased_only = bare == letters::lower(&words.whole, words.tongue) || bare == words.whole;
    let truth = letters::plain(&bare, Tongue::Other);
    (!cased_only).then(|| known(bare, truth))?
}

/// `İ` lowered without its language is `i` with a dot of its own; that dot means nothing.
fn naive_lower(_: &mut Random, words: &Words) -> Option<Written> {
    let upper = words.upper()?;
    let told_apart = upper.contains('İ') && !upper.contains('I');
    told_apart.then(|| words.same(upper.to_lowercase()))?
}

/// Arabic letters drawn out, where a letter joins the next one.
fn drawn_out(words: &Words) -> Option<String> {
    if words.tongue != Tongue::Arabic {
        return None;
    }
    let joins = |letter: char| letter.is_alphabetic() && !"اأإآدذرزوؤةىء".contains(letter);
    let all: Vec<char> = words.whole.chars().collect();
    let mut drawn = String::new();
    for (at, letter) in all.iter().enumerate() {
        drawn.push(*letter);
        if joins(*letter) && all.get(at + 1).is_some_and(|next| next.is_alphabetic() && *next != 'ء') {
            drawn.push('ـ');
        }
    }
    Some(drawn)
}

fn initial(random: &mut Random, words: &Words) -> Option<Written> {
    let allowed = words.first_name && words.tongue != Tongue::Arabic;
    let letter = random.pick(&["A", "B", "C", "M", "S"]);
    let (input, meant) = if words.tongue == Tongue::Turkish || random.chance(20) {
        (format!("{letter}. {}", words.whole), format!("{letter}{}", words.whole))
    } else {
        (format!("{} {letter}.", words.whole), format!("{}{letter}", words.whole))
    };
    allowed.then(|| known(input, letters::plain(&meant, words.tongue)))?
}
