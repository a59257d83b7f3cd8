//! Reads the tree into settings that derive serde's `Deserialize`, and finds *all* mistakes, not only the first.
//!
//! Serde stops at the first error. So after an error its value is poisoned and everything is read again: a poisoned field is as
//! if it were absent, a poisoned element is left out, for what cannot be absent something stands in, and what cannot have that
//! is poisoned, too, silently. That goes
//! on until nothing new turns up; each time takes work linear in the size of the tree, and the mistakes are bounded.

mod access;
mod error;
mod hole;
mod node;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use serde::de::DeserializeOwned;

use self::error::Error;
use self::node::{NodeDe, Place};
use super::diagnostic::Diagnostic;
use super::source::Span;
use super::syntax::MISTAKES_MAX;
use super::syntax::ast::{Ast, Damage, Kind, NodeId};

/// How often the tree is read at most.
const READS_MAX: usize = 4 * MISTAKES_MAX;

/// What reading gave.
#[derive(Debug)]
pub struct Reading<T> {
    /// The settings, without what was wrong in them; `None` if nothing is left.
    pub value: Option<T>,
    /// All mistakes, in the order they were met.
    pub mistakes: Vec<Diagnostic>,
    /// Per value of the tree: whether it is missing from `value`.
    pub left_out: Vec<bool>,
    /// Fields of structs that could not be read, or are missing although required.
    pub unread: Unread,
}

/// What could not be read of structs, besides the values that were left out.
#[derive(Clone, Debug, Default)]
pub struct Unread {
    fields: BTreeSet<(NodeId, &'static str)>,
    puzzling: BTreeSet<NodeId>,
}

impl Unread {
    /// Whether a field was not read; `is_absent` if the struct has none of that very name.
    pub fn has_field(&self, owner: NodeId, name: &str, is_absent: bool) -> bool {
        // A field that nobody knows may have been meant for any that is absent.
        (is_absent && self.puzzling.contains(&owner))
            || self.fields_of(owner).any(|field| field == name)
    }

    /// Whether a field of a struct was not read.
    pub fn has_any(&self, owner: NodeId) -> bool {
        self.fields_of(owner).next().is_some()
    }

    fn fields_of(&self, owner: NodeId) -> impl Iterator<Item = &'static str> {
        let fields = self.fields.range((owner, "")..);
        fields
            .take_while(move |(of, _)| *of == owner)
            .map(|(_, field)| *field)
    }
}

/// Reads the whole tree as a `T`.
pub fn read<T: DeserializeOwned>(ast: &Ast) -> Reading<T> {
    let poisoned = (0..ast.len())
        .map(|index| matches!(ast.node_at(index).kind, Kind::Invalid))
        .collect();
    let state = State {
        poisoned,
        mistakes: Vec::new(),
        seen: BTreeSet::new(),
        holes: BTreeMap::new(),
        unread: Unread::default(),
    };
    let reader = Reader {
        ast,
        state: RefCell::new(state),
    };
    let value = ast.root().and_then(|root| reader.read_until_stable(root));
    let state = reader.state.into_inner();
    Reading {
        value,
        mistakes: state.mistakes,
        left_out: state.poisoned,
        unread: state.unread,
    }
}

struct Reader<'a> {
    ast: &'a Ast,
    state: RefCell<State>,
}

struct State {
    poisoned: Vec<bool>,
    mistakes: Vec<Diagnostic>,
    seen: BTreeSet<(Span, String)>,
    /// Required fields that are missing, by struct.
    holes: BTreeMap<NodeId, Vec<&'static str>>,
    unread: Unread,
}

impl Reader<'_> {
    fn read_until_stable<T: DeserializeOwned>(&self, root: NodeId) -> Option<T> {
        for _ in 0..READS_MAX {
            if self.is_poisoned(root) {
                return None;
            }
            let node = NodeDe::new(self, root, Place::Root);
            let error = match T::deserialize(node) {
                Ok(value) => return Some(value).filter(|_| !self.is_full()),
                Err(error) => node.locate(error),
            };
            match error {
                Error::Poison { node, mistake } => {
                    if let Some(mistake) = mistake {
                        self.report(*mistake);
                    }
                    self.state.borrow_mut().poisoned[node.index()] = true;
                }
                Error::Hole {
                    node,
                    field,
                    mistake,
                } => {
                    if let Some(mistake) = mistake {
                        self.report(*mistake);
                    }
                    self.note_unread(node, field);
                    self.state
                        .borrow_mut()
                        .holes
                        .entry(node)
                        .or_default()
                        .push(field);
                }
                // Located above.
                Error::Loose(_) => return None,
            }
        }
        None
    }

    /// Whether a value is as if it were not there. After too many mistakes all are, which ends the reading.
    fn is_poisoned(&self, id: NodeId) -> bool {
        self.is_full() || self.state.borrow().poisoned[id.index()]
    }

    fn leave_out(&self, id: NodeId) {
        self.state.borrow_mut().poisoned[id.index()] = true;
    }

    fn note_unread(&self, owner: NodeId, field: &'static str) {
        self.state.borrow_mut().unread.fields.insert((owner, field));
    }

    fn note_puzzling(&self, owner: NodeId) {
        self.state.borrow_mut().unread.puzzling.insert(owner);
    }

    fn is_full(&self) -> bool {
        self.state.borrow().mistakes.len() >= MISTAKES_MAX
    }

    fn holes(&self, id: NodeId) -> Vec<&'static str> {
        self.state
            .borrow()
            .holes
            .get(&id)
            .cloned()
            .unwrap_or_default()
    }

    /// Notes a mistake that does not keep the value from being read. The same mistake counts once.
    fn report(&self, diagnostic: Diagnostic) {
        let mut state = self.state.borrow_mut();
        if state.mistakes.len() < MISTAKES_MAX
            && state
                .seen
                .insert((diagnostic.span, diagnostic.message.clone()))
        {
            state.mistakes.push(diagnostic);
        }
    }

    /// Whether absent fields are the user's mistake, or may have been lost to a syntax error.
    fn trusts_absence(&self) -> bool {
        self.ast.damage == Damage::None
    }
}

#[cfg(test)]
mod tests;
