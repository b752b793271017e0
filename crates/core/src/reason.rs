//! Why something ended as it did, or what it waits for.

use serde::{Deserialize, Serialize};

macro_rules! reasons {
    ($($(#[doc = $doc:literal])+ $name:ident = $code:literal,)+) => {
        /// Why a fact or a conversion ended as it did, or what it waits for. The code is stable:
        /// stored, shown by the API, and translated for the screen.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum Reason {
            $($(#[doc = $doc])+ #[serde(rename = $code)] $name,)+
        }

        impl Reason {
            /// All reasons, for tables and translations.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The stable code.
            pub fn code(self) -> &'static str {
                match self { $(Self::$name => $code),+ }
            }

            /// Reads a code back.
            pub fn from_code(code: &str) -> Option<Self> {
                match code { $($code => Some(Self::$name),)+ _ => None }
            }
        }
    };
}

reasons! {
    /// A fact: the message did not come from an ad and said nothing new. A conversion is not sent: the first
    /// message of the person's chat was read, and it came from no ad.
    NotFromAd = "not_from_ad",
    /// A fact: everything it says was known.
    NothingNew = "nothing_new",
    /// A fact: the CRM does not have this deal (any more).
    NoSuchDeal = "no_such_deal",
    /// A fact: the contact belongs to no deal that Kopru follows.
    NoDealYet = "no_deal_yet",
    /// A fact or a conversion: it is of a person who was erased and must not be learnt anew.
    Erased = "erased",
    /// A fact: it comes from another account than the one whose records are kept there.
    OtherAccount = "other_account",
    /// A fact: the CRM's audit log does not confirm the stage.
    NotInLog = "not_in_log",
    /// A fact waits until the CRM has confirmed it.
    AskingCrm = "asking_crm",
    /// A conversion waits until the deal's contact has been read.
    WaitingContact = "waiting_contact",
    /// A conversion waits until the deal has a price.
    WaitingPrice = "waiting_price",
    /// A conversion waits until the CRM shows the deal as its own history has it.
    WaitingDeal = "waiting_deal",
    /// A conversion waits until it is known whether Meta has the sale that it takes back or adds to.
    WaitingSale = "waiting_sale",
    /// A conversion waits until the clock is confirmed: nothing is too late by a clock that nobody
    /// agrees with.
    WaitingClock = "waiting_clock",
    /// A conversion waits to be decided anew: it changed while an attempt held it.
    ChangedMeanwhile = "changed_meanwhile",
    /// A fact: the CRM gave no answer that can be read for as long as the answer could be of use.
    Unanswered = "unanswered",
    /// A conversion waits for a person's word: it may have left since what the store knows, because that was
    /// restored from a backup or has lost its newest part, and Meta would not recognise it.
    HeldAfterRestore = "held_after_restore",
    /// A fact or a conversion: it is in the store and cannot be read back. It can be tried again.
    Unreadable = "unreadable",
    /// Not sent: no ad click of this person was seen, and nothing says why.
    NoClick = "no_click",
    /// Not sent: the deal has no contact, so there is nobody who could have clicked.
    Nobody = "nobody",
    /// Not sent: the CRM has no phone number of the deal's contacts, or has the contacts no longer, and nothing
    /// else joins them with a chat.
    NoPhone = "no_phone",
    /// Not sent: nothing has ever come from the accounts that are set up, so nobody's clicks can be known.
    ChatsUnheard = "chats_unheard",
    /// Not sent: the deal is older than the first chat that came here.
    ChatBeforeUs = "chat_before_us",
    /// A fact or a conversion: Meta withheld a message of the chat, and with it the ad that it came from.
    ClickWithheld = "click_withheld",
    /// Not sent: two people claim the number with the same right, and nothing says whose the click is.
    SeveralPeople = "several_people",
    /// Not sent: so many people share the number or the address that it joins nobody.
    SharedIdentifier = "shared_identifier",
    /// Not sent: the person came through an ad so long ago that the click has been deleted.
    ClickExpired = "click_expired",
    /// Not sent: the ad handed over no click id, as ads in WhatsApp Status do.
    NoClickId = "no_click_id",
    /// Not sent: no dataset is set up for the account that received the chat.
    NoDataset = "no_dataset",
    /// Not sent: nothing says that this person agreed, and consent is required, or what is said of it is unclear.
    NoConsent = "no_consent",
    /// Not sent: the person refused consent.
    ConsentRefused = "consent_refused",
    /// Not sent: the dataset is switched off.
    DatasetOff = "dataset_off",
    /// Not sent: the dataset only records what would be sent.
    Shadow = "shadow",
    /// Not sent: the dataset was in test mode when it happened, and the test is over.
    TestOver = "test_over",
    /// Not sent: somebody dropped it by hand.
    Dropped = "dropped",
    /// Not sent: the deal never got a price while Meta would still have taken the event.
    NoPrice = "no_price",
    /// Not sent: it is worth less than the rule's minimum.
    TooSmall = "too_small",
    /// Not sent: the sale was undone, or its deal deleted, before it left.
    Withdrawn = "withdrawn",
    /// Meta has it, and its sale was undone, or its deal deleted, since: Meta's totals do not fall.
    Undone = "undone",
    /// Not sent, unless somebody says otherwise: a file that was imported told a sale of the same person, amount and
    /// day.
    ImportedAlready = "imported_already",
    /// Not sent: Meta has no sale of this deal that is to be taken back.
    NothingToUndo = "nothing_to_undo",
    /// Not sent: Meta did not get the purchase to which it adds.
    SaleNotTaken = "sale_not_taken",
    /// Not sent: a page told it, and whoever has a key has reported it since.
    ReportedWithKey = "reported_with_key",
    /// No event: it happened before the rule counted.
    BeforeRule = "before_rule",
    /// No event: another rule has made this event of the deal.
    ToldAlready = "told_already",
    /// No event: nobody knows since when the deal has the tag.
    TagOfUnknownTime = "tag_of_unknown_time",
    /// No event yet: only the CRM's history could confirm it, and that gives no answer.
    HistoryAwaited = "history_awaited",
    /// Not sent: it happened before Kopru saw it, longer ago than Meta takes.
    BeforeKopru = "before_kopru",
    /// Failed: older than Meta takes.
    TooLate = "too_late",
    /// Failed before sending: Meta would refuse it.
    WouldBeRefused = "would_be_refused",
    /// Failed: Meta refused it.
    RefusedByMeta = "refused_by_meta",
    /// Failed: every try ended without an answer that could be understood.
    TriedTooOften = "tried_too_often",
}

impl Reason {
    /// Why an event cannot be told because no click of the person is known.
    pub const CLICKLESS: [Self; 11] = [
        Self::NoClick,
        Self::Nobody,
        Self::NoPhone,
        Self::ChatsUnheard,
        Self::ChatBeforeUs,
        Self::ClickWithheld,
        Self::SeveralPeople,
        Self::SharedIdentifier,
        Self::NotFromAd,
        Self::ClickExpired,
        Self::NoClickId,
    ];

    /// Whether a conversion that was not sent for this reason can still be sent when the missing
    /// piece turns up: a late click, a consent.
    pub fn reopens(self) -> bool {
        Self::CLICKLESS.contains(&self)
            || matches!(
                self,
                Self::NoConsent
                    | Self::NoDataset
                    | Self::TooSmall
                    | Self::Withdrawn
                    | Self::NothingToUndo
                    | Self::ImportedAlready
            )
    }

    /// Whether nothing but a lacking yes or the configuration kept it back: of itself it is fit to be sent.
    pub fn may_be_permitted(self) -> bool {
        matches!(self, Self::NoConsent | Self::NoDataset | Self::DatasetOff | Self::Shadow | Self::TestOver)
    }

    /// Whether what was stopped for this goes once somebody says so.
    pub(crate) fn waits_for_a_word(self) -> bool {
        matches!(self, Self::HeldAfterRestore | Self::ImportedAlready)
    }

    /// Whether what lacks may come long after who is behind the conversion was read.
    pub(crate) fn may_come_late(self) -> bool {
        Self::CLICKLESS.contains(&self)
            || matches!(self, Self::WaitingPrice | Self::TooSmall | Self::Withdrawn)
    }

    /// Why a conversion that Meta takes stands apart, if it was to be stopped for this since it left.
    pub fn once_taken(stop: Option<Self>) -> Option<Self> {
        (stop == Some(Self::Withdrawn)).then_some(Self::Undone)
    }

    /// Whether a conversion that has waited for this as long as it could is decided anew, and not ended: it
    /// waits for something else than the world.
    pub fn is_decided_anew(self) -> bool {
        matches!(self, Self::WaitingClock | Self::ChangedMeanwhile | Self::WaitingDeal | Self::WaitingSale)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_read_back_and_stored_as_it_is_shown() {
        for reason in Reason::ALL {
            assert_eq!(Reason::from_code(reason.code()), Some(*reason));
            assert_eq!(serde_json::to_string(reason).unwrap(), format!("\"{}\"", reason.code()));
        }
        assert_eq!(Reason::from_code("no_such_reason"), None);
    }

    #[test]
    fn no_code_means_two_things() {
        let mut codes: Vec<_> = Reason::ALL.iter().map(|reason| reason.code()).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), Reason::ALL.len());
    }
}
