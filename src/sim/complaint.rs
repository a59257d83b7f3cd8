//! What a check says about settings it cannot accept: where (a path of field names and indices), what, and what would help.
//!
//! Checks of settings live beside the settings and must not know how a scenario is written, so they point at a [`Path`];
//! the scenario reader turns the path into a place in the file.

/// One step of a [`Path`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Into the field of that name.
    Field(String),
    /// Into the element of a list or tuple, counted from 0.
    Index(usize),
}

/// A place in a scenario, such as `systems[0].topics[1].replication_factor`.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Path(Vec<Step>);

impl Path {
    /// The whole scenario.
    pub fn root() -> Self {
        Self::default()
    }

    /// The field `name` of the struct (or variant) at this path.
    pub fn field(&self, name: &str) -> Self {
        self.join(Step::Field(name.to_owned()))
    }

    /// The element at `index` (from 0) of the list, tuple or tuple variant at this path.
    pub fn index(&self, index: usize) -> Self {
        self.join(Step::Index(index))
    }

    /// The steps from the root.
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    fn join(&self, step: Step) -> Self {
        let mut steps = self.0.clone();
        steps.push(step);
        Self(steps)
    }
}

impl std::fmt::Display for Path {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (position, step) in self.0.iter().enumerate() {
            match step {
                Step::Field(name) if position == 0 => write!(f, "{name}")?,
                Step::Field(name) => write!(f, ".{name}")?,
                Step::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

/// How bad a complaint is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The scenario cannot run.
    Error,
    /// The scenario can run, but probably not as meant.
    Warning,
}

/// One complaint about settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    /// How bad it is.
    pub severity: Severity,
    /// The setting that is wrong.
    pub at: Path,
    /// What is wrong, as one sentence without a full stop.
    pub message: String,
    /// What would help, if that is known.
    pub help: Option<String>,
    /// Another place that matters, with a few words why ("declared here").
    pub related: Option<(Path, String)>,
    /// What else it follows from. If something of that could not be read, nobody knows whether it is right. The path `nodes`,
    /// `systems` or `workloads` stands for what is declared there: names, and how many there are of each.
    pub rests_on: Vec<Path>,
}

impl Complaint {
    /// A mistake: the scenario cannot run.
    pub fn error(at: Path, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            at,
            message: message.into(),
            help: None,
            related: None,
            rests_on: Vec::new(),
        }
    }

    /// Something doubtful that can run nevertheless.
    pub fn warning(at: Path, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(at, message)
        }
    }

    /// A name that nothing bears: says so, and names the nearest of `candidates` or, when none is near, all of them.
    /// `what` is the kind of thing, such as `"node"`.
    pub fn unknown_name<'a>(
        at: Path,
        what: &str,
        name: &str,
        candidates: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let candidates: Vec<&str> = candidates.into_iter().collect();
        let complaint =
            Self::error(at, format!("there is no {what} `{name}`")).rests_on(match what {
                "node" => &["nodes", "systems", "workloads"],
                "zone" => &["nodes"],
                "topic" | "system" => &["systems"],
                "consumer group" => &["workloads"],
                _ => &[],
            });
        match suggestion(name, &candidates) {
            Some(help) => complaint.help(help),
            None => complaint,
        }
    }

    /// Adds what would help.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds fields of the scenario that it follows from, too.
    pub fn rests_on(mut self, fields: &[&str]) -> Self {
        let paths = fields.iter().map(|field| Path::root().field(field));
        self.rests_on.extend(paths);
        self
    }

    /// Adds fields of the settings at `owner` that it follows from, too.
    pub fn rests_on_own(mut self, owner: &Path, fields: &[&str]) -> Self {
        self.rests_on.extend(fields.iter().map(|f| owner.field(f)));
        self
    }

    /// Adds another place that matters and why.
    pub fn related(mut self, at: Path, note: impl Into<String>) -> Self {
        self.related = Some((at, note.into()));
        self
    }
}

/// Names longer than this are not compared: nobody meant a known name by them, and comparing costs time.
const COMPARED_NAME_MAX: usize = 64;

