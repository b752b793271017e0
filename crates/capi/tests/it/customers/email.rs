//! E-mail addresses.

use testkit::Random;

use super::letters::{self, DIRECTIONS, INVISIBLE, ODD_SPACES, Tongue};
use super::mess::{Mess, Written, cell_end, known, mess, padded};

/// An address and its owner.
pub struct Address {
    /// Lower-case ASCII.
    pub mailbox: String,
    /// The owner's names, as mail programs show them.
    pub first: String,
    /// The owner's surname.
    pub last: String,
    /// The keyboard it was typed on.
    pub tongue: Tongue,
}

impl Address {
    /// An address in the way people make them from their names.
    pub fn new(random: &mut Random, first: &str, last: &str, host: &str, tongue: Tongue) -> Address {
        let ascii = |name: &str| -> String {
            letters::without_accents(name, tongue)
                .to_ascii_lowercase()
                .chars()
                .filter(char::is_ascii_alphanumeric)
                .collect()
        };
        let (one, two) = (ascii(first), ascii(last));
        let number = random.between(1, 99);
        let year = random.between(1950, 2005);
        let initial = &one[..1];
        let local = match random.below(9) {
            0 | 1 => format!("{one}.{two}"),
            2 => format!("{one}_{two}"),
            3 => format!("{initial}.{two}"),
            4 => format!("{one}{two}{number}"),
            5 => format!("{one}-{two}"),
            6 => format!("{one}.{two}+shop{number}"),
            7 => format!("{two}{year}"),
            _ => format!("{one}{number}"),
        };
        let (first, last) = (first.to_owned(), last.to_owned());
        Address { mailbox: format!("{local}@{host}"), first, last, tongue }
    }

    fn meant(&self, input: String) -> Option<Written> {
        known(input, &*self.mailbox)
    }
}

fn capitalised(text: &str) -> String {
    text[..1].to_ascii_uppercase() + &text[1..]
}

/// Every way to write an address.
pub const MESSES: &[Mess<Address>] = &[
    mess("as typed", 480, |_, a| a.meant(a.mailbox.clone())),
    mess("capital at the start", 110, |_, a| a.meant(capitalised(&a.mailbox))),
    mess("upper case", 90, |_, a| a.meant(a.mailbox.to_ascii_uppercase())),
    mess("upper case of a Turkish keyboard", 200, |_, a| {
        let typed = letters::upper(&a.mailbox, Tongue::Turkish);
        (a.tongue == Tongue::Turkish && typed.contains('İ')).then(|| a.meant(typed))?
    }),
    mess("decomposed Turkish capitals", 15, |_, a| {
        let turkish = a.tongue == Tongue::Turkish;
        turkish.then(|| a.meant(letters::decomposed(&letters::upper(&a.mailbox, Tongue::Turkish))?))?
    }),
    mess("spaces around", 70, |random, a| a.meant(padded(random, &a.mailbox))),
    mess("tab or line end", 25, |random, a| a.meant(cell_end(random, &a.mailbox))),
    mess("odd space around", 25, |random, a| {
        let space = random.pick(&ODD_SPACES);
        a.meant(if random.chance(50) { a.mailbox.clone() + space } else { space.to_owned() + &a.mailbox })
    }),
    mess("invisible character", 25, |random, a| {
        let at = random.below(a.mailbox.len() + 1);
        a.meant(letters::inserted(&a.mailbox, at, random.pick(&INVISIBLE)))
    }),
    mess("direction marks", 15, |random, a| {
        let (before, after) = random.pick(&DIRECTIONS);
        a.meant(format!("{before}{}{after}", a.mailbox))
    }),
    mess("mailto link", 30, |random, a| {
        a.meant(random.pick(&["mailto:", "MAILTO:", "Mailto: "]).to_owned() + &a.mailbox)
    }),
    mess("display name", 40, |random, a| {
        let Address { mailbox, first, last, .. } = a;
        a.meant(match random.below(4) {
            0 => format!("{first} {last} <{mailbox}>"),
            1 => format!("\"{last}, {first}\" <{mailbox}>"),
            2 => format!("{first} {last}<{mailbox}>"),
            _ => format!("'{first} {last}' <{mailbox}>"),
        })
    }),
    mess("angle brackets", 15, |_, a| a.meant(format!("<{}>", a.mailbox))),
    mess("punctuation at the end", 35, |random, a| {
        a.meant(a.mailbox.clone() + random.pick(&[".", ",", ";", "; ", " ,"]))
    }),
    mess("upper case in brackets with spaces", 10, |_, a| {
        a.meant(format!(" {} < {} > ", a.first, a.mailbox.to_ascii_uppercase()))
    }),
];
