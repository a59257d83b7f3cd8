//! Faults that somebody adds to a scenario after it was read: what is done by hand to a run is said in the words of the
//! scenario language, checked as if it stood in the file, and can be written into the file.

use serde::de::DeserializeOwned;

use crate::systems::Plan;

use super::document::Document;
use super::load::{Loaded, read_one};
use super::schema::Scenario;
use super::source::Span;
use super::syntax::ast::{Ast, Body, Field, Group, Kind, Name, NodeId};
use super::syntax::{self};
use super::traces::Files;

impl<E: DeserializeOwned + Clone> Loaded<E> {
    /// The same with more faults, each an entry of the list `faults`; without a control. The mistakes are in the document.
    pub fn with_faults(&self, faults: &[String]) -> Result<(Scenario<E>, Plan), Box<Document>> {
        let mut document = Document::parse(&self.name, &self.text);
        self.sets.iter().for_each(|set| document.set(set));
        faults.iter().for_each(|fault| document.add_fault(fault));
        match read_one::<E>(&mut document, Files::Given(&self.files)) {
            Some((scenario, plan, _)) if document.is_sound() => Ok((scenario, plan)),
            _ => Err(Box::new(document)),
        }
    }
}

/// The name of the list.
const FAULTS: &str = "faults";

impl Document {
    /// Adds an entry to the list of faults.
    fn add_fault(&mut self, text: &str) {
        let source = self.add_source("by hand", text);
        let (ast, diagnostics) = self.parts_mut();
        let (fault, errors) = syntax::parse_into(ast, text, source);
        if !errors.is_empty() {
            diagnostics.extend(errors);
            return;
        }
        let Some(root) = ast.root() else { return };
        let whole = Span::new(source, 0, text.len());
        match field(ast, root, FAULTS) {
            Some(list) => {
                if let Kind::List(faults) = &mut ast.node_mut(list).kind {
                    faults.push(fault);
                }
            }
            None => add_field(ast, root, whole, vec![fault]),
        }
    }
}

fn field(ast: &Ast, root: NodeId, name: &str) -> Option<NodeId> {
    let Kind::Group(Group {
        body: Body::Fields(fields),
        ..
    }) = &ast.node(root).kind
    else {
        return None;
    };
    let found = fields.iter().find(|f| f.name.text == name)?;
    Some(found.value)
}

fn add_field(ast: &mut Ast, root: NodeId, span: Span, faults: Vec<NodeId>) {
    let value = ast.add(span, Kind::List(faults));
    let name = Name {
        text: FAULTS.to_owned(),
        span,
    };
    if let Kind::Group(Group {
        body: Body::Fields(fields),
        ..
    }) = &mut ast.node_mut(root).kind
    {
        fields.push(Field { name, value });
    }
}

/// A change of a text: from which byte to which, and what stands there instead.
type Edit = (usize, usize, String);

/// A scenario's text with another seed and more faults, everything else as it was, comments too. The error says, as a sentence,
/// that it has no place for them: it is the text of no scenario then.
pub fn with_more_faults(text: &str, seed: u64, faults: &[String]) -> Result<String, String> {
    let no_place = || "the scenario's text has no place for its seed and faults".to_owned();
    more_faults(text, seed, faults).ok_or_else(no_place)
}

fn more_faults(text: &str, seed: u64, faults: &[String]) -> Option<String> {
    let document = Document::parse("", text);
    let ast = document.ast();
    let root = ast.root()?;
    let mut edits: Vec<Edit> = Vec::new();
    let mut fields: Vec<String> = Vec::new();
    match field(ast, root, "seed") {
        Some(at) => {
            let span = ast.node(at).span;
            edits.push((span.start as usize, span.end as usize, seed.to_string()));
        }
        None => fields.push(format!("seed: {seed}")),
    }
    let lines: String = faults.iter().map(|f| format!("\n        {f},")).collect();
    match field(ast, root, FAULTS) {
        _ if faults.is_empty() => {}
        Some(list) => edits.extend(into_list(ast, text, list, &lines)?),
        None => fields.push(format!("{FAULTS}: [{lines}\n    ]")),
    }
    if !fields.is_empty() {
        edits.push(behind_fields(ast, text, root, &fields.join(",\n    "))?);
    }
    // From the back, so that places stay what they are; of two in one place the first stands first.
    let mut out = text.to_owned();
    edits.sort_by_key(|edit| edit.0);
    for (from, to, new) in edits.into_iter().rev() {
        out.replace_range(from..to, &new);
    }
    Some(out)
}

