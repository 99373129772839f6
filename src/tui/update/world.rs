//! What the supervisor says: snapshots, replies, and that it is gone.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use crate::domain::time::Human;
use crate::domain::{ExitBy, Phase, ProcessName, Refusal, Reply, Row, Snapshot};
use crate::tui::layout::Screen;
use crate::tui::message::Effect;
use crate::tui::model::journal::Tone;
use crate::tui::model::{Model, Succession};
use crate::tui::options::Leave;

/// A clock difference below this is delay, not a changed clock.
const SKEW_TRIFLE_MS: i64 = 2000;
/// A supervisor that lasted less than this is not followed by another one: that would go on for ever.
const SHORT_LIFE: Duration = Duration::from_secs(5);

/// A newer picture. Nothing is drawn when nothing in view differs.
pub fn take_snapshot(model: &mut Model, snapshot: Arc<Snapshot>) {
    let ahead = snapshot.at.0 as i64 - model.now.0 as i64;
    model.skew_ms = if ahead.abs() < SKEW_TRIFLE_MS { 0 } else { ahead };
    report_ends(model, &snapshot);
    model.histories.record(&snapshot);
    model.pending.settle(&snapshot);
    let before = std::mem::replace(&mut model.snapshot, snapshot);
    let snapshot = Arc::clone(&model.snapshot);
    if !have_same_rows(&before, &snapshot) || !model.table.is_static() {
        model.table.rebuild(&snapshot);
    }
    model.dirty |= looks_different(model, &before, &snapshot);
}

fn have_same_rows(a: &Snapshot, b: &Snapshot) -> bool {
    let same =
        |(a, b): (&Arc<Row>, &Arc<Row>)| Arc::ptr_eq(a, b) || (a.name() == b.name() && a.tree.len() == b.tree.len());
    a.rows.len() == b.rows.len() && a.rows.iter().zip(&b.rows).all(same)
}

/// Something that is on the screen differs between the two.
fn looks_different(model: &Model, a: &Snapshot, b: &Snapshot) -> bool {
    if a.totals != b.totals || a.machine != b.machine || a.shutting_down != b.shutting_down {
        return true;
    }
    if a.rows.len() != b.rows.len() || !model.table.is_static() {
        return true;
    }
    let height = usize::from(model.areas().table.height);
    let in_view = model.table.items.iter().skip(model.table.first).take(height).filter_map(|item| item.process());
    let differs = |at: usize| match (a.rows.get(at), b.rows.get(at)) {
        (Some(a), Some(b)) => !Arc::ptr_eq(a, b) && !same_but_for_log(a, b),
        _missing => true,
    };
    let selected = model.table.selected_row.is_some_and(|at| match (a.rows.get(at), b.rows.get(at)) {
        (Some(a), Some(b)) => !Arc::ptr_eq(a, b),
        _missing => true,
    });
    selected || in_view.into_iter().any(differs)
}

/// Growth of a log that is not in view is one integer that changed, and no frame.
fn same_but_for_log(a: &Row, b: &Row) -> bool {
    let run = |row: &Row| row.run.as_ref().map(|run| (run.no, run.pid, run.exit, run.over));
    a.phase == b.phase
        && a.health == b.health
        && a.usage == b.usage
        && a.restarts == b.restarts
        && a.tree == b.tree
        && run(a) == run(b)
}

/// A stop that was being watched has ended: say by what, and after how long.
fn report_ends(model: &mut Model, snapshot: &Snapshot) {
    if model.leaving.is_some() {
        return;
    }
    let mut said = None;
    for (before, after) in model.snapshot.rows.iter().zip(&snapshot.rows) {
        if let (Phase::Stopping(stopping), Phase::Stopped { exit, killed }) = (&before.phase, &after.phase)
            && before.name() == after.name()
        {
            let took = Human(snapshot.at.since(stopping.since));
            let how = exit.map_or_else(String::new, |exit| match exit.by {
                ExitBy::StopStage(number) => format!(" by {}", stage_name(before, number)),
                ExitBy::Kill => " by KILL".to_owned(),
                ExitBy::Itself | ExitBy::Limit | ExitBy::Unknown => format!(", {}", exit.status),
            });
            let also = if *killed > 0 { format!("; {killed} had to be killed") } else { String::new() };
            said = Some(format!("{} stopped{how} after {took}{also}", after.name()));
        }
    }
    if let Some(text) = said {
        model.journal.say(model.now, Tone::Info, text);
        model.dirty = true;
    }
}

fn stage_name(row: &Row, number: u8) -> String {
    let stage = row.spec.stop.stages().get(usize::from(number).wrapping_sub(1));
    stage.map_or_else(|| format!("stage {number}"), |stage| stage.signal.to_string())
}

