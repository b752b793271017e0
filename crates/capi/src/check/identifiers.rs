//! The quality of what is said of the person.

use super::{
    Checks, Findings,
    alias::KeyHome,
    click, hashes, network, nobody,
    unknown::{odd_fields, unknown_fields},
};
use crate::{
    Event,
    event::UserData,
    normalize::{self, hashed::Hashed},
};

pub(super) fn check(event: &Event<'_>, checks: Checks, findings: &mut Findings) {
    let Some(user) = &event.user_data else { return };
    let unusable = hashes::check(user, checks, findings);
    nobody::check(user, unusable, findings);
    click::check(event, user, checks, findings);
    network::check(user, findings);
    ids(user, findings);
    let is_refused_for = |name: &str| name == "lead_id";
    odd_fields("user_data.", &user.extra, UserData::FIELDS, is_refused_for, findings);
    unknown_fields(KeyHome::UserData, "user_data.", &user.extra, UserData::FIELDS, findings);
}

/// Ids that stand for nobody: placeholders, and the advertising id of zeros that a device gives whose
/// owner does not want to be followed (Apple's and Google's documentation).
fn ids(user: &UserData<'_>, findings: &mut Findings) {
    let zeros = |id: &str| id.bytes().all(|byte| matches!(byte, b'0' | b'-'));
    for (name, id) in [("madid", &user.madid), ("anon_id", &user.anon_id)] {
        let Some(id) = id.as_deref().filter(|id| !id.is_empty()) else { continue };
        if zeros(id) {
            findings.advise(
                "zero_id",
                format!("user_data.{name}"),
                "this id of zeros is what a device gives where tracking is not allowed, and is nobody's; leave it out",
            );
        } else if Hashed::read(id).is_some_and(|hash| !hash.is_md5()) {
            // Meta's SDK 25 for PHP does so; its documentation and its other SDKs do not.
            findings.advise(
                "hashed_plain_key",
                format!("user_data.{name}"),
                "this id must not be hashed; send it as the device gives it",
            );
        } else if normalize::stands_for_nothing(id) {
            placeholder(name, findings);
        }
    }
    for (name, id) in [
        ("subscription_id", &user.subscription_id),
        ("ctwa_clid", &user.ctwa_clid),
        ("page_scoped_user_id", &user.page_scoped_user_id),
        ("ig_sid", &user.ig_sid),
    ] {
        if id.as_deref().is_some_and(normalize::stands_for_nothing) {
            placeholder(name, findings);
        }
    }
}

fn placeholder(name: &str, findings: &mut Findings) {
    findings.advise(
        "placeholder",
        format!("user_data.{name}"),
        "this is a placeholder and no id; fill the field of the template, or leave it out",
    );
}
