//! States and territories of the United States: every spelling of one is its two letters.

use testkit::Random;

use super::data::US_STATES;
use super::letters::{self, DIRECTIONS, INVISIBLE, ODD_SPACES};
use super::mess::{Mess, Written, cell_end, known, mess, padded};

/// A state in its spellings.
pub struct UsState {
    /// `California`.
    pub name: &'static str,
    /// `CA`.
    pub code: &'static str,
    /// `Calif.`, as newspapers write it; empty where they write the name.
    pub short: &'static str,
}

impl UsState {
    /// The state of a customer: mostly that of the city, else any, so that each one comes up.
    pub fn new(random: &mut Random, code: &str) -> UsState {
        let lines: Vec<&'static str> =
            US_STATES.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        let of_city = lines.iter().find(|line| line.split('|').nth(1) == Some(code));
        let line = if random.chance(60) { of_city.copied() } else { None };
        let mut cells = line.unwrap_or(random.pick(&lines)).split('|');
        let mut cell = || cells.next().unwrap_or_default();
        UsState { name: cell(), code: cell(), short: cell() }
    }

    fn meant(&self, input: impl Into<String>) -> Option<Written> {
        known(input, self.code.to_ascii_lowercase())
    }

    fn somehow(&self, random: &mut Random) -> &'static str {
        if random.chance(50) { self.code } else { self.name }
    }
}

/// Every way to write a state.
pub const MESSES: &[Mess<UsState>] = &[
    mess("US code", 380, |_, s| s.meant(s.code)),
    mess("US code in lower case", 60, |_, s| s.meant(s.code.to_ascii_lowercase())),
    mess("US code in title case", 20, |_, s| {
        s.meant(s.code[..1].to_owned() + &s.code[1..].to_ascii_lowercase())
    }),
    mess("US name", 220, |_, s| s.meant(s.name)),
    mess("US name in upper case", 50, |_, s| s.meant(s.name.to_ascii_uppercase())),
    mess("US name in lower case", 50, |_, s| s.meant(s.name.to_ascii_lowercase())),
    mess("US short form", 60, |_, s| (!s.short.is_empty()).then(|| s.meant(s.short))?),
    mess("US short form without full stops", 15, |_, s| {
        (!s.short.is_empty()).then(|| s.meant(s.short.replace('.', "")))?
    }),
    mess("US code with full stops", 60, |_, s| {
        let two_words = s.name.contains(' ') && s.name.split(' ').count() == 2;
        let (first, second) = s.code.split_at(1);
        two_words.then(|| s.meant(format!("{first}.{second}.")))?
    }),
    mess("US code after the country", 12, |_, s| s.meant(format!("US-{}", s.code))),
    mess("US written together", 15, |_, s| {
        (s.name.contains(' ') && !s.name.contains('.')).then(|| s.meant(s.name.replace(' ', "")))?
    }),
    mess("US odd space", 60, |random, s| {
        let space = random.pick(&ODD_SPACES);
        s.name.contains(' ').then(|| s.meant(s.name.replace(' ', space)))?
    }),
    mess("US doubled space", 40, |_, s| s.name.contains(' ').then(|| s.meant(s.name.replace(' ', "  ")))?),
    mess("US spaces around", 60, |random, s| {
        let input = s.somehow(random);
        s.meant(padded(random, input))
    }),
    mess("US tab or line end", 15, |random, s| {
        let input = s.somehow(random);
        s.meant(cell_end(random, input))
    }),
    mess("US comma or full stop after it", 15, |random, s| {
        let input = s.somehow(random);
        s.meant(format!("{input}{}", random.pick(&[",", "."])))
    }),
    mess("US invisible character", 20, |random, s| {
        let input = s.somehow(random);
        let at = random.below(input.len() + 1);
        s.meant(letters::inserted(input, at, random.pick(&INVISIBLE)))
    }),
    mess("US direction marks", 10, |random, s| {
        let (before, after) = random.pick(&DIRECTIONS);
        s.meant(format!("{before}{}{after}", s.somehow(random)))
    }),
    mess("US capital in the district's name", 600, |random, s| {
        let written =
            random.pick(&["Washington DC", "Washington D.C.", "Washington, D.C.", "Washington, DC"]);
        (s.code == "DC").then(|| s.meant(written))?
    }),
    mess("US other name of the islands", 600, |random, s| {
        let written = random.pick(&["Virgin Islands", "US Virgin Islands", "U.S.V.I.", "USVI"]);
        (s.code == "VI").then(|| s.meant(written))?
    }),
];
