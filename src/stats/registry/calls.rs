//! The part of the table that is about requests, services and what became of what users asked for.

use crate::sim::amount::Unit;
use crate::sim::call::{Answer, CallEnd, NoCall, Shed};
use crate::stats::{FlowStats, FlowTasks, Metrics, ServiceStats};

use super::{Better, Definition, Scope, define, per_s};

/// A line for a number that may not be there.
macro_rules! maybe {
    ($scope:ident, $name:expr, $unit:ident, $better:ident, $what:expr, |$m:ident, $i:pat_param| $value:expr) => {
        define(
            Scope::$scope,
            $name,
            Unit::$unit,
            Better::$better,
            $what,
            |$m, $i| $value.map(|value| value as f64),
        )
    };
}

/// The share of a whole, if there is any.
fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

fn tasks(m: &Metrics, of: impl Fn(&FlowTasks) -> u64) -> Option<u64> {
    m.tasks.sum(of)
}

fn flow(m: &Metrics, flow: usize) -> &FlowStats {
    &m.requests.flows[flow]
}

fn tasks_of(m: &Metrics, flow: usize, of: impl Fn(&FlowTasks) -> u64) -> Option<u64> {
    m.tasks.of(flow).map(of)
}

fn service(m: &Metrics, service: usize) -> &ServiceStats {
    &m.services.services[service]
}

fn calls(m: &Metrics, of: impl Fn(&ServiceStats) -> u64) -> u64 {
    m.services.sum(of)
}

#[rustfmt::skip]
pub(super) const RUN: &[Definition] = &[
    row!(Run, "requests.asked", Count, Neither, "Times that a user asked for something", |m, _| m.requests.sum(|f| f.asked)),
    row!(Run, "requests.ok", Count, Higher, "Requests that were answered: done, or accepted to be done", |m, _| m.requests.ended(Answer::Ok)),
    row!(Run, "requests.degraded", Count, Lower, "Requests for which the users' own client gave a substitute: a fallback", |m, _| m.requests.ended(Answer::Degraded)),
    row!(Run, "requests.failed", Count, Lower, "Requests that an error came back for", |m, _| m.requests.ended(Answer::Failed)),
    row!(Run, "requests.rejected", Count, Lower, "Requests that were turned away", |m, _| m.requests.ended(Answer::Rejected)),
    row!(Run, "requests.timed_out", Count, Lower, "Requests whose user gave up waiting", |m, _| m.requests.ended(Answer::TimedOut)),
    row!(Run, "requests.open", Count, Lower, "Requests that are neither answered nor given up now", |m, _| m.requests.sum(FlowStats::open)),
    row!(Run, "throughput.requests", Rate, Neither, "Requests per second, over the whole run", |m, _| per_s(m.requests.sum(|f| f.asked), m)),
    row!(Run, "throughput.goodput", Rate, Higher, "Good answers (`ok` or `degraded`) per second, over the whole run", |m, _| per_s(m.requests.sum(FlowStats::good), m)),
    maybe!(Run, "goodput.ratio", Ratio, Higher, "Good answers as a share of what was asked for", |m, _| share(m.requests.sum(FlowStats::good), m.requests.sum(|f| f.asked))),
    maybe!(Run, "goodput.worst_after", Ratio, Higher, "The smallest share of good answers in a window after the last disturbance (see above)", |m, _| m.requests.windows.worst(m.now)),
    maybe!(Run, "goodput.best_after", Ratio, Higher, "The largest share of good answers in a window after the last disturbance (see above)", |m, _| m.requests.windows.best(m.now)),
    maybe!(Run, "recovery.time", Time, Lower, "From the last disturbance until the windows from which on at least 90 % of the answers are good; none if the last window is not so, or nothing was disturbed", |m, _| m.requests.windows.recovery_ns(m.now)),
];

#[rustfmt::skip]
pub(super) const LATENCY: &[Definition] = &times!("latency.request", "from a user's asking to a good answer", |m| m.requests.latency);

