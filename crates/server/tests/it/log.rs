//! What is logged in this process.

use std::{
    io,
    sync::{Mutex, OnceLock},
};

/// Everything that was logged.
#[derive(Clone, Copy)]
pub struct Log(&'static Mutex<Vec<u8>>);

impl Log {
    pub fn text(self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The log from now on.
pub fn captured() -> Log {
    static BYTES: Mutex<Vec<u8>> = Mutex::new(Vec::new());
    static STARTED: OnceLock<()> = OnceLock::new();
    STARTED.get_or_init(|| {
        tracing_subscriber::fmt().with_writer(|| Log(&BYTES)).with_ansi(false).init();
    });
    Log(&BYTES)
}
