//! The `kopru` binary: arguments, output and wiring. What it does is in the crates it wires.

#![deny(clippy::print_stdout, reason = "a reader that has gone must not end the program: `out!`")]

mod apply;
mod ask;
mod backup;
mod check;
mod config;
mod control;
mod cookies;
mod data_key;
#[cfg(feature = "sandbox")]
mod demo;
mod error;
mod events;
mod figures;
mod hang_up;
#[cfg(feature = "sandbox")]
mod hook;
mod import;
mod keys;
mod lines;
mod lint;
mod logging;
mod normalize;
mod open;
mod people;
mod progress;
mod put_aside;
mod report;
mod restore;
mod run;
#[cfg(feature = "sandbox")]
mod sandbox;
mod send_test;
mod serve;
mod service_answer;
mod stage_names;
mod stop;
mod supervisor;
mod table;

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};
use error::Error;

/// What a door allocates, the writer's thread frees; the system's allocator takes a lock for each of them.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Exit code of a negative result.
const NEGATIVE: u8 = 1;
/// Exit code of wrong use or configuration.
const WRONG_USE: u8 = 2;

/// The bridge from ad click to sale: tells Meta's Conversions API what happened in the chat and
/// in the CRM.
#[derive(Parser)]
#[command(name = "kopru", version, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Plays a shop's week on this machine: ad clicks, chats, CRM stages, sales, over real HTTP.
    ///
    /// Example: kopru demo --exit
    #[cfg(feature = "sandbox")]
    Demo {
        /// Play, settle, print the summary and exit: 0 if everything arrived as it should.
        #[arg(long)]
        exit: bool,
        /// Print the summary as JSON.
        #[arg(long)]
        json: bool,
        /// Where the dashboard listens. [default: 127.0.0.1:8481, with --exit any free port]
        #[arg(long, value_name = "ADDRESS")]
        listen: Option<std::net::SocketAddr>,
    },
    /// Runs the service.
    ///
    /// Example: kopru serve --config kopru.toml
    Serve {
        /// The configuration.
        #[arg(long, value_name = "FILE", default_value = "kopru.toml")]
        config: PathBuf,
    },
    /// Says whether the configuration and each connection would work, one line a finding.
    ///
    /// Example: kopru check --config kopru.toml --offline
    #[command(after_long_help = kinds_of_sources())]
    Check {
        /// The configuration.
        #[arg(long, value_name = "FILE", default_value = "kopru.toml")]
        config: PathBuf,
        /// Only read the configuration and what is stored; ask neither Meta nor a CRM.
        #[arg(long)]
        offline: bool,
        /// Have a CRM tell of changes again whose webhook is missing, incomplete or switched off.
        #[arg(long, conflicts_with = "offline")]
        fix: bool,
    },
    /// Sends one made-up event to Meta with a test code, and says what Meta answered.
    ///
    /// To a dataset with the route website a page view of nobody; Events Manager shows it under Test events, and
    /// Meta counts it. To one with the route messaging a lead whose click is made up, which counts nothing: where
    /// Meta refuses it with 2804087 and nothing else, token, dataset, linked account and shape are right. Nothing
    /// is stored. Exits with 1 if something is not right.
    ///
    /// Example: kopru send-test --dataset 1234567890 --code TEST12345
    SendTest(send_test::Arguments),
    /// Prints what the store holds, whether the service runs or not.
    Report {
        #[command(subcommand)]
        command: report::ReportCommand,
    },
    /// Finds events, tries them again or drops them, whether the service runs or not.
    Events {
        #[command(subcommand)]
        command: Box<events::EventsCommand>,
    },
    /// Makes, lists and revokes API keys, by which programs call Kopru, whether the service runs or not.
    Keys {
        #[command(subcommand)]
        command: keys::KeysCommand,
    },
    /// Imports past events of a file: CSV, or JSON lines, whether the service runs or not.
    ///
    /// Says first what the columns are, by their names, and asks. Each row becomes an event and is taken once, however
    /// often the file is imported: it needs an id or an order number. Meta takes sales of a shop for 62 days and all
    /// else for 7; rows that it would refuse are listed with their lines. Exits with 1 if rows were refused or set
    /// aside.
    ///
    /// Example: kopru import sales.csv --origin till --action-source physical_store --dry-run
    ///
    /// Example: kopru import orders.csv --origin shop --action-source website --map "Tel 2=ph,Not=none" --yes
    ///
    /// Example: kopru import events.jsonl --origin old-server --consent sender --yes --json
    Import(Box<import::Arguments>),
    /// Erases what is known of a person, and learns nothing of them from then on.
    ///
    /// Counts first, and prints a certificate when it was done. Exits with 2 if --yes is missing. With --lift
    /// they are learnt again: that is done at once, without --yes, and exits with 1 if they were not erased.
    ///
    /// Example: kopru forget --stdin --yes, then type "phone: 0532 123 45 67" and end with Ctrl-D
    Forget(Box<people::ForgetArguments>),
    /// Prints what is known of a person, with what Meta was told of them.
    ///
    /// Exits with 1 if nothing is.
    ///
    /// Example: kopru export-person --contact 31 --json
    ExportPerson(people::ExportArguments),
    /// Has the running service take its configuration again, and says what is wrong with it if it cannot.
    ///
    /// As SIGHUP does. A rule that is new or means something else counts from when it was taken, unless
    /// --since says otherwise.
    ///
    /// Example: kopru apply --since 2026-05-28 --dry-run
    Apply(apply::Arguments),
    /// Copies the store into one file, while the service runs or not.
    ///
    /// Nobody waits for it, and the file is whole or not there. It does not hold the data key: keep that as
    /// well, and elsewhere.
    ///
    /// Example: kopru backup /backups/kopru-2026-05-28.db
    Backup(backup::Arguments),
    /// Makes the store anew from a backup. The service must not run.
    ///
    /// The backup is checked before anything changes. Events that may have left since it was made are not sent
    /// again by themselves: `kopru events list --reason held_after_restore` shows them.
    ///
    /// Example: kopru restore /backups/kopru-2026-05-28.db --replace
    Restore(restore::Arguments),
    /// Changes the key without which the store cannot be read.
    DataKey {
        #[command(subcommand)]
        command: data_key::DataKeyCommand,
    },
    /// Runs a Meta Graph API and a Kommo API to develop against.
    ///
    /// Example: kopru sandbox --listen 127.0.0.1:8490
    #[cfg(feature = "sandbox")]
    #[command(args_conflicts_with_subcommands = true)]
    Sandbox {
        #[command(subcommand)]
        command: Option<SandboxCommand>,
        #[command(flatten)]
        arguments: Box<sandbox::Arguments>,
    },
    /// Says what Meta would say of a Conversions API request body, one line a finding.
    ///
    /// Refusals come first, then advice, then how many events there were. Exits with 1 if Meta would refuse
    /// anything. JSON of any length is read, also events one a line, and what people paste: a form, also with
    /// brackets in its names, multipart, an HTTP request, a curl command.
    ///
    /// Example: kopru lint request.json
    Lint {
        /// The body; `-` or nothing reads stdin.
        #[arg(value_name = "FILE")]
        file: Option<PathBuf>,
        /// Refuse also what Meta's documentation requires but Meta was seen to take.
        #[arg(long)]
        strict: bool,
        /// Answer in JSON.
        #[arg(long, conflicts_with = "fix")]
        json: bool,
        /// Print the body with everything mended for which there is one right mend; of several, one a line each.
        /// What was mended and what is left goes to stderr.
        #[arg(long)]
        fix: bool,
        /// The time at which it would be sent, Unix seconds. [default: now]
        #[arg(long, value_name = "SECONDS")]
        now: Option<i64>,
    },
    /// Says what would be hashed of a value and the hash: JSON lines in, JSON lines out.
    ///
    /// Types are em ph fn ln ct st zp country ge db external_id.
    ///
    /// Example: echo '{"type":"ph","input":"0532 123 45 67","country":"TR"}' | kopru normalize
    Normalize {
        /// Which of Meta's two readings: both, documentation or parameter-builder.
        #[arg(long, value_name = "RULES", default_value = "both", value_parser = rules)]
        rules: capi::Rules,
    },
    /// Says which fbc, fbp and cookies a server answers a browser with: JSON lines in and out.
    ///
    /// What is null has its reason under "reasons". A line may say host, query, cookies, referer,
    /// x_forwarded_for, trusted_proxies and remote_address, pin the clock (now_ms) and chance (random),
    /// and choose how the domain is found: "domains": [...], or "resolver": "host" instead of
    /// "public-suffix-list". With "resolver": "parameter-builder" the answer is that of Meta's own
    /// library, for comparing: some of its cookies no browser keeps.
    ///
    /// Example: echo '{"host":"shop.example.com","query":{"fbclid":"IwAR2abc"}}' | kopru cookies
    Cookies,
}