/// A scenario's text with some of its fields as they are given: another value, or left out (`None`); everything else as it
/// was, comments too. The error says, as a sentence, for which it has no place: it is the text of no scenario then.
pub fn with_fields(text: &str, fields: &[(&str, Option<String>)]) -> Result<String, String> {
    let set = |text: String, (name, value): &(&str, Option<String>)| {
        let no_place = || format!("the scenario's text has no place for its `{name}`");
        with_field(&text, name, value.as_deref()).ok_or_else(no_place)
    };
    fields.iter().try_fold(text.to_owned(), set)
}

fn with_field(text: &str, name: &str, value: Option<&str>) -> Option<String> {
    let document = Document::parse("", text);
    let ast = document.ast();
    let root = ast.root()?;
    let place = |id: NodeId| {
        let span = ast.node(id).span;
        (span.start as usize, span.end as usize)
    };
    let (from, to, new) = match (field(ast, root, name), value) {
        (None, None) => return Some(text.to_owned()),
        (None, Some(value)) => behind_fields(ast, text, root, &format!("{name}: {value}"))?,
        (Some(old), Some(value)) => {
            let (from, to) = place(old);
            (from, to, value.to_owned())
        }
        (Some(old), None) => {
            let (from, to) = (name_start(ast, root, name)?, place(old).1);
            let rest = text[to..].trim_start();
            let comma = rest.strip_prefix(',').unwrap_or(rest).trim_start();
            (from, text.len() - comma.len(), String::new())
        }
    };
    let mut out = text.to_owned();
    out.replace_range(from..to, &new);
    Some(out)
}

/// Where a field of the whole begins.
fn name_start(ast: &Ast, root: NodeId, name: &str) -> Option<usize> {
    let Kind::Group(Group {
        body: Body::Fields(fields),
        ..
    }) = &ast.node(root).kind
    else {
        return None;
    };
    let found = fields.iter().find(|f| f.name.text == name)?;
    Some(found.name.span.start as usize)
}

/// Puts lines behind the entries of a list.
fn into_list(ast: &Ast, text: &str, list: NodeId, lines: &str) -> Option<Vec<Edit>> {
    let node = ast.node(list);
    let close = (node.span.end as usize).checked_sub(1)?;
    let Kind::List(entries) = &node.kind else {
        return None;
    };
    let mut edits = Vec::new();
    if let Some(last) = entries.last() {
        let end = ast.node(*last).span.end as usize;
        if !has_comma(&text[end..close]) {
            edits.push((end, end, ",".to_owned()));
        }
    }
    // Where the bracket stands on a line of its own it stays there.
    let before = text[..close].trim_end_matches([' ', '\t']).len();
    edits.push(if text[..before].ends_with('\n') {
        (
            before,
            before,
            format!("{}\n", lines.trim_start_matches('\n')),
        )
    } else {
        (close, close, format!("{lines}\n    "))
    });
    Some(edits)
}

/// Puts fields behind those of the whole.
fn behind_fields(ast: &Ast, text: &str, root: NodeId, entry: &str) -> Option<Edit> {
    let Kind::Group(Group {
        body: Body::Fields(fields),
        ..
    }) = &ast.node(root).kind
    else {
        return None;
    };
    let close = (ast.node(root).span.end as usize).checked_sub(1)?;
    let last = ast.node(fields.last()?.value).span.end as usize;
    let comma = if has_comma(&text[last..close]) {
        ""
    } else {
        ","
    };
    let entry = format!("{comma}\n    {entry},");
    // Directly behind the last value or its comma, before any comment.
    let behind = match comma {
        "," => last,
        _ => last + text[last..close].find(',')? + 1,
    };
    Some((behind, behind, entry))
}

