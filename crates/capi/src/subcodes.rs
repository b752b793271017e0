//! Meta's subcodes of code 100 on `/events`, as data.

/// What is known of a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evidence {
    /// Meta's documentation.
    Documented,
    /// Recorded live answers of `graph.facebook.com`.
    Recorded,
    /// Third parties, without a recording.
    Reported,
    /// Seen, but nobody knows what it means.
    Unknown,
}

/// One subcode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subcode {
    /// Meta's `error_subcode`.
    pub number: u32,
    /// Meta's title in English, or our description where none is known.
    pub title: &'static str,
    /// How we know.
    pub evidence: Evidence,
}

/// A required parameter is missing or has a wrong shape, or an element of `contents` has an unexpected
/// key; the message names the path.
pub const PARAMETER: u32 = 2_804_019;
/// `fbc` has an empty part.
pub const FBC: u32 = 2_804_001;
/// The event is too old.
pub const TOO_OLD: u32 = 2_804_003;
/// The event lies in the future.
pub const FUTURE: u32 = 2_804_004;
/// An element of `contents` is no object with an id.
pub const CONTENTS: u32 = 2_804_008;
/// A purchase has no value.
pub const VALUE_MISSING: u32 = 2_804_009;
/// A purchase has no currency.
pub const CURRENCY_MISSING: u32 = 2_804_010;
/// A value of `custom_data` cannot be used.
pub const CUSTOM_DATA: u32 = 2_804_016;
/// A value without a currency, or an unknown currency.
pub const CURRENCY: u32 = 2_804_023;
/// The id of a lead is wrong.
pub const LEAD_ID: u32 = 2_804_036;
/// `extinfo` is wrong.
pub const EXTINFO: u32 = 2_804_043;
/// The person cannot be recognised by what is said of them.
pub const TOO_BROAD: u32 = 2_804_050;
/// A messaging event has no channel.
pub const CHANNEL_MISSING: u32 = 2_804_063;
/// A messaging event has an argument that it must not have.
pub const ARGUMENT: u32 = 2_804_064;
/// A messaging event has a name that the route does not take.
pub const EVENT_TYPE: u32 = 2_804_066;
/// A Messenger event has no Page.
pub const PAGE_ID_MISSING: u32 = 2_804_069;
/// The id of the click, or of the person in Messenger, is missing.
pub const CLICK_ID_MISSING: u32 = 2_804_071;
/// The id of the person in Instagram is missing.
pub const IG_SID_MISSING: u32 = 2_804_075;
/// The Instagram account is missing.
pub const IG_ACCOUNT_MISSING: u32 = 2_804_079;
/// A WhatsApp event names neither account nor Page.
pub const WABA_MISSING: u32 = 2_804_116;

const fn subcode(number: u32, title: &'static str, evidence: Evidence) -> Subcode {
    Subcode { number, title, evidence }
}

/// All that are known, in order.
pub const ALL: [Subcode; 34] = [
    subcode(FBC, "Click ID Incorrectly Formatted", Evidence::Recorded),
    subcode(TOO_OLD, "Event Timestamp Too Old", Evidence::Recorded),
    subcode(FUTURE, "the event lies in the future", Evidence::Reported),
    subcode(2_804_007, "unknown; not worth another try", Evidence::Unknown),
    subcode(CONTENTS, "contents must be a list of objects with ids", Evidence::Recorded),
    subcode(VALUE_MISSING, "Missing Value for Purchase Event", Evidence::Recorded),
    subcode(CURRENCY_MISSING, "Missing Currency for Purchase Event", Evidence::Reported),
    subcode(CUSTOM_DATA, "a value of custom_data cannot be used", Evidence::Reported),
    subcode(2_804_017, "unknown; not worth another try", Evidence::Unknown),
    subcode(PARAMETER, "Server Side Api Parameter Error", Evidence::Recorded),
    subcode(CURRENCY, "a value without a currency, or an unknown currency", Evidence::Reported),
    subcode(2_804_030, "Limited Data Use Selection Required", Evidence::Reported),
    subcode(LEAD_ID, "the id of a lead is wrong", Evidence::Reported),
    subcode(EXTINFO, "extinfo is wrong", Evidence::Reported),
    subcode(2_804_048, "unknown; not worth another try", Evidence::Unknown),
    subcode(
        TOO_BROAD,
        "You haven't added sufficient customer information parameter data for this event",
        Evidence::Recorded,
    ),
    subcode(CHANNEL_MISSING, "Missing Messaging Channel Parameter", Evidence::Documented),
    subcode(ARGUMENT, "Messaging Event Invalid Argument", Evidence::Recorded),
    subcode(2_804_065, "Mismatching Page and Dataset", Evidence::Documented),
    subcode(EVENT_TYPE, "Messaging Event Invalid Event Type", Evidence::Recorded),
    subcode(PAGE_ID_MISSING, "Missing Page ID", Evidence::Documented),
    subcode(CLICK_ID_MISSING, "Missing CTWA clid", Evidence::Documented),
    subcode(2_804_072, "the click belongs to another Page", Evidence::Documented),
    subcode(2_804_073, "Mismatching Page Id And Page Scoped User Id", Evidence::Documented),
    subcode(IG_SID_MISSING, "Missing ig_sid", Evidence::Documented),
    subcode(IG_ACCOUNT_MISSING, "Missing IG Account ID", Evidence::Recorded),
    subcode(2_804_087, "Messaging Event Invalid Ctwa Clid", Evidence::Recorded),
    subcode(WABA_MISSING, "neither page_id nor whatsapp_business_account_id is there", Evidence::Recorded),
    subcode(2_804_117, "unknown", Evidence::Unknown),
    subcode(2_804_118, "dataset and WhatsApp Business Account do not match", Evidence::Reported),
    subcode(2_804_131, "No Page Associated To Dataset", Evidence::Recorded),
    subcode(2_804_132, "No WhatsApp Business Account Linked to This Dataset", Evidence::Recorded),
    subcode(2_804_133, "No IG Account Associated To Dataset", Evidence::Reported),
    subcode(2_044_055, "the dataset does not exist (of dataset_quality)", Evidence::Documented),
];

/// What is known of a subcode.
pub fn find(number: u32) -> Option<&'static Subcode> {
    ALL.iter().find(|subcode| subcode.number == number)
}
