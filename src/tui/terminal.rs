//! The terminal as it was before and after: entering, and one `restore` for every way out.
//!
//! Used by the loop, by the panic hook and around a suspension. Restoring twice does nothing the second time.

use std::io::{self, IsTerminal, Write};
use std::panic;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Once, mpsc};
use std::time::Duration;

use crate::platform::pty;
use crate::platform::unsupported::OS;
use crossterm::cursor::{Hide, SetCursorStyle, Show};
use crossterm::event::{
    DisableBracketedPaste, DisableFocusChange, DisableMouseCapture, EnableBracketedPaste, EnableFocusChange,
    EnableMouseCapture,
};
use crossterm::terminal::{
    EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use crossterm::{execute, queue};

use super::options::TuiError;
use crate::emulator::picture::{Blink, CursorLook, CursorShape, Pointing};

/// The terminal is ours now. Read by the panic hook of any thread.
static OURS: AtomicBool = AtomicBool::new(false);
/// The cursor may look otherwise than the person has set it. Who never sat in a terminal of ours is sent nothing.
static IS_SHAPED: AtomicBool = AtomicBool::new(false);
static HOOK: Once = Once::new();
/// So long a terminal may take to be given back.
const RESTORE_AT_MOST: Duration = Duration::from_secs(2);

/// Owns the terminal; gives it back when dropped.
#[derive(Debug)]
pub struct Guard(());

impl Guard {
    /// Checks that there is a terminal, and takes it.
    ///
    /// # Errors
    /// No terminal, one that cannot move its cursor, or what the system says.
    pub fn take(mouse: bool) -> Result<Self, TuiError> {
        if !io::stdout().is_terminal() {
            return Err(TuiError::NotATerminal);
        }
        if std::env::var_os("TERM").is_some_and(|term| term == "dumb") {
            return Err(TuiError::DumbTerminal);
        }
        install_hook();
        // Attributes must survive NO_COLOR, which is a theme here; crossterm would reset them with the colours.
        crossterm::style::force_color_output(true);
        let guard = Self(());
        enter(mouse)?;
        Ok(guard)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        // A terminal that takes no bytes any more (a dead connection) must not keep anybody from leaving.
        let (done, finished) = mpsc::channel();
        let started = std::thread::Builder::new().name("restore".into()).spawn(move || {
            restore();
            drop(done);
        });
        if started.is_err() {
            restore();
        } else {
            // Ends with an error either way: the thread has finished, or the time is over.
            let _ = finished.recv_timeout(RESTORE_AT_MOST) as Result<(), _>;
        }
    }
}

/// Columns and rows, where that can be told.
pub fn size() -> Option<(u16, u16)> {
    pty::own_size().or_else(|| crossterm::terminal::size().ok())
}

/// Takes the terminal, for the first time or again.
///
/// # Errors
/// What the system says.
pub fn enter(mouse: bool) -> io::Result<()> {
    OURS.store(true, Ordering::SeqCst);
    enable_raw_mode()?;
    execute!(io::stdout(), EnterAlternateScreen, EnableBracketedPaste, EnableFocusChange, Hide)?;
    capture_mouse(mouse)
}

/// Captures the mouse, or leaves it to the terminal.
///
/// # Errors
/// What the system says.
pub fn capture_mouse(capture: bool) -> io::Result<()> {
    let mut out = io::stdout();
    if !capture {
        return execute!(out, DisableMouseCapture);
    }
    execute!(out, EnableMouseCapture)?;
    if OS != "Windows" {
        // Clicks, the wheel and drags are enough; every movement reported would be traffic for nothing over a slow line.
        out.write_all(b"\x1b[?1003l\x1b[?1002h")?;
        out.flush()?;
    }
    Ok(())
}

/// Has the mouse report what a child wants to know. [`capture_mouse`] is the way back.
///
/// # Errors
/// What the system says.
pub fn track_pointer(what: Pointing) -> io::Result<()> {
    capture_mouse(true)?;
    let more: &[u8] = match what {
        Pointing::Nothing | Pointing::Clicks => return Ok(()),
        Pointing::Drag => b"\x1b[?1002h",
        Pointing::Motion => b"\x1b[?1003h",
    };
    let mut out = io::stdout();
    out.write_all(more)?;
    out.flush()
}

/// Appends what gives the cursor this look; [`restore`] takes it back.
///
/// # Errors
/// None in practice: nothing is written.
pub fn shape_cursor(out: &mut Vec<u8>, look: CursorLook) -> io::Result<()> {
    let style = match look {
        CursorLook::AsSet => SetCursorStyle::DefaultUserShape,
        CursorLook::Asked(CursorShape::Block, Blink::Blinking) => SetCursorStyle::BlinkingBlock,
        CursorLook::Asked(CursorShape::Block, Blink::Steady) => SetCursorStyle::SteadyBlock,
        CursorLook::Asked(CursorShape::Underline, Blink::Blinking) => SetCursorStyle::BlinkingUnderScore,
        CursorLook::Asked(CursorShape::Underline, Blink::Steady) => SetCursorStyle::SteadyUnderScore,
        CursorLook::Asked(CursorShape::Beam, Blink::Blinking) => SetCursorStyle::BlinkingBar,
        CursorLook::Asked(CursorShape::Beam, Blink::Steady) => SetCursorStyle::SteadyBar,
    };
    IS_SHAPED.store(true, Ordering::SeqCst);
    queue!(out, style)
}

/// Gives the terminal back as it was. Every way out ends here; what fails is passed over, there is nobody left to tell.
pub fn restore() {
    if !OURS.swap(false, Ordering::SeqCst) {
        return;
    }
    let mut out = io::stdout();
    let _ = queue!(out, EndSynchronizedUpdate, DisableMouseCapture, DisableFocusChange, DisableBracketedPaste);
    if IS_SHAPED.swap(false, Ordering::SeqCst) {
        let _ = queue!(out, SetCursorStyle::DefaultUserShape);
    }
    let _ = execute!(out, Show, LeaveAlternateScreen);
    let _ = disable_raw_mode();
}

/// The terminal is ours. Not so after a panic of another thread has restored it.
pub fn is_ours() -> bool {
    OURS.load(Ordering::SeqCst)
}

/// A panic must leave a usable terminal and its message where it can be read.
fn install_hook() {
    HOOK.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            restore();
            before(info);
        }));
    });
}
