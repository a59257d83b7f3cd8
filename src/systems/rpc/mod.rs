//! Remote calls: the messages between callers and services, and the client that any process may embed to call a service.

mod protocol;

pub use protocol::{Message, Request, Response, Status, USUAL_BYTES};
