//! Keys: who gets them, and what each action does.
//!
//! What lies on top gets the key first: a line being typed, a question, help and palette; then the key table decides.

use crossterm::event::KeyCode;

use crate::tui::action::{Action as A, LogAction, Move, Scroll};
use crate::tui::key::Key;
use crate::tui::keymap::{Context, TABLE, lookup};
use crate::tui::layout::{Pane, Screen};
use crate::tui::message::Effect;
use crate::tui::model::Model;
use crate::tui::model::journal::Tone;

use super::{bare, edit, entry, finder, log, menus, orders, search, selection, survey, table, terminal, together};

/// One key press.
pub fn press(model: &mut Model, key: Key, effects: &mut Vec<Effect>) {
    if model.journal.dismiss() {
        model.dirty = true;
    }
    if terminal::press(model, key, effects) {
        return;
    }
    if is_chord_without_meaning(model, key) {
        after_escape(model, key, effects);
        return;
    }
    // The way out must work whatever lies on top.
    if key == Key::ctrl('c') {
        menus::interrupt(model, effects);
        return;
    }
    if model.entry.is_some() {
        entry::press(model, key, effects);
    } else if model.menu.is_some() {
        menus::press(model, key, effects);
    } else if model.results.is_some() {
        survey::press(model, key, effects);
    } else if model.finder.is_some() {
        finder::press(model, key, effects);
    } else if let Some(binding) = lookup(model.context(), key) {
        act(model, binding.action, key, effects);
    } else {
        say_no_meaning(model, key);
    }
}

fn say_no_meaning(model: &mut Model, key: Key) {
    model.dirty = true;
    model.journal.hint(model.now, format!("{key} has no meaning here; ? shows the keys"));
}

/// A key with alt that nothing is bound to. In a line that is typed every key has its meaning.
fn is_chord_without_meaning(model: &Model, key: Key) -> bool {
    let is_typing = model.entry.is_some() || model.results.is_some() || model.finder.is_some();
    let has_meaning = model.menu.is_none() && lookup(model.context(), key).is_some();
    key.alt && !is_typing && !has_meaning
}

/// A terminal sends the same for esc and a key in one moment as for that key with alt, so one with alt is taken for both. But
/// a person may as well have meant a chord that another program knows: then nothing may happen that is more than looking.
fn after_escape(model: &mut Model, key: Key, effects: &mut Vec<Effect>) {
    let plain = Key { alt: false, ..key };
    // Esc may lead to any pane, and the key has to be harmless in all of them.
    let mut meanings = TABLE.iter().filter(|binding| binding.keys.contains(&plain)).peekable();
    let is_known = meanings.peek().is_some();
    if is_known && meanings.all(|binding| is_harmless(model, binding.action)) {
        press(model, Key::code(KeyCode::Esc), effects);
        press(model, plain, effects);
    } else {
        say_no_meaning(model, key);
    }
}

/// Changes no process and no file, begins no line for either, gives the keys to nobody else, and does not leave.
const fn is_harmless(model: &Model, action: A) -> bool {
    match action {
        A::Order(_)
        | A::SignalMenu
        | A::RestartMenu
        | A::Input
        | A::New
        | A::Pid
        | A::Edit
        | A::Attach
        | A::OpenLog
        | A::Suspend
        | A::StopAllAndQuit
        | A::Interrupt
        | A::Log(LogAction::Clear | LogAction::Save | LogAction::Pager | LogAction::Editor) => false,
        // With a supervisor it asks.
        A::Quit => model.gone_since.is_none(),
        A::Help
        | A::Palette
        | A::NextPane
        | A::PreviousPane
        | A::Back
        | A::Zoom
        | A::Events
        | A::Redraw
        | A::ToggleMouse
        | A::Together
        | A::Details
        | A::Filter
        | A::CopyMenu
        | A::Move(_)
        | A::Scroll(_)
        | A::Sideways(_)
        | A::Search(_)
        | A::Select(_)
        | A::Sort(_)
        | A::Rows(_)
        | A::Log(
            LogAction::Follow
            | LogAction::Wrap
            | LogAction::Timestamps
            | LogAction::Numbers
            | LogAction::Streams
            | LogAction::PreviousRun
            | LogAction::NextRun
            | LogAction::Mark
            | LogAction::ToMark
            | LogAction::GoTo
            | LogAction::Only
            | LogAction::Context
            | LogAction::CopyError
            | LogAction::Fold
            | LogAction::Survey
            | LogAction::CopyVisible,
        ) => true,
    }
}

