//! Showing only the lines of a log that match: typing what, and how much around them.

use crossterm::event::KeyCode;
use tui_input::Input;

use crate::tui::key::Key;
use crate::tui::model::Model;
use crate::tui::model::entry::{Entry, Purpose};
use crate::tui::model::journal::Tone;
use crate::tui::model::log::search::next_case;
use crate::tui::page::LineFilter;

/// Stands before a text that lines must not have.
const INVERSE: char = '!';

/// Opens the line, with what is shown now.
pub fn open(model: &mut Model) {
    if model.log.subject.is_none() {
        model.journal.say(model.now, Tone::Warn, "there is no log to show lines of");
        return;
    }
    let before = model.log.look.filter.clone();
    let filter = before.clone().unwrap_or_default();
    let sign = if filter.inverse { "!" } else { "" };
    let input = Input::new(format!("{sign}{}", filter.wanted.text));
    model.entry = Some(Entry { input, ..Entry::new(Purpose::Only { before, filter }) });
}

/// Keys that mean something while it is typed, before the line gets them. True for such a key.
#[allow(clippy::wildcard_enum_match_arm, reason = "a foreign enum; all its other keys go to the line")]
pub fn press(model: &mut Model, key: Key) -> bool {
    let Some(Entry { purpose: Purpose::Only { filter, .. }, .. }) = &mut model.entry else { return false };
    match (key.code, key.ctrl, key.alt) {
        (KeyCode::Char('r'), true, _) | (KeyCode::Char('r'), _, true) => filter.wanted.regex = !filter.wanted.regex,
        (KeyCode::Char('t'), true, _) | (KeyCode::Char('c'), _, true) => {
            filter.wanted.case = next_case(filter.wanted.case);
        }
        _other => return false,
    }
    typed(model);
    true
}

/// The line has changed: what matches is shown. A wrong expression changes nothing.
pub fn typed(model: &mut Model) {
    let Some(Entry { purpose: Purpose::Only { filter, .. }, input, fault }) = &mut model.entry else { return };
    let typed = input.value();
    filter.inverse = typed.starts_with(INVERSE);
    typed.strip_prefix(INVERSE).unwrap_or(typed).clone_into(&mut filter.wanted.text);
    *fault = filter.wanted.compile().err().map(|fault| fault.to_string());
    if fault.is_none() {
        let filter = Some(filter.clone()).filter(|filter| !filter.wanted.text.is_empty());
        show(model, filter);
    }
}

/// Enter: it stays. A wrong expression keeps the line open.
pub fn finish(model: &mut Model, entry: Entry) {
    if entry.fault.is_some() {
        model.entry = Some(entry);
    }
}

/// Shows these lines, or all.
pub fn show(model: &mut Model, filter: Option<LineFilter>) {
    if model.log.look.filter != filter {
        model.log.change_look(|look| look.filter = filter);
    }
}

/// More lines around each, or none again.
pub fn next_context(model: &mut Model) {
    let Some(mut filter) = model.log.look.filter.clone() else {
        model.journal.say(model.now, Tone::Info, "all lines are shown; & shows only those that match");
        return;
    };
    filter.context = match filter.context {
        0 => 1,
        1 => 3,
        _more => 0,
    };
    show(model, Some(filter));
}
