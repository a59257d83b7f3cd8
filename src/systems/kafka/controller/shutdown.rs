//! Controlled shutdown: a broker that wants to stop leads nothing any more before it does. The rules are those of Kafka's
//! `BrokerHeartbeatManager` (KIP-631).

use crate::sim::Fact;

use super::super::Ctx;
use super::super::notes;
use super::super::protocol::MetadataRecord;
use super::Controller;

impl Controller {
    /// A broker wants to stop. Whether it may do so now: what it led is led by others, and they all know. A fenced one may at
    /// once.
    pub(super) fn shut_down(&mut self, index: usize, ctx: &mut Ctx<'_>) -> bool {
        if self.brokers[index].fenced {
            self.brokers[index].shutting_down.get_or_insert(self.next);
            return true;
        }
        let broker = self.cluster.brokers[index];
        let leads = |c: &Self| c.partitions.iter().any(|p| p.leader == Some(broker));
        match self.brokers[index].shutting_down {
            None if leads(self) => {
                self.hand_over(index, ctx);
                return false;
            }
            Some(offset) if leads(self) || self.seen_by_all() < offset => return false,
            Some(_) => {}
            None => self.brokers[index].shutting_down = Some(self.next),
        }
        self.fence(index, ctx);
        true
    }

    /// From now on a broker may neither lead nor be in sync, although it lives.
    fn hand_over(&mut self, index: usize, ctx: &mut Ctx<'_>) {
        let broker = self.cluster.brokers[index];
        self.brokers[index].shutting_down = Some(u64::MAX);
        ctx.record(Fact::Note {
            code: notes::SHUTTING_DOWN,
            a: broker.0,
            b: 0,
        });
        self.log(MetadataRecord::Broker {
            broker,
            fenced: true,
        });
        self.replace(broker, ctx);
        self.brokers[index].shutting_down = Some(self.next);
    }

    /// Up to where the brokers that take part all have seen the metadata, by their heartbeats.
    fn seen_by_all(&self) -> u64 {
        let taking_part = self.brokers.iter().filter(|b| b.takes_part());
        taking_part.map(|b| b.seen).min().unwrap_or(u64::MAX)
    }
}
