//! `keys.ron`: other keys for what the table has. A file with mistakes changes nothing, so that nobody is left with half of
//! their keys.

use std::collections::BTreeMap;
use std::path::Path as FilePath;

use serde::Deserialize;

use super::Keymap;
use super::names;
use crate::scenario::LoadError;
use crate::scenario::document::Document;
use crate::sim::complaint::{Complaint, Path, suggestion};
use crate::ui::keymap::{Action, Binding, Context, Key, shipped};
use crate::ui::settings::folder::{self, KEYS};
use ratatui::crossterm::event::KeyCode;

/// What the file says: by context, by action, keys.
#[derive(Debug, Default, Deserialize)]
#[serde(transparent)]
struct Said(BTreeMap<String, BTreeMap<String, Vec<String>>>);

/// The keys that the folder's file makes, and what is wrong with it.
pub fn read(folder: &FilePath) -> (Keymap, Option<LoadError>) {
    match folder::document(&folder.join(KEYS)) {
        Ok(None) => (Keymap::default(), None),
        Err(why) => (Keymap::default(), Some(why)),
        Ok(Some(mut document)) => {
            let keymap = keymap(&mut document);
            (keymap.unwrap_or_default(), folder::mistakes(document))
        }
    }
}

/// The table with what a document says. `None` if it has mistakes, which are then in the document.
fn keymap(document: &mut Document) -> Option<Keymap> {
    let said: Said = document.read()?;
    let mut reading = Reading {
        table: shipped().to_vec(),
        set: BTreeMap::new(),
        complaints: Vec::new(),
    };
    for (context, actions) in &said.0 {
        reading.context(context, actions);
    }
    // Of keys that could not be read nobody knows whether they fit together.
    if reading.complaints.is_empty() && document.is_sound() {
        reading.check_clashes();
        reading.check_ways_out();
    }
    for complaint in &reading.complaints {
        document.complain(complaint);
    }
    document
        .is_sound()
        .then(|| Keymap(Box::leak(reading.table.into_boxed_slice())))
}

struct Reading {
    table: Vec<Binding>,
    /// Where the keys of a line of the table stand in the file.
    set: BTreeMap<usize, Path>,
    complaints: Vec<Complaint>,
}

impl Reading {
    fn complain(&mut self, at: Path, message: String, help: Option<String>) {
        let complaint = Complaint::error(at, message);
        self.complaints.push(match help {
            Some(help) => complaint.help(help),
            None => complaint,
        });
    }

    fn context(&mut self, name: &str, actions: &BTreeMap<String, Vec<String>>) {
        let at = Path::root().field(name);
        let found = Context::ALL
            .into_iter()
            .find(|&c| names::context(c) == name);
        let Some(context) = found else {
            let known = Context::ALL.map(names::context);
            let known: Vec<&str> = known.iter().map(String::as_str).collect();
            let message = format!("there is no place `{name}` in which keys mean something");
            return self.complain(at, message, suggestion(name, &known));
        };
        for (action, keys) in actions {
            self.action(context, action, keys, &at.field(action));
        }
    }

    fn action(&mut self, context: Context, name: &str, keys: &[String], at: &Path) {
        let of = |context: Context| shipped().iter().filter(move |b| b.context == context);
        let named = |b: &&Binding| names::action(b.action) == name;
        let Some(line) = shipped()
            .iter()
            .position(|b| b.context == context && named(&b))
        else {
            let place = names::context(context);
            let elsewhere = Context::ALL.into_iter().find(|&c| of(c).any(|b| named(&b)));
            let help = if let Some(other) = elsewhere {
                Some(format!("it is one of `{}`", names::context(other)))
            } else {
                let known: Vec<String> = of(context).map(|b| names::action(b.action)).collect();
                let known: Vec<&str> = known.iter().map(String::as_str).collect();
                suggestion(name, &known)
            };
            let message = format!("there is no action `{name}` in `{place}`");
            return self.complain(at.clone(), message, help);
        };
        let mut read: Vec<Key> = Vec::new();
        for (number, text) in keys.iter().enumerate() {
            match names::key(text) {
                Ok(key) if context == Context::Entry && is_text(key) => {
                    let message = format!("`{text}` is part of the text that is entered here");
                    let help = "choose a key that is no character".to_owned();
                    self.complain(at.index(number), message, Some(help));
                }
                Ok(key) if read.contains(&key) => {
                    let message = format!("the key `{text}` is given twice");
                    self.complain(at.index(number), message, None);
                }
                Ok(key) => read.push(key),
                Err((message, help)) => self.complain(at.index(number), message, help),
            }
        }
        self.table[line].keys = Vec::leak(read);
        self.set.insert(line, at.clone());
    }

    /// A key means one thing in a context.
    fn check_clashes(&mut self) {
        let mut found = Vec::new();
        for (&line, at) in &self.set {
            let own = &self.table[line];
            for (number, key) in own.keys.iter().enumerate() {
                let is_other = |&(other, b): &(usize, &Binding)| {
                    other != line && are_together(b.context, own.context) && b.keys.contains(key)
                };
                let Some((other, binding)) = self.table.iter().enumerate().find(is_other) else {
                    continue;
                };
                // Of two that the file gives, the later is told.
                if self.set.contains_key(&other) && other > line {
                    continue;
                }
                let key = names::key_text(*key);
                let action = names::action(binding.action);
                let message = format!("`{key}` is `{action}` here already");
                let complaint = Complaint::error(at.index(number), message);
                found.push(match self.set.get(&other) {
                    Some(there) => complaint.related(there.clone(), "given here"),
                    None => complaint.help(format!("give `{action}` other keys, or none: `[]`")),
                });
            }
        }
        self.complaints.extend(found);
    }

