//! Draws lives: a seed gives the same life on every machine.

use testkit::Random;

use super::{
    life::{
        BEGUN_MS, CrmFault, DELIVERY, LOST, Life, Manner, MetaFault, NEW, News, PACKING, PhoneField,
        QUALIFIED, SALES, SHIPPING, Stage, Step, TALKS, What,
    },
    pace::Pace,
    phones::SPELLINGS,
};

const SECOND: u64 = 1_000;

/// Which kinds of trouble a life has.
#[derive(Debug, Clone, Copy)]
pub struct Trouble {
    /// Reports that never come.
    pub hooks_lost: bool,
    /// Reports that come twice, late and in another order.
    pub hooks_odd: bool,
    /// The API shows a change only seconds later.
    pub lag: bool,
    /// Contacts come late, are edited, merged, linked and deleted; consent is given and withdrawn.
    pub contacts: bool,
    /// Deals go back, are lost, deleted, and pass into another pipeline.
    pub undone: bool,
    /// Things follow each other within a second or two.
    pub quick: bool,
    /// Moves of one deal share a second. Off: the audit log's times are seconds, and their order within one is
    /// not kept.
    pub one_second: bool,
    /// The CRM fails, Meta fails, the service is killed.
    pub faults: bool,
}

impl Trouble {
    pub const ALL: Self = Self {
        hooks_lost: true,
        hooks_odd: true,
        lag: true,
        contacts: true,
        undone: true,
        quick: true,
        one_second: false,
        faults: true,
    };
    pub const NONE: Self = Self {
        hooks_lost: false,
        hooks_odd: false,
        lag: false,
        contacts: false,
        undone: false,
        quick: false,
        one_second: false,
        faults: false,
    };

    /// Each life has some of them, so that what one of them hides another life shows.
    fn some(self, random: &mut Random) -> Self {
        let mut has = |on: bool| on && random.chance(60);
        Self {
            hooks_lost: has(self.hooks_lost),
            hooks_odd: has(self.hooks_odd),
            lag: has(self.lag),
            contacts: has(self.contacts),
            undone: has(self.undone),
            quick: has(self.quick),
            one_second: has(self.one_second),
            faults: has(self.faults),
        }
    }
}

/// Draws a life of so many deals.
pub fn life(seed: u64, deals: usize, trouble: Trouble, pace: &Pace) -> Life {
    let mut random = Random::seeded(seed);
    let trouble = trouble.some(&mut random);
    let mut drawing = Drawing {
        random,
        trouble,
        pace: *pace,
        steps: Vec::new(),
        people: deals.max(2),
        clicks: 0,
        contacts: 0,
    };
    for deal in 0..deals {
        drawing.deal(5_000 + deal as u64);
    }
    if trouble.faults {
        drawing.faults();
    }
    drawing.steps.sort_by_key(|step| step.at_ms);
    Life { begun_ms: BEGUN_MS, patience: pace.patience, steps: drawing.steps }
}

struct Drawing {
    random: Random,
    trouble: Trouble,
    pace: Pace,
    steps: Vec<Step>,
    people: usize,
    clicks: usize,
    contacts: u64,
}

impl Drawing {
    fn step(&mut self, at_ms: u64, what: What) {
        let news = self.news();
        self.steps.push(Step { at_ms: at_ms as i64, what, news });
    }

    fn news(&mut self) -> News {
        let Trouble { hooks_lost, hooks_odd, lag, .. } = self.trouble;
        let Pace { late, lag: lags, .. } = self.pace;
        let random = &mut self.random;
        let mut reports_ms = vec![random.between(0, 2 * SECOND) as i64];
        if hooks_odd {
            if random.chance(20) {
                reports_ms[0] = random.between(late.0, late.1) as i64;
            }
            if random.chance(20) {
                reports_ms.push(random.between(late.0, late.1) as i64);
            }
        }
        if hooks_lost && random.chance(15) {
            reports_ms.clear();
        }
        let manner = match random.below(10) {
            0..=4 => Manner::Usual,
            5..=7 => Manner::Both,
            _ if hooks_odd => Manner::Update,
            _ => Manner::Both,
        };
        let lag_ms = if lag && random.chance(30) { random.between(lags.0, lags.1) as i64 } else { 0 };
        News { reports_ms, manner, lag_ms }
    }

    fn span(&mut self, (least, most): (u64, u64)) -> u64 {
        self.random.between(least, most)
    }

    /// How long until the next thing happens to a deal.
    fn pause(&mut self) -> u64 {
        match self.random.below(10) {
            0..=1 if self.trouble.quick && self.trouble.one_second => self.random.between(0, SECOND),
            0..=1 if self.trouble.quick => self.random.between(SECOND, 2 * SECOND),
            0..=3 => self.span(self.pace.pauses[0]),
            4..=7 => self.span(self.pace.pauses[1]),
            _ => self.span(self.pace.pauses[2]),
        }
    }

    fn cents(&mut self) -> Option<i64> {
        match self.random.below(10) {
            0..=2 => None,
            3 => Some(self.random.between(1, 99) as i64),
            4..=5 => Some(self.random.between(100, 900_000) as i64),
            _ => Some(self.random.between(1, 90_000) as i64 * 100),
        }
    }

    fn phones(&mut self, person: usize) -> Vec<PhoneField> {
        let field = |people: Vec<usize>, random: &mut Random| PhoneField {
            people,
            spelling: random.below(SPELLINGS),
        };
        let mut fields = vec![field(vec![person], &mut self.random)];
        if self.trouble.contacts {
            // People without a story of their own.
            let stranger = self.people + self.random.below(50);
            match self.random.below(12) {
                0 => fields.push(field(vec![stranger], &mut self.random)),
                1 => fields = vec![field(vec![stranger, person], &mut self.random)],
                _ => {}
            }
        }
        fields
    }

