//! Takes the terminal and gives it back as it was: when the screen is left, on a panic, and for a stop by the shell.
//! With [`super::run`] the only place that touches the terminal.

use std::io::{self, BufWriter, IsTerminal, Stdout, Write};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Once};

use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::event::{DisableMouseCapture, EnableMouseCapture};
use ratatui::crossterm::terminal::{
    Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use ratatui::crossterm::{cursor, execute};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGTSTP};

use super::copy;

/// Whether the terminal is ours now. A panic may come from anywhere, so this cannot live in a value.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// The terminal, while it is ours. Dropping it gives it back.
pub struct Terminal {
    inner: ratatui::Terminal<CrosstermBackend<BufWriter<Stdout>>>,
    ends: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
    mouse: bool,
}

impl Terminal {
    /// Whether there is a terminal to draw on and to read keys from. Where there is none, print text instead.
    pub fn is_there() -> bool {
        io::stdout().is_terminal() && io::stdin().is_terminal()
    }

    /// Takes the terminal: its other screen, raw keys, no cursor. From now on a panic gives it back before it says
    /// anything, and the signals to end are taken note of instead of ending at once.
    pub fn enter() -> io::Result<Self> {
        give_back_on_panic();
        let ends = Arc::new(AtomicUsize::new(0));
        for signal in [SIGTERM, SIGHUP, SIGINT] {
            signal_hook::flag::register_usize(signal, Arc::clone(&ends), signal as usize)?;
        }
        end_in_any_case()?;
        let stop = Arc::new(AtomicBool::new(false));
        signal_hook::flag::register(SIGTSTP, Arc::clone(&stop))?;
        take()?;
        let backend = CrosstermBackend::new(BufWriter::with_capacity(1 << 16, io::stdout()));
        let inner = ratatui::Terminal::new(backend).inspect_err(|_| give_back())?;
        Ok(Self {
            inner,
            ends,
            stop,
            mouse: false,
        })
    }

    /// Draws, and sends what changed.
    pub fn draw(&mut self, screen: impl FnOnce(&mut ratatui::Frame<'_>)) -> io::Result<()> {
        self.inner.draw(screen).map(|_| ())
    }

    /// Columns and rows.
    pub fn size(&self) -> io::Result<(u16, u16)> {
        let size = self.inner.size()?;
        Ok((size.width, size.height))
    }

    /// The signal that told the program to end, if one came.
    pub fn told_to_end(&self) -> Option<i32> {
        match self.ends.load(Ordering::Relaxed) {
            0 => None,
            signal => Some(signal as i32),
        }
    }

    /// Whether the program was told to stop until it is continued, since this was asked last.
    pub fn told_to_stop(&self) -> bool {
        self.stop.swap(false, Ordering::Relaxed)
    }

    /// Wants mouse reports, or no more.
    pub fn set_mouse(&mut self, on: bool) -> io::Result<()> {
        self.mouse = on;
        if on {
            execute!(io::stdout(), EnableMouseCapture)
        } else {
            execute!(io::stdout(), DisableMouseCapture)
        }
    }

    /// Asks the terminal to take a text into the clipboard; `false` if it is too long for that.
    pub fn copy(&mut self, text: &str) -> io::Result<bool> {
        let Some(request) = copy::request(text) else {
            return Ok(false);
        };
        let mut out = io::stdout();
        out.write_all(request.as_bytes())?;
        out.flush()?;
        Ok(true)
    }

    /// Whether mouse reports are wanted.
    pub fn has_mouse(&self) -> bool {
        self.mouse
    }

    /// Gives the terminal back, stops until the shell continues the program, and takes it again.
    pub fn suspend(&mut self) -> io::Result<()> {
        give_back();
        signal_hook::low_level::emulate_default_handler(SIGTSTP)?;
        take()?;
        if self.mouse {
            self.set_mouse(true)?;
        }
        // Not `inner.clear()`: that asks the terminal where its cursor is, and fails where it does not answer. With what was
        // drawn forgotten, all is drawn anew.
        self.inner.swap_buffers();
        execute!(io::stdout(), Clear(ClearType::All))
    }
}

/// How long the program may take to end by itself after a signal told it to.
const GRACE: std::time::Duration = std::time::Duration::from_secs(2);

/// Ends the program some time after a signal told it to, whatever it is at: when a terminal is closed, crossterm's reader can
/// spin on the end of its input and never come back to the loop that would see the signal.
fn end_in_any_case() -> io::Result<()> {
    let mut signals = signal_hook::iterator::Signals::new([SIGTERM, SIGHUP, SIGINT])?;
    std::thread::spawn(move || {
        if let Some(signal) = signals.forever().next() {
            std::thread::sleep(GRACE);
            give_back();
            std::process::exit(128 + signal);
        }
    });
    Ok(())
}

impl Drop for Terminal {
    fn drop(&mut self) {
        give_back();
    }
}

fn take() -> io::Result<()> {
    TAKEN.store(true, Ordering::SeqCst);
    enable_raw_mode()
        .and_then(|()| execute!(io::stdout(), EnterAlternateScreen, cursor::Hide))
        .inspect_err(|_| give_back())
}

/// Gives the terminal back if it is ours. Errors are passed over: where the terminal is gone, nothing is left to mend.
fn give_back() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        let mut out = io::stdout();
        let _ = execute!(out, DisableMouseCapture, LeaveAlternateScreen, cursor::Show);
        let _ = disable_raw_mode();
        let _ = out.flush();
    }
}

fn give_back_on_panic() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            give_back();
            before(info);
        }));
    });
}
