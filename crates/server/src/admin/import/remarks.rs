//! What is to be said of rows that are taken: what of them does not leave, whom Meta will hardly know, and why and for
//! how long they are kept back. One text for all rows of which it is true.

use std::collections::BTreeMap;

use capi::Dropped;
use kopru_core::{Activity, Admitted, Consent, LeftOut, Policy, Reason};
use serde_json::{Value, json};

/// By what alone Meta may know somebody.
const KNOWN_BY: [&str; 9] =
    ["em", "ph", "external_id", "madid", "anon_id", "fb_login_id", "lead_id", "fbc", "fbp"];
/// By what together.
const KNOWN_TOGETHER: [&str; 2] = ["client_ip_address", "client_user_agent"];

const HARDLY_KNOWN: &str = "there is neither a phone nor an e-mail address: Meta will hardly know the person";
const BEFORE_CONSENT: &str = "kept back: it happened before consent was said to be kept elsewhere; if the rows are only of \
                              people who agreed, import them again with --consent sender";
const UNTIL_LIVE: &str = "kept back for now: it happened while the dataset was live, so it leaves once the dataset is live \
                          again; what is more than seven days old by then, import again";
const NOT_LIVE: &str = "kept back for good: the dataset was not live when it happened, and no later switch of its mode \
                        sends that, nor another import";

/// All that is to be said of the rows of a request.
#[derive(Default)]
pub(super) struct RowRemarks(BTreeMap<(&'static str, String), Vec<usize>>);

impl RowRemarks {
    /// Adds what is to be said of a row at its place in the request.
    pub(super) fn add(&mut self, place: usize, one: &Admitted, policy: &Policy) {
        let Admitted { activity, reason, .. } = one;
        if let Some(why) = reason.and_then(|reason| of_kept_back(reason, activity, policy)) {
            self.say(place, "", why.to_owned());
        }
        // Of whom nothing may be kept, nothing is said either.
        if matches!(reason, Some(Reason::NoConsent | Reason::ConsentRefused)) {
            return;
        }
        for LeftOut { key, why } in &activity.carried.left_out {
            let dropped = Dropped::ALL.into_iter().find(|dropped| dropped.code() == *why);
            if let Some(dropped) = dropped.filter(|dropped| *dropped != Dropped::Empty) {
                self.say(place, key, format!("{dropped}, so it is left out"));
            }
        }
        let has = |name: &str| activity.carried.keys.has(name);
        if !KNOWN_BY.into_iter().any(has) && !KNOWN_TOGETHER.into_iter().all(has) {
            self.say(place, "", HARDLY_KNOWN.to_owned());
        }
    }

    fn say(&mut self, place: usize, path: &'static str, message: String) {
        self.0.entry((path, message)).or_default().push(place);
    }

    /// For programs.
    pub(super) fn json(&self) -> Value {
        let texts = self.0.iter();
        texts
            .map(|((path, message), indexes)| json!({"path": path, "message": message, "indexes": indexes}))
            .collect()
    }
}

/// Whether and when a row leaves that is kept back, where the reason alone does not say it.
fn of_kept_back(reason: Reason, activity: &Activity, policy: &Policy) -> Option<&'static str> {
    match reason {
        Reason::NoConsent => {
            let is_of_before = activity.consent.is_none() && policy.consent == Consent::Elsewhere;
            is_of_before.then_some(BEFORE_CONSENT)
        }
        Reason::Shadow | Reason::DatasetOff | Reason::TestOver => {
            let was_live = policy
                .dataset(&activity.dataset)
                .is_some_and(|dataset| dataset.was_live_at(activity.event_s));
            Some(if was_live { UNTIL_LIVE } else { NOT_LIVE })
        }
        _ => None,
    }
}
