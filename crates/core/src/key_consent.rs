//! Whose consent an API key carries.

/// Whose consent the events carry that come with a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyConsent {
    /// The sender reports only people who agreed.
    Sender,
    /// The field of an event's `custom_data` with this name says yes or no.
    Field(String),
}

/// How long the name of a consent field can be, bytes.
const FIELD_BYTES_MAX: usize = 100;
const FIELD: &str = "field:";

impl KeyConsent {
    /// As it is written and stored: `sender` or `field:NAME`.
    pub fn code(&self) -> String {
        match self {
            Self::Sender => "sender".to_owned(),
            Self::Field(name) => format!("{FIELD}{name}"),
        }
    }

    /// The consent of this code; `None` also for a name that is empty, has spaces around it or control characters,
    /// for one of more than 100
    /// bytes, and for one of Meta's own fields.
    pub fn from_code(code: &str) -> Option<Self> {
        if code == "sender" {
            return Some(Self::Sender);
        }
        let name = code.strip_prefix(FIELD)?;
        let fits = (1..=FIELD_BYTES_MAX).contains(&name.len());
        let is_name = name.trim() == name && !name.contains(char::is_control);
        // What Meta has a field for is no property of one's own.
        let is_own = !capi::CustomData::FIELDS.iter().any(|field| field.eq_ignore_ascii_case(name));
        (fits && is_name && is_own).then(|| Self::Field(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        for (code, consent) in [
            ("sender", Some(KeyConsent::Sender)),
            ("field:marketing_consent", Some(KeyConsent::Field("marketing_consent".into()))),
            ("field:Einwilligung (ja/nein)", Some(KeyConsent::Field("Einwilligung (ja/nein)".into()))),
            ("field:", None),
            ("field:value", None),
            ("field:Status", None),
            ("field: x", None),
            ("field:a\nb", None),
            ("Sender", None),
            ("", None),
        ] {
            assert_eq!(KeyConsent::from_code(code), consent, "{code}");
            assert!(consent.is_none_or(|consent| consent.code() == code), "{code}");
        }
        assert_eq!(KeyConsent::from_code(&format!("field:{}", "x".repeat(101))), None);
    }
}
