//! What happened in a session: lines of the log, marks on the line of time, who led when, which fault was in force.
//! Reads marks as they come, so that a frame costs the same however long the run is.

use crate::checks::Finding;
use crate::hunt::Session;
use crate::sim::call::{CallFact, Switch};
use crate::sim::{Fact, Names, Pid, Record, ServiceId};
use crate::trace::marks::{Cause, Line, Sign};
use crate::ui::view::{EventLine, Lane, LaneSpan, MarkKind, Timeline, TimelineMark};

/// So many of the newest lines are shown.
const LINES_MAX: usize = 1000;
/// So many of the newest marks are shown.
const MARKS_MAX: usize = 5000;
/// So many queues whose leader changed have a lane.
const LANES_MAX: usize = 200;
/// So many services whose breakers opened, and so many whose replicas changed in number, have a lane.
const SERVICE_LANES_MAX: usize = 6;
/// So many faults that are in force at once are told apart.
const FAULT_LANES_MAX: usize = 6;
/// So many of the newest faults are shown.
const FAULTS_MAX: usize = 200;

#[derive(Clone, Default)]
pub(super) struct Log {
    /// By time.
    lines: Vec<EventLine>,
    marks_read: usize,
    findings_read: usize,
    /// For each queue: who led it, since when, until when.
    leaders: Vec<Vec<LaneSpan>>,
    /// For each service whose calls a breaker kept back: when.
    breakers: Vec<Breakers>,
    /// For each service whose replicas changed in number: how many there were when.
    replicas: Vec<(ServiceId, Vec<LaneSpan>)>,
}

/// What the circuit breakers of a service's callers did.
#[derive(Clone)]
struct Breakers {
    service: ServiceId,
    /// Those that are not closed.
    callers: Vec<(Pid, Switch)>,
    spans: Vec<LaneSpan>,
}

impl Breakers {
    /// What matters most of what they do.
    fn state(&self) -> Switch {
        let any = |state| self.callers.iter().any(|(_, s)| *s == state);
        let states = [Switch::Open, Switch::HalfOpen];
        states
            .into_iter()
            .find(|s| any(*s))
            .unwrap_or(Switch::Closed)
    }

    fn become_state(&mut self, caller: Pid, state: Switch, at_ns: u64) {
        let before = self.state();
        self.callers.retain(|(pid, _)| *pid != caller);
        if state != Switch::Closed {
            self.callers.push((caller, state));
        }
        let now = self.state();
        if now == before {
            return;
        }
        end(&mut self.spans, at_ns);
        let (label, kind) = match now {
            Switch::Closed => return,
            Switch::Open => ("open", MarkKind::Cut),
            Switch::HalfOpen => ("half open", MarkKind::Alert),
        };
        self.spans.push(LaneSpan {
            from_ns: at_ns,
            to_ns: None,
            label: label.into(),
            kind,
        });
    }
}

impl Log {
    /// Takes in what came since the last time.
    pub(super) fn read(&mut self, session: &Session) {
        let Some(watch) = session.watch() else {
            return;
        };
        let first_new = self.lines.len();
        let records = watch.marks.kept();
        let lines = watch.marks.lines(self.marks_read);
        for (record, line) in records.range(self.marks_read).zip(lines) {
            self.lines.push(event_line(line));
            self.remember(record, session);
        }
        self.marks_read = records.len();
        self.first_leaders(session);
        if watch.checks.count() as usize != self.findings_read {
            self.read_findings(&watch.checks.all_findings());
            self.findings_read = watch.checks.count() as usize;
        }
        if self.lines.len() > first_new {
            self.lines.sort_by_key(|l| l.event);
        }
    }

    fn read_findings(&mut self, findings: &[&Finding]) {
        for finding in findings {
            let line = finding_line(finding);
            let known = self
                .lines
                .iter()
                .rev()
                .take_while(|l| l.event >= line.event)
                .any(|l| *l == line);
            if !known {
                self.lines.push(line);
            }
        }
        self.lines.sort_by_key(|l| l.event);
    }

