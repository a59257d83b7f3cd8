//! The command line: one file per subcommand.

mod check;
mod ends;
mod list;
mod mixup;
mod new;
mod out;
mod progress;
mod replay;
mod run;
mod screen;
mod sweep;

use std::num::NonZeroUsize;
use std::ops::Range;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};

pub use out::Out;

/// Expectations met.
pub const EXIT_MET: u8 = 0;
/// Expectations not met, or a recording that replays differently.
pub const EXIT_NOT_MET: u8 = 1;
/// The user's mistake.
pub const EXIT_MISTAKE: u8 = 2;
/// A panic of ours that was caught, told and counted: what a panic that nobody catches gives.
pub const EXIT_BUG: u8 = 101;

const AFTER_HELP: &str = "\
Exit codes:
  0  every expectation of the scenario was met (where it states none: no finding)
  1  an expectation was not met (where it states none: a property broke); a replay differed
  2  a mistake in the arguments, the scenario or a file
A sweep gives 0 where that is so with every seed, and 1 where it is not with one.
A dashboard or picker that is quit gives 0; so does a run as text whose reader left before its end.
What a signal ends gives 128 and the signal's number. Ctrl-C ends a headless run or a sweep with what is there; a second one, at once.

Without a command splitbrain opens the picker of scenarios, in which the highlighted one plays; where there is no
terminal, it lists them.";

/// Simulates event-driven distributed systems, breaks them, and shows what happens.
#[derive(Parser, Debug)]
#[command(name = "splitbrain", version, about, after_help = AFTER_HELP)]
pub struct Args {
    /// Characters to draw with
    #[arg(long, value_enum, default_value_t)]
    glyphs: Glyphs,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Runs a scenario: on a terminal with the dashboard, otherwise as text
    Run(RunArgs),
    /// Runs a scenario with many seeds on all cores, and says with which of them it fails
    Sweep(SweepArgs),
    /// Runs a recording again and verifies that it is the same run
    Replay(ReplayArgs),
    /// Reads scenario files and says what is wrong or doubtful with them
    Check(CheckArgs),
    /// Lists the built-in scenarios and those in ./scenarios
    List(ListArgs),
    /// Writes a commented scenario to begin with
    New(NewArgs),
}

/// What `run` takes.
#[derive(clap::Args, Debug, Clone, Default)]
#[command(after_help = AFTER_HELP)]
pub struct RunArgs {
    /// A built-in scenario's name or a file; without it, the default one
    pub scenario: Option<String>,
    /// The seed; without it, the scenario's own
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// How many virtual seconds pass in a second: a number from 0.1 up, or max (headless is always as fast as it can)
    #[arg(long, value_name = "X", value_parser = parse_speed)]
    pub speed: Option<Speed>,
    /// No dashboard: text on standard output
    #[arg(long)]
    pub headless: bool,
    /// The result as one JSON document on standard output (implies --headless)
    #[arg(long)]
    pub json: bool,
    /// Stop at this virtual time: 12.5s, 3m
    #[arg(long, value_name = "T")]
    pub until: Option<crate::sim::units::Duration>,
    /// Change a setting: duration=90s, `systems.events.topics.orders.min_insync_replicas=2`
    #[arg(long, value_name = "PATH=VALUE")]
    pub set: Vec<String>,
    /// Run the scenario's control: the same without the cause of its failure
    #[arg(long)]
    pub control: bool,
    /// Write a recording of the run, as far as it came; an existing file is kept unless --force is given
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,
    /// Overwrite the file given to --record
    #[arg(long)]
    pub force: bool,
    /// Characters to draw with [default: block]
    #[arg(long, value_enum)]
    pub glyphs: Option<Glyphs>,
}

