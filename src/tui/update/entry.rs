//! Lines being typed: the row filter, a line of input for a process, the command line of a new one.

use std::path::Path;
use std::time::Duration;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use jiff::SignedDuration;
use tui_input::Input;
use tui_input::backend::crossterm::EventHandler;

use crate::domain::spec::Program;
use crate::domain::{Command, ProcessName, ProcessSpec};
use crate::tui::goto::{self, Here};
use crate::tui::key::Key;
use crate::tui::message::Effect;
use crate::tui::model::Model;
use crate::tui::model::entry::{Entry, Purpose};
use crate::tui::model::journal::Tone;
use crate::tui::page::Target;

use super::log::plural;
use super::{bare, only, orders, save, search, survey, table};

/// Opens the filter with what is filtered now.
pub fn open_filter(model: &mut Model) {
    let before = model.table.filter_text.clone();
    let input = Input::new(before.clone());
    let purpose = Purpose::Filter(before, model.table.selected.clone());
    model.entry = Some(Entry { input, ..Entry::new(purpose) });
    (model.screen, model.pane) = (crate::tui::layout::Screen::Main, crate::tui::layout::Pane::Table);
}

/// Opens a line for the standard input of the selected process.
pub fn open_input(model: &mut Model) {
    let Some(row) = model.selected() else {
        model.journal.say(model.now, Tone::Warn, "no process is selected");
        return;
    };
    if !row.phase.is_live() {
        let state = row.phase.word().in_a_sentence();
        let text = format!("{} is {state}, so nobody would read the line; s starts it", row.name());
        model.journal.say(model.now, Tone::Warn, text);
        return;
    }
    model.entry = Some(Entry::new(Purpose::Send(row.name().clone())));
}

/// Opens a command line.
pub fn open_new(model: &mut Model) {
    model.entry = Some(Entry::new(Purpose::New));
}

/// Opens a line for a place in the log.
pub fn open_go_to(model: &mut Model) {
    model.entry = Some(Entry::new(Purpose::GoTo));
}

/// A key while a line is being typed.
#[allow(clippy::wildcard_enum_match_arm, reason = "a foreign enum; all its other keys mean nothing here")]
pub fn press(model: &mut Model, key: Key, effects: &mut Vec<Effect>) {
    model.dirty = true;
    match key.code {
        KeyCode::Enter => finish(model, effects),
        KeyCode::Esc => cancel(model),
        _other if search::press(model, key) || only::press(model, key) || survey::press_in_line(model, key) => {}
        _other => {
            if let Some(entry) = &mut model.entry {
                entry.input.handle_event(&Event::Key(event(key)));
                entry.fault = None;
            }
            follow_typing(model);
        }
    }
}

/// The key in the form the editing library reads.
pub fn event(key: Key) -> KeyEvent {
    let mut modifiers = KeyModifiers::NONE;
    modifiers.set(KeyModifiers::CONTROL, key.ctrl);
    // It knows alt with b and f, by words, under the name of another modifier.
    let by_words = matches!(key.code, KeyCode::Char('b' | 'f'));
    modifiers.set(if by_words { KeyModifiers::META } else { KeyModifiers::ALT }, key.alt);
    modifiers.set(KeyModifiers::SHIFT, key.shift);
    KeyEvent::new(key.code, modifiers)
}

/// Pasted text goes into the line, where one is being typed: its first line, and that there were more is said. Terminals send the
/// end of a line as the key does.
pub fn paste(model: &mut Model, text: &str) {
    let input = match (&mut model.entry, &mut model.finder) {
        (Some(entry), _) => &mut entry.input,
        (None, Some(finder)) => &mut finder.input,
        (None, None) => return,
    };
    let mut lines = text.split(['\r', '\n']).filter(|line| !line.is_empty());
    let first = lines.next().unwrap_or_default();
    for character in first.chars().map(|c| if c == '\t' { ' ' } else { c }).filter(|c| !c.is_control()) {
        input.handle(tui_input::InputRequest::InsertChar(character));
    }
    let more = lines.count();
    if more > 0 {
        let text = format!("only the first line was pasted, {} left out: this is one line", plural(more, "line"));
        model.journal.say(model.now, Tone::Warn, text);
    }
    model.dirty = true;
    follow_typing(model);
    super::finder::search(model);
}

fn follow_typing(model: &mut Model) {
    if let Some(Entry { purpose: Purpose::Filter(..), input, .. }) = &model.entry {
        let text = input.value().to_owned();
        table::set_filter(model, &text);
        if let Some(entry) = &mut model.entry {
            entry.fault = model.table.filter.fault().map(str::to_owned);
        }
    }
    search::typed(model);
    only::typed(model);
    survey::typed(model);
}

/// Closes the line being typed, as esc does.
pub fn drop_line(model: &mut Model) {
    if matches!(&model.entry, Some(Entry { purpose: Purpose::Search(_) | Purpose::Only { .. }, .. })) {
        cancel(model);
    }
    model.entry = None;
}

fn cancel(model: &mut Model) {
    match model.entry.take().map(|entry| entry.purpose) {
        Some(Purpose::Filter(before, selected)) => {
            model.table.wanted = selected;
            table::set_filter(model, &before);
            model.table.wanted = None;
        }
        Some(Purpose::Search(_)) => model.log.cancel_search(),
        Some(Purpose::Only { before, .. }) => only::show(model, before),
        Some(
            Purpose::Send(_) | Purpose::New | Purpose::Pid | Purpose::GoTo | Purpose::Survey(_) | Purpose::Save(_),
        )
        | None => {}
    }
}