#[cfg(feature = "sandbox")]
#[derive(Subcommand)]
enum SandboxCommand {
    /// Sends a webhook as Meta or Kommo would and says what came back; nothing is tried again.
    ///
    /// Exits with 1 if the answer was not 2xx, or the handshake not right. What is not said has a
    /// default.
    ///
    /// Example: kopru sandbox hook whatsapp ad-click --to http://127.0.0.1:8480/hooks/KEY --secret
    /// env:META_APP_SECRET
    Hook(Box<hook::Arguments>),
}

impl Command {
    /// What is logged unless `KOPRU_LOG` says otherwise.
    fn log_level(&self) -> &'static str {
        match self {
            // Lines of the log would stand between those that the demo prints.
            #[cfg(feature = "sandbox")]
            Self::Demo { .. } => "error",
            Self::SendTest(_)
            | Self::Report { .. }
            | Self::Events { .. }
            | Self::Keys { .. }
            | Self::Import(_)
            | Self::Forget(_)
            | Self::ExportPerson(_)
            | Self::Apply(_)
            | Self::Backup(_)
            | Self::Restore(_)
            | Self::DataKey { .. } => "warn",
            _ => "info",
        }
    }
}

/// The part of the help that says what can stand in a source of the configuration.
fn kinds_of_sources() -> String {
    let kinds: Vec<String> = sources::KINDS.iter().map(|kind| kind.help()).collect();
    format!(
        "Kinds of sources, with the keys that each has in [[workspace.source]] beside \"kind\" and \"key\"\n\
         (the secret part of its address). A secret may be written as \"env:NAME\".\n\n{}",
        kinds.join("\n")
    )
}

