//! How an account is set up: what it tells of by itself, and what its records have. People change that,
//! and no webhook says so.

use std::fmt;

/// A part of how an account is set up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SetupPart {
    /// Which webhooks it sends, and where.
    Hooks,
    /// Which fields its deals and contacts have.
    Fields,
}

impl SetupPart {
    /// All parts, in the order in which they are read.
    pub const ALL: [Self; 2] = [Self::Hooks, Self::Fields];
}

/// What is needed of an account and it does not do, or not any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Drift {
    /// It has switched its webhook to us off.
    HookOff,
    /// It has no webhook to us.
    NoHook,
    /// Its webhook to us does not tell of these changes.
    HookLacks(Vec<String>),
    /// It does not show its webhooks to whoever asks.
    HooksHidden,
    /// Its webhooks cannot be read, and why: nobody knows whether it shows them.
    HooksUnread(&'static str),
    /// It does not show its audit log to whoever asks.
    HistoryHidden,
    /// Its audit log gives no answer that can be read.
    HistoryUnread,
    /// Its records have no field of this name, code or id.
    NoField(String),
    /// It does not show the fields of its records to whoever asks.
    FieldsHidden,
    /// The fields of its records cannot be read, and why.
    FieldsUnread(&'static str),
}

impl Drift {
    /// Why a question waits that only the history could answer, while it is [`Self::HistoryHidden`].
    pub const HISTORY_HIDDEN: &str =
        "its history (audit log) is for administrators only, and the token is not of one (HTTP 403)";

    /// A stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::HookOff => "hook_off",
            Self::NoHook => "no_hook",
            Self::HookLacks(_) => "hook_lacks",
            Self::HooksHidden => "hooks_hidden",
            Self::HooksUnread(_) => "hooks_unread",
            Self::HistoryHidden => "history_hidden",
            Self::HistoryUnread => "history_unread",
            Self::NoField(_) => "no_field",
            Self::FieldsHidden => "fields_hidden",
            Self::FieldsUnread(_) => "fields_unread",
        }
    }

    /// What it names, as the account calls it, or why; empty if it names nothing.
    pub fn of(&self) -> String {
        match self {
            Self::HookLacks(changes) => changes.join(", "),
            Self::NoField(name) => name.clone(),
            Self::HooksUnread(why) | Self::FieldsUnread(why) => (*why).to_owned(),
            _ => String::new(),
        }
    }

    /// Whether a call can mend it: see [`crate::Upstream::mend_hooks`].
    pub fn is_of_hooks(&self) -> bool {
        matches!(self, Self::HookOff | Self::NoHook | Self::HookLacks(_))
    }
}

/// For a log, in English.
impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::HookOff => f.write_str("the CRM has switched its webhook to Kopru off"),
            Self::NoHook => f.write_str("the CRM has no webhook to Kopru"),
            Self::HookLacks(_) => write!(f, "the CRM's webhook to Kopru does not tell of {}", self.of()),
            Self::HooksHidden => f.write_str("the CRM does not show its webhooks to this token"),
            Self::HooksUnread(why) => write!(f, "the CRM's webhooks cannot be read: {why}"),
            Self::FieldsUnread(why) => write!(f, "the fields of the CRM's records cannot be read: {why}"),
            Self::HistoryHidden => f.write_str(
                "the CRM shows its history (audit log) to administrators only, and not to this token",
            ),
            Self::HistoryUnread => {
                f.write_str("the CRM's history (audit log) gives no answer that can be read")
            }
            Self::NoField(name) => {
                write!(f, "no record of the CRM has a field \"{name}\", which the configuration names")
            }
            Self::FieldsHidden => {
                f.write_str("the CRM does not show the fields of its records to this token")
            }
        }
    }
}
