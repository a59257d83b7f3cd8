//! Whom a fault is aimed at.

use std::fmt;

use serde::de::{self, EnumAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

/// Nodes, by name or by what they are just then. Resolved when the fault begins.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum Target {
    /// All nodes.
    All,
    /// Several targets together.
    Nodes(Vec<Target>),
    /// All nodes of a zone.
    Zone(String),
    /// So many of a named set, drawn by chance.
    AnyOf(String, u32),
    /// All nodes but these.
    AllBut(Box<Target>),
    /// The node that leads a queue.
    LeaderOf(String),
    /// The nodes that follow a queue's leader.
    FollowersOf(String),
    /// One of the nodes that follow a queue's leader, drawn by chance.
    FollowerOf(String),
    /// The node that coordinates a group of consumers.
    CoordinatorOf(String),
    /// The node that decides about a system.
    ControllerOf(String),
    /// The node that decides, where only one system has such a one.
    Controller,
    /// A node, a `nodes` entry, a system, a workload or a process: written as a bare string.
    #[serde(untagged)]
    Name(String),
}

/// The form without the bare string.
#[derive(Deserialize)]
#[serde(rename = "Target")]
enum Selector {
    All,
    Nodes(Vec<Target>),
    Zone(String),
    AnyOf(String, u32),
    AllBut(Box<Target>),
    LeaderOf(String),
    FollowersOf(String),
    FollowerOf(String),
    CoordinatorOf(String),
    ControllerOf(String),
    Controller,
}

impl From<Selector> for Target {
    fn from(selector: Selector) -> Self {
        match selector {
            Selector::All => Self::All,
            Selector::Nodes(v) => Self::Nodes(v),
            Selector::Zone(v) => Self::Zone(v),
            Selector::AnyOf(v, n) => Self::AnyOf(v, n),
            Selector::AllBut(v) => Self::AllBut(v),
            Selector::LeaderOf(v) => Self::LeaderOf(v),
            Selector::FollowersOf(v) => Self::FollowersOf(v),
            Selector::FollowerOf(v) => Self::FollowerOf(v),
            Selector::CoordinatorOf(v) => Self::CoordinatorOf(v),
            Selector::ControllerOf(v) => Self::ControllerOf(v),
            Selector::Controller => Self::Controller,
        }
    }
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
