//! From the JSON of an event to the body that Meta gets: parsed, normalised, hashed, checked,
//! serialised into bodies of 1,000, on one core.
//!
//! The floor is what no such program can do without: a typed, borrowed parse of the same bytes and
//! SHA-256 of nine fields, with the fastest crates we know that are safe to use. Rounds are
//! interleaved and the median counts, so that a busy machine slows both.
//!
//! `cargo bench -p kopru-capi --bench pipeline`; `-- --million` adds memory over a million events.

#![allow(clippy::expect_used, clippy::struct_field_names, clippy::cast_precision_loss, missing_docs)]

mod events;
mod floor;

use std::{alloc::System, hint::black_box, time::Instant};

use capi::{Body, Checks, Event, Normalizer, Rules};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const EVENTS: usize = 20_000;
const ROUNDS: usize = 15;
const SEED: u64 = 2026;

fn main() {
    let events = events::make(EVENTS, SEED);
    let bytes: usize = events.iter().map(Vec::len).sum();
    println!(
        "{EVENTS} events, {} bytes each on average; {ROUNDS} interleaved rounds, medians",
        bytes / EVENTS
    );

    let mut timed: [Vec<f64>; 4] = Default::default();
    for _ in 0..ROUNDS {
        timed[0].push(per_event_ns(|| floor::run(&events)));
        timed[1].push(per_event_ns(|| pipeline(&events, Rules::ParameterBuilder)));
        timed[2].push(per_event_ns(|| pipeline(&events, Rules::Documentation)));
        timed[3].push(per_event_ns(|| pipeline(&events, Rules::Both)));
    }
    let [floor, builder, documentation, both] = timed.map(median);
    for (name, ns) in [
        ("floor: parse and nine hashes", floor),
        ("parameter-builder", builder),
        ("documentation", documentation),
        ("both", both),
    ] {
        println!("{name:30} {ns:7.0} ns/event  {:9.0} events/s  {:.2} of the floor", 1e9 / ns, floor / ns);
    }

    stages(&events);
    for rules in [Rules::ParameterBuilder, Rules::Both] {
        let region = Region::new(ALLOCATOR);
        pipeline(&events, rules);
        let change = region.change();
        println!(
            "{:30} {:.2} allocations/event, {} bytes/event",
            rules.name(),
            (change.allocations + change.reallocations) as f64 / EVENTS as f64,
            change.bytes_allocated / EVENTS
        );
    }
    if std::env::args().any(|argument| argument == "--million") {
        million(&events);
    }
}

/// The whole way; gives the bytes written, so that nothing is optimised away.
fn pipeline(events: &[Vec<u8>], rules: Rules) -> usize {
    let mut normalizer = Normalizer::new(rules, events::NOW_S);
    let checks = Checks::at(events::NOW_S);
    let mut body = Body::new();
    let mut written = 0;
    for json in events {
        let event = Event::from_slice(json).expect("the generator writes JSON");
        body.push(&event, checks, &mut normalizer).expect("the generator writes good events");
        if body.is_full() {
            written += black_box(std::mem::take(&mut body).finish(&[])).len();
        }
    }
    written + black_box(body.finish(&[])).len()
}

/// Where the time goes.
fn stages(events: &[Vec<u8>]) {
    let parse = || events.iter().filter(|json| Event::from_slice(json).is_ok()).count();
    let parsed: Vec<Event<'_>> = events.iter().filter_map(|json| Event::from_slice(json).ok()).collect();
    let checks = Checks::at(events::NOW_S);
    let refuse = || parsed.iter().filter(|event| capi::refusal(event, checks).is_none()).count();
    let check = || parsed.iter().filter(|event| capi::check(event, checks).refusal().is_none()).count();
    let write = |rules| {
        let mut normalizer = Normalizer::new(rules, events::NOW_S);
        let mut out = Vec::new();
        parsed
            .iter()
            .map(|event| {
                out.clear();
                capi::write_event(event, &mut normalizer, &mut out);
                out.len()
            })
            .sum()
    };
    let of = |work: &dyn Fn() -> usize| median((0..ROUNDS).map(|_| per_event_ns(work)).collect());
    println!(
        "of it: parsing {:.0} ns, looking for refusals {:.0} ns, writing {:.0} ns (parameter-builder) or {:.0} ns (both); advice would add {:.0} ns",
        of(&parse),
        of(&refuse),
        of(&|| write(Rules::ParameterBuilder)),
        of(&|| write(Rules::Both)),
        of(&check) - of(&refuse),
    );
}

fn million(events: &[Vec<u8>]) {
    pipeline(events, Rules::Both);
    let before = resident_kib();
    for _ in 0..1_000_000 / EVENTS {
        black_box(pipeline(events, Rules::Both));
    }
    println!(
        "resident memory: {before} KiB after {EVENTS} events, {} KiB after a million more",
        resident_kib()
    );
}

fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kib| kib.parse().ok()).unwrap_or_default()
}

fn per_event_ns(work: impl FnOnce() -> usize) -> f64 {
    let start = Instant::now();
    black_box(work());
    start.elapsed().as_nanos() as f64 / EVENTS as f64
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
