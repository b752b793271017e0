//! The shop's week: who wrote, who came from an ad, and how far each deal went.
//!
//! Everything follows from a person's number, so every run plays the same week and the comparison can
//! say exactly what Meta must have received.

/// How many people write to the shop.
pub const PEOPLE: u64 = 240;
/// The person whose click id Meta does not know.
const UNKNOWN_TO_META: u64 = 64;

const MINUTE_S: i64 = 60;
const HOUR_S: i64 = 60 * MINUTE_S;
const DAY_S: i64 = 24 * HOUR_S;

/// Somebody who wrote to the shop.
pub struct Person {
    /// From 0.
    pub number: u64,
    /// How the conversation began.
    pub began: Began,
    /// Whether the CRM had the deal before the first message came.
    pub deal_first: bool,
    /// How far the deal went.
    pub journey: Journey,
    /// Whether every webhook about this person comes twice.
    pub twice: bool,
    /// When the conversation began, Unix seconds.
    pub wrote_s: i64,
}

/// How a conversation began.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Began {
    /// On an ad.
    Ad,
    /// On an ad, by somebody with a username: the phone comes only with a later message.
    AdByUsername,
    /// On an ad in WhatsApp Status, which hands over no click id.
    StatusAd,
    /// By itself.
    Organic,
}

/// How far a deal went.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Journey {
    /// Nothing came of it.
    Talked,
    /// It was qualified.
    Qualified,
    /// It was qualified and won.
    Won,
    /// It was qualified and won within seconds, before anybody could look.
    Raced,
    /// It was qualified and won, and the price was typed in later.
    WonPricedLater,
}

/// One event that Meta must have taken.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Expected {
    /// Its name.
    pub event_name: &'static str,
    /// The click.
    pub click_id: String,
    /// The value of a sale.
    pub value: Option<i64>,
}

/// Everybody who wrote in the week that ends now.
pub fn week(now_s: i64) -> Vec<Person> {
    let monday = now_s - 6 * DAY_S - HOUR_S / 2;
    (0..PEOPLE)
        .map(|number| Person {
            number,
            began: match number % 10 {
                0 | 1 => Began::Organic,
                2 => Began::AdByUsername,
                3 if number % 20 == 3 => Began::StatusAd,
                _ => Began::Ad,
            },
            deal_first: number % 3 == 1,
            journey: match number % 8 {
                _ if number == UNKNOWN_TO_META => Journey::Qualified,
                0 | 5 => Journey::Talked,
                1 | 4 => Journey::Won,
                2 => Journey::Raced,
                3 if number % 16 == 3 => Journey::WonPricedLater,
                _ => Journey::Qualified,
            },
            twice: number % 4 == 2,
            wrote_s: monday + number as i64 * MINUTE_S,
        })
        .collect()
}

impl Person {
    /// The phone in digits. The numbers belong to nobody: the code 500 is followed by zeros.
    pub fn phone(&self) -> String {
        format!("90500000{:04}", self.number)
    }

    /// The phone as somebody typed it into the CRM.
    pub fn typed_phone(&self) -> String {
        let end = format!("{:04}", self.number);
        let (a, b) = end.split_at(2);
        match self.number % 4 {
            0 => format!("+90 500 000 {a} {b}"),
            1 => format!("0500 000 {a}{b}"),
            2 => format!("+90 (0500) 000-{a}-{b}"),
            _ => format!("90500000{a}{b}"),
        }
    }

    /// The e-mail address in the CRM.
    pub fn email(&self) -> String {
        format!("Customer.{}@example.com", self.number)
    }

    /// The name of the profile and of the contact.
    pub fn name(&self) -> String {
        format!("Customer {}", self.number)
    }

    /// The business-scoped user id.
    pub fn user_id(&self) -> String {
        format!("TR.15025763946{:05}", self.number)
    }

    /// The id of the click, if the ad hands one over.
    pub fn click_id(&self) -> Option<String> {
        matches!(self.began, Began::Ad | Began::AdByUsername)
            .then(|| format!("ARAkDemoClick_{:04}-aB9xYz", self.number))
    }

    /// Whether Meta knows the click.
    pub fn is_known_to_meta(&self) -> bool {
        self.number != UNKNOWN_TO_META
    }

    /// The ad.
    pub fn ad_id(&self) -> String {
        format!("12020000000000000{}", self.number % 3)
    }

    /// The deal's id in the CRM.
    pub fn deal_id(&self) -> u64 {
        5_550_000 + self.number
    }

    /// The contact's id in the CRM.
    pub fn contact_id(&self) -> u64 {
        660_000 + self.number
    }

    /// What the deal is worth.
    pub fn price(&self) -> i64 {
        250 + (self.number as i64 * 37) % 1900
    }

    /// When the deal was made.
    pub fn deal_made_s(&self) -> i64 {
        self.wrote_s + if self.deal_first { -5 * MINUTE_S } else { 2 * MINUTE_S }
    }

    /// When it was qualified.
    pub fn qualified_s(&self) -> i64 {
        self.wrote_s + DAY_S
    }

    /// When it was won.
    pub fn won_s(&self) -> i64 {
        match self.journey {
            Journey::Raced => self.qualified_s() + 2,
            _ => self.wrote_s + 3 * DAY_S,
        }
    }

    /// When the price was typed in.
    pub fn priced_s(&self) -> i64 {
        self.won_s() + DAY_S
    }

    /// What Meta must have taken of this person.
    pub fn expected(&self) -> Vec<Expected> {
        let Some(click_id) = self.click_id().filter(|_| self.is_known_to_meta()) else { return Vec::new() };
        let lead = Expected { event_name: "LeadSubmitted", click_id: click_id.clone(), value: None };
        let sale = Expected { event_name: "Purchase", click_id, value: Some(self.price()) };
        match self.journey {
            Journey::Talked => Vec::new(),
            Journey::Qualified => vec![lead],
            Journey::Won | Journey::Raced | Journey::WonPricedLater => vec![lead, sale],
        }
    }
}
