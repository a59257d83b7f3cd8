//! Marks: the records that are worth jumping to, and how a record reads to a person.

mod calls;
mod line;
mod words;

pub use line::{Cause, Line, Sign, describe};

use std::sync::Arc;

use crate::sim::call::CallFact;
use crate::sim::history::History;
use crate::sim::{Fact, Names, Record};
use crate::systems::note;

/// Whether a record is a mark.
pub fn is_mark(fact: &Fact) -> bool {
    match fact {
        Fact::Crashed { .. }
        | Fact::Halted { .. }
        | Fact::Stopped
        | Fact::Paused { .. }
        | Fact::Resumed { .. }
        | Fact::FaultBegan { .. }
        | Fact::FaultEnded { .. }
        | Fact::InSync { .. }
        | Fact::Rebalanced { .. }
        | Fact::Evicted { .. } => true,
        // The first start and the first election of everything are no news.
        Fact::Started { incarnation } => *incarnation > 1,
        Fact::Elected { epoch, .. } => *epoch > 0,
        Fact::Call(fact) => matches!(
            fact,
            CallFact::Breaker { .. } | CallFact::Judged { .. } | CallFact::Scaled { .. }
        ),
        Fact::Note { code, .. } => note(*code).is_some_and(|n| n.mark),
        _ => false,
    }
}

/// No more marks than this are kept.
pub const MARKS_MAX: usize = 100_000;

/// The marks of a run, in order. What happens to a system's own bookkeeping is not among them.
#[derive(Clone, Debug)]
pub struct Marks {
    names: Arc<Names>,
    kept: History<Record>,
    seen: u64,
    /// The fault that began last, and the event it did in.
    began: Option<(u32, u64)>,
}

impl Marks {
    /// None yet.
    pub fn new(names: Arc<Names>) -> Self {
        Self {
            names,
            kept: History::default(),
            seen: 0,
            began: None,
        }
    }

    /// Things are called this from now on: more of them have names than before.
    pub fn learn(&mut self, names: &Arc<Names>) {
        self.names = Arc::clone(names);
    }

    /// Takes in a record.
    #[inline]
    pub fn apply(&mut self, record: &Record) {
        if !record.fact.is_frequent() {
            self.apply_rare(record);
        }
    }

    #[cold]
    #[inline(never)]
    fn apply_rare(&mut self, record: &Record) {
        if is_mark(&record.fact) && !self.is_internal(&record.fact) && !self.is_more(record) {
            self.seen += 1;
            if self.kept.len() < MARKS_MAX {
                self.kept.push_back(*record);
            }
        }
    }

    /// Whether it is the same beginning of a fault, with another node: it is one mark, however many it strikes.
    fn is_more(&mut self, record: &Record) -> bool {
        let Fact::FaultBegan { fault, .. } = record.fact else {
            return false;
        };
        let beginning = Some((fault, record.event));
        std::mem::replace(&mut self.began, beginning) == beginning
    }

    fn is_internal(&self, fact: &Fact) -> bool {
        match fact {
            Fact::InSync { queue, .. } | Fact::Elected { queue, .. } => self
                .names
                .queues
                .get(queue.index())
                .is_some_and(|q| q.internal),
            _ => false,
        }
    }

    /// How many there were; more than [`MARKS_MAX`] are only counted.
    pub fn seen(&self) -> u64 {
        self.seen
    }

    /// Those that were kept: the first.
    pub fn kept(&self) -> &History<Record> {
        &self.kept
    }

