//! Meta's standard events and the closed lists of values around them. Which names each route takes
//! stands in [`crate::names`]; here is what belongs to them.

/// How a row of a table is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Meta's documentation.
    Documentation,
    /// Meta's documentation, and recorded live answers that agree with it.
    DocumentationAndLiveAnswers,
    /// Common knowledge for which no page was found: good for advice, not for refusing.
    Unconfirmed,
}

/// A standard event with the `custom_data` that it normally carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StandardEvent {
    /// Meta's name of the event; case-sensitive.
    pub name: &'static str,
    /// What happened, for a person.
    pub about: &'static str,
    /// Keys of `custom_data` that the event normally carries, the required ones among them. Any
    /// other key is taken as a property of one's own.
    pub fields: &'static [&'static str],
    /// Keys of `custom_data` without which Meta refuses the event.
    pub required: &'static [&'static str],
    /// Whether catalogue ads need the event's products: `content_ids` with `content_type`, or
    /// `contents`.
    pub products_for_catalogue_ads: bool,
    /// How the row is known.
    pub origin: Origin,
}

const fn event(name: &'static str, about: &'static str, fields: &'static [&'static str]) -> StandardEvent {
    StandardEvent {
        name,
        about,
        fields,
        required: &[],
        products_for_catalogue_ads: false,
        origin: Origin::Documentation,
    }
}

/// The standard events, in the order of [`crate::names::STANDARD_EVENT_NAMES`]. Meta's
/// documentation of the pixel and of the Conversions API; only `Purchase` has keys that it
/// cannot do without.
pub static STANDARD_EVENTS: [StandardEvent; 18] = [
    event("AddPaymentInfo", "payment details entered", &["content_ids", "contents", "currency", "value"]),
    StandardEvent {
        products_for_catalogue_ads: true,
        ..event(
            "AddToCart",
            "product put into the cart",
            &["content_ids", "content_name", "content_type", "contents", "currency", "value"],
        )
    },
    StandardEvent {
        origin: Origin::Unconfirmed,
        ..event(
            "AddToWishlist",
            "product put on a wish list",
            &["content_category", "content_ids", "content_name", "contents", "currency", "value"],
        )
    },
    event("CompleteRegistration", "sign-up finished", &["content_name", "currency", "status", "value"]),
    event("Contact", "business contacted by phone, chat or mail", &[]),
    event("CustomizeProduct", "product configured", &[]),
    event("Donate", "money donated", &[]),
    event("FindLocation", "shop or branch looked for", &[]),
    event(
        "InitiateCheckout",
        "checkout begun",
        &["content_category", "content_ids", "contents", "currency", "num_items", "value"],
    ),
    event("Lead", "contact details left", &["content_category", "content_name", "currency", "value"]),
    event("PageView", "page opened", &[]),
    StandardEvent {
        required: &["currency", "value"],
        products_for_catalogue_ads: true,
        origin: Origin::DocumentationAndLiveAnswers,
        ..event(
            "Purchase",
            "order placed or paid",
            &[
                "content_ids",
                "content_name",
                "content_type",
                "contents",
                "currency",
                "num_items",
                "order_id",
                "value",
            ],
        )
    },
    event("Schedule", "appointment booked", &[]),
    event(
        "Search",
        "search made",
        &[
            "content_category",
            "content_ids",
            "content_type",
            "contents",
            "currency",
            "search_string",
            "value",
        ],
    ),
    event("StartTrial", "free trial begun", &["currency", "predicted_ltv", "value"]),
    event("SubmitApplication", "application handed in", &[]),
    event("Subscribe", "paid subscription begun", &["currency", "predicted_ltv", "value"]),
    StandardEvent {
        products_for_catalogue_ads: true,
        ..event(
            "ViewContent",
            "product or content looked at",
            &[
                "content_category",
                "content_ids",
                "content_name",
                "content_type",
                "contents",
                "currency",
                "value",
            ],
        )
    },
];

/// The standard event of that name, which is case-sensitive.
pub fn standard_event(name: &str) -> Option<&'static StandardEvent> {
    STANDARD_EVENTS.iter().find(|event| event.name == name)
}

/// Event names of Meta's app SDK, which `action_source` `app` uses. Meta's documentation of app
/// events for a part, the rest unconfirmed.
pub const APP_EVENT_NAMES: [&str; 25] = [
    "fb_mobile_purchase",
    "fb_mobile_add_to_cart",
    "fb_mobile_content_view",
    "fb_mobile_complete_registration",
    "fb_mobile_initiated_checkout",
    "fb_mobile_add_payment_info",
    "fb_mobile_add_to_wishlist",
    "fb_mobile_search",
    "fb_mobile_level_achieved",
    "fb_mobile_tutorial_completion",
    "fb_mobile_achievement_unlocked",
    "fb_mobile_spent_credits",
    "fb_mobile_rate",
    "fb_mobile_activate_app",
    "MobileAppInstall",
    "StartTrial",
    "Subscribe",
    "AdClick",
    "AdImpression",
    "Contact",
    "CustomizeProduct",
    "Donate",
    "FindLocation",
    "Schedule",
    "SubmitApplication",
];

