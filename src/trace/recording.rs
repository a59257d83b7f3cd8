//! Recordings: a small RON file that replays a run. It holds the scenario itself, so that it needs nothing beside it.

use serde::{Deserialize, Serialize};

use crate::sim::digest::{Digest, first_difference};

/// The newest form of recordings, which this version reads. Those of a run without interventions have form 1, which says the
/// same without them.
pub const FORMAT: u32 = 2;

/// A recorded run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recording {
    /// Which form this file has.
    pub format: u32,
    /// The version of the program that made it.
    pub version: String,
    /// What the scenario was called.
    pub scenario: String,
    /// Fingerprint of its text.
    pub scenario_hash: Hex,
    /// The `--set` arguments.
    pub set: Vec<String>,
    /// Whether it was the control run.
    #[serde(default)]
    pub control: bool,
    /// The seed.
    pub seed: u64,
    /// How far the run went, virtual time in ns.
    pub until_ns: u64,
    /// How many events it had.
    pub events: u64,
    /// Its digest.
    pub digest: Hex,
    /// The digest at the end of each simulated second.
    pub chain: Vec<Hex>,
    /// The scenario's text.
    pub text: String,
    /// What somebody did to the run, in the order of time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub interventions: Vec<ByHand>,
    /// The files it names, by name and text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<(String, String)>,
}

/// Something that somebody did to a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ByHand {
    /// When, virtual time in ns: before everything else of that moment.
    pub at_ns: u64,
    /// The same as an entry of the scenario's `faults`.
    pub fault: String,
}

/// A 64-bit fingerprint, written as 16 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hex(pub u64);

impl std::fmt::Display for Hex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl Serialize for Hex {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Hex {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let wrong = |_| serde::de::Error::custom("a fingerprint has 16 hexadecimal digits");
        u64::from_str_radix(&text, 16).map(Hex).map_err(wrong)
    }
}

/// Fingerprint of a text.
pub fn hash_text(text: &str) -> Hex {
    let mut digest = Digest::default();
    digest.words(text.len() as u64, 0);
    for chunk in text.as_bytes().chunks(8) {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        digest.words(u64::from_le_bytes(word), 0);
    }
    Hex(digest.value())
}

/// How a replayed run compares with its recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The same, to the last event.
    Same,
    /// Not played to its end; so many whole seconds were, and are the same.
    SameSoFar(usize),
    /// Different from this simulated second on (counted from 0).
    DiffersInSecond(usize),
    /// All whole seconds are the same; what follows the last of them is not.
    DiffersAtTheEnd,
}

impl Recording {
    /// The text of the file.
    pub fn to_text(&self) -> Result<String, String> {
        let pretty = ron::ser::PrettyConfig::new()
            .compact_arrays(false)
            .struct_names(false);
        ron::ser::to_string_pretty(self, pretty)
            .map(|t| t + "\n")
            .map_err(|e| e.to_string())
    }

    /// Reads a file's text; the error is a sentence with line and column.
    pub fn from_text(text: &str) -> Result<Self, String> {
        let recording: Self =
            ron::from_str(text).map_err(|e| format!("{}: {}", e.span.start, e.code))?;
        if recording.format > FORMAT {
            let (theirs, version) = (recording.format, &recording.version);
            return Err(format!(
                "the recording has form {theirs}, made by version {version}; this version reads up to form {FORMAT}"
            ));
        }
        if hash_text(&recording.text) != recording.scenario_hash {
            return Err("the scenario in the recording was changed after it was made".to_owned());
        }
        Ok(recording)
    }

    /// Compares a run that went as far as the recording says.
    pub fn verify(&self, digest: &Digest, events: u64) -> Verdict {
        let chain: Vec<u64> = self.chain.iter().map(|h| h.0).collect();
        if let Some(second) = first_difference(&chain, digest.chain()) {
            return Verdict::DiffersInSecond(second);
        }
        if chain.len() != digest.chain().len() {
            return Verdict::DiffersInSecond(chain.len().min(digest.chain().len()));
        }
        if digest.value() == self.digest.0 && events == self.events {
            Verdict::Same
        } else {
            Verdict::DiffersAtTheEnd
        }
    }
}
