//! What stands around every call to a service allocates nothing once it has grown to its size.

use splitbrain::sim::MS;
use splitbrain::sim::stream::Stream;
use splitbrain::sim::units::Duration;
use splitbrain::systems::rpc::{
    Adaptive, AdaptiveSettings, Balance, Balancer, Breaker, BreakerSettings, Budget, Bulkhead,
    BulkheadSettings, Candidate, Entry, HealthCheckSettings, HealthChecks, Hedge, Hedger,
    OutlierSettings, Outliers, Passive, PassiveSettings, RateLimit, RateLimitSettings, Retry,
    RetryBudget, SlidingWindowType,
};

/// All policies of a client, on the way of one call after the other.
struct Client {
    now: u64,
    stream: Stream,
    retry: Retry,
    budgets: Vec<Budget>,
    breakers: Vec<Breaker>,
    bulkhead: Bulkhead,
    gone: Vec<u64>,
    limit: RateLimit,
    adaptive: Adaptive,
    hedger: Hedger,
    balancers: Vec<Balancer>,
    able: Vec<Candidate>,
    checks: HealthChecks,
    passive: Passive,
    outliers: Outliers,
}

fn read<T: serde::de::DeserializeOwned>(texts: &[&str]) -> Vec<T> {
    texts.iter().map(|t| ron::from_str(t).unwrap()).collect()
}

impl Client {
    fn new() -> Self {
        let budgets: Vec<RetryBudget> = read(&["Tokens()", "Ratio()"]);
        let balances: Vec<Balance> = read(&[
            "RoundRobin",
            "Random",
            "LeastBusy",
            "PowerOfChoices(d: 3)",
            "Weighted(weights: [5, 1, 1, 2])",
            "ConsistentHash()",
        ]);
        let types = [SlidingWindowType::CountBased, SlidingWindowType::TimeBased];
        let breakers = types.map(|sliding_window_type| {
            Breaker::new(&BreakerSettings {
                sliding_window_type,
                ..BreakerSettings::default()
            })
        });
        let able = (0..4).map(|index| Candidate {
            index,
            outstanding: index % 2,
        });
        let hedge: Vec<Hedge> = read(&["Percentile()"]);
        Self {
            now: 0,
            stream: Stream::named(1, "policies", "test"),
            retry: read(&["Exponential(jitter: Decorrelated)"])[0],
            budgets: budgets.iter().map(Budget::new).collect(),
            breakers: breakers.into(),
            bulkhead: Bulkhead::new(&BulkheadSettings {
                max_concurrent_calls: 4,
                max_wait_duration: Duration::from_ms(20),
                max_waiting: Some(10),
            }),
            gone: Vec::with_capacity(16),
            limit: RateLimit::new(&RateLimitSettings::default()),
            adaptive: Adaptive::new(&AdaptiveSettings::default()),
            hedger: Hedger::new(&hedge[0]),
            balancers: balances.iter().map(|b| Balancer::new(b, 4)).collect(),
            able: able.collect(),
            checks: HealthChecks::new(&HealthCheckSettings::default(), 4),
            passive: Passive::new(&PassiveSettings::default(), 4),
            outliers: Outliers::new(&OutlierSettings::default(), 4),
        }
    }

    fn call(&mut self, number: u64) {
        self.now += self.stream.below(2 * MS);
        let (now, ok, took) = (
            self.now,
            self.stream.chance(0.7),
            self.stream.below(50 * MS),
        );
        self.limit.reserve(now);
        for breaker in &mut self.breakers {
            if breaker.try_acquire(now) {
                breaker.on_result(now, took, ok);
            }
        }
        self.gone.clear();
        self.bulkhead.expire(now, &mut self.gone);
        if self.bulkhead.enter(now, number) == Entry::Full {
            self.bulkhead.leave(now);
            self.bulkhead.cancel(number / 2);
        }
        for balancer in &mut self.balancers {
            balancer.pick(&self.able, number as u32, &mut self.stream);
        }
        self.hedger.delay_ns(0);
        self.hedger.on_answer(took);
        let replica = (number % 4) as u32;
        self.passive.picked(replica, now);
        self.passive.on_result(replica, ok, now);
        self.outliers.on_result(replica, ok, now);
        self.outliers.tick(now);
        self.checks.on_check(replica, ok);
        self.adaptive.on_sample(took, 20, !ok);
        for budget in &mut self.budgets {
            budget.request(now);
            if ok {
                budget.success(now);
            } else {
                budget.failure(now);
                budget.may_retry(now);
            }
        }
        self.retry.delay_ns(1, took, &mut self.stream);
    }
}

#[test]
fn policies_of_calls_allocate_nothing_once_they_have_grown() {
    let mut client = Client::new();
    (0..5_000).for_each(|number| client.call(number));
    let used = allocation_counter::measure(|| {
        (5_000..50_000).for_each(|number| client.call(number));
    });
    assert_eq!(used.count_total, 0, "{used:?}");
}
