//! Countries by codes and names, in the languages of the customers.

use testkit::Random;

use super::letters::{self, DIRECTIONS, INVISIBLE, ODD_SPACES, Tongue};
use super::mess::{Mess, Written, cell_end, known, mess, padded};

/// A country in its spellings.
pub struct CountryName {
    /// Upper-case alpha-2.
    pub code: &'static str,
    /// The language of the customer, for upper case.
    pub tongue: Tongue,
}

/// `alpha-3`, English names, own names, names in other languages, short forms: `|` between.
struct Spellings {
    alpha3: &'static str,
    english: &'static str,
    own: &'static str,
    elsewhere: &'static str,
    short: &'static str,
}

fn spellings(code: &str) -> Spellings {
    let all = |alpha3, english, own, elsewhere, short| Spellings { alpha3, english, own, elsewhere, short };
    match code {
        "TR" => all(
            "TUR",
            "Turkey",
            "Türkiye|Türkiye|Turkiye|Türkiye Cumhuriyeti|TÜRKIYE|TURKIYE",
            "Türkei|Turquia|Turquía|تركيا|Republic of Türkiye",
            "",
        ),
        "BR" => all("BRA", "Brazil", "Brasil", "Brezilya|Brasilien|البرازيل|Brésil", ""),
        "US" => all(
            "USA",
            "United States|United States of America|The United States|United States",
            "United States",
            "Estados Unidos|Vereinigte Staaten|Amerika Birleşik Devletleri|الولايات المتحدة|États-Unis",
            "U.S.A.|U.S.|USA|EUA|EE.UU.|EE. UU.|EEUU|ABD|U.S.A",
        ),
        "SA" => all(
            "SAU",
            "Saudi Arabia|Kingdom of Saudi Arabia",
            "السعودية|المملكة العربية السعودية",
            "Suudi Arabistan|Arabia Saudita|Arábia Saudita|Saudi-Arabien",
            "KSA|K.S.A.|K.S.A",
        ),
        "AE" => all(
            "ARE",
            "United Arab Emirates|The United Arab Emirates",
            "الإمارات|الامارات|الإمارات العربية المتحدة|دولة الإمارات العربية المتحدة",
            "Birleşik Arap Emirlikleri|Emirados Árabes Unidos|Emiratos Árabes Unidos",
            "UAE|U.A.E.|UAE|U.A.E",
        ),
        "EG" => all(
            "EGY",
            "Egypt|Arab Republic of Egypt",
            "مصر|جمهورية مصر العربية",
            "Mısır|Egito|Egipto|Ägypten|Égypte",
            "",
        ),
        "MX" => all("MEX", "Mexico", "México|México|Estados Unidos Mexicanos", "Meksika|Mexiko|المكسيك", ""),
        _ => all(
            "DEU",
            "Germany",
            "Deutschland|Bundesrepublik Deutschland",
            "Almanya|Alemania|Alemanha|ألمانيا",
            "",
        ),
    }
}

impl CountryName {
    fn meant(&self, input: impl Into<String>) -> Option<Written> {
        known(input, self.code.to_ascii_lowercase())
    }

    fn one_of(&self, random: &mut Random, of: fn(Spellings) -> &'static str) -> Option<&'static str> {
        let names: Vec<&str> = of(spellings(self.code)).split('|').filter(|name| !name.is_empty()).collect();
        (!names.is_empty()).then(|| random.pick(&names))
    }

    fn somehow(&self, random: &mut Random) -> &'static str {
        let name = match random.below(3) {
            0 => self.one_of(random, |s| s.english),
            1 => self.one_of(random, |s| s.own),
            _ => None,
        };
        name.unwrap_or(self.code)
    }
}

/// Every way to write a country.
pub const MESSES: &[Mess<CountryName>] = &[
    mess("code", 260, |_, c| c.meant(c.code)),
    mess("code in lower case", 100, |_, c| c.meant(c.code.to_ascii_lowercase())),
    mess("code in title case", 10, |_, c| {
        c.meant(c.code[..1].to_owned() + &c.code[1..].to_ascii_lowercase())
    }),
    mess("three-letter code", 70, |_, c| c.meant(spellings(c.code).alpha3)),
    mess("three-letter code in lower case", 15, |_, c| {
        c.meant(spellings(c.code).alpha3.to_ascii_lowercase())
    }),
    mess("English name", 150, |random, c| c.meant(c.one_of(random, |s| s.english)?)),
    mess("own name", 170, |random, c| c.meant(c.one_of(random, |s| s.own)?)),
    mess("name in another language", 40, |random, c| c.meant(c.one_of(random, |s| s.elsewhere)?)),
    mess("short form", 120, |random, c| c.meant(c.one_of(random, |s| s.short)?)),
    mess("short form in lower case", 10, |random, c| {
        c.meant(c.one_of(random, |s| s.short)?.to_ascii_lowercase())
    }),
    mess("English name in upper case", 30, |random, c| {
        c.meant(c.one_of(random, |s| s.english)?.to_ascii_uppercase())
    }),
    mess("English name in lower case", 25, |random, c| {
        c.meant(c.one_of(random, |s| s.english)?.to_ascii_lowercase())
    }),
    mess("own name in upper case", 40, |random, c| {
        let name = c.one_of(random, |s| s.own)?;
        let upper = letters::upper(name, c.tongue);
        (upper != name).then(|| c.meant(upper))?
    }),
    mess("own name in lower case", 25, |random, c| {
        let name = c.one_of(random, |s| s.own)?;
        let lower = letters::lower(name, c.tongue);
        // TURKIYE lowered in Turkish has a dotless i: nobody writes that.
        (lower != name && !name.contains("KIYE")).then(|| c.meant(lower))?
    }),
    mess("decomposed", 40, |random, c| c.meant(letters::decomposed(c.one_of(random, |s| s.own)?)?)),
    mess("spaces around", 50, |random, c| {
        let input = c.somehow(random);
        c.meant(padded(random, input))
    }),
    mess("tab or line end", 10, |random, c| {
        let input = c.somehow(random);
        c.meant(cell_end(random, input))
    }),
    mess("odd space", 20, |random, c| {
        let (input, space) = (c.somehow(random), random.pick(&ODD_SPACES));
        c.meant(if input.contains(' ') { input.replace(' ', space) } else { input.to_owned() + space })
    }),
    mess("invisible character", 15, |random, c| {
        let input = c.somehow(random);
        let at = random.below(input.chars().count() + 1);
        c.meant(letters::inserted(input, at, random.pick(&INVISIBLE)))
    }),
    mess("direction marks", 10, |random, c| {
        let (before, after) = random.pick(&DIRECTIONS);
        c.meant(format!("{before}{}{after}", c.somehow(random)))
    }),
];
