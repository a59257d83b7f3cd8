//! The words in which a record says what happened.

use crate::sim::record::{Drop, Gone, Outcome, Why};
use crate::sim::{Fact, Names, NodeId, Pid, QueueId, Record};
use crate::systems::note;

use super::line::Sign;

type Said = (String, Sign, &'static str, String);

pub(super) fn say(record: &Record, names: &Names) -> Said {
    let me = if record.pid == Record::NOBODY {
        "-".to_owned()
    } else {
        names.process(record.pid).to_owned()
    };
    machine_line(record, names, me)
}

/// Facts about machines and processes.
fn machine_line(record: &Record, names: &Names, me: String) -> Said {
    let process = |pid: Pid| names.process(pid).to_owned();
    let node = |id: NodeId| names.node(id).to_owned();
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
        Fact::Call(fact) => super::calls::say(&fact, names, me),
        Fact::Note { code, a, b } => match note(code) {
            Some(note) => (me, Sign::Other, note.word, (note.text)(names, a, b)),
            None => (me, Sign::Other, "NOTE", format!("{code}: {a} {b}")),
        },
        _ => replica_line(record, names, me),
    }
}

/// Facts about replicas and who leads them.
fn replica_line(record: &Record, names: &Names, me: String) -> Said {
    let queue = |id: QueueId| names.queue_short(id).to_owned();
    match record.fact {
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
        _ => group_line(record, names, me),
    }
}

/// Facts about groups of consumers.
fn group_line(record: &Record, names: &Names, me: String) -> Said {
    let process = |pid: Pid| names.process(pid).to_owned();
    let queue = |id: QueueId| names.queue_short(id).to_owned();
    match record.fact {
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
        _ => message_line(record, names, me),
    }
}

/// Facts about messages on their way.
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
        _ => log_line(record, names, me),
    }
}

/// Facts about messages in logs.
fn log_line(record: &Record, names: &Names, me: String) -> Said {
    let queue = |id: QueueId| names.queue_short(id);
    match record.fact {
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
                Gone::Deleted => "deleted",
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
        _ => (me, Sign::Other, "", String::new()),
    }
}

pub(super) fn elected(
    queue: &str,
    leader: Option<Pid>,
    epoch: u32,
    clean: bool,
    names: &Names,
) -> Said {
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
    let mends = names.faults.get(fault as usize).is_some_and(|f| f.mends);
    let subject = node.map_or("-", |node| names.node(node)).to_owned();
    match node {
        Some(_) if mends => (subject, Sign::Well, "REPAIR", label),
        Some(_) => (subject, Sign::Broke, "FAULT", label),
        None => (subject, Sign::Other, "FAULT", label),
    }
}

fn fault_label(fault: u32, names: &Names) -> String {
    names
        .faults
        .get(fault as usize)
        .map_or_else(|| format!("fault {fault}"), |f| f.label.clone())
}

fn told(code: u16, a: u32, b: u64, names: &Names) -> String {
    note(code).map_or_else(|| format!("code {code}"), |n| (n.text)(names, a, b))
}

pub(super) fn many(n: u32, thing: &str) -> String {
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
