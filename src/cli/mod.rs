//! The command line: one file per subcommand.

mod check;
mod compare;
mod ends;
mod explain;
mod explore;
mod given;
mod keys;
mod list;
mod map;
mod merge;
mod mixup;
mod new;
mod out;
mod progress;
mod replay;
mod run;
mod screen;
mod shrink;
mod subject;
mod sweep;
mod sweep_report;
mod verify;
mod wait;

use std::ops::Range;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};

use crate::hunt::sweep::Shard;
use crate::hunt::sweep::axis::Axis;
use crate::ui::settings::Speed;

use given::{Jobs, Scenario, Settings, Variant, What, Worst};
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

Without a command splitbrain opens the picker of scenarios, in which the highlighted one plays; where there is no \
terminal, it lists them.";

/// Simulates event-driven distributed systems, breaks them, and shows what happens.
#[derive(Parser, Debug)]
#[command(name = "splitbrain", version, about, after_help = AFTER_HELP)]
pub struct Args {
    #[command(flatten)]
    looks: Looks,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Runs a scenario: on a terminal with the dashboard, otherwise as text
    Run(RunArgs),
    /// Runs a scenario with many seeds on all cores, and says with which of them it fails
    Sweep(SweepArgs),
    /// Shows what a sweep's file comes to: on a terminal where between settings it tips over, otherwise as text
    Map(MapArgs),
    /// Joins the files of a sweep's shards into the one that a single machine would have written
    Merge(MergeArgs),
    /// Runs two side by side, a scenario with one thing changed or two of any kind, and says where they part and what differs
    Compare(CompareArgs),
    /// Explains what happened to a message or how a property broke, to which fault and setting that is owed, and what would have
    /// prevented it
    Explain(ExplainArgs),
    /// Searches for the faults that break a scenario, and for the fewest that do
    Explore(ExploreArgs),
    /// Runs scenarios with all the seeds that they claim something of, and says which keep their claims
    Verify(VerifyArgs),
    /// Makes a scenario as small as it can be while it still breaks the same
    Shrink(ShrinkArgs),
    /// Runs a recording again and verifies that it is the same run
    Replay(ReplayArgs),
    /// Reads scenario files and says what is wrong or doubtful with them
    Check(CheckArgs),
    /// Lists the built-in scenarios and those in ./scenarios
    List(ListArgs),
    /// Writes a commented scenario to begin with
    New(NewArgs),
    /// Shows which keys do what on the screens
    Keys(KeysArgs),
}

/// What `run` takes.
#[derive(clap::Args, Debug, Clone, Default)]
#[command(after_help = AFTER_HELP)]
pub struct RunArgs {
    /// What runs
    #[command(flatten)]
    pub scenario: Scenario,
    /// The seed; without it, the scenario's own
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub seed: Option<u64>,
    /// How it runs
    #[command(flatten)]
    pub variant: Variant,
    /// How many virtual seconds pass in a second: a number from 0.1 up, or max (headless is always as fast as it can)
    #[arg(long, value_name = "X")]
    pub speed: Option<Speed>,
    /// No dashboard: text on standard output
    #[arg(long)]
    pub headless: bool,
    /// The result as one JSON document on standard output (implies --headless)
    #[arg(long)]
    pub json: bool,
    /// Write a recording of the run, as far as it came; an existing file is kept unless --force is given
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,
    /// Overwrite the file given to --record
    #[arg(long)]
    pub force: bool,
    /// How the dashboard looks
    #[command(flatten)]
    pub looks: Looks,
}

const SWEEP_HELP: &str = "\
Examples:
  splitbrain sweep leader-crash --seeds 1000
  splitbrain sweep leader-crash --seeds 10000 -o crash.jsonl       the same command goes on with it
  splitbrain sweep leader-crash --seeds 10000 --shard 1/4 -o crash-1.jsonl
                                                                   a quarter of it; `merge` joins
  splitbrain sweep retry-storm --vary duration=20s,40s             where does it tip over?
  splitbrain sweep leader-crash --worst latency.end_to_end.p99

Exit codes:
  0    with every seed, every expectation of the scenario was met (where it states none: no finding)
  1    with some seed, one was not met (where there is none: a property broke)
  2    a mistake in the arguments, the scenario or the file, which is left as it is
  101  with some seed, splitbrain itself has a bug
