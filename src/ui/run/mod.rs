//! The loops of the screens: keys, the run, drawing. Thirty frames a second, none when nothing changes; the run
//! moves in slices short enough that a key never waits for it. With [`super::term`] the only place that knows the wall clock.

mod choosing;
mod frames;
mod input;
mod mapping;
mod show;

use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::settings::Settings;
use super::style::Look;

pub use choosing::{Renew, pick};
pub use mapping::map_of;
pub use show::dashboard;

/// So many keys between two moves of the run: a flood of input must not keep it from moving.
const KEYS_MAX: usize = 64;
/// How often files are looked at, where there are any.
const LOOK: Duration = Duration::from_millis(250);

/// Why a screen was left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leave {
    /// The person wants to end.
    Quit,
    /// The person wants the screen before.
    Back,
    /// This signal told the program to end.
    Killed(i32),
}

/// How a screen starts, and what it leaves to the next.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Options {
    /// How it looks.
    pub look: Look,
    /// The settings in force. Their theme is that of `look`, unless the environment wants another.
    pub settings: Settings,
    /// Where settings are kept.
    pub folder: Option<PathBuf>,
    /// What is wrong with what was read there, in lines.
    pub troubles: Vec<String>,
    /// Whether there is a screen to go back to.
    pub has_parent: bool,
}

impl Options {
    /// Notes a look that was chosen on the screen.
    fn looks(&mut self, look: Look) {
        if look != self.look {
            self.settings.theme = look.theme;
            self.look = look;
        }
    }
}

/// A seed that nobody chose; short, because people read seeds to one another.
fn by_chance() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let ns = now.map_or(0, |d| d.as_nanos() as u64);
    ((ns / 1000) ^ u64::from(std::process::id())) % 1_000_000
}
