//! Cuts between groups of nodes.

use serde::{Deserialize, Serialize};

use super::super::NodeId;
use super::super::complaint::{Complaint, Path};
use super::super::net::Effect;
use super::super::process::Process;
use super::{Fault, Hold, Target, World, heal};

/// Groups of nodes that cannot reach one another. Nodes in none of them (clients, mostly) go on reaching everybody; a node
/// in several counts with the first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Split {
    /// The groups, each a list of targets.
    pub groups: Vec<Vec<Target>>,
}

/// Two halves that cannot reach one another, and nodes that reach both. Each half sees a majority of the whole with them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bridge {
    /// One half.
    pub left: Target,
    /// The other half.
    pub right: Target,
    /// Who stays connected with both, though named in one of them.
    pub bridge: Target,
}

impl Fault for Split {
    const LASTS: bool = true;

    fn targets(&self, at: &Path) -> Vec<(Path, Target)> {
        let mut targets = Vec::new();
        for (i, group) in self.groups.iter().enumerate() {
            for (j, target) in group.iter().enumerate() {
                let at = at.field("groups").index(i).index(j);
                targets.push((at, target.clone()));
            }
        }
        targets
    }

    fn check(&self, at: &Path, out: &mut Vec<Complaint>) {
        let at = at.field("groups");
        if self.groups.len() < 2 {
            out.push(Complaint::error(
                at.clone(),
                "a split needs two groups or more",
            ));
        }
        let mut seen: Vec<(&Target, Path)> = Vec::new();
        for (i, group) in self.groups.iter().enumerate() {
            if group.is_empty() {
                out.push(Complaint::error(
                    at.index(i),
                    "there is nobody in this group",
                ));
            }
            for (j, target) in group.iter().enumerate() {
                let here = at.index(i).index(j);
                if let Some((_, first)) = seen.iter().find(|(t, _)| *t == target) {
                    let complaint = Complaint::error(here, "nobody can be on two sides of a split");
                    out.push(complaint.related(first.clone(), "named here before"));
                } else {
                    seen.push((target, here));
                }
            }
        }
    }

    fn label(&self) -> String {
        let group = |g: &Vec<Target>| {
            let names: Vec<_> = g.iter().map(ToString::to_string).collect();
            names.join(", ")
        };
        let groups: Vec<_> = self.groups.iter().map(group).collect();
        format!("split {}", groups.join(" | "))
    }

    fn begin<P: Process>(&self, world: &mut World<'_, P>) -> Hold {
        let mut before: Vec<NodeId> = Vec::new();
        let mut effects = Vec::new();
        for group in &self.groups {
            let mut nodes: Vec<NodeId> = group.iter().flat_map(|t| world.resolve(t)).collect();
            nodes.sort_unstable();
            nodes.dedup();
            nodes.retain(|n| before.binary_search(n).is_err());
            effects.extend(world.impair_ways(&before, &nodes, false, &Effect::Cut));
            before.extend(nodes);
            before.sort_unstable();
        }
        Hold::links(before, effects)
    }

    fn heals_as(&self) -> Option<heal::What> {
        Some(heal::What::Cuts)
    }
}

impl Fault for Bridge {
    const LASTS: bool = true;

    fn targets(&self, at: &Path) -> Vec<(Path, Target)> {
        vec![
            (at.field("left"), self.left.clone()),
            (at.field("right"), self.right.clone()),
            (at.field("bridge"), self.bridge.clone()),
        ]
    }

    fn check(&self, at: &Path, out: &mut Vec<Complaint>) {
        let pairs = [
            ("right", &self.right, "left", &self.left),
            ("bridge", &self.bridge, "left", &self.left),
            ("bridge", &self.bridge, "right", &self.right),
        ];
        for (field, one, other_field, other) in pairs {
            if one == other {
                let complaint = Complaint::error(
                    at.field(field),
                    format!("`{field}` is the same as `{other_field}`: nothing would be cut"),
                );
                out.push(complaint.related(at.field(other_field), "this"));
            }
        }
    }

    fn label(&self) -> String {
        format!(
            "split {} | {}, bridged by {}",
            self.left, self.right, self.bridge
        )
    }

    fn begin<P: Process>(&self, world: &mut World<'_, P>) -> Hold {
        let bridge = world.resolve(&self.bridge);
        let mut left = world.resolve(&self.left);
        let mut right = world.resolve(&self.right);
        left.retain(|n| !bridge.contains(n));
        right.retain(|n| !bridge.contains(n) && !left.contains(n));
        let effects = world.impair_ways(&left, &right, false, &Effect::Cut);
        Hold::links([left, right, bridge].concat(), effects)
    }

    fn heals_as(&self) -> Option<heal::What> {
        Some(heal::What::Cuts)
    }
}