/// What `sweep` takes.
#[derive(clap::Args, Debug)]
#[command(after_help = AFTER_HELP)]
pub struct SweepArgs {
    /// A built-in scenario's name or a file; without it, the default one
    pub scenario: Option<String>,
    /// The seeds: so many from 0 on, or from A to behind the last; without it, 100
    #[arg(long, value_name = "N|A..B", value_parser = sweep::parse_seeds)]
    pub seeds: Option<Range<u64>>,
    /// How many runs go on at once; without it, as many as there are cores
    #[arg(long, value_name = "N", value_parser = sweep::parse_jobs)]
    pub jobs: Option<NonZeroUsize>,
    /// Run the scenario's control: the same without the cause of its failure
    #[arg(long)]
    pub control: bool,
    /// One line of JSON for each seed, and one before and behind them
    #[arg(long)]
    pub json: bool,
    /// Change a setting: duration=90s, `systems.events.topics.orders.min_insync_replicas=2`
    #[arg(long, value_name = "PATH=VALUE")]
    pub set: Vec<String>,
    /// Stop each run at this virtual time: 12.5s, 3m
    #[arg(long, value_name = "T")]
    pub until: Option<crate::sim::units::Duration>,
}

/// What `replay` takes.
#[derive(clap::Args, Debug)]
#[command(after_help = AFTER_HELP)]
pub struct ReplayArgs {
    /// The recording
    pub recording: PathBuf,
    /// No dashboard: text on standard output
    #[arg(long)]
    pub headless: bool,
    /// Characters to draw with [default: block]
    #[arg(long, value_enum)]
    pub glyphs: Option<Glyphs>,
}

/// What `check` takes.
#[derive(clap::Args, Debug)]
pub struct CheckArgs {
    /// Scenario files, or names of built-in scenarios; `-` is standard input
    #[arg(required = true)]
    pub files: Vec<String>,
    /// Change a setting before checking
    #[arg(long, value_name = "PATH=VALUE")]
    pub set: Vec<String>,
}

/// What `list` takes.
#[derive(clap::Args, Debug)]
pub struct ListArgs {
    /// As JSON
    #[arg(long)]
    pub json: bool,
}

/// What `new` takes.
#[derive(clap::Args, Debug)]
pub struct NewArgs {
    /// Where to write it; an existing file is never overwritten
    pub file: PathBuf,
}

/// Sets of characters to draw with.
#[derive(ValueEnum, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Glyphs {
    /// Only ASCII
    Ascii,
    /// Blocks and box drawing
    #[default]
    Block,
    /// Braille dots where they show more
    Braille,
}

/// How fast virtual time passes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Speed {
    /// So many virtual seconds a second.
    Times(f64),
    /// As fast as the machine can.
    Max,
}

fn parse_speed(text: &str) -> Result<Speed, String> {
    if text.eq_ignore_ascii_case("max") {
        return Ok(Speed::Max);
    }
    let number = text.strip_prefix(['x', 'X']).unwrap_or(text);
    let number = number.strip_suffix(['x', 'X']).unwrap_or(number);
    match number.parse::<f64>() {
        Ok(n) if n >= 0.1 && n.is_finite() => Ok(Speed::Times(n)),
        _ => Err("write a number from 0.1 up, or max".to_owned()),
    }
}

/// Runs the program; the result is its exit code.
pub fn main() -> ExitCode {
    let args = Args::parse();
    // What is said of the screen before the command holds for it too, unless it says otherwise.
    let glyphs = args.glyphs;
    let code = match args.command {
        None => run::pick(glyphs),
        Some(Command::Run(args)) => run::run(&args, args.glyphs.unwrap_or(glyphs)),
        Some(Command::Sweep(args)) => sweep::sweep(&args),
        Some(Command::Replay(args)) => replay::replay(&args, args.glyphs.unwrap_or(glyphs)),
        Some(Command::Check(args)) => check::check(&args),
        Some(Command::List(args)) => list::list(&args),
        Some(Command::New(args)) => new::new(&args),
    };
    ExitCode::from(code)
}
