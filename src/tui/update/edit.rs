//! The entry of a process in the config, in the person's editor.

use crate::tui::message::Effect;
use crate::tui::model::Model;
use crate::tui::model::journal::Tone;
use crate::tui::viewer::Viewer;

/// Opens the config at the entry of the selected process.
pub fn open(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(row) = model.selected() else {
        return model.journal.say(model.now, Tone::Warn, "no process is selected".to_owned());
    };
    if let Some((line, path)) = row.spec.defined_in_line().zip(model.snapshot.project.config.clone()) {
        return effects.push(Effect::View(Viewer::Config, path, line));
    }
    let why = match row.spec.source.as_deref() {
        Some(source) => format!("{} is {source}, and has no entry to edit", row.name()),
        None => format!("{} was started by `pm run` or by n, and has no entry to edit", row.name()),
    };
    model.journal.say(model.now, Tone::Warn, why);
}

/// The editor has ended.
pub fn say_what_is_next(model: &mut Model) {
    let text = "`pm check` shows the faults of the config; the next supervisor takes it up: `pm down --detach`, then `pm up -d`";
    model.journal.say(model.now, Tone::Info, text.to_owned());
}
