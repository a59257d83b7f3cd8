//! What is left to chance becomes regular: distributions of times are constants, arrivals come evenly, keys are all alike.

use serde::de::DeserializeOwned;

use super::propose::{Now, Proposal, ways};
use super::quantity::Quantity;
use crate::scenario::Tree;
use crate::scenario::document::from_source;
use crate::sim::arrivals::Arrivals;
use crate::sim::dist::Dist;
use crate::sim::keys::Keys;
use crate::sim::units::Duration;

/// Makes what is drawn simpler.
pub(super) fn pass(now: &Now) -> Vec<Proposal> {
    let simpler = |way: Vec<usize>| {
        let value = now.tree.at(&way)?;
        let all = simpler(value).into_iter();
        Some(all.map(move |simpler| Proposal::other(now, &way, simpler)))
    };
    ways(&now.tree)
        .into_iter()
        .filter_map(simpler)
        .flatten()
        .collect()
}

fn read<T: DeserializeOwned>(tree: &Tree) -> Option<T> {
    let (value, document) = from_source("", &tree.line(), &[]);
    value.filter(|_| document.is_sound())
}

/// What could stand there instead, the simplest first.
fn simpler(tree: &Tree) -> Vec<Tree> {
    if tree.parts().is_empty() {
        return Vec::new();
    }
    if let Some(dist) = read::<Dist>(tree) {
        return constants(&dist);
    }
    let arrivals = read::<Arrivals>(tree).map(|it| even(&it));
    let keys = || read::<Keys>(tree).map(|it| uniform(&it));
    arrivals.or_else(keys).unwrap_or_default()
}

/// Its mean in round figures and as it is, and the least it gives.
fn constants(dist: &Dist) -> Vec<Tree> {
    if let Dist::Constant(_) = dist {
        return Vec::new();
    }
    let (least, _) = dist.support_ns();
    let mean = dist.mean_ns();
    let mut out = Vec::new();
    if mean.is_finite() && mean >= 1.0 {
        let mean = Quantity::Time(Duration::from_ns(mean as u64));
        out.extend([mean.rounded(1), mean.rounded(2), mean]);
    }
    if least > 0 {
        out.push(Quantity::Time(Duration::from_ns(least)));
    }
    let mut trees: Vec<Tree> = out.into_iter().map(Quantity::tree).collect();
    trees.dedup();
    trees
}

fn even(arrivals: &Arrivals) -> Vec<Tree> {
    let simple = match arrivals {
        Arrivals::Poisson(rate) => vec![Arrivals::Constant(*rate)],
        Arrivals::Bursts { rate, .. } => vec![Arrivals::Constant(*rate), Arrivals::Poisson(*rate)],
        Arrivals::Ramp { to, .. } => vec![Arrivals::Constant(*to), Arrivals::Poisson(*to)],
        Arrivals::Diurnal { mean, .. } => vec![Arrivals::Constant(*mean), Arrivals::Poisson(*mean)],
        Arrivals::Constant(_) | Arrivals::ClosedLoop { .. } | Arrivals::Trace { .. } => Vec::new(),
    };
    simple.iter().filter_map(Tree::of).collect()
}

fn uniform(keys: &Keys) -> Vec<Tree> {
    let simple = match keys {
        Keys::Zipf { n, .. } | Keys::Hot { n, .. } => Some(Keys::Uniform { n: *n }),
        Keys::None | Keys::Uniform { .. } => None,
    };
    simple.iter().filter_map(Tree::of).collect()
}
