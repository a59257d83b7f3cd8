//! Whom a fault is aimed at.

use std::fmt;

use serde::de::{self, EnumAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

/// Makes of one list the targets, the form of them that has a word (all but the bare string), and the way from that to the
/// target.
macro_rules! targets {
    ($($(#[$about:meta])* $name:ident $(($($value:ident: $type:ty),+))?,)*) => {
        /// Nodes, by name or by what they are just then. Resolved when the fault begins.
        #[derive(Clone, Debug, PartialEq, Serialize)]
        pub enum Target {
            $($(#[$about])* $name $(($($type),+))?,)*
            /// A node, a `nodes` entry, a system, a workload or a process: written as a bare string.
            #[serde(untagged)]
            Name(String),
        }

        /// The form without the bare string.
        #[derive(Deserialize)]
        #[serde(rename = "Target")]
        enum Selector {
            $($name $(($($type),+))?,)*
        }

        impl From<Selector> for Target {
            fn from(selector: Selector) -> Self {
                match selector {
                    $(Selector::$name $(($($value),+))? => Self::$name $(($($value),+))?,)*
                }
            }
        }
    };
}

targets! {
    /// All nodes.
    All,
    /// Several targets together.
    Nodes(list: Vec<Target>),
    /// All nodes of a zone.
    Zone(zone: String),
    /// So many of a named set, drawn by chance.
    AnyOf(set: String, n: u32),
    /// All nodes but these.
    AllBut(but: Box<Target>),
    /// The node that leads a queue.
    LeaderOf(queue: String),
    /// The nodes that follow a queue's leader.
    FollowersOf(queue: String),
    /// One of the nodes that follow a queue's leader, drawn by chance.
    FollowerOf(queue: String),
    /// The node that coordinates a group of consumers.
    CoordinatorOf(group: String),
    /// The node that decides about a system.
    ControllerOf(system: String),
    /// The node that decides, where only one system has such a one.
    Controller,
}

struct TargetVisitor;

impl<'de> Visitor<'de> for TargetVisitor {
    type Value = Target;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name in quotes, or one of All, Nodes, Zone, AnyOf, AllBut, LeaderOf, FollowerOf, FollowersOf, CoordinatorOf, ControllerOf, Controller")
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<Target, E> {
        Ok(Target::Name(name.to_owned()))
    }

    fn visit_enum<A: EnumAccess<'de>>(self, data: A) -> Result<Target, A::Error> {
        Selector::deserialize(de::value::EnumAccessDeserializer::new(data)).map(Target::from)
    }
}

impl<'de> Deserialize<'de> for Target {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TargetVisitor)
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::All => f.write_str("all"),
            Self::Nodes(list) => {
                let list: Vec<_> = list.iter().map(ToString::to_string).collect();
                f.write_str(&list.join(", "))
            }
            Self::Zone(zone) => write!(f, "zone {zone}"),
            Self::AnyOf(set, n) => write!(f, "any {n} of {set}"),
            Self::AllBut(target) => write!(f, "all but {target}"),
            Self::LeaderOf(queue) => write!(f, "leader of {queue}"),
            Self::FollowersOf(queue) => write!(f, "followers of {queue}"),
            Self::FollowerOf(queue) => write!(f, "a follower of {queue}"),
            Self::CoordinatorOf(group) => write!(f, "coordinator of {group}"),
            Self::ControllerOf(system) => write!(f, "controller of {system}"),
            Self::Controller => f.write_str("controller"),
        }
    }
}