    fn clicks(&mut self, at_ms: u64, person: usize) {
        let click = self.clicks;
        self.clicks += 1;
        self.step(at_ms, What::Writes { person, click: Some(click) });
    }

    /// One deal from its beginning to its end.
    fn deal(&mut self, deal: u64) {
        let begun = self.span(self.pace.begins);
        let person = self.random.below(self.people);
        if self.random.chance(85) {
            let before = self.span(self.pace.clicked_before);
            self.clicks(begun - before, person);
        }
        let contact = 1_000 + self.contacts;
        self.contacts += 1;
        let comes_late = self.trouble.contacts && self.random.chance(20);
        if !comes_late {
            let made = begun - self.span(self.pace.beside);
            self.contact(made, contact, person, begun);
        }
        let stage = match self.random.below(10) {
            0..=6 => NEW,
            7 => QUALIFIED,
            8 => TALKS,
            _ => Stage::won(SALES),
        };
        let contacts = if comes_late { Vec::new() } else { vec![contact] };
        let cents = self.cents();
        self.step(begun, What::DealMade { deal, stage, cents, contacts });
        let mut at = begun;
        for place in 0..self.random.between(1, 7) {
            // A robot moves a deal right after it was made.
            let is_robot = place == 0 && self.trouble.quick && self.random.chance(20);
            at += if is_robot { self.random.between(0, SECOND) } else { self.pause() };
            self.goes_on(at, deal, contact, person);
        }
        if comes_late {
            let came = begun + self.pause();
            let linked = came + self.span(self.pace.beside);
            self.contact(came, contact, person, linked);
            self.step(linked, What::Linked { deal, contact });
        }
        if self.random.chance(15) {
            at += self.pause();
            self.clicks(at, person);
        }
    }

    /// A contact, of which a deal is made at a time. What is reported of it before that is nobody's business, so
    /// that nobody could know of the lag of the API then.
    fn contact(&mut self, at_ms: u64, contact: u64, person: usize, deal_ms: u64) {
        let is_told_later = self.trouble.contacts && self.random.chance(15);
        let phones = if is_told_later { Vec::new() } else { self.phones(person) };
        let consent = match self.random.below(12) {
            0 if self.trouble.contacts => Some(false),
            1..=3 => Some(true),
            _ => None,
        };
        self.step(at_ms, What::ContactMade { contact, phones, consent });
        if is_told_later {
            let at_ms = at_ms + self.pause();
            let phones = self.phones(person);
            self.step(at_ms, What::PhonesEdited { contact, phones });
            if let Some(edited) = self.steps.last_mut().filter(|_| at_ms <= deal_ms + self.pace.unknown_for) {
                edited.news.lag_ms = 0;
            }
        }
    }

    /// One more thing happens to a deal.
    fn goes_on(&mut self, at_ms: u64, deal: u64, contact: u64, person: usize) {
        let what = match self.random.below(100) {
            0..55 => What::Moved { deal, to: self.stage() },
            55..80 => What::Priced { deal, cents: self.cents() },
            80..84 if self.trouble.undone => What::DealGone { deal },
            84..88 if self.trouble.contacts => {
                let consent = self.random.pick(&[Some(true), Some(false), None]);
                What::ConsentSaid { contact, consent }
            }
            88..91 if self.trouble.contacts => {
                let other = self.people + self.random.below(50);
                let who = if self.random.chance(50) { person } else { other };
                What::PhonesEdited { contact, phones: self.phones(who) }
            }
            91..93 if self.trouble.contacts => What::ContactGone { contact },
            93..95 if self.trouble.contacts && self.contacts > 1 => {
                let into = 1_000 + self.random.between(0, self.contacts - 1);
                What::Merged { contact, into }
            }
            95..97 if self.trouble.contacts && self.contacts > 1 => {
                let contact = 1_000 + self.random.between(0, self.contacts - 1);
                What::Linked { deal, contact }
            }
            97..98 if self.trouble.contacts => What::Unlinked { deal, contact },
            _ => What::Moved { deal, to: Stage::won(SALES) },
        };
        self.step(at_ms, what);
    }

    fn stage(&mut self) -> Stage {
        let usual = [QUALIFIED, TALKS, Stage::won(SALES), Stage::won(SALES)];
        if !self.trouble.undone {
            return self.random.pick(&usual);
        }
        let others = [
            NEW,
            Stage { pipeline: SALES, status: LOST },
            PACKING,
            SHIPPING,
            Stage::won(DELIVERY),
            Stage::lost(DELIVERY),
        ];
        if self.random.chance(60) { self.random.pick(&usual) } else { self.random.pick(&others) }
    }

    fn faults(&mut self) {
        for _ in 0..self.random.between(1, 4) {
            let at_ms = self.span(self.pace.fails);
            let span = self.random.below(3);
            let for_ms = self.span(self.pace.fails_for[span]) as i64;
            let what = match self.random.below(10) {
                0..=3 => {
                    let how = self.random.pick(&[
                        CrmFault::TooMany,
                        CrmFault::Forbidden,
                        CrmFault::HistoryForbidden,
                        CrmFault::Broken,
                        CrmFault::Html,
                        CrmFault::Unreachable,
                        CrmFault::Silent,
                    ]);
                    What::CrmFails { how, for_ms }
                }
                4..=6 => {
                    let how = self.random.pick(&[
                        MetaFault::Busy,
                        MetaFault::Html,
                        MetaFault::Unreachable,
                        MetaFault::AnswersLost,
                    ]);
                    What::MetaFails { how, for_ms }
                }
                _ => What::Killed { down_ms: for_ms },
            };
            self.step(at_ms, what);
        }
    }
}
