//! The dashboard in a real terminal: a pseudo-terminal whose output feeds an emulator, and a keyboard.

use std::collections::HashMap;
use std::fs::File;
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::{Signal, ioctl_tiocsctty, setsid};
use rustix::pty::{OpenptFlags, grantpt, ioctl_tiocgptpeer, openpt, unlockpt};
use rustix::termios::{Termios, Winsize, tcgetattr, tcsetwinsize};

use super::procs;
use super::project::Project;
use super::wait::{DEADLINE, wait_for};

/// `pm` at a terminal.
pub struct Screen {
    child: Child,
    /// `None` once the window is closed.
    master: Option<File>,
    /// Dropped to end the reader.
    stop_reader: Option<OwnedFd>,
    reader: Option<JoinHandle<()>>,
    /// Kept open, so that the terminal's settings can be read after everybody has left it.
    terminal: OwnedFd,
    before: Termios,
    shared: Arc<Shared>,
    mark: String,
}

struct Shared {
    seen: Mutex<Seen>,
    changed: Condvar,
    /// Held by the reader while it reads, and by whoever wants nobody to read.
    reading: Mutex<()>,
}

struct Seen {
    parser: vt100::Parser,
    raw: Vec<u8>,
}

impl Screen {
    /// `pm ARGS` on a terminal of `rows` × `cols`.
    pub fn open(project: &Project, args: &[&str], rows: u16, cols: u16) -> Self {
        Self::open_with(project, args, rows, cols, &HashMap::new())
    }

    /// The same with more variables.
    pub fn open_with(project: &Project, args: &[&str], rows: u16, cols: u16, env: &HashMap<&str, &str>) -> Self {
        let mut command = project.command(args);
        command.envs(env);
        Self::run(command, project.mark(), rows, cols)
    }

    /// Any program at a terminal. It has to carry `mark`, or it cannot be signalled.
    #[allow(unsafe_code, reason = "a new session with a controlling terminal can be made only between fork and exec")]
    pub fn run(mut command: Command, mark: &str, rows: u16, cols: u16) -> Self {
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
        let master = openpt(flags).expect("a pseudo-terminal");
        grantpt(&master).expect("grantpt");
        unlockpt(&master).expect("unlockpt");
        let terminal = ioctl_tiocgptpeer(&master, flags).expect("its other side");
        tcsetwinsize(&master, winsize(rows, cols)).expect("a size to set");
        let before = tcgetattr(&terminal).expect("terminal settings");
        let side = || terminal.try_clone().expect("a descriptor to duplicate");
        command.stdin(side()).stdout(side()).stderr(side());
        // SAFETY: setsid and one ioctl on standard input: both are async-signal-safe and touch no memory of the parent.
        unsafe {
            command.pre_exec(|| {
                setsid()?;
                ioctl_tiocsctty(rustix::stdio::stdin())?;
                Ok(())
            });
        }
        let child = command.spawn().expect("the binary");
        let parser = vt100::Parser::new(at_least_one(rows), at_least_one(cols), 0);
        let seen = Mutex::new(Seen { parser, raw: Vec::new() });
        let shared = Arc::new(Shared { seen, changed: Condvar::new(), reading: Mutex::new(()) });
        let master = File::from(master);
        let to_read = master.try_clone().expect("a descriptor to duplicate");
        let (stop, stop_reader) = pipe_with(PipeFlags::CLOEXEC).expect("a pipe");
        let for_reader = shared.clone();
        let reader = std::thread::spawn(move || read_all(to_read, &stop, &for_reader));
        let (master, stop_reader, reader) = (Some(master), Some(stop_reader), Some(reader));
        Self { child, master, stop_reader, reader, terminal, before, shared, mark: mark.to_owned() }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.shared.seen.lock().expect("the reader has not panicked")
    }

    /// Types these bytes: letters as they are, `\r` enter, `\t` tab, `\x1b` escape, `\x03` Ctrl-C, `\x1b[A` up.
    #[track_caller]
    pub fn keys(&self, keys: &str) {
        self.master.as_ref().expect("an open window").write_all(keys.as_bytes()).expect("a terminal to type at");
    }

    /// What is on the screen, one line per row.
    pub fn contents(&self) -> String {
        self.seen().parser.screen().contents()
    }

    /// The line that holds `text`, and its number from 0.
    pub fn line_with(&self, text: &str) -> Option<(u16, String)> {
        let seen = self.seen();
        let screen = seen.parser.screen();
        let cols = screen.size().1.get();
        let found = screen.rows(0, cols).enumerate().find(|(_, line)| line.contains(text));
        found.map(|(row, line)| (row as u16, line.clone()))
    }

