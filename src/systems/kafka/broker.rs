//! The broker.

use crate::sim::host::Survival;
use crate::sim::{Cost, Names, Pid, Role, Token};

use super::{Badge, Ctx, Inspect, Message, Row, Standing};

/// A broker.
#[derive(Clone, Debug)]
pub struct Broker {}

impl Broker {
    pub(in super::super) fn cost(&mut self, _message: &Message, _now: u64) -> Cost {
        Cost::FREE
    }

    pub(in super::super) fn start(&mut self, _ctx: &mut Ctx<'_>) {}

    pub(in super::super) fn message(&mut self, _from: Pid, _message: Message, _ctx: &mut Ctx<'_>) {}

    pub(in super::super) fn timer(&mut self, _token: Token, _ctx: &mut Ctx<'_>) {}

    pub(in super::super) fn disconnected(&mut self, _peer: Pid, _ctx: &mut Ctx<'_>) {}

    pub(in super::super) fn crash(&mut self, _survival: &Survival, _ctx: &mut Ctx<'_>) {}

    pub(in super::super) fn nominate(&self, _role: &Role, _names: &Names, _out: &mut Vec<Pid>) {}
}

impl Inspect for Broker {
    fn badge(&self, _names: &Names) -> Badge {
        Badge {
            standing: Standing::Member,
            lines: Vec::new(),
        }
    }

    fn rows(&self, _names: &Names) -> Vec<Row> {
        Vec::new()
    }
}
