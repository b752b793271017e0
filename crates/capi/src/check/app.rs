//! Events of mobile apps. Meta's documentation of app data.

use super::Findings;
use crate::{Event, subcodes};

/// Facts of `extinfo`, and where the version of the system stands among them.
const EXTINFO: usize = 16;
const OS_VERSION: usize = 4;

pub(super) fn check(event: &Event<'_>, findings: &mut Findings) {
    let app_data = event.app_data.as_deref();
    match app_data.and_then(|app| app.extinfo.as_ref()) {
        None => findings.refuse(
            subcodes::EXTINFO,
            "app_data.extinfo",
            "an app event needs the 16 facts of its device in extinfo",
        ),
        Some(extinfo) if extinfo.0.len() != EXTINFO => findings.refuse(
            subcodes::EXTINFO,
            "app_data.extinfo",
            format!(
                "extinfo must have {EXTINFO} entries and has {}; write unknown ones as \"\"",
                extinfo.0.len()
            ),
        ),
        Some(extinfo) => {
            let version = extinfo.0.get(OS_VERSION).map(|version| version.trim());
            if version.is_none_or(str::is_empty) {
                findings.refuse(
                    subcodes::EXTINFO,
                    format!("app_data.extinfo.{OS_VERSION}"),
                    "the fifth entry of extinfo, the version of the system, must not be empty",
                );
            }
            let platform = extinfo.0.first().map(|platform| &**platform);
            if !matches!(platform, Some("a2" | "i2")) {
                findings.advise(
                    "extinfo_platform",
                    "app_data.extinfo.0",
                    "the first entry of extinfo is a2 for Android or i2 for iOS",
                );
            }
        }
    }
}
