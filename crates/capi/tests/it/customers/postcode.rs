//! Postcodes.

use testkit::Random;

use super::letters::{self, ARABIC_ZEROS, DIRECTIONS, INVISIBLE, ODD_SPACES, Tongue};
use super::mess::{Mess, Written, cell_end, dropped, known, mess, padded};

/// A postcode as its country prints it.
pub struct Postcode {
    /// Upper-case alpha-2.
    pub country: &'static str,
    /// As printed, `01310-100`, `02134`; empty in the Emirates, which have none.
    pub printed: String,
    /// The language of the customer, for digits.
    pub tongue: Tongue,
}

impl Postcode {
    /// A postcode near a known one: the last two digits are free where a country numbers streets.
    pub fn new(random: &mut Random, country: &'static str, known: &str, tongue: Tongue) -> Postcode {
        let keep = match country {
            "TR" | "MX" | "BR" if !known.is_empty() => known.len() - 2,
            _ => known.len(),
        };
        let tail = if keep < known.len() { random.digits("0123456789", 2) } else { String::new() };
        Postcode { country, printed: format!("{}{tail}", &known[..keep]), tongue }
    }

    fn digits(&self) -> String {
        self.printed.replace('-', "")
    }

    fn meant(&self, input: impl Into<String>) -> Option<Written> {
        (!self.printed.is_empty()).then(|| known(input, self.digits()))?
    }

    fn is_of(&self, country: &str) -> Option<()> {
        (self.country == country).then_some(())
    }

    fn label(&self, random: &mut Random) -> Option<&'static str> {
        Some(match self.country {
            "BR" => random.pick(&["CEP ", "CEP: ", "CEP:", "cep "]),
            "MX" => random.pick(&["C.P. ", "C.P.", "CP ", "C.P: ", "CP: "]),
            "US" => random.pick(&["ZIP ", "Zip: ", "zip code: "]),
            "DE" => random.pick(&["PLZ ", "PLZ: "]),
            "TR" => random.pick(&["PK ", "PK: ", "P.K. "]),
            _ => return None,
        })
    }
}

/// Every way to write a postcode.
pub const MESSES: &[Mess<Postcode>] = &[
    mess("as printed", 480, |_, p| p.meant(&*p.printed)),
    mess("no dash", 120, |_, p| {
        p.is_of("BR")?;
        p.meant(p.digits())
    }),
    mess("space for the dash", 60, |_, p| {
        p.is_of("BR")?;
        p.meant(p.printed.replace('-', " "))
    }),
    mess("full stop after two digits", 40, |_, p| {
        p.is_of("BR")?;
        p.meant(format!("{}.{}", &p.printed[..2], &p.printed[2..]))
    }),
    mess("other dash", 40, |random, p| {
        p.is_of("BR")?;
        p.meant(p.printed.replace('-', random.pick(&["\u{2010}", "\u{2011}", "\u{2013}", " - "])))
    }),
    mess("ZIP and four", 150, |random, p| {
        p.is_of("US")?;
        p.meant(format!("{}-{}", p.printed, random.digits("123456789", 4)))
    }),
    mess("ZIP and four without a plain dash", 60, |random, p| {
        p.is_of("US")?;
        let dash = random.pick(&["", "", " ", "\u{2011}", "\u{2013}", " - "]);
        p.meant(format!("{}{dash}{}", p.printed, random.digits("123456789", 4)))
    }),
    mess("country before it", 100, |random, p| {
        p.is_of("DE")?;
        p.meant(random.pick(&["D-", "DE-", "DE ", "D ", "D - "]).to_owned() + &p.printed)
    }),
    mess("lost leading zero", 200, |_, p| {
        let digits = p.digits();
        let lost = digits.strip_prefix('0')?;
        (!lost.starts_with('0')).then(|| p.meant(lost))?
    }),
    mess("lost two leading zeros", 500, |_, p| {
        p.is_of("US")?;
        p.meant(p.digits().strip_prefix("00")?)
    }),
    mess("lost leading zero, dash kept", 150, |_, p| {
        p.is_of("BR")?;
        p.meant(p.printed.strip_prefix('0')?)
    }),
    // A number has no zeros before it.
    mess("decimal tail of a spreadsheet", 12, |_, p| {
        p.meant(p.digits().trim_start_matches('0').to_owned() + ".0")
    }),
    mess("spreadsheet apostrophe", 15, |_, p| p.meant(format!("'{}", p.printed))),
    mess("label", 40, |random, p| {
        let label = p.label(random)?;
        p.meant(label.to_owned() + &p.printed)
    }),
    mess("space inside", 20, |_, p| {
        let spaced = matches!(p.country, "TR" | "DE" | "SA" | "EG" | "MX");
        spaced.then(|| p.meant(format!("{} {}", &p.printed[..2], &p.printed[2..])))?
    }),
    mess("spaces around", 70, |random, p| {
        let input = padded(random, &p.printed);
        p.meant(input)
    }),
    mess("tab or line end", 15, |random, p| p.meant(cell_end(random, &p.printed))),
    mess("odd space around", 15, |random, p| p.meant(p.printed.clone() + random.pick(&ODD_SPACES))),
    mess("invisible character", 15, |random, p| {
        let at = random.below(p.printed.len() + 1);
        p.meant(letters::inserted(&p.printed, at, random.pick(&INVISIBLE)))
    }),
    mess("direction marks", 12, |random, p| {
        let (before, after) = random.pick(&DIRECTIONS);
        p.meant(format!("{before}{}{after}", p.printed))
    }),
    mess("digits of Arabic script", 120, |random, p| {
        let zero = if random.chance(80) { ARABIC_ZEROS[0] } else { ARABIC_ZEROS[1] };
        (p.tongue == Tongue::Arabic).then(|| p.meant(letters::in_digits(&p.printed, zero)))?
    }),
    mess("none in the Emirates", 300, |random, p| {
        let filler = random.pick(&["00000", "00000", "-", "0000", "0", "N/A", "000000"]);
        p.is_of("AE").and_then(|()| dropped(filler))
    }),
];
