//! Telephone numbers that could exist, and how each country writes them.

use testkit::Random;

/// A number in its parts.
pub struct Number {
    /// Upper-case alpha-2.
    pub country: &'static str,
    /// The calling code.
    pub code: &'static str,
    /// Whether a zero goes before the area inside the country.
    pub trunk: bool,
    /// Whether it is a mobile number; in the Americas a mobile number may look like any other.
    pub mobile: bool,
    /// The area or network, without the zero.
    pub area: &'static str,
    /// The rest, in the groups people speak it in.
    pub groups: Vec<String>,
}

/// `areas|..`, first digits after the area, lengths of the groups.
type Range = (&'static str, &'static str, &'static [usize]);

const TR: [Range; 2] = [
    (
        "501|505|506|507|530|531|532|533|534|535|536|537|538|539|541|542|543|544|545|546|551|552|553|554|555",
        "23456789",
        &[3, 2, 2],
    ),
    ("212|216|312|232|224|242|322|342|352|412", "23456", &[3, 2, 2]),
];
const BR: [Range; 2] = [
    ("11|11|21|31|41|51|61|71|81|85|19|27|48|62|92", "9", &[5, 4]),
    ("11|11|21|31|41|51|61|71|81|85|19|27|48|62|92", "23", &[4, 4]),
];
const US: [Range; 2] = [
    ("206|212|303|305|312|404|415|512|602|617|650|702|713|718|773|786|808|919", "2345678", &[3, 4]),
    ("206|212|303|305|312|404|415|512|602|617|650|702|713|718|773|786|808|919", "2345678", &[3, 4]),
];
const SA: [Range; 4] = [
    ("50|53|54|55|56|58|59", "123456789", &[3, 4]),
    ("11", "24", &[3, 4]),
    ("12", "6", &[3, 4]),
    ("13|14", "8", &[3, 4]),
];
const AE: [Range; 2] = [("50|52|54|55|56|58", "23456789", &[3, 4]), ("2|3|4|6|7|9", "2345678", &[3, 4])];
const EG: [Range; 3] = [
    ("100|101|106|109|111|112|114|115|120|122|127|128", "0123456789", &[3, 4]),
    ("2", "23", &[4, 4]),
    ("3", "45", &[3, 4]),
];
const MX: [Range; 2] =
    [("55|55|33|81", "1234568", &[4, 4]), ("222|442|477|614|656|664|744|998|999", "1234568", &[3, 4])];
const DE: [Range; 4] = [
    ("151|157|159", "12345678", &[8]),
    ("160|162|163|170|171|172|173|174|175|177|178|179", "23456789", &[7]),
    ("30|40|69|89", "23456789", &[4, 4]),
    ("221|341|351|711", "23456789", &[3, 4]),
];

fn ranges(country: &str) -> (&'static str, bool, usize, &'static [Range]) {
    match country {
        "TR" => ("90", true, 1, &TR),
        "BR" => ("55", true, 1, &BR),
        "US" => ("1", false, 1, &US),
        "SA" => ("966", true, 1, &SA),
        "AE" => ("971", true, 1, &AE),
        "EG" => ("20", true, 1, &EG),
        "MX" => ("52", false, 1, &MX),
        _ => ("49", true, 2, &DE),
    }
}

impl Number {
    /// A number of a country: five of six are mobile.
    pub fn new(random: &mut Random, country: &'static str) -> Number {
        let (code, trunk, mobile_ranges, all) = ranges(country);
        let mobile = random.chance(84);
        let (areas, firsts, lengths) =
            random.pick(if mobile { &all[..mobile_ranges] } else { &all[mobile_ranges..] });
        let areas: Vec<&str> = areas.split('|').collect();
        let area = random.pick(&areas);
        let mut groups: Vec<String> = Vec::new();
        for length in lengths {
            let first = if groups.is_empty() { firsts } else { "0123456789" };
            groups.push(random.digits(first, *length));
        }
        if country == "BR" && mobile {
            // Since 2016 every Brazilian mobile number is a 9 before one of these.
            groups[0].replace_range(1..2, random.pick(&["6", "7", "8", "9"]));
        }
        if country == "US" {
            // No exchange ends in 11, and none is the 555 of films.
            groups[0].replace_range(1..2, random.pick(&["2", "3", "4", "6", "7", "8"]));
        }
        Number { country, code, trunk, mobile, area, groups }
    }

    /// What the page asks for: country code and number, digits only.
    pub fn truth(&self) -> String {
        format!("{}{}{}", self.code, self.area, self.groups.concat())
    }

    /// The number in a pattern: `C` the calling code, `A` the area, `G` and a character the rest with that
    /// character between its groups (`G!`: nothing between).
    pub fn written(&self, pattern: &str) -> String {
        pattern
            .replace('C', self.code)
            .replace('A', self.area)
            .replace("G!", &self.groups.concat())
            .replace("G_", &self.groups.join(" "))
            .replace("G-", &self.groups.join("-"))
            .replace("G.", &self.groups.join("."))
    }

    /// The patterns that people of the country use at home.
    pub fn home_patterns(&self) -> &'static [&'static str] {
        match self.country {
            "TR" => &[
                "0A G_", "0A G_", "0 A G_", "(0A) G_", "0(A) G_", "0 (A) G_", "0AG!", "0AG!", "0A-G-",
                "0A.G.", "0A G!",
            ],
            "BR" => &["(A) G-", "(A) G-", "(A)G-", "(A)G!", "A G-", "AG!", "A G_", "(A) G_", "A.G."],
            "US" => &["(A) G-", "(A) G-", "(A)G-", "A-G-", "A.G.", "AG!", "A G_", "A G-"],
            "MX" => &["A G_", "AG!", "(A) G_", "(A)G-", "A-G-", "A.G."],
            "DE" if self.mobile => &["0A G!", "0AG!", "0A-G!", "(0A) G!", "0A.G!"],
            "DE" => &["0A G!", "0AG!", "0A-G!", "(0A) G_", "0A G_"],
            _ => &["0A G_", "0AG!", "0AG!", "0A-G-", "(0A) G!", "(0A) G_", "0A.G.", "0A G!"],
        }
    }

    /// The number as it is written at home.
    pub fn at_home(&self, random: &mut Random) -> String {
        self.written(random.pick(self.home_patterns()))
    }
}
