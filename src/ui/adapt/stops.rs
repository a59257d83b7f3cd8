//! Where a run on the screen shall stop. It stops when it goes on, not on the way back to a moment that it has seen: nor on
//! the way to that from the checkpoint before it.

use std::sync::Arc;

use crate::hunt::breaks::{Breaks, Hit, parse};
use crate::hunt::{Loaded, Session};
use crate::ui::engine::{Breaking, Until};
use crate::ui::view::BreakRow;

/// The breakpoints of a run on the screen, for all its branches.
#[derive(Default)]
pub(super) struct Stops {
    pub(super) breaks: Breaks,
    /// On the way back to here nothing stops it.
    floor: Option<Until>,
    /// What it stopped at last.
    said: Option<String>,
    /// The scenario in which the breakpoints mean what they do.
    of: Option<Arc<Loaded>>,
}

impl Stops {
    /// The run is to go to a place from where it stands, a moment (ns) and an event. Whether it may leap: what lies between
    /// is not seen then.
    pub(super) fn goes(&mut self, to: Until, now_ns: u64, event: u64) -> bool {
        let behind = match to {
            Until::Time(ns) => ns < now_ns,
            Until::Event(number) => number <= event,
            Until::NextMark => false,
        };
        if behind {
            self.floor = Some(to);
        }
        behind || !self.breaks.any_on()
    }

    /// Nothing is on its way back any more.
    pub(super) fn arrived(&mut self) {
        self.floor = None;
    }

    /// Whether something can stop a run where it stands; otherwise after how many events at most this is to be asked again.
    pub(super) fn watches(&mut self, session: &Session) -> Result<(), u64> {
        if !self.breaks.any_on() {
            return Err(u64::MAX);
        }
        let (now_ns, event) = (session.sim().now(), session.sim().events());
        let of = self.of.get_or_insert_with(|| Arc::clone(session.loaded()));
        if !Arc::ptr_eq(of, session.loaded()) {
            self.of = Some(Arc::clone(session.loaded()));
            self.breaks.resolve(session);
        }
        match self.floor {
            Some(Until::Event(number)) if event < number => return Err(number - event),
            Some(Until::Time(ns)) if now_ns < ns => return Err(u64::MAX),
            _ => self.floor = None,
        }
        Ok(())
    }

    /// The run stopped at these, at a moment (ns) and after an event.
    pub(super) fn stopped(&mut self, hits: &[Hit], now_ns: u64, event: u64) {
        self.breaks.count(hits, now_ns, event);
        let Some(first) = hits.first() else {
            return;
        };
        let text = self.breaks.list().get(first.at).map(|b| b.text.as_str());
        let more = match hits.len() - 1 {
            0 => String::new(),
            n => format!(" (+{n} more)"),
        };
        let text = text.unwrap_or_default();
        self.said = Some(format!("stopped at {text}: {}{more}", first.what));
    }

    /// What it stopped at last.
    pub(super) fn said(&self) -> Option<&str> {
        self.said.as_deref()
    }

    /// Does what a person wants done with breakpoints. Gives what is to be said of it, or why it cannot be.
    pub(super) fn obey(
        &mut self,
        session: &Session,
        breaking: &Breaking,
    ) -> Result<String, Vec<String>> {
        let none = || vec!["there is no such breakpoint".to_owned()];
        match breaking {
            Breaking::Add(text) => {
                let at = parse(text, session)?;
                self.of.get_or_insert_with(|| Arc::clone(session.loaded()));
                self.breaks.add(text, at);
                Ok(format!("the run stops at {}", text.trim()))
            }
            Breaking::Turn(at) => {
                let of = self.breaks.turn(*at).ok_or_else(none)?;
                let how = if of.on { "on" } else { "off" };
                Ok(format!("{}: {how}", of.text))
            }
            Breaking::Remove(at) => {
                let of = self.breaks.remove(*at).ok_or_else(none)?;
                Ok(format!("the run no longer stops at {}", of.text))
            }
        }
    }

    /// They for the screen.
    pub(super) fn rows(&self) -> Vec<BreakRow> {
        let row = |b: &crate::hunt::breaks::Breakpoint| BreakRow {
            text: b.text.clone(),
            on: b.on,
            hits: b.hits,
            last: b.last,
        };
        self.breaks.list().iter().map(row).collect()
    }
}
