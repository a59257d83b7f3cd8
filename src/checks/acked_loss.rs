//! No acknowledged message is lost.

use crate::sim::Fact;
use crate::sim::ledger::{Change, State, What};

use super::{Check, Findings, Kinds, Scene, kind};

/// Counts what is lost now: what an old leader brings back is not lost, if nobody missed it.
#[derive(Clone, Debug, Default)]
pub(super) struct NoAckedLoss {
    lost: u64,
    last_crash: u64,
}

impl Check for NoAckedLoss {
    const KINDS: Kinds = Kinds::of(&[kind::CRASHED, kind::HALTED]);
    const CHANGES: Kinds = Kinds::of(&[Change::BECAME]);

    fn record(&mut self, scene: &Scene<'_>, _: &mut Findings) {
        self.last_crash = scene.record.event;
    }

    fn change(&mut self, change: &Change, scene: &Scene<'_>, found: &mut Findings) {
        let What::Became {
            from,
            to,
            acked: true,
            was_skipped,
            skipped,
            ..
        } = change.what
        else {
            return;
        };
        if to == State::Lost && !skipped {
            self.lost += 1;
            let why = match scene.record.fact {
                Fact::Leads { .. } => "the new leader does not have",
                Fact::Unstored { .. } => "no copy is left of",
                _ => "nobody stored",
            };
            found.report_span(
                scene,
                change.span,
                &[(self.last_crash, "the last crash before it")],
                |messages| format!("{why} {messages}, though acknowledged"),
            );
        } else if from == State::Lost && to != State::Lost && !was_skipped && self.lost > 0 {
            self.lost -= 1;
            if self.lost == 0 {
                found.take_back();
            }
        }
    }
}
