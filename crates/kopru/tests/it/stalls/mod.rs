//! What once stopped, starved or ended delivery behind doors that answered 200, played against the real
//! binary: each story of a kind, with other inputs of that kind beside it.
//!
//! Meta is the sandbox with its faults; the CRM is scripted (`crm`), because only a script answers one
//! deal otherwise than its neighbour. Stories wait for what must become true; where something must *not*
//! happen, an event that comes later says when to look.

mod absent;
mod addresses;
mod admin;
mod clock;
mod crm;
mod damaged;
mod drift;
mod erased;
mod events;
mod files;
mod held;
mod keys;
mod killed;
mod logging;
mod loops;
mod lost;
mod many_deals;
mod mended;
mod metrics;
mod odd_crm;
mod odd_meta;
mod pace;
mod poisoned;
mod reload;
mod renamed;
mod restored;
mod rules;
mod secrets;
mod shop;
mod slow;
mod stop;
mod town;
mod undone;
mod unheard;
mod unreadable;
mod withheld;
