//! The loop over a real store, and over one that fails.

mod bisecting;
mod faulty;
mod shop;
mod sweeps;
mod waits;
