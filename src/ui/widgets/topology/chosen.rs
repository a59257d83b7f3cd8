//! The link that is selected, drawn heavily over the others, so that it is told apart without colour too.

use crate::ui::glyphs;
use crate::ui::pen::Pen;
use crate::ui::style::Role;

use super::plan::Plan;
use super::wires::{self, At, Wire};
use super::{Scene, end_of};

/// Draws it over the lines; gives the signs at its ends that tell where it leads to, each with its place. A link from or to a node of a closed group is
/// that of the group; one inside a group has no wire.
pub(super) fn draw(
    pen: &mut Pen<'_>,
    scene: Scene<'_>,
    plan: &Plan,
    wires: &[Wire],
) -> Vec<(At, char)> {
    let Some((from, to)) = cards_of(scene, plan) else {
        return Vec::new();
    };
    if let Some((path, runs_back)) = path_of(plan, wires, (from, to), pen.width()) {
        for (at, sign) in wires::heavy(&path) {
            pen.sign(at.0, at.1, sign, Role::Focus);
        }
        // The point of the wire itself is at its end, also where the selected direction is the other one.
        let signs = if runs_back {
            [glyphs::LEFT, glyphs::SPAN]
        } else {
            [glyphs::SPAN, glyphs::RIGHT]
        };
        let ends = path.first().into_iter().chain(path.last());
        let ends = ends.copied().zip(signs);
        return ends.skip(usize::from(!runs_back)).collect();
    }
    // There is no room for its wire: its ends say where it is.
    let (from, to) = (&plan.placed[from], &plan.placed[to]);
    let out = end_of(from, plan.mode).min(pen.width().saturating_sub(1));
    pen.sign(out, from.row(), glyphs::SPAN, Role::Focus);
    vec![((to.x.saturating_sub(1), to.row()), glyphs::RIGHT)]
}

/// The cards at its ends, from the sender, if it leads from one to another.
fn cards_of(scene: Scene<'_>, plan: &Plan) -> Option<(usize, usize)> {
    let (from, to) = scene.link?;
    let card = |node: usize| {
        let mut cards = plan.placed.iter();
        cards.position(|placed| placed.card.members.contains(&node))
    };
    let (from, to) = (card(from)?, card(to)?);
    (from != to).then_some((from, to))
}

/// The cells of its wire, and whether it runs against them.
fn path_of(
    plan: &Plan,
    wires: &[Wire],
    (from, to): (usize, usize),
    width: u16,
) -> Option<(Vec<At>, bool)> {
    if plan.placed[from].layer == plan.placed[to].layer {
        return Some((super::along_bus(plan, (from, to), width), false));
    }
    let wire = |ends| wires.iter().find(|w| w.ends == Some(ends));
    let forward = wire((from, to)).map(|w| (w.path.clone(), false));
    forward.or_else(|| wire((to, from)).map(|w| (w.path.clone(), true)))
}