    fn remember(&mut self, record: &Record, session: &Session) {
        let names = session.sim().names();
        match record.fact {
            Fact::Elected { queue, leader, .. } => {
                let spans = self.leader_spans(queue.index());
                end(spans, record.at);
                if let Some(leader) = leader {
                    spans.push(LaneSpan {
                        from_ns: record.at,
                        to_ns: None,
                        label: machine(names, leader),
                        kind: MarkKind::Leader,
                    });
                }
            }
            Fact::Call(CallFact::Breaker { service, state }) => {
                let known = self.breakers.iter().position(|b| b.service == service);
                let place = known.unwrap_or_else(|| {
                    self.breakers.push(Breakers {
                        service,
                        callers: Vec::new(),
                        spans: Vec::new(),
                    });
                    self.breakers.len() - 1
                });
                self.breakers[place].become_state(record.pid, state, record.at);
            }
            Fact::Call(CallFact::Scaled {
                service,
                was,
                running,
            }) => self.scaled(service, was, running, record.at),
            Fact::Crashed { .. } | Fact::Halted { .. } | Fact::Stopped => {
                // What it knew of those it calls is gone too.
                for breakers in &mut self.breakers {
                    breakers.become_state(record.pid, Switch::Closed, record.at);
                }
                let name = machine(names, record.pid);
                for spans in &mut self.leaders {
                    if spans.last().is_some_and(|s| s.label == name) {
                        end(spans, record.at);
                    }
                }
            }
            _ => {}
        }
    }

    fn scaled(&mut self, service: ServiceId, was: u32, running: u32, at_ns: u64) {
        let count = |from_ns, count: u32, kind| LaneSpan {
            from_ns,
            to_ns: None,
            label: count.to_string(),
            kind,
        };
        let known = self.replicas.iter().position(|r| r.0 == service);
        let place = known.unwrap_or_else(|| {
            let first = count(0, was, MarkKind::Note);
            self.replicas.push((service, vec![first]));
            self.replicas.len() - 1
        });
        let kind = if running > was {
            MarkKind::Heal
        } else {
            MarkKind::Note
        };
        let spans = &mut self.replicas[place].1;
        end(spans, at_ns);
        spans.push(count(at_ns, running, kind));
    }

    fn leader_spans(&mut self, queue: usize) -> &mut Vec<LaneSpan> {
        if self.leaders.len() <= queue {
            self.leaders.resize_with(queue + 1, Vec::new);
        }
        &mut self.leaders[queue]
    }

    /// The first leader of a queue is no mark: it is seen here.
    fn first_leaders(&mut self, session: &Session) {
        let Some(watch) = session.watch() else {
            return;
        };
        let names = session.sim().names();
        let now = session.sim().now();
        for (i, queue) in watch.metrics.leaders.queues.iter().enumerate() {
            let known = self.leaders.get(i).is_some_and(|l| !l.is_empty());
            if let Some(leader) = queue.leader.filter(|_| !known) {
                self.leader_spans(i).push(LaneSpan {
                    from_ns: now,
                    to_ns: None,
                    label: machine(names, leader),
                    kind: MarkKind::Leader,
                });
            }
        }
    }

    /// The newest lines, the newest first.
    pub(super) fn newest(&self) -> Vec<EventLine> {
        let mut newest: Vec<EventLine> = self.lines.iter().rev().take(LINES_MAX).cloned().collect();
        let older = self.lines.len() - newest.len();
        if let (Some(last), true) = (newest.last(), older > 0) {
            newest.push(EventLine {
                at_ns: last.at_ns,
                event: last.event,
                word: "OLDER".into(),
                text: format!("{older} more before these: go back in the run to see them"),
                ..EventLine::default()
            });
        }
        newest
    }

