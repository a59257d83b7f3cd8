//! What can be seen of Kafka's requests and answers on the network.

use crate::sim::Span;
use crate::sim::lens::{Exchange, Followed, Load, Sight};

use super::batch::Batch;
use super::ports::pack;
use super::protocol::{FetchCall, Message, ProduceCall, Request, Response};

impl Message {
    /// What can be seen of it.
    pub fn sight(&self, what: Option<Followed>) -> Sight {
        let word = self.word();
        match self {
            Self::Request(number, request) => Sight {
                word,
                load: what.and_then(|what| request.load(what)),
                exchange: Exchange::Asks(*number),
            },
            Self::Response(number, response) => Sight {
                word,
                load: what.and_then(|what| response.load(what)),
                exchange: Exchange::Answers(*number),
            },
        }
    }
}

impl Request {
    fn load(&self, what: Followed) -> Option<Load> {
        match self {
            Self::Produce(call) => is_in_produce(call, what).then_some(Load::Send),
            _ => None,
        }
    }
}

impl Response {
    fn load(&self, what: Followed) -> Option<Load> {
        match self {
            Self::Fetch(call) if is_in_fetch(call, what) => Some(match call.asks.replica {
                Some(_) => Load::Copy,
                None => Load::Deliver,
            }),
            _ => None,
        }
    }
}

fn is_in_produce(call: &ProduceCall, what: Followed) -> bool {
    let mut batches = call.asks.batches.iter();
    batches.any(|(_, batch)| is_in(batch, what))
}

fn is_in_fetch(call: &FetchCall, what: Followed) -> bool {
    let mut batches = call.answer.batches.iter();
    batches.any(|b| is_in(&b.batch, what))
}

fn is_in(batch: &Batch, what: Followed) -> bool {
    match what {
        Followed::Message { lane, number } => batch
            .span()
            .is_some_and(|span: Span| span.lane == lane && span.numbers().contains(&number)),
        // What services send bears its task as its key. The keys of other producers may look the same.
        Followed::Task(task) => {
            let key = Some(pack(task));
            batch.items().iter().any(|item| item.key() == key)
        }
    }
}