#[rustfmt::skip]
pub(super) const ORDERS: &[Definition] = &[
    maybe!(Run, "orders.accepted", Count, Higher, "Requests with effects whose user got a good answer", |m, _| tasks(m, |t| t.accepted)),
    maybe!(Run, "orders.complete", Count, Higher, "Accepted, and each of their effects has happened", |m, _| tasks(m, |t| t.complete)),
    maybe!(Run, "orders.late", Count, Lower, "Complete, but later after being asked for than the flow allows", |m, _| tasks(m, |t| t.late)),
    maybe!(Run, "orders.lost", Count, Lower, "Accepted, but without all their effects for longer than the flow allows, looked at each 100 ms; one that completes after all is late instead", |m, _| tasks(m, |t| t.lost)),
    maybe!(Run, "orders.half_done", Count, Lower, "Answered badly or given up, but some effects have happened and others have not", |m, _| tasks(m, |t| t.half_done)),
    maybe!(Run, "orders.unwanted", Count, Lower, "Answered badly or given up, but all effects have happened", |m, _| tasks(m, |t| t.unwanted)),
    maybe!(Run, "orders.open", Count, Lower, "Neither complete nor lost nor answered badly", |m, _| tasks(m, FlowTasks::open)),
    maybe!(Run, "orders.effects", Count, Neither, "Times that an effect happened", |m, _| tasks(m, |t| t.effects)),
    maybe!(Run, "orders.effects.doubled", Count, Lower, "Further times that an effect happened for the same request", |m, _| tasks(m, |t| t.doubled)),
    maybe!(Run, "orders.goodput.worst_after", Ratio, Higher, "The smallest share of requests that were complete in time, in a window after the last disturbance (see above)", |m, _| m.tasks.windows.worst(m.now)),
    maybe!(Run, "orders.goodput.best_after", Ratio, Higher, "The largest share of requests that were complete in time, in a window after the last disturbance (see above)", |m, _| m.tasks.windows.best(m.now)),
    maybe!(Run, "orders.recovery.time", Time, Lower, "From the last disturbance until the windows from which on at least 90 % are complete in time; none if the last window is not so, or nothing was disturbed", |m, _| m.tasks.windows.recovery_ns(m.now)),
];

#[rustfmt::skip]
pub(super) const COMPLETE: &[Definition] = &times!("latency.complete", "from a user's asking until all effects have happened", |m| m.tasks.latency);