Ctrl-C ends it with what is there (130); a second one, at once. Whatever ended it, a sweep with -o goes on where it was.";

/// What `sweep` takes.
#[derive(clap::Args, Debug)]
#[command(after_help = SWEEP_HELP)]
pub struct SweepArgs {
    /// What runs
    #[command(flatten)]
    pub scenario: Scenario,
    /// The seeds: so many from 0 on, or from A to behind the last; without it, 100
    #[arg(long, value_name = "N|A..B", value_parser = sweep::parse_seeds)]
    pub seeds: Option<Range<u64>>,
    /// How it runs
    #[command(flatten)]
    pub variant: Variant,
    /// Run all seeds with each of these values of a setting; twice, with each of the one and each of the other
    #[arg(long, value_name = "PATH=A,B,…", value_parser = Axis::parse)]
    pub vary: Vec<Axis>,
    /// Only this part of all runs: 3/8 is the third of eight; auto, or auto/8, takes the number from an indexed job of
    /// Kubernetes or an array of Slurm
    #[arg(long, value_name = "I/N", value_parser = sweep::parse_shard)]
    pub shard: Option<Shard>,
    /// How much is done at once
    #[command(flatten)]
    pub jobs: Jobs,
    /// One line of JSON for each seed, and one before and behind them
    #[arg(long, conflicts_with = "output")]
    pub json: bool,
    /// Write those lines to a file; where it is there already, go on with it
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// What is told of the worst
    #[command(flatten)]
    pub worst: Worst,
}

/// What `map` takes.
#[derive(clap::Args, Debug)]
pub struct MapArgs {
    /// A file that `sweep -o` or `merge` wrote; it need not be finished
    pub file: PathBuf,
    /// No map: text on standard output
    #[arg(long)]
    pub text: bool,
    /// Show the worst seeds by this metric (in the text)
    #[arg(long, value_name = "METRIC")]
    pub worst: Vec<String>,
    /// How the map looks
    #[command(flatten)]
    pub looks: Looks,
}

/// What `merge` takes.
#[derive(clap::Args, Debug)]
pub struct MergeArgs {
    /// The files of all shards, in any order
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Write the joined file here, which must not be there yet, and a summary to standard output; without it, the joined file is
    /// written to standard output
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// What is told of the worst
    #[command(flatten)]
    pub worst: Worst,
}

const COMPARE_EXAMPLES: &str = "\
Examples:
  splitbrain compare leader-crash                    with and without the fault
  splitbrain compare acks-one-leader-crash --set workloads.checkout.acks=All
  splitbrain compare leader-crash --seed-b 43        the same with another seed
  splitbrain compare leader-crash --seeds 200        what differs by the fault, and what by chance
  splitbrain compare retry-storm retry-storm-breaker --seeds 100
  splitbrain compare failure.ron leader-crash        what was done by hand in a recording, and what not
  splitbrain compare leader-crash --json | jq '.metrics[:5]'

A and B are scenarios or recordings; a recording is played with its seed, and with what was done in it by hand. Without B, it is A \
with what is changed; without any change, A's control. Both draw the same random numbers wherever they do the same. B−A is what \
B has more than A. Two that end at different times are both played up to the earlier end.

