//! Topics: what is published is copied to every subscribed queue, and acknowledged when all of them have stored it.
//!
//! Simpler than the product, which stores what is published and acknowledges it before it is copied: here the publisher
//! waits for the copies, and if the topic's node dies it publishes again. Either way a queue that has its copy already may
//! get another one.

use crate::sim::{Pid, SECOND};

use super::super::Ctx;
use super::super::protocol::{Error, Request, Response};
use super::{Node, respond};

/// How often a copy is sent before it is given up. The product goes on for 23 days (SNS Developer Guide, "Message delivery
/// retries"); the publisher has gone long before.
pub(super) const ATTEMPTS_MAX: u32 = 50;

/// How long a queue's answer is waited for.
const TIMEOUT_NS: u64 = 5 * SECOND;

/// Something published that not all queues have stored.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fanout {
    /// Copies on their way.
    left: u32,
    /// Why a queue refused its copy.
    failed: Option<Error>,
}

impl Node {
    /// Copies a message to queues.
    pub(super) fn publish(&mut self, from: Pid, number: u32, request: Request, ctx: &mut Ctx<'_>) {
        let Request::Publish { copies, named, .. } = request else {
            return;
        };
        // The publisher may ask again while copies are on their way.
        if self.fanouts.contains_key(&(from, number)) {
            return;
        }
        if copies.is_empty() {
            return respond(from, number, Response::Done, ctx);
        }
        let fanout = Fanout {
            left: copies.len() as u32,
            failed: None,
        };
        self.fanouts.insert((from, number), fanout);
        for (queue, entry) in copies {
            let to = self.directory.home(queue).pid;
            let send = Request::Send {
                queue,
                entry,
                named,
            };
            self.copies.ask(to, send, TIMEOUT_NS, (from, number), ctx);
        }
    }

    /// A queue answered, or will not.
    pub(super) fn copied(&mut self, publish: (Pid, u32), response: &Response, ctx: &mut Ctx<'_>) {
        let Some(fanout) = self.fanouts.get_mut(&publish) else {
            return;
        };
        fanout.left -= 1;
        if let Response::Failed(error) = response {
            fanout.failed = Some(*error);
        }
        if fanout.left == 0 {
            let failed = fanout.failed;
            self.fanouts.remove(&publish);
            let response = failed.map_or(Response::Done, Response::Failed);
            respond(publish.0, publish.1, response, ctx);
        }
    }
}
