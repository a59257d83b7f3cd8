//! Kafka for processes of other systems: topics to send to and to take from (see [`crate::systems::ports`]).

mod inlet;
mod outlet;

pub use inlet::KafkaInlet;
pub use outlet::KafkaOutlet;

use crate::sim::{FlowId, Task};

/// A record's key holds the task in its value's stead: so many bits of it are the number, the rest the flow.
const NUMBER_BITS: u32 = 28;

/// What a record with a task carries. Flows beyond the fifteenth share the last number, which stands for none.
pub(super) fn pack(task: Task) -> u32 {
    let flow = u32::from(task.flow.0).min(15);
    flow << NUMBER_BITS | task.number & ((1 << NUMBER_BITS) - 1)
}

fn unpack(key: Option<u32>) -> Task {
    match key {
        Some(key) if key >> NUMBER_BITS < 15 => Task {
            flow: FlowId((key >> NUMBER_BITS) as u16),
            number: key & ((1 << NUMBER_BITS) - 1),
        },
        _ => Task::NONE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_comes_out_as_it_went_in() {
        for (flow, number) in [(0, 0), (3, 77), (14, (1 << 28) - 1)] {
            let task = Task {
                flow: FlowId(flow),
                number,
            };
            assert_eq!(unpack(Some(pack(task))), task);
        }
        assert_eq!(unpack(Some(pack(Task::NONE))), Task::NONE);
        assert_eq!(unpack(None), Task::NONE);
    }
}
