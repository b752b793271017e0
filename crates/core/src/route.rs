//! Routes: how Meta recognises the person of an event.

use std::{fmt, str::FromStr};

use capi::limits;
use serde::{Deserialize, Serialize};

use crate::Channel;

/// How Meta recognises the person of an event. What may be sent, what has to be in it and what Meta makes
/// of a repetition follow from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Route {
    /// By the click on an ad that opened a chat, or by the chat's own id of the person.
    Messaging(Channel),
    /// By the `lead_id` of an instant form.
    Lead,
    /// By what a browser tells.
    Website,
    /// By hashed contact data alone.
    Crm,
}

/// A route without its channel, as a configuration names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RouteKind {
    /// See [`Route::Messaging`].
    Messaging,
    /// See [`Route::Lead`].
    Lead,
    /// See [`Route::Website`].
    Website,
    /// See [`Route::Crm`].
    Crm,
}

impl RouteKind {
    /// All of them, in the order in which they are tried for an event.
    pub const ALL: [Self; 4] = [Self::Messaging, Self::Lead, Self::Website, Self::Crm];

    /// The stable name.
    pub fn code(self) -> &'static str {
        match self {
            Self::Messaging => "messaging",
            Self::Lead => "lead",
            Self::Website => "website",
            Self::Crm => "crm",
        }
    }

    /// Reads a name back.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

impl Route {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Messaging(Channel::Whatsapp), Self::Lead, Self::Website, Self::Crm];

    /// The route without its channel.
    pub fn kind(self) -> RouteKind {
        match self {
            Self::Messaging(_) => RouteKind::Messaging,
            Self::Lead => RouteKind::Lead,
            Self::Website => RouteKind::Website,
            Self::Crm => RouteKind::Crm,
        }
    }

    /// The channel, if it has some.
    pub fn channel(self) -> Option<Channel> {
        match self {
            Self::Messaging(channel) => Some(channel),
            Self::Lead | Self::Website | Self::Crm => None,
        }
    }

    /// For how long Meta recognises an event that comes again by its id, seconds; `None` if it never
    /// does, so that an event which may have been taken may count twice when it goes again. Meta's
    /// documentation of deduplication; of messaging it says that nothing is deduplicated.
    pub fn deduplication_window_s(self) -> Option<i64> {
        match self {
            Self::Messaging(_) => None,
            Self::Lead | Self::Website | Self::Crm => Some(limits::DEDUPLICATION_WINDOW_S),
        }
    }

    /// Whether an event that may have been taken at one time may count twice when it goes again at
    /// another; both Unix milliseconds.
    pub fn may_count_twice(self, taken_ms: i64, again_ms: i64) -> bool {
        let window_ms = self.deduplication_window_s().map(|window_s| window_s * 1000);
        window_ms.is_none_or(|window_ms| again_ms.saturating_sub(taken_ms) >= window_ms)
    }
}

/// As it is stored and shown: `messaging/whatsapp`, `lead`.
impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind().code())?;
        self.channel().map_or(Ok(()), |channel| write!(f, "/{}", channel.code()))
    }
}

impl FromStr for Route {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|route| route.to_string() == text).ok_or("no such route")
    }
}

impl From<Route> for String {
    fn from(route: Route) -> Self {
        route.to_string()
    }
}

impl TryFrom<String> for Route {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_route_is_read_back() {
        for route in Route::ALL {
            assert_eq!(route.to_string().parse(), Ok(route));
            assert_eq!(RouteKind::from_code(route.kind().code()), Some(route.kind()));
        }
        assert_eq!(Route::Messaging(Channel::Whatsapp).to_string(), "messaging/whatsapp");
        assert!("messaging".parse::<Route>().is_err());
    }

    #[test]
    fn a_route_knows_when_a_repetition_may_count_twice() {
        const WINDOW_MS: i64 = 48 * 60 * 60 * 1000;
        let chat = Route::Messaging(Channel::Whatsapp);
        for (route, after_ms, twice) in [
            (chat, 1, true),
            (Route::Website, 1, false),
            (Route::Website, WINDOW_MS - 1, false),
            (Route::Website, WINDOW_MS, true),
            (Route::Lead, WINDOW_MS, true),
        ] {
            assert_eq!(route.may_count_twice(1_000, 1_000 + after_ms), twice, "{route} after {after_ms}");
        }
    }
}
