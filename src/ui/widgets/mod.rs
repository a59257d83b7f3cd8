//! The parts of the dashboard. Each takes the part of the picture it draws, and a pen for its rectangle.

pub mod checks;
pub mod events;
pub mod footer;
pub mod header;
pub mod heatmap;
pub mod histogram;
pub mod list;
pub mod preview;
pub mod queues;
pub mod spark;
pub mod timeline;
pub mod topology;

use super::glyphs;
use super::style::Role;
use super::view::MarkKind;

/// The sign of a kind of mark.
pub fn mark_sign(kind: MarkKind) -> char {
    match kind {
        MarkKind::Note => glyphs::NOTE,
        MarkKind::Heal => glyphs::HEAL,
        MarkKind::Leader => glyphs::LEADER,
        MarkKind::Alert => glyphs::ALERT,
        MarkKind::Cut => glyphs::CUT,
        MarkKind::Fault | MarkKind::Finding => glyphs::BAD,
    }
}

/// The style of a kind of mark.
pub fn mark_role(kind: MarkKind) -> Role {
    match kind {
        MarkKind::Note => Role::Dim,
        MarkKind::Heal => Role::Good,
        MarkKind::Leader => Role::Leader,
        MarkKind::Alert | MarkKind::Cut => Role::Warn,
        MarkKind::Fault | MarkKind::Finding => Role::Bad,
    }
}
