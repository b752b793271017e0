//! API keys.

use std::{collections::BTreeSet, sync::Arc};

use crate::{API_KEYS_MAX, ApiKey, Error, KeyConsent, KeyScope, NewApiKey, REVOKED_KEYS_MAX, Store};

fn new(name: &str, hash: u8) -> NewApiKey {
    NewApiKey {
        name: name.to_owned(),
        hash: [hash; 32],
        scopes: [KeyScope::Events, KeyScope::Manage].into(),
        consent: Some(KeyConsent::Field("marketing consent".to_owned())),
        strict: true,
    }
}

fn names(keys: &[ApiKey]) -> Vec<&str> {
    keys.iter().map(|key| key.name.as_str()).collect()
}

pub(super) async fn are_kept_as_they_were_made(store: &dyn Store) {
    let mine = store.workspace("with keys").await.unwrap();
    let other = store.workspace("with other keys").await.unwrap();
    let shop = store.make_key(mine, new("shop", 1), 1_000).await.unwrap();
    let NewApiKey { name, hash, scopes, consent, strict } = new("shop", 1);
    let kept = ApiKey {
        workspace: mine,
        number: 1,
        name,
        hash,
        scopes,
        consent,
        strict,
        created_ms: 1_000,
        revoked_ms: None,
    };
    assert_eq!(shop, kept);
    let plain = NewApiKey { scopes: [KeyScope::Read].into(), consent: None, strict: false, ..new("page", 2) };
    let page = store.make_key(mine, plain, 2_000).await.unwrap();
    assert_eq!((page.number, page.consent.as_ref(), page.strict), (2, None, false));
    let others = store.make_key(other, new("shop", 3), 3_000).await.unwrap();
    assert_eq!((others.workspace, others.number), (other, 1), "names and numbers are a workspace's own");
    assert_eq!(store.keys(mine).await.unwrap(), [shop.clone(), page.clone()]);
    assert_eq!(store.keys(other).await.unwrap(), std::slice::from_ref(&others));
    let held = store.keys_that_hold().await.unwrap();
    assert!([&shop, &page, &others].into_iter().all(|key| held.contains(key)));
}

pub(super) async fn hold_until_they_are_revoked(store: &dyn Store) {
    let mine = store.workspace("with revoked keys").await.unwrap();
    let other = store.workspace("with other keys").await.unwrap();
    let first = store.make_key(mine, new("shop", 11), 1_000).await.unwrap();
    assert!(matches!(store.make_key(mine, new("shop", 12), 1_500).await, Err(Error::KeyNameTaken(_))));
    assert_eq!(store.revoke_key(mine, "shops", 2_000).await.unwrap(), None);
    let revoked = store.revoke_key(mine, "shop", 2_000).await.unwrap();
    assert_eq!(revoked, Some(ApiKey { revoked_ms: Some(2_000), ..first.clone() }));
    assert_eq!(store.revoke_key(mine, "shop", 3_000).await.unwrap(), None, "once");
    assert!(!store.keys_that_hold().await.unwrap().iter().any(|key| key.hash == first.hash));
    assert_eq!(store.keys(mine).await.unwrap(), revoked.as_slice());
    let all_revoked = store.revoked_keys().await.unwrap();
    assert!(revoked.iter().all(|key| all_revoked.contains(key)));
    assert!(all_revoked.iter().all(|key| key.revoked_ms.is_some()));
    assert_eq!(store.keys(other).await.unwrap()[0].revoked_ms, None, "the other one's of this name holds");
    let again = store.make_key(mine, new("shop", 13), 4_000).await.unwrap();
    assert_eq!(again.number, 2);
    assert_eq!(names(&store.keys(mine).await.unwrap()), ["shop", "shop"]);
}

pub(super) async fn are_bounded(store: &dyn Store) {
    let mine = store.workspace("with many keys").await.unwrap();
    for number in 0..API_KEYS_MAX {
        store.make_key(mine, new(&format!("key-{number}"), 20), 1_000).await.unwrap();
    }
    assert!(matches!(store.make_key(mine, new("one-more", 20), 1_000).await, Err(Error::TooManyKeys(_))));
    for number in 0..API_KEYS_MAX {
        store.revoke_key(mine, &format!("key-{number}"), 2_000).await.unwrap().unwrap();
    }
    for _ in 0..3 {
        store.make_key(mine, new("short", 21), 3_000).await.unwrap();
        store.revoke_key(mine, "short", 4_000).await.unwrap().unwrap();
    }
    store.make_key(mine, new("last", 22), 5_000).await.unwrap();
    let kept = store.keys(mine).await.unwrap();
    assert_eq!(kept.len(), REVOKED_KEYS_MAX + 1, "the oldest ones go");
    assert_eq!((kept[0].name.as_str(), kept.last().unwrap().number), ("key-3", 104));
    let numbers: BTreeSet<u64> = kept.iter().map(|key| key.number).collect();
    assert_eq!(numbers.len(), kept.len(), "no number is given out twice");
}

pub(super) async fn go_with_their_workspace(store: &dyn Store) {
    let mine = store.workspace("with keys to erase").await.unwrap();
    store.make_key(mine, new("shop", 31), 1_000).await.unwrap();
    store.erase_workspace(mine, 2_000).await.unwrap();
    assert!(!store.keys_that_hold().await.unwrap().iter().any(|key| key.hash == [31; 32]));
    assert!(!store.revoked_keys().await.unwrap().iter().any(|key| key.workspace == mine));
    assert!(matches!(store.keys(mine).await, Err(Error::NoKeys(_))));
    assert!(matches!(store.make_key(mine, new("shop", 32), 3_000).await, Err(Error::NoKeys(_))));
    assert!(matches!(store.revoke_key(mine, "shop", 3_000).await, Err(Error::NoKeys(_))));
}

pub(super) async fn survive_reopening(open: &impl AsyncFn() -> Arc<dyn Store>) {
    let store = open().await;
    let mine = store.workspace("with revoked keys").await.unwrap();
    let kept = store.keys(mine).await.unwrap();
    let revoked: Vec<_> = kept.iter().map(|key| key.revoked_ms).collect();
    assert_eq!((names(&kept), revoked), (vec!["shop", "shop"], vec![Some(2_000), None]));
    assert!(store.keys_that_hold().await.unwrap().contains(&kept[1]));
}
