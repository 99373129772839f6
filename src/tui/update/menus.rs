//! Questions: opening them, answering them, and the ladder of ctrl-c.

use std::sync::Arc;

use ratatui::layout::Rect;

use crate::domain::{Command, PhaseWord, Row, Shutdown, Signal, Target};
use crate::tui::key::Key;
use crate::tui::menu::{Choice, Menu, Outcome};
use crate::tui::message::{Effect, Mouse};
use crate::tui::model::journal::Tone;
use crate::tui::model::{Leaving, Model, Succession};
use crate::tui::options::Leave;
use crate::tui::page::Job;
use crate::tui::view::details::command_line;
use crate::tui::view::overlay::choice_at;

use super::{bare, log, orders, world};

use crossterm::event::KeyCode;

/// Asks `menu`; until it is answered no row moves.
pub fn open(model: &mut Model, menu: Menu) {
    model.table.freeze(&Arc::clone(&model.snapshot));
    model.menu = Some(menu);
    model.finder = None;
    model.dirty = true;
}

fn close(model: &mut Model) -> Option<Menu> {
    model.table.thaw();
    model.table.rebuild(&Arc::clone(&model.snapshot));
    model.dirty = true;
    model.menu.take()
}

/// A key while a question is open.
#[allow(clippy::wildcard_enum_match_arm, reason = "a foreign enum; all its other keys mean nothing here")]
pub fn press(model: &mut Model, key: Key, effects: &mut Vec<Effect>) {
    let Some(menu) = &mut model.menu else { return };
    model.dirty = true;
    if let Some(typed) = key.typed()
        && let Some(at) = menu.choices.iter().position(|choice| choice.key == Some(typed))
    {
        answer(model, at, effects);
        return;
    }
    match key.code {
        KeyCode::Esc => drop(close(model)),
        KeyCode::Enter => {
            let at = menu.focused;
            answer(model, at, effects);
        }
        KeyCode::Left | KeyCode::Up | KeyCode::BackTab | KeyCode::Char('h' | 'k') => menu.step(-1),
        KeyCode::Right | KeyCode::Down | KeyCode::Tab | KeyCode::Char('l' | 'j') => menu.step(1),
        _other => {}
    }
}

/// The mouse while a question is open: a click answers, the wheel moves.
pub fn mouse(model: &mut Model, what: Mouse, at: (u16, u16), effects: &mut Vec<Effect>) {
    let screen = Rect::new(0, 0, model.width, model.height);
    let Some(menu) = &mut model.menu else { return };
    model.dirty = true;
    match what {
        Mouse::WheelUp => menu.step(-1),
        Mouse::WheelDown => menu.step(1),
        Mouse::Press => {
            if let Some(at) = choice_at(menu, screen, at.into()) {
                answer(model, at, effects);
            }
        }
        Mouse::Drag | Mouse::Release => {}
    }
}

/// Takes the answer at a place.
fn answer(model: &mut Model, at: usize, effects: &mut Vec<Effect>) {
    let Some(menu) = close(model) else { return };
    let Some(choice) = menu.choices.into_iter().nth(at) else { return };
    match choice.outcome {
        Outcome::Stay => {}
        Outcome::Command(command, word) => orders::send(model, word, command, effects),
        Outcome::LeaveRunning => effects.push(Effect::Quit(Leave::Detach)),
        Outcome::LeaveNow => effects.push(Effect::Quit(Leave::Emergency)),
        Outcome::Hurry => hurry(model, effects),
        Outcome::StopAllAndQuit => stop_all_and_quit(model, effects),
        Outcome::Clear(source) => effects.push(Effect::Job(Job::Clear(*source))),
        Outcome::Save(request) => effects.push(Effect::Job(Job::Save(*request))),
        Outcome::Sweep(process, force) => bare::stop(model, process, force, effects),
        Outcome::Copy(text, what) => log::copy(model, text, what, effects),
    }
}

