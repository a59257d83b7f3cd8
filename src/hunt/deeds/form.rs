//! The form of a fault: its words, and the fields a person fills in.

use super::{Aim, Choices, SettingChoice};
use crate::sim::fault::Action;

/// A piece of a form.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    /// The field of this number.
    Field(usize),
}

/// A field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// What it is called.
    pub name: String,
    /// What stands in it.
    pub value: String,
}

/// A fault as a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    /// Its fields, in the order in which they are written.
    pub fields: Vec<Field>,
    pieces: Vec<Piece>,
}

impl Form {
    /// The form of a kind of fault, by its number in [`Action::FORMS`].
    pub fn of(kind: usize) -> Self {
        let written = Action::FORMS.get(kind).map_or("", |(_, form)| *form);
        let mut form = Self {
            fields: Vec::new(),
            pieces: Vec::new(),
        };
        let mut rest = written;
        while let Some((before, after)) = rest.split_once('{') {
            let (field, after) = after.split_once('}').unwrap_or((after, ""));
            let (name, value) = field.split_once('=').unwrap_or((field, ""));
            form.pieces.push(Piece::Text(before.to_owned()));
            form.pieces.push(Piece::Field(form.fields.len()));
            form.fields.push(Field {
                name: name.to_owned(),
                value: value.to_owned(),
            });
            rest = after;
        }
        form.pieces.push(Piece::Text(rest.to_owned()));
        form
    }

    /// The fault in the words of the scenario language.
    pub fn text(&self) -> String {
        let piece = |piece: &Piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Field(at) => self.written(*at),
        };
        self.pieces.iter().map(piece).collect()
    }

    /// What stands in a field; the name of a node or a set may stand there without its quotes.
    fn written(&self, at: usize) -> String {
        let Field { name, value } = &self.fields[at];
        let plain = |c: char| c.is_alphanumeric() || "-_./>".contains(c);
        let is_name = value.starts_with(|c: char| c.is_lowercase() || c.is_ascii_digit())
            && value.chars().all(plain);
        if is_target(name) && is_name {
            format!("\"{value}\"")
        } else {
            value.clone()
        }
    }

    /// Fills the empty fields: with what the fault is to concern where they ask for that, else with the first that can stand there.
    pub fn fill(&mut self, choices: &Choices, aim: &Aim) {
        let mut wished = aim.targets(choices).into_iter();
        for at in 0..self.fields.len() {
            if !self.fields[at].value.is_empty() {
                continue;
            }
            let value = match self.fields[at].name.as_str() {
                name if is_target(name) => wished.next(),
                "of" => aim.subject(choices),
                _ => None,
            };
            let offered = self.offered(at, choices);
            // Two sides are not the same.
            let used = |value: &String| self.fields[..at].iter().any(|f| f.value == *value);
            let value = value.or_else(|| offered.iter().find(|v| !used(v)).cloned());
            self.fields[at].value = value.unwrap_or_default();
        }
    }

    /// What can stand in a field, as far as it is known.
    pub fn offered(&self, at: usize, choices: &Choices) -> Vec<String> {
        let words = |list: &[&str]| list.iter().map(ToString::to_string).collect();
        let subject = || {
            let of = self.fields.iter().find(|f| f.name == "of")?;
            choices.subjects.iter().find(|s| s.name == of.value)
        };
        match self.fields[at].name.as_str() {
            name if is_target(name) => choices.targets.clone(),
            "zone" => choices.zones.clone(),
            "workload" => choices.workloads.clone(),
            "of" => choices.subjects.iter().map(|s| s.name.clone()).collect(),
            "setting" => subject().map_or_else(Vec::new, |s| {
                s.settings
                    .iter()
                    .map(|setting| setting.name.clone())
                    .collect()
            }),
            "value" => self
                .setting(choices)
                .map_or_else(Vec::new, |s| vec![s.value.clone()]),
            "what" => words(&[
                "All", "Cuts", "Links", "Nodes", "Disks", "Clocks", "Monkeys", "Traffic",
                "Settings",
            ]),
            "how" => words(&["PowerLoss", "Crash", "Pause", "Isolate"]),
            "one_way" => words(&["false", "true"]),
            _ => Vec::new(),
        }
    }

    /// The setting that is to be changed, where the form is about one.
    pub fn setting<'a>(&self, choices: &'a Choices) -> Option<&'a SettingChoice> {
        let value = |name: &str| Some(&self.fields.iter().find(|f| f.name == name)?.value);
        let (of, setting) = (value("of")?, value("setting")?);
        let subject = choices.subjects.iter().find(|s| s.name == *of)?;
        subject.settings.iter().find(|s| s.name == *setting)
    }

    /// What can stand in a field and has a text in its name: the very one first, then those that begin with it. A value is
    /// no name: nothing else stands there than what is written.
    pub fn matching(&self, at: usize, choices: &Choices, text: &str) -> Vec<String> {
        let text = text.trim().trim_matches('"').to_lowercase();
        if text.is_empty() || self.fields[at].name == "value" {
            return Vec::new();
        }
        let mut fit: Vec<(u8, String)> = Vec::new();
        for choice in self.offered(at, choices) {
            let name = choice.trim_matches('"').to_lowercase();
            if name.contains(&text) {
                let rank = u8::from(name != text) + u8::from(!name.starts_with(&text));
                fit.push((rank, choice));
            }
        }
        fit.sort_by_key(|f| f.0);
        fit.into_iter().map(|f| f.1).collect()
    }

    /// Puts a value into a field. What depends on it begins anew.
    pub fn put(&mut self, at: usize, choices: &Choices, value: String) {
        self.fields[at].value = value;
        if matches!(self.fields[at].name.as_str(), "of" | "setting") {
            for later in &mut self.fields[at + 1..] {
                later.value.clear();
            }
            self.fill(choices, &Aim::Nobody);
        }
    }

    /// Puts the next or the one before of what can stand in a field into it, of what has a text in its name where one is given.
    /// What depends on it begins anew.
    pub fn turn(&mut self, at: usize, choices: &Choices, (back, text): (bool, Option<&str>)) {
        let matching = text.map_or_else(Vec::new, |text| self.matching(at, choices, text));
        let offered = if matching.is_empty() {
            self.offered(at, choices)
        } else {
            matching
        };
        if offered.is_empty() {
            return;
        }
        let count = offered.len();
        let now = offered.iter().position(|v| *v == self.fields[at].value);
        let next = match (now, back) {
            (None, _) => 0,
            (Some(now), false) => (now + 1) % count,
            (Some(now), true) => (now + count - 1) % count,
        };
        self.put(at, choices, offered[next].clone());
    }
}