    /// What those say that were kept, from one of them on. What a fault does at once has the fault's own cause.
    pub fn lines(&self, from: usize) -> impl Iterator<Item = Line> + '_ {
        let records = self.kept.range(from).enumerate();
        records.map(move |(i, record)| {
            let mut line = describe(record, &self.names);
            // Also of what a chaos monkey does, whose events schedule one another.
            if !matches!(line.cause, Cause::ScenarioLine(_) | Cause::Hand) {
                line.cause = self.fault_of(from + i).unwrap_or(line.cause);
            }
            line
        })
    }

    /// The line of the scenario with the fault that a mark belongs to: the last before it in the same event.
    fn fault_of(&self, at: usize) -> Option<Cause> {
        let event = self.kept.get(at)?.event;
        let before = (0..at).rev().map_while(|i| self.kept.get(i));
        let mut before = before.take_while(|r| r.event == event);
        let fault = before.find(|r| matches!(r.fact, Fact::FaultBegan { .. }))?;
        Some(line::cause(fault, &self.names))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::call::{CallEnd, CallFact};
    use crate::sim::names::{FaultName, NodeName, ProcessName, QueueName};
    use crate::sim::{NodeId, Pid, QueueId, ServiceId, Task};

    fn names() -> Names {
        let process = |name: &str, node| ProcessName {
            name: name.to_owned(),
            node: NodeId(node),
            system: "events".to_owned(),
            part: "broker",
            layer: 1,
        };
        let queue = QueueName {
            name: "events/orders/0".to_owned(),
            short: "orders/0".to_owned(),
            family: "events/orders".to_owned(),
            internal: false,
            copies: 2,
            singly: false,
        };
        let fault = |label: &str, line, mends| FaultName {
            label: label.to_owned(),
            line,
            mends,
            lasts: !mends,
        };
        let node = |name: &str| NodeName {
            name: name.to_owned(),
            zone: None,
        };
        Names {
            nodes: vec![node("n1"), node("n2")],
            processes: vec![process("b1", 0), process("b2", 1)],
            queues: vec![queue],
            faults: vec![fault("crash n1", 14, false), fault("restart all", 15, true)],
            ..Names::default()
        }
    }

    fn record(pid: Pid, fact: Fact) -> Record {
        Record {
            at: 12_480_000_000,
            event: 31_877,
            cause: 31_871,
            pid,
            fact,
        }
    }

    #[test]
    fn a_fault_points_at_its_line_and_everything_else_at_the_event_that_scheduled_it() {
        let fault = record(
            Record::NOBODY,
            Fact::FaultBegan {
                fault: 0,
                node: Some(NodeId(0)),
            },
        );
        let line = describe(&fault, &names());
        assert_eq!(
            (line.subject.as_str(), line.word, line.text.as_str()),
            ("n1", "FAULT", "crash n1")
        );
        assert_eq!(line.cause.to_string(), "by line 14");
        let elected = Fact::Elected {
            queue: QueueId(0),
            leader: Some(Pid(1)),
            epoch: 4,
            clean: false,
        };
        let line = describe(&record(Pid(0), elected), &names());
        assert_eq!(
            (line.subject.as_str(), line.word, line.sign),
            ("orders/0", "LEADER", Sign::Leads)
        );
        assert!(
            line.text.contains("b2 leads in epoch 4") && line.text.contains("UNCLEAN"),
            "{}",
            line.text
        );
        assert_eq!(line.event, 31_877);
        assert_eq!(line.cause.to_string(), "by #31871");
    }

    #[test]
    fn a_fault_that_strikes_several_nodes_is_one_mark_and_one_that_mends_says_so() {
        let names = Arc::new(names());
        let mut marks = Marks::new(Arc::clone(&names));
        let begins = |fault, node| Fact::FaultBegan {
            fault,
            node: Some(NodeId(node)),
        };
        for (event, fault, node) in [(5, 0, 0), (5, 0, 1), (7, 1, 0), (7, 1, 1), (9, 0, 0)] {
            marks.apply(&Record {
                event,
                ..record(Record::NOBODY, begins(fault, node))
            });
        }
        let lines: Vec<Line> = marks.kept().iter().map(|r| describe(r, &names)).collect();
        let said: Vec<_> = lines.iter().map(|l| (l.event, l.word, l.sign)).collect();
        assert_eq!(
            said,
            [
                (5, "FAULT", Sign::Broke),
                (7, "REPAIR", Sign::Well),
                (9, "FAULT", Sign::Broke)
            ]
        );
    }

    #[test]
    fn how_long_a_call_took_is_told_in_three_digits() {
        let returned = Fact::Call(CallFact::Returned {
            service: ServiceId(0),
            task: Task::NONE,
            end: CallEnd::Ok,
            call: 0,
            ns: 6_522_887,
        });
        let line = describe(&record(Pid(1), returned), &names());
        assert!(
            line.text.ends_with("answered after 6.52ms"),
            "{}",
            line.text
        );
    }

    #[test]
    fn what_a_fault_does_at_once_has_its_cause() {
        let mut marks = Marks::new(Arc::new(names()));
        let begins = Fact::FaultBegan {
            fault: 0,
            node: Some(NodeId(0)),
        };
        let crashed = Fact::Crashed { power: false };
        for (event, cause, pid, fact) in [
            (3, 0, Pid(1), Fact::Stopped),
            (5, 0, Record::NOBODY, begins),
            (5, 0, Pid(0), crashed),
            (5, 0, Pid(1), crashed),
            (6, 5, Pid(1), Fact::Stopped),
            (8, 6, Record::NOBODY, begins),
            (8, 6, Pid(1), crashed),
            (9, 0, Pid(1), crashed),
        ] {
            marks.apply(&Record {
                event,
                cause,
                ..record(pid, fact)
            });
        }
        let causes =
            |from| -> Vec<String> { marks.lines(from).map(|l| l.cause.to_string()).collect() };
        let all = [
            "by the scenario",
            "by line 14",
            "by line 14",
            "by line 14",
            "by #5",
            "by line 14",
            "by line 14",
            "by the scenario",
        ];
        assert_eq!(causes(0), all);
        assert_eq!(causes(3), all[3..], "from wherever it is told");
    }

    #[test]
    fn what_every_run_begins_with_is_no_mark() {
        assert!(!is_mark(&Fact::Started { incarnation: 1 }));
        assert!(is_mark(&Fact::Started { incarnation: 2 }));
        let first = Fact::Elected {
            queue: QueueId(0),
            leader: Some(Pid(0)),
            epoch: 0,
            clean: true,
        };
        assert!(!is_mark(&first));
    }
}