    pub(super) fn timeline(&self, session: &Session) -> Timeline {
        let skip = self.lines.len().saturating_sub(MARKS_MAX);
        let marks = self.lines[skip..]
            .iter()
            .map(|l| TimelineMark {
                at_ns: l.at_ns,
                event: l.event,
                kind: l.kind,
            })
            .collect();
        Timeline {
            marks,
            lanes: self.lanes(session),
        }
    }

    /// Faults, then breakers and numbers of replicas, then who led the queues whose leader changed; the first queue's where
    /// none did.
    fn lanes(&self, session: &Session) -> Vec<Lane> {
        let names = session.sim().names();
        let mut lanes = Vec::new();
        let beside = side_by_side(faults(session));
        for (i, spans) in beside.into_iter().enumerate() {
            lanes.push(Lane {
                name: if i == 0 { "faults" } else { "" }.into(),
                spans,
            });
        }
        for breakers in self.breakers.iter().take(SERVICE_LANES_MAX) {
            lanes.push(Lane {
                name: format!("breaker {}", names.service(breakers.service)),
                spans: breakers.spans.clone(),
            });
        }
        for (service, spans) in self.replicas.iter().take(SERVICE_LANES_MAX) {
            lanes.push(Lane {
                name: format!("{} replicas", names.service(*service)),
                spans: spans.clone(),
            });
        }
        let shown = |i: &usize| !names.queues.get(*i).is_none_or(|q| q.internal);
        let led: Vec<usize> = (0..self.leaders.len()).filter(shown).collect();
        let changed = led.iter().filter(|&&i| {
            self.leaders[i].len() > 1 || self.leaders[i].iter().any(|s| s.to_ns.is_some())
        });
        let mut which: Vec<usize> = changed.copied().take(LANES_MAX).collect();
        if which.is_empty() {
            which.extend(led.first());
        }
        for i in which {
            let queue = names.queues.get(i).map_or("", |q| &q.short);
            lanes.push(Lane {
                name: format!("leads {queue}"),
                spans: self.leaders[i].clone(),
            });
        }
        lanes
    }
}

/// The newest faults; one that does not last is a moment.
fn faults(session: &Session) -> Vec<LaneSpan> {
    let faults = session.sim().faults();
    let begun = faults.begun();
    begun[begun.len().saturating_sub(FAULTS_MAX)..]
        .iter()
        .filter_map(|active| {
            let plan = faults.plans().get(active.fault as usize)?;
            let moment = (!plan.action.lasts()).then_some(active.since_ns);
            Some(LaneSpan {
                from_ns: active.since_ns,
                to_ns: active.until_ns.or(moment),
                label: plan.label(),
                kind: if plan.action.lasts() {
                    MarkKind::Alert
                } else {
                    MarkKind::Note
                },
            })
        })
        .collect()
}

/// Stretches that overlap in lanes of their own, as few as it takes. With more at once than there are lanes, those that
/// find none are left out: the marks on the line still tell when they began.
fn side_by_side(spans: Vec<LaneSpan>) -> Vec<Vec<LaneSpan>> {
    let mut lanes: Vec<Vec<LaneSpan>> = Vec::new();
    for span in spans {
        let is_free = |lane: &Vec<LaneSpan>| {
            lane.last()
                .is_none_or(|last| last.to_ns.is_some_and(|to_ns| to_ns <= span.from_ns))
        };
        match lanes.iter().position(is_free) {
            Some(i) => lanes[i].push(span),
            None if lanes.len() < FAULT_LANES_MAX => lanes.push(vec![span]),
            None => {}
        }
    }
    lanes
}

/// What the node of a process is called.
fn machine(names: &Names, pid: Pid) -> String {
    let process = names.processes.get(pid.index());
    process.map_or_else(|| "?".to_string(), |p| names.node(p.node).to_string())
}

