//! `_fbc` and `_fbp`: `fb.{index}.{time}.{payload}`, and sometimes a Parameter Builder's mark.

use std::{borrow::Cow, fmt};

use super::appendix;
use crate::{Error, limits::CLICK_AGE_MAX_MS, plain::opaque_debug};

/// A `_fbc` or `_fbp` cookie, which is also the form of `user_data.fbc` and `.fbp`.
#[derive(Clone, PartialEq, Eq)]
pub struct Cookie<'a> {
    /// Number of labels of the cookie's domain minus one; 1 for `example.com`.
    pub index: Cow<'a, str>,
    /// When the cookie was made or the click first seen, Unix milliseconds, as digits.
    pub time: Cow<'a, str>,
    /// The `fbclid` of `_fbc`, whose case matters, or the random number of `_fbp`.
    pub payload: Cow<'a, str>,
    /// The mark of a Parameter Builder, if there was one.
    pub appendix: Option<Cow<'a, str>>,
}

opaque_debug!(Cookie);

impl<'a> Cookie<'a> {
    /// Reads a cookie's value.
    ///
    /// ```
    /// let fbc = capi::browser::Cookie::read("fb.1.1554763741205.IwAR2abc").unwrap();
    /// assert_eq!(fbc.payload, "IwAR2abc");
    /// ```
    ///
    /// # Errors
    /// What it lacks.
    pub fn read(value: &'a str) -> Result<Self, Error> {
        let mut dots = memchr::memchr_iter(b'.', value.as_bytes());
        let (Some(first), Some(second), Some(third), fourth, None) =
            (dots.next(), dots.next(), dots.next(), dots.next(), dots.next())
        else {
            return Err(Error::CookieParts);
        };
        let (prefix, index, time) = (&value[..first], &value[first + 1..second], &value[second + 1..third]);
        let payload = &value[third + 1..fourth.unwrap_or(value.len())];
        let mark = fourth.map(|fourth| &value[fourth + 1..]);
        if mark.is_some_and(|mark| !appendix::is_valid(mark)) {
            return Err(Error::CookieParts);
        }
        if prefix != "fb" {
            return Err(Error::CookiePrefix);
        }
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(index) || !digits(time) {
            return Err(Error::CookieDigits);
        }
        if payload.is_empty() {
            return Err(Error::CookiePayload);
        }
        Ok(Self {
            index: index.into(),
            time: time.into(),
            payload: payload.into(),
            appendix: mark.map(Cow::from),
        })
    }

    /// A cookie that is made now.
    pub fn new(index: usize, now_ms: i64, payload: impl Into<Cow<'a, str>>) -> Self {
        Self {
            index: index.to_string().into(),
            time: now_ms.to_string().into(),
            payload: payload.into(),
            appendix: None,
        }
    }

    /// When it was made, Unix milliseconds; `None` if the digits are too many for any time.
    pub fn made_ms(&self) -> Option<i64> {
        self.time.parse().ok()
    }

    /// Whether the click is one that Meta can still use: not older than 90 days and not from the
    /// future. Clocks may differ by an hour.
    pub fn is_current(&self, now_ms: i64) -> bool {
        self.made_ms().is_some_and(|made_ms| {
            let age_ms = now_ms.saturating_sub(made_ms);
            (-crate::limits::FUTURE_TOLERANCE_S * 1000..=CLICK_AGE_MAX_MS).contains(&age_ms)
        })
    }

    /// Whether a library of Meta's on a server made it where the browser had none. Meta's SDK 26 for Python does so
    /// for each event, so two events of one visitor have two.
    pub fn is_new_of_a_server(&self) -> bool {
        self.appendix.as_deref().is_some_and(appendix::is_new_of_a_server)
    }

    /// The value without a Parameter Builder's mark.
    pub fn bare(&self) -> String {
        format!("fb.{}.{}.{}", self.index, self.time, self.payload)
    }
}

impl fmt::Display for Cookie<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "fb.{}.{}.{}", self.index, self.time, self.payload)?;
        self.appendix.as_ref().map_or(Ok(()), |mark| write!(f, ".{mark}"))
    }
}
