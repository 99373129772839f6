//! Searching in the log pane: typing, finding, and what is told of it.

use std::io;

use crossterm::event::KeyCode;
use tui_input::Input;

use crate::logs::level::Level;
use crate::logs::search::Direction;
use crate::tui::action::Search as What;
use crate::tui::key::Key;
use crate::tui::model::Model;
use crate::tui::model::entry::{Entry, Purpose};
use crate::tui::model::journal::Tone;
use crate::tui::model::log::search::next_case;
use crate::tui::page::{Aim, Counted, Found, Wanted};

/// What the keys of searching do.
pub fn act(model: &mut Model, what: What) {
    match what {
        What::Open => open(model),
        What::Next => next(model, Direction::Forward),
        What::Previous => next(model, Direction::Backward),
        What::NextError => level(model, Level::Error, Direction::Forward),
        What::PreviousError => level(model, Level::Error, Direction::Backward),
        What::NextWarning => level(model, Level::Warn, Direction::Forward),
        What::Regex => toggle_regex(model),
    }
}

fn open(model: &mut Model) {
    if model.log.subject.is_none() {
        model.journal.say(model.now, Tone::Warn, "there is no log to search in");
        return;
    }
    let wanted = model.log.begin_search();
    model.entry = Some(Entry::new(Purpose::Search(wanted)));
}

fn next(model: &mut Model, direction: Direction) {
    if model.log.searches.now.is_none() {
        model.journal.say(model.now, Tone::Info, "nothing is searched for; / begins a search");
        return;
    }
    model.log.find_next(direction);
}

/// The search that is kept is read the other way; what is no regular expression stays a text.
fn toggle_regex(model: &mut Model) {
    let Some(mut wanted) = model.log.searches.now.as_ref().map(|search| search.wanted.clone()) else {
        return model.journal.say(model.now, Tone::Info, "nothing is searched for; / begins a search");
    };
    wanted.regex = !wanted.regex;
    match wanted.compile() {
        Ok(_) => model.log.search_anew(wanted),
        Err(fault) => {
            let text = format!("{} is no regular expression: {fault}", wanted.text);
            model.journal.say(model.now, Tone::Warn, text);
        }
    }
}

fn level(model: &mut Model, level: Level, direction: Direction) {
    model.log.find_level(level, direction);
}

/// Keys that mean something while a search is typed, before the line gets them. True for such a key.
#[allow(clippy::wildcard_enum_match_arm, reason = "a foreign enum; all its other keys go to the line")]
pub fn press(model: &mut Model, key: Key) -> bool {
    let Some(Entry { purpose: Purpose::Search(wanted), input, .. }) = &mut model.entry else { return false };
    match (key.code, key.ctrl, key.alt) {
        (KeyCode::Char('r'), true, _) | (KeyCode::Char('r'), _, true) => wanted.regex = !wanted.regex,
        (KeyCode::Char('t'), true, _) | (KeyCode::Char('c'), _, true) => wanted.case = next_case(wanted.case),
        (KeyCode::Up | KeyCode::Down, ..) => {
            let step = if key.code == KeyCode::Up { -1 } else { 1 };
            if let Some(earlier) = model.log.searches.recall(step) {
                *input = Input::new(earlier.text.clone());
                *wanted = earlier;
            }
        }
        _other => return false,
    }
    typed(model);
    true
}

/// The line of a search has changed.
pub fn typed(model: &mut Model) {
    let Some(Entry { purpose: Purpose::Search(wanted), input, fault }) = &mut model.entry else { return };
    input.value().clone_into(&mut wanted.text);
    let wanted: Wanted = wanted.clone();
    model.log.search_for(wanted);
    *fault = model.log.searches.now.as_ref().and_then(|search| search.fault.as_ref()).map(ToString::to_string);
}

/// Enter: the search stays. A wrong expression keeps the line open.
pub fn finish(model: &mut Model, entry: Entry) {
    if model.log.searches.now.as_ref().is_some_and(|search| search.fault.is_some()) {
        model.entry = Some(entry);
        return;
    }
    model.log.accept_search();
}

/// Something is told by a find.
pub fn take_found(model: &mut Model, ticket: u64, found: io::Result<Found>) {
    let Some(aim) = model.log.end_find(ticket) else { return };
    model.dirty = true;
    match found {
        Ok(Found::At { place, has_wrapped }) => {
            model.log.show_found(&aim, place);
            if has_wrapped && model.entry.is_none() {
                model.journal.say(model.now, Tone::Info, "went on from the other end of the log");
            }
        }
        Ok(Found::Nothing) => {
            model.log.show_none(&aim);
            tell_nothing(model, &aim);
        }
        Ok(Found::Cancelled) => {}
        Err(error) => model.journal.say(model.now, Tone::Error, format!("the log cannot be searched: {error}")),
    }
}

fn tell_nothing(model: &mut Model, aim: &Aim) {
    let text = match aim {
        // Told beside the text while it is typed, and for as long as the search lasts.
        Aim::Match(_) => return,
        Aim::Level(Level::Error) => "no line says ERROR or worse",
        Aim::Level(Level::Warn | Level::Info | Level::Debug | Level::Trace) => "no line says WARN or worse",
    };
    model.journal.say(model.now, Tone::Info, text);
}

/// Something was counted.
pub fn take_count(model: &mut Model, counted: Result<Counted, (u64, io::Error)>) {
    match counted {
        Ok(counted) => model.dirty |= model.log.take_count(counted),
        Err((id, error)) => {
            model.log.fail_count(id);
            model.journal.say(model.now, Tone::Error, format!("the log cannot be searched: {error}"));
            model.dirty = true;
        }
    }
}
