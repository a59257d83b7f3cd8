//! Marks: the records that are worth jumping to, and how a record reads to a person.

use std::sync::Arc;

use crate::sim::record::{Drop, Gone, Outcome, Why};
use crate::sim::{Fact, Names, NodeId, Pid, QueueId, Record};
use crate::systems::note;

/// What kind of sign stands before a line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sign {
    /// Something broke: `✗`.
    Broke,
    /// Something is cut off: `╳`.
    Cut,
    /// Somebody leads: `◆`.
    Leads,
    /// Something is well again: `●`.
    Well,
    /// Something waits or is slow: `◌`.
    Slow,
    /// Anything else: `·`.
    Other,
}

/// A record as a line of a log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// True time, ns.
    pub at: u64,
    /// Number of the event.
    pub event: u64,
    /// What it is about: a node, a process, a queue, a group.
    pub subject: String,
    /// The sign before it.
    pub sign: Sign,
    /// One or two words in capitals: `CRASH`, `LEADER`.
    pub word: &'static str,
    /// The rest.
    pub text: String,
    /// Where it comes from.
    pub cause: Cause,
}

/// What a record was caused by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cause {
    /// An event.
    Event(u64),
    /// A line of the scenario.
    ScenarioLine(u32),
}

impl std::fmt::Display for Cause {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Event(number) => write!(f, "by #{number}"),
            Self::ScenarioLine(line) => write!(f, "by line {line}"),
        }
    }
}

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
        Fact::Note { code, .. } => note(*code).is_some_and(|n| n.mark),
        _ => false,
    }
}

/// What a record says.
pub fn describe(record: &Record, names: &Names) -> Line {
    let (subject, sign, word, text) = say(record, names);
    Line {
        at: record.at,
        event: record.event,
        subject,
        sign,
        word,
        text,
        cause: cause(record, names),
    }
}

fn cause(record: &Record, names: &Names) -> Cause {
    if let Fact::FaultBegan { fault, .. } | Fact::FaultEnded { fault } = record.fact
        && let Some((_, line)) = names.faults.get(fault as usize)
        && *line > 0
    {
        return Cause::ScenarioLine(*line);
    }
    Cause::Event(record.event)
}

