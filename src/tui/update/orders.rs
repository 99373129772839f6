//! Orders to the supervisor: who they are for, what is asked before, and the mark they leave on their rows.

use std::sync::Arc;

use crate::domain::{Command, PhaseWord, ProcessName, Row, Target};
use crate::tui::action::Order;
use crate::tui::menu::{Menu, Outcome};
use crate::tui::message::Effect;
use crate::tui::model::Model;
use crate::tui::model::journal::Tone;

use super::menus;

/// Start, stop, hold, kill or restart of whoever is meant, see [`Model::targets`].
pub fn give(model: &mut Model, order: Order, effects: &mut Vec<Effect>) {
    let rows: Vec<Arc<Row>> = model.targets().into_iter().cloned().collect();
    if rows.is_empty() {
        model.journal.say(model.now, Tone::Warn, "no process is selected");
        return;
    }
    match order {
        Order::Start => start(model, &rows, effects),
        Order::Stop => stop(model, &rows, effects),
        Order::Hold => hold(model, &rows, effects),
        Order::Kill => kill(model, &rows),
        Order::Restart => {
            ask_if_several(model, &rows, "restart", Command::Restart, effects);
        }
        Order::Remove => remove(model, &rows),
    }
}

fn start(model: &mut Model, rows: &[Arc<Row>], effects: &mut Vec<Effect>) {
    if let [row] = rows
        && matches!(row.phase.word(), PhaseWord::Running | PhaseWord::Starting)
    {
        let text = format!("{} is {} already; r restarts it", row.name(), row.phase.word());
        model.journal.say(model.now, Tone::Info, text);
        return;
    }
    ask_if_several(model, rows, "start", Command::Start, effects);
}

fn stop(model: &mut Model, rows: &[Arc<Row>], effects: &mut Vec<Effect>) {
    if let [row] = rows {
        let target = Target::one(row.name().clone());
        match row.phase.word() {
            PhaseWord::Stopping => send(model, "next stage", Command::NextStage(target), effects),
            PhaseWord::Stopped | PhaseWord::Completed | PhaseWord::Failed if row.leftovers() == 0 => {
                let text = format!("{} is not running; s starts it", row.name());
                model.journal.say(model.now, Tone::Info, text);
            }
            PhaseWord::Stopped
            | PhaseWord::Completed
            | PhaseWord::Failed
            | PhaseWord::Starting
            | PhaseWord::Running
            | PhaseWord::Backoff
            | PhaseWord::Unknown => send(model, "stop", Command::Stop(target), effects),
        }
        return;
    }
    let to_stop: Vec<_> = rows.iter().filter(|row| is_to_stop(row)).cloned().collect();
    if to_stop.is_empty() {
        let text = "none of those that are marked is running; s starts them";
        return model.journal.say(model.now, Tone::Info, text);
    }
    ask(model, &to_stop, "stop", Command::Stop);
}

/// A stop changes something: it is alive, or would come to life again.
fn is_to_stop(row: &Row) -> bool {
    !row.phase.is_settled() || row.phase.word() == PhaseWord::Unknown || row.leftovers() > 0
}

fn hold(model: &mut Model, rows: &[Arc<Row>], effects: &mut Vec<Effect>) {
    let stopping = rows.iter().filter(|row| row.phase.word() == PhaseWord::Stopping);
    let names: Vec<_> = stopping.map(|row| row.name().clone()).collect();
    if names.is_empty() {
        model.journal.say(model.now, Tone::Info, "nothing to hold: only a stop in progress can be held at its stage");
        return;
    }
    send(model, "hold", Command::Hold(Target::Names(names)), effects);
}

/// Something of `rows` is alive; says so where nothing is.
pub fn any_alive(model: &mut Model, rows: &[Arc<Row>], what: &str) -> bool {
    let alive = rows.iter().any(|row| row.phase.is_live() || row.leftovers() > 0);
    if !alive {
        let text = if rows.is_empty() {
            "no process is selected".to_owned()
        } else {
            format!("{} is not running: there is nothing to {what}", menus::list(rows))
        };
        model.journal.say(model.now, Tone::Info, text);
    }
    alive
}