    /// Waits until the screen satisfies `is_so`; wakes with every write to the terminal.
    #[track_caller]
    pub fn wait(&self, what: &str, is_so: impl Fn(&vt100::Screen) -> bool) {
        let end = Instant::now() + DEADLINE;
        let mut seen = self.seen();
        // What a program wrote last is read a moment after its end.
        let mut is_all_read = false;
        while !is_so(seen.parser.screen()) {
            let left = end.saturating_duration_since(Instant::now());
            let is_over = procs::Process::read(self.pid()).is_none_or(|process| process.is_zombie());
            if left.is_zero() || is_all_read {
                let contents = seen.parser.screen().contents();
                let ended = if is_over { " (the program has ended)" } else { "" };
                drop(seen);
                panic!("the screen never showed {what}{ended}; it shows:\n{contents}");
            }
            let nap = left.min(Duration::from_millis(200));
            let (next, waited) = self.shared.changed.wait_timeout(seen, nap).expect("the reader has not panicked");
            (seen, is_all_read) = (next, is_over && waited.timed_out());
        }
    }

    #[track_caller]
    pub fn wait_text(&self, text: &str) {
        self.wait(&format!("{text:?}"), |screen| screen.contents().contains(text));
    }

    #[track_caller]
    pub fn wait_no_text(&self, text: &str) {
        self.wait(&format!("no {text:?} any more"), |screen| !screen.contents().contains(text));
    }

    /// Waits until one line holds all of these.
    #[track_caller]
    pub fn wait_line(&self, parts: &[&str]) {
        self.wait(&format!("one line with {parts:?}"), |screen| {
            screen.contents().lines().any(|line| parts.iter().all(|part| line.contains(part)))
        });
    }

    /// The row whose cells are drawn reversed and hold `text`: the selected one.
    #[track_caller]
    pub fn wait_selected(&self, text: &str) {
        self.wait(&format!("{text:?} in the selected row"), |screen| {
            selected(screen).is_some_and(|line| line.contains(text))
        });
    }

    /// Row and column of the cursor, from 0.
    pub fn cursor(&self) -> (u16, u16) {
        self.seen().parser.screen().cursor_position()
    }

    /// The colours of one cell: foreground, background.
    pub fn colours(&self, row: u16, col: u16) -> (vt100::Color, vt100::Color) {
        let seen = self.seen();
        let cell = seen.parser.screen().cell(row, col).expect("a cell on the screen");
        (cell.fgcolor(), cell.bgcolor())
    }

    /// Some cell has a colour of its own.
    pub fn is_coloured(&self) -> bool {
        let seen = self.seen();
        let screen = seen.parser.screen();
        let (rows, cols) = screen.size();
        let plain = vt100::Color::Default;
        (0..rows.get()).flat_map(|row| (0..cols.get()).map(move |col| (row, col))).any(|(row, col)| {
            screen.cell(row, col).is_some_and(|cell| cell.fgcolor() != plain || cell.bgcolor() != plain)
        })
    }

    /// Bytes written to the terminal so far.
    pub fn written(&self) -> usize {
        self.seen().raw.len()
    }

    /// Every byte written to the terminal so far.
    pub fn raw(&self) -> Vec<u8> {
        self.seen().raw.clone()
    }

    /// The colours and attributes of the cell where `text` begins.
    pub fn cell_of(&self, text: &str) -> Option<vt100::Cell> {
        let (row, line) = self.line_with(text)?;
        let column = line[..line.find(text)?].chars().count() as u16;
        self.seen().parser.screen().cell(row, column).cloned()
    }

    pub fn is_alternate(&self) -> bool {
        self.seen().parser.screen().alternate_screen()
    }

    /// Gives the terminal another size, as a window manager does.
    pub fn resize(&self, rows: u16, cols: u16) {
        self.seen().parser.set_size(at_least_one(rows), at_least_one(cols));
        tcsetwinsize(self.master.as_ref().expect("an open window"), winsize(rows, cols)).expect("a size to set");
    }

    #[track_caller]
    pub fn signal(&self, signal: Signal) {
        assert!(procs::signal_marked(self.pid(), &self.mark, signal), "the dashboard is gone");
    }

    pub fn is_over(&mut self) -> bool {
        self.child.try_wait().expect("a child to wait for").is_some()
    }

    /// Waits for its end.
    #[track_caller]
    pub fn wait_exit(&mut self) -> ExitStatus {
        wait_for("the dashboard has left", || match self.child.try_wait() {
            Ok(Some(status)) => Ok(status),
            Ok(None) => Err(self.contents()),
            Err(error) => Err(error.to_string()),
        })
    }

    /// The letter of its state: `T` when it is suspended.
    pub fn state(&self) -> char {
        procs::Process::read(self.pid()).map_or('-', |process| process.state)
    }

