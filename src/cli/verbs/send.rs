//! `pm send`: a line, or keys, for a process's standard input or terminal.

use std::io::Write;

use super::change::report;
use crate::cli::args::{Place, Send};
use crate::cli::attach::call;
use crate::cli::code::{Code, Outcome};
use crate::cli::output::Out;
use crate::cli::project::Project;
use crate::domain::{Command, Refusal};
use crate::emulator::keys::Press;
use crate::emulator::picture::Modes;

/// Characters of a sent text that are repeated.
const SHOWN: usize = 200;

/// Sends the text, then the keys, and says what was sent.
///
/// # Errors
/// No supervisor, no such process, or it does not run.
pub async fn send(out: &mut Out, place: &Place, args: &Send) -> Outcome {
    let mut line = call(&Project::locate(place)?).await?;
    let has_terminal =
        line.look().await?.ok_or(Refusal::Gone)?.rows.iter().any(|row| *row.name() == args.name && row.spec.tty);
    let bytes = bytes(args, has_terminal);
    let accepted = line.ask(Command::Input { name: args.name.clone(), bytes }).await??;
    if out.json {
        report(out, "", &accepted, None)?;
    } else {
        writeln!(out, "{}: sent {}", args.name, what(args))?;
    }
    Ok(Code::Done)
}

/// A newline ends a text that stands alone; with keys behind it, they say how it ends.
const fn ends_line(args: &Send) -> bool {
    !args.no_newline && args.keys.is_empty()
}

fn bytes(args: &Send, has_terminal: bool) -> Vec<u8> {
    let mut bytes = args.text.clone().unwrap_or_default().into_bytes();
    if ends_line(args) {
        // A terminal sends what its enter key sends, and turns it into a newline itself where the program wants that.
        bytes.push(if has_terminal { b'\r' } else { b'\n' });
    }
    // A program may have asked for other arrows; nobody here has read its output to know.
    let modes = Modes::default();
    bytes.extend(args.keys.iter().flat_map(|key| key.press.encode(modes)));
    bytes
}

fn what(args: &Send) -> String {
    let text = args.text.as_ref().map(|text| {
        let shown = text.chars().take(SHOWN).collect::<String>();
        let more = if shown.len() < text.len() { " …" } else { "" };
        let shown = shown.escape_debug();
        let end = if ends_line(args) { " and a newline" } else { "" };
        format!("\"{shown}\"{more}{end}")
    });
    let keys = args.keys.iter().map(|key| key.name.escape_debug().to_string());
    text.into_iter().chain(keys).collect::<Vec<_>>().join(", ")
}

/// A key, and how it was written.
#[derive(Clone, Debug)]
pub struct NamedKey {
    name: String,
    press: Press,
}

impl std::str::FromStr for NamedKey {
    type Err = crate::emulator::names::UnknownKey;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Ok(Self { press: name.parse()?, name: name.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::{Args, Verb};
    use clap::Parser;

    fn sent(line: &str) -> (Vec<u8>, String) {
        let args = Args::try_parse_from(shlex::split(line).unwrap()).unwrap();
        let Some(Verb::Send(send)) = args.verb else { panic!() };
        (bytes(&send, false), what(&send))
    }

    #[test]
    fn texts_end_in_a_newline_and_keys_do_not() {
        assert_eq!(sent("pm send web 'go on'"), (b"go on\n".to_vec(), "\"go on\" and a newline".into()));
        assert_eq!(sent("pm send web -n q"), (b"q".to_vec(), "\"q\"".into()));
        assert_eq!(sent("pm send web --no-newline -- -q"), (b"-q".to_vec(), "\"-q\"".into()));
        assert_eq!(sent("pm send web --key ctrl-c"), (b"\x03".to_vec(), "ctrl-c".into()));
        assert_eq!(sent("pm send web -k esc -k ':' -k q -k enter"), (b"\x1b:q\r".to_vec(), "esc, :, q, enter".into()));
        assert_eq!(sent("pm send web yes --key enter"), (b"yes\r".to_vec(), "\"yes\", enter".into()));
        let args = Args::try_parse_from(["pm", "send", "web", "-x"]).unwrap();
        let Some(Verb::Send(send)) = args.verb else { panic!() };
        assert_eq!(bytes(&send, true), b"-x\r");
        for wrong in ["pm send web", "pm send web --key hyper-x", "pm send"] {
            assert!(Args::try_parse_from(shlex::split(wrong).unwrap()).is_err(), "{wrong}");
        }
    }
}