fn kill(model: &mut Model, rows: &[Arc<Row>]) {
    if !any_alive(model, rows, "kill") {
        return;
    }
    let names = names_of(rows);
    let body = vec![format!("{}: KILL goes to the whole tree at once;", menus::list(rows)), "nothing is saved.".into()];
    let outcome = Outcome::Command(Command::Kill(Target::Names(names)), "kill");
    let yes = if rows.len() == 1 { "kill it".to_owned() } else { format!("kill {}", rows.len()) };
    menus::open(model, Menu::confirm("kill now", body, yes, outcome));
}

/// Forgets those that no config defines and that are over.
fn remove(model: &mut Model, rows: &[Arc<Row>]) {
    if let [row] = rows
        && let Some(place) = row.spec.defined_at()
    {
        let text = format!("{} is defined at {place}: only what `n` or `pm run` started can be removed", row.name());
        model.journal.say(model.now, Tone::Info, text);
        return;
    }
    let is_over = |row: &&Arc<Row>| row.phase.is_settled() && row.leftovers() == 0;
    let can_go: Vec<_> = rows.iter().filter(|row| row.spec.defined_at().is_none()).filter(is_over).cloned().collect();
    if can_go.is_empty() {
        let text = format!("{}: only what is over, and not defined in the config, can be removed", menus::list(rows));
        model.journal.say(model.now, Tone::Info, text);
        return;
    }
    let body = vec![format!("{}: what it printed in all its runs goes, too.", menus::list(&can_go))];
    let yes = if can_go.len() == 1 { "remove it".to_owned() } else { format!("remove {}", can_go.len()) };
    let outcome = Outcome::Command(Command::Remove(Target::Names(names_of(&can_go))), "remove");
    menus::open(model, Menu::confirm("remove", body, yes, outcome));
}

/// One process is taken at its word; more than one are asked about first.
fn ask_if_several(
    model: &mut Model,
    rows: &[Arc<Row>],
    word: &'static str,
    command: fn(Target) -> Command,
    effects: &mut Vec<Effect>,
) {
    if rows.len() == 1 {
        send(model, word, command(Target::Names(names_of(rows))), effects);
    } else {
        ask(model, rows, word, command);
    }
}

/// Names those whom the order will touch, and asks.
fn ask(model: &mut Model, rows: &[Arc<Row>], word: &'static str, command: fn(Target) -> Command) {
    let command = command(Target::Names(names_of(rows)));
    let body = vec![menus::list(rows)];
    let yes = format!("{word} {}", rows.len());
    let title = format!("{word} {} process{}?", rows.len(), if rows.len() == 1 { "" } else { "es" });
    menus::open(model, Menu::confirm(title, body, yes, Outcome::Command(command, word)));
}

fn names_of(rows: &[Arc<Row>]) -> Vec<ProcessName> {
    rows.iter().map(|row| row.name().clone()).collect()
}

/// Sends a command; its rows show `word` until its effect is seen.
pub fn send(model: &mut Model, word: &'static str, command: Command, effects: &mut Vec<Effect>) {
    if model.gone_since.is_some() {
        let text = format!("{word}: the supervisor is gone; q leaves, `pm up -d` starts one that adopts what runs");
        model.journal.say(model.now, Tone::Error, text);
        return;
    }
    let names = names_in(model, &command);
    let id = model.pending.add(word, names);
    effects.push(Effect::Send(id, command));
}

/// The rows that a command will change, as far as they are known here.
fn names_in(model: &Model, command: &Command) -> Vec<ProcessName> {
    match command {
        Command::Start(target)
        | Command::Stop(target)
        | Command::Restart(target)
        | Command::Kill(target)
        | Command::NextStage(target)
        | Command::Hold(target)
        | Command::Signal(target, _)
        | Command::Up(Some(target)) => match target {
            Target::Names(names) => names.clone(),
            Target::Patterns(_) => model.snapshot.rows.iter().map(|row| row.name().clone()).collect(),
        },
        Command::Input { name, .. } | Command::Resize { name, .. } => vec![name.clone()],
        Command::Shutdown(_) | Command::Add(_) | Command::Remove(_) | Command::Up(None) => Vec::new(),
    }
}
