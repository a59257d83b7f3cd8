//! A history is a `VecDeque`, and so is each of its clones, whatever happens to the others.

use std::collections::VecDeque;

use proptest::prelude::*;

use super::{BLOCK, History};

/// Small chunks, so that few steps reach every border; blocks are as they are.
type Small = History<u32, 3>;

#[derive(Clone, Debug)]
enum Edit {
    Push(usize),
    PopFront(usize),
    PopBack(usize),
    Truncate(f64),
    Set(f64, u32),
    RetainOdd,
    Clear,
    /// Work goes on with a clone; the one before is kept.
    Clone,
    /// Work goes on with an earlier one.
    Back(usize),
}

fn edit() -> impl Strategy<Value = Edit> {
    let part = 0.0..1.0_f64;
    prop_oneof![
        8 => (1..40_usize).prop_map(Edit::Push),
        2 => (100..600_usize).prop_map(Edit::Push),
        5 => (1..30_usize).prop_map(Edit::PopFront),
        1 => (100..500_usize).prop_map(Edit::PopFront),
        4 => (1..30_usize).prop_map(Edit::PopBack),
        1 => (0.5..1.1_f64).prop_map(Edit::Truncate),
        6 => (part, any::<u32>()).prop_map(|(at, value)| Edit::Set(at, value)),
        1 => Just(Edit::RetainOdd),
        1 => Just(Edit::Clear),
        4 => Just(Edit::Clone),
        3 => (0..8_usize).prop_map(Edit::Back),
    ]
}

fn apply(edit: &Edit, history: &mut Small, oracle: &mut VecDeque<u32>, next: &mut u32) {
    let place = |part: f64| (part * oracle.len() as f64) as usize;
    match *edit {
        Edit::Push(count) => {
            for _ in 0..count {
                *next += 1;
                history.push_back(*next);
                oracle.push_back(*next);
            }
        }
        Edit::PopFront(count) => {
            for _ in 0..count {
                assert_eq!(history.pop_front(), oracle.pop_front());
            }
        }
        Edit::PopBack(count) => {
            for _ in 0..count {
                assert_eq!(history.pop_back(), oracle.pop_back());
            }
        }
        Edit::Truncate(part) => {
            let len = place(part);
            history.truncate(len);
            oracle.truncate(len);
        }
        Edit::Set(part, value) => {
            let at = place(part);
            match (history.get_mut(at), oracle.get_mut(at)) {
                (Some(one), Some(other)) => (*one, *other) = (value, value),
                (one, other) => assert_eq!(one, other),
            }
        }
        Edit::RetainOdd => {
            history.retain(|v| v % 2 == 1);
            oracle.retain(|v| v % 2 == 1);
        }
        Edit::Clear => {
            history.clear();
            oracle.clear();
        }
        Edit::Clone | Edit::Back(_) => {}
    }
}

fn same(history: &Small, oracle: &VecDeque<u32>) -> Result<(), TestCaseError> {
    prop_assert_eq!(history.len(), oracle.len());
    prop_assert_eq!(history.is_empty(), oracle.is_empty());
    prop_assert_eq!(history.iter().len(), oracle.len());
    prop_assert!(history.iter().eq(oracle.iter()));
    prop_assert_eq!(history.front(), oracle.front());
    prop_assert_eq!(history.back(), oracle.back());
    for at in [0, 1, oracle.len() / 2, oracle.len().saturating_sub(1)] {
        prop_assert_eq!(history.get(at), oracle.get(at));
        let behind = oracle.range(at.min(oracle.len())..);
        prop_assert!(history.range(at).eq(behind));
    }
    prop_assert_eq!(history.get(oracle.len()), None);
    Ok(())
}

proptest! {
    #[test]
    fn a_history_and_its_clones_are_deques(edits in prop::collection::vec(edit(), 1..60)) {
        let mut all = vec![(Small::default(), VecDeque::new())];
        let (mut at, mut next) = (0, 0);
        for edit in &edits {
            match edit {
                Edit::Clone => {
                    let one = all[at].clone();
                    all.push(one);
                    at = all.len() - 1;
                }
                Edit::Back(steps) => at = at.saturating_sub(*steps),
                _ => {
                    let (history, oracle) = &mut all[at];
                    apply(edit, history, oracle, &mut next);
                }
            }
            for (history, oracle) in &all {
                same(history, oracle)?;
            }
        }
    }

    #[test]
    fn a_place_is_found_as_in_a_deque(len in 0..2_000_u32, removed in 0..1_000_usize, sought in 0..2_100_u32) {
        let mut history: Small = (0..len).collect();
        let mut oracle: VecDeque<u32> = (0..len).collect();
        for _ in 0..removed {
            history.pop_front();
            oracle.pop_front();
        }
        let found = history.partition_point(|v| *v < sought);
        prop_assert_eq!(found, oracle.partition_point(|v| *v < sought));
    }
}

#[test]
fn a_clone_takes_little_whatever_the_length() {
    let small: History<u64> = (0..1_000).collect();
    let large: History<u64> = (0..1_000_000).collect();
    let bytes = |history: &History<u64>| {
        let mut clone = None;
        let used = allocation_counter::measure(|| clone = Some(history.clone()));
        assert_eq!(clone.as_ref(), Some(history));
        used.bytes_current
    };
    // The million lies in 15 625 chunks of 512 bytes under 245 references of 8.
    let more = bytes(&large) - bytes(&small);
    assert!(more <= 1_000_000 / 64 / BLOCK as i64 * 8 * 2, "{more}");
}

#[test]
fn what_is_removed_is_let_go_of() {
    let counted = std::sync::Arc::new(());
    let mut history: History<_, 4> = (0..1_000).map(|_| counted.clone()).collect();
    for left in (0..1_000).rev() {
        history.pop_front();
        let held = std::sync::Arc::strong_count(&counted) - 1;
        assert!(held <= left + 8, "{held} of {left}");
    }
}
