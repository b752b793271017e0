//! What can go wrong with a text that somebody else wrote.

use std::fmt;

/// A text is not what it should be. Holds no value of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// A body or an event cannot be read: what is broken, and where.
    Unreadable(String),
    /// An amount is not a decimal number.
    NotMoney,
    /// A text can mean two amounts: `12.500` has decimals, or thousands.
    TwoAmounts,
    /// A text is not an address or a network.
    NotANetwork,
    /// A cookie has not four parts, or five of which the last is a mark.
    CookieParts,
    /// A cookie does not begin with `fb`.
    CookiePrefix,
    /// A cookie's index or time is not made of digits.
    CookieDigits,
    /// A cookie's payload is empty.
    CookiePayload,
}

impl Error {
    pub(crate) fn unreadable(what: impl fmt::Display) -> Self {
        Self::Unreadable(what.to_string())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unreadable(what) => what,
            Self::NotMoney => "not a decimal number",
            Self::TwoAmounts => {
                "two amounts in one: its point may stand before the decimals or between thousands"
            }
            Self::NotANetwork => {
                "not an address or network; write for example \"10.0.0.7\" or \"10.0.0.0/8\""
            }
            Self::CookieParts => "it must have the four parts fb.index.time.payload",
            Self::CookiePrefix => "it must begin with \"fb.\"",
            Self::CookieDigits => "its second and third part must be digits",
            Self::CookiePayload => "its fourth part is empty",
        })
    }
}

impl std::error::Error for Error {}