/// The answer to a command: a refusal is told with its reason.
pub fn take_reply(model: &mut Model, id: u64, reply: Reply) {
    model.dirty = true;
    match reply {
        Ok(accepted) => {
            let sent = model.pending.accept(id, accepted.revision);
            let word = sent.map_or("", |sent| sent.word);
            model.pending.settle(&Arc::clone(&model.snapshot));
            for (name, why) in &accepted.unchanged {
                model.journal.say(model.now, Tone::Info, format!("{name}: {why}"));
            }
            select_new(model, word, &accepted.affected);
            tell_sent(model, word, &accepted.affected);
        }
        Err(refusal) => {
            let word = model.pending.refuse(id).map_or("command", |sent| sent.word);
            if word == "stop all" && !matches!(refusal, Refusal::ShuttingDown | Refusal::Gone) {
                model.leaving = None;
            }
            if model.leaving.is_none() {
                model.journal.say(model.now, Tone::Error, format!("{word} refused: {refusal}"));
            }
        }
    }
}

/// A process added from here is selected as soon as it is there.
fn select_new(model: &mut Model, word: &str, affected: &[ProcessName]) {
    if word == "new"
        && let Some(name) = affected.first()
    {
        model.journal.say(model.now, Tone::Info, format!("{name} added"));
        model.table.wanted = Some(name.clone());
        model.table.rebuild(&Arc::clone(&model.snapshot));
    }
}

/// What changes no row would else look as if nothing had been done.
fn tell_sent(model: &mut Model, word: &str, affected: &[ProcessName]) {
    let what = match word {
        "input" => "the line",
        signal if signal.starts_with("SIG") => signal,
        _shown_by_its_row => return,
    };
    match affected {
        [] => {}
        [name] => model.journal.say(model.now, Tone::Info, format!("{what} went to {name}")),
        several => model.journal.say(model.now, Tone::Info, format!("{what} went to {} processes", several.len())),
    }
}

/// Events came faster than they could be read.
pub fn events_lost(model: &mut Model, count: u64) {
    let text = format!("{count} events came too fast for this list; `pm events` has all of them");
    model.journal.say(model.now, Tone::Warn, text);
    model.dirty = true;
}

/// The screen has another size.
pub const fn resize(model: &mut Model, width: u16, height: u16) {
    (model.width, model.height) = (width, height);
    model.dirty = true;
}

/// Back from a suspension.
pub fn resumed(model: &mut Model, result: io::Result<()>) {
    model.dirty = true;
    if let Err(error) = result {
        model.journal.say(model.now, Tone::Error, format!("pm could not be suspended: {error}"));
    }
}

/// No snapshot will come any more: done, if that was wanted, else a banner.
pub fn supervisor_gone(model: &mut Model, effects: &mut Vec<Effect>) {
    model.dirty = true;
    if model.leaving.is_some() {
        effects.push(Effect::Quit(how_it_went(model)));
        return;
    }
    if model.gone_since.is_none() {
        model.gone_since = Some(model.now);
        model.menu = None;
        model.table.thaw();
        seek_successor(model, effects);
        if model.screen == Screen::Main && model.terminal.attached.is_none() {
            model.zoom = false;
        }
    }
}

/// How to leave when the supervisor has gone. It may have died in the middle of stopping everything, and then what is said at
/// the end must not claim more.
pub fn how_it_went(model: &Model) -> Leave {
    let is_asked = model.leaving.is_some() || model.snapshot.shutting_down.is_some();
    let is_done = !model.snapshot.rows.iter().any(|row| row.phase.is_live());
    if is_asked && is_done { Leave::Stopped } else { Leave::SupervisorGone }
}

/// Whoever was attached goes on with the next supervisor, unless everything was stopped on purpose.
fn seek_successor(model: &mut Model, effects: &mut Vec<Effect>) {
    if model.snapshot.shutting_down.is_some() {
        return;
    }
    match model.succession {
        Succession::Found(at) if model.now.since(at) < SHORT_LIFE => {
            let text = "the one that took over went at once, too; `pm up -d` tells why".to_owned();
            model.succession = Succession::Failed(text);
        }
        Succession::Ready | Succession::Found(_) => {
            model.succession = Succession::Seeking;
            effects.push(Effect::FindSuccessor);
        }
        Succession::Nobody | Succession::Seeking | Succession::Failed(_) => {}
    }
}

/// Goes on with another supervisor, or shows why there is none.
pub fn take_successor(model: &mut Model, found: Result<Arc<Snapshot>, String>) {
    model.dirty = true;
    match found {
        Ok(snapshot) => {
            let (before, after) = (model.snapshot.supervisor.pid, snapshot.supervisor.pid);
            go_on_with(model, snapshot);
            let text = format!("supervisor {before} has gone; supervisor {after} took over and adopted what ran");
            model.journal.say(model.now, Tone::Warn, text);
        }
        Err(why) => model.succession = Succession::Failed(why),
    }
}

/// What was supervised here is supervised by another, before this program is suspended.
pub fn stepped_back(model: &mut Model, snapshot: Arc<Snapshot>) {
    let after = snapshot.supervisor.pid;
    go_on_with(model, snapshot);
    let text = format!("supervisor {after} took over in the background, because pm was suspended");
    model.journal.say(model.now, Tone::Info, text);
}

fn go_on_with(model: &mut Model, snapshot: Arc<Snapshot>) {
    model.dirty = true;
    model.gone_since = None;
    model.succession = Succession::Found(model.now);
    model.menu = None;
    model.table.thaw();
    take_snapshot(model, snapshot);
}