/// Event names of Google Analytics 4 with Meta's name for each. Source code of Meta's own tag for
/// the server container of Google Tag Manager.
const GA4_NAMES: [(&str, &str); 11] = [
    ("add_payment_info", "AddPaymentInfo"),
    ("add_to_cart", "AddToCart"),
    ("add_to_wishlist", "AddToWishlist"),
    ("begin_checkout", "InitiateCheckout"),
    ("generate_lead", "Lead"),
    ("gtm.dom", "PageView"),
    ("page_view", "PageView"),
    ("purchase", "Purchase"),
    ("search", "Search"),
    ("sign_up", "CompleteRegistration"),
    ("view_item", "ViewContent"),
];

/// Meta's name for an event of Google Analytics 4, or `None` for a name that Meta's own tag passes
/// on unchanged. Case-sensitive, as GA4's names are.
///
/// ```
/// use capi::catalogue::meta_name_of_ga4;
///
/// assert_eq!(meta_name_of_ga4("begin_checkout"), Some("InitiateCheckout"));
/// assert_eq!(meta_name_of_ga4("level_up"), None);
/// ```
pub fn meta_name_of_ga4(name: &str) -> Option<&'static str> {
    GA4_NAMES.into_iter().find(|(ga4, _)| *ga4 == name).map(|(_, meta)| meta)
}

/// A value of `action_source` with what it asks for beyond what every event needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActionSourceDetail {
    /// Meta's word.
    pub name: &'static str,
    /// Where the conversion happened, for a person.
    pub about: &'static str,
    /// Keys within the event that Meta's documentation requires, for example `app_data.extinfo`.
    /// Recorded live answers do not refuse an event of a website that lacks its two.
    pub required: &'static [&'static str],
    /// How old an event may be when it is sent, days.
    pub age_max_days: u16,
}

const fn source(
    name: &'static str,
    about: &'static str,
    required: &'static [&'static str],
) -> ActionSourceDetail {
    ActionSourceDetail { name, about, required, age_max_days: 7 }
}

/// The values of `action_source`. Meta's documentation of server events, of app events and of
/// offline events. `business_messaging` further needs the ids of its channel.
pub const ACTION_SOURCES: [ActionSourceDetail; 9] = [
    source("website", "on a website", &["event_source_url", "user_data.client_user_agent"]),
    source(
        "app",
        "in a mobile app",
        &[
            "app_data.advertiser_tracking_enabled",
            "app_data.application_tracking_enabled",
            "app_data.extinfo",
        ],
    ),
    source("email", "by e-mail", &[]),
    source("phone_call", "by telephone", &[]),
    source("chat", "in a chat or by SMS that no ad of Meta's opened", &[]),
    ActionSourceDetail { age_max_days: 62, ..source("physical_store", "in a shop, in person", &[]) },
    source("system_generated", "by a system, such as a CRM or a renewal", &[]),
    source("business_messaging", "in a chat that an ad opened", &["messaging_channel"]),
    source("other", "elsewhere", &[]),
];

/// The values of `customer_segmentation`. Meta's documentation of server events, whose table has
/// the key beside `custom_data` and whose sample has it within.
pub const CUSTOMER_SEGMENTATIONS: [&str; 9] = [
    "new_customer_to_business",
    "new_customer_to_business_line",
    "new_customer_to_product_area",
    "new_customer_to_medium",
    "existing_customer_to_business",
    "existing_customer_to_business_line",
    "existing_customer_to_product_area",
    "existing_customer_to_medium",
    "customer_in_loyalty_program",
];

/// The values of `delivery_category`, in `custom_data` and in each of its `contents`. Meta's
/// documentation of custom data; Meta's published SDKs check them.
pub const DELIVERY_CATEGORIES: [&str; 3] = ["in_store", "curbside", "home_delivery"];

/// The values of `content_type`: the first two from Meta's documentation of custom data, the others
/// from its guides for travel, cars and homes, unconfirmed.
pub const CONTENT_TYPES: [&str; 10] = [
    "product",
    "product_group",
    "hotel",
    "flight",
    "destination",
    "home_listing",
    "vehicle",
    "vehicle_offer",
    "media_title",
    "local_service_business",
];

/// The values of `attribution_data.attribution_model`. Source code of Meta's published SDKs.
pub const ATTRIBUTION_MODELS: [&str; 8] = [
    "first_touch",
    "last_touch",
    "last_click",
    "linear",
    "position_based",
    "time_decay",
    "customized_multi_touch",
    "unknown",
];

/// The values of `attribution_data.attribution_method`. Source code of Meta's published SDKs.
pub const ATTRIBUTION_METHODS: [&str; 6] = ["ard", "deeplink", "gpir", "invalid_response", "mir", "srn"];

/// The values of `attribution_data.decline_reason`. Source code of Meta's published SDKs.
pub const DECLINE_REASONS: [&str; 15] = [
    "attribute_to_other_source",
    "out_of_lookback_window",
    "view_through_disabled",
    "within_inactive_window",
    "inactive",
    "fraud_detected",
    "unknown",
    "reinstall_attribution_disabled",
    "lookback",
    "not_pmod_match",
    "validation_rule_detected",
    "preload_install",
    "min_time_between_re_engagements",
    "duplicated",
    "pmod_disabled",
];

#[cfg(test)]
mod tests;
