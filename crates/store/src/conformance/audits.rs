//! How far audit logs were read.

use kopru_core::{AuditLog, Fact};

use crate::{AuditRead, Store};

const ORIGIN: &str = "crm:audited";

fn read(since_s: i64, upto_s: i64) -> AuditRead {
    AuditRead { origin: ORIGIN.into(), since_s, upto_s }
}

fn rows() -> Vec<Fact> {
    vec![Fact::AuditLog(AuditLog { origin: ORIGIN.into(), rows: Vec::new() })]
}

pub async fn go_on_where_they_ended(store: &dyn Store) {
    let mine = store.workspace("audited").await.unwrap();
    let other = store.workspace("audited as well").await.unwrap();
    assert_eq!(store.audit_since(mine, ORIGIN).await.unwrap(), None);
    for (since_s, upto_s, then_s) in [(1_000, 1_000, 1_000), (1_000, 1_500, 1_500), (1_400, 1_450, 1_500)] {
        store.keep_audit(mine, "kommo", 1, rows(), read(since_s, upto_s)).await.unwrap();
        assert_eq!(store.audit_since(mine, ORIGIN).await.unwrap(), Some(then_s));
    }
    assert_eq!(store.ledger(mine).await.unwrap().facts.received, 3);
    assert_eq!(store.audit_since(other, ORIGIN).await.unwrap(), None);
    assert_eq!(store.audit_since(mine, "crm:another").await.unwrap(), None);
}

pub async fn are_read_again_from_where_somebody_says(store: &dyn Store) {
    let mine = store.workspace("audited again").await.unwrap();
    store.keep_audit(mine, "kommo", 1, Vec::new(), read(5_000, 5_000)).await.unwrap();
    store.read_audit_again(mine, ORIGIN, 1_000).await.unwrap();
    store.read_audit_again(mine, ORIGIN, 2_000).await.unwrap();
    assert_eq!(store.audit_since(mine, ORIGIN).await.unwrap(), Some(1_000));
    // A reading that had begun before does not end that.
    store.keep_audit(mine, "kommo", 1, Vec::new(), read(5_000, 5_100)).await.unwrap();
    assert_eq!(store.audit_since(mine, ORIGIN).await.unwrap(), Some(1_000));
    // It is read in spans of time.
    for (since_s, upto_s, then_s) in [(1_000, 3_000, 3_000), (3_000, 5_200, 5_200)] {
        store.keep_audit(mine, "kommo", 1, Vec::new(), read(since_s, upto_s)).await.unwrap();
        assert_eq!(store.audit_since(mine, ORIGIN).await.unwrap(), Some(then_s));
    }
    // Where nothing was read yet, it is read from there as well.
    let new = store.workspace("audited from then").await.unwrap();
    store.read_audit_again(new, ORIGIN, 700).await.unwrap();
    assert_eq!(store.audit_since(new, ORIGIN).await.unwrap(), Some(700));
}
