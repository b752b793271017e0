//! What was done: to people, to the CRM, and when. The oracle knows nothing else of them.

/// Prices are drawn from here; a deal has none now and then.
const PRICES: (u64, u64) = (1, 90_000);

use testkit::Random;

use super::upstream::{NEW, QUALIFIED, WON};

/// Somebody with a contact and one deal.
#[derive(Debug, Clone)]
pub struct Person {
    pub number: u64,
    /// Whether they came from an ad.
    pub has_click: bool,
    /// The stage in which the deal is.
    pub stage: u64,
    /// Whether the deal was ever in the stage *Qualified*.
    pub was_qualified: bool,
    /// All prices that the deal had, the present one last.
    pub prices: Vec<Option<i64>>,
    /// What the contact said about consent and when that began, Unix milliseconds; the present last.
    pub consents: Vec<(i64, Option<bool>)>,
    /// When the contact and the deal were made, Unix seconds.
    pub made_s: i64,
}

impl Person {
    /// Somebody new, of whom nothing is known yet.
    pub fn draw(number: u64, now_ms: i64, random: &mut Random) -> Self {
        Self {
            number,
            has_click: random.chance(92),
            stage: NEW,
            was_qualified: false,
            prices: vec![draw_price(random)],
            consents: vec![(now_ms, draw_consent(random))],
            made_s: now_ms / 1000,
        }
    }

    pub fn phone(&self) -> String {
        format!("9053{:08}", self.number)
    }

    pub fn click_id(&self) -> String {
        format!("ARAkills{:06}", self.number)
    }

    pub fn contact(&self) -> u64 {
        660_000 + self.number
    }

    pub fn deal(&self) -> u64 {
        5_550_000 + self.number
    }

    pub fn price(&self) -> Option<i64> {
        self.prices.last().copied().flatten()
    }

    pub fn consent(&self) -> Option<bool> {
        self.consents.last().and_then(|(_, said)| *said)
    }

    /// Whether the contact ever said this, up to a time in Unix milliseconds.
    pub fn ever_said(&self, what: bool, upto_ms: i64) -> bool {
        self.consents.iter().any(|(since_ms, said)| *said == Some(what) && *since_ms <= upto_ms)
    }

    /// Whether the contact ever said nothing any more after it had agreed.
    pub fn ever_took_back(&self) -> bool {
        let mut since = self.consents.iter().skip_while(|(_, said)| *said != Some(true));
        since.any(|(_, said)| said.is_none())
    }

    pub fn is_won(&self) -> bool {
        self.stage == WON
    }

    /// Where the deal goes next, unless it is at its end. Some skip a stage.
    pub fn next_stage(&self, random: &mut Random) -> Option<u64> {
        match self.stage {
            NEW if random.chance(75) => Some(QUALIFIED),
            NEW | QUALIFIED => Some(WON),
            _ => None,
        }
    }
}

pub fn draw_price(random: &mut Random) -> Option<i64> {
    random.chance(88).then(|| random.between(PRICES.0, PRICES.1) as i64)
}

pub fn draw_consent(random: &mut Random) -> Option<bool> {
    match random.below(10) {
        0..=6 => Some(true),
        7 | 8 => Some(false),
        _ => None,
    }
}
