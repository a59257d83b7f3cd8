//! The file of a sweep: JSON lines. First the [`Head`], then a line for each run in the order of the seeds (of a grid, all cells
//! with the first seed, then with the next), at the end the summary. A line holds all that the sums need, and numbers are read as
//! they were written, to the last bit: whoever reads the lines knows what ran knew. `docs/json.md` tells the names.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Broken, Head, SeedOutcome};
use crate::checks::{Outcome as Answer, Property};
use crate::hunt::parallel::Panic;
use crate::trace::recording::Hex;

/// The first line.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct HeadLine<H> {
    sweep: H,
}

/// A run.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RunLine {
    seed: u64,
    cell: usize,
    met: bool,
    answers: Vec<AnswerOf>,
    findings: u64,
    broken: Vec<BrokenOf>,
    events: u64,
    digest: Hex,
    metrics: Vec<Number>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    panic: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AnswerOf {
    answer: String,
    why: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BrokenOf {
    property: String,
    at_ns: u64,
    event: u64,
    message: String,
}

/// A value of a metric: whole numbers are written as such, and `null` where nothing was measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Number(pub(super) Option<f64>);

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            None => serializer.serialize_none(),
            Some(value) if (0.0..9e15).contains(&value) && libm::floor(value) == value => {
                serializer.serialize_u64(value as u64)
            }
            Some(value) => serializer.serialize_f64(value),
        }
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::deserialize(deserializer).map(Self)
    }
}

/// What came of a run: of a seed, or that it panicked.
pub type Came = Result<SeedOutcome, Panic>;

/// The first line, with its end.
pub fn head_line(head: &Head) -> String {
    line(&HeadLine { sweep: head })
}

/// Reads the first line of a file. The error is a clause.
pub fn read_head(line: &[u8]) -> Result<Head, String> {
    let head: HeadLine<Head> = serde_json::from_slice(line).map_err(|error| {
        match serde_json::from_slice::<serde_json::Value>(line) {
            Ok(value) if value.get("sweep").is_some() => {
                format!("another version of splitbrain made it ({error})")
            }
            _ => "it is no file of a sweep".to_owned(),
        }
    })?;
    match head.sweep.mistake() {
        Some(mistake) => Err(mistake),
        None => Ok(head.sweep),
    }
}

/// The line of a run, with its end.
pub fn run_line(head: &Head, item: u64, came: &Came) -> String {
    let (seed, cell) = head.item(item);
    line(&match came {
        Ok(outcome) => RunLine {
            seed,
            cell,
            met: outcome.met,
            answers: outcome.answers.iter().map(answer_of).collect(),
            findings: outcome.findings,
            broken: outcome.broken.iter().map(broken_of).collect(),
            events: outcome.events,
            digest: Hex(outcome.digest),
            metrics: outcome.metrics.iter().map(|v| Number(*v)).collect(),
            panic: None,
        },
        Err(panic) => RunLine {
            seed,
            cell,
            met: false,
            answers: Vec::new(),
            findings: 0,
            broken: Vec::new(),
            events: 0,
            digest: Hex(0),
            metrics: Vec::new(),
            panic: Some(panic.message.clone()),
        },
    })
}

/// Reads the line of a run, which must be that of this item. The error is a clause.
pub fn read_run(head: &Head, item: u64, line: &[u8]) -> Result<Came, String> {
    let run: RunLine =
        serde_json::from_slice(line).map_err(|e| format!("it is not the line of a run ({e})"))?;
    let (seed, cell) = head.item(item);
    if (run.seed, run.cell) != (seed, cell) {
        return Err(format!(
            "seed {} of cell {} stands where seed {seed} of cell {cell} belongs",
            run.seed, run.cell
        ));
    }
    if let Some(message) = run.panic {
        return Ok(Err(Panic { message }));
    }
    let expected = head.cells[cell].expectations.len();
    if run.answers.len() != expected || run.metrics.len() != head.metrics.len() {
        return Err("it has not as many answers or metrics as the first line says".to_owned());
    }
    Ok(Ok(SeedOutcome {
        met: run.met,
        answers: run
            .answers
            .into_iter()
            .map(answer)
            .collect::<Result<_, _>>()?,
        findings: run.findings,
        broken: run
            .broken
            .into_iter()
            .map(broken)
            .collect::<Result<_, _>>()?,
        events: run.events,
        digest: run.digest.0,
        metrics: run.metrics.into_iter().map(|v| v.0).collect(),
    }))
}

/// A value as a line.
pub(super) fn line(value: &impl Serialize) -> String {
    // What is written has no keys that are no text: it cannot fail.
    serde_json::to_string(value).unwrap_or_default() + "\n"
}

fn answer_of(answer: &Answer) -> AnswerOf {
    AnswerOf {
        answer: answer.word().to_owned(),
        why: answer.why().map(str::to_owned),
    }
}

fn answer(read: AnswerOf) -> Result<Answer, String> {
    match (read.answer.as_str(), read.why) {
        ("met", None) => Ok(Answer::Met),
        ("not met", Some(why)) => Ok(Answer::NotMet(why)),
        ("unknown", Some(why)) => Ok(Answer::Unknown(why)),
        _ => Err(format!("`{}` is no answer", read.answer)),
    }
}

fn broken_of(broken: &Broken) -> BrokenOf {
    BrokenOf {
        property: broken.property.to_string(),
        at_ns: broken.at,
        event: broken.event,
        message: broken.message.clone(),
    }
}

fn broken(read: BrokenOf) -> Result<Broken, String> {
    let property: Property = ron::from_str(&read.property)
        .map_err(|_| format!("there is no property `{}`", read.property))?;
    Ok(Broken {
        property,
        at: read.at_ns,
        event: read.event,
        message: read.message,
    })
}
