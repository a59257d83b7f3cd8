//! One leader per queue and epoch.

use crate::sim::{Fact, Pid};

use super::{Check, Findings, Kinds, Scene, kind};

/// So many epochs of a queue are remembered.
const EPOCHS_MAX: usize = 64;

/// By queue: who led in which epoch, and the event in which it began.
#[derive(Clone, Debug, Default)]
pub(super) struct SingleLeader {
    queues: Vec<Vec<(u32, Pid, u64)>>,
}

impl Check for SingleLeader {
    const KINDS: Kinds = Kinds::of(&[kind::LEADS]);
    const CHANGES: Kinds = Kinds::NONE;

    fn record(&mut self, scene: &Scene<'_>, found: &mut Findings) {
        let Fact::Leads { queue, epoch } = scene.record.fact else {
            return;
        };
        if self.queues.len() <= queue.index() {
            self.queues.resize(queue.index() + 1, Vec::new());
        }
        let leaders = &mut self.queues[queue.index()];
        let pid = scene.record.pid;
        match leaders.iter().find(|l| l.0 == epoch) {
            Some(&(_, other, event)) if other != pid => {
                let names = scene.ledger.names();
                found.report(scene.record, &[(event, "the other began to lead")], || {
                    format!(
                        "{} and {} both lead {} in epoch {epoch}",
                        names.process(other),
                        names.process(pid),
                        names.queue_short(queue)
                    )
                });
            }
            Some(_) => {}
            None => {
                if leaders.len() == EPOCHS_MAX {
                    leaders.remove(0);
                }
                leaders.push((epoch, pid, scene.record.event));
            }
        }
    }
}
