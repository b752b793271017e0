//! The floor: what the machine can do at best with the same bytes and as many rows.
//!
//! Neither half does anything that Kopru has to do: no signature, no JSON, no decision, no index, one
//! row for each fact. Kopru writes several rows for each fact, and looks some up before.

use std::time::Instant;

use rusqlite::Connection;

use super::{bodies, run};
use crate::service::{Failure, stub};

/// A sealed fact is about as long.
const ROW: [u8; 300] = [0x5a; 300];

/// One measurement.
pub struct Floor {
    pub posted_per_s: f64,
    pub rows_per_s: f64,
}

impl Floor {
    /// Posting and writing one after the other.
    pub fn both_per_s(&self) -> f64 {
        1.0 / (1.0 / self.posted_per_s + 1.0 / self.rows_per_s)
    }
}

pub async fn measure(people: u64) -> Result<Floor, Failure> {
    let numbers: Vec<u64> = (1..=people).collect();
    let bodies = bodies::clicks(&numbers, 1_700_000_000);
    let server = stub::mere_server().await?;
    let started = Instant::now();
    run::post(server, bodies).await?;
    let posted_per_s = people as f64 / started.elapsed().as_secs_f64();
    let rows_per_s = tokio::task::spawn_blocking(move || write_rows(people)).await??;
    Ok(Floor { posted_per_s, rows_per_s })
}

fn write_rows(rows: u64) -> Result<f64, Failure> {
    // On the disk on which the stores of the runs are.
    let folder = tempfile::Builder::new().prefix("floor-").tempdir_in("target")?;
    let mut connection = Connection::open(folder.path().join("floor.db"))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.execute("CREATE TABLE fact (seq INTEGER PRIMARY KEY, sealed BLOB NOT NULL)", [])?;
    let started = Instant::now();
    let mut left = rows;
    while left > 0 {
        let group = left.min(bodies::BODY as u64);
        let transaction = connection.transaction()?;
        {
            let mut insert = transaction.prepare_cached("INSERT INTO fact (sealed) VALUES (?)")?;
            for _ in 0..group {
                insert.execute([&ROW[..]])?;
            }
        }
        transaction.commit()?;
        left -= group;
    }
    Ok(rows as f64 / started.elapsed().as_secs_f64())
}
