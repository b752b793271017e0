use std::sync::mpsc as answers;

use super::*;
use crate::DataKey;

type Answers = answers::Receiver<Result<(), StoreError>>;

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
    (Job { run, fails_alone }, told)
}

/// A writer on a table, and the jobs that it finds when it starts.
fn run_all(prepare: &str, broken: bool, sql: &[&'static str]) -> (Vec<Result<(), StoreError>>, bool) {
    run_group(prepare, broken, true, sql)
}

fn run_group(
    prepare: &str,
    broken: bool,
    fails_alone: bool,
    sql: &[&'static str],
) -> (Vec<Result<(), StoreError>>, bool) {
    let connection = Connection::open_in_memory().unwrap();
    connection.execute_batch("CREATE TABLE t (x BLOB NOT NULL);").unwrap();
    connection.execute_batch(prepare).unwrap();
    let seal = Arc::new(Seal::new(&DataKey::generate().unwrap()).unwrap());
    let broken = Arc::new(AtomicBool::new(broken));
    let (jobs, waiting) = mpsc::channel(sql.len());
    let told: Vec<Answers> = sql
        .iter()
        .map(|sql| {
            let (job, told) = job(sql, fails_alone);
            jobs.blocking_send(job).unwrap_or_else(|_| panic!("the writer is gone"));
            told
        })
        .collect();
    drop(jobs);
    drop(spawn(connection, waiting, seal, Arc::clone(&broken)).unwrap());
    let told = told.iter().map(|told| told.recv().unwrap()).collect();
    (told, broken.load(Ordering::Relaxed))
}

const SMALL: &str = "INSERT INTO t VALUES (1)";

#[test]
fn one_that_fails_takes_nothing_else_along() {
    let (told, broken) = run_all("", false, &[SMALL, "INSERT INTO t VALUES (NULL)", SMALL]);
    assert!(matches!(told.as_slice(), [Ok(()), Err(StoreError::Database(_)), Ok(())]), "{told:?}");
    assert!(!broken);
}

#[test]
fn rows_without_a_savepoint_stand_or_fall_together() {
    let (told, broken) = run_group("", false, false, &[SMALL, "INSERT INTO t VALUES (NULL)", SMALL]);
    assert!(matches!(told.as_slice(), [Err(_), Err(_), Err(_)]), "nothing half-written: {told:?}");
    assert!(!broken);
}

#[test]
fn when_the_disk_is_full_nobody_is_told_that_the_store_is_closed() {
    let large = "INSERT INTO t VALUES (zeroblob(1000000))";
    let (told, broken) = run_all("PRAGMA max_page_count = 3", false, &[SMALL, large, SMALL]);
    assert!(matches!(told[1], Err(StoreError::Full(_))), "{told:?}");
    assert!(!told.iter().any(|told| matches!(told, Err(StoreError::Closed))), "{told:?}");
    assert!(!broken, "there may be room again");
}

#[test]
fn when_a_transaction_cannot_begin_every_caller_is_told_why() {
    let (told, _) = run_all("BEGIN", false, &[SMALL, SMALL]);
    assert!(matches!(told.as_slice(), [Err(StoreError::Database(_)), _]), "{told:?}");
}

#[test]
fn after_a_failure_of_the_disk_nothing_is_written() {
    let (told, _) = run_all("", true, &[SMALL, SMALL]);
    assert!(told.iter().all(|told| matches!(told, Err(StoreError::Unwritable(_)))), "{told:?}");
}
