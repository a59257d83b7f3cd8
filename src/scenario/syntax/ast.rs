//! The tree of values of a scenario, as written.

use crate::scenario::source::Span;

/// Names a value within its [`Ast`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct NodeId(pub(super) u32);

/// The values of a document. They are stored flat and refer to each other by [`NodeId`].
#[derive(Debug, Clone, Default)]
pub struct Ast {
    nodes: Vec<Node>,
    root: Option<NodeId>,
    /// How far syntax errors damaged it.
    pub damage: Damage,
}

/// What syntax errors did to the tree.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Damage {
    /// No syntax error.
    #[default]
    None,
    /// Some values are missing, the others are where they belong.
    Holes,
    /// Brackets don't match: nobody knows what belongs where.
    Shape,
}

/// One value and its place.
#[derive(Debug, Clone)]
pub struct Node {
    /// From its first to its last character.
    pub span: Span,
    /// The value.
    pub kind: Kind,
}

/// The values of RON.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// Something that could not be read; its mistake has been reported.
    Invalid,
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Number(Number),
    /// `'c'`
    Char(char),
    /// `"text"` or `r#"text"#`
    Str(String),
    /// `b"bytes"`
    Bytes(Vec<u8>),
    /// `[a, b]`
    List(Vec<NodeId>),
    /// `{k: v}`
    Map(Vec<(NodeId, NodeId)>),
    /// `Name`, `Name(…)`, `(…)` or `()`
    Group(Group),
}

/// A number as precisely as it was written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Number {
    /// A whole number without a minus sign.
    Unsigned(u64),
    /// A whole number with a minus sign.
    Negative(i64),
    /// Anything with a point or an exponent, infinity, not-a-number.
    Float(f64),
}

/// A name with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// The name.
    pub text: String,
    /// Its place.
    pub span: Span,
}

/// A name, something in parentheses, or both.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// The name before the parenthesis.
    pub name: Option<Name>,
    /// What the parentheses hold.
    pub body: Body,
}

/// What the parentheses of a [`Group`] hold.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// There are none: `Name`.
    None,
    /// `(a, b)`, also `()`
    Tuple(Vec<NodeId>),
    /// `(a: 1, b: 2)`
    Fields(Vec<Field>),
}

/// One `name: value`.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// The name of the field.
    pub name: Name,
    /// Its value.
    pub value: NodeId,
}

impl Ast {
    /// Adds a value.
    pub fn add(&mut self, span: Span, kind: Kind) -> NodeId {
        let id = NodeId(self.nodes.len() as u32);
        self.nodes.push(Node { span, kind });
        id
    }

    /// How many values have been added.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether it holds no value at all.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The value that holds all others.
    pub fn root(&self) -> Option<NodeId> {
        self.root
    }

    /// Makes `root` the value that holds all others.
    pub fn set_root(&mut self, root: NodeId) {
        self.root = Some(root);
    }

    /// A value.
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0 as usize]
    }

    /// The value with that [`NodeId::index`].
    pub fn node_at(&self, index: usize) -> &Node {
        &self.nodes[index]
    }

    /// A value, to change it.
    pub fn node_mut(&mut self, id: NodeId) -> &mut Node {
        &mut self.nodes[id.0 as usize]
    }

    /// The place that stands for a value in a diagnostic: of something with a name or brackets only its beginning (the name or
    /// the bracket), of a plain value all of it.
    pub fn head(&self, id: NodeId) -> Span {
        let Node { span, kind } = self.node(id);
        match kind {
            Kind::Group(Group {
                name: Some(name), ..
            }) => name.span,
            Kind::List(_) | Kind::Map(_) | Kind::Group(_) => Span {
                end: span.end.min(span.start + 1),
                ..*span
            },
            _ => *span,
        }
    }
}

impl NodeId {
    /// As an index into a table with one entry per value.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}
