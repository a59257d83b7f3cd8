//! The paths that `--set` takes: each setting of a scenario, wherever in it a value stands, and what it is.

use super::document::Document;
use super::set::name_of;
use super::syntax::ast::{Ast, Body, Group, Kind, NodeId};

/// A setting.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Setting {
    /// As `--set` has it: `workloads.checkout.acks`.
    pub path: String,
    /// What it is, in one line, as the scenario language has it.
    pub value: String,
}

/// What no run depends on, or what is chosen in other ways.
const NO_SETTINGS: [&str; 8] = [
    "title",
    "about",
    "group",
    "seed",
    "expect",
    "control",
    "control_set",
    "control_faults",
];

/// The settings that a text with all of them ([`super::effective`]) has, as far as `--set` can change them in the document
/// that they come from, in the order of the text.
pub fn settings(text: &str, of: &Document) -> Vec<Setting> {
    let effective = Document::parse("settings", text);
    let mut walk = Walk {
        text,
        ast: effective.ast(),
        own: of.ast(),
        found: Vec::new(),
    };
    if let (Some(root), own) = (effective.ast().root(), of.ast().root()) {
        let fields = walk.fields(root);
        for (name, id) in fields {
            if !NO_SETTINGS.contains(&name.as_str()) {
                let own = own.and_then(|own| walk.own_field(own, &name));
                walk.value(id, own, name);
            }
        }
    }
    walk.found
}

struct Walk<'a> {
    text: &'a str,
    ast: &'a Ast,
    /// What somebody wrote: where a list or a choice is not written out there, only all of it can be set.
    own: &'a Ast,
    found: Vec<Setting>,
}

impl Walk<'_> {
    /// Notes a value and what is in it.
    fn value(&mut self, id: NodeId, own: Option<NodeId>, path: String) {
        let ast = self.ast;
        match &ast.node(id).kind {
            Kind::Invalid => {}
            Kind::List(elements) => {
                if elements.iter().all(|e| is_plain(ast, *e)) {
                    self.note(id, &path);
                }
                let own = own.and_then(|own| list(self.own, own));
                for (at, element) in elements.iter().enumerate() {
                    let Some(own) = own.as_ref().and_then(|own| own.get(at)) else {
                        break;
                    };
                    let step = step_to(ast, elements, at);
                    self.value(*element, Some(*own), format!("{path}.{step}"));
                }
            }
            Kind::Group(Group { name, body }) => {
                let is_choice = name.is_some();
                // A part with a name of its own is no value.
                if is_choice && name_of(ast, id).is_none() {
                    self.note(id, &path);
                }
                // Another choice may stand there, or none: then its parts are none of the scenario's.
                if !is_choice || own.is_some() {
                    self.parts(id, body, own, &path);
                }
            }
            _ => self.note(id, &path),
        }
    }

    fn parts(&mut self, id: NodeId, body: &Body, own: Option<NodeId>, path: &str) {
        match body {
            Body::None => {}
            Body::Fields(_) => {
                for (name, field) in self.fields(id) {
                    // By their names parts are found.
                    if name != "name" {
                        let own = own.and_then(|own| self.own_field(own, &name));
                        self.value(field, own, format!("{path}.{name}"));
                    }
                }
            }
            Body::Tuple(values) => {
                let own = own.and_then(|own| tuple(self.own, own));
                let Some(own) = own.filter(|own| own.len() == values.len()) else {
                    return;
                };
                match (values.as_slice(), own.as_slice()) {
                    // A path passes it by.
                    ([only], [own]) => {
                        if let Kind::Group(Group {
                            body: body @ Body::Fields(_),
                            ..
                        }) = &self.ast.node(*only).kind
                        {
                            self.parts(*only, body, Some(*own), path);
                        }
                    }
                    _ => {
                        for (at, (value, own)) in values.iter().zip(&own).enumerate() {
                            self.value(*value, Some(*own), format!("{path}.{at}"));
                        }
                    }
                }
            }
        }
    }

    fn note(&mut self, id: NodeId, path: &str) {
        let span = self.ast.node(id).span;
        let text = self.text.get(span.start as usize..span.end as usize);
        let words = text.unwrap_or_default().split_whitespace();
        self.found.push(Setting {
            path: path.to_owned(),
            value: words.collect::<Vec<_>>().join(" "),
        });
    }

    /// The fields of a value, by name.
    fn fields(&self, id: NodeId) -> Vec<(String, NodeId)> {
        match &self.ast.node(id).kind {
            Kind::Group(Group {
                body: Body::Fields(fields),
                ..
            }) => fields
                .iter()
                .map(|f| (f.name.text.clone(), f.value))
                .collect(),
            _ => Vec::new(),
        }
    }

    /// The same field of what somebody wrote.
    fn own_field(&self, id: NodeId, name: &str) -> Option<NodeId> {
        match &self.own.node(id).kind {
            Kind::Group(Group {
                body: Body::Fields(fields),
                ..
            }) => fields.iter().find(|f| f.name.text == name).map(|f| f.value),
            Kind::Group(Group {
                body: Body::Tuple(values),
                ..
            }) => match values.as_slice() {
                [only] => self.own_field(*only, name),
                _ => None,
            },
            _ => None,
        }
    }
}

/// Whether a value has no parts that somebody would set by themselves.
fn is_plain(ast: &Ast, id: NodeId) -> bool {
    match &ast.node(id).kind {
        Kind::List(_) | Kind::Map(_) | Kind::Invalid => false,
        Kind::Group(group) => group.body == Body::None,
        _ => true,
    }
}

fn list(ast: &Ast, id: NodeId) -> Option<Vec<NodeId>> {
    match &ast.node(id).kind {
        Kind::List(elements) => Some(elements.clone()),
        _ => None,
    }
}

fn tuple(ast: &Ast, id: NodeId) -> Option<Vec<NodeId>> {
    match &ast.node(id).kind {
        Kind::Group(Group {
            body: Body::Tuple(values),
            ..
        }) => Some(values.clone()),
        _ => None,
    }
}

/// How a path goes on to an element of a list: by its name, if that is its alone and can stand in a path, else by its place.
fn step_to(ast: &Ast, elements: &[NodeId], at: usize) -> String {
    let name = |id: &NodeId| name_of(ast, *id);
    let own = name(&elements[at]).filter(|own| {
        let can_stand = !own.is_empty() && !own.contains(['.', '=']) && own.trim() == *own;
        can_stand && elements.iter().filter(|e| name(e) == Some(own)).count() == 1
    });
    own.map_or_else(|| at.to_string(), str::to_owned)
}
