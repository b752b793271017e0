//! Access tokens that change with use.

use std::sync::Arc;

use crate::Store;

const ORIGIN: &str = "crm:tokens";

pub async fn are_kept_apart_and_replaced(store: &dyn Store) {
    let mine = store.workspace("with tokens").await.unwrap();
    let other = store.workspace("with other tokens").await.unwrap();
    assert_eq!(store.token(mine, ORIGIN).await.unwrap(), None);
    for token in ["first", "second"] {
        store.keep_token(mine, ORIGIN, token).await.unwrap();
        assert_eq!(store.token(mine, ORIGIN).await.unwrap().as_deref(), Some(token));
    }
    assert_eq!(store.token(other, ORIGIN).await.unwrap(), None);
    assert_eq!(store.token(mine, "crm:another").await.unwrap(), None);
}

pub async fn survive_reopening(open: &impl AsyncFn() -> Arc<dyn Store>) {
    let store = open().await;
    let mine = store.workspace("with tokens").await.unwrap();
    assert_eq!(store.token(mine, ORIGIN).await.unwrap().as_deref(), Some("second"));
}
