//! How far something is that takes long: a bar on a terminal, a line now and then elsewhere.

use std::io::IsTerminal as _;

use indicatif::{ProgressBar, ProgressStyle};
use store::CopyProgress;

use crate::logging::say;

/// At how many places of the way a line is said.
const LINES: u64 = 4;

/// Shows on stderr how far one thing is.
pub struct ProgressLine {
    what: &'static str,
    bar: Option<ProgressBar>,
    /// How many of its lines were said.
    said: u64,
}

impl ProgressLine {
    /// Nothing is done yet.
    pub fn new(what: &'static str) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let style = ProgressStyle::with_template("{msg} {bar:32} {percent:>3}% {eta} left");
            let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
            ProgressBar::new(1).with_style(style).with_message(what)
        });
        Self { what, bar, said: 0 }
    }

    /// It is so far.
    pub fn show(&mut self, progress: CopyProgress) {
        self.show_with(progress, "");
    }

    /// The same, with what else is to be said of it.
    pub fn show_with(&mut self, CopyProgress { done, of }: CopyProgress, detail: &str) {
        if let Some(bar) = &self.bar {
            if !detail.is_empty() {
                bar.set_message(format!("{} {detail}", self.what));
            }
            bar.set_length(of);
            bar.set_position(done);
            return;
        }
        let place = (done.saturating_mul(LINES)).checked_div(of).unwrap_or(0);
        if place > self.said {
            self.said = place;
            let blank = if detail.is_empty() { "" } else { " " };
            say(&format!("{} {detail}{blank}{} %", self.what, place * 100 / LINES));
        }
    }
}

impl Drop for ProgressLine {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
