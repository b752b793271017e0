//! What is answered to whether somebody agreed.

use serde::{Deserialize, Serialize};

/// What a field says that was named as the one that holds a person's consent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "OnDisk", into = "OnDisk")]
pub enum ConsentAnswer {
    /// They agreed.
    Yes,
    /// They refused.
    No,
    /// Something that is neither: it is no yes, also where nobody has to say one.
    Unclear,
}

impl ConsentAnswer {
    /// What two answers of one person say together: a refusal outweighs all, and what is unclear a yes.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::No, _) | (_, Self::No) => Self::No,
            (Self::Unclear, _) | (_, Self::Unclear) => Self::Unclear,
            (Self::Yes, Self::Yes) => Self::Yes,
        }
    }

    /// The number under which the store keeps it.
    pub fn code(self) -> u8 {
        match self {
            Self::No => 0,
            Self::Yes => 1,
            Self::Unclear => 2,
        }
    }

    /// The answer of a number; what is unknown is unclear.
    pub fn from_code(code: u8) -> Self {
        match code {
            0 => Self::No,
            1 => Self::Yes,
            _ => Self::Unclear,
        }
    }
}

/// As it is written: what is clear as a truth value, as it was before anything else was known.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum OnDisk {
    Clear(bool),
    Unclear(String),
}

impl From<OnDisk> for ConsentAnswer {
    fn from(written: OnDisk) -> Self {
        match written {
            OnDisk::Clear(true) => Self::Yes,
            OnDisk::Clear(false) => Self::No,
            OnDisk::Unclear(_) => Self::Unclear,
        }
    }
}

impl From<ConsentAnswer> for OnDisk {
    fn from(answer: ConsentAnswer) -> Self {
        match answer {
            ConsentAnswer::Yes => Self::Clear(true),
            ConsentAnswer::No => Self::Clear(false),
            ConsentAnswer::Unclear => Self::Unclear("unclear".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{ConsentAnswer::*, *};

    #[test]
    fn answers_are_read_as_they_were_written() {
        for (answer, written) in [(Yes, "true"), (No, "false"), (Unclear, "\"unclear\"")] {
            assert_eq!(serde_json::to_string(&answer).unwrap(), written);
            assert_eq!(serde_json::from_str::<ConsentAnswer>(written).unwrap(), answer);
            assert_eq!(ConsentAnswer::from_code(answer.code()), answer);
        }
    }

    #[test]
    fn a_refusal_outweighs_what_is_unclear_and_that_a_yes() {
        for (one, other, both) in [(Yes, Yes, Yes), (Yes, No, No), (Unclear, Yes, Unclear), (Unclear, No, No)]
        {
            assert_eq!((one.and(other), other.and(one)), (both, both));
        }
    }
}
