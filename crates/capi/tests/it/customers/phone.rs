//! The ways to write a telephone number.

use testkit::Random;

use super::letters::{self, ARABIC_ZEROS, DIRECTIONS, FULL_WIDTH_ZERO, ODD_SPACES};
use super::mess::{Mess, Written, cell_end, dropped, known, mess, padded};
use super::phone_number::Number;

const ABROAD: [&str; 7] = ["+C A G_", "+C A G_", "+C A G-", "+C (A) G-", "+C-A-G-", "+C.A.G.", "+C A G!"];

impl Number {
    fn meant(&self, input: impl Into<String>) -> Option<Written> {
        known(input, self.truth())
    }

    fn in_pattern(&self, random: &mut Random, patterns: &[&str]) -> Option<Written> {
        self.meant(self.written(random.pick(patterns)))
    }

    /// With the country code or without, as it comes.
    fn somehow(&self, random: &mut Random) -> String {
        if random.chance(50) { self.at_home(random) } else { self.written(random.pick(&ABROAD)) }
    }

    fn is_of(&self, countries: &[&str]) -> Option<()> {
        countries.contains(&self.country).then_some(())
    }

    /// A zero is dialled at home, and it is not only an old way to choose a carrier.
    fn has_zero(&self) -> Option<()> {
        self.is_of(&["TR", "SA", "AE", "EG", "DE"])
    }
}

/// Every way to write a number.
pub const MESSES: &[Mess<Number>] = &[
    mess("international", 150, |random, n| n.in_pattern(random, &ABROAD)),
    mess("E.164", 130, |_, n| n.meant(n.written("+CAG!"))),
    mess("as at home", 270, |random, n| {
        let input = n.at_home(random);
        n.meant(input)
    }),
    mess("no plus", 80, |random, n| {
        // A German land line without plus can be read as an area that begins with 049.
        let told_apart = n.country != "DE" || n.mobile;
        told_apart.then(|| n.in_pattern(random, &["CAG!", "CAG!", "C A G_", "C-A-G-"]))?
    }),
    mess("lost zero of the area", 60, |random, n| {
        n.has_zero()?;
        n.mobile.then(|| n.in_pattern(random, &["AG!", "AG!", "A G_"]))?
    }),
    mess("zero in brackets", 30, |random, n| {
        n.has_zero()?;
        n.in_pattern(random, &["+C (0) A G_", "+C (0)A G!", "+C(0)AG!", "+C (0) A-G-", "+C(0) A G_"])
    }),
    mess("zero in the brackets of the area", 25, |random, n| {
        n.trunk.then(|| n.in_pattern(random, &["+C (0A) G_", "+C(0A)G!", "+C (0A) G-"]))?
    }),
    mess("zero after the country code", 40, |random, n| {
        n.has_zero()?;
        n.in_pattern(random, &["+C 0A G_", "+C0AG!", "+C-0A-G-", "C 0A G_"])
    }),
    mess("00 for the plus", 50, |random, n| {
        n.in_pattern(random, &["00CAG!", "00C A G_", "00 C A G_", "00C-A-G-"])
    }),
    mess("00 and the zero", 12, |random, n| {
        n.has_zero()?;
        n.in_pattern(random, &["00C (0) A G_", "00C 0A G_", "00C (0)A G!"])
    }),
    mess("odd spaces and hyphens", 40, |random, n| {
        let space = random.pick(&ODD_SPACES);
        let hyphen = random.pick(&["\u{2010}", "\u{2011}", "\u{2013}", "\u{2212}"]);
        let plain = n.somehow(random);
        let odd = plain.replace(' ', space).replace('-', hyphen);
        (odd != plain).then(|| n.meant(odd))?
    }),
    mess("digits of Arabic script", 90, |random, n| {
        n.is_of(&["SA", "AE", "EG"])?;
        let zero = if random.chance(80) { ARABIC_ZEROS[0] } else { ARABIC_ZEROS[1] };
        let input = n.somehow(random);
        n.meant(letters::in_digits(&input, zero))
    }),
    mess("full-width digits", 8, |random, n| {
        let input = n.somehow(random);
        n.meant(letters::in_digits(&input, FULL_WIDTH_ZERO).replace('+', "＋").replace('-', "－"))
    }),
    mess("label", 40, labelled),
    mess("WhatsApp after it", 12, |random, n| {
        let input = n.somehow(random);
        n.meant(input + random.pick(&[" (WhatsApp)", " WhatsApp", " - WhatsApp", " (whatsapp)", " (WA)"]))
    }),
    mess("link", 12, |random, n| n.in_pattern(random, &["tel:+CAG!", "whatsapp:+CAG!", "tel:+C-A-G-"])),
    mess("extension", 150, |random, n| {
        let input = n.somehow(random);
        (!n.mobile)
            .then(|| n.meant(input + random.pick(extensions(n)) + &random.between(1, 499).to_string()))?
    }),
    mess("two numbers", 20, |random, n| {
        let second = Number::new(random, n.country);
        let (one, two) = (n.somehow(random), second.somehow(random));
        n.meant(one + random.pick(&[" / ", "/", " /"]) + &two)
    }),
    mess("slash after the area", 100, |random, n| {
        n.is_of(&["DE", "TR"])?;
        (n.country == "DE" || !n.mobile).then(|| n.in_pattern(random, &["0A/G!", "0A/G_", "+C A/G!"]))?
    }),
    mess("direction marks", 35, |random, n| {
        let (before, after) = random.pick(&DIRECTIONS);
        let input = n.somehow(random);
        n.meant(format!("{before}{input}{after}"))
    }),
    mess("plus at the end", 8, |_, n| {
        n.is_of(&["SA", "AE", "EG"])?;
        n.meant(n.written("CAG!") + "+")
    }),
    mess("spaces around", 40, |random, n| {
        let input = n.somehow(random);
        n.meant(padded(random, &input))
    }),
    mess("tab or line end", 12, |random, n| {
        let input = n.somehow(random);
        n.meant(cell_end(random, &input))
    }),
    mess("spreadsheet apostrophe", 15, |random, n| {
        let input = n.somehow(random);
        n.meant(format!("'{input}"))
    }),
    mess("decimal tail of a spreadsheet", 10, |_, n| {
        let told_apart = n.country != "DE" || n.mobile;
        told_apart.then(|| n.meant(n.written("CAG!") + ".0"))?
    }),
    mess("lost to scientific notation", 8, |random, n| {
        let digits = n.truth();
        let point = random.pick(&[".", ","]);
        dropped(format!("{}{point}{}E+{}", &digits[..1], &digits[1..6], digits.len() - 1))
    }),
    mess("country code as a long-distance 1", 60, |random, n| {
        n.is_of(&["US"])?;
        n.in_pattern(random, &["1-A-G-", "1 (A) G-", "1.A.G.", "1 A G_", "(1) A-G-"])
    }),
    mess("Brazilian zero", 40, |random, n| {
        n.is_of(&["BR"])?;
        n.in_pattern(random, &["0A G-", "(0A) G-", "0AG!", "0 A G-", "(0A)G!"])
    }),
    mess("Brazilian carrier", 30, |random, n| {
        n.is_of(&["BR"])?;
        let carrier = random.pick(&["15", "21", "31", "41"]);
        let pattern = random.pick(&["0 % A G-", "0% A G-", "0%AG!", "(0 % A) G-", "0 % (A) G-"]);
        n.meant(n.written(&pattern.replace('%', carrier)))
    }),
    mess("Mexican long-distance 01", 40, |random, n| {
        n.is_of(&["MX"])?;
        n.in_pattern(random, &["01 A G_", "(01 A) G-", "01AG!", "01-A-G-", "01 (A) G_"])
    }),
    mess("Mexican 044 and 045", 40, |random, n| {
        n.is_of(&["MX"])?;
        n.in_pattern(random, &["044 A G_", "044AG!", "(044) A G_", "045 A G_", "045-A-G-"])
    }),
    mess("Mexican 1 after 52", 40, |random, n| {
        n.is_of(&["MX"])?;
        n.in_pattern(random, &["+52 1 A G_", "+521AG!", "521AG!", "+52-1-A-G-"])
    }),
    mess("Egyptian +2", 50, |random, n| {
        n.is_of(&["EG"])?;
        n.in_pattern(random, &["+2 0A G_", "+2 0AG!", "002 0A G_", "(+2) 0AG!", "+2-0A-G-"])
    }),
];