#[rustfmt::skip]
pub(super) const TOTALS: &[Definition] = &[
    row!(Run, "calls.made", Count, Neither, "Calls to services: first attempts", |m, _| calls(m, |s| s.calls)),
    row!(Run, "calls.attempts", Count, Neither, "Attempts of calls: first ones, retries and hedges", |m, _| calls(m, |s| s.attempts)),
    row!(Run, "calls.retries", Count, Lower, "Attempts after one that had ended", |m, _| calls(m, |s| s.retries)),
    row!(Run, "calls.hedges", Count, Neither, "Attempts beside one that was still open", |m, _| calls(m, |s| s.hedges)),
    maybe!(Run, "calls.amplification", Count, Lower, "Attempts per call", |m, _| share(calls(m, |s| s.attempts), calls(m, |s| s.calls))),
    row!(Run, "calls.failed", Count, Lower, "Attempts that an error came back for", |m, _| calls(m, |s| s.ended(CallEnd::Failed))),
    row!(Run, "calls.rejected", Count, Lower, "Attempts that were turned away", |m, _| calls(m, |s| s.ended(CallEnd::Rejected))),
    row!(Run, "calls.timed_out", Count, Lower, "Attempts that nothing came back for in time", |m, _| calls(m, |s| s.ended(CallEnd::TimedOut))),
    row!(Run, "calls.disconnected", Count, Lower, "Attempts whose connection broke, or that nobody listened to", |m, _| calls(m, |s| s.ended(CallEnd::Disconnected))),
    row!(Run, "calls.not_made", Count, Lower, "Calls and further attempts that were not made", |m, _| calls(m, |s| s.not_called.iter().sum())),
    row!(Run, "threads.held_max", Count, Neither, "The largest number of threads (or connections) that one service ever held", |m, _| m.services.held_peak().max),
    row!(Run, "threads.held_max_at", Time, Neither, "When that was", |m, _| m.services.held_peak().at),
    row!(Run, "served.useless", Count, Lower, "Requests that a service ended with when nobody waited for them any more: wasted work", |m, _| calls(m, |s| s.useless)),
    row!(Run, "shed.total", Count, Lower, "Requests that services did not do", |m, _| calls(m, ServiceStats::shed_all)),
    row!(Run, "shed.queue_full", Count, Lower, "Not done: the queue was full", |m, _| calls(m, |s| s.shed_for(Shed::QueueFull))),
    row!(Run, "shed.overload", Count, Lower, "Not done: turned away under too much load", |m, _| calls(m, |s| s.shed_for(Shed::Overload))),
    row!(Run, "shed.late", Count, Lower, "Not done: the deadline was over", |m, _| calls(m, |s| s.shed_for(Shed::Late))),
    row!(Run, "shed.delay", Count, Lower, "Not done: it had waited too long", |m, _| calls(m, |s| s.shed_for(Shed::Delay))),
    row!(Run, "shed.died", Count, Lower, "Not done: the process died with it", |m, _| calls(m, |s| s.shed_for(Shed::Died))),
    row!(Run, "breakers.opened", Count, Lower, "Times that a circuit breaker opened", |m, _| calls(m, |s| s.breakers.opened)),
    row!(Run, "breakers.open_total", Time, Lower, "Time that circuit breakers were open, summed over callers", |m, _| calls(m, |s| s.breakers.open_total_ns(m.now))),
    row!(Run, "judged.unhealthy", Count, Lower, "Times that a caller stopped calling a replica", |m, _| calls(m, |s| s.judged_unhealthy)),
    maybe!(Run, "cache.hit_ratio", Ratio, Higher, "Look-ups that found something, however old, as a share of all", |m, _| share(calls(m, ServiceStats::hits), calls(m, ServiceStats::lookups))),
    row!(Run, "stock.reserved", Count, Neither, "Units of stock that were reserved", |m, _| calls(m, |s| s.reserved)),
    row!(Run, "stock.oversold", Count, Lower, "Units that were reserved though all there were had been, and not given back", |m, _| calls(m, |s| s.oversold)),
];