/// Whether a field asks for nodes.
fn is_target(name: &str) -> bool {
    ["target", "targets", "from", "to", "left", "right", "bridge"].contains(&name)
}

#[cfg(test)]
mod tests {
    use super::super::SubjectChoice;
    use super::*;

    fn choices() -> Choices {
        Choices {
            targets: vec!["\"b1\"".into(), "\"b2\"".into(), "\"b3\"".into()],
            zones: vec!["a".into()],
            workloads: vec!["web".into()],
            subjects: vec![SubjectChoice {
                name: "pay".into(),
                settings: vec![SettingChoice {
                    name: "threads".into(),
                    value: "8".into(),
                    what: String::new(),
                }],
            }],
            scenarios: Vec::new(),
        }
    }

    #[test]
    fn every_form_with_what_is_usual_in_it_is_a_fault_of_its_kind() {
        for (kind, (word, _)) in Action::FORMS.iter().enumerate() {
            let mut form = Form::of(kind);
            form.fill(&choices(), &Aim::Target("\"b2\"".into()));
            let text = form.text();
            let (fault, document) =
                crate::scenario::document::from_source::<Action>("form", &text, &[]);
            let fault = fault.unwrap_or_else(|| panic!("{}", document.render(false)));
            assert_eq!(fault.word(), *word, "{text}");
            let mut complaints = Vec::new();
            fault.check(&crate::sim::complaint::Path::root(), &mut complaints);
            assert!(complaints.is_empty(), "{text}: {complaints:?}");
        }
    }

    #[test]
    fn two_sides_are_different_and_names_get_their_quotes() {
        let cut = Action::WORDS
            .iter()
            .position(|w| *w == "Cut")
            .expect("a word");
        let mut form = Form::of(cut);
        form.fill(&choices(), &Aim::Target("\"b1\"".into()));
        assert_eq!(form.text(), "Cut(from: \"b1\", to: \"b2\", one_way: false)");
        form.fields[0].value = "web-1".into();
        assert!(form.text().starts_with("Cut(from: \"web-1\""));
        form.turn(1, &choices(), (false, None));
        assert!(form.text().contains("to: \"b3\""));
        form.turn(1, &choices(), (true, None));
        assert!(form.text().contains("to: \"b2\""));
    }
}
