//! The log, which cannot fail whoever writes to it.
//!
//! Lines go through a bounded queue to a thread of their own. A reader of stderr that died, one that
//! does not read, or a log file on a full disk costs lines, and nothing else.

use std::io::{self, IsTerminal as _, Write as _};

use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::EnvFilter;

/// How many lines wait for a slow stderr before further ones are dropped.
const LINES_WAITING_MAX: usize = 4096;

/// Sends logs to stderr; `KOPRU_LOG` sets how much (`warn`, `kopru_delivery=debug`, ...). What is still
/// waiting is written when the guard is dropped.
pub fn start(default: &str) -> WorkerGuard {
    let filter = EnvFilter::try_from_env("KOPRU_LOG").unwrap_or_else(|_| EnvFilter::new(default));
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
    // The usual hook prints the panic's message, which may hold anything.
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "a part of the program panicked");
    }));
    guard
}

/// Says a line on stderr, if anybody can hear it.
pub fn say(line: &str) {
    let _ = writeln!(io::stderr(), "kopru: {line}");
}
