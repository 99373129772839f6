//! Opening a pseudo-terminal, and its size.
#![allow(unsafe_code, reason = "the window size and the controlling terminal are set with ioctl")]

use std::io;

use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::Winsize;

use crate::platform::poll::Fd;

/// Both ends of a new terminal.
#[derive(Debug)]
pub struct Terminal {
    /// Ours: output comes out of it, input goes into it. Non-blocking.
    pub master: Fd,
    /// The child's. Kept here too, so that a child may close all of its own and open the terminal again.
    pub slave: Fd,
}

/// Opens a terminal of this size.
pub fn open(rows: u16, cols: u16) -> io::Result<Terminal> {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY)?;
    rustix::io::fcntl_setfd(&master, rustix::io::FdFlags::CLOEXEC)?;
    grantpt(&master)?;
    unlockpt(&master)?;
    let name = ptsname(&master, Vec::new())?;
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
    let slave = Fd(rustix::fs::open(name.as_c_str(), flags, Mode::empty())?);
    let master = Fd(master);
    master.set_nonblocking()?;
    resize(&master, rows, cols)?;
    Ok(Terminal { master, slave })
}

/// Columns and rows of the terminal at our output; `None` where there is none. One call to the kernel and nothing opened: it is
/// asked before every frame.
pub fn own_size() -> Option<(u16, u16)> {
    let size = rustix::termios::tcgetwinsize(rustix::stdio::stdout()).ok()?;
    Some((size.ws_col, size.ws_row))
}

/// Sets the size; the kernel tells the foreground group with `SIGWINCH`.
pub fn resize(master: &Fd, rows: u16, cols: u16) -> io::Result<()> {
    let size = Winsize { ws_row: rows, ws_col: cols, ws_xpixel: 0, ws_ypixel: 0 };
    Ok(rustix::termios::tcsetwinsize(&master.0, size)?)
}
