//! At least once and at most once.

use crate::sim::ledger::Change;

use super::at_least_once::AtLeastOnce;
use super::at_most_once::AtMostOnce;
use super::{Check, Findings, Kinds, Scene};

#[derive(Clone, Debug)]
pub(super) struct ExactlyOnce;

impl Check for ExactlyOnce {
    const KINDS: Kinds = Kinds::NONE;
    const CHANGES: Kinds = Kinds::of(&[Change::BECAME, Change::DELIVERED_ODDLY]);

    fn change(&mut self, change: &Change, scene: &Scene<'_>, found: &mut Findings) {
        AtLeastOnce.change(change, scene, found);
        AtMostOnce.change(change, scene, found);
    }
}
