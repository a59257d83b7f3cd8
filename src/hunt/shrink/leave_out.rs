//! What need not be there is left out: entries of lists and fields, the outer before the inner. A field that is left out is as by
//! default, and what speaks of an entry that is gone goes with it.

use super::propose::{Now, Proposal, faults, is_loose, ways};

/// A list of so many entries is halved first.
const HALVED_MIN: usize = 4;

/// Leaves out entries and fields.
pub(super) fn pass(now: &Now) -> Vec<Proposal> {
    let faults = faults(&now.tree);
    let mut places = ways(&now.tree);
    // Where something must come true again some faults stay; the pass over faults knows which.
    places.retain(|way| !faults.contains(way) && !faults.iter().any(|fault| fault[..1] == way[..]));
    places.sort_by_key(Vec::len);
    let proposals = places.iter().flat_map(|way| {
        let loose = is_loose(&now.tree, way);
        let alone = loose.then(|| Proposal::without(now, way));
        alone.into_iter().chain(halves(now, way))
    });
    proposals.collect()
}

fn halves(now: &Now, way: &[usize]) -> Vec<Proposal> {
    let Some(list) = now.tree.at(way).filter(|list| list.is_list()) else {
        return Vec::new();
    };
    let count = list.parts().len();
    if count < HALVED_MIN {
        return Vec::new();
    }
    let without = |from: usize, to: usize| {
        let gone = (from..to).rev().map(|n| [way, &[n]].concat());
        Proposal::whole(gone.fold(now.tree.clone(), |tree, way| tree.without(&way)))
    };
    vec![without(0, count / 2), without(count / 2, count)]
}
