//! Whether somebody is left whom Meta could recognise, once what is unusable is gone.

use super::{Findings, NOBODY_LEFT, broad};
use crate::{FieldSet, browser::address, event::UserData, field_set::FieldBit, json_writer};

/// `empty` are the match keys of which no value is usable.
pub(super) fn check(user: &UserData<'_>, mut empty: FieldSet, findings: &mut Findings) {
    let mut leave_out = |name| empty.extend(FieldBit::within("user_data", name));
    for (name, text) in [
        ("fbp", &user.fbp),
        ("fbc", &user.fbc),
        ("subscription_id", &user.subscription_id),
        ("anon_id", &user.anon_id),
        ("madid", &user.madid),
    ] {
        if text.as_deref().is_some_and(|text| json_writer::is_no_value_of(name, text)) {
            leave_out(name);
        }
    }
    if user
        .client_ip_address
        .as_deref()
        .is_some_and(|text| !text.is_empty() && address::for_meta(text).is_none())
    {
        leave_out("client_ip_address");
    }
    if !empty.is_empty() && broad::is_too_broad_without(user, empty) && !broad::is_too_broad(user) {
        findings.advise(
            "nobody_left",
            "user_data",
            format!("{NOBODY_LEFT}; give a value that is theirs, or leave the event out"),
        );
    }
}
