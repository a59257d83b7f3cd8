//! Every message is accounted for. The count is kept from the changes alone, and compared with the ledger's own.

use crate::sim::Fact;
use crate::sim::ledger::{Account, Change, Ledger, State, What};

use super::{Check, Findings, Kinds, Scene, kind};

#[derive(Clone, Debug, Default)]
pub(super) struct Conservation {
    produced: u64,
    delivered: u64,
    lost: u64,
    expired: u64,
    /// When and in which event one was produced last.
    last: Option<(u64, u64)>,
}

impl Conservation {
    fn of(&mut self, state: State) -> Option<&mut u64> {
        match state {
            State::InFlight => None,
            State::Delivered => Some(&mut self.delivered),
            State::Lost => Some(&mut self.lost),
            State::Expired => Some(&mut self.expired),
        }
    }

    fn agrees(&self, account: &Account) -> bool {
        let ended = self.delivered + self.lost + self.expired;
        account.balances()
            && account.produced == self.produced
            && (account.delivered, account.lost, account.expired)
                == (self.delivered, self.lost, self.expired)
            && account.in_flight == self.produced - ended
    }
}

impl Check for Conservation {
    const KINDS: Kinds = Kinds::of(&[kind::PRODUCED]);
    const CHANGES: Kinds = Kinds::of(&[Change::ENDED_WELL, Change::BECAME, Change::PHANTOM]);

    fn record(&mut self, scene: &Scene<'_>, _: &mut Findings) {
        if let Fact::Produced { span, .. } = scene.record.fact {
            self.produced += u64::from(span.count);
        }
        self.last = Some((scene.record.at, scene.record.event));
    }

    fn change(&mut self, change: &Change, scene: &Scene<'_>, found: &mut Findings) {
        match change.what {
            What::Became { from, to, .. } if from != to => {
                if let Some(count) = self.of(from) {
                    *count -= 1;
                }
                if let Some(count) = self.of(to) {
                    *count += 1;
                }
            }
            What::Phantom => {
                let pid = scene.record.pid;
                found.report_span(scene, change.span, &[], |messages| {
                    let process = scene.ledger.names().process(pid);
                    format!("{process} has {messages}, which nobody produced")
                });
            }
            _ => {}
        }
    }

    fn finish(&mut self, _: u64, ledger: &Ledger, found: &mut Findings) {
        let account = ledger.account();
        if let Some((at, event)) = self.last
            && !self.agrees(&account)
        {
            found.report_at(at, event, &[], || {
                format!(
                    "{} produced are not {} delivered + {} in flight + {} lost + {} expired",
                    self.produced,
                    account.delivered,
                    account.in_flight,
                    account.lost,
                    account.expired
                )
            });
        }
    }
}
