//! What becomes of activities to which something was added that they do not say themselves.

use kopru_core::{Identifier, Node, Trust};

use super::{
    activities::{NOW_MS, accepted, activity, append, claim, lane, settle},
    shop::{SET, Shop, member},
};
use crate::{Member, Store};

/// Meta's hash of an address, and of another one.
const HASHES: [&str; 2] = [
    "1b0f42ad0aaf2c8d0d3d4ed0c1e0d4b3c7f6a5948372615049d8e7f6a5b4c3d2",
    "2c1053be1bb03d9e1e4e5fe1d2f1e5c4d807b6a5594837261605e9f807b6c5d4",
];

pub(super) async fn are_of_whom_they_were_enriched_with(store: &dyn Store) {
    let shop = Shop::open(store, "enriched").await;
    let join = store.join_key(shop.workspace).await.unwrap();
    let of = |node: &Node| Identifier { node: node.clone(), trust: Trust::Other, match_key: None };
    let told = HASHES.map(|hash| join.match_value(SET, "em", hash));
    let customer = join.match_value(SET, "external_id", HASHES[0]);
    let mut names_them = activity("names them");
    names_them.activity.who = vec![of(&told[0])];
    let others = ["of them", "of their browser", "of somebody else", "of a customer"].map(activity);
    append(&shop, NOW_MS, std::iter::once(names_them).chain(others).collect()).await;

    let sent = |key: &str, hashes: &[&str], added: &str| {
        let body = serde_json::json!({ "user_data": { key: hashes } }).to_string();
        (body, format!(r#"{{"keys":["{key}"]{added}}}"#))
    };
    let bodies = [
        sent("em", &HASHES[..1], ""),
        sent("em", &HASHES[..], r#","added":["em"]"#),
        // They were told of it, and it was not added.
        sent("em", &HASHES[..1], ""),
        sent("em", &HASHES[1..], r#","added":["em"]"#),
        sent("external_id", &HASHES[..1], r#","added":["external_id"]"#),
    ];
    let claimed = claim(&shop, NOW_MS).await;
    let members = claimed.iter().zip(bodies);
    let members = members.map(|(one, (body, carried))| Member { body, carried, ..member(one) }).collect();
    let opened = store.open(shop.lease, &lane(), members, NOW_MS).await.unwrap();
    settle(&shop, Some(opened.attempt), &claimed, accepted(), NOW_MS + 1).await;

    let known = async |who: &Node| -> Vec<String> {
        let person = store.person(shop.workspace, std::slice::from_ref(who)).await.unwrap();
        person.conversions.into_iter().map(|one| one.conversion.event_id).collect()
    };
    assert_eq!(known(&told[0]).await, ["of them", "names them"]);
    assert_eq!(known(&customer).await, ["of a customer"]);

    let erased = store.erase(shop.workspace, &told[..1], NOW_MS + 2).await.unwrap();
    assert_eq!(erased.removed.conversions, 2);
    assert!(known(&told[0]).await.is_empty());
    for (event_id, is_kept) in [
        ("names them", false),
        ("of them", false),
        ("of their browser", true),
        ("of somebody else", true),
        ("of a customer", true),
    ] {
        let listed = shop.listed(event_id).await;
        assert_eq!(listed.body.is_some(), is_kept, "{event_id}");
        assert_eq!(listed.conversion.identity.is_some(), is_kept, "{event_id}");
    }
    shop.balanced().await;
}
