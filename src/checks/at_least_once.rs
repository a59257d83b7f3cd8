//! Every acknowledged message is delivered, or can still be.

use crate::sim::ledger::{Change, State, What};

use super::{Check, Findings, Kinds, Scene};

#[derive(Clone, Debug)]
pub(super) struct AtLeastOnce;

impl Check for AtLeastOnce {
    const KINDS: Kinds = Kinds::NONE;
    const CHANGES: Kinds = Kinds::of(&[Change::BECAME]);

    fn change(&mut self, change: &Change, scene: &Scene<'_>, found: &mut Findings) {
        let What::Became {
            to,
            acked: true,
            skipped,
            ..
        } = change.what
        else {
            return;
        };
        let why = match to {
            State::Lost if skipped => "a group's position moved past acknowledged",
            State::Lost => "the log lost acknowledged",
            State::Expired => "retention removed before delivery acknowledged",
            State::InFlight | State::Delivered => return,
        };
        found.report_span(scene, change.span, &[], |messages| {
            format!("{why} {messages}")
        });
    }
}
