//! The words in which a fact about requests says what happened.

use crate::sim::Names;
use crate::sim::amount::Amount;
use crate::sim::call::{Answer, CallEnd, CallFact, Look, NoCall, Shed, Switch};

use super::line::Sign;

type Said = (String, Sign, &'static str, String);

/// What a fact says of the process `me`.
pub(super) fn say(fact: &CallFact, names: &Names, me: String) -> Said {
    match *fact {
        CallFact::Asked { task } => (me, Sign::Other, "ASK", names.task(task)),
        CallFact::Answered { task, how, ns } => {
            let sign = if how.is_good() {
                Sign::Well
            } else {
                Sign::Broke
            };
            let took = Amount::time(ns);
            let text = format!("{}: {} after {took}", names.task(task), answer(how));
            (me, sign, "ANSWER", text)
        }
        CallFact::Effect { task, effect } => {
            let flow = names.flows.get(task.flow.index());
            let effect = flow.and_then(|f| f.effects.get(usize::from(effect)));
            let effect = effect.map_or("?", String::as_str);
            let text = format!("{effect} of {}", names.task(task));
            (me, Sign::Well, "EFFECT", text)
        }
        _ => call(fact, names, me),
    }
}

/// Facts about calls, as callers see them.
fn call(fact: &CallFact, names: &Names, me: String) -> Said {
    match *fact {
        CallFact::Called {
            service,
            task,
            attempt,
            hedge,
            ..
        } => {
            let which = match (hedge, attempt) {
                (true, _) => ", hedged".to_owned(),
                (false, 0) => String::new(),
                (false, n) => format!(", attempt {}", n + 1),
            };
            let text = format!("{} for {}{which}", names.service(service), names.task(task));
            (me, Sign::Other, "CALL", text)
        }
        CallFact::Returned {
            service,
            task,
            end,
            ns,
            ..
        } => {
            let sign = match end {
                CallEnd::Ok => Sign::Well,
                CallEnd::Superseded => Sign::Other,
                _ => Sign::Broke,
            };
            let text = format!(
                "{} for {}: {} after {}",
                names.service(service),
                names.task(task),
                call_end(end),
                Amount::time(ns)
            );
            (me, sign, "RETURN", text)
        }
        CallFact::NotCalled { service, task, why } => {
            let text = format!(
                "{} for {}: {}",
                names.service(service),
                names.task(task),
                no_call(why)
            );
            (me, Sign::Slow, "NO CALL", text)
        }
        CallFact::Breaker { service, state } => {
            let to = names.service(service);
            match state {
                Switch::Open => (
                    me,
                    Sign::Cut,
                    "BREAKER",
                    format!("open: {to} is not called"),
                ),
                Switch::HalfOpen => (
                    me,
                    Sign::Slow,
                    "BREAKER",
                    format!("half open: {to} is tried"),
                ),
                Switch::Closed => (me, Sign::Well, "BREAKER", format!("closed: {to} is called")),
            }
        }
        CallFact::Judged {
            service,
            replica,
            well,
        } => {
            let (of, replica) = (names.service(service), names.process(replica));
            if well {
                (
                    me,
                    Sign::Well,
                    "HEALTHY",
                    format!("{replica} of {of} is called again"),
                )
            } else {
                (
                    me,
                    Sign::Slow,
                    "UNHEALTHY",
                    format!("{replica} of {of} is not called"),
                )
            }
        }
        _ => serve(fact, names, me),
    }
}

/// Facts about requests, as those see them who serve them.
fn serve(fact: &CallFact, names: &Names, me: String) -> Said {
    match *fact {
        CallFact::Load { waiting, busy, .. } => (
            me,
            Sign::Other,
            "LOAD",
            format!("{waiting} wait, {busy} are served"),
        ),
        CallFact::Shed { task, why, .. } => (
            me,
            Sign::Broke,
            "SHED",
            format!("{}: {}", names.task(task), shed(why)),
        ),
        CallFact::Served {
            task,
            ok,
            useful,
            waited_ns,
            ..
        } => {
            let how = if ok { "done" } else { "failed" };
            let late = if useful {
                ""
            } else {
                ", too late for its caller"
            };
            let waited = Amount::time(waited_ns);
            let text = format!("{}: {how}{late}, waited {waited}", names.task(task));
            let sign = if ok && useful {
                Sign::Well
            } else {
                Sign::Broke
            };
            (me, sign, "SERVE", text)
        }
        CallFact::Scaled {
            service,
            was,
            running,
        } => {
            let text = format!("{was} to {running} replicas");
            let sign = if running > was {
                Sign::Well
            } else {
                Sign::Slow
            };
            (names.service(service).to_owned(), sign, "SCALE", text)
        }
        CallFact::Room { service, was, is } => {
            let text = format!("{}: {was} to {is} at once", names.service(service));
            (me, Sign::Other, "ROOM", text)
        }
        CallFact::Looked { service, look } => (
            me,
            Sign::Other,
            "LOOK UP",
            format!("{}: {}", names.service(service), looked(look)),
        ),
        CallFact::Accessed {
            service,
            from,
            key,
            version,
            writes,
            ..
        } => {
            let word = if writes { "WRITE" } else { "READ" };
            let what = if names.copies.contains_key(&service) {
                "stamp"
            } else {
                "version"
            };
            let whom = names.process(from);
            (
                me,
                Sign::Other,
                word,
                format!("key {key}, {what} {version}, for {whom}"),
            )
        }
        CallFact::Stock {
            item,
            out,
            of,
            reserves,
            ..
        } => {
            let sign = if reserves && out > of {
                Sign::Broke
            } else {
                Sign::Other
            };
            let word = if reserves { "RESERVE" } else { "RELEASE" };
            (me, sign, word, format!("item {item}: {out} of {of} out"))
        }
        _ => (me, Sign::Other, "", String::new()),
    }
}

fn answer(how: Answer) -> &'static str {
    match how {
        Answer::Ok => "done",
        Answer::Degraded => "a substitute",
        Answer::Failed => "failed",
        Answer::Rejected => "turned away",
        Answer::TimedOut => "gave up waiting",
    }
}

fn call_end(end: CallEnd) -> &'static str {
    match end {
        CallEnd::Ok => "answered",
        CallEnd::Failed => "failed",
        CallEnd::Rejected => "turned away",
        CallEnd::TimedOut => "timed out",
        CallEnd::Disconnected => "connection lost",
        CallEnd::Superseded => "another attempt was quicker",
    }
}

fn no_call(why: NoCall) -> &'static str {
    match why {
        NoCall::BreakerOpen => "the circuit breaker is open",
        NoCall::BulkheadFull => "no connection was free",
        NoCall::RateLimited => "the rate limit is reached",
        NoCall::Limited => "the limit of concurrent calls is reached",
        NoCall::NoBudget => "the retry budget is spent",
        NoCall::NoReplica => "no replica is healthy",
        NoCall::DeadlineOver => "the deadline is over",
        NoCall::TooManyOpen => "the caller has 65,536 calls open",
    }
}

fn shed(why: Shed) -> &'static str {
    match why {
        Shed::QueueFull => "the queue is full",
        Shed::Overload => "overloaded",
        Shed::Late => "the deadline was over",
        Shed::Delay => "it had waited too long",
        Shed::Died => "the process died",
    }
}

fn looked(look: Look) -> &'static str {
    match look {
        Look::Hit => "hit",
        Look::Miss => "miss",
        Look::Expired => "expired",
        Look::Waited => "waits for another's fetch",
    }
}
