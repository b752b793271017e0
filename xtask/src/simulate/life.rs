//! A life: what people do in a CRM and its chats, in which order, and what is in the way.
//!
//! Nothing of it can be wrong: a step that makes no sense where it stands (a move of a deal that was deleted, or
//! that stands there already) does not happen. So any step can be left out, and the rest is a life as well.

/// When a life begins that passes on virtual time, Unix milliseconds.
pub const BEGUN_MS: i64 = 1_800_000_000_000;

/// A stage of the account: pipeline and status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stage {
    pub pipeline: u64,
    pub status: u64,
}

pub const SALES: u64 = 770;
pub const DELIVERY: u64 = 771;
pub const NEW: Stage = Stage { pipeline: SALES, status: 880 };
pub const QUALIFIED: Stage = Stage { pipeline: SALES, status: 881 };
pub const TALKS: Stage = Stage { pipeline: SALES, status: 882 };
pub const PACKING: Stage = Stage { pipeline: DELIVERY, status: 890 };
pub const SHIPPING: Stage = Stage { pipeline: DELIVERY, status: 891 };
/// Status of every pipeline: won.
pub const WON: u64 = 142;
/// Status of every pipeline: lost.
pub const LOST: u64 = 143;

impl Stage {
    pub const fn won(pipeline: u64) -> Self {
        Self { pipeline, status: WON }
    }

    pub const fn lost(pipeline: u64) -> Self {
        Self { pipeline, status: LOST }
    }

    pub fn is_won(self) -> bool {
        self.status == WON
    }

    pub fn is_lost(self) -> bool {
        self.status == LOST
    }

    pub fn is_open(self) -> bool {
        !self.is_won() && !self.is_lost()
    }
}

/// What happens, in the order of time.
#[derive(Debug, Clone, PartialEq)]
pub struct Life {
    /// When it begins, Unix milliseconds; a whole second.
    pub begun_ms: i64,
    pub patience: Patience,
    pub steps: Vec<Step>,
}

/// How long the service may take at the pace of a life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// How long reading, deciding and telling take where nothing is in the way, milliseconds.
    pub base_ms: i64,
    /// How long until whoever was not answered tries again, at most, milliseconds.
    pub tries_again_ms: i64,
}

/// One thing that happens.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Milliseconds since the life began.
    pub at_ms: i64,
    pub what: What,
    pub news: News,
}

/// How others hear of a step.
#[derive(Debug, Clone, PartialEq)]
pub struct News {
    /// When each report of it arrives, milliseconds after it happened: none is lost, two are doubled.
    pub reports_ms: Vec<i64>,
    /// In which of the ways in which it can be reported.
    pub manner: Manner,
    /// How long the CRM's API does not show it, milliseconds.
    pub lag_ms: i64,
}

/// How Kommo reports a move: as `status`, as `update` with the former stage, or as both. A link: by the contact
/// alone or by the deal as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    Usual,
    Both,
    Update,
}

/// A field of a contact with phones: whose they are, and how they are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhoneField {
    pub people: Vec<usize>,
    pub spelling: usize,
}

#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// Somebody writes in a chat; an ad opened it if there is a click.
    Writes {
        person: usize,
        click: Option<usize>,
    },
    ContactMade {
        contact: u64,
        phones: Vec<PhoneField>,
        consent: Option<bool>,
    },
    /// Somebody edits the phones.
    PhonesEdited {
        contact: u64,
        phones: Vec<PhoneField>,
    },
    ConsentSaid {
        contact: u64,
        consent: Option<bool>,
    },
    ContactGone {
        contact: u64,
    },
    /// What the first has goes over to the second.
    Merged {
        contact: u64,
        into: u64,
    },
    DealMade {
        deal: u64,
        stage: Stage,
        cents: Option<i64>,
        contacts: Vec<u64>,
    },
    Moved {
        deal: u64,
        to: Stage,
    },
    Priced {
        deal: u64,
        cents: Option<i64>,
    },
    Linked {
        deal: u64,
        contact: u64,
    },
    Unlinked {
        deal: u64,
        contact: u64,
    },
    DealGone {
        deal: u64,
    },
    /// The CRM answers nothing of use for so long, milliseconds.
    CrmFails {
        how: CrmFault,
        for_ms: i64,
    },
    /// Meta fails for so long, milliseconds.
    MetaFails {
        how: MetaFault,
        for_ms: i64,
    },
    /// The service ends in the middle of what it does, and is started again so much later, milliseconds.
    Killed {
        down_ms: i64,
    },
}

/// How the CRM fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CrmFault {
    TooMany,
    Forbidden,
    /// The history alone is refused.
    HistoryForbidden,
    Broken,
    Html,
    Unreachable,
    Silent,
}

/// How Meta fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetaFault {
    /// An error that says: try again.
    Busy,
    Html,
    Unreachable,
    /// It takes what comes, and its answers are lost.
    AnswersLost,
}

impl Life {
    /// How many deals there are.
    pub fn deals(&self) -> usize {
        self.steps.iter().filter(|step| matches!(step.what, What::DealMade { .. })).count()
    }

    /// How often the service is killed.
    pub fn kills(&self) -> usize {
        self.steps.iter().filter(|step| matches!(step.what, What::Killed { .. })).count()
    }
}

impl std::fmt::Display for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let News { reports_ms, manner, lag_ms } = &self.news;
        write!(f, "{:>10} ms  {:?}  reports {reports_ms:?} {manner:?} lag {lag_ms}", self.at_ms, self.what)
    }
}
