//! Settings of queues that can be changed while they are used (Amazon SQS API Reference, `SetQueueAttributes`).

use crate::sim::Change;
use crate::sim::setting::{Kind, Knob, Value};
use crate::sim::units::Duration;
use crate::systems::{Known, Tune};

use super::super::Ctx;
use super::super::settings::Settings;
use super::Node;

const VISIBILITY: Knob = Knob::new(
    "visibility_timeout",
    Kind::Duration {
        least: Duration::ZERO,
        most: Duration::from_secs(12 * 3600),
    },
    "how long a message is hidden that is received from now on",
);

const DELAY: Knob = Knob::new(
    "delay_seconds",
    Kind::Duration {
        least: Duration::ZERO,
        most: Duration::from_secs(15 * 60),
    },
    "how long a message is hidden that is sent from now on",
);

const RECEIVES: Knob = Knob::new(
    "redrive_policy.max_receive_count",
    Kind::Count {
        least: 1,
        most: 1000,
    },
    "how often a message is received before it is put aside",
);

/// Of a queue.
const QUEUE: &[Knob] = &[VISIBILITY, DELAY];
/// Of a queue with a dead-letter queue.
const WITH_DEAD_LETTERS: &[Knob] = &[VISIBILITY, DELAY, RECEIVES];

impl Settings {
    pub(in super::super) fn declare_knobs(&self, known: &mut Known) {
        for queue in &self.queues {
            let knobs = match &queue.redrive_policy {
                Some(_) => WITH_DEAD_LETTERS,
                None => QUEUE,
            };
            known.add_subject(format!("{}/{}", self.name, queue.name), knobs);
        }
    }
}

impl Node {
    /// The line of a queue by its full name, if it is here.
    fn subject(&self, of: &str) -> Option<usize> {
        let queue = of.strip_prefix(&self.directory.name)?.strip_prefix('/')?;
        self.local[usize::from(self.directory.queue(queue)?)].map(usize::from)
    }
}

impl Tune for Node {
    fn tune(&mut self, change: &Change, _: &mut Ctx<'_>) -> bool {
        let Change::Set { of, setting, value } = change else {
            return false;
        };
        let line = self.subject(of);
        line.is_some_and(|at| self.lines[at].queue.set(setting, *value))
    }

    fn setting(&self, of: &str, setting: &str) -> Option<Value> {
        self.lines[self.subject(of)?].queue.setting(setting)
    }
}
