//! How far a group has come in a queue.

use super::bag::Bag;
use super::{GroupId, Pid};
use crate::sim::history::History;

/// A larger jump than this is not kept offset by offset.
const JUMP_MAX: u64 = 1 << 16;

/// What a group did with the message at an offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// A consumer has it.
    Handed,
    /// The consumer that had it is gone, or gave the queue back.
    Returned,
    /// A consumer ended with it.
    Done,
    /// The group went on behind it without having it.
    Passed,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Slot {
    pub at: u64,
    pub owner: Pid,
    pub step: Step,
}

/// A group's position in a queue.
#[derive(Clone, Debug)]
pub struct Reader {
    pub(super) group: GroupId,
    /// The lowest offset it has not ended with.
    open: u64,
    /// From `open` on.
    slots: History<Slot, 512>,
    committed: u64,
    /// How many slots are `Returned`.
    returned: u32,
    /// Instead of a position, where messages leave the queue one by one.
    pub(super) bag: Bag,
}

impl Reader {
    pub(super) fn new(group: GroupId) -> Self {
        Self {
            group,
            open: 0,
            slots: History::default(),
            committed: 0,
            returned: 0,
            bag: Bag::default(),
        }
    }

    /// The group.
    pub fn group(&self) -> GroupId {
        self.group
    }

    /// The lowest offset the group has not ended with.
    pub fn open(&self) -> u64 {
        self.open
    }

    /// One more than the highest offset that was ever handed to a consumer of the group.
    pub fn handed(&self) -> u64 {
        self.open + self.slots.len() as u64
    }

    /// The stored position: where a new owner would go on.
    pub fn committed(&self) -> u64 {
        self.committed
    }

    /// Messages are handed to a consumer.
    pub(super) fn hand(&mut self, offset: u64, count: u32, at: u64, owner: Pid) {
        let slot = Slot {
            at,
            owner,
            step: Step::Handed,
        };
        self.fill(offset);
        for offset in offset..offset + u64::from(count) {
            if offset < self.open {
                continue;
            }
            match self.slots.get_mut((offset - self.open) as usize) {
                Some(old) => {
                    self.returned -= u32::from(old.step == Step::Returned);
                    *old = slot;
                }
                None => self.slots.push_back(slot),
            }
        }
    }

    /// Everything below an offset that was not handed out has been passed over.
    pub(super) fn fill(&mut self, offset: u64) {
        let gap = offset.saturating_sub(self.handed());
        if gap == 0 {
            return;
        }
        if self.slots.is_empty() || gap > JUMP_MAX {
            self.slots.clear();
            self.returned = 0;
            self.open = offset;
            return;
        }
        let passed = Slot {
            at: 0,
            owner: Pid(u32::MAX),
            step: Step::Passed,
        };
        self.slots.extend(std::iter::repeat_n(passed, gap as usize));
    }

    /// A consumer ended with an offset: when it was handed over, if that is known.
    #[inline]
    pub(super) fn end_with(&mut self, offset: u64) -> Option<u64> {
        let at = offset.checked_sub(self.open)? as usize;
        let slot = self.slots.get_mut(at)?;
        let since = (slot.step == Step::Handed || slot.step == Step::Returned).then_some(slot.at);
        self.returned -= u32::from(slot.step == Step::Returned);
        slot.step = Step::Done;
        since
    }

    /// Moves on behind what is over.
    #[inline]
    pub(super) fn advance(&mut self) {
        while let Some(front) = self.slots.front() {
            if front.step != Step::Done && front.step != Step::Passed {
                return;
            }
            self.slots.pop_front();
            self.open += 1;
        }
    }

    /// A consumer no longer has what it was handed. Whether it had something.
    pub(super) fn give_back(&mut self, owner: Pid) -> bool {
        let before = self.returned;
        for at in 0..self.slots.len() {
            let is_held = self.slots[at].owner == owner && self.slots[at].step == Step::Handed;
            if is_held && let Some(slot) = self.slots.get_mut(at) {
                slot.step = Step::Returned;
                self.returned += 1;
            }
        }
        self.returned != before
    }

    /// Stores the position.
    pub(super) fn commit(&mut self, offset: u64) {
        self.committed = offset;
    }

    /// The given-back offset below the stored position from `from` on that nobody will be handed again; now passed over.
    pub(super) fn pass_returned(&mut self, from: u64) -> Option<u64> {
        if self.returned == 0 {
            return None;
        }
        let start = from.max(self.open);
        let below = self.committed.min(self.handed());
        let open = self.open;
        (start..below).find(|&offset| self.pass_if_returned((offset - open) as usize))
    }

    /// The log holds other messages from an offset on: what was done with the old ones says nothing of them.
    pub(super) fn cut(&mut self, offset: u64) {
        if offset < self.open {
            self.open = offset;
            self.slots.clear();
        } else {
            self.slots.truncate((offset - self.open) as usize);
        }
        let returned = self.slots.iter().filter(|s| s.step == Step::Returned);
        self.returned = returned.count() as u32;
    }

    /// Passes over what no consumer has below an offset.
    pub(super) fn pass_below(&mut self, offset: u64) {
        let below = offset.saturating_sub(self.open) as usize;
        for at in 0..below.min(self.slots.len()) {
            self.pass_if_returned(at);
        }
        self.fill(offset);
    }

    fn pass_if_returned(&mut self, at: usize) -> bool {
        let is_returned = self.slots[at].step == Step::Returned;
        if is_returned && let Some(slot) = self.slots.get_mut(at) {
            slot.step = Step::Passed;
            self.returned -= 1;
        }
        is_returned
    }

    /// Whether a living consumer has the message at an offset.
    pub(super) fn is_held(&self, offset: u64) -> bool {
        let at = offset.checked_sub(self.open);
        let slot = at.and_then(|at| self.slots.get(at as usize));
        slot.is_some_and(|s| s.step == Step::Handed)
    }
}