/// Whether a comma stands in what lies between two values, comments apart.
fn has_comma(between: &str) -> bool {
    let mut rest = between;
    while let Some(c) = rest.chars().next() {
        if rest.starts_with("//") {
            rest = rest.split_once('\n').map_or("", |(_, after)| after);
        } else if rest.starts_with("/*") {
            rest = rest.split_once("*/").map_or("", |(_, after)| after);
        } else if c == ',' {
            return true;
        } else {
            rest = &rest[c.len_utf8()..];
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Scenario<ron::Value> {
        match Loaded::from_text("t.ron", text, &[]) {
            Ok(loaded) => loaded.scenario,
            Err(document) => panic!("{}\n{text}", document.render(false)),
        }
    }

    const CRASH: &str = r#"At("2s", Crash("b"))"#;
    const PAUSE: &str = r#"During("3s", "4s", Pause("b"))"#;

    #[test]
    fn what_is_written_into_a_text_is_what_it_says_with_more_faults() {
        let faults = [
            "",
            "faults: [],",
            "faults: [ ],",
            "faults: [\n    ],",
            "faults: [At(\"1s\", Crash(\"b\"))],",
            "faults: [At(\"1s\", Crash(\"b\")),],",
            "faults: [\n        At(\"1s\", Crash(\"b\")),\n    ],",
            "faults: [\n        At(\"1s\", Crash(\"b\")) // a, b\n    ],",
            "faults: [At(\"1s\", Crash(\"b\")), // the last, they say\n    ],",
            "faults: [At(\"1s\", Crash(\"b\")) /* no, */ ],",
        ];
        for list in faults {
            for (seed, end) in [("seed: 7, // seven,", ""), ("", "expect: [] // the end")] {
                let text = format!(
                    "(\n    title: \"t\",\n    {seed}\n    duration: \"9s\",\n    nodes: [(name: \"b\")],\n    systems: [],\n    {list}\n    {end}\n)\n"
                );
                let more = [CRASH.to_owned(), PAUSE.to_owned()];
                let out = with_more_faults(&text, 12, &more).expect("a place");
                let (before, after) = (read(&text), read(&out));
                assert_eq!(after.seed, 12, "{out}");
                assert_eq!(after.faults.len(), before.faults.len() + 2, "{out}");
                assert_eq!(after.faults[..before.faults.len()], before.faults[..]);
                let kept = text.split_whitespace().filter(|w| w.starts_with("//"));
                assert!(kept.into_iter().all(|w| out.contains(w)), "{out}");
            }
        }
    }

    #[test]
    fn fields_are_changed_added_and_left_out_and_the_rest_stays() {
        let text = "// one\n(\n    title: \"t\", // two\n    group: \"G\",\n    duration: \"9s\",\n    nodes: [(name: \"b\")],\n    systems: [],\n    faults: [At(\"1s\", Crash(\"b\"))], // three\n    seed: 7\n)\n";
        let fields = [
            ("title", Some("\"u\"".to_owned())),
            ("group", None),
            ("seed", None),
            ("about", Some("\"why\"".to_owned())),
            ("control_set", None),
            ("faults", Some(format!("[{PAUSE}]"))),
            ("seed", Some("9".to_owned())),
        ];
        let out = with_fields(text, &fields).expect("a place");
        let (before, after) = (read(text), read(&out));
        assert_eq!((after.title.as_str(), after.about.as_str()), ("u", "why"));
        assert_eq!((after.group, after.seed), (None, 9));
        assert_eq!(after.faults.len(), 1, "{out}");
        assert_ne!(after.faults, before.faults);
        assert_eq!(after.nodes, before.nodes);
        for comment in ["// one", "// two", "// three"] {
            assert!(out.contains(comment), "{out}");
        }
    }

    #[test]
    fn a_text_that_has_no_place_for_what_is_asked_for_is_an_error() {
        for text in ["", "()", "[1, 2]", "(1, 2)", "// an error\n"] {
            let duration = [("duration", Some("\"9s\"".to_owned()))];
            let said = with_fields(text, &duration).expect_err(text);
            assert!(said.contains("`duration`"), "{said}");
            assert!(with_more_faults(text, 3, &[]).is_err(), "{text}");
        }
        let no_list = "(seed: 3, faults: \"none\")";
        assert!(with_more_faults(no_list, 3, &[CRASH.to_owned()]).is_err());
    }

    #[test]
    fn a_fault_that_cannot_be_is_explained_in_its_own_words() {
        let text = "(title: \"t\", duration: \"9s\", nodes: [(name: \"b\")], systems: [])";
        let loaded = Loaded::<ron::Value>::from_text("t.ron", text, &[]).expect("good");
        let both = [CRASH.to_owned(), PAUSE.to_owned()];
        let (scenario, _) = loaded.with_faults(&both).expect("good");
        assert_eq!(scenario.faults.len(), 2);
        let sets = ["faults=[]".to_owned()];
        let set = Loaded::<ron::Value>::from_text("t.ron", text, &sets).expect("good");
        let (scenario, _) = set.with_faults(&both).expect("good");
        assert_eq!(scenario.faults.len(), 2);
        let wrong = [r#"At("2s", Crash("bb"))"#.to_owned()];
        let document = loaded.with_faults(&wrong).expect_err("no such node");
        let said = document.render(false);
        assert!(said.contains("by hand:1:16"), "{said}");
        let broken = [r#"At("2s", Crush("b"))"#.to_owned()];
        let said = loaded
            .with_faults(&broken)
            .expect_err("no such fault")
            .render(false);
        assert!(said.contains("Crash"), "{said}");
    }
}
