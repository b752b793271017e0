//! What expires.

/// A kind of what is stored that does not stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Expiring {
    /// Facts that are decided and wait for nothing. How they ended goes with them; the ledger stays.
    Facts,
    /// Clicks: their ad and their time are left.
    Clicks,
    /// What is left of clicks.
    ClickRemains,
    /// Links, as long as nobody has told them again.
    Links,
    /// How chats began, as long as nothing else was learnt of it.
    Chats,
    /// Contacts as they were read, as long as nobody has read them again.
    Contacts,
    /// The bytes of events that have left. What they carried is left.
    Bodies,
    /// Conversions that have ended: their id and how they ended are left, so that none is told twice.
    Conversions,
    /// Activities that have ended.
    Activities,
    /// What is kept of activities that have ended: the event as it came, and by what its person is recognised.
    ActivityBodies,
    /// Requests of activities that have ended, with the bytes that left and what Meta said.
    ActivityAttempts,
    /// By what activities are recognised when they come again, each for as long as it says itself.
    OnceKeys,
    /// Identifiers that activities or cards name together, as long as none does again.
    SeenTogether,
    /// Sales that files have told, once no deal of their day can be told any more.
    ImportedSales,
}

impl Expiring {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::Facts,
        Self::Clicks,
        Self::ClickRemains,
        Self::Links,
        Self::Chats,
        Self::Contacts,
        Self::Bodies,
        Self::Conversions,
        Self::Activities,
        Self::ActivityBodies,
        Self::ActivityAttempts,
        Self::OnceKeys,
        Self::SeenTogether,
        Self::ImportedSales,
    ];

    /// The stable name.
    pub fn code(self) -> &'static str {
        match self {
            Self::Facts => "facts",
            Self::Clicks => "clicks",
            Self::ClickRemains => "click_remains",
            Self::Links => "links",
            Self::Chats => "chats",
            Self::Contacts => "contacts",
            Self::Bodies => "bodies",
            Self::Conversions => "conversions",
            Self::Activities => "activities",
            Self::ActivityBodies => "activity_bodies",
            Self::ActivityAttempts => "activity_attempts",
            Self::OnceKeys => "once_keys",
            Self::SeenTogether => "seen_together",
            Self::ImportedSales => "imported_sales",
        }
    }
}

/// What a step has done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ExpiryStep {
    /// How many rows it has looked at.
    pub looked_at: usize,
    /// How many of them are gone.
    pub gone: usize,
    /// Whether nothing is left that has expired; the next step begins anew.
    pub done: bool,
}