    /// Whatever is open can be left, and the program can, even while a text is entered.
    fn check_ways_out(&mut self) {
        let mut found = Vec::new();
        for (&line, at) in &self.set {
            let binding = &self.table[line];
            let (message, help) = match binding.action {
                Action::Back if binding.keys.is_empty() => (
                    format!("nothing leaves `{}`", names::context(binding.context)),
                    "give `Back` a key".to_owned(),
                ),
                Action::Interrupt if binding.keys.iter().all(|&key| is_text(key)) => (
                    "nothing ends the program while a text is entered".to_owned(),
                    "give `Interrupt` a key that is no character, such as `Ctrl-c`".to_owned(),
                ),
                _ => continue,
            };
            found.push(Complaint::error(at.clone(), message).help(help));
        }
        self.complaints.extend(found);
    }
}

/// Whether keys of both work at the same time with none before the other.
fn are_together(a: Context, b: Context) -> bool {
    let together = [Context::Travel, Context::Dashboard];
    a == b || together.contains(&a) && together.contains(&b)
}

/// Whether a key is part of a text, where one is entered.
fn is_text(key: Key) -> bool {
    matches!(key.code, KeyCode::Char(_)) && !key.ctrl
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Option<Keymap>, Document) {
        let mut document = Document::parse("keys.ron", text);
        let keymap = keymap(&mut document);
        (keymap, document)
    }

    fn mistakes(text: &str) -> Vec<String> {
        let (keymap, document) = read(text);
        assert_eq!(keymap, None, "{text}");
        let line = |d: crate::scenario::diagnostic::Diagnostic| {
            let help = d.help.map(|help| format!("; {help}")).unwrap_or_default();
            format!("{} {}{help}", document.place(d.span), d.message)
        };
        document.diagnostics().into_iter().map(line).collect()
    }

    #[test]
    fn other_keys_take_the_place_of_those_of_the_table() {
        let text = r#"{
            "travel": { "Pause": ["p", "F5"] },
            "dashboard": { "Seed": [] },
            "always": { "Quit": ["Ctrl-q"] },
        }"#;
        let (keymap, document) = read(text);
        let keymap = keymap.unwrap_or_else(|| panic!("{}", document.render(false)));
        let keys = |context, action| {
            let line = |b: &&Binding| b.context == context && b.action == action;
            let found = keymap.bindings().iter().find(line).expect("a line");
            found
                .keys
                .iter()
                .map(|&k| names::key_text(k))
                .collect::<Vec<_>>()
        };
        assert_eq!(keys(Context::Travel, Action::Pause), ["p", "F5"]);
        assert_eq!(keys(Context::Always, Action::Quit), ["Ctrl-q"]);
        assert!(keys(Context::Dashboard, Action::Seed).is_empty());
        assert_eq!(keys(Context::Travel, Action::StepOn), ["."]);
        assert_eq!(keymap.bindings().len(), shipped().len());
    }

    #[test]
    fn what_is_wrong_is_told_all_at_once_with_its_place() {
        let text = r#"{
    "dashbord": {},
    "travel": { "Pase": ["p"], "Scale": ["x"], "Faster": ["Alt-f"] },
    "picker": { "Open": "Enter" },
}"#;
        assert_eq!(
            mistakes(text),
            [
                "2:17 there is no place `dashbord` in which keys mean something; did you mean `dashboard`?",
                "3:25 there is no action `Pase` in `travel`; did you mean `Pause`?",
                "3:41 there is no action `Scale` in `travel`; it is one of `latency`",
                "3:59 keys with Alt cannot be used; use Ctrl, a function key or a character",
                "4:25 expected a list `[…]`, found the text \"Enter\"; put it in square brackets: `[ … ]`",
            ]
        );
    }

    #[test]
    fn a_key_means_one_thing_in_a_context() {
        assert_eq!(
            mistakes(r#"{"travel": {"Pause": ["."]}}"#),
            ["1:23 `.` is `StepOn` here already; give `StepOn` other keys, or none: `[]`"]
        );
        assert_eq!(
            mistakes(r#"{"travel": {"Pause": ["x"], "StepOn": ["x"]}}"#),
            ["1:40 `x` is `Pause` here already"]
        );
        assert_eq!(
            mistakes(r#"{"travel": {"Pause": ["x", "X", "x"]}}"#),
            ["1:33 the key `x` is given twice"]
        );
        // Keys that move the run work on the dashboard, too.
        assert_eq!(
            mistakes(r#"{"travel": {"Pause": ["z"]}}"#),
            ["1:23 `z` is `Zoom` here already; give `Zoom` other keys, or none: `[]`"]
        );
        // Two that change places do not clash, nor do keys of a pane with those of the screen.
        let swap =
            r#"{"travel": {"Pause": ["."], "StepOn": ["space"]}, "events": {"Kinds": ["."]}}"#;
        assert!(read(swap).0.is_some());
    }

    #[test]
    fn everything_can_be_left() {
        assert_eq!(
            mistakes(r#"{"help": {"Back": []}}"#),
            ["1:19 nothing leaves `help`; give `Back` a key"]
        );
        assert_eq!(
            mistakes(r#"{"always": {"Interrupt": ["X"]}}"#),
            [
                "1:26 nothing ends the program while a text is entered; give `Interrupt` a key that is no character, such as `Ctrl-c`"
            ]
        );
        assert_eq!(
            mistakes(r#"{"entry": {"Open": ["x"]}}"#),
            [
                "1:21 `x` is part of the text that is entered here; choose a key that is no character"
            ]
        );
    }

    #[test]
    fn an_action_stands_once_in_a_context() {
        let mut seen = Vec::new();
        for binding in shipped() {
            let line = (binding.context, names::action(binding.action));
            assert!(!seen.contains(&line), "{line:?}");
            seen.push(line);
        }
    }
}