fn finish(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(entry) = model.entry.take() else { return };
    let text = entry.input.value();
    match entry.purpose {
        Purpose::Search(_) => search::finish(model, entry),
        Purpose::Only { .. } => only::finish(model, entry),
        Purpose::Survey(_) => survey::begin(model, entry, effects),
        Purpose::Save(_) => save::finish(model, entry, effects),
        Purpose::Filter(..) => {
            table::set_filter(model, text.trim());
            // The heading has room for it on a wide screen only.
            if let Some(fault) = model.table.filter.fault().map(str::to_owned) {
                model.journal.say(model.now, Tone::Warn, fault);
            }
        }
        Purpose::Send(name) => {
            // A terminal is sent what its enter key sends.
            let end = if model.row(&name).is_some_and(|row| row.spec.tty) { '\r' } else { '\n' };
            let bytes = format!("{text}{end}").into_bytes();
            orders::send(model, "input", Command::Input { name, bytes }, effects);
        }
        Purpose::New if text.trim().is_empty() => {}
        Purpose::New => {
            let spec = spec_of(model, text.trim());
            match spec {
                Ok(spec) => orders::send(model, "new", Command::Add(Box::new(spec)), effects),
                Err(why) => {
                    model.journal.say(model.now, Tone::Error, why.clone());
                    model.entry = Some(Entry { input: entry.input, fault: Some(why), ..Entry::new(Purpose::New) });
                }
            }
        }
        Purpose::Pid => bare::finish(model, entry.input, effects),
        Purpose::GoTo => go_to(model, entry),
    }
}

/// Goes where the typed text says, or keeps the line open and says why not.
fn go_to(model: &mut Model, entry: Entry) {
    let top = model.log.lines.get(model.log.first_row().0);
    let line = top.and_then(|line| line.time);
    let run = model.log.run_in_view().unwrap_or_default();
    let here = Here { now: model.now, zone: model.look.zone.clone(), run, line };
    match goto::parse(entry.input.value(), &here) {
        Ok(Target::Line(..)) if model.together.is_some() => {
            let why = "lines are counted in the log of one process; 14:03, -5m and 50% (of the time) are found here";
            model.entry = Some(Entry { fault: Some(why.to_owned()), ..entry });
        }
        Ok(target) => model.log.go_to(target, 0),
        Err(why) => model.entry = Some(Entry { fault: Some(why), ..entry }),
    }
}

/// A process for a command line: `name=command`, or a command whose first word names it.
fn spec_of(model: &Model, line: &str) -> Result<ProcessSpec, String> {
    let (time_limit, line) = time_limit(line)?;
    let given = line.split_once('=').filter(|(name, rest)| ProcessName::new(name).is_ok() && !rest.trim().is_empty());
    let (name, command) = match given {
        // `PORT=80 server` sets a variable for the shell; names are written in lower case.
        Some((name, rest)) if name.chars().any(char::is_lowercase) => (name.to_owned(), rest.trim()),
        Some(_) | None => (unused(model, first_word(line)), line),
    };
    let name = ProcessName::new(&name)
        .map_err(|why| format!("cannot name the process {name:?}: {why}; write name=command to name it yourself"))?;
    let cwd = model.snapshot.project.root.clone();
    Ok(ProcessSpec { autostart: false, time_limit, ..ProcessSpec::new(name, Program::Shell(command.to_owned()), cwd) })
}

/// The time limit before a command line, as `pm run` takes it: `-t 30s make test`.
fn time_limit(line: &str) -> Result<(Option<Duration>, &str), String> {
    let given = ["-t ", "--timeout ", "--timeout="].into_iter().find_map(|flag| line.strip_prefix(flag));
    let Some(rest) = given.map(str::trim_start) else { return Ok((None, line)) };
    let (word, command) = rest.split_once(' ').unwrap_or((rest, ""));
    let signed = word.parse::<SignedDuration>().ok();
    let limit = signed.and_then(|signed| Duration::try_from(signed).ok()).filter(|limit| !limit.is_zero());
    let limit =
        limit.ok_or_else(|| format!("{word:?} is no time limit; write -t 30s or -t 1m30s before the command"))?;
    if command.trim().is_empty() {
        return Err("a command is missing behind the time limit".to_owned());
    }
    Ok((Some(limit), command.trim()))
}

/// The file name of the program a command line begins with, reduced to what a name may hold.
fn first_word(line: &str) -> String {
    let is_setting =
        |word: &&str| word.split_once('=').is_some_and(|(name, _)| !name.is_empty() && !name.contains('/'));
    let word = line.split_whitespace().find(|word| !is_setting(word)).unwrap_or("process");
    let file = Path::new(word).file_name().and_then(|name| name.to_str()).unwrap_or(word);
    let clean: String = file.chars().filter(|c| c.is_alphanumeric() || "_-.".contains(*c)).take(32).collect();
    let clean = clean.trim_start_matches(['-', '.']);
    if clean.is_empty() || clean == "all" { "process".to_owned() } else { clean.to_owned() }
}

/// `base`, or `base-2`, `base-3` … when processes of that name are there already.
fn unused(model: &Model, base: String) -> String {
    let taken = |name: &str| model.snapshot.rows.iter().any(|row| row.name().as_str() == name);
    if !taken(&base) {
        return base;
    }
    let mut number = 2;
    while taken(&format!("{base}-{number}")) {
        number += 1;
    }
    format!("{base}-{number}")
}
