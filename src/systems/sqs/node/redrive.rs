//! Moving dead letters back to the queues they came from (`StartMessageMoveTask`).

use crate::sim::Token;

use super::super::Ctx;
use super::super::notes;
use super::{Node, REDRIVE};

impl Node {
    /// Sets the timers of those that are not over.
    pub(super) fn start_redrives(&mut self, ctx: &mut Ctx<'_>) {
        for (at, line) in (0u32..).zip(&self.lines) {
            if let Some(redrive) = line.redrive.as_ref().filter(|r| !r.over) {
                let wait = redrive.at_ns.saturating_sub(ctx.now());
                ctx.timer(wait, Token::with(REDRIVE, at));
            }
        }
    }

    /// Moves one message. A message that is moved back is a new one: its age begins anew (guide, "Configuring a dead-letter
    /// queue redrive"). When there is none left, the task is over.
    pub(super) fn redrive(&mut self, at: usize, ctx: &mut Ctx<'_>) {
        let line = &mut self.lines[at];
        let visible = line.queue.visible() as u64;
        let Some(redrive) = &mut line.redrive else {
            return;
        };
        if !std::mem::replace(&mut redrive.begun, true) {
            line.note(notes::REDRIVE, visible, ctx);
        }
        let line = &mut self.lines[at];
        let Some(redrive) = &mut line.redrive else {
            return;
        };
        let moved = line.queue.take_away(1).pop();
        let Some(moved) = moved else {
            redrive.over = true;
            return;
        };
        ctx.timer(redrive.gap_ns, Token::with(REDRIVE, at as u32));
        let source = redrive.sources.iter().find(|s| Some(s.0) == moved.source);
        let source = source.or(redrive.sources.first()).copied();
        line.moved_out(&moved, ctx);
        if let Some((_, to, lane)) = source {
            let sent_at = ctx.clock();
            self.lines[to].moved_in(lane, &moved.entry, (sent_at, None), ctx);
            self.serve(to, ctx);
        }
    }
}