#[rustfmt::skip]
pub(super) const FLOW: &[Definition] = &[
    row!(Flow, "asked", Count, Neither, "Times that a user asked for something", |m, i| flow(m, i).asked),
    row!(Flow, "ok", Count, Higher, "Answered: done, or accepted to be done", |m, i| flow(m, i).ended(Answer::Ok)),
    row!(Flow, "degraded", Count, Lower, "Answered with a substitute", |m, i| flow(m, i).ended(Answer::Degraded)),
    row!(Flow, "failed", Count, Lower, "An error came back", |m, i| flow(m, i).ended(Answer::Failed)),
    row!(Flow, "rejected", Count, Lower, "Turned away", |m, i| flow(m, i).ended(Answer::Rejected)),
    row!(Flow, "timed_out", Count, Lower, "The user gave up waiting", |m, i| flow(m, i).ended(Answer::TimedOut)),
    row!(Flow, "open", Count, Lower, "Neither answered nor given up now", |m, i| flow(m, i).open()),
    row!(Flow, "throughput.requests", Rate, Neither, "Requests per second, over the whole run", |m, i| per_s(flow(m, i).asked, m)),
    row!(Flow, "throughput.goodput", Rate, Higher, "Good answers per second, over the whole run", |m, i| per_s(flow(m, i).good(), m)),
    maybe!(Flow, "goodput.ratio", Ratio, Higher, "Good answers as a share of what was asked for", |m, i| share(flow(m, i).good(), flow(m, i).asked)),
    maybe!(Flow, "goodput.worst_after", Ratio, Higher, "The smallest share of good answers in a window after the last disturbance", |m, i| flow(m, i).windows.worst(m.now)),
    maybe!(Flow, "goodput.best_after", Ratio, Higher, "The largest share of good answers in a window after the last disturbance", |m, i| flow(m, i).windows.best(m.now)),
    maybe!(Flow, "recovery.time", Time, Lower, "From the last disturbance until at least 90 % of the answers stay good", |m, i| flow(m, i).windows.recovery_ns(m.now)),
    maybe!(Flow, "latency.p50", Time, Lower, "Half were faster: from asking to a good answer", |m, i| flow(m, i).latency.quantile_ns(0.5)),
    maybe!(Flow, "latency.p99", Time, Lower, "99 of 100 were faster: from asking to a good answer", |m, i| flow(m, i).latency.quantile_ns(0.99)),
    maybe!(Flow, "latency.max", Time, Lower, "The slowest: from asking to a good answer", |m, i| flow(m, i).latency.max_ns()),
    maybe!(Flow, "orders.accepted", Count, Higher, "Its user got a good answer; these are of a flow with effects", |m, i| tasks_of(m, i, |t| t.accepted)),
    maybe!(Flow, "orders.complete", Count, Higher, "Accepted, and each effect has happened", |m, i| tasks_of(m, i, |t| t.complete)),
    maybe!(Flow, "orders.late", Count, Lower, "Complete, but later than allowed", |m, i| tasks_of(m, i, |t| t.late)),
    maybe!(Flow, "orders.lost", Count, Lower, "Accepted, but without all effects for longer than allowed", |m, i| tasks_of(m, i, |t| t.lost)),
    maybe!(Flow, "orders.half_done", Count, Lower, "Answered badly, but some effects have happened", |m, i| tasks_of(m, i, |t| t.half_done)),
    maybe!(Flow, "orders.unwanted", Count, Lower, "Answered badly, but all effects have happened", |m, i| tasks_of(m, i, |t| t.unwanted)),
    maybe!(Flow, "orders.open", Count, Lower, "Neither complete nor lost nor answered badly", |m, i| tasks_of(m, i, FlowTasks::open)),
    maybe!(Flow, "orders.effects", Count, Neither, "Times that an effect happened", |m, i| tasks_of(m, i, |t| t.effects)),
    maybe!(Flow, "orders.effects.doubled", Count, Lower, "Further times that an effect happened for the same request", |m, i| tasks_of(m, i, |t| t.doubled)),
    maybe!(Flow, "orders.goodput.worst_after", Ratio, Higher, "The smallest share of requests that were complete in time, in a window after the last disturbance", |m, i| m.tasks.of(i).and_then(|t| t.windows.worst(m.now))),
    maybe!(Flow, "orders.goodput.best_after", Ratio, Higher, "The largest share of requests that were complete in time, in a window after the last disturbance", |m, i| m.tasks.of(i).and_then(|t| t.windows.best(m.now))),
    maybe!(Flow, "orders.recovery.time", Time, Lower, "From the last disturbance until at least 90 % stay complete in time", |m, i| m.tasks.of(i).and_then(|t| t.windows.recovery_ns(m.now))),
    maybe!(Flow, "latency.complete.p50", Time, Lower, "Half were faster: from asking until all effects have happened", |m, i| m.tasks.of(i).and_then(|t| t.latency.quantile_ns(0.5))),
    maybe!(Flow, "latency.complete.p99", Time, Lower, "99 of 100 were faster: from asking until all effects have happened", |m, i| m.tasks.of(i).and_then(|t| t.latency.quantile_ns(0.99))),
    maybe!(Flow, "latency.complete.max", Time, Lower, "The slowest: from asking until all effects have happened", |m, i| m.tasks.of(i).and_then(|t| t.latency.max_ns())),
];