type Said = (String, Sign, &'static str, String);

fn say(record: &Record, names: &Names) -> Said {
    let process = |pid: Pid| names.process(pid).to_owned();
    let node = |id: NodeId| names.node(id).to_owned();
    let queue = |id: QueueId| names.queue_short(id).to_owned();
    let me = if record.pid == Record::NOBODY {
        "-".to_owned()
    } else {
        process(record.pid)
    };
    match record.fact {
        Fact::Started { incarnation: 1 } => (me, Sign::Well, "START", String::new()),
        Fact::Started { incarnation } => {
            (me, Sign::Well, "RESTART", format!("start {incarnation}"))
        }
        Fact::Crashed { power: false } => (
            me,
            Sign::Broke,
            "CRASH",
            "memory gone, page cache kept".to_owned(),
        ),
        Fact::Crashed { power: true } => (
            me,
            Sign::Broke,
            "POWER LOSS",
            "memory and unsynced bytes gone".to_owned(),
        ),
        Fact::Halted { code } => (me, Sign::Broke, "HALT", told(code, 0, 0, names)),
        Fact::Stopped => (me, Sign::Slow, "STOP", "in good order".to_owned()),
        Fact::Paused { node: n } => (node(n), Sign::Slow, "PAUSE", "frozen".to_owned()),
        Fact::Resumed { node: n } => (node(n), Sign::Well, "RESUME", "goes on".to_owned()),
        Fact::FaultBegan { fault, node: n } => fault_line(fault, n, names),
        Fact::FaultEnded { fault } => (
            "-".to_owned(),
            Sign::Well,
            "FAULT END",
            fault_label(fault, names),
        ),
        Fact::Dropped { to, why } => (
            me,
            Sign::Cut,
            "DROP",
            format!("to {}: {}", process(to), drop_reason(why)),
        ),
        Fact::Elected {
            queue: q,
            leader,
            epoch,
            clean,
        } => elected(&queue(q), leader, epoch, clean, names),
        Fact::Leads { queue: q, epoch } => (
            me,
            Sign::Leads,
            "LEADS",
            format!("{} in epoch {epoch}", queue(q)),
        ),
        Fact::InSync {
            queue: q,
            members,
            of,
            grew,
        } => {
            let (sign, how) = if grew {
                (Sign::Well, "grew to")
            } else {
                (Sign::Slow, "shrank to")
            };
            (queue(q), sign, "ISR", format!("{how} {members} of {of}"))
        }
        Fact::RebalanceBegan {
            group,
            generation,
            members,
        } => {
            let text = format!(
                "leaves generation {generation}, {}",
                many(members, "member")
            );
            (names.group(group).to_owned(), Sign::Slow, "REBALANCE", text)
        }
        Fact::Rebalanced {
            group,
            generation,
            members,
        } => {
            let text = format!("generation {generation}, {}", many(members, "member"));
            (
                names.group(group).to_owned(),
                Sign::Well,
                "REBALANCED",
                text,
            )
        }
        Fact::Evicted {
            group,
            member,
            silent,
        } => {
            let why = if silent {
                "its session timed out"
            } else {
                "it did not poll in time"
            };
            (
                names.group(group).to_owned(),
                Sign::Broke,
                "EVICT",
                format!("{}: {why}", process(member)),
            )
        }
        Fact::Assigned {
            group,
            queue: q,
            generation,
        } => (
            me,
            Sign::Well,
            "ASSIGN",
            format!(
                "{} of {}, generation {generation}",
                queue(q),
                names.group(group)
            ),
        ),
        Fact::Revoked {
            group,
            queue: q,
            generation,
        } => (
            me,
            Sign::Slow,
            "REVOKE",
            format!(
                "{} of {}, generation {generation}",
                queue(q),
                names.group(group)
            ),
        ),
        Fact::Note { code, a, b } => match note(code) {
            Some(note) => (me, Sign::Other, note.word, (note.text)(names, a, b)),
            None => (me, Sign::Other, "NOTE", format!("{code}: {a} {b}")),
        },
        _ => message_line(record, names, me),
    }
}

/// Facts about messages.
fn message_line(record: &Record, names: &Names, me: String) -> Said {
    let queue = |id: QueueId| names.queue_short(id);
    match record.fact {
        Fact::Produced { queue: q, span, .. } => (
            me,
            Sign::Other,
            "SEND",
            format!("{} to {}", names.message(span.lane, span.first), queue(q)),
        ),
        Fact::Refused { span, why, .. } => {
            let text = format!(
                "{} from {}: {}",
                many(span.count, "message"),
                names.message(span.lane, span.first),
                refusal(why)
            );
            (me, Sign::Broke, "GIVE UP", text)
        }
        Fact::Acked { span, .. } => (
            me,
            Sign::Well,
            "ACK",
            format!(
                "{} from {}",
                many(span.count, "message"),
                names.message(span.lane, span.first)
            ),
        ),
        Fact::Stored {
            queue: q,
            span,
            offset,
            first_copy,
        } => {
            let copy = if first_copy { "" } else { " (copy)" };
            (
                me,
                Sign::Other,
                "STORE",
                format!(
                    "{} at {}:{offset}{copy}",
                    many(span.count, "message"),
                    queue(q)
                ),
            )
        }
        Fact::Unstored {
            queue: q,
            span,
            offset,
            why,
        } => {
            let why = match why {
                Gone::Truncated => "truncated",
                Gone::Expired => "retention",
                Gone::Unsynced => "never synced",
            };
            (
                me,
                Sign::Broke,
                "REMOVE",
                format!(
                    "{} at {}:{offset}: {why}",
                    many(span.count, "message"),
                    queue(q)
                ),
            )
        }
        Fact::Visible {
            queue: q, below, ..
        } => (
            me,
            Sign::Other,
            "VISIBLE",
            format!("{} below {below}", queue(q)),
        ),
        Fact::Handed {
            queue: q,
            span,
            offset,
            ..
        } => (
            me,
            Sign::Other,
            "RECEIVE",
            format!("{} at {}:{offset}", many(span.count, "message"), queue(q)),
        ),
        Fact::Processed {
            queue: q,
            span,
            offset,
            outcome,
            ..
        } => {
            let (sign, how) = match outcome {
                Outcome::Done => (Sign::Well, "done"),
                Outcome::DeadLettered => (Sign::Slow, "put aside"),
                Outcome::Skipped => (Sign::Slow, "skipped"),
                Outcome::Failed => (Sign::Broke, "failed"),
            };
            (
                me,
                sign,
                "PROCESS",
                format!(
                    "{} at {}:{offset}: {how}",
                    many(span.count, "message"),
                    queue(q)
                ),
            )
        }
        Fact::Committed {
            group,
            queue: q,
            offset,
        } => (
            names.group(group).to_owned(),
            Sign::Other,
            "COMMIT",
            format!("{} up to {offset}", queue(q)),
        ),
        Fact::Reset {
            group,
            queue: q,
            offset,
        } => (
            names.group(group).to_owned(),
            Sign::Slow,
            "RESET",
            format!("{} to {offset}", queue(q)),
        ),
        _ => (me, Sign::Other, "", String::new()),
    }
}

fn elected(queue: &str, leader: Option<Pid>, epoch: u32, clean: bool, names: &Names) -> Said {
    match leader {
        Some(pid) => {
            let how = if clean {
                ""
            } else {
                ", UNCLEAN: it may lack acknowledged messages"
            };
            let text = format!("{} leads in epoch {epoch}{how}", names.process(pid));
            (queue.to_owned(), Sign::Leads, "LEADER", text)
        }
        None => (
            queue.to_owned(),
            Sign::Broke,
            "NO LEADER",
            format!("nobody can lead in epoch {epoch}"),
        ),
    }
}

fn fault_line(fault: u32, node: Option<NodeId>, names: &Names) -> Said {
    let label = fault_label(fault, names);
    match node {
        Some(node) => (names.node(node).to_owned(), Sign::Broke, "FAULT", label),
        None => ("-".to_owned(), Sign::Other, "FAULT", label),
    }
}

fn fault_label(fault: u32, names: &Names) -> String {
    names
        .faults
        .get(fault as usize)
        .map_or_else(|| format!("fault {fault}"), |(label, _)| label.clone())
}

fn told(code: u16, a: u32, b: u64, names: &Names) -> String {
    note(code).map_or_else(|| format!("code {code}"), |n| (n.text)(names, a, b))
}

fn many(n: u32, thing: &str) -> String {
    if n == 1 {
        format!("1 {thing}")
    } else {
        format!("{n} {thing}s")
    }
}

fn drop_reason(why: Drop) -> &'static str {
    match why {
        Drop::Cut => "the link is cut",
        Drop::Loss => "lost on the link",
        Drop::Down => "the machine is down",
        Drop::Refused => "nobody listens",
    }
}

