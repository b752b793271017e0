use std::sync::mpsc as answers;

use super::*;
use crate::StoreState;

type Answers = answers::Receiver<Result<(), Error>>;

/// A change that runs a statement, and where its outcome will be told.
fn job(sql: &'static str, fails_alone: bool) -> (Job, Answers) {
    let (tell, told) = answers::channel();
    let run: Change = Box::new(move |txn| match txn.and_then(|txn| txn.run(sql, [])) {
        Ok(_) => Done::Kept(Box::new(move |outcome| {
            let _ = tell.send(outcome);
        })),
        Err(error) => {
            let _ = tell.send(Err(error.clone()));
            Done::Undone(error)
        }
    });
    (Job { run, fails_alone, from_door: false, bytes: 0 }, told)
}

/// A writer on a table, and the jobs that it finds when it starts.
fn run_all(prepare: &str, broken: bool, sql: &[&'static str]) -> (Vec<Result<(), Error>>, bool) {
    run_group(prepare, broken, true, sql)
}

fn run_group(
    prepare: &str,
    broken: bool,
    fails_alone: bool,
    sql: &[&'static str],
) -> (Vec<Result<(), Error>>, bool) {
    let health = WriterHealth::default();
    if broken {
        health.note(&Err(Error::unwritable("the disk failed")));
    }
    let (outbox, thread) = writer(prepare, health.clone());
    let told: Vec<Answers> = sql
        .iter()
        .map(|sql| {
            let (job, told) = job(sql, fails_alone);
            block_on(outbox.send(job)).unwrap();
            told
        })
        .collect();
    drop(outbox);
    drop(thread);
    let told = told.iter().map(|told| told.recv().unwrap()).collect();
    (told, health.is_broken())
}

/// A writer on tables in memory.
fn writer(prepare: &str, health: WriterHealth) -> (Outbox, Thread) {
    writer_flushing(prepare, health, Box::new(|| Ok(())))
}

fn writer_flushing(prepare: &str, health: WriterHealth, flush: Flush) -> (Outbox, Thread) {
    let connection = Connection::open_in_memory().unwrap();
    connection
        .execute_batch(
            "CREATE TABLE t (x BLOB NOT NULL); CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT);",
        )
        .unwrap();
    connection.execute_batch(prepare).unwrap();
    spawn(tools(connection, health, flush)).unwrap()
}

fn tools(connection: Connection, health: WriterHealth, flush: Flush) -> Tools {
    let flushing = Flushing { flush, received: None, health: health.clone(), runtime: None };
    let flusher = Flusher::spawn(flushing).unwrap();
    Tools {
        connection,
        log: None,
        flusher,
        keys: Arc::default(),
        once: Arc::default(),
        health,
        wakeups: Arc::default(),
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(future)
}

const SMALL: &str = "INSERT INTO t VALUES (1)";

#[test]
fn one_that_fails_takes_nothing_else_along() {
    let (told, broken) = run_all("", false, &[SMALL, "INSERT INTO t VALUES (NULL)", SMALL]);
    assert!(matches!(told.as_slice(), [Ok(()), Err(Error::Database(_)), Ok(())]), "{told:?}");
    assert!(!broken);
}

#[test]
fn rows_without_a_savepoint_stand_or_fall_together() {
    // The first finds the others waiting, so they are one group.
    let slow =
        "INSERT INTO t WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000)
        SELECT max(i) FROM n";
    let null = "INSERT INTO t VALUES (NULL)";
    let (told, broken) = run_group("", false, false, &[slow, SMALL, SMALL]);
    assert!(told.iter().all(Result::is_ok) && !broken, "{told:?}");
    let (told, broken) = run_group("", false, false, &[null, SMALL, null, SMALL]);
    assert!(matches!(told.as_slice(), [Err(_), Ok(()), Err(_), Ok(())]), "from then on each alone: {told:?}");
    assert!(!broken);
}

#[test]
fn when_the_disk_is_full_nobody_is_told_that_the_store_is_closed() {
    let large = "INSERT INTO t VALUES (zeroblob(1000000))";
    let (told, broken) = run_all("PRAGMA max_page_count = 5", false, &[SMALL, large, SMALL]);
    assert!(matches!(told[1], Err(Error::Full(_))), "{told:?}");
    assert!(!told.iter().any(|told| matches!(told, Err(Error::Closed))), "{told:?}");
    assert!(!broken, "there may be room again");
}

#[test]
fn when_a_transaction_cannot_begin_every_caller_is_told_why() {
    let (told, _) = run_all("BEGIN", false, &[SMALL, SMALL]);
    assert!(matches!(told.as_slice(), [Err(Error::Database(_)), _]), "{told:?}");
}

#[test]
fn after_a_failure_of_the_disk_nothing_is_written() {
    let (told, _) = run_all("", true, &[SMALL, SMALL]);
    assert!(told.iter().all(|told| matches!(told, Err(Error::Unwritable(_)))), "{told:?}");
}

#[test]
fn nobody_is_answered_before_the_flush_and_after_one_that_failed_nothing_is_written() {
    let health = WriterHealth::default();
    let (let_go, hold) = answers::channel::<std::io::Result<()>>();
    let (outbox, thread) = writer_flushing("", health.clone(), Box::new(move || hold.recv().unwrap()));
    let send = || {
        let (job, told) = job(SMALL, false);
        block_on(outbox.send(job)).unwrap();
        told
    };
    let first = send();
    assert!(first.recv_timeout(Duration::from_millis(50)).is_err(), "it is not durable yet");
    let_go.send(Ok(())).unwrap();
    first.recv().unwrap().unwrap();

    let second = send();
    let_go.send(Err(std::io::Error::other("the disk failed"))).unwrap();
    assert!(matches!(second.recv().unwrap(), Err(Error::Unwritable(_))));
    let third = send();
    assert!(matches!(third.recv().unwrap(), Err(Error::Unwritable(_))), "another flush proves nothing");
    assert_eq!(health.state(), StoreState::Broken);
    drop(outbox);
    drop(thread);
}

#[test]
fn a_change_in_a_door_without_a_savepoint_takes_its_group_along_and_nothing_is_half_written() {
    let group = [SMALL, "INSERT INTO t VALUES (NULL)"].map(|sql| job(sql, false));
    let (told, jobs): (Vec<_>, Vec<_>) = group.into_iter().map(|(job, told)| (told, job)).unzip();
    let (outbox, inbox) = inbox().unwrap();
    for job in jobs {
        block_on(outbox.send(job)).unwrap();
    }
    drop(outbox);
    let connection = Connection::open_in_memory().unwrap();
    connection.execute_batch("CREATE TABLE t (x BLOB NOT NULL)").unwrap();
    let tools = tools(connection, WriterHealth::default(), Box::new(|| Ok(())));
    let mut writer = Writer::new(tools, inbox);
    writer.run();
    assert!(told.iter().all(|told| told.recv().unwrap().is_err()));
    let rows: i64 = writer.connection.query_row("SELECT count(*) FROM t", [], |row| row.get(0)).unwrap();
    assert_eq!(rows, 0);
}

#[test]
fn a_full_store_recovers_by_itself_when_there_is_room_again() {
    let health = WriterHealth::default();
    health.note(&Err(Error::full("no room")));
    assert_eq!(health.state(), StoreState::Full);
    let (outbox, thread) = writer("", health.clone());
    block_on(async {
        for _ in 0..200 {
            if health.state() == StoreState::Ready {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
    assert_eq!(health.state(), StoreState::Ready);
    drop(outbox);
    drop(thread);
}

#[test]
fn doors_go_first_and_starve_nobody() {
    let (outbox, mut inbox) = inbox().unwrap();
    let door = |from_door| Job { from_door, ..job(SMALL, false).0 };
    for from_door in [false, false, true, true, true] {
        block_on(outbox.send(door(from_door))).unwrap();
    }
    let mut order = Vec::new();
    while let Some(job) = inbox.waiting() {
        order.push(job.from_door);
        // Each door takes more than half of what doors may take at once.
        inbox.took(job.from_door, Duration::from_millis(3));
    }
    assert_eq!(order, [true, true, false, true, false]);
}