/// Does what an action says, in the pane that has the keys.
pub fn act(model: &mut Model, action: A, key: Key, effects: &mut Vec<Effect>) {
    model.dirty = true;
    if model.screen == Screen::Events && action.needs_process() {
        let text = "these are events of all processes; esc goes back to choose one";
        return model.journal.say(model.now, Tone::Warn, text);
    }
    if terminal::act(model, action, effects) {
        return;
    }
    match action {
        A::Move(step) => travel(model, step),
        A::Scroll(Scroll::HalfUp | Scroll::HalfDown) if model.context() == Context::Selecting => {
            selection::scroll(model, action == A::Scroll(Scroll::HalfDown));
        }
        A::Scroll(step) => log::scroll(model, step),
        A::Sideways(step) if model.context() == Context::Selecting => selection::sideways(model, step),
        A::Sideways(step) => log::sideways(model, step),
        A::Rows(what) => table::act(model, what, key),
        A::Sort(how) => table::sort(model, how),
        A::Order(order) => orders::give(model, order, effects),
        A::Log(what) => log::act(model, what, effects),
        A::Search(what) => search::act(model, what),
        A::Select(what) => selection::act(model, what, effects),
        A::NextPane | A::PreviousPane => switch_pane(model),
        A::Zoom => model.zoom = !model.zoom,
        A::Back => back(model),
        // What it means where there is a terminal was done above.
        A::Attach => {}
        A::Together => together::toggle(model),
        A::OpenLog | A::Details
            if model.screen == Screen::Main && model.selected().is_none() && model.together.is_none() =>
        {
            model.journal.say(model.now, Tone::Warn, "no process is selected");
        }
        A::OpenLog => {
            together::leave(model);
            (model.screen, model.pane, model.zoom) = (Screen::Main, Pane::Log, true);
        }
        A::Details => show(model, Screen::Details),
        A::Events => show(model, Screen::Events),
        A::Help => finder::open_help(model),
        A::Palette => finder::open_palette(model),
        A::Filter => entry::open_filter(model),
        A::Input => entry::open_input(model),
        A::New => entry::open_new(model),
        A::Pid => bare::open(model),
        A::Edit => edit::open(model, effects),
        A::RestartMenu => menus::open_restart(model),
        A::SignalMenu => menus::open_signals(model),
        A::CopyMenu => menus::open_copy(model),
        A::Quit => menus::open_quit(model, effects),
        A::StopAllAndQuit => menus::open_stop_all(model, effects),
        A::Interrupt => menus::interrupt(model, effects),
        A::Redraw => effects.push(Effect::Redraw),
        A::Suspend if model.leaving.is_some() || model.snapshot.shutting_down.is_some() => {
            model.journal.say(model.now, Tone::Warn, "everything is being stopped, and pm leaves after that");
        }
        A::Suspend => effects.push(Effect::Suspend),
        A::ToggleMouse => toggle_mouse(model, effects),
    }
}

/// Moves in whatever has the keys.
fn travel(model: &mut Model, step: Move) {
    match model.context() {
        Context::Table | Context::Everywhere => table::travel(model, step),
        Context::Log => log::travel(model, step),
        Context::Selecting => selection::travel(model, step),
        Context::Reading => read(model, step),
    }
}

/// Moves in details and events. The views clamp to what there is, so an overshoot must not be remembered.
fn read(model: &mut Model, step: Move) {
    let page = usize::from(model.areas().reading.height).max(1);
    let last = crate::tui::view::reading_length(model).saturating_sub(page);
    let top = model.reading_top.min(last);
    model.reading_top = match step {
        Move::Up => top.saturating_sub(1),
        Move::Down => (top + 1).min(last),
        Move::PageUp => top.saturating_sub(page),
        Move::PageDown => (top + page).min(last),
        Move::Top => 0,
        Move::Bottom => usize::MAX,
    };
    // The end of the events is wherever the newest one is.
    if model.screen == Screen::Events && model.reading_top >= last {
        model.reading_top = usize::MAX;
    }
}

fn switch_pane(model: &mut Model) {
    model.screen = Screen::Main;
    model.pane = match model.pane {
        Pane::Table => Pane::Log,
        Pane::Log => Pane::Table,
    };
}

fn show(model: &mut Model, screen: Screen) {
    model.screen = if model.screen == screen { Screen::Main } else { screen };
    // Events are read from the newest, details from the top.
    model.reading_top = if model.screen == Screen::Events { usize::MAX } else { 0 };
}

/// Closes one layer: details or events, a find, a search, the filter of the log, the logs of several, then the zoom and the log pane, the filter, the marks.
fn back(model: &mut Model) {
    if model.screen != Screen::Main {
        model.screen = Screen::Main;
    } else if model.pane == Pane::Log && model.log.searches.stop_find() {
        model.journal.say(model.now, Tone::Info, "the search was called off");
    } else if model.pane == Pane::Log && model.log.searches.now.is_some() {
        model.log.clear_search();
    } else if model.pane == Pane::Log && model.log.look.filter.is_some() {
        super::only::show(model, None);
    } else if together::leave(model) {
        // That was one layer.
    } else if model.zoom || model.pane == Pane::Log {
        (model.zoom, model.pane) = (false, Pane::Table);
    } else if !model.table.filter_text.is_empty() {
        table::set_filter(model, "");
    } else {
        model.table.marks.clear();
    }
}

fn toggle_mouse(model: &mut Model, effects: &mut Vec<Effect>) {
    model.mouse = !model.mouse;
    effects.push(Effect::CaptureMouse(model.mouse));
    let text = if model.mouse {
        "mouse: wheel scrolls, click selects; F2 gives it back to the terminal"
    } else {
        "mouse: the terminal has it, to select text; F2 takes it back"
    };
    model.journal.say(model.now, Tone::Info, text);
}
