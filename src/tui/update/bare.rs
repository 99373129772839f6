//! Any process by its pid: looked at, and stopped with what is below it, whoever started it.

use tui_input::Input;

use crate::domain::time::Human;
use crate::domain::{StopLadder, Usage};
use crate::platform::identity::Identity;
use crate::platform::sweep::SweepReport;
use crate::supervisor::bare::{Bare, missing};
use crate::tui::menu::{Choice, Menu, Outcome};
use crate::tui::message::Effect;
use crate::tui::model::Model;
use crate::tui::model::entry::{Entry, Purpose};
use crate::tui::model::journal::Tone;
use crate::tui::view::figures;

use super::menus;

/// Opens a line for a pid.
pub fn open(model: &mut Model) {
    model.entry = Some(Entry::new(Purpose::Pid));
}

/// Has the process looked at, or keeps the line open and says why not.
pub fn finish(model: &mut Model, input: Input, effects: &mut Vec<Effect>) {
    let text = input.value().trim();
    match text.parse() {
        Ok(pid) => effects.push(Effect::LookAt(pid)),
        Err(_) if text.is_empty() => {}
        Err(_) => {
            let fault = Some(format!("{text:?} is no pid; write a number such as 4711"));
            model.entry = Some(Entry { purpose: Purpose::Pid, input, fault });
        }
    }
}

/// Shows what was seen of it, and asks what is to be done. The answer is about this very process, whoever has its pid then.
pub fn take_looked(model: &mut Model, pid: u32, seen: Option<&Bare>) {
    let Some(bare) = seen else {
        return model.journal.say(model.now, Tone::Error, missing(pid));
    };
    if model.entry.is_some() || model.menu.is_some() {
        // Keys that are meant for what is asked or typed there must not answer this.
        let text = format!("pid {pid} is {}; ask again to see more", bare.name);
        return model.journal.say(model.now, Tone::Info, text);
    }
    let mut choices = vec![Choice::plain("leave it alone", Outcome::Stay)];
    if !bare.zombie {
        let sweep = |force| Outcome::Sweep(bare.identity.clone(), force);
        choices.push(Choice::new('s', "stop it and what is below it", sweep(false)));
        choices.push(Choice::new('k', "kill it and what is below it", sweep(true)));
    }
    menus::open(model, Menu::new(format!("pid {pid}: {}", bare.name), body(model, bare), choices));
}

fn body(model: &Model, bare: &Bare) -> Vec<String> {
    let mut lines = Vec::new();
    if !bare.command.is_empty() {
        lines.push(bare.command.join(" "));
    }
    let up = Human(model.now.since(bare.started_at));
    lines.push(format!("{}   up {up}   parent {}", if bare.zombie { "zombie" } else { "alive" }, bare.parent_pid));
    let figures = |usage: &Usage| {
        let (cpu, memory) = (figures::percent(usage.cpu_percent), figures::size(usage.memory_bytes));
        format!("cpu {cpu}%   mem {memory}   threads {}", usage.threads)
    };
    lines.push(figures(&bare.usage));
    if bare.tree.len() > 1 {
        lines.push(format!("with {} below it: {}", bare.tree.len() - 1, figures(&bare.tree_usage)));
    }
    if let Some(row) = model.snapshot.rows.iter().find(|row| row.pid() == Some(bare.identity.pid)) {
        lines.push(format!("It runs here as {}, whose restart policy goes on.", row.name()));
    }
    lines
}

/// Has it stopped, and says so: by the polite way it may take a while.
pub fn stop(model: &mut Model, process: Identity, force: bool, effects: &mut Vec<Effect>) {
    let how = if force { "killed".to_owned() } else { format!("stopped ({})", StopLadder::default()) };
    model.journal.say(model.now, Tone::Info, format!("pid {} is being {how}", process.pid));
    effects.push(Effect::Sweep(process, force));
}

/// Tells what came of it.
pub fn take_swept(model: &mut Model, pid: u32, outcome: Result<SweepReport, String>) {
    match outcome.and_then(|report| report.fault().map_or(Ok(report), Err)) {
        Err(why) => model.journal.say(model.now, Tone::Error, why),
        Ok(SweepReport { ended, killed, .. }) => {
            let text = format!("{pid}: stopped; {ended} ended, {killed} had to be killed");
            model.journal.say(model.now, Tone::Info, text);
        }
    }
}
