//! Looking for something in the logs of all processes at once, and jumping to what was found.

use std::sync::Arc;

use crossterm::event::KeyCode;
use tui_input::Input;

use crate::tui::key::Key;
use crate::tui::layout::{Pane, Screen};
use crate::tui::message::Effect;
use crate::tui::model::Model;
use crate::tui::model::entry::{Entry, Purpose};
use crate::tui::model::journal::Tone;
use crate::tui::model::log::search::next_case;
use crate::tui::model::results::Results;
use crate::tui::page::{Job, Source, SurveyRequest, Surveyed, Wanted};

use super::{list, table, together};

/// Opens the line, with what was looked for last.
pub fn open(model: &mut Model) {
    let search = model.log.searches.now.as_ref().map(|search| search.wanted.clone());
    open_with(model, search.unwrap_or_default());
}

fn open_with(model: &mut Model, wanted: Wanted) {
    let input = Input::new(wanted.text.clone());
    model.entry = Some(Entry { input, ..Entry::new(Purpose::Survey(wanted)) });
}

/// Keys that mean something while it is typed, before the line gets them. True for such a key.
#[allow(clippy::wildcard_enum_match_arm, reason = "a foreign enum; all its other keys go to the line")]
pub fn press_in_line(model: &mut Model, key: Key) -> bool {
    let Some(Entry { purpose: Purpose::Survey(wanted), .. }) = &mut model.entry else { return false };
    match (key.code, key.ctrl, key.alt) {
        (KeyCode::Char('r'), true, _) | (KeyCode::Char('r'), _, true) => wanted.regex = !wanted.regex,
        (KeyCode::Char('t'), true, _) | (KeyCode::Char('c'), _, true) => wanted.case = next_case(wanted.case),
        _other => return false,
    }
    typed(model);
    true
}

/// The line has changed.
pub fn typed(model: &mut Model) {
    let Some(Entry { purpose: Purpose::Survey(wanted), input, fault }) = &mut model.entry else { return };
    input.value().clone_into(&mut wanted.text);
    *fault = wanted.compile().err().map(|fault| fault.to_string());
}

/// Enter: all logs are looked through. A wrong expression keeps the line open.
pub fn begin(model: &mut Model, entry: Entry, effects: &mut Vec<Effect>) {
    let Purpose::Survey(wanted) = &entry.purpose else { return };
    if entry.fault.is_some() || wanted.text.is_empty() {
        model.entry = Some(entry).filter(|entry| entry.fault.is_some());
        return;
    }
    let sources: Vec<Source> = model.snapshot.rows.iter().filter_map(|row| Source::of(row)).collect();
    let ticket = model.log.searches.next_ticket();
    let found = Surveyed { ticket, done: (0, sources.len()), ..Surveyed::default() };
    model.results = Some(Results { wanted: wanted.clone(), found, ..Results::default() });
    effects.push(Effect::Job(Job::Survey(SurveyRequest { ticket, sources, wanted: wanted.clone() })));
}

/// Something was found.
pub fn take_found(model: &mut Model, found: Surveyed) {
    if let Some(results) = model.results.as_mut().filter(|results| results.found.ticket == found.ticket) {
        results.take(found);
        model.dirty = true;
    }
}

/// A key while the list is open.
#[allow(clippy::wildcard_enum_match_arm, reason = "a foreign enum; all its other keys mean nothing here")]
pub fn press(model: &mut Model, key: Key, effects: &mut Vec<Effect>) {
    model.dirty = true;
    if list::press(model, key) {
        return;
    }
    match key.code {
        KeyCode::Char('f') if key.ctrl => {
            let wanted = model.results.as_ref().map(|results| results.wanted.clone());
            close(model, effects);
            open_with(model, wanted.unwrap_or_default());
        }
        KeyCode::Esc | KeyCode::Char('q') => close(model, effects),
        KeyCode::Char('k') => _ = list::step(model, -1),
        KeyCode::Char('j') => _ = list::step(model, 1),
        KeyCode::Home | KeyCode::Char('g') => _ = list::step(model, isize::MIN),
        KeyCode::End | KeyCode::Char('G') => _ = list::step(model, isize::MAX),
        KeyCode::Enter => jump(model, effects),
        _other => {}
    }
}

fn close(model: &mut Model, effects: &mut Vec<Effect>) {
    model.results = None;
    effects.push(Effect::Job(Job::StopSurvey));
}

/// Shows the focused line in its log.
pub fn jump(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(results) = &model.results else { return };
    let Some(find) = results.at_hand().cloned() else { return };
    let wanted = results.wanted.clone();
    close(model, effects);
    if model.row(&find.name).is_none() {
        return model.journal.say(model.now, Tone::Warn, format!("{} is gone from the table", find.name));
    }
    together::leave(model);
    let snapshot = Arc::clone(&model.snapshot);
    if !model.table.filter_text.is_empty() {
        // It may be hidden by it.
        table::set_filter(model, "");
    }
    model.table.wanted = Some(find.name.clone());
    model.table.rebuild(&snapshot);
    model.table.wanted = None;
    (model.screen, model.pane, model.zoom) = (Screen::Main, Pane::Log, true);
    let row = model.selected().cloned();
    model.log.show(row.as_deref());
    model.log.adopt_search(wanted, find.at);
}