    /// Leaves by the menu and has everything stopped.
    #[track_caller]
    pub fn quit(&mut self) {
        self.keys("q");
        self.wait("the quit menu", |screen| {
            let shown = screen.contents();
            // Where nothing is alive there is nothing to stop.
            ["s  stop all and quit", "s  quit"].iter().any(|answer| shown.contains(answer))
        });
        self.keys("s");
        let status = self.wait_exit();
        assert!(status.success(), "{status}");
        self.wait_restored();
    }

    /// Waits until the terminal is as it was before: settings, screen, cursor, mouse, paste.
    #[track_caller]
    pub fn wait_restored(&self) {
        wait_for("the terminal is restored", || self.restored());
    }

    /// What was left behind at the terminal, if anything.
    pub fn restored(&self) -> Result<(), String> {
        let settings = self.is_raw();
        let seen = self.seen();
        let screen = seen.parser.screen();
        let checks = [
            (settings, "settings (stty)"),
            (screen.alternate_screen(), "alternate screen"),
            (screen.hide_cursor(), "hidden cursor"),
            (screen.bracketed_paste(), "bracketed paste"),
            (screen.mouse_protocol_mode() != vt100::MouseProtocolMode::None, "mouse"),
        ];
        let wrong: Vec<_> = checks.into_iter().filter_map(|(is_wrong, what)| is_wrong.then_some(what)).collect();
        if wrong.is_empty() { Ok(()) } else { Err(format!("left behind: {}", wrong.join(", "))) }
    }

    /// The program has taken the terminal over: no echo, no lines.
    pub fn is_raw(&self) -> bool {
        !same_settings(&self.before, &tcgetattr(self.terminal.as_fd()).expect("terminal settings"))
    }

    /// As long as this is held nobody reads what is written to the terminal.
    pub fn stop_reading(&self) -> MutexGuard<'_, ()> {
        self.shared.reading.lock().expect("the reader has not panicked")
    }

    /// The terminal takes no more bytes, or is taking some at this moment.
    pub fn is_full(&self) -> bool {
        let mut terminal = [PollFd::new(&self.terminal, PollFlags::OUT)];
        poll(&mut terminal, Some(&Timespec::default())).expect("a terminal to ask");
        !terminal[0].revents().contains(PollFlags::OUT)
    }

    /// Closes the window: the last descriptor of the terminal's other side goes, and the terminal hangs up.
    pub fn close_window(&mut self) {
        drop(self.stop_reader.take());
        if let Some(reader) = self.reader.take() {
            reader.join().expect("the reader has not panicked");
        }
        drop(self.master.take());
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("== screen\n{}", self.seen().parser.screen().contents());
        }
        if matches!(self.child.try_wait(), Ok(None)) {
            _ = self.child.kill();
            _ = self.child.wait();
        }
    }
}

fn selected(screen: &vt100::Screen) -> Option<String> {
    let (rows, cols) = (screen.size().0.get(), screen.size().1.get());
    let is_reversed = |row| {
        let cells = (0..cols).filter_map(|col| screen.cell(row, col));
        cells.filter(|cell| cell.inverse() && cell.has_contents()).count() > 3
    };
    (0..rows).find(|row| is_reversed(*row)).and_then(|row| screen.rows(0, cols).nth(row.into()))
}

fn read_all(mut reader: File, stop: &OwnedFd, shared: &Shared) {
    let mut buffer = vec![0; 65_536];
    loop {
        let mut ready = [PollFd::new(&reader, PollFlags::IN), PollFd::new(stop, PollFlags::IN)];
        let polled = poll(&mut ready, None);
        let stopped = !ready[1].revents().is_empty();
        if stopped || polled.is_err() {
            return;
        }
        // At the end a pseudo-terminal answers EIO, not 0.
        let Ok(may_read) = shared.reading.lock() else { return };
        let read = reader.read(&mut buffer).unwrap_or(0);
        drop(may_read);
        let Ok(mut seen) = shared.seen.lock() else { return };
        if read == 0 {
            return;
        }
        seen.raw.extend_from_slice(&buffer[..read]);
        seen.parser.process(&buffer[..read]);
        drop(seen);
        shared.changed.notify_all();
    }
}

fn same_settings(a: &Termios, b: &Termios) -> bool {
    a.input_modes == b.input_modes
        && a.output_modes == b.output_modes
        && a.control_modes == b.control_modes
        && a.local_modes == b.local_modes
}

fn winsize(rows: u16, cols: u16) -> Winsize {
    Winsize { ws_row: rows, ws_col: cols, ws_xpixel: 0, ws_ypixel: 0 }
}

fn at_least_one(number: u16) -> NonZeroU16 {
    NonZeroU16::new(number).unwrap_or(NonZeroU16::MIN)
}
