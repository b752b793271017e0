//! What three hundred workspaces cost while nothing happens.

use std::time::Duration;

use super::{Bench, door::MANY};
use crate::service::{
    Failure,
    figures::{asked, progress},
    site::Site,
};

/// How long after the start: connections over which names of stages were asked are closed by then.
const SETTLING: Duration = Duration::from_secs(20);

pub async fn measure(bench: &Bench) -> Result<(), Failure> {
    let watched = Duration::from_secs(if bench.quick { 5 } else { 20 });
    println!("\nIdle with {MANY} workspaces, over {} s", watched.as_secs());
    println!("  {:<8}{:>16}{:>16}{:>14}{:>10}", "", "% of a core", "resident MiB", "descriptors", "threads");
    for binary in &bench.binaries {
        progress(&format!("idle: {}", binary.name));
        let site = Site::start(&binary.file, MANY, 1).await?;
        tokio::time::sleep(SETTLING).await;
        let before = site.usage()?;
        tokio::time::sleep(watched).await;
        let after = site.usage()?;
        let share = 100.0 * (after.cpu_s - before.cpu_s) / watched.as_secs_f64();
        println!(
            "  {:<8}{share:>16.2}{:>16.1}{:>14}{:>10}",
            binary.name, after.resident_mib, after.descriptors, after.threads
        );
        if binary.name == "new" {
            asked("percent of a core", share, "<", 1.0);
            asked("resident MiB", after.resident_mib, "<", 80.0);
            asked("descriptors", after.descriptors as f64, "<", 100.0);
        }
    }
    Ok(())
}
