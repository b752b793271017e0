//! Dates of birth.

use testkit::Random;

use super::letters::{self, ARABIC_ZEROS, DIRECTIONS, ODD_SPACES, Tongue};
use super::mess::{Mess, Written, dropped, known, mess, padded};
use super::month_names::{self, Style};

/// A day of birth and where its owner writes it.
pub struct Birth {
    /// Upper-case alpha-2; the United States put the month first, all others the day.
    pub country: &'static str,
    /// The language of the month names.
    pub tongue: Tongue,
    /// 1930 to 2010.
    pub year: u64,
    /// 1 to 12.
    pub month: u64,
    /// A day that the month has.
    pub day: u64,
}

impl Birth {
    /// A birthday of someone old enough to shop.
    pub fn new(random: &mut Random, country: &'static str, tongue: Tongue) -> Birth {
        let (year, month) = (random.between(1930, 2010), random.between(1, 12));
        let last = match month {
            2 if year.is_multiple_of(4) => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
        Birth { country, tongue, year, month, day: random.between(1, last) }
    }

    fn meant(&self, input: impl Into<String>) -> Option<Written> {
        known(input, format!("{:04}{:02}{:02}", self.year, self.month, self.day))
    }

    /// The date in the order of the country.
    fn numeric(&self, between: &str) -> String {
        ordered(self.country, &pair(self.day), &pair(self.month), &self.year.to_string(), between)
    }

    /// A date as forms of the country print it.
    fn usual(&self, random: &mut Random) -> String {
        self.numeric(match self.country {
            "TR" | "DE" => random.pick(&[".", ".", "/"]),
            "US" | "BR" | "MX" => random.pick(&["/", "/", "-"]),
            _ => random.pick(&["/", "/", "-", "."]),
        })
    }

    fn iso(&self, between: &str) -> String {
        format!("{:04}{between}{:02}{between}{:02}", self.year, self.month, self.day)
    }
}

fn pair(number: u64) -> String {
    format!("{number:02}")
}

fn ordered(country: &str, day: &str, month: &str, year: &str, between: &str) -> String {
    let (first, second) = if country == "US" { (month, day) } else { (day, month) };
    [first, second, year].join(between)
}

/// Every way to write a date.
pub const MESSES: &[Mess<Birth>] = &[
    mess("as the country writes it", 330, |random, b| {
        let input = b.usual(random);
        b.meant(input)
    }),
    mess("other separator", 80, |random, b| {
        b.meant(b.numeric(match b.country {
            "TR" | "DE" => random.pick(&["-", " ", " / ", ". "]),
            "US" | "BR" | "MX" => random.pick(&[".", ".", " ", " / ", " - "]),
            _ => random.pick(&[" ", " / ", " - ", ". "]),
        }))
    }),
    mess("no leading zeros", 90, |random, b| {
        let between = random.pick(&[".", "/", "-"]);
        let year = b.year.to_string();
        b.meant(ordered(b.country, &b.day.to_string(), &b.month.to_string(), &year, between))
    }),
    mess("ISO", 130, |_, b| b.meant(b.iso("-"))),
    mess("year first with other separators", 25, |random, b| b.meant(b.iso(random.pick(&["/", "."])))),
    mess("digits only", 40, |_, b| b.meant(b.iso(""))),
    mess("ISO with a time", 50, |random, b| {
        let tail = random.pick(&["T00:00:00Z", "T00:00:00.000Z", " 00:00:00", "T00:00:00", " 00:00:00.000"]);
        b.meant(b.iso("-") + tail)
    }),
    mess("time after it", 25, |random, b| {
        let tail = match b.country {
            "US" => random.pick(&[" 12:00:00 AM", " 00:00", " 0:00"]),
            _ => random.pick(&[" 00:00", " 00:00:00", " 0:00"]),
        };
        let input = b.usual(random);
        b.meant(input + tail)
    }),
    mess("two-digit year", 40, |random, b| {
        // No living shopper of 1926 to 1944 here: which century a pivot takes stays plain.
        let plain = (1945..=2009).contains(&b.year);
        let year = pair(b.year % 100);
        let between = random.pick(&["/", "."]);
        plain.then(|| b.meant(ordered(b.country, &pair(b.day), &pair(b.month), &year, between)))?
    }),
    mess("month name", 90, |random, b| {
        let input = month_names::dated(random, b, Style::Long);
        b.meant(input)
    }),
    mess("short month name", 40, |random, b| {
        let input = month_names::dated(random, b, Style::Short);
        b.meant(input)
    }),
    mess("month name in upper case", 20, |random, b| {
        let input = month_names::dated(random, b, Style::Long);
        (b.tongue != Tongue::Arabic).then(|| b.meant(letters::upper(&input, b.tongue)))?
    }),
    mess("month name in lower case", 20, |random, b| {
        let input = month_names::dated(random, b, Style::Long);
        (b.tongue != Tongue::Arabic).then(|| b.meant(letters::lower(&input, b.tongue)))?
    }),
    mess("decomposed month name", 20, |random, b| {
        b.meant(letters::decomposed(&month_names::dated(random, b, Style::Long))?)
    }),
    mess("English month name", 50, |random, b| {
        let input = month_names::english(random, b);
        b.meant(input)
    }),
    mess("digits of Arabic script", 90, |random, b| {
        let zero = if random.chance(80) { ARABIC_ZEROS[0] } else { ARABIC_ZEROS[1] };
        let input =
            if random.chance(75) { b.usual(random) } else { month_names::dated(random, b, Style::Long) };
        (b.tongue == Tongue::Arabic).then(|| b.meant(letters::in_digits(&input, zero)))?
    }),
    mess("spaces around", 50, |random, b| {
        let input = b.usual(random);
        b.meant(padded(random, &input))
    }),
    mess("odd space around", 12, |random, b| {
        let input = b.usual(random);
        b.meant(input + random.pick(&ODD_SPACES))
    }),
    mess("direction marks", 15, |random, b| {
        let (before, after) = random.pick(&DIRECTIONS);
        let input = b.usual(random);
        b.meant(format!("{before}{input}{after}"))
    }),
    mess("day that no month has", 15, impossible),
    mess("placeholder", 15, |random, b| {
        let (day, month, year) =
            random.pick(&[("00", "00", "0000"), ("01", "01", "1900"), ("00", "00", "0000")]);
        let home = ordered(b.country, day, month, year, random.pick(&["/", ".", "-"]));
        dropped(if random.chance(50) { home } else { format!("{year}-{month}-{day}") })
    }),
    mess("day to come", 8, |random, b| {
        let year = random.pick(&["2099", "2140", "9999"]);
        let home = ordered(b.country, &pair(b.day.min(28)), &pair(b.month), year, "/");
        dropped(if random.chance(50) { home } else { format!("{year}-{:02}-{:02}", b.month, b.day.min(28)) })
    }),
];

/// Days that are wrong in whichever order they are read.
fn impossible(random: &mut Random, birth: &Birth) -> Option<Written> {
    let (day, month) = random.pick(&[
        ("30", "02"),
        ("31", "02"),
        ("31", "04"),
        ("31", "06"),
        ("31", "11"),
        ("32", "01"),
        ("45", "13"),
    ]);
    let year = birth.year.to_string();
    let home = ordered(birth.country, day, month, &year, random.pick(&["/", ".", "-"]));
    dropped(if random.chance(60) { home } else { format!("{year}-{month}-{day}") })
}