/// The quit menu; without a supervisor there is nothing to choose from.
pub fn open_quit(model: &mut Model, effects: &mut Vec<Effect>) {
    if model.gone_since.is_some() {
        effects.push(Effect::Quit(world::how_it_went(model)));
        return;
    }
    if model.leaving.is_some() {
        let body = vec!["Everything is being stopped; pm leaves after that.".into()];
        let choices = vec![
            Choice::plain("wait", Outcome::Stay),
            Choice::new('x', "next stage for everybody", Outcome::Hurry),
            Choice::new('l', "leave now; keepers finish the stop alone", Outcome::LeaveNow),
        ];
        open(model, Menu::new("leaving", body, choices));
        return;
    }
    let live = model.snapshot.rows.iter().filter(|row| row.phase.is_live()).count();
    let running = match live {
        0 => "Nothing is running.".to_owned(),
        1 => "1 process is running.".to_owned(),
        live => format!("{live} processes are running."),
    };
    let body = std::iter::once(running).chain(awaiting_restart(model)).collect();
    let mut choices =
        vec![Choice::new('s', label_of_stopping(model), Outcome::StopAllAndQuit), Choice::plain("stay", Outcome::Stay)];
    if let Some(label) = label_of_leaving(model) {
        choices.insert(0, Choice::new('d', label, Outcome::LeaveRunning));
    }
    open(model, Menu::new("quit", body, choices));
}

/// What leaving without stopping anything is called; `None` where that is not to be had, or would be the same as to stop.
fn label_of_leaving(model: &Model) -> Option<&'static str> {
    if !model.can_run_on {
        return None;
    }
    if is_anything_alive(model) {
        return Some("leave running (detach)");
    }
    // Whoever only looks at another's supervisor need not end it.
    (model.succession != Succession::Nobody).then_some("leave the supervisor to itself (detach)")
}

/// What stopping all and leaving is called: where nothing is alive it is only leaving.
fn label_of_stopping(model: &Model) -> &'static str {
    if is_anything_alive(model) { "stop all and quit" } else { "quit" }
}

/// Something runs, was left over, or waits for its restart.
fn is_anything_alive(model: &Model) -> bool {
    let is_alive =
        |row: &Arc<Row>| row.phase.is_live() || row.phase.word() == PhaseWord::Backoff || row.leftovers() > 0;
    model.snapshot.rows.iter().any(is_alive)
}

/// `Q`: stop everything and leave, asked once.
pub fn open_stop_all(model: &mut Model, effects: &mut Vec<Effect>) {
    if model.gone_since.is_some() {
        open_quit(model, effects);
        return;
    }
    let live: Vec<_> = model.snapshot.rows.iter().filter(|row| row.phase.is_live()).cloned().collect();
    let running = if live.is_empty() { "Nothing is running.".into() } else { list(&live) };
    let body = std::iter::once(running).chain(awaiting_restart(model)).collect();
    let label = label_of_stopping(model);
    open(model, Menu::confirm(format!("{label}?"), body, label, Outcome::StopAllAndQuit));
}

/// Who would have been started again, had nobody stopped everything.
fn awaiting_restart(model: &Model) -> Option<String> {
    let rows = model.snapshot.rows.iter().filter(|row| row.phase.word() == PhaseWord::Backoff);
    let rows: Vec<_> = rows.cloned().collect();
    (!rows.is_empty()).then(|| format!("To be restarted: {}.", list(&rows)))
}

/// `R`: what to restart.
pub fn open_restart(model: &mut Model) {
    let mut choices = Vec::new();
    let targets = model.targets();
    if !targets.is_empty() {
        let command = Command::Restart(Target::Names(targets.iter().map(|row| row.name().clone()).collect()));
        let label = match targets.as_slice() {
            [row] => format!("restart {}", row.name()),
            several => format!("restart those that are marked ({})", several.len()),
        };
        choices.push(Choice::new('r', label, Outcome::Command(command, "restart")));
    }
    let failed = |row: &&Arc<Row>| matches!(row.phase.word(), PhaseWord::Failed | PhaseWord::Backoff);
    let names: Vec<_> = model.snapshot.rows.iter().filter(failed).map(|row| row.name().clone()).collect();
    if !names.is_empty() {
        let label = format!("restart all failed ({})", names.len());
        choices.push(Choice::new('f', label, Outcome::Command(Command::Restart(Target::Names(names)), "restart")));
    }
    let count = model.snapshot.rows.len();
    let all = Outcome::Command(Command::Restart(Target::all()), "restart");
    choices.push(Choice::new('a', format!("restart everything ({count})"), all));
    // Nothing that touches more than the selected one is focused.
    choices.push(Choice::plain("nothing", Outcome::Stay));
    let mut menu = Menu::new("restart", Vec::new(), choices);
    menu.focused = menu.choices.len() - 1;
    open(model, menu);
}