With --seeds both run with each of these seeds, whatever their own (common random numbers). Of each seed the difference is taken, \
and of these the mean and its 95 % interval (Student's t). Where the interval holds 0 there is \"no call\"; also where fewer than 6 \
differences are all alike, which chance could do as well.

Exit codes:
  0  both were compared, whatever came of it
  2  a mistake in the arguments or the scenario
What a signal ends gives 128 and the signal's number; what came of the seeds that ran until then is told.";

/// What `compare` takes.
#[derive(clap::Args, Debug)]
#[command(after_help = COMPARE_EXAMPLES)]
pub struct CompareArgs {
    /// A built-in scenario's name, or the file of a scenario or a recording, - for standard input; without it, the default scenario
    pub a: Option<String>,
    /// The same for B; without it, B is A with what is changed
    pub b: Option<String>,
    /// Change a setting of B: `workloads.checkout.acks=All`
    #[arg(long, value_name = "PATH=VALUE")]
    pub set: Vec<String>,
    /// Change a setting of both: duration=90s
    #[arg(long, value_name = "PATH=VALUE")]
    pub both: Vec<String>,
    /// B is its control; where the scenario states none, the scenario without its faults
    #[arg(long)]
    pub control: bool,
    /// The seed of both; without it, the own one of each
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub seed: Option<u64>,
    /// Another seed for B
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub seed_b: Option<u64>,
    /// Compare with many seeds too: so many from 0 on, or from A to behind the last
    #[arg(long, value_name = "N|A..B", value_parser = sweep::parse_seeds)]
    pub seeds: Option<Range<u64>>,
    /// How much is done at once
    #[command(flatten)]
    pub jobs: Jobs,
    /// Stop both at this virtual time: 12.5s, 3m
    #[arg(long, value_name = "T")]
    pub until: Option<crate::sim::units::Duration>,
    /// The comparison as one JSON document on standard output
    #[arg(long)]
    pub json: bool,
}

const EXPLAIN_HELP: &str = "\
Examples:
  splitbrain explain acks-one-leader-crash           how its first property broke
  splitbrain explain acks-one-leader-crash --finding 3
  splitbrain explain acks-one-leader-crash --message 'checkout-2→orders/0#3318'
  splitbrain explain failure.ron                     the run of a recording, with what was done by hand
  splitbrain explain my.ron --json | jq '.settings[] | select(.helps)'

Each answer is a run that was made: the same seed without each fault, and with each setting that could have helped. Where no setting \
helps alone, two of them are tried together. The command that shows it stands below.

#31877 is the number of an event: on the screen of `run`, # and #31877 go there. A message is named as screens name it, by its \
producer, queue and number; -> is as good as →, and its queue or producer may be left out where the rest says which it is.

Exit codes:
  0  it is explained
  1  there is nothing to explain: every property was kept
  2  a mistake in the arguments, the scenario or the recording, or no such message or finding";

/// What `explain` takes.
#[derive(clap::Args, Debug)]
#[command(after_help = EXPLAIN_HELP)]
pub struct ExplainArgs {
    /// What runs
    #[command(flatten)]
    pub what: What,
    /// Explain the life of this message or request: `checkout-1→orders/4#4985`, `customers#17`
    #[arg(long, value_name = "ID", conflicts_with = "finding")]
    pub message: Option<String>,
    /// Explain this finding by its number, as `run` lists them; those beyond the ten that it lists of a property follow, the
    /// eleventh of each, the twelfth of each; without it and --message, the first
    #[arg(long, value_name = "K")]
    pub finding: Option<usize>,
    /// The seed; without it, the scenario's or recording's own
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub seed: Option<u64>,
    /// How it runs
    #[command(flatten)]
    pub variant: Variant,
    /// Tell every step, also where the same happens many times
    #[arg(long)]
    pub all: bool,
    /// The explanation as one JSON document on standard output
    #[arg(long)]
    pub json: bool,
}

const EXPLORE_HELP: &str = "\
Examples:
  splitbrain explore leader-crash                    what breaks it, searched for a minute
  splitbrain explore leader-crash --first --breaks NoAckedLoss
  splitbrain explore my.ron --runs 500 -o found      each way to break it as a scenario of its own
  splitbrain explore my.ron --only Crash,Isolate --at-once 1
  splitbrain explore my.ron --breaks 'Recovers(within: \"15s\")' --keep-faults

First one node at a time is cut off (from all, or only from its like), crashed, paused and without power, leaders first; then come two of \
these, random schedules of all kinds of fault, and changes of those that led to something new. All faults are over before the last quarter \
of the run. What breaks is reduced to the fewest and shortest faults that still break it; `splitbrain shrink` makes the rest of a scenario \
that -o wrote smaller too.

Looked for is what is checked in every run, what the scenario expects to hold and what it expects to be at most 0, but not what it \
expects to break, nor what breaks without any fault. The scenario's own faults are left out, so that the search finds its own.

With the same scenario, seed and number of runs it finds the same, whatever --jobs; a search that its budget or Ctrl-C ended says \
which number that is.

Exit codes:
  0  nothing was broken
  1  something was
  2  a mistake in the arguments, the scenario or a file
What a signal ends gives 128 and the signal's number; what was found until then is told.";

/// What `explore` takes.
#[derive(clap::Args, Debug)]
#[command(after_help = EXPLORE_HELP)]
pub struct ExploreArgs {
    /// What runs
    #[command(flatten)]
    pub scenario: Scenario,
    /// How long to search, in real time: 60s, 10m; without it and --runs, 60s
    #[arg(long, value_name = "T")]
    pub budget: Option<crate::sim::units::Duration>,
    /// How many schedules to try
    #[arg(long, value_name = "N", value_parser = explore::parse_count)]
    pub runs: Option<u32>,
    /// How much is done at once
    #[command(flatten)]
    pub jobs: Jobs,
    /// The first seed; without it, the scenario's own
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub seed: Option<u64>,
    /// Look for what breaks this property and nothing else: `NoAckedLoss`, or this bound: `AtMost("messages.lost", 0)`
    #[arg(long, value_name = "PROPERTY", value_parser = explore::parse_goal)]
    pub breaks: Option<crate::checks::Expect>,
    /// Stop with the first that breaks something
    #[arg(long)]
    pub first: bool,
    /// Let the scenario's own faults strike too
    #[arg(long)]
    pub keep_faults: bool,
    /// Only these kinds of fault: Crash,Isolate
    #[arg(long, value_name = "KINDS", value_delimiter = ',', value_parser = explore::parse_kind)]
    pub only: Vec<String>,
    /// None of these kinds: `PowerLoss,DiskLostUnsynced`
    #[arg(long, value_name = "KINDS", value_delimiter = ',', value_parser = explore::parse_kind)]
    pub without: Vec<String>,
    /// Strike only these nodes, or those of these `nodes` entries: broker,web-1
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub targets: Vec<String>,
    /// No more faults than this in a schedule
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = explore::parse_count)]
    pub max_faults: u32,
    /// No more nodes than this struck at once
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = explore::parse_count)]
    pub at_once: u32,
    /// What is changed
    #[command(flatten)]
    pub settings: Settings,
    /// One line of JSON for each way to break something, and one before and behind them
    #[arg(long)]
    pub json: bool,
    /// Write each way to break something to this folder, as a scenario; no file is ever overwritten
    #[arg(short, long, value_name = "FOLDER")]
    pub output: Option<PathBuf>,
}

