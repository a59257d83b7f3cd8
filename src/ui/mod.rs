//! The terminal screens. A screen is a function of a [`model::Model`], which holds a plain picture of the run
//! ([`view::Frame`]) and what the person chose to look at. The run itself stands behind [`engine::Engine`].
//!
//! - [`update`] turns an action into a change of the model and, where the run or the terminal is concerned, an effect;
//!   it is pure. [`screen`] draws; it is pure too.
//! - Only [`term`] and [`run`] touch the terminal and the wall clock; [`pace`] and [`preview`] are told the time.
//! - Nothing here knows how a system works inside, or any system by name.
//! - No widget takes the whole state: each takes its part of the picture.

pub mod adapt;
pub mod comfort;
pub mod copy;
pub mod detail;
pub mod engine;
mod entry;
pub mod glyphs;
pub mod help;
pub mod keymap;
pub mod keys;
pub mod layout;
pub mod map;
pub mod model;
pub mod mouse;
pub mod pace;
mod panes;
pub mod pen;
pub mod picker;
pub mod preview;
pub mod run;
pub mod screen;
pub mod screens;
pub mod seek;
pub mod settings;
pub mod shot;
pub mod spots;
pub mod style;
pub mod term;
pub mod text;
pub mod update;
pub mod view;
pub mod widgets;

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod fixture_services;
#[cfg(test)]
mod snapshots;

pub use engine::{Engine, Progress, Until};
pub use preview::Choice;
pub use run::{Leave, Options, dashboard, map_of, pick};
pub use style::{GlyphSet, Look, Theme};
pub use term::Terminal;
