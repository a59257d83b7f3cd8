//! The wheel against a heap with the same rules, and what only the wheel can get wrong.

use super::heap::{HeapQueue, HeapTicket};
use super::{EventQueue, SWEEP_MIN, Ticket};
use crate::sim::stream::Stream;

const MS: u64 = 1_000_000;

/// How far ahead of the last popped event something is scheduled.
type Ahead = fn(&mut Stream) -> u64;

/// The same queue twice.
struct Pair {
    wheel: EventQueue<u64>,
    heap: HeapQueue<u64>,
    tickets: Vec<(Ticket, HeapTicket)>,
    now: u64,
    number: u64,
}

impl Pair {
    fn new(tick_ns: u64) -> Self {
        Self {
            wheel: EventQueue::with_tick(tick_ns),
            heap: HeapQueue::default(),
            tickets: Vec::new(),
            now: 0,
            number: 0,
        }
    }

    fn schedule(&mut self, time: u64) {
        self.number += 1;
        let tickets = (
            self.wheel.schedule(time, self.number),
            self.heap.schedule(time, self.number),
        );
        if self.tickets.len() < 5_000 {
            self.tickets.push(tickets);
        } else {
            let at = self.number as usize * 7919 % self.tickets.len();
            self.tickets[at] = tickets;
        }
    }

    fn cancel(&mut self, choice: u64) {
        if self.tickets.is_empty() {
            return;
        }
        let at = choice as usize % self.tickets.len();
        let (wheel, heap) = self.tickets.swap_remove(at);
        let expected = self.heap.cancel(heap);
        assert_eq!(self.wheel.cancel(wheel), expected);
        assert_eq!(self.wheel.cancel(wheel), None);
    }

    fn pop_until(&mut self, until: u64) -> bool {
        let expected = self.heap.pop_until(until);
        assert_eq!(self.wheel.pop_until(until), expected);
        if let Some((time, _)) = expected {
            self.now = time;
        }
        expected.is_some()
    }

    fn step(&mut self, ahead: Ahead, grow: u64, stream: &mut Stream) {
        match stream.below(100) {
            what if what < grow => self.schedule(self.now.saturating_add(ahead(stream))),
            0..70 => {
                self.pop_until(u64::MAX);
            }
            70..80 => {
                let until = self.now.saturating_add(ahead(stream) / 8);
                while self.pop_until(until) {}
            }
            80..95 => self.cancel(stream.below(1 << 40)),
            _ => assert_eq!(self.wheel.next_time(), self.heap.next_time()),
        }
        assert_eq!(self.wheel.len(), self.heap.len());
    }

    fn drain(&mut self) {
        while self.pop_until(u64::MAX) {}
        assert!(self.wheel.is_empty());
        assert_eq!(self.wheel.next_time(), None);
    }
}

const DENSE: Ahead = |s| s.below(4);
const MICROSECONDS: Ahead = |s| 200_000 + s.below(600_000);
const WITH_TIMEOUTS: Ahead = |s| match s.below(3) {
    0 => 30_000 * MS,
    1 => 0,
    _ => 20_000 + s.below(5 * MS),
};
/// From one nanosecond to the end of time, each order of magnitude as often.
const ANY: Ahead = |s| s.below(u64::MAX) >> s.below(64);
const END: Ahead = |s| u64::MAX - s.below(3);

/// Six million random operations, in phases that let the queue grow and shrink, with checkpoints in between.
#[test]
fn agrees_with_a_heap() {
    let profiles = [DENSE, MICROSECONDS, WITH_TIMEOUTS, ANY, END];
    let ticks = [1, 1 << 7, 1 << 13, 1 << 24, 1 << 63];
    let mut stream = Stream::named(3, "test", "queue");
    let mut operations = 0;
    for ahead in profiles {
        for tick_ns in ticks {
            let mut pair = Pair::new(tick_ns);
            for phase in 0..120 {
                let grow = [50, 70, 20, 90, 40, 10][phase % 6];
                for _ in 0..2_000 {
                    pair.step(ahead, grow, &mut stream);
                }
                operations += 2_000;
                pair.wheel = pair.wheel.clone();
                // Whole profiles at the end of time would leave it only once.
                if pair.now > u64::MAX / 2 {
                    pair.drain();
                    pair = Pair::new(tick_ns);
                }
            }
            pair.drain();
        }
    }
    assert!(operations >= 6_000_000);
}

/// Nobody should schedule before what was popped last; it must be right all the same.
#[test]
fn agrees_with_a_heap_when_time_goes_back() {
    let mut stream = Stream::named(4, "test", "queue");
    for tick_ns in [1, 1 << 10, 1 << 20] {
        let mut pair = Pair::new(tick_ns);
        for _ in 0..50_000 {
            pair.now -= stream.below(pair.now / 4 + 1);
            pair.step(MICROSECONDS, 48, &mut stream);
        }
        pair.drain();
    }
}