const VERIFY_HELP: &str = "\
Examples:
  splitbrain verify                                  all built-in scenarios
  splitbrain verify scenarios mine.ron               the files in a folder, and one more
  splitbrain verify mine.ron --seeds 1000            with more seeds than it says itself
  splitbrain verify scenarios --junit report.xml     for a pipeline that reads JUnit XML

A scenario says with `over: (seeds: 100, at_least: \"95%\")` with how many seeds it is as `expect` says, and with `control_over` how many \
keep its `control`. With its own seed each must be so too, and two runs must be the same run.

Exit codes:
  0    every scenario is what it says
  1    one is not
  2    a mistake in the arguments, a scenario or a file; nothing was run
  101  splitbrain itself has a bug
What a signal ends gives 128 and the signal's number; what was verified until then is told.";

/// What `verify` takes.
#[derive(clap::Args, Debug)]
#[command(after_help = VERIFY_HELP)]
pub struct VerifyArgs {
    /// Names of built-in scenarios, files, or folders of files; without any, all built-in scenarios
    #[arg(value_name = "SCENARIO")]
    pub scenarios: Vec<String>,
    /// These seeds instead of those that the scenarios say: so many from 0 on, or from A to behind the last
    #[arg(long, value_name = "N|A..B", value_parser = sweep::parse_seeds)]
    pub seeds: Option<Range<u64>>,
    /// How much is done at once
    #[command(flatten)]
    pub jobs: Jobs,
    /// One line of JSON for each scenario, and one before and behind them
    #[arg(long)]
    pub json: bool,
    /// Write the result as JUnit XML too; an existing file is kept unless --force is given
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    /// Overwrite the file given to --junit
    #[arg(long)]
    pub force: bool,
}

const SHRINK_HELP: &str = "\
Examples:
  splitbrain shrink acks-one-leader-crash                    the smallest scenario that breaks what it breaks first
  splitbrain shrink mine.ron --seed 17 --breaks NoAckedLoss -o small.ron
  splitbrain shrink mine.ron --breaks 'AtMost(\"messages.lost\", 0)' --budget 5m
  splitbrain shrink run.rec                                  a recording: what was done by hand becomes faults

Left out, made less or made simpler are the end of the run, faults, entries, settings, rates, counts, distributions and times, one \
after the other, and what still breaks the same with the same seed is kept. It is the same only if it also holds, as before, in \
the scenario's control or without the faults.

