//! The library from outside: realistic customers, Meta's own rules, whole requests.

mod customers;
mod realistic;