#[test]
fn same_time_leaves_in_schedule_order() {
    let mut queue = EventQueue::default();
    for (time, name) in [(5, 'a'), (3, 'b'), (5, 'c'), (3, 'd')] {
        queue.schedule(time, name);
    }
    let order: Vec<_> = std::iter::from_fn(|| queue.pop()).collect();
    assert_eq!(order, [(3, 'b'), (3, 'd'), (5, 'a'), (5, 'c')]);
}

/// One that was scheduled long before goes down the levels, the other straight to the lowest.
#[test]
fn same_time_leaves_in_schedule_order_across_levels() {
    let mut queue = EventQueue::with_tick(1);
    let late = 5 * 65_536 + 77;
    queue.schedule(late, "first");
    queue.schedule(late - 1, "before");
    assert_eq!(queue.pop(), Some((late - 1, "before")));
    queue.schedule(late, "second");
    assert_eq!(queue.pop(), Some((late, "first")));
    assert_eq!(queue.pop(), Some((late, "second")));
}

/// A pop that finds nothing must not make the wheel pass what is scheduled afterwards.
#[test]
fn a_fruitless_pop_leaves_room_for_what_comes_before_the_next() {
    for tick_ns in [1, 1 << 13, 1 << 20] {
        let mut queue = EventQueue::with_tick(tick_ns);
        queue.schedule(30_000 * MS, "timeout");
        assert_eq!(queue.pop_until(10_000 * MS), None);
        queue.schedule(10_001 * MS, "later");
        queue.schedule(9_000 * MS, "earlier");
        assert_eq!(queue.next_time(), Some(9_000 * MS));
        assert_eq!(queue.pop_until(20_000 * MS), Some((9_000 * MS, "earlier")));
        assert_eq!(queue.pop_until(20_000 * MS), Some((10_001 * MS, "later")));
        assert_eq!(queue.pop_until(20_000 * MS), None);
        assert_eq!(queue.pop(), Some((30_000 * MS, "timeout")));
    }
}

/// A million timeouts that are cancelled soon leave no more behind than those that wait, and a sweep's worth.
#[test]
fn cancelled_timeouts_do_not_pile_up() {
    const OUTSTANDING: u64 = 100;
    let mut queue = EventQueue::default();
    let mut timeouts = std::collections::VecDeque::new();
    for number in 0..1_000_000_u64 {
        timeouts.push_back(queue.schedule(number * 1_000 + 30_000 * MS, number));
        if timeouts.len() as u64 > OUTSTANDING {
            let ticket = timeouts.pop_front().expect("it has some");
            assert!(queue.cancel(ticket).is_some());
        }
        assert!(
            number % 1_000 != 0
                || queue.wheel.held(&queue.slab) <= 2 * OUTSTANDING as usize + SWEEP_MIN
        );
    }
    assert_eq!(queue.len() as u64, OUTSTANDING);
    let left: Vec<u64> = std::iter::from_fn(|| queue.pop()).map(|e| e.1).collect();
    assert!(left.into_iter().eq(1_000_000 - OUTSTANDING..1_000_000));
}

/// A few that wait among thousands that were cancelled are still there when those are swept out.
#[test]
fn the_last_few_survive_a_sweep() {
    let mut queue = EventQueue::default();
    let tickets: Vec<_> = (0..4_000_u64)
        .map(|number| queue.schedule(number * 1_000 + MS, number))
        .collect();
    let stays = |number: usize| number % 1_000 == 7;
    for (number, ticket) in tickets.into_iter().enumerate() {
        assert!(stays(number) || queue.cancel(ticket) == Some(number as u64));
    }
    let left: Vec<u64> = std::iter::from_fn(|| queue.pop()).map(|e| e.1).collect();
    assert_eq!(left, [7, 1_007, 2_007, 3_007]);
}

/// Many at one moment, each of which schedules another at that moment: the order is theirs, and the time is linear.
#[test]
fn a_crowd_at_one_moment_keeps_its_order() {
    let mut queue = EventQueue::default();
    for number in 0..100_000_u64 {
        queue.schedule(7, number);
    }
    for number in 0..300_000_u64 {
        assert_eq!(queue.pop(), Some((7, number)));
        queue.schedule(7, number + 100_000);
    }
    assert_eq!(queue.len(), 100_000);
}

/// Few wait without the wheel, however far ahead. When they become many, those far ahead must not keep the others out of it:
/// each would be sorted in among all before it.
#[test]
fn far_timeouts_among_few_leave_the_wheel_to_the_many() {
    let mut queue = EventQueue::default();
    for number in 0..4_u64 {
        queue.schedule(30_000 * MS + number, number);
    }
    assert_eq!(queue.wheel.held(&queue.slab), 0);
    for number in 4..1_000_u64 {
        queue.schedule(number * MS, number);
    }
    assert_eq!(queue.wheel.held(&queue.slab), 999);
    let order: Vec<u64> = std::iter::from_fn(|| queue.pop()).map(|e| e.1).collect();
    assert!(order.into_iter().eq((4..1_000).chain(0..4)));
}
