//! `--set path=value`: changes a scenario before it is read.
//!
//! The new value becomes part of the tree with a place in the argument itself, so that whatever is wrong with it (an unknown
//! field, a wrong unit) is found and shown like any other mistake.

use super::diagnostic::Diagnostic;
use super::source::Span;
use super::syntax;
use super::syntax::ast::{Ast, Body, Damage, Field, Group, Kind, Name, NodeId};
use super::words::shorten;
use crate::sim::complaint::suggestion;

/// One step of the path with its place.
struct Segment<'a> {
    text: &'a str,
    span: Span,
}

/// Applies `argument`, which is source number `source`.
pub(super) fn apply(ast: &mut Ast, argument: &str, source: u16, mistakes: &mut Vec<Diagnostic>) {
    let Some(equals) = argument.find('=') else {
        let span = Span::new(source, 0, argument.len());
        mistakes
            .push(Diagnostic::error(span, "expected `path=value`").help("for example `seed=7`"));
        return;
    };
    let segments = segments(&argument[..equals], source);
    if let Some(empty) = segments.iter().find(|segment| segment.text.is_empty()) {
        mistakes.push(Diagnostic::error(
            empty.span,
            "there is a name missing in this path",
        ));
        return;
    }
    if segments.len() > syntax::DEPTH_MAX {
        mistakes.push(Diagnostic::error(
            segments[syntax::DEPTH_MAX].span,
            "this path is deeper than a scenario can be",
        ));
        return;
    }
    let Some(root) = ast.root() else { return };
    let value = match value(ast, argument, equals + 1, source) {
        Ok(value) => value,
        Err(errors) => return mistakes.extend(errors),
    };
    if let Err(mistake) = put(ast, root, &segments, value) {
        mistakes.push(mistake);
    }
}

fn segments(path: &str, source: u16) -> Vec<Segment<'_>> {
    let mut at = 0;
    path.split('.')
        .map(|text| {
            let start = at + (text.len() - text.trim_start().len());
            at += text.len() + 1;
            let text = text.trim();
            Segment {
                text,
                span: Span::new(source, start, start + text.len()),
            }
        })
        .collect()
}

/// The value as RON; what is no RON by itself (`90s`, `two words`) is a text.
fn value(
    ast: &mut Ast,
    argument: &str,
    start: usize,
    source: u16,
) -> Result<NodeId, Vec<Diagnostic>> {
    // Blanks instead of the path, so that places in the value are places in the argument.
    let text = " ".repeat(start) + &argument[start..];
    let damage = std::mem::replace(&mut ast.damage, Damage::None);
    let (id, mut errors) = syntax::parse_into(ast, &text, source);
    ast.damage = damage;
    let plain = argument[start..].trim();
    if errors.is_empty() {
        return Ok(id);
    }
    let name_end = plain.trim_start_matches(|c: char| c == '_' || c.is_alphanumeric());
    if name_end.starts_with(['(', '[', '{']) || plain.starts_with(['"', '\'']) {
        errors.truncate(syntax::MISTAKES_MAX);
        return Err(errors);
    }
    let begin = start + (argument[start..].len() - argument[start..].trim_start().len());
    Ok(ast.add(
        Span::new(source, begin, begin + plain.len()),
        Kind::Str(plain.to_owned()),
    ))
}

/// Puts `value` where the path leads from `id` on.
fn put(ast: &mut Ast, id: NodeId, path: &[Segment], value: NodeId) -> Result<(), Diagnostic> {
    let Some((first, rest)) = path.split_first() else {
        let node = ast.node(value).clone();
        *ast.node_mut(id) = node;
        return Ok(());
    };
    match &ast.node(id).kind {
        Kind::List(elements) => {
            let elements = elements.clone();
            let element = element(ast, &elements, first)?;
            put(ast, element, rest, value)
        }
        Kind::Group(Group {
            body: Body::Fields(fields),
            ..
        }) => {
            if let Some(field) = fields.iter().find(|field| field.name.text == first.text) {
                return put(ast, field.value, rest, value);
            }
            add_field(ast, id, first, rest, value);
            Ok(())
        }
        Kind::Group(Group {
            body: Body::Tuple(values),
            ..
        }) => match (values.as_slice(), first.text.parse::<usize>()) {
            (_, Ok(index)) if index < values.len() => put(ast, values[index], rest, value),
            ([], _) => {
                add_field(ast, id, first, rest, value);
                Ok(())
            }
            ([only], _) => put(ast, *only, path, value),
            _ => Err(leads_nowhere(
                first,
                &format!("there are {} values here, counted from 0", values.len()),
            )),
        },
        Kind::Map(entries) => {
            let found = entries.iter().find(
                |(key, _)| matches!(&ast.node(*key).kind, Kind::Str(text) if text == first.text),
            );
            if let Some((_, entry)) = found {
                return put(ast, *entry, rest, value);
            }
            let key = ast.add(first.span, Kind::Str(first.text.to_owned()));
            let entry = nest(ast, rest, value);
            if let Kind::Map(entries) = &mut ast.node_mut(id).kind {
                entries.push((key, entry));
            }
            Ok(())
        }
        _ => Err(leads_nowhere(
            first,
            "what stands before it is a plain value and holds nothing",
        )),
    }
}

