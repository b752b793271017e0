//! The loop over a real store, and over one that fails.

mod bisecting;
mod dry_runs;
mod faulty;
mod shop;
mod sweeps;
mod waits;
