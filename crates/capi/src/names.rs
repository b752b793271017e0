//! Event names that Meta knows, as data.

/// The names that the messaging route accepts on every channel; any other is refused with subcode
/// 2804066. Meta's documentation of business messaging; the refusal is in recorded live answers.
pub const MESSAGING_EVENT_NAMES: [&str; 14] = [
    "Purchase",
    "LeadSubmitted",
    "InitiateCheckout",
    "AddToCart",
    "ViewContent",
    "OrderCreated",
    "OrderShipped",
    "OrderDelivered",
    "OrderCanceled",
    "OrderReturned",
    "CartAbandoned",
    "QualifiedLead",
    "RatingProvided",
    "ReviewProvided",
];

/// The standard events of the other routes. Meta's documentation of the pixel, whose list the
/// Conversions API shares. Names are case-sensitive.
pub const STANDARD_EVENT_NAMES: [&str; 18] = [
    "AddPaymentInfo",
    "AddToCart",
    "AddToWishlist",
    "CompleteRegistration",
    "Contact",
    "CustomizeProduct",
    "Donate",
    "FindLocation",
    "InitiateCheckout",
    "Lead",
    "PageView",
    "Purchase",
    "Schedule",
    "Search",
    "StartTrial",
    "SubmitApplication",
    "Subscribe",
    "ViewContent",
];

/// The name under which the messaging route takes an event, or `None` when it takes no such
/// event. A rule says `Lead` on every route; in messaging Meta calls it `LeadSubmitted`.
pub fn messaging_name(canonical: &str) -> Option<&'static str> {
    let wanted = if canonical == "Lead" { "LeadSubmitted" } else { canonical };
    MESSAGING_EVENT_NAMES.into_iter().find(|name| *name == wanted)
}

/// The name that is one on every route: `Lead` for `LeadSubmitted`, and any other as it is.
pub fn canonical_name(name: &str) -> &str {
    if name == "LeadSubmitted" { "Lead" } else { name }
}

/// Whether the name is one of Meta's standard events rather than a custom one.
pub fn is_standard(name: &str) -> bool {
    STANDARD_EVENT_NAMES.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lead_is_called_lead_submitted_in_messaging() {
        assert_eq!(messaging_name("Lead"), Some("LeadSubmitted"));
        assert_eq!((canonical_name("LeadSubmitted"), canonical_name("Lead")), ("Lead", "Lead"));
        for name in MESSAGING_EVENT_NAMES {
            assert_eq!(messaging_name(name), Some(name));
        }
        for other in ["lead", "Schedule", "Contact", "CompleteRegistration", "MyEvent", ""] {
            assert_eq!(messaging_name(other), None, "{other}");
        }
    }

    #[test]
    fn standard_names_are_case_sensitive() {
        assert!(is_standard("Purchase"));
        assert!(!is_standard("purchase"));
        assert!(!is_standard("LeadSubmitted"));
    }
}
