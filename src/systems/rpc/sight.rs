//! What can be seen of remote calls on the network.

use crate::sim::lens::{Exchange, Followed, Load, Sight};

use super::protocol::Message;

impl Message {
    /// What can be seen of it.
    pub fn sight(&self, what: Option<Followed>) -> Sight {
        let (load, exchange) = match self {
            Self::Request(request) => {
                let is_it = what == Some(Followed::Task(request.task()));
                (is_it.then_some(Load::Call), Exchange::Asks(request.call))
            }
            Self::Response(response) => (None, Exchange::Answers(response.call)),
            _ => (None, Exchange::Alone),
        };
        Sight {
            word: self.word(),
            load,
            exchange,
        }
    }
}
