//! Stock that is sold: what a database believes to have of each item, beside what really went out. They differ where a release is
//! handled twice: then the database has more than there is, and sells it.

use serde::{Deserialize, Serialize};

use crate::sim::Task;
use crate::sim::complaint::{Complaint, Path};

/// More items than this are a slip.
const ITEMS_MAX: u32 = 10_000_000;

/// What a shop has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StockSettings {
    /// How many different items. A request is about the item that its key says, modulo this.
    pub items: u32,
    /// How many units of each there are.
    pub each: u32,
}

impl StockSettings {
    /// Looks for mistakes; `at` is where these settings stand.
    pub fn check(&self, at: &Path, out: &mut Vec<Complaint>) {
        if self.items == 0 || self.items > ITEMS_MAX {
            let why = format!("items must be from 1 to {ITEMS_MAX}, not {}", self.items);
            out.push(Complaint::error(at.field("items"), why));
        }
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct Item {
    /// Units that can be reserved, as the database has it.
    free: u32,
    /// Units that are reserved and were not given back by who has them.
    out: u32,
}

/// The stock.
#[derive(Clone, Debug)]
pub(super) struct Stock {
    each: u32,
    items: Vec<Item>,
    /// How many units each task has: by flow, by number.
    held: Vec<Vec<u8>>,
    pub reserved: u64,
    pub released: u64,
    /// Reservations of what there was none of.
    pub oversold: u64,
}

/// How many units of an item are out, of how many there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Taken {
    pub out: u32,
    pub of: u32,
}

impl Stock {
    pub fn new(settings: StockSettings) -> Self {
        let item = Item {
            free: settings.each,
            out: 0,
        };
        Self {
            each: settings.each,
            items: vec![item; settings.items.max(1) as usize],
            held: Vec::new(),
            reserved: 0,
            released: 0,
            oversold: 0,
        }
    }

    /// Which item a key is about.
    pub fn item(&self, key: u32) -> u32 {
        key % self.items.len() as u32
    }

    fn held(&mut self, task: Task) -> &mut u8 {
        let (flow, number) = (task.flow.index(), task.number as usize);
        if self.held.len() <= flow {
            self.held.resize(flow + 1, Vec::new());
        }
        let of = &mut self.held[flow];
        if of.len() <= number {
            of.resize(number + 1, 0);
        }
        &mut of[number]
    }

    /// Takes a unit for a task, if the database has one.
    pub fn reserve(&mut self, task: Task, key: u32) -> Option<Taken> {
        let item = self.item(key) as usize;
        let of = &mut self.items[item];
        of.free = of.free.checked_sub(1)?;
        of.out += 1;
        let taken = Taken {
            out: of.out,
            of: self.each,
        };
        self.reserved += 1;
        self.oversold += u64::from(taken.out > taken.of);
        let held = self.held(task);
        *held = held.saturating_add(1);
        Some(taken)
    }

    /// Adds a unit to what the database has. Nobody looks whether the task has one: that is up to who calls.
    pub fn release(&mut self, task: Task, key: u32) -> Taken {
        let item = self.item(key) as usize;
        let held = self.held(task);
        let had = *held > 0;
        *held = held.saturating_sub(1);
        let of = &mut self.items[item];
        of.free = of.free.saturating_add(1);
        of.out = of.out.saturating_sub(u32::from(had));
        self.released += 1;
        Taken {
            out: of.out,
            of: self.each,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::FlowId;

    fn task(number: u32) -> Task {
        Task {
            flow: FlowId(1),
            number,
        }
    }

    fn stock() -> Stock {
        Stock::new(StockSettings { items: 3, each: 2 })
    }

    #[test]
    fn what_is_sold_out_can_not_be_reserved_until_it_is_given_back() {
        let mut stock = stock();
        // Keys 1 and 4 are the same item, 2 is another.
        assert_eq!(stock.reserve(task(0), 1), Some(Taken { out: 1, of: 2 }));
        assert_eq!(stock.reserve(task(1), 4), Some(Taken { out: 2, of: 2 }));
        assert_eq!(stock.reserve(task(2), 1), None);
        assert_eq!(stock.reserve(task(2), 2), Some(Taken { out: 1, of: 2 }));
        assert_eq!(stock.release(task(0), 1), Taken { out: 1, of: 2 });
        assert_eq!(stock.reserve(task(3), 1), Some(Taken { out: 2, of: 2 }));
        assert_eq!(stock.oversold, 0);
    }

    #[test]
    fn a_release_that_is_handled_twice_makes_stock_that_does_not_exist() {
        let mut stock = stock();
        for number in 0..2 {
            assert!(stock.reserve(task(number), 0).is_some());
        }
        stock.release(task(0), 0);
        stock.release(task(0), 0);
        assert_eq!(stock.reserve(task(2), 0), Some(Taken { out: 2, of: 2 }));
        assert_eq!(stock.oversold, 0, "the unit of the first one is there");
        assert_eq!(stock.reserve(task(3), 0), Some(Taken { out: 3, of: 2 }));
        assert_eq!(stock.oversold, 1, "and there is no other");
        assert_eq!(stock.reserve(task(4), 0), None);
    }
}
