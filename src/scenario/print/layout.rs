//! From a tree to lines: what is small stands on one line, and of what is large the small parts share lines.

use super::tree::{Part, Tree};

/// Lines are no longer than this, unless one text alone is.
const WIDTH: usize = 100;
const INDENT: usize = 4;

/// The whole text, ending with a line break. The outermost parts each have a line of their own.
pub(super) fn lay_out(tree: &Tree) -> String {
    let mut out = String::new();
    match tree {
        Tree::Atom(text) => out.push_str(text),
        Tree::Nest { open, parts, close } => {
            out.push_str(open);
            for part in parts {
                comment(&mut out, part, INDENT);
                new_line(&mut out, INDENT);
                out.push_str(&part.before);
                let beside = part.before.chars().count() + 1;
                write(&mut out, &part.value, INDENT, beside);
                out.push(',');
            }
            out.push('\n');
            out.push(*close);
        }
    }
    out.push('\n');
    out
}

/// `(a: 1, b: [2, 3])`
pub(super) fn on_one_line(tree: &Tree) -> String {
    match tree {
        Tree::Atom(text) => text.clone(),
        Tree::Nest { open, parts, close } => {
            let parts: Vec<String> = parts
                .iter()
                .map(|part| part.before.clone() + &on_one_line(&part.value))
                .collect();
            format!("{open}{}{close}", parts.join(", "))
        }
    }
}

/// Writes a value that begins in a line with this indent, with `beside` characters besides it in the line.
fn write(out: &mut String, tree: &Tree, indent: usize, beside: usize) {
    let line = on_one_line(tree);
    let Tree::Nest { open, parts, close } = tree else {
        return out.push_str(&line);
    };
    let fits = indent + beside + line.chars().count() <= WIDTH;
    if parts.is_empty() || (fits && !has_notes(tree)) {
        return out.push_str(&line);
    }
    let deeper = indent + INDENT;
    out.push_str(open);
    // Where the current line ends; none is begun yet.
    let mut column = None;
    for part in parts {
        let Part { before, value, .. } = part;
        let line = on_one_line(value);
        let width = before.chars().count() + line.chars().count() + 1;
        let is_noted = !part.notes.is_empty() || has_notes(value);
        comment(out, part, deeper);
        match column {
            Some(column_now) if column_now + 1 + width <= WIDTH && !is_noted => {
                out.push(' ');
                column = Some(column_now + 1 + width);
            }
            _ => {
                new_line(out, deeper);
                column = Some(deeper + width);
            }
        }
        out.push_str(before);
        if deeper + width <= WIDTH && !has_notes(value) {
            out.push_str(&line);
        } else {
            write(out, value, deeper, before.chars().count() + 1);
            column = None;
        }
        out.push(',');
        // Entries of lists that hold something stand alone, and so does what a comment is about.
        if is_noted || open == "[" && matches!(value, Tree::Nest { .. }) {
            column = None;
        }
    }
    new_line(out, indent);
    out.push(*close);
}

/// Whether there are comments within a value.
fn has_notes(tree: &Tree) -> bool {
    let Tree::Nest { parts, .. } = tree else {
        return false;
    };
    let mut parts = parts.iter();
    parts.any(|part| !part.notes.is_empty() || has_notes(&part.value))
}

/// Writes the comments that stand above a part, each from a new line on.
fn comment(out: &mut String, part: &Part, indent: usize) {
    for line in part.notes.iter().flat_map(|note| wrapped(note, indent)) {
        new_line(out, indent);
        out.push_str(&line);
    }
}

/// A paragraph as lines of a comment with this indent: `// …`.
pub(super) fn wrapped(text: &str, indent: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if indent + line.chars().count() + 1 + word.chars().count() <= WIDTH => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(format!("// {word}")),
        }
    }
    lines
}

fn new_line(out: &mut String, indent: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n(' ', indent));
}