fn end(spans: &mut [LaneSpan], at_ns: u64) {
    if let Some(last) = spans.last_mut() {
        last.to_ns = last.to_ns.or(Some(at_ns));
    }
}

pub(super) fn event_line(line: Line) -> EventLine {
    EventLine {
        at_ns: line.at,
        event: line.event,
        subject: line.subject,
        kind: mark_kind(line.sign),
        word: line.word.to_string(),
        text: line.text,
        cause: match line.cause {
            Cause::Event(number) => format!("#{number}"),
            Cause::ScenarioLine(number) => format!("line {number}"),
            Cause::Beginning => "the scenario".to_owned(),
            Cause::Hand => "by hand".to_owned(),
        },
        detail: String::new(),
    }
}

/// What sort of thing a sign says it is.
pub(super) fn mark_kind(sign: Sign) -> MarkKind {
    match sign {
        Sign::Broke => MarkKind::Fault,
        Sign::Cut => MarkKind::Cut,
        Sign::Leads => MarkKind::Leader,
        Sign::Well => MarkKind::Heal,
        Sign::Slow => MarkKind::Alert,
        Sign::Other => MarkKind::Note,
    }
}

fn finding_line(finding: &Finding) -> EventLine {
    EventLine {
        at_ns: finding.at,
        event: finding.event,
        subject: finding.property.label(),
        kind: MarkKind::Finding,
        word: "FINDING".into(),
        text: finding.message.clone(),
        cause: finding
            .evidence
            .first()
            .map(|e| format!("#{e}"))
            .unwrap_or_default(),
        detail: finding.explanation(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_breaker_is_open_while_any_caller_s_is() {
        let mut breakers = Breakers {
            service: ServiceId(0),
            callers: Vec::new(),
            spans: Vec::new(),
        };
        let (a, b) = (Pid(1), Pid(2));
        breakers.become_state(a, Switch::Open, 1);
        breakers.become_state(b, Switch::Open, 2);
        breakers.become_state(a, Switch::HalfOpen, 3);
        breakers.become_state(b, Switch::HalfOpen, 4);
        breakers.become_state(a, Switch::Closed, 5);
        breakers.become_state(b, Switch::Closed, 6);
        let spans = breakers.spans.iter();
        let spans: Vec<_> = spans
            .map(|s| (s.from_ns, s.to_ns, s.label.as_str()))
            .collect();
        assert_eq!(spans, [(1, Some(4), "open"), (4, Some(6), "half open")]);
    }

    #[test]
    fn the_number_of_replicas_is_known_from_the_beginning() {
        let mut log = Log::default();
        log.scaled(ServiceId(3), 2, 4, 10);
        log.scaled(ServiceId(3), 4, 3, 30);
        let spans = log.replicas[0].1.iter();
        let spans: Vec<_> = spans
            .map(|s| (s.from_ns, s.to_ns, s.label.as_str()))
            .collect();
        assert_eq!(
            spans,
            [(0, Some(10), "2"), (10, Some(30), "4"), (30, None, "3")]
        );
    }

    fn span(from_ns: u64, to_ns: Option<u64>) -> LaneSpan {
        LaneSpan {
            from_ns,
            to_ns,
            ..LaneSpan::default()
        }
    }

    #[test]
    fn faults_in_force_at_once_stand_in_lanes_of_their_own() {
        let spans = vec![
            span(0, Some(10)),
            span(5, None),
            span(10, Some(12)),
            span(11, Some(11)),
            span(20, None),
        ];
        let lanes = side_by_side(spans.clone());
        assert_eq!(lanes.iter().map(Vec::len).sum::<usize>(), spans.len());
        for lane in &lanes {
            for pair in lane.windows(2) {
                assert!(pair[0].to_ns.is_some_and(|to| to <= pair[1].from_ns));
            }
        }
        assert_eq!(lanes.len(), 3, "no more lanes than faults at once");
    }
}
