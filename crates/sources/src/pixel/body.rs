//! What the tag sends.

use std::{borrow::Cow, collections::BTreeMap, fmt};

use serde::Deserialize;
use serde_json::value::RawValue;

/// Most events in one body. The tag sends no more at once.
const EVENTS_MAX: usize = 20;

/// The body of one request, read.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CollectBody<'a> {
    /// Set where nothing else is told: a page was seen and nobody has said yes.
    #[serde(default)]
    pub unasked: bool,
    /// What was said of consent in the page: `yes`, or nothing.
    #[serde(default, borrow)]
    pub consent: Option<Cow<'a, str>>,
    /// What became of the events at the Meta pixel of the page, where that is known.
    #[serde(default)]
    pub pixel: Option<PixelState>,
    #[serde(default, borrow)]
    pub(super) fbp: Option<Cow<'a, str>>,
    #[serde(default, borrow)]
    pub(super) fbc: Option<Cow<'a, str>>,
    /// Parameters of the address on which the visitor landed.
    #[serde(default)]
    pub(super) landing: BTreeMap<String, String>,
    /// Who the page says it is.
    #[serde(default, borrow)]
    pub(super) user: PageUser<'a>,
    #[serde(default, borrow)]
    pub(super) events: Vec<PageEvent<'a>>,
}

/// What the page says of who somebody is.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PageUser<'a> {
    #[serde(default, borrow)]
    pub(super) em: Option<Cow<'a, str>>,
    #[serde(default, borrow)]
    pub(super) ph: Option<Cow<'a, str>>,
    #[serde(default, borrow)]
    pub(super) external_id: Option<Cow<'a, str>>,
}

/// One event.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PageEvent<'a> {
    #[serde(borrow)]
    pub(super) name: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) id: Cow<'a, str>,
    /// How long before the request it happened, milliseconds.
    pub(super) ago: i64,
    #[serde(borrow)]
    pub(super) url: Cow<'a, str>,
    #[serde(default, borrow)]
    pub(super) data: Option<&'a RawValue>,
}

/// What became of an event at the Meta pixel of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PixelState {
    /// The pixel was there and took it.
    Sent,
    /// The page has the pixel, and its script did not come.
    Blocked,
    /// The pixel threw an error.
    Failed,
    /// The page has no pixel.
    None,
}

impl PixelState {
    /// As it is written.
    pub fn code(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Blocked => "blocked",
            Self::Failed => "failed",
            Self::None => "none",
        }
    }
}

/// Why nothing of a body is taken. Holds nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotCollected {
    /// It is no JSON of the tag's.
    Unread {
        /// Where reading ended.
        line: usize,
        /// Likewise.
        column: usize,
    },
    /// It has too many events.
    TooMany,
    /// An event is older than anything that the tag keeps.
    TooOld,
    /// An event is of a page of another site.
    OtherSite,
}

impl fmt::Display for NotCollected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unread { line, column } => write!(
                f,
                "the body is not what the tag sends (line {line}, column {column}); load /kopru.js anew, and send by \
                 kopru('track', ...)"
            ),
            Self::TooMany => write!(f, "the body has more than {EVENTS_MAX} events; send fewer at once"),
            Self::TooOld => {
                f.write_str("an event's \"ago\" is more than a day; send events when they happen")
            }
            Self::OtherSite => {
                f.write_str("an event's \"url\" is no page of the site that sends it; send location.href")
            }
        }
    }
}

impl<'a> CollectBody<'a> {
    /// Reads a body.
    ///
    /// # Errors
    /// It is not what the tag sends.
    pub fn read(body: &'a [u8]) -> Result<Self, NotCollected> {
        let read: Self = serde_json::from_slice(body)
            .map_err(|error| NotCollected::Unread { line: error.line(), column: error.column() })?;
        if read.events.len() > EVENTS_MAX { Err(NotCollected::TooMany) } else { Ok(read) }
    }

    /// Whether somebody has said yes in the page.
    pub fn is_agreed(&self) -> bool {
        self.consent.as_deref() == Some("yes")
    }

    /// How many events it holds.
    pub fn events(&self) -> usize {
        self.events.len()
    }
}
