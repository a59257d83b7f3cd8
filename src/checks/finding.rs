//! What a check found.

use std::fmt::Write;

use crate::sim::{LaneId, Names, Record, Span};

use super::{Property, Scene};
use crate::sim::units::Duration;

/// So many findings of a property are kept; the others are counted.
const KEPT_MAX: usize = 10;

/// A property broke.
#[derive(Clone, PartialEq, Debug)]
pub struct Finding {
    /// Which.
    pub property: Property,
    /// When, virtual time in ns.
    pub at: u64,
    /// Number of the event during which it broke.
    pub event: u64,
    /// What happened, in plain words and with names, without a full stop.
    pub message: String,
    /// Numbers of the events that prove it, oldest first.
    pub evidence: Vec<u64>,
    /// What each event of the evidence is, but the one during which it broke.
    parts: Vec<(u64, &'static str)>,
    /// The first of the messages that it is about, where it is about messages.
    about: Option<(LaneId, u32)>,
}

impl Finding {
    /// The first of the messages that it is about, by lane and number, where it is about messages.
    pub fn about(&self) -> Option<(LaneId, u32)> {
        self.about
    }

    /// The events of the evidence but the one during which it broke, and what each is; oldest first.
    pub fn parts(&self) -> &[(u64, &'static str)] {
        &self.parts
    }

    /// A paragraph in plain words: what must be true, what happened instead, and the numbers of the events that prove it.
    pub fn explanation(&self) -> String {
        let mut out = format!(
            "Expected: {}. {} This broke at {} in event #{}: {}.",
            self.property.label(),
            self.property.rule(),
            Duration::from_ns(self.at),
            self.event,
            self.message
        );
        let parts: Vec<String> = self
            .parts
            .iter()
            .map(|(event, what)| format!("#{event} ({what})"))
            .collect();
        if let Some((last, before)) = parts.split_last() {
            let before = before.join(", ");
            let and = if before.is_empty() { "" } else { " and " };
            let _ = write!(out, " It follows from {before}{and}{last}.");
        }
        out
    }
}

/// The findings of one property.
#[derive(Clone, PartialEq, Debug)]
pub struct Findings {
    property: Property,
    kept: Vec<Finding>,
    kept_max: usize,
    count: u64,
    /// Of the last finding, where it is about messages: its event, lane, first number and the number behind its last.
    last: Option<(u64, LaneId, u32, u32)>,
}

impl Findings {
    pub(super) fn new(property: Property) -> Self {
        Self {
            property,
            kept: Vec::new(),
            kept_max: KEPT_MAX,
            count: 0,
            last: None,
        }
    }

    /// From now on so many are kept, if that is more than usually are.
    pub(super) fn keep(&mut self, findings: usize) {
        self.kept_max = findings.max(KEPT_MAX);
    }

    /// The first ones, each with its number among those that are kept only because [more](Findings::keep) are; of the usual
    /// ones, 0.
    pub(super) fn told(&self) -> impl Iterator<Item = (usize, &Finding)> {
        let numbered = self.kept.iter().enumerate();
        numbered.map(|(place, finding)| ((place + 1).saturating_sub(KEPT_MAX), finding))
    }

    /// The first ones.
    pub fn kept(&self) -> &[Finding] {
        &self.kept
    }

    /// How many there were. What one event does to messages that follow one another is one finding.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Notes a finding. The message is made only if it is kept. The evidence is numbers of events (0: none) and what each is,
    /// apart from the record's own.
    pub(super) fn report(
        &mut self,
        record: &Record,
        evidence: &[(u64, &'static str)],
        message: impl FnOnce() -> String,
    ) {
        self.report_at(record.at, record.event, evidence, message);
    }

    /// The same, of a moment (ns) and an event.
    pub(super) fn report_at(
        &mut self,
        at: u64,
        event: u64,
        evidence: &[(u64, &'static str)],
        message: impl FnOnce() -> String,
    ) {
        self.last = None;
        self.count += 1;
        if self.kept.len() < self.kept_max {
            let known = evidence.iter().copied().filter(|e| e.0 != 0);
            let mut parts: Vec<(u64, &'static str)> = known.collect();
            parts.sort_unstable_by_key(|part| part.0);
            let mut evidence: Vec<u64> = parts.iter().map(|part| part.0).collect();
            parts.retain(|part| part.0 != event);
            evidence.push(event);
            evidence.sort_unstable();
            evidence.dedup();
            self.kept.push(Finding {
                property: self.property,
                at,
                event,
                message: message(),
                evidence,
                parts,
                about: None,
            });
        }
    }

    /// Notes a finding about messages; it joins the one before if it continues it. `message` is given their name.
    pub(super) fn report_span(
        &mut self,
        scene: &Scene<'_>,
        span: Span,
        evidence: &[(u64, &'static str)],
        message: impl FnOnce(&str) -> String,
    ) {
        let (record, names) = (scene.record, scene.ledger.names());
        let end = span.first + span.count;
        if let Some((event, lane, first, behind)) = self.last
            && event == record.event
            && lane == span.lane
            && behind == span.first
        {
            self.last = Some((event, lane, first, end));
            if self.count as usize <= self.kept_max
                && let Some(finding) = self.kept.last_mut()
            {
                finding.message = message(&name(names, lane, first, end));
            }
            return;
        }
        self.report(record, evidence, || {
            message(&name(names, span.lane, span.first, end))
        });
        self.last_is_about(span.lane, span.first);
        self.last = Some((record.event, span.lane, span.first, end));
    }

    /// The finding that was noted last is about this message.
    pub(super) fn last_is_about(&mut self, lane: LaneId, number: u32) {
        if self.count as usize <= self.kept_max
            && let Some(finding) = self.kept.last_mut()
        {
            finding.about = Some((lane, number));
        }
    }

    /// What was found turned out not to be so.
    pub(super) fn take_back(&mut self) {
        let kept_max = self.kept_max;
        *self = Self::new(self.property);
        self.keep(kept_max);
    }
}

/// Messages as people read them: `message checkout-1→orders/0#42`, `17 messages checkout-1→orders/0#42…58`.
fn name(names: &Names, lane: LaneId, first: u32, end: u32) -> String {
    let start = names.message(lane, first);
    match end - first {
        1 => format!("message {start}"),
        n => format!("{n} messages {start}…{}", end - 1),
    }
}
