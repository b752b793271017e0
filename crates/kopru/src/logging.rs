//! The log and the lines on stdout, which cannot fail whoever writes to them.
//!
//! Lines go through a bounded queue to a thread of their own. A reader of stderr that died, one that
//! does not read, or a log file on a full disk costs lines, and nothing else.

use std::{
    io::{self, IsTerminal as _, Write as _},
    sync::atomic::{AtomicBool, Ordering},
};

use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::EnvFilter;

/// How many lines wait for a slow stderr before further ones are dropped.
const LINES_WAITING_MAX: usize = 4096;

/// Sends logs to stderr; `KOPRU_LOG` sets how much (`warn`, `delivery=debug`, ...). What is still
/// waiting is written when the guard is dropped.
pub fn start(default: &str) -> WorkerGuard {
    let written = std::env::var("KOPRU_LOG").unwrap_or_default();
    let (directives, unknown) = known_directives(&written);
    let filter = EnvFilter::new(if directives.is_empty() { default } else { &directives });
    let (writer, guard) = NonBlockingBuilder::default()
        .buffered_lines_limit(LINES_WAITING_MAX)
        .lossy(true)
        .thread_name("kopru-log")
        .finish(io::stderr());
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .log_internal_errors(false)
        .with_writer(writer)
        .with_ansi(io::stderr().is_terminal())
        .init();
    for unknown in unknown {
        tracing::warn!(
            "KOPRU_LOG: \"{unknown}\" is left out; write a level (error, warn, info, debug, trace, off) or PART=LEVEL, as in delivery=debug"
        );
    }
    // The usual hook prints the panic's message, which may hold anything.
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "a part of the program panicked");
    }));
    guard
}

/// The directives of `written` that mean something, and those that do not. A mistyped level would be taken
/// for the name of a part, of which there is none, and nothing would be logged at all.
fn known_directives(written: &str) -> (String, Vec<&str>) {
    let is_level = |level: &str| level.parse::<tracing::level_filters::LevelFilter>().is_ok();
    let is_known = |directive: &&str| match directive.split_once('=') {
        None => is_level(directive),
        Some((part, level)) => part.starts_with(|first: char| first.is_ascii_alphabetic()) && is_level(level),
    };
    let directives = written.split(',').map(str::trim).filter(|directive| !directive.is_empty());
    let (known, unknown): (Vec<&str>, Vec<&str>) = directives.partition(is_known);
    (known.join(","), unknown)
}

/// Writes a line to stdout, as `println!` does, but does not panic where nobody reads any more.
macro_rules! out {
    ($($said:tt)*) => { crate::logging::print(format_args!($($said)*)) };
}
pub(crate) use out;

/// What [`out!`] does. A reader of stdout may have read enough and closed it.
pub fn print(line: std::fmt::Arguments<'_>) {
    match writeln!(io::stdout(), "{line}") {
        Err(error)
            if error.kind() != io::ErrorKind::BrokenPipe && !OUTPUT_LOST.swap(true, Ordering::Relaxed) =>
        {
            say(&format!("stdout cannot be written: {error}"));
        }
        _ => {}
    }
}

/// Whether output was lost because stdout cannot be written.
static OUTPUT_LOST: AtomicBool = AtomicBool::new(false);

/// Whether a part of the output was lost, though not because its reader closed it.
pub fn output_is_lost() -> bool {
    OUTPUT_LOST.load(Ordering::Relaxed)
}

/// Writes a line to stderr, if it can be written to.
pub fn say(line: &str) {
    let _ = writeln!(io::stderr(), "kopru: {line}");
}

#[cfg(test)]
mod tests {
    use super::known_directives;

    #[test]
    fn a_mistyped_level_is_told_from_a_part() {
        for (written, known, unknown) in [
            ("", "", &[][..]),
            ("warn", "warn", &[]),
            ("INFO, delivery=debug", "INFO,delivery=debug", &[]),
            ("inof", "", &["inof"]),
            ("verbose,warn", "warn", &["verbose"]),
            ("info,,delivery=loud", "info", &["delivery=loud"]),
            ("info,=debug", "info", &["=debug"]),
        ] {
            assert_eq!(known_directives(written), (known.to_owned(), unknown.to_vec()), "{written}");
        }
    }
}
