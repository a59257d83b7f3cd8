//! From settings to processes.

use crate::sim::complaint::{Complaint, Path};

use super::{Builder, Known, Settings};

impl Settings {
    pub(in super::super) fn declare(&self, _known: &mut Known) {}

    pub(in super::super) fn check(&self, _at: &Path, _known: &Known, _out: &mut Vec<Complaint>) {}

    pub(in super::super) fn build(&self, _builder: &mut Builder) {}
}
