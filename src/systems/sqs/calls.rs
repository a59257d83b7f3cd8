//! What all clients have in common: requests that wait for answers, and are tried again as the SDKs do.

use std::collections::BTreeMap;

use crate::sim::stream::Stream;
use crate::sim::{Pid, SECOND, TimerId, Token};
use crate::systems::Message as AnyMessage;

use super::Ctx;
use super::protocol::{Message, Request, Response};

/// The longest wait before another attempt (AWS SDKs and Tools Reference Guide, "Retry behavior", standard mode).
const BACKOFF_MAX_NS: u64 = 20 * SECOND;

/// Clients of a process are told apart by so many upper bits of a request's number.
const TAG_SHIFT: u32 = 29;

/// A request that waits for its answer, or for its next attempt.
#[derive(Clone, Debug)]
struct Open<T> {
    to: Pid,
    request: Request,
    timeout_ns: u64,
    attempts: u32,
    /// On its way; otherwise it waits to be sent again.
    sent: bool,
    timer: TimerId,
    what: T,
}

/// Requests that wait for their answers.
#[derive(Clone, Debug)]
pub(super) struct Calls<T> {
    tag: u32,
    next: u32,
    timer: u16,
    attempts_max: u32,
    open: BTreeMap<u32, Open<T>>,
    stream: Stream,
}

impl<T> Calls<T> {
    /// None yet. `tag` (below 8) tells a process's clients apart, `timer` is the kind of timer that belongs to this one.
    pub fn new(tag: u32, timer: u16, attempts_max: u32, stream: Stream) -> Self {
        Self {
            tag,
            next: 0,
            timer,
            attempts_max: attempts_max.max(1),
            open: BTreeMap::new(),
            stream,
        }
    }

    /// A life begins: what a former one had asked for is not waited for any more. The requests it had open.
    pub fn start(&mut self, incarnation: u32) {
        self.next = incarnation.wrapping_shl(20);
        self.open.clear();
    }

    /// The process died: what it had asked for.
    pub fn crash(&mut self) -> impl Iterator<Item = T> + use<T> {
        std::mem::take(&mut self.open).into_values().map(|o| o.what)
    }

    /// Whether an answer is to one of these.
    pub fn owns(&self, number: u32) -> bool {
        number >> TAG_SHIFT == self.tag
    }

    /// How many wait.
    pub fn len(&self) -> usize {
        self.open.len()
    }

    /// Asks; without an answer for `timeout_ns` it asks again.
    pub fn ask(&mut self, to: Pid, request: Request, timeout_ns: u64, what: T, ctx: &mut Ctx<'_>) {
        self.next = self.next.wrapping_add(1);
        let number = self.tag << TAG_SHIFT | self.next & ((1 << TAG_SHIFT) - 1);
        send(to, number, request.clone(), ctx);
        let timer = ctx.timer(timeout_ns, Token::with(self.timer, number));
        let open = Open {
            to,
            request,
            timeout_ns,
            attempts: 1,
            sent: true,
            timer,
            what,
        };
        self.open.insert(number, open);
    }

    /// An answer has come: what it is to, unless nobody waits for it or it is asked again.
    pub fn answer(
        &mut self,
        number: u32,
        response: Response,
        ctx: &mut Ctx<'_>,
    ) -> Option<(T, Response)> {
        if let Response::Failed(error) = response
            && error.is_retriable()
        {
            let what = self.failed(number, ctx)?;
            return Some((what, response));
        }
        let open = self.open.remove(&number)?;
        ctx.cancel(open.timer);
        Some((open.what, response))
    }

    /// A timer of this client fired: what it gives up.
    pub fn timer(&mut self, number: u32, ctx: &mut Ctx<'_>) -> Option<T> {
        let open = self.open.get_mut(&number)?;
        if open.sent {
            return self.failed(number, ctx);
        }
        open.sent = true;
        open.attempts += 1;
        open.timer = ctx.timer(open.timeout_ns, Token::with(self.timer, number));
        send(open.to, number, open.request.clone(), ctx);
        None
    }

    /// The connection to a node is gone: what is given up of what was asked there.
    pub fn disconnected(&mut self, peer: Pid, ctx: &mut Ctx<'_>) -> Vec<T> {
        let lost = self.open.iter().filter(|(_, o)| o.to == peer && o.sent);
        let lost: Vec<u32> = lost.map(|(&number, _)| number).collect();
        let given_up = lost
            .into_iter()
            .filter_map(|number| self.failed(number, ctx));
        given_up.collect()
    }

    /// An attempt failed: another one later, or none.
    fn failed(&mut self, number: u32, ctx: &mut Ctx<'_>) -> Option<T> {
        let open = self.open.get_mut(&number)?;
        ctx.cancel(open.timer);
        if open.attempts >= self.attempts_max {
            return self.open.remove(&number).map(|o| o.what);
        }
        // A random part of 1 s, 2 s, 4 s …, the longest being 20 s.
        let longest = SECOND << (open.attempts - 1).min(10);
        let wait = (longest.min(BACKOFF_MAX_NS) as f64 * self.stream.unit()) as u64;
        open.sent = false;
        open.timer = ctx.timer(wait, Token::with(self.timer, number));
        None
    }
}

/// Sends a request.
pub(super) fn send(to: Pid, number: u32, request: Request, ctx: &mut Ctx<'_>) {
    let message = Message::Request(number, Box::new(request));
    let bytes = message.bytes();
    ctx.send(to, AnyMessage::Sqs(message), bytes);
}
