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

/// A scenario's text with another seed and more faults, everything else as it was, comments too; `None` if it has no place
/// for them.
pub fn with_more_faults(text: &str, seed: u64, faults: &[String]) -> Option<String> {
    let document = Document::parse("", text);
    let ast = document.ast();
    let root = ast.root()?;
    let mut changes: Vec<(usize, usize, String)> = Vec::new();
    let mut entries: Vec<String> = Vec::new();
    let close = ast.node(root).span.end as usize - 1;
    match field(ast, root, "seed") {
        Some(at) => {
            let span = ast.node(at).span;
            changes.push((span.start as usize, span.end as usize, seed.to_string()));
        }
        None => changes.push(entry_behind(
            ast,
            text,
            root,
            close,
            &format!("seed: {seed}"),
        )?),
    }
    if !faults.is_empty() {
        let lines: String = faults.iter().map(|f| format!("\n        {f},")).collect();
        match field(ast, root, FAULTS) {
            Some(list) => {
                let close = ast.node(list).span.end as usize - 1;
                let Kind::List(entries) = &ast.node(list).kind else {
                    return None;
                };
                let last = entries.last().map(|e| ast.node(*e).span.end as usize);
                let comma = last.filter(|&end| !has_comma(&text[end..close]));
                changes.extend(comma.map(|end| (end, end, ",".to_owned())));
                let blank = text[..close].trim_end().len();
                let behind = if text[blank..close].contains('\n') || ends_in_comment(&text[..blank])
                {
                    close
                } else {
                    blank
                };
                let lines = if behind == close && text[blank..close].contains('\n') {
                    format!(
                        "{}\n    ",
                        lines.trim_start_matches('\n').trim_start_matches("    ")
                    )
                } else {
                    format!("{lines}\n    ")
                };
                changes.push((behind, behind, lines));
            }
            None => entries.push(format!("{FAULTS}: [{lines}\n    ]")),
        }
    }
    if !entries.is_empty() {
        let entries = entries.join(",\n    ");
        changes.push(entry_behind(ast, text, root, close, &entries)?);
    }
    // From the back, so that places stay what they are; what was noted first stands first.
    let mut out = text.to_owned();
    changes.sort_by_key(|c| c.0);
    for (from, to, new) in changes.into_iter().rev() {
        out.replace_range(from..to, &new);
    }
    Some(out)
}

/// Whether a comment that ends with its line stands last.
fn ends_in_comment(text: &str) -> bool {
    text.lines().last().is_some_and(|line| line.contains("//"))
}

/// Where an entry is put in as the last of the whole, and its text.
fn entry_behind(
    ast: &Ast,
    text: &str,
    root: NodeId,
    close: usize,
    entry: &str,
) -> Option<(usize, usize, String)> {
    let Kind::Group(Group {
        body: Body::Fields(fields),
        ..
    }) = &ast.node(root).kind
    else {
        return None;
    };
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
    fn a_fault_that_cannot_be_is_explained_in_its_own_words() {
        let text = "(title: \"t\", duration: \"9s\", nodes: [(name: \"b\")], systems: [])";
        let loaded = Loaded::<ron::Value>::from_text("t.ron", text, &[]).expect("good");
        assert!(loaded.with_faults(&[CRASH.to_owned()]).is_ok());
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
