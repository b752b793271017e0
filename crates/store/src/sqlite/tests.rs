//! What only the inside of the provider can show.

use std::sync::atomic::{AtomicBool, Ordering};

use kopru_core::{ConversionFilter, State, WorkspaceId};

use super::{unreadable, *};
use crate::{Clock, CopyProgress, FactStore, Store, StoreState, Unreadable, Views, views::EXAMINED_MAX};

fn store(folder: &Path) -> Sqlite {
    Sqlite::open(folder, &DataKey::generate().unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_panics_is_undone_and_the_writer_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    let panics = store.write(|txn| -> Result<(), Error> {
        txn.run("INSERT INTO meta (key, value) VALUES ('half', 'written')", [])?;
        panic!("a change that cannot go on");
    });
    assert!(matches!(panics.await, Err(Error::Database(_))));
    store.set_setting("after", "still here".into()).await.unwrap();
    assert_eq!(store.setting("half").await.unwrap(), None);
    assert_eq!(store.setting("after").await.unwrap().as_deref(), Some("still here"));
    assert!((store.state() == StoreState::Ready));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_that_panics_takes_no_place_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    for _ in 0..20 {
        let panics = store.read_all(|_| -> Result<(), Error> { panic!("a read that cannot go on") });
        assert!(panics.await.is_err());
    }
    store.read_all(|_| Ok(())).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_takes_too_long_is_ended() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    let endless = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
    let page =
        store.page_of_all(|connection| Ok(connection.query_row(endless, [], |row| row.get::<_, i64>(0))?));
    assert!(page.await.is_err());
    let workspace = store.workspace("acme").await.unwrap();
    assert!(store.ledger(workspace).await.unwrap().balanced, "the connection is good again");
}

/// What is kept: how many bodies by the sum and by the rows, and how many bytes by both.
async fn kept(store: &Sqlite, workspace: WorkspaceId) -> [i64; 5] {
    store
        .read_all(move |connection| {
            let one = |sql: &str| connection.query_row(sql, [workspace.0], |row| row.get(0));
            Ok([
                one("SELECT n FROM unreadable_kept WHERE workspace = ?")?,
                one("SELECT count(*) FROM unreadable WHERE workspace = ?")?,
                one("SELECT bytes FROM unreadable_kept WHERE workspace = ?")?,
                one("SELECT sum(length(body)) FROM unreadable_body WHERE workspace = ?")?,
                one("SELECT count(*) FROM unreadable_body WHERE workspace = ?")?,
            ])
        })
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_nobody_understands_stay_within_bounds_and_each_costs_the_same() {
    const EVICTED: usize = 4;
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    let workspace = store.workspace("acme").await.unwrap();
    let bounds =
        || unreadable::BodyBounds { age_ms: 1_000, bodies: 20, bytes: 100_000, evicted_at_once: EVICTED };
    let mut rows = 0;
    // Small ones, large ones behind them, and small ones again.
    let sizes = [vec![10; 30], vec![30_000; 20], vec![5; 30], vec![200_000], vec![5; 3]].concat();
    for (at, size) in sizes.into_iter().enumerate() {
        let body = Unreadable {
            counted_as: "unreadable",
            source: "test".into(),
            skeleton: "text".into(),
            body: vec![7; size],
        };
        let at_ms = i64::try_from(at).unwrap();
        store.write(move |txn| unreadable::append(txn, workspace, at_ms, &body, &bounds())).await.unwrap();
        let [n, counted, bytes, summed, _] = kept(&store, workspace).await;
        assert_eq!((n, bytes), (counted, summed), "the sums are right after {at}");
        assert!(n <= 20 && bytes <= 100_000, "{n} bodies, {bytes} bytes");
        assert!(rows + 1 - n <= EVICTED as i64, "{at} drove out {}", rows + 1 - n);
        rows = n;
    }
    // What is too old leaves as well, some with each new one.
    for _ in 0..8 {
        let body = Unreadable {
            counted_as: "unreadable",
            source: "test".into(),
            skeleton: "text".into(),
            body: vec![7],
        };
        store.write(move |txn| unreadable::append(txn, workspace, 5_000, &body, &bounds())).await.unwrap();
    }
    assert_eq!(kept(&store, workspace).await, [8, 8, 8, 8, 8]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_nobody_understands_is_kept_sealed_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    let workspace = store.workspace("acme").await.unwrap();
    let body = Unreadable {
        counted_as: "unreadable",
        source: "test".into(),
        skeleton: "text".into(),
        body: b"who knows".to_vec(),
    };
    store.append_unreadable(workspace, 1, body).await.unwrap();
    let opened = store
        .read(workspace, |connection, opener| {
            let body: Vec<u8> =
                connection.query_row("SELECT body FROM unreadable_body", [], |row| row.get(0))?;
            opener.open("unreadable", &body)
        })
        .await
        .unwrap();
    assert_eq!(opened, b"who knows");
    assert_eq!(store.ledger(workspace).await.unwrap().refused_at_door["unreadable"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_says_where_it_stopped_and_goes_on_from_there() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    let workspace = store.workspace("acme").await.unwrap();
    let count = EXAMINED_MAX + 10;
    // Records that cannot be read are known by their columns. The oldest has failed.
    store
        .write(move |txn| {
            txn.run(
                "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?2)
                 INSERT INTO conversion (workspace, number, event_id, cause, event, name, rule, event_s, created_ms, state,
                    route, record)
                 SELECT ?1, i, 'e' || i, 'deal:kommo:acme/1', 'Lead', 'LeadSubmitted', 'qualified', i, i, iif(i = 1, 'failed', 'accepted'),
                    'messaging/whatsapp', 'lost' FROM n",
                (workspace.0, count),
            )
        })
        .await
        .unwrap();
    let failed = ConversionFilter { states: vec![State::Failed], ..ConversionFilter::default() };
    let page = store.conversions_of(workspace, failed.clone(), None, 5).await.unwrap();
    let stopped_at = page.stopped_at.unwrap();
    assert_eq!((page.listed.len(), stopped_at.event_id.as_str(), stopped_at.created_ms), (0, "e11", 11));
    let below = store.conversion_number(workspace, &stopped_at.event_id).await.unwrap();
    let page = store.conversions_of(workspace, failed, below, 5).await.unwrap();
    assert_eq!((page.listed.len(), page.stopped_at), (1, None));

    // What is named is found at once, however old it is.
    let named = ConversionFilter { event_ids: vec!["e1".into()], ..ConversionFilter::default() };
    let page = store.conversions_of(workspace, named, None, 5).await.unwrap();
    assert_eq!((page.listed[0].number, page.stopped_at), (1, None));
}

/// What is written while a copy is made goes into it, the log of changes keeps its bound, and the copy never
/// begins anew.
#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::disallowed_methods, reason = "the writer's own thread")]
async fn the_log_begins_anew_while_a_copy_is_made() {
    const MIB: u64 = 1024 * 1024;
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let store = Arc::new(store(&data));
    let fill = |store: Arc<Sqlite>, key: String| async move {
        let fill = "INSERT OR REPLACE INTO meta (key, value) VALUES (?, hex(randomblob(524288)))";
        store.write(move |txn| txn.run(fill, [key])).await.unwrap();
    };
    for place in 0..12 {
        fill(Arc::clone(&store), place.to_string()).await;
    }
    let stop = Arc::new(AtomicBool::new(false));
    let writing = [0, 11].map(|place| {
        let (store, stop, log) = (Arc::clone(&store), Arc::clone(&stop), data.join("kopru.db-wal"));
        tokio::spawn(async move {
            let (mut written, mut longest) = (0, 0);
            while !stop.load(Ordering::Relaxed) {
                fill(Arc::clone(&store), place.to_string()).await;
                written += MIB;
                longest = longest.max(std::fs::metadata(&log).map_or(0, |log| log.len()));
            }
            (written, longest)
        })
    });
    let mut before = 0;
    let progress = Box::new(move |CopyProgress { done, of }| {
        assert!(before <= done && done <= of, "it began anew: {before}, {done} of {of}");
        before = done;
        // Those who write have their turn after each step, however quick the disk is.
        std::thread::sleep(std::time::Duration::from_millis(1));
    });
    let file = folder.path().join("backup.db");
    store.back_up(&file, false, &Clock::system(), progress).await.unwrap();
    stop.store(true, Ordering::Relaxed);
    let mut all = 0;
    for one in writing {
        let (written, longest) = one.await.unwrap();
        all += written;
        assert!(longest < 128 * MIB, "{longest}");
    }
    // From 40 MiB on the log begins anew.
    assert!(all > 45 * MIB, "only {all} bytes were written meanwhile");
}
