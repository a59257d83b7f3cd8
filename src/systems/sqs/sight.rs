//! What can be seen on the network of what is said to queues and topics.

use crate::sim::lens::{Exchange, Followed, Load, Sight};

use super::protocol::{Entry, Message, Request};

impl Message {
    /// What can be seen of it.
    pub fn sight(&self, what: Option<Followed>) -> Sight {
        let is_it = |entry: &Entry| what.is_some_and(|what| entry.is(what));
        let (load, exchange) = match self {
            Self::Request(number, request) => {
                let carries = match &**request {
                    Request::Send { entry, .. } => is_it(entry),
                    Request::Publish { copies, .. } => copies.iter().any(|(_, e)| is_it(e)),
                    _ => false,
                };
                (carries.then_some(Load::Send), Exchange::Asks(*number))
            }
            Self::Messages(number, messages) => {
                let carries = messages.iter().any(|m| is_it(&m.entry));
                (carries.then_some(Load::Deliver), Exchange::Answers(*number))
            }
            Self::Done(number) | Self::Failed(number, _) => (None, Exchange::Answers(*number)),
        };
        Sight {
            word: self.word(),
            load,
            exchange,
        }
    }
}

impl Entry {
    fn is(&self, what: Followed) -> bool {
        match what {
            Followed::Message { lane, number } => (self.lane, self.number) == (lane, number),
            Followed::Task(task) => task.is_some() && self.task == task,
        }
    }
}
