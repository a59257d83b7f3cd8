//! From what was written to a tree that can be changed and written again.

use super::super::document::Document;
use super::super::source::Span;
use super::super::syntax::ast::{Ast, Body, Field, Group, Kind, NodeId, Number};
use super::layout::on_one_line;
use super::tree::{Part, Tree, quoted};

/// The tree of a document that was read without a mistake, with what `--set` changed in it.
pub fn tree_of(document: &Document) -> Option<Tree> {
    let ast = document.ast();
    Some(tree(ast, ast.root()?))
}

fn tree(ast: &Ast, id: NodeId) -> Tree {
    match &ast.node(id).kind {
        Kind::Invalid => Tree::Atom("()".to_owned()),
        Kind::Bool(it) => Tree::Atom(it.to_string()),
        Kind::Number(Number::Unsigned(it)) => Tree::Atom(it.to_string()),
        Kind::Number(Number::Negative(it)) => Tree::Atom(it.to_string()),
        Kind::Number(Number::Float(it)) => Tree::Atom(format!("{it:?}")),
        Kind::Char(it) => Tree::Atom(format!("'{}'", it.escape_default())),
        Kind::Str(it) => Tree::Atom(quoted(it)),
        Kind::Bytes(it) => Tree::Atom(format!("b\"{}\"", it.escape_ascii())),
        Kind::List(entries) => nest("[".to_owned(), unnamed(ast, entries), ']'),
        Kind::Map(entries) => {
            let key = |key: NodeId| format!("{}: ", on_one_line(&tree(ast, key)));
            let entries = entries.iter();
            let parts = entries.map(|(k, value)| Part::new(key(*k), tree(ast, *value)));
            nest("{".to_owned(), parts.collect(), '}')
        }
        Kind::Group(group) => of_group(ast, group),
    }
}

fn of_group(ast: &Ast, group: &Group) -> Tree {
    let name = group.name.as_ref().map_or("", |name| name.text.as_str());
    let parts = match &group.body {
        Body::None => return Tree::Atom(name.to_owned()),
        Body::Tuple(values) => unnamed(ast, values),
        Body::Fields(fields) => {
            let part = |f: &Field| Part::new(format!("{}: ", f.name.text), tree(ast, f.value));
            fields.iter().map(part).collect()
        }
    };
    nest(format!("{name}("), parts, ')')
}

fn nest(open: String, parts: Vec<Part>, close: char) -> Tree {
    Tree::Nest { open, parts, close }
}

fn unnamed(ast: &Ast, values: &[NodeId]) -> Vec<Part> {
    let part = |id: &NodeId| Part::new(String::new(), tree(ast, *id));
    values.iter().map(part).collect()
}

/// The way to the smallest value of a document that holds a place of its text: the numbers of parts, from the outermost on.
pub fn way_to(document: &Document, place: Span) -> Vec<usize> {
    let ast = document.ast();
    let mut way = Vec::new();
    let mut at = ast.root();
    while let Some(id) = at {
        let parts = parts(ast, id);
        let holds = |&(_, span): &(NodeId, Span)| {
            span.source == place.source && span.start <= place.start && place.end <= span.end
        };
        let found = parts.iter().position(holds);
        way.extend(found);
        at = found.map(|number| parts[number].0);
    }
    way
}

/// The parts of a value, each with its place and its name's.
fn parts(ast: &Ast, id: NodeId) -> Vec<(NodeId, Span)> {
    let whole = |id: &NodeId| (*id, ast.node(*id).span);
    match &ast.node(id).kind {
        Kind::List(entries) => entries.iter().map(whole).collect(),
        Kind::Map(entries) => {
            let entries = entries.iter();
            let named = entries.map(|(k, v)| (*v, ast.node(*k).span.to(ast.node(*v).span)));
            named.collect()
        }
        Kind::Group(Group { body, .. }) => match body {
            Body::None => Vec::new(),
            Body::Tuple(values) => values.iter().map(whole).collect(),
            Body::Fields(fields) => {
                let named = |f: &Field| (f.value, f.name.span.to(ast.node(f.value).span));
                fields.iter().map(named).collect()
            }
        },
        _ => Vec::new(),
    }
}