fn refusal(why: Why) -> &'static str {
    match why {
        Why::TimedOut => "not delivered in time",
        Why::BufferFull => "no room in the producer's buffer",
        Why::Rejected => "refused for good",
        Why::Died => "the producer died",
    }
}

/// No more marks than this are kept.
pub const MARKS_MAX: usize = 100_000;

/// The marks of a run, in order. What happens to a system's own bookkeeping is not among them.
#[derive(Clone, Debug)]
pub struct Marks {
    names: Arc<Names>,
    kept: Vec<Record>,
    seen: u64,
}

impl Marks {
    /// None yet.
    pub fn new(names: Arc<Names>) -> Self {
        Self {
            names,
            kept: Vec::new(),
            seen: 0,
        }
    }

    /// Takes in a record.
    #[inline]
    pub fn apply(&mut self, record: &Record) {
        if !record.fact.is_of_messages() {
            self.apply_rare(record);
        }
    }

    #[cold]
    #[inline(never)]
    fn apply_rare(&mut self, record: &Record) {
        if is_mark(&record.fact) && !self.is_internal(&record.fact) {
            self.seen += 1;
            if self.kept.len() < MARKS_MAX {
                self.kept.push(*record);
            }
        }
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
    pub fn kept(&self) -> &[Record] {
        &self.kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::names::{NodeName, ProcessName, QueueName};

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
        };
        let node = |name: &str| NodeName {
            name: name.to_owned(),
            zone: None,
        };
        Names {
            nodes: vec![node("n1"), node("n2")],
            processes: vec![process("b1", 0), process("b2", 1)],
            queues: vec![queue],
            faults: vec![("crash n1".to_owned(), 14)],
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
    fn a_fault_points_at_its_line_and_everything_else_at_its_event() {
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
        assert_eq!(line.cause.to_string(), "by #31877");
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
