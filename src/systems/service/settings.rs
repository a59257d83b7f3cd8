//! Settings of a service: what a scenario says of it.

use serde::{Deserialize, Serialize};

use crate::sim::dist::Dist;
use crate::sim::units::{Chance, Size};
use crate::systems::rpc::ClientSettings;

use super::line::LineSettings;

/// A service: replicas of one program, which answer calls and work on messages.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// What it is called.
    pub name: String,
    /// The nodes it runs on.
    pub nodes: String,
    /// How many replicas run on each node.
    #[serde(default = "one")]
    pub per_node: u32,
    /// How many requests a replica works on at once; further ones wait in its queue.
    #[serde(default = "eight")]
    pub threads: u32,
    /// Whether a request holds its thread until it is done, also while it waits for others (one thread for each request, as
    /// with servlets). Otherwise it holds one only while it works (an event loop), and any number may be under way.
    #[serde(default = "yes")]
    pub blocking: bool,
    /// Who waits for a thread, and who is next.
    #[serde(default)]
    pub queue: LineSettings,
    /// How it calls others; what it calls without an entry here, it calls once and waits for ever.
    #[serde(default = "Vec::new", skip_serializing_if = "Vec::is_empty")]
    pub clients: Vec<ClientSettings>,
    /// What it can do.
    pub handlers: Vec<HandlerSettings>,
    /// Bytes of an answer.
    #[serde(default = "kib")]
    pub response_size: Size,
}

fn one() -> u32 {
    1
}

fn eight() -> u32 {
    8
}

fn yes() -> bool {
    true
}

fn kib() -> Size {
    Size::from_bytes(1024)
}

/// One thing that a service can do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HandlerSettings {
    /// What it is called: callers say `service/handler`.
    pub name: String,
    /// What it does, one step after the other. A step that fails ends it, and the caller is told.
    pub steps: Vec<Step>,
}

/// A step of a handler.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Step {
    /// Works for so long: `Work(Exponential(mean: "5ms"))`. A slow machine takes longer.
    Work(Dist),
    /// Waits for so long, for something outside of the model.
    Wait(Dist),
    /// Calls another service and waits for the answer: `Call("payment/charge")`.
    Call(String),
    /// Calls another service so many times at once, each time with another key.
    FanOut {
        /// `service/handler`.
        to: String,
        /// How many calls.
        count: u32,
        /// How many must succeed before it goes on; without it, all.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        need: Option<u32>,
    },
    /// Does several lists of steps at once.
    Parallel {
        /// The lists.
        branches: Vec<Vec<Step>>,
        /// How many must succeed before it goes on; without it, all.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        need: Option<u32>,
    },
    /// Does these steps and goes on even if they fail.
    Try(Vec<Step>),
    /// Does these steps in a share of cases: `Sometimes("10%", [...])`.
    Sometimes(Chance, Vec<Step>),
    /// Something takes effect that users wait for, and that should happen once for each thing they ask for:
    /// `Effect("payment")`.
    Effect(String),
    /// Answers the caller now; what follows is done in the background.
    Reply,
    /// Fails, in a share of cases: `Fail("1%")`.
    Fail(Chance),
}
