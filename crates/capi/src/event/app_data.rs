//! The device of an app event.

use super::{fields::Text, lists::Texts, object::object};

object! {
    /// The device of an app event. Meta's documentation of app data.
    pub struct AppData {
        /// Whether the person allowed tracking on the device (iOS 14.5 and later; elsewhere true).
        "advertiser_tracking_enabled" => advertiser_tracking_enabled: bool,
        /// Whether the person allowed tracking in the app.
        "application_tracking_enabled" => application_tracking_enabled: bool,
        /// Sixteen facts about the device in a fixed order; the first names the platform (`a2` or
        /// `i2`), the fifth is the version of its system and must not be empty.
        "extinfo" => extinfo: Texts<'a>,
        /// From the deep link that opened the app.
        "campaign_ids" => campaign_ids: Text<'a>,
        /// Android's install referrer.
        "install_referrer" => install_referrer: Text<'a>,
        /// Android's installer.
        "installer_package" => installer_package: Text<'a>,
        /// Schemes the app opens, on iOS.
        "url_schemes" => url_schemes: Texts<'a>,
        /// Apple's id for vendors.
        "vendor_id" => vendor_id: Text<'a>,
        /// Windows' attribution id.
        "windows_attribution_id" => windows_attribution_id: Text<'a>,
        /// From the sources of Meta's SDKs.
        "consider_views" => consider_views: bool,
        /// From the sources of Meta's SDKs.
        "include_dwell_data" => include_dwell_data: bool,
        /// From the sources of Meta's SDKs.
        "include_video_data" => include_video_data: bool,
        /// From the sources of Meta's SDKs.
        "receipt_data" => receipt_data: Text<'a>,
    }
}