fn labelled(random: &mut Random, number: &Number) -> Option<Written> {
    let own: &[&str] = match number.country {
        "TR" => &["Tel: ", "Cep: ", "Cep Tel: ", "GSM: ", "Telefon: "],
        "BR" => &["Tel.: ", "Celular: ", "Cel: ", "Fone: ", "Zap: "],
        "MX" => &["Tel. ", "Tel: ", "Cel. ", "Celular: ", "Móvil: "],
        "DE" => &["Tel.: ", "Telefon: ", "Handy: ", "Mobil: ", "Tel. "],
        "US" => &["Phone: ", "Cell: ", "Mobile: ", "Ph: ", "Tel: "],
        _ => &["جوال: ", "هاتف: ", "موبايل: ", "Mobile: ", "Mob: "],
    };
    let label = if random.chance(30) {
        random.pick(&["WhatsApp: ", "WhatsApp ", "Tel:", "T: "])
    } else {
        random.pick(own)
    };
    let input = number.somehow(random);
    number.meant(format!("{label}{input}"))
}

fn extensions(number: &Number) -> &'static [&'static str] {
    match number.country {
        "TR" => &[" dahili ", " Dahili: ", " dahili:"],
        "BR" => &[" ramal ", " Ramal: "],
        "MX" => &[" ext. ", " Ext ", " ext "],
        "SA" | "AE" | "EG" => &[" ext. ", " x", " تحويلة "],
        _ => &[" ext. ", " x", "x", " Ext ", " ext ", " extension "],
    }
}
