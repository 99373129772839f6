//! Reading the logs of several processes as one: beginning, ending, and what has no meaning there.

use std::collections::BTreeSet;

use crate::domain::ProcessName;
use crate::tui::action::LogAction;
use crate::tui::layout::{Pane, Screen};
use crate::tui::model::Model;
use crate::tui::model::journal::Tone;
use crate::tui::model::together::Together;

/// Names told at most.
const TOLD: usize = 3;

/// The logs of the marked processes as one, else of those the filter shows, else of all; and back.
pub fn toggle(model: &mut Model) {
    if model.together.is_some() {
        leave(model);
        return;
    }
    let chosen = chosen(model);
    let names: Vec<&ProcessName> = match &chosen {
        Some(chosen) => chosen.iter().collect(),
        None => model.snapshot.rows.iter().map(|row| row.name()).collect(),
    };
    if names.is_empty() {
        model.journal.say(model.now, Tone::Warn, "there are no processes whose logs could be shown");
        return;
    }
    let whose = match (&chosen, names.len()) {
        (None, _) => "all processes".to_owned(),
        (Some(_), count) if count > TOLD => format!("{count} processes"),
        (Some(_), _) => names.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
    };
    model.together = Some(Together { chosen, before: (model.pane, model.zoom) });
    model.terminal.history = None;
    (model.screen, model.pane) = (Screen::Main, Pane::Log);
    model.journal.say(model.now, Tone::Info, format!("the log of {whose} in the order of time; A goes back"));
}

fn chosen(model: &Model) -> Option<BTreeSet<ProcessName>> {
    if !model.table.marks.is_empty() {
        return Some(model.table.marks.clone());
    }
    let shown = model.table.items.iter().filter_map(|item| item.process());
    let names = shown.filter_map(|at| model.snapshot.rows.get(at)).map(|row| row.name().clone());
    (!model.table.filter_text.is_empty()).then(|| names.collect())
}

/// Back to the log of the selected process. True when there was a way back.
pub fn leave(model: &mut Model) -> bool {
    let together = model.together.take();
    if let Some(together) = &together {
        (model.pane, model.zoom) = together.before;
    }
    together.is_some()
}

/// Says why something has no meaning in several logs. False where it has one.
pub fn refuse(model: &mut Model, action: LogAction) -> bool {
    let why = match action {
        LogAction::PreviousRun | LogAction::NextRun => "runs are those of one process",
        LogAction::Clear => "it is the log of one process that is cleared",
        LogAction::Numbers => "lines are counted in the log of one process",
        LogAction::Follow
        | LogAction::Wrap
        | LogAction::Timestamps
        | LogAction::Streams
        | LogAction::Mark
        | LogAction::ToMark
        | LogAction::GoTo
        | LogAction::Only
        | LogAction::Context
        | LogAction::CopyError
        | LogAction::Fold
        | LogAction::Pager
        | LogAction::Editor
        | LogAction::Save
        | LogAction::Survey
        | LogAction::CopyVisible => return false,
    };
    if model.together.is_none() {
        return false;
    }
    let back =
        model.table.selected.as_ref().map_or_else(String::new, |name| format!("; A goes back to that of {name}"));
    model.journal.say(model.now, Tone::Info, format!("{why}{back}"));
    true
}
