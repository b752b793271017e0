//! `cargo xtask conformance`: `capi` against Meta's Parameter Builder.

mod cookies;
mod letters;
mod reference;
mod requests;
mod samples;
mod values;

use std::{
    fmt::Write as _,
    io::{IsTerminal as _, stderr},
    path::PathBuf,
    process::ExitCode,
    time::{Duration, Instant},
};

use capi::Key;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;
use testkit::Random;

use cookies::Cookies;
use reference::Reference;
use values::Values;

/// A request takes longer than a value and has less to vary.
const VALUES_PER_REQUEST: u64 = 5;
/// Cookies among the types.
const COOKIES: &str = "cookies";
const COULD_NOT_COMPARE: u8 = 2;
/// The clock of a run lies in these years, Unix seconds: 2020 up to 2040.
const CLOCK: (u64, u64) = (1_577_836_800, 2_208_988_800);

/// Arguments of the command.
#[derive(Debug, Args)]
pub struct Options {
    /// Inputs for each type; a fifth of it for cookies
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u64).range(1..))]
    count: u64,
    /// The same seed asks the same questions
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Only these, separated by commas: em, ph, fn, ln, ge, db, ct, st, zp, country, external_id, cookies
    #[arg(long, value_delimiter = ',', value_parser = type_name)]
    types: Vec<String>,
    /// Differences printed for each type; the others are only counted
    #[arg(long, default_value_t = 20)]
    show: u64,
    /// A folder in which the npm package is installed, instead of installing it
    #[arg(long, value_name = "DIR")]
    reference: Option<PathBuf>,
}

/// Something that both sides are asked.
trait Subject: Sync {
    /// What is drawn.
    type Input: Send;

    /// Its name among the types.
    fn name(&self) -> &'static str;

    /// Draws an input.
    fn draw(&self, random: &mut Random) -> Self::Input;

    /// The input as the reference is asked.
    fn question(&self, input: &Self::Input) -> Value;

    /// What the reference answered and what `capi` makes of it, brought into one form: equal if
    /// there is no difference.
    fn compare(&self, input: &Self::Input, answer: &Value) -> (Value, Value);
}

/// What came out for one type.
#[derive(Debug, Clone)]
struct Tally {
    name: &'static str,
    inputs: u64,
    differences: u64,
    skipped: u64,
    throws: u64,
    took: Duration,
}

/// Runs the command.
pub fn command(options: &Options) -> ExitCode {
    match run(options) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(trouble) => {
            eprintln!("conformance: {trouble}");
            ExitCode::from(COULD_NOT_COMPARE)
        }
    }
}

/// Compares; the number of differences.
fn run(options: &Options) -> Result<u64, String> {
    let mut reference = Reference::start(options.reference.as_deref())?;
    println!(
        "Parameter Builder {} on Node {} (Unicode {}); seed {}",
        reference.about("package"),
        reference.about("node"),
        reference.about("unicode"),
        options.seed,
    );
    if !reference.is_the_pinned_one() {
        println!("This is not the version after which capi is written: differences may be news.");
    }
    let now_s = Random::for_topic(options.seed, "clock").between(CLOCK.0, CLOCK.1) as i64;
    let mut tallies = Vec::new();
    for key in Key::ALL.into_iter().filter(|key| options.wants(key.name())) {
        let values = Values::new(key, now_s, reference.about("hashed"), reference.about("unchanged"));
        tallies.push(examine(&values, options.count, options, &mut reference)?);
    }
    if options.wants(COOKIES) {
        let count = options.count.div_ceil(VALUES_PER_REQUEST);
        tallies.push(examine(&Cookies, count, options, &mut reference)?);
    }
    Ok(report(&tallies))
}

impl Options {
    fn wants(&self, name: &str) -> bool {
        self.types.is_empty() || self.types.iter().any(|wanted| wanted == name)
    }
}

/// Compares both sides on one type.
fn examine<S: Subject>(
    subject: &S,
    count: u64,
    options: &Options,
    reference: &mut Reference,
) -> Result<Tally, String> {
    let name = subject.name();
    let mut tally =
        Tally { name, inputs: count, differences: 0, skipped: 0, throws: 0, took: Duration::ZERO };
    let bar = progress(name, count);
    let began = Instant::now();
    let draw = |random: &mut Random| {
        let input = subject.draw(random);
        let question = subject.question(&input);
        (input, question)
    };
    reference.ask(count, Random::for_topic(options.seed, name), draw, |input, answer| {
        bar.inc(1);
        if answer.get("unassigned").is_some() {
            tally.skipped += 1;
            return;
        }
        if answer.get("throws").is_some() {
            tally.throws += 1;
            return;
        }
        let (theirs, ours) = subject.compare(&input, answer);
        if theirs != ours {
            tally.differences += 1;
            if tally.differences <= options.show {
                let question = subject.question(&input);
                bar.suspend(|| {
                    println!("{name}: {}", visible(&question));
                    println!("    reference  {}\n    capi       {}", visible(&theirs), visible(&ours));
                });
            }
        }
    })?;
    bar.finish_and_clear();
    tally.took = began.elapsed();
    if !stderr().is_terminal() {
        eprintln!("{name}: {} inputs, {} differences", tally.inputs, tally.differences);
    }
    Ok(tally)
}

/// A bar on a terminal, nothing elsewhere.
fn progress(name: &'static str, count: u64) -> ProgressBar {
    let bar = if stderr().is_terminal() { ProgressBar::new(count) } else { ProgressBar::hidden() };
    if let Ok(style) = ProgressStyle::with_template("{prefix:>11} {bar:40} {human_pos}/{human_len} {eta}") {
        bar.set_style(style);
    }
    bar.with_prefix(name)
}

/// Prints the table; the number of differences.
fn report(tallies: &[Tally]) -> u64 {
    println!(
        "{:<12}{:>10}{:>13}{:>10}{:>18}{:>9}",
        "type", "inputs", "differences", "skipped", "reference throws", "seconds"
    );
    let mut total = 0;
    for tally in tallies {
        let Tally { name, inputs, differences, skipped, throws, took } = tally;
        println!(
            "{name:<12}{inputs:>10}{differences:>13}{skipped:>10}{throws:>18}{:>9.1}",
            took.as_secs_f64()
        );
        total += differences;
    }
    println!("{total} differences");
    total
}

/// JSON in which every character that is not plain ASCII can be seen and copied.
fn visible(value: &Value) -> String {
    let mut out = String::new();
    for c in value.to_string().chars() {
        match c {
            ' '..='~' => out.push(c),
            c => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
        }
    }
    out
}

fn type_name(text: &str) -> Result<String, String> {
    if text == COOKIES || Key::from_name(text).is_some() {
        Ok(text.to_owned())
    } else {
        Err(format!("no type {text:?}; there are the match keys of Meta and {COOKIES:?}"))
    }
}
