//! Gender: a word of the customer's language for one of two letters, or for none.

use testkit::Random;

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
    fn word(&self, random: &mut Random, (women, men): Vocabulary) -> &'static str {
        let words: Vec<&str> = if self.woman { women } else { men }.split('|').collect();
        random.pick(&words)
    }

    /// A word or letter of the customer's own language.
    fn own_word(&self, random: &mut Random) -> &'static str {
        self.word(random, own_vocabulary(self))
    }

    fn meant(&self, input: impl Into<String>) -> Option<Written> {
        known(input, if self.woman { "f" } else { "m" })
    }
}

/// Every way to write a gender.
pub const MESSES: &[Mess<Gender>] = &[
    mess("word of the language", 500, |random, g| g.meant(g.own_word(random))),
    mess("English word", 130, |random, g| {
        let word = g.word(random, ENGLISH);
        // A bare M is a woman's letter on Mexican papers.
        (!(g.country == "MX" && word == "M")).then(|| g.meant(word))?
    }),
    mess("upper case", 100, |random, g| {
        let word = g.own_word(random);
        (g.tongue != Tongue::Arabic).then(|| g.meant(letters::upper(word, g.tongue)))?
    }),
    mess("lower case", 100, |random, g| {
        let word = g.own_word(random);

        (g.tongue != Tongue::Arabic).then(|| g.meant(letters::lower(word, g.tongue)))?
    }),
    mess("spaces around", 60, |random, g| {
        let word = g.own_word(random);
        g.meant(padded(random, word))
    }),
    mess("odd space at the end", 15, |random, g| {
        g.meant(g.own_word(random).to_owned() + random.pick(&ODD_SPACES))
    }),
    mess("direction marks", 10, |random, g| {
        let (before, after) = random.pick(&DIRECTIONS);
        g.meant(format!("{before}{}{after}", g.own_word(random)))
    }),
    mess("decomposed", 40, |random, g| g.meant(letters::decomposed(g.own_word(random))?)),
    mess("neither", 40, |random, g| {
        let words: Vec<&str> = neither(g).split('|').collect();
        dropped(random.pick(&words))
    }),
];