fn leads_nowhere(segment: &Segment, why: &str) -> Diagnostic {
    Diagnostic::error(
        segment.span,
        format!("`{}` leads nowhere", shorten(segment.text)),
    )
    .help(why)
}

/// The element with that name, or at that index.
fn element(ast: &Ast, elements: &[NodeId], segment: &Segment) -> Result<NodeId, Diagnostic> {
    let named: Vec<(&str, NodeId)> = elements
        .iter()
        .filter_map(|id| Some((name_of(ast, *id)?, *id)))
        .collect();
    let mut matching = named.iter().filter(|(name, _)| *name == segment.text);
    match (matching.next(), matching.next()) {
        (Some((_, id)), None) => return Ok(*id),
        (Some(_), Some(_)) => {
            let message = format!("several entries are named `{}`", shorten(segment.text));
            return Err(Diagnostic::error(segment.span, message)
                .help("use the number of the entry, counted from 0"));
        }
        (None, _) => {}
    }
    if let Ok(index) = segment.text.parse::<usize>() {
        return elements.get(index).copied().ok_or_else(|| {
            let why = format!("there are {} entries, counted from 0", elements.len());
            Diagnostic::error(segment.span, format!("there is no entry {index}")).help(why)
        });
    }
    let names: Vec<&str> = named.iter().map(|(name, _)| *name).collect();
    let diagnostic = Diagnostic::error(
        segment.span,
        format!("there is no entry named `{}`", shorten(segment.text)),
    );
    Err(match suggestion(segment.text, &names) {
        Some(help) => diagnostic.help(help),
        None => diagnostic.help("use the number of the entry, counted from 0"),
    })
}

/// What the field `name` of a value says; without one, as in the settings of a client, the field `to`.
pub(super) fn name_of(ast: &Ast, id: NodeId) -> Option<&str> {
    match &ast.node(id).kind {
        Kind::Group(Group {
            body: Body::Fields(fields),
            ..
        }) => {
            let said = |wanted: &str| fields.iter().find(|field| field.name.text == wanted);
            let field = said("name").or_else(|| said("to"))?;
            match &ast.node(field.value).kind {
                Kind::Str(text) => Some(text),
                _ => None,
            }
        }
        Kind::Group(Group {
            body: Body::Tuple(values),
            ..
        }) => match values.as_slice() {
            [only] => name_of(ast, *only),
            _ => None,
        },
        _ => None,
    }
}

fn add_field(ast: &mut Ast, id: NodeId, first: &Segment, rest: &[Segment], value: NodeId) {
    let value = nest(ast, rest, value);
    let field = Field {
        name: Name {
            text: first.text.to_owned(),
            span: first.span,
        },
        value,
    };
    if let Kind::Group(group) = &mut ast.node_mut(id).kind {
        match &mut group.body {
            Body::Fields(fields) => fields.push(field),
            body => *body = Body::Fields(vec![field]),
        }
    }
}

/// `value` within a new struct for each step of the path.
fn nest(ast: &mut Ast, path: &[Segment], value: NodeId) -> NodeId {
    path.iter().rev().fold(value, |value, segment| {
        let field = Field {
            name: Name {
                text: segment.text.to_owned(),
                span: segment.span,
            },
            value,
        };
        ast.add(
            segment.span,
            Kind::Group(Group {
                name: None,
                body: Body::Fields(vec![field]),
            }),
        )
    })
}
