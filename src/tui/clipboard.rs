//! Clipboards: that of the terminal, by an escape sequence, and that of a desktop, by a program that is there for it.
//!
//! The sequence goes through ssh and needs no program, but some terminals want to be allowed it, and tmux lets it through
//! only when told; a program knows nothing of the person's own machine over ssh. So both are tried.

use std::io::{self, Write};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use crossterm::clipboard::CopyToClipboard;

use crate::platform::unsupported::OS;

/// Longer texts are cut by some terminals (the limit most often told), so they are not sent at all. In bytes.
pub const TERMINAL_BYTES_MAX: usize = 74_994;
/// A program that takes longer to take the text is left alone.
const PROGRAM_AT_MOST: Duration = Duration::from_secs(2);

/// A program that takes a text on its standard input: its name, its arguments, and the variable that says it is of use.
struct Program {
    name: &'static str,
    args: &'static [&'static str],
    wants: Option<&'static str>,
}

const fn program(name: &'static str, args: &'static [&'static str], wants: Option<&'static str>) -> Program {
    Program { name, args, wants }
}

/// In the order they are tried.
const PROGRAMS: &[Program] = &[
    program("wl-copy", &[], Some("WAYLAND_DISPLAY")),
    program("xclip", &["-selection", "clipboard"], Some("DISPLAY")),
    program("xsel", &["--clipboard", "--input"], Some("DISPLAY")),
    // Takes the text where tmux lets no sequence through, and hands it on to the terminal around it.
    program("tmux", &["load-buffer", "-w", "-"], Some("TMUX")),
];

/// Puts text on the clipboards of the terminal: `c` for paste by key, `p` for paste by the middle button.
///
/// # Errors
/// The terminal cannot be written to.
pub fn send_to_terminal(text: &str) -> io::Result<()> {
    if text.len() > TERMINAL_BYTES_MAX {
        return Ok(());
    }
    let mut out = io::stdout();
    crossterm::execute!(out, CopyToClipboard::to_clipboard_from(text), CopyToClipboard::to_primary_from(text))
}

/// Hands the text to the first program that is there and of use; answers its name, or why it did not take it.
pub fn give_to_program(text: &str) -> Option<Result<&'static str, String>> {
    let is_wanted = |program: &&Program| {
        let of_use = program.wants.is_none_or(|wants| std::env::var_os(wants).is_some_and(|value| !value.is_empty()));
        of_use && which::which(program.name).is_ok()
    };
    let native = match OS {
        "macOS" => Some(&program("pbcopy", &[], None)),
        "Windows" => Some(&program("clip", &[], None)),
        _elsewhere => None,
    };
    let chosen = native.filter(is_wanted).or_else(|| PROGRAMS.iter().find(is_wanted))?;
    Some(give(chosen, text).map(|()| chosen.name).map_err(|why| format!("{} did not take it: {why}", chosen.name)))
}

fn give(program: &Program, text: &str) -> Result<(), String> {
    let mut command = Command::new(program.name);
    // Some of them stay in the background; nothing of ours may be held open by them.
    command.args(program.args).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().map_err(|error| error.to_string())?;
    let (done, finished) = mpsc::channel();
    let text = text.to_owned();
    // A program that takes no text, or does not end, keeps nobody but this thread.
    let feed = move || {
        let written = child.stdin.take().map_or(Ok(()), |mut input| input.write_all(text.as_bytes()));
        drop(done.send(written.and_then(|()| child.wait())));
    };
    std::thread::Builder::new().name("clipboard".into()).spawn(feed).map_err(|error| error.to_string())?;
    match finished.recv_timeout(PROGRAM_AT_MOST) {
        Ok(Ok(status)) if status.success() => Ok(()),
        Ok(Ok(status)) => Err(status.to_string()),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_late) => Err("it takes too long".to_owned()),
    }
}
