//! Who lives where: names, cities and postcodes of eight countries, as text tables.
//!
//! Everything here is written as its owner writes it (title case, composed letters, plain `'` and `-`): the
//! truth is made from these words, the input from the same words after a disturbance.
//! A word with `=` has two spellings: Latin letters, then Arabic.

mod ae;
mod arab;
mod br;
mod de;
mod eg;
mod mx;
mod sa;
mod tr;
mod us;

pub use us::STATES as US_STATES;

/// The words of one country.
pub struct Country {
    /// Upper-case alpha-2.
    pub code: &'static str,
    /// First names of women, `|` between.
    pub women: &'static str,
    /// First names of men, `|` between.
    pub men: &'static str,
    /// Surnames, `|` between.
    pub surnames: &'static str,
    /// A line a city: `city|state|short form of the state|postcode`.
    pub cities: &'static str,
    /// How many of a hundred customers write in Arabic letters.
    pub arabic_share: u64,
    /// How many of a hundred carry two surnames.
    pub double_surnames: u64,
    /// What stands between two surnames.
    pub surname_joint: &'static str,
    /// Mail hosts that people of the country use, `|` between.
    pub mail_hosts: &'static str,
    /// How many of a hundred customers live here.
    pub share: u32,
}

/// All eight countries.
const COUNTRIES: [&Country; 8] = [&tr::TR, &br::BR, &us::US, &sa::SA, &ae::AE, &eg::EG, &mx::MX, &de::DE];

/// A country with its lists split.
pub struct Land {
    /// Where the lists come from.
    pub country: &'static Country,
    /// First names of women.
    pub women: Vec<&'static str>,
    /// First names of men.
    pub men: Vec<&'static str>,
    /// Surnames.
    pub surnames: Vec<&'static str>,
    /// Cities.
    pub places: Vec<Place>,
    /// Mail hosts.
    pub mail_hosts: Vec<&'static str>,
}

/// All countries, split once for many customers.
pub fn lands() -> Vec<Land> {
    let land = |country: &'static Country| Land {
        country,
        women: list(country.women),
        men: list(country.men),
        surnames: list(country.surnames),
        places: places(country),
        mail_hosts: list(country.mail_hosts),
    };
    COUNTRIES.into_iter().map(land).collect()
}

/// A city with what belongs to it.
#[derive(Clone, Copy)]
pub struct Place {
    /// The city in both spellings, see [`spelled`].
    pub city: &'static str,
    /// The state, province, emirate or governorate, in both spellings.
    pub state: &'static str,
    /// The usual short form of the state; empty where there is none.
    pub state_code: &'static str,
    /// A postcode of the city as written in the country; empty where there is none.
    pub postcode: &'static str,
}

/// The words of a `|` list.
fn list(words: &'static str) -> Vec<&'static str> {
    words.split('|').map(str::trim).filter(|word| !word.is_empty()).collect()
}

/// The places of a country.
fn places(country: &Country) -> Vec<Place> {
    let lines = country.cities.lines().map(str::trim).filter(|line| !line.is_empty());
    lines
        .map(|line| {
            let mut cells = line.split('|').map(str::trim);
            let mut cell = || cells.next().unwrap_or_default();
            Place { city: cell(), state: cell(), state_code: cell(), postcode: cell() }
        })
        .collect()
}

/// One spelling of a word: the Arabic one if it is asked for and there is one.
pub fn spelled(word: &'static str, arabic: bool) -> &'static str {
    match word.split_once('=') {
        Some((_, there)) if arabic => there,
        Some((here, _)) => here,
        None => word,
    }
}
