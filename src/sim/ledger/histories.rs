//! Random histories against the naive account: anything may happen to messages that records can tell.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;

use super::oracle::Oracle;
use super::script::*;
use super::world::{Act, World};
use super::{Change, Ledger, State, What};
use crate::sim::{Fact, LaneId, Names, Observer};

fn act() -> impl Strategy<Value = Act> {
    let lane = 0..2_u32;
    let broker = 0..3_u8;
    let group = 0..2_u32;
    let consumer = 0..2_u8;
    prop_oneof![
        6 => (lane.clone(), 1..4_u32).prop_map(|(lane, count)| Act::Produce { lane, count }),
        8 => (prop_oneof![4 => Just(9_u8), 1 => broker.clone()], lane.clone(), 1..4_u32).prop_map(|(broker, lane, count)| Act::Append { broker, lane, count }),
        2 => (lane.clone(), 0..40_u32, 1..3_u32).prop_map(|(lane, pick, count)| Act::AppendAgain { lane, pick, count }),
        8 => (broker.clone(), 1..6_u64).prop_map(|(broker, count)| Act::Replicate { broker, count }),
        2 => (lane.clone(), 0..40_u32, 1..4_u32).prop_map(|(lane, pick, count)| Act::Ack { lane, pick, count }),
        6 => (lane.clone(), 1..6_u32).prop_map(|(lane, count)| Act::AckNext { lane, count }),
        1 => (lane, 0..40_u32, any::<bool>()).prop_map(|(lane, pick, unsent)| Act::Refuse { lane, pick, unsent }),
        5 => (0..3_u64).prop_map(|behind| Act::Show { behind }),
        8 => (group.clone(), consumer.clone(), 1..6_u64, prop_oneof![6 => Just(0_i8), 1 => -3..4_i8]).prop_map(|(group, consumer, count, jump)| Act::Hand { group, consumer, count, jump }),
        10 => (group.clone(), prop_oneof![4 => Just(0_u8), 1 => any::<u8>()], prop::bool::weighted(0.1)).prop_map(|(group, pick, failed)| Act::Process { group, pick, failed }),
        3 => (group.clone(), -3..3_i8).prop_map(|(group, ahead)| Act::Commit { group, ahead }),
        1 => (group.clone(), 0..30_u64).prop_map(|(group, to)| Act::Reset { group, to }),
        2 => (group, consumer, any::<bool>()).prop_map(|(group, consumer, dies)| Act::GiveBack { group, consumer, dies }),
        2 => broker.clone().prop_map(|broker| Act::Elect { broker }),
        2 => (broker.clone(), 1..4_usize).prop_map(|(broker, count)| Act::Expire { broker, count }),
        1 => (broker, 1..4_usize, any::<bool>()).prop_map(|(broker, count, synced)| Act::Cut { broker, count, synced }),
    ]
}

/// The verdict on each message from the changes alone, as checks and metrics see them.
fn follow(verdicts: &mut BTreeMap<(LaneId, u32), State>, fact: &Fact, changes: &[Change]) {
    if let Fact::Produced { span, .. } = fact {
        for number in span.numbers() {
            verdicts.insert((span.lane, number), State::InFlight);
        }
    }
    for change in changes {
        if let What::Became { from, to, .. } = change.what {
            for number in change.span.numbers() {
                let before = verdicts.insert((change.span.lane, number), to);
                assert_eq!(before, Some(from), "#{number}");
            }
        }
    }
}

fn world_names(groups: u32) -> Arc<Names> {
    let mut names = names(groups);
    Arc::make_mut(&mut names).add_lane(P1, QUEUE);
    names
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]
    #[test]
    fn the_ledger_says_what_a_naive_account_says(groups in 0..3_u32, acts in prop::collection::vec(act(), 1..90)) {
        let mut world = World::default();
        world.script.lead(B1, 0);
        acts.iter().for_each(|act| world.play(act));
        let records = world.script.records;
        let mut ledger = Ledger::new(world_names(groups));
        let mut verdicts = BTreeMap::new();
        for (at, record) in records.iter().enumerate() {
            ledger.record(record);
            follow(&mut verdicts, &record.fact, ledger.changes());
            let oracle = Oracle::replay(groups, &records[..=at]);
            prop_assert_eq!(&verdicts, &oracle.verdicts(), "after {}: {:?}", at, record);
            prop_assert_eq!(ledger.account(), oracle.account(), "after {}: {:?}", at, record);
        }
    }
}