#[rustfmt::skip]
pub(super) const SERVICE: &[Definition] = &[
    row!(Service, "calls", Count, Neither, "Calls to it: first attempts", |m, i| service(m, i).calls),
    row!(Service, "attempts", Count, Neither, "First attempts, retries and hedges", |m, i| service(m, i).attempts),
    row!(Service, "retries", Count, Lower, "Attempts after one that had ended", |m, i| service(m, i).retries),
    row!(Service, "hedges", Count, Neither, "Attempts beside one that was still open", |m, i| service(m, i).hedges),
    maybe!(Service, "amplification", Count, Lower, "Attempts per call", |m, i| share(service(m, i).attempts, service(m, i).calls)),
    row!(Service, "calls.ok", Count, Higher, "Attempts that were answered", |m, i| service(m, i).ended(CallEnd::Ok)),
    row!(Service, "calls.failed", Count, Lower, "Attempts that an error came back for", |m, i| service(m, i).ended(CallEnd::Failed)),
    row!(Service, "calls.rejected", Count, Lower, "Attempts that were turned away", |m, i| service(m, i).ended(CallEnd::Rejected)),
    row!(Service, "calls.timed_out", Count, Lower, "Attempts that nothing came back for in time", |m, i| service(m, i).ended(CallEnd::TimedOut)),
    row!(Service, "calls.disconnected", Count, Lower, "Attempts whose connection broke, or that nobody listened to", |m, i| service(m, i).ended(CallEnd::Disconnected)),
    row!(Service, "calls.superseded", Count, Neither, "Attempts that another one of the same call was quicker than", |m, i| service(m, i).ended(CallEnd::Superseded)),
    row!(Service, "not_called", Count, Lower, "Calls and further attempts that were not made", |m, i| service(m, i).not_called.iter().sum::<u64>()),
    row!(Service, "not_called.breaker_open", Count, Lower, "Not made: the circuit breaker was open", |m, i| service(m, i).not_called_for(NoCall::BreakerOpen)),
    row!(Service, "not_called.bulkhead_full", Count, Lower, "Not made: the bulkhead or the pool of connections was full", |m, i| service(m, i).not_called_for(NoCall::BulkheadFull)),
    row!(Service, "not_called.rate_limited", Count, Lower, "Not made: the rate limit did not allow it", |m, i| service(m, i).not_called_for(NoCall::RateLimited)),
    row!(Service, "not_called.limited", Count, Lower, "Not made: the adaptive limit of concurrent calls was reached", |m, i| service(m, i).not_called_for(NoCall::Limited)),
    row!(Service, "not_called.no_budget", Count, Lower, "Not made: the budget of retries was spent", |m, i| service(m, i).not_called_for(NoCall::NoBudget)),
    row!(Service, "not_called.no_replica", Count, Lower, "Not made: every replica was known to be unhealthy", |m, i| service(m, i).not_called_for(NoCall::NoReplica)),
    row!(Service, "not_called.deadline_over", Count, Lower, "Not made: the deadline was over", |m, i| service(m, i).not_called_for(NoCall::DeadlineOver)),
    row!(Service, "not_called.too_many_open", Count, Lower, "Not made: the caller had as many calls open as a process can have, 65,536", |m, i| service(m, i).not_called_for(NoCall::TooManyOpen)),
    row!(Service, "waiting.now", Count, Lower, "Requests that wait for a thread in all replicas", |m, i| service(m, i).waiting.now),
    row!(Service, "waiting.max", Count, Lower, "The most that ever waited", |m, i| service(m, i).waiting.max.max),
    row!(Service, "waiting.max_at", Time, Neither, "When that was", |m, i| service(m, i).waiting.max.at),
    row!(Service, "waiting.mean", Count, Lower, "The mean over time of how many waited", |m, i| service(m, i).waiting.mean(m.now)),
    row!(Service, "busy.now", Count, Neither, "Threads (or connections) that are held in all replicas", |m, i| service(m, i).busy.now),
    row!(Service, "busy.max", Count, Neither, "The most that were ever held", |m, i| service(m, i).busy.max.max),
    row!(Service, "busy.mean", Count, Neither, "The mean over time of how many were held", |m, i| service(m, i).busy.mean(m.now)),
    maybe!(Service, "utilisation", Ratio, Neither, "The mean over time of threads held, as a share of the mean of those there were, which a `Set` changes; none if they are not limited", |m, i| service(m, i).threads.map(|t| t.mean(m.now)).filter(|t| *t > 0.0).map(|t| service(m, i).busy.mean(m.now) / t)),
    row!(Service, "served", Count, Neither, "Requests that a replica ended with", |m, i| service(m, i).served()),
    row!(Service, "served.failed", Count, Lower, "Of those: that it could not do", |m, i| service(m, i).failed),
    row!(Service, "served.useless", Count, Lower, "Of those: that nobody waited for any more, wasted work", |m, i| service(m, i).useless),
    row!(Service, "shed", Count, Lower, "Requests that a replica did not do", |m, i| service(m, i).shed_all()),
    row!(Service, "shed.queue_full", Count, Lower, "Not done: the queue was full", |m, i| service(m, i).shed_for(Shed::QueueFull)),
    row!(Service, "shed.overload", Count, Lower, "Not done: turned away under too much load", |m, i| service(m, i).shed_for(Shed::Overload)),
    row!(Service, "shed.late", Count, Lower, "Not done: the deadline was over", |m, i| service(m, i).shed_for(Shed::Late)),
    row!(Service, "shed.delay", Count, Lower, "Not done: it had waited too long", |m, i| service(m, i).shed_for(Shed::Delay)),
    row!(Service, "shed.died", Count, Lower, "Not done: the process died with it", |m, i| service(m, i).shed_for(Shed::Died)),
    maybe!(Service, "latency.wait.mean", Time, Lower, "Mean of: how long a request waited for a thread", |m, i| service(m, i).wait_latency.mean_ns()),
    maybe!(Service, "latency.wait.p50", Time, Lower, "Half waited less for a thread", |m, i| service(m, i).wait_latency.quantile_ns(0.5)),
    maybe!(Service, "latency.wait.p99", Time, Lower, "99 of 100 waited less for a thread", |m, i| service(m, i).wait_latency.quantile_ns(0.99)),
    maybe!(Service, "latency.wait.max", Time, Lower, "The longest that one waited for a thread and was served", |m, i| service(m, i).wait_latency.max_ns()),
    maybe!(Service, "latency.call.mean", Time, Lower, "Mean of: how long an attempt took that was answered, as its caller saw it", |m, i| service(m, i).call_latency.mean_ns()),
    maybe!(Service, "latency.call.p50", Time, Lower, "Half of the attempts that were answered were faster", |m, i| service(m, i).call_latency.quantile_ns(0.5)),
    maybe!(Service, "latency.call.p99", Time, Lower, "99 of 100 attempts that were answered were faster", |m, i| service(m, i).call_latency.quantile_ns(0.99)),
    maybe!(Service, "latency.call.max", Time, Lower, "The slowest attempt that was answered", |m, i| service(m, i).call_latency.max_ns()),
    row!(Service, "breaker.opened", Count, Lower, "Times that a caller's circuit breaker opened", |m, i| service(m, i).breakers.opened),
    row!(Service, "breaker.open_total", Time, Lower, "Time that circuit breakers were open, summed over callers", |m, i| service(m, i).breakers.open_total_ns(m.now)),
    row!(Service, "judged.unhealthy", Count, Lower, "Times that a caller stopped calling a replica", |m, i| service(m, i).judged_unhealthy),
    row!(Service, "replicas.now", Count, Neither, "Replicas that serve, whether or not they are down", |m, i| u64::from(service(m, i).running())),
    row!(Service, "replicas.max", Count, Neither, "The most there were", |m, i| u64::from(service(m, i).running_max())),
    row!(Service, "lookups", Count, Neither, "Times that something was looked up in it", |m, i| service(m, i).lookups()),
    row!(Service, "hits", Count, Neither, "Times that it was there, however old", |m, i| service(m, i).hits()),
    maybe!(Service, "hit_ratio", Ratio, Higher, "Hits as a share of the look-ups", |m, i| share(service(m, i).hits(), service(m, i).lookups())),
    row!(Service, "stock.reserved", Count, Neither, "Units of its stock that were reserved", |m, i| service(m, i).reserved),
    row!(Service, "stock.oversold", Count, Lower, "Units that were reserved though all there were had been, and not given back", |m, i| service(m, i).oversold),
];
