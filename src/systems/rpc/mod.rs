//! Remote calls: the messages between callers and services, and the client that any process may embed to call a service.
//!
//! A policy of a client (retries, breaker, balancing, …) is plain settings, which a scenario writes, and a state machine that
//! is told what happened and when (`now`, ns). It asks nobody, schedules nothing and draws only from the stream that it is
//! given: what to do about its answer is up to the client.

pub mod adaptive;
pub mod balance;
pub mod breaker;
pub mod budget;
pub mod bulkhead;
mod caller;
mod client;
mod directory;
pub mod health;
pub mod hedge;
pub mod outlier;
mod protocol;
pub mod rate_limit;
pub mod retry;
mod sight;

pub use adaptive::{Adaptive, AdaptiveSettings};
pub use balance::{Balance, Balancer, Candidate};
pub use breaker::{Breaker, BreakerSettings, SlidingWindowType};
pub use budget::{Budget, RetryBudget};
pub use bulkhead::{Bulkhead, BulkheadSettings, Entry};
pub use caller::{CALLER_TIMERS, CLIENT_KNOBS, Call, Caller, Done, Ended};
pub use client::{ClientSettings, Failure, PanicThreshold};
pub use directory::Directory;
pub use health::{HealthCheckSettings, HealthChecks, Passive, PassiveSettings};
pub use hedge::{Hedge, Hedger};
pub use outlier::{OutlierSettings, Outliers};
pub use protocol::{Message, Request, Response, Status, USUAL_BYTES};
pub use rate_limit::{RateLimit, RateLimitSettings};
pub use retry::{Jitter, Retry};
