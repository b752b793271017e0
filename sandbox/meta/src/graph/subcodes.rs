//! Titles and messages of the Conversions API's subcodes.
//!
//! Titles are those of Meta's documentation and of recorded answers where they are known. The other
//! titles and most messages are plain sentences of the sandbox: Meta localises both, so clients match on
//! the subcode.

pub(super) fn text_of(subcode: i64) -> (&'static str, &'static str) {
    match subcode {
        2_804_001 => (
            "Click ID Incorrectly Formatted",
            "The fbc parameter must have the form fb.subdomainIndex.creationTime.fbclid.",
        ),
        2_804_003 => (
            "Event Timestamp Too Old",
            "The timestamp for this event is too far in the past. Events must be sent within 7 days of \
             occurring. Enter a timestamp within the last 7 days.",
        ),
        2_804_004 => (
            "Event Timestamp In The Future",
            "The timestamp for this event is in the future. Enter a Unix time in seconds.",
        ),
        2_804_008 => (
            "Invalid Contents Parameter",
            "The contents parameter must be a list of JSON objects, each with an id.",
        ),
        2_804_009 => (
            "Missing Value for Purchase Event",
            "The purchase event doesn't include a value parameter. Enter a value, for example 1.99.",
        ),
        2_804_010 => (
            "Missing Currency for Purchase Event",
            "The purchase event doesn't include a currency parameter. Enter a currency, for example USD.",
        ),
        2_804_019 => ("Server Side Api Parameter Error", "A parameter of an event is missing or wrong."),
        2_804_030 => (
            "Limited Data Use Selection Required",
            "This dataset asks events to say in data_processing_options whether their data is for limited \
             use.",
        ),
        2_804_016 => ("Invalid Custom Data Value", "The value of a custom data parameter can't be used."),
        2_804_023 => ("Invalid Currency", "A value needs a currency, which must be an ISO 4217 code."),
        2_804_036 => ("Invalid Lead ID", "The lead_id must be a number of 15 to 17 digits."),
        2_804_043 => (
            "Invalid Extended Device Info",
            "The extinfo parameter must have 16 entries, and the OS version must not be blank.",
        ),
        2_804_050 => (
            "You haven't added sufficient customer information parameter data for this event",
            "This event has no customer information parameters, or a combination of them that is too broad \
             to match. See https://developers.facebook.com/docs/marketing-api/conversions-api/\
             best-practices#req-rec-params",
        ),
        _ => messaging_text_of(subcode),
    }
}

fn messaging_text_of(subcode: i64) -> (&'static str, &'static str) {
    match subcode {
        2_804_063 => (
            "Missing Messaging Channel Parameter",
            "Business messaging events need the messaging_channel parameter.",
        ),
        2_804_064 => (
            "Messaging Event Invalid Argument",
            "The event has an argument that is not allowed for business messaging.",
        ),
        2_804_065 => ("Mismatching Page and Dataset", "The page_id is not linked to this dataset."),
        2_804_066 => (
            "Messaging Event Invalid Event Type",
            "The event_name is not one of those allowed for business messaging.",
        ),
        2_804_069 => ("Missing Page ID", "Messenger events need the page_id parameter."),
        2_804_071 => (
            "Missing CTWA clid or Page-Scoped User ID",
            "The event has neither a ctwa_clid nor a page_scoped_user_id for its channel.",
        ),
        2_804_072 => (
            "Mismatching Page ID and CTWA clid",
            "The page_id must be the Page that generated the ctwa_clid.",
        ),
        2_804_073 => (
            "Mismatching Page Id And Page Scoped User Id",
            "The page_scoped_user_id does not belong to the Page of the page_id.",
        ),
        2_804_075 => ("Missing ig_sid", "Instagram events need the ig_sid parameter."),
        2_804_079 => ("Missing IG Account ID", "Instagram events need the ig_account_id parameter."),
        2_804_087 => (
            "Messaging Event Invalid Ctwa Clid",
            "The ctwa_clid is not one that a click on an ad has produced.",
        ),
        2_804_116 => (
            "Missing Page ID or WhatsApp Business Account ID",
            "WhatsApp events need the page_id or the whatsapp_business_account_id parameter.",
        ),
        2_804_118 => (
            "Mismatching WhatsApp Business Account and Dataset",
            "The whatsapp_business_account_id is not linked to this dataset.",
        ),
        2_804_131 => ("No Page Associated To Dataset", "No Page is linked to this dataset."),
        2_804_132 => (
            "No WhatsApp Business Account Linked to This Dataset",
            "No WhatsApp Business Account is linked to this dataset.",
        ),
        2_804_133 => {
            ("No IG Account Associated To Dataset", "This Instagram account is not linked to this dataset.")
        }
        _ => ("Invalid Parameter", "The event has an invalid parameter."),
    }
}
