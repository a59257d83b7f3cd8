//! Signals to end: work that nobody sees on a screen stops between two of its portions and tells what is there.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use super::EXIT_MISTAKE;
use super::out::say;

/// Signals to end.
pub struct Ends(Arc<AtomicUsize>);

impl Ends {
    /// The first is taken note of; another ends the program at once. `None` if that cannot be; why not has been said.
    pub fn hear() -> Option<Self> {
        Self::register()
            .inspect_err(|error| say(format_args!("error: signals cannot be heard: {error}")))
            .ok()
    }

    fn register() -> io::Result<Self> {
        let (first, again) = (
            Arc::new(AtomicUsize::new(0)),
            Arc::new(AtomicBool::new(false)),
        );
        for signal in [SIGINT, SIGTERM] {
            flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(&again))?;
            flag::register(signal, Arc::clone(&again))?;
            flag::register_usize(signal, Arc::clone(&first), signal as usize)?;
        }
        Ok(Self(first))
    }

    /// The one that came, if one came.
    pub fn came(&self) -> Option<usize> {
        Some(self.0.load(Ordering::Relaxed)).filter(|&signal| signal != 0)
    }
}

/// The exit code of a program that a signal ended, as shells have it.
pub fn exit_code(signal: usize) -> u8 {
    u8::try_from(128 + signal).unwrap_or(EXIT_MISTAKE)
}
