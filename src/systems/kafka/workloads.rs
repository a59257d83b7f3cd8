//! From the settings of workloads to processes.

use crate::sim::complaint::{Complaint, Path};

use super::{Builder, ConsumerGroupSettings, Known, ProducerSettings};

impl ProducerSettings {
    pub(in super::super) fn declare(&self, _known: &mut Known) {}

    pub(in super::super) fn check(&self, _at: &Path, _known: &Known, _out: &mut Vec<Complaint>) {}

    pub(in super::super) fn build(&self, _builder: &mut Builder) {}
}

impl ConsumerGroupSettings {
    pub(in super::super) fn declare(&self, _known: &mut Known) {}

    pub(in super::super) fn check(&self, _at: &Path, _known: &Known, _out: &mut Vec<Complaint>) {}

    pub(in super::super) fn build(&self, _builder: &mut Builder) {}
}
