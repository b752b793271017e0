//! Gender: a word of the customer's language for one of two letters, or for none.

use super::dice::Dice;
use super::letters::{self, DIRECTIONS, ODD_SPACES, Tongue};
use super::mess::{Mess, Written, dropped, known, mess, padded};

/// Whose gender it is.
pub struct Gender {
    /// Upper-case alpha-2.
    pub country: &'static str,
    /// Whether the truth is `f`.
    pub woman: bool,
    /// The language of the words.
    pub tongue: Tongue,
}

/// `words for f|..` and `words for m|..` of a language. Spanish has no bare `M`: it is masculino and mujer.
type Vocabulary = (&'static str, &'static str);

const ENGLISH: Vocabulary = ("Female|F|Woman|Mrs.|Mrs|Ms.|Ms|Miss", "Male|M|Man|Mr.|Mr");
const TURKISH: Vocabulary = ("Kadın|Kadin|K|Bayan|Hanım|KADIN|F", "Erkek|E|Bay|Bey|ERKEK|M");
const PORTUGUESE: Vocabulary =
    ("Feminino|Mulher|F|Fem.|Fem|Sra.|Senhora|Feminina", "Masculino|Homem|M|Masc.|Masc|Sr.|Senhor");
const SPANISH: Vocabulary =
    ("Femenino|Mujer|F|Fem.|Sra.|Srta.|Señora", "Masculino|Hombre|Masc.|Sr.|Señor|Varón");
const GERMAN: Vocabulary =
    ("weiblich|Frau|W|w|Weiblich|WEIBLICH", "männlich|Herr|M|m|Männlich|maennlich|Mann");
const ARABIC: Vocabulary = ("أنثى|انثى|امرأة|إمرأة|السيدة|سيدة", "ذكر|رجل|السيد|سيد");

const NEITHER: &str = "Other|Unknown|Prefer not to say|-|Diverse|Non-binary";

fn own_vocabulary(gender: &Gender) -> Vocabulary {
    match gender.country {
        "TR" => TURKISH,
        "BR" => PORTUGUESE,
        "MX" => SPANISH,
        "DE" => GERMAN,
        _ if gender.tongue == Tongue::Arabic => ARABIC,
        _ => ENGLISH,
    }
}

fn neither(gender: &Gender) -> &'static str {
    match gender.country {
        "TR" => "Diğer|Belirtilmemiş|Belirtmek istemiyorum|Bilinmiyor|-",
        "BR" => "Outro|Não informado|Prefiro não dizer|Não-binário|-",
        "MX" => "Otro|No especificado|Prefiero no decirlo|No binario|-",
        "DE" => "divers|Divers|d|Keine Angabe|unbekannt|-",
        _ if gender.tongue == Tongue::Arabic => "آخر|غير محدد|غير معروف|-",
        _ => NEITHER,
    }
}

impl Gender {
    fn word(&self, dice: &mut Dice, (women, men): Vocabulary) -> &'static str {
        let words: Vec<&str> = if self.woman { women } else { men }.split('|').collect();
        dice.pick(&words)
    }

    /// A word or letter of the customer's own language.
    fn own_word(&self, dice: &mut Dice) -> &'static str {
        self.word(dice, own_vocabulary(self))
    }

    fn meant(&self, input: impl Into<String>) -> Option<Written> {
        known(input, if self.woman { "f" } else { "m" })
    }
}

/// Every way to write a gender.
pub const MESSES: &[Mess<Gender>] = &[
    mess("word of the language", 500, |dice, g| g.meant(g.own_word(dice))),
    mess("English word", 130, |dice, g| {
        let word = g.word(dice, ENGLISH);
        // A bare M is a woman's letter on Mexican papers.
        (!(g.country == "MX" && word == "M")).then(|| g.meant(word))?
    }),
    mess("upper case", 100, |dice, g| {
        let word = g.own_word(dice);
        (g.tongue != Tongue::Arabic).then(|| g.meant(letters::upper(word, g.tongue)))?
    }),
    mess("lower case", 100, |dice, g| {
        let word = g.own_word(dice);

        (g.tongue != Tongue::Arabic).then(|| g.meant(letters::lower(word, g.tongue)))?
    }),
    mess("spaces around", 60, |dice, g| {
        let word = g.own_word(dice);
        g.meant(padded(dice, word))
    }),
    mess("odd space at the end", 15, |dice, g| g.meant(g.own_word(dice).to_owned() + dice.pick(&ODD_SPACES))),
    mess("direction marks", 10, |dice, g| {
        let (before, after) = dice.pick(&DIRECTIONS);
        g.meant(format!("{before}{}{after}", g.own_word(dice)))
    }),
    mess("decomposed", 40, |dice, g| g.meant(letters::decomposed(g.own_word(dice))?)),
    mess("neither", 40, |dice, g| {
        let words: Vec<&str> = neither(g).split('|').collect();
        dropped(dice.pick(&words))
    }),
];
