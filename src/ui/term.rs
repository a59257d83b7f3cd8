//! Takes the terminal and gives it back as it was: when the screen is left, on a panic, and for a stop by the shell.
//! With [`super::run`] the only place that touches the terminal.

use std::io::{self, BufWriter, IsTerminal, Stdout, Write};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::sync::{Arc, Once};
use std::time::Duration;

use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::event::{
    self, DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture,
    Event, KeyCode, KeyEvent, KeyModifiers,
};
use ratatui::crossterm::terminal::{
    self, Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode,
    enable_raw_mode,
};
use ratatui::crossterm::{cursor, execute};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGTSTP};

use super::copy;

/// Whether the terminal is ours now. A panic may come from anywhere, so this cannot live in a value.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// Columns of the terminal, if there is one that tells.
pub fn columns() -> Option<u16> {
    terminal::size().ok().map(|(columns, _)| columns)
}

/// The terminal, while it is ours. Dropping it gives it back.
pub struct Terminal {
    inner: ratatui::Terminal<CrosstermBackend<BufWriter<Stdout>>>,
    came: Receiver<Came>,
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
    /// anything, and the signals to end are taken note of instead of ending at once. To be called once: from now on a thread
    /// reads what comes from the terminal.
    pub fn enter() -> io::Result<Self> {
        give_back_on_panic();
        let ends = Arc::new(AtomicUsize::new(0));
        for signal in [SIGTERM, SIGHUP, SIGINT] {
            signal_hook::flag::register_usize(signal, Arc::clone(&ends), signal as usize)?;
        }
        let stop = Arc::new(AtomicBool::new(false));
        signal_hook::flag::register(SIGTSTP, Arc::clone(&stop))?;
        let (sender, came) = mpsc::sync_channel(WAITING);
        listen_for_signals(sender.clone())?;
        take()?;
        listen_for_keys(sender);
        let backend = CrosstermBackend::new(BufWriter::with_capacity(1 << 16, io::stdout()));
        let inner = ratatui::Terminal::new(backend).inspect_err(|_| give_back())?;
        Ok(Self {
            inner,
            came,
            ends,
            stop,
            mouse: false,
        })
    }

    /// Waits until something comes from the terminal, but no longer than this; without a limit the program sleeps until
    /// something does. A signal ends the wait too: nothing has come then.
    pub fn next(&self, patience: Option<Duration>) -> io::Result<Option<Event>> {
        let came = match patience {
            Some(patience) => match self.came.recv_timeout(patience) {
                Err(RecvTimeoutError::Timeout) => return Ok(None),
                came => came.ok(),
            },
            None => self.came.recv().ok(),
        };
        match came {
            Some(Came::Event(event)) => event.map(Some),
            Some(Came::Signal) => Ok(None),
            None => Err(io::ErrorKind::BrokenPipe.into()),
        }
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
        self.forget()
    }

    /// The next frame is drawn anew, whatever was drawn before.
    ///
    /// Who pulls a window small and large again at once leaves it cut, while its size is what it was when it was looked at last:
    /// so this is to be called after each change of the size.
    pub fn forget(&mut self) -> io::Result<()> {
        // Not `inner.clear()`: that asks the terminal where its cursor is, and fails where it does not answer. With what was
        // drawn forgotten, all is drawn anew.
        self.inner.swap_buffers();
        execute!(io::stdout(), Clear(ClearType::All))
    }
}

/// How long the program may take to end by itself after a signal told it to.
const GRACE: Duration = Duration::from_secs(2);

/// What wakes the program.
enum Came {
    /// From the terminal, or why nothing more comes from there.
    Event(io::Result<Event>),
    /// A signal that was taken note of.
    Signal,
}

/// So much that came may wait; what comes then waits in the terminal.
const WAITING: usize = 1024;

/// Has a thread read what comes from the terminal. It sleeps until something does, and the program can sleep meanwhile, or be
/// at something else.
fn listen_for_keys(sender: SyncSender<Came>) {
    std::thread::spawn(move || {
        loop {
            let event = event::read();
            let is_over = event.is_err();
            let all = event.map_or_else(|why| vec![Err(why)], |e| taken_apart(e).map(Ok).collect());
            for event in all {
                if sender.send(Came::Event(event)).is_err() {
                    return;
                }
            }
            if is_over {
                return;
            }
        }
    });
}

/// A key with Alt is sent as Esc and the key. Nothing here goes by Alt; so whoever pressed Esc and, before the program read that,
/// another key, perhaps Ctrl-C, meant both.
fn taken_apart(event: Event) -> impl Iterator<Item = Event> {
    let mut events = vec![event];
    if let Event::Key(key) = &mut events[0]
        && key.modifiers.contains(KeyModifiers::ALT)
    {
        key.modifiers.remove(KeyModifiers::ALT);
        events.insert(0, Event::Key(KeyEvent::from(KeyCode::Esc)));
    }
    events.into_iter()
}

/// Has a thread wake the program for signals. Some time after one that told it to end it ends, whatever it is at.
fn listen_for_signals(sender: SyncSender<Came>) -> io::Result<()> {
    let mut signals = signal_hook::iterator::Signals::new([SIGTERM, SIGHUP, SIGINT, SIGTSTP])?;
    std::thread::spawn(move || {
        for signal in signals.forever() {
            // Where the program has too much to do to be woken, it sees by itself what was taken note of.
            let _ = sender.try_send(Came::Signal);
            if signal != SIGTSTP {
                std::thread::sleep(GRACE);
                give_back();
                std::process::exit(128 + signal);
            }
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
        .and_then(|()| {
            execute!(
                io::stdout(),
                EnterAlternateScreen,
                EnableBracketedPaste,
                cursor::Hide
            )
        })
        .inspect_err(|_| give_back())
}

/// Gives the terminal back if it is ours. Errors are passed over: where the terminal is gone, nothing is left to mend.
fn give_back() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        let mut out = io::stdout();
        let _ = execute!(out, DisableMouseCapture, DisableBracketedPaste);
        let _ = execute!(out, LeaveAlternateScreen, cursor::Show);
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
