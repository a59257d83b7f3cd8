//! From a tree to lines: what is small stands on one line, and of what is large the small parts share lines.

use super::tree::Tree;

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
            for (before, value) in parts {
                new_line(&mut out, INDENT);
                out.push_str(before);
                write(&mut out, value, INDENT, before.chars().count() + 1);
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
                .map(|(before, value)| before.clone() + &on_one_line(value))
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
    if parts.is_empty() || indent + beside + line.chars().count() <= WIDTH {
        return out.push_str(&line);
    }
    let deeper = indent + INDENT;
    out.push_str(open);
    // Where the current line ends; none is begun yet.
    let mut column = None;
    for (before, value) in parts {
        let line = on_one_line(value);
        let width = before.chars().count() + line.chars().count() + 1;
        match column {
            Some(column_now) if column_now + 1 + width <= WIDTH => {
                out.push(' ');
                column = Some(column_now + 1 + width);
            }
            _ => {
                new_line(out, deeper);
                column = Some(deeper + width);
            }
        }
        out.push_str(before);
        if deeper + width <= WIDTH {
            out.push_str(&line);
        } else {
            write(out, value, deeper, before.chars().count() + 1);
            column = None;
        }
        out.push(',');
        // Entries of lists that hold something stand alone.
        if open == "[" && matches!(value, Tree::Nest { .. }) {
            column = None;
        }
    }
    new_line(out, indent);
    out.push(*close);
}

fn new_line(out: &mut String, indent: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n(' ', indent));
}
