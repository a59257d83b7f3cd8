//! What can be open over the dashboard: full screens and popups, one file each, and its line in the table here. Its keys stand
//! in its own file too, and become part of the one table of keys ([`super::keymap`]).
//!
//! A screen is a value. It is told of an action and answers with an [`Effect`]; it draws from what it has [`Seen`]; what it
//! wants to know of the past it says as a [`Query`], and finds the answer in what it has seen as soon as there is one.

pub mod breaks;
pub mod compare;
pub mod forks;
pub mod goto;
pub mod injector;
pub mod inspector;
pub mod leaving;
pub mod lineage;
pub mod notice;
pub mod palette;
#[cfg(test)]
pub(super) mod pictures;
#[cfg(test)]
pub(super) mod pointing;

use super::engine::{Answer, Query, Until};
use super::keymap::{Action, Context};
use super::pen::Pen;
use super::spots::Spot;
use super::update::Effect;
use super::view::Frame;

/// What a screen can see.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// The run.
    pub frame: &'a Frame,
    /// What is known so far of what the screen asked.
    pub answer: Option<&'a Answer>,
    /// How much of the answer is done, from 0 to 1, while it is not all there.
    pub working: Option<f64>,
    /// Where the run is going just now.
    pub goal: Option<Until>,
    /// Columns and rows it is drawn on.
    pub size: (u16, u16),
}

impl Seen<'_> {
    /// The event that was the last to happen, or will be when the run is where it is going.
    pub fn event(&self) -> u64 {
        match self.goal {
            Some(Until::Event(event)) => event,
            _ => self.frame.header.events,
        }
    }
}

/// What is open over the dashboard.
pub trait Screen {
    /// Where its keys stand.
    fn context(&self) -> Context;

    /// Whether it asks for a text just now: then characters are text.
    fn is_typing(&self) -> bool {
        false
    }

    /// Whether the keys that move the run work in it.
    fn travels(&self) -> bool {
        true
    }

    /// Columns and rows of a popup, on a terminal of a size; a full screen has none.
    fn popup(&self, _size: (u16, u16)) -> Option<(u16, u16)> {
        None
    }

    /// Whether it closes when what it ordered is done.
    fn closes_when_done(&self) -> bool {
        false
    }

    /// What it wants to know.
    fn query(&self) -> Option<Query> {
        None
    }

    /// The name of what is selected, to be copied.
    fn copied(&self, _seen: Seen<'_>) -> Option<String> {
        None
    }

    /// What an action does. What it does not know it passes on as [`Effect::None`].
    fn update(&mut self, seen: Seen<'_>, action: Action) -> Effect;

    /// Columns and rows in which it can be seen whole, where more than a screen of it is worth keeping.
    fn whole(&self, _seen: Seen<'_>) -> Option<(u16, u16)> {
        None
    }

    /// The mouse points at a part of it, which then has the keys, or at a line, which is selected. It says itself where those
    /// are, while it is drawn.
    fn point(&mut self, _seen: Seen<'_>, _spot: Spot) {}

    /// Whether pressing twice on something it points at does what Enter does.
    fn opens(&self, spot: Spot) -> bool {
        spot.line.is_some()
    }

    /// Draws it, in a pen for all that is its own.
    fn draw(&self, seen: Seen<'_>, pen: &mut Pen<'_>);
}

macro_rules! screens {
    ($($(#[$about:meta])* $name:ident($type:ty),)*) => {
        /// What is open over the dashboard.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Open {
            $($(#[$about])* $name($type),)*
        }

        impl Open {
            fn screen(&self) -> &dyn Screen {
                match self {
                    $(Self::$name(screen) => screen,)*
                }
            }

            fn screen_mut(&mut self) -> &mut dyn Screen {
                match self {
                    $(Self::$name(screen) => screen,)*
                }
            }
        }

        $(
            impl From<$type> for Open {
                fn from(screen: $type) -> Self {
                    Self::$name(screen)
                }
            }
        )*
    };
}

screens! {
    /// Something to read: why something could not be done.
    Notice(notice::Notice),
    /// What would be lost.
    Leaving(leaving::Leaving),
    /// A moment to go to.
    Goto(goto::Goto),
    /// Where the run shall stop.
    Breaks(breaks::BreakList),
    /// The branches of the run.
    Forks(forks::Forks),
    /// Everything by its name.
    Palette(palette::Palette),
    /// What a person does to the run.
    Injector(injector::Injector),
    /// Another run beside this one.
    Compare(compare::Compare),
    /// One node closely.
    Inspector(inspector::Inspector),
    /// The life of a message, or what an event comes from and what comes of it.
    Lineage(lineage::Lineage),
}

impl Open {
    /// Where keys go, the innermost first.
    pub fn contexts(&self) -> Vec<Context> {
        let screen = self.screen();
        let mut out = vec![screen.context()];
        if screen.is_typing() {
            if out[0] != Context::Entry {
                out.push(Context::Entry);
            }
        } else if screen.travels() {
            out.push(Context::Travel);
        }
        out.push(Context::Always);
        out
    }

    /// See [`Screen::popup`].
    pub fn popup(&self, size: (u16, u16)) -> Option<(u16, u16)> {
        self.screen().popup(size)
    }

    /// See [`Screen::closes_when_done`].
    pub fn closes_when_done(&self) -> bool {
        self.screen().closes_when_done()
    }

    /// See [`Screen::query`].
    pub fn query(&self) -> Option<Query> {
        self.screen().query()
    }

    /// See [`Screen::copied`].
    pub fn copied(&self, seen: Seen<'_>) -> Option<String> {
        self.screen().copied(seen)
    }

    /// See [`Screen::update`].
    pub fn update(&mut self, seen: Seen<'_>, action: Action) -> Effect {
        self.screen_mut().update(seen, action)
    }

    /// See [`Screen::whole`].
    pub fn whole(&self, seen: Seen<'_>) -> Option<(u16, u16)> {
        self.screen().whole(seen)
    }

    /// See [`Screen::point`].
    pub fn point(&mut self, seen: Seen<'_>, spot: Spot) {
        self.screen_mut().point(seen, spot);
    }

    /// See [`Screen::opens`].
    pub fn opens(&self, spot: Spot) -> bool {
        self.screen().opens(spot)
    }

    /// See [`Screen::draw`].
    pub fn draw(&self, seen: Seen<'_>, pen: &mut Pen<'_>) {
        self.screen().draw(seen, pen);
    }
}