/// The candidate that `name` was most likely meant to be, if any is near enough.
///
/// Case and the separators `_ - . /` and space do not count (`min.insync.replicas` is `min_insync_replicas`); otherwise
/// about one slip per three letters is forgiven, and the beginning of exactly one candidate (three letters or more) too.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if name.len() > COMPARED_NAME_MAX {
        return None;
    }
    let wanted = plain(name);
    let candidates: Vec<(&str, String)> = candidates
        .into_iter()
        .filter(|c| c.len() <= COMPARED_NAME_MAX)
        .map(|c| (c, plain(c)))
        .collect();
    let allowed = (wanted.chars().count() / 3).max(1);
    let by_slips = candidates
        .iter()
        .map(|(candidate, plain)| (strsim::damerau_levenshtein(&wanted, plain), *candidate))
        // A short name that shares no letter with the candidate is not a slip of it.
        .filter(|(slips, candidate)| *slips <= allowed && *slips < candidate.chars().count())
        // Of two as near, that which differs by a letter, not by the lack of one: `gateway-9` is no `gateway`.
        .min_by_key(|(slips, candidate)| (*slips, candidate.len().abs_diff(name.len())))
        .map(|(_, candidate)| candidate);
    by_slips.or_else(|| {
        let mut beginnings = candidates.iter().filter(|(_, plain)| {
            wanted.len() >= 3
                && (plain.starts_with(&wanted)
                    || (plain.len() >= 3 && wanted.starts_with(plain.as_str())))
        });
        match (beginnings.next(), beginnings.next()) {
            (Some((only, _)), None) => Some(*only),
            _ => None,
        }
    })
}

/// At most so many names are listed.
const NAMES_SHOWN_MAX: usize = 24;

/// What to say about an unknown `name`: the nearest candidate, else all of them, else nothing.
pub fn suggestion(name: &str, candidates: &[&str]) -> Option<String> {
    if let Some(near) = nearest(name, candidates.iter().copied()) {
        return Some(format!("did you mean `{near}`?"));
    }
    let mut shown: Vec<String> = candidates
        .iter()
        .take(NAMES_SHOWN_MAX)
        .map(|c| format!("`{c}`"))
        .collect();
    if candidates.len() > NAMES_SHOWN_MAX {
        shown.push(format!("and {} more", candidates.len() - NAMES_SHOWN_MAX));
    }
    match shown.len() {
        0 => None,
        1 => Some(format!("the only one known here is {}", shown[0])),
        _ => Some(format!("known here are {}", shown.join(", "))),
    }
}

fn plain(name: &str) -> String {
    name.chars()
        .filter(|c| !matches!(c, '_' | '-' | '.' | '/' | ' '))
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_reads_like_an_access() {
        let path = Path::root()
            .field("systems")
            .index(0)
            .field("topics")
            .index(1)
            .field("replication_factor");
        assert_eq!(path.to_string(), "systems[0].topics[1].replication_factor");
    }

    #[test]
    fn slips_are_recognised_and_strangers_are_not() {
        let known = [
            "name",
            "nodes",
            "topics",
            "replication_factor",
            "min_insync_replicas",
        ];
        assert_eq!(
            nearest("replicaton_factor", known),
            Some("replication_factor")
        );
        assert_eq!(
            nearest("min.insync.replicas", known),
            Some("min_insync_replicas")
        );
        assert_eq!(nearest("Name", known), Some("name"));
        assert_eq!(nearest("node", known), Some("nodes"));
        assert_eq!(nearest("replication", known), Some("replication_factor"));
        assert_eq!(nearest("colour", known), None);
        assert_eq!(nearest("x", ["a", "b"]), None);
        let gateways = ["gateway", "gateway-1", "gateway-2", "gateway-3"];
        assert_eq!(nearest("gateway-9", gateways), Some("gateway-1"));
        assert_eq!(nearest(&"n".repeat(1_000_000), known), None);
    }

    #[test]
    fn an_unknown_name_lists_what_is_known_when_nothing_is_near() {
        let complaint = Complaint::unknown_name(Path::root(), "node", "web", ["broker", "billing"]);
        assert_eq!(complaint.message, "there is no node `web`");
        assert_eq!(
            complaint.help.as_deref(),
            Some("known here are `broker`, `billing`")
        );
    }
}