The scenario that is left is written with comments that say what was tried with what is in it, and expects what it shows. With the \
same scenario and seed it is the same, whatever --jobs, unless its budget or Ctrl-C ended it.

Exit codes:
  0  the smallest scenario was written
  1  nothing breaks with this seed
  2  a mistake in the arguments, the scenario or a file
What a signal ends gives 128 and the signal's number; what is left by then is written.";

/// What `shrink` takes.
#[derive(clap::Args, Debug)]
#[command(after_help = SHRINK_HELP)]
pub struct ShrinkArgs {
    /// What runs
    #[command(flatten)]
    pub what: What,
    /// The seed with which it breaks; without it, the scenario's own
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub seed: Option<u64>,
    /// What must stay broken: a property, `NoAckedLoss`, or a bound, `AtMost("messages.lost", 0)`; without it, what breaks first
    #[arg(long, value_name = "PROPERTY", value_parser = explore::parse_goal)]
    pub breaks: Option<crate::checks::Expect>,
    /// How long to try, in real time: 60s, 10m; without it and --runs, 60s
    #[arg(long, value_name = "T")]
    pub budget: Option<crate::sim::units::Duration>,
    /// How many changes to try
    #[arg(long, value_name = "N", value_parser = explore::parse_count)]
    pub runs: Option<u32>,
    /// How much is done at once
    #[command(flatten)]
    pub jobs: Jobs,
    /// What is changed
    #[command(flatten)]
    pub settings: Settings,
    /// Everything as one JSON document on standard output
    #[arg(long)]
    pub json: bool,
    /// Write the scenario to a file; an existing one is kept unless --force is given
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Overwrite the file given to -o
    #[arg(long)]
    pub force: bool,
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
    /// How the dashboard looks
    #[command(flatten)]
    pub looks: Looks,
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
    /// Where to write it; an existing file is never overwritten; `-` is standard output
    pub file: PathBuf,
}

/// What `keys` takes.
#[derive(clap::Args, Debug)]
pub struct KeysArgs {
    /// As a table in Markdown
    #[arg(long)]
    pub markdown: bool,
}

/// How screens look, where that is not as in the settings.
#[derive(clap::Args, Clone, Copy, Debug, Default)]
pub struct Looks {
    /// Characters to draw with [default: block, or what config.ron says]
    #[arg(long, value_enum)]
    pub glyphs: Option<Glyphs>,
    /// Colours [default: dark, or what config.ron says; without any where `NO_COLOR` is set]
    #[arg(long, value_enum)]
    pub theme: Option<Themes>,
}

impl Looks {
    /// These, and where they say nothing, others.
    fn or(self, others: Self) -> Self {
        Self {
            glyphs: self.glyphs.or(others.glyphs),
            theme: self.theme.or(others.theme),
        }
    }
}

/// Sets of characters to draw with.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Glyphs {
    /// Only ASCII
    Ascii,
    /// Blocks and box drawing
    Block,
    /// Braille dots where they show more
    Braille,
}

/// Sets of colours.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Themes {
    /// For a dark background
    Dark,
    /// For a light background
    Light,
    /// No colours
    Mono,
    /// For a dark background, without telling red from green
    ColourBlind,
}

/// Runs the program; the result is its exit code.
pub fn main() -> ExitCode {
    let args = Args::parse();
    // What is said of the screen before the command holds for it too, unless it says otherwise.
    let looks = args.looks;
    let code = match args.command {
        None => run::pick(looks),
        Some(Command::Run(args)) => run::run(&args, args.looks.or(looks)),
        Some(Command::Sweep(args)) => sweep::sweep(&args),
        Some(Command::Map(args)) => map::map(&args, args.looks.or(looks)),
        Some(Command::Merge(args)) => merge::merge(&args),
        Some(Command::Compare(args)) => compare::compare(&args),
        Some(Command::Explain(args)) => explain::explain(&args),
        Some(Command::Explore(args)) => explore::explore(&args),
        Some(Command::Verify(args)) => verify::verify(&args),
        Some(Command::Shrink(args)) => shrink::shrink(&args),
        Some(Command::Replay(args)) => replay::replay(&args, args.looks.or(looks)),
        Some(Command::Check(args)) => check::check(&args),
        Some(Command::List(args)) => list::list(&args),
        Some(Command::New(args)) => new::new(&args),
        Some(Command::Keys(args)) => keys::keys(&args),
    };
    ExitCode::from(code)
}