/// Ctrl-x: which signal to send.
pub fn open_signals(model: &mut Model) {
    let rows: Vec<_> = model.targets().into_iter().cloned().collect();
    if !orders::any_alive(model, &rows, "send a signal to") {
        return;
    }
    let target = Target::Names(rows.iter().map(|row| row.name().clone()).collect());
    let offered = [
        ('i', Signal::Int, "SIGINT"),
        ('h', Signal::Hup, "SIGHUP"),
        ('t', Signal::Term, "SIGTERM"),
        ('q', Signal::Quit, "SIGQUIT"),
        ('1', Signal::Usr1, "SIGUSR1"),
        ('2', Signal::Usr2, "SIGUSR2"),
        ('w', Signal::Winch, "SIGWINCH"),
        ('s', Signal::Stop, "SIGSTOP"),
        ('c', Signal::Cont, "SIGCONT"),
    ];
    let choice = |(key, signal, word): (char, Signal, &'static str)| {
        let command = Command::Signal(target.clone(), signal);
        Choice::new(key, signal.to_string(), Outcome::Command(command, word))
    };
    let nothing = Choice::plain("none", Outcome::Stay);
    let choices = std::iter::once(nothing).chain(offered.into_iter().map(choice)).collect();
    open(model, Menu::new("send a signal", vec![format!("to {}", list(&rows))], choices));
}

/// `y` in the table: what to copy.
pub fn open_copy(model: &mut Model) {
    let Some(row) = model.selected() else {
        model.journal.say(model.now, Tone::Warn, "no process is selected");
        return;
    };
    let mut choices =
        vec![Choice::new('n', format!("name: {}", row.name()), Outcome::Copy(row.name().to_string(), "name"))];
    if let Some(pid) = row.pid() {
        choices.push(Choice::new('p', format!("pid: {pid}"), Outcome::Copy(pid.to_string(), "pid")));
    }
    let command = command_line(&row.spec.program);
    let line_end = format!(" {} ", model.look.glyphs.glyphs().line_end);
    let label = format!("command: {}", command.trim_end().replace('\n', &line_end));
    choices.push(Choice::new('c', label, Outcome::Copy(command, "command")));
    if let Some(run) = &row.run {
        let dir = run.dir.display().to_string();
        choices.push(Choice::new('l', format!("log directory: {dir}"), Outcome::Copy(dir, "log directory")));
    }
    open(model, Menu::new("copy", Vec::new(), choices));
}

/// Ctrl-c: once the quit menu, twice stops everything, three times leaves now.
pub fn interrupt(model: &mut Model, effects: &mut Vec<Effect>) {
    let (count, leaves) = (model.next_interrupt(), model.interrupt_leaves());
    model.interrupts = (model.now, count);
    model.dirty = true;
    if model.gone_since.is_some() {
        open_quit(model, effects);
        return;
    }
    match model.leaving {
        Some(_) if leaves => effects.push(Effect::Quit(Leave::Emergency)),
        Some(_) => hurry(model, effects),
        None if count >= 2 => {
            drop(close(model));
            stop_all_and_quit(model, effects);
        }
        None => {
            super::entry::drop_line(model);
            open_quit(model, effects);
        }
    }
}

/// Sends the order to stop everything; the screen stays until the supervisor has left.
fn stop_all_and_quit(model: &mut Model, effects: &mut Vec<Effect>) {
    if model.leaving.is_some() {
        hurry(model, effects);
        return;
    }
    model.leaving = Some(Leaving { since: model.now, hurried: false });
    orders::send(model, "stop all", Command::Shutdown(Shutdown::Stop), effects);
}

/// The second wish to leave: everybody enters the next stage.
fn hurry(model: &mut Model, effects: &mut Vec<Effect>) {
    if let Some(leaving) = &mut model.leaving {
        leaving.hurried = true;
    }
    orders::send(model, "next stage", Command::NextStage(Target::all()), effects);
}

/// Names and pids of `rows`, shortened where there are many.
pub fn list(rows: &[Arc<Row>]) -> String {
    const NAMED: usize = 6;
    let named = rows.iter().take(NAMED).map(|row| match row.pid() {
        Some(pid) => format!("{} (pid {pid})", row.name()),
        None => row.name().to_string(),
    });
    let mut text = named.collect::<Vec<_>>().join(", ");
    if rows.len() > NAMED {
        text = format!("{text} and {} more", rows.len() - NAMED);
    }
    text
}