fn rules(name: &str) -> Result<capi::Rules, &'static str> {
    capi::Rules::from_name(name).ok_or("known are both, documentation and parameter-builder")
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let _log = logging::start(arguments.command.log_level());
    allow_many_connections();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(NEGATIVE, &Error::Runtime(error)),
    };
    let code = match arguments.command {
        #[cfg(feature = "sandbox")]
        Command::Demo { exit, json, listen } => runtime.block_on(demo::command(exit, json, listen)),
        Command::Serve { config } => runtime.block_on(serve::command(&config)),
        Command::SendTest(arguments) => runtime.block_on(send_test::command(&arguments)),
        Command::Report { command } => runtime.block_on(report::command(command)),
        Command::Events { command } => runtime.block_on(events::command(*command)),
        Command::Keys { command } => runtime.block_on(keys::command(command)),
        Command::Import(arguments) => runtime.block_on(import::command(&arguments)),
        Command::Forget(arguments) => runtime.block_on(people::forget(&arguments)),
        Command::ExportPerson(arguments) => runtime.block_on(people::export(&arguments)),
        Command::Apply(arguments) => runtime.block_on(apply::command(&arguments)),
        Command::Backup(arguments) => runtime.block_on(backup::command(&arguments)),
        Command::Restore(arguments) => restore::command(&arguments),
        Command::DataKey { command } => runtime.block_on(data_key::command(command)),
        Command::Check { config, offline, fix } => runtime.block_on(check::command(&config, offline, fix)),
        #[cfg(feature = "sandbox")]
        Command::Sandbox { command: None, arguments } => runtime.block_on(sandbox::command(*arguments)),
        #[cfg(feature = "sandbox")]
        Command::Sandbox { command: Some(SandboxCommand::Hook(arguments)), .. } => {
            runtime.block_on(hook::command(*arguments))
        }
        Command::Lint { file, strict, json, fix, now } => {
            let options = lint::LintOptions { strict, json, fix, now_s: now.unwrap_or_else(now_s) };
            lint::command(file.as_deref(), &options)
        }
        Command::Normalize { rules } => normalize::command(rules, now_s()),
        Command::Cookies => cookies::command(now_s() * 1000, random_u32),
    };
    if code == ExitCode::SUCCESS && logging::output_is_lost() { ExitCode::from(NEGATIVE) } else { code }
}

/// As many open files as the system lets this process have: each connection is one.
fn allow_many_connections() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    // Where it is refused, the usual limit stays, and connections beyond it wait.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
}

/// The clock, Unix seconds.
fn now_s() -> i64 {
    jiff::Timestamp::now().as_second()
}

/// A random number.
fn random_u32() -> Result<u32, Error> {
    getrandom::u32().map_err(Error::NoRandomness)
}

/// Says what went wrong in one line, each problem of a configuration in its own, and gives the exit code.
/// What caused it is for the log.
fn fail(code: u8, error: &Error) -> ExitCode {
    match error {
        Error::Config(problems) => problems.iter().for_each(|problem| logging::say(&problem.to_string())),
        Error::RefusedConfig(lines) => lines.iter().for_each(|line| logging::say(line)),
        error => logging::say(&error.to_string()),
    }
    tracing::debug!(error = error as &dyn std::error::Error, code, "the command failed");
    ExitCode::from(code)
}
