//! What the black-box benchmarks and tests share: `kopru serve` as a process, also as one that is killed, a Meta
//! and a Kommo that answer at once, the requests of both, and figures.

pub mod figures;
pub mod http;
pub mod load;
pub mod names;
pub mod site;
pub mod stub;
pub mod victim;
pub mod webhook;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    time::{SystemTime, UNIX_EPOCH},
};

/// What can go wrong on the way, for a person to read.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// What the clock of this machine shows, Unix milliseconds.
pub fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64)
}

/// A binary under its name in the tables.
pub struct Binary {
    pub name: &'static str,
    pub file: PathBuf,
}

/// The binaries, the one to compare with first.
pub fn binaries(base: Option<&Path>, new: &Path) -> Result<Vec<Binary>, Failure> {
    let base = base.map(|file| Binary { name: "base", file: file.to_owned() });
    let binaries: Vec<_> = base.into_iter().chain([Binary { name: "new", file: new.to_owned() }]).collect();
    for Binary { file, .. } in &binaries {
        if !file.is_file() {
            return Err(
                format!("{} is not there; build it with cargo build --release", file.display()).into()
            );
        }
    }
    Ok(binaries)
}

/// Runs the load generator; what it returns is the exit code, 2 if nothing could be measured.
pub fn run(measure: impl Future<Output = Result<ExitCode, Failure>>) -> ExitCode {
    let measured = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(Failure::from)
        .and_then(|runtime| runtime.block_on(measure));
    measured.unwrap_or_else(|error| {
        eprintln!("xtask: {error}");
        ExitCode::from(2)
    })
}
