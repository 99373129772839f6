//! Help and palette: both are the key table, found by typing, and enter does what the found line says.

use crossterm::event::{Event, KeyCode};
use tui_input::Input;
use tui_input::backend::crossterm::EventHandler;

use crate::tui::action::Action;
use crate::tui::key::Key;
use crate::tui::keymap::{Binding, Context, TABLE};
use crate::tui::layout::{Pane, Screen};
use crate::tui::message::Effect;
use crate::tui::model::Model;
use crate::tui::model::entry::{Finder, FinderKind, is_runnable};

use super::{entry, keys, list};

/// Opens the help for the pane that has the keys.
pub fn open_help(model: &mut Model) {
    open(model, FinderKind::Help);
}

/// Opens the list of all actions.
pub fn open_palette(model: &mut Model) {
    open(model, FinderKind::Palette);
}

fn open(model: &mut Model, kind: FinderKind) {
    model.finder = Some(Finder { kind, input: Input::default(), focused: 0, found: Vec::new() });
    search(model);
}

/// A key while help or palette is open.
#[allow(clippy::wildcard_enum_match_arm, reason = "a foreign enum; all its other keys mean nothing here")]
pub fn press(model: &mut Model, key: Key, effects: &mut Vec<Effect>) {
    model.dirty = true;
    if list::press(model, key) {
        return;
    }
    let Some(finder) = &mut model.finder else { return };
    match key.code {
        KeyCode::Esc => model.finder = None,
        KeyCode::F(1) if finder.kind == FinderKind::Help => model.finder = None,
        KeyCode::Char('?') if finder.kind == FinderKind::Help && finder.input.value().is_empty() => model.finder = None,
        KeyCode::Tab => _ = list::step(model, 1),
        KeyCode::Enter => run(model, effects),
        _other => {
            let changed = finder.input.handle_event(&Event::Key(entry::event(key)));
            // Another text finds others, of which the best is meant.
            if changed.is_some_and(|changed| changed.value) {
                finder.focused = 0;
            }
            search(model);
        }
    }
}

/// Works out what the typed text finds.
pub fn search(model: &mut Model) {
    let context = model.context();
    let Some(finder) = &mut model.finder else { return };
    let wanted = finder.input.value().to_lowercase();
    let in_kind = |binding: &Binding| finder.kind == FinderKind::Help || is_offered(binding, context);
    let all: Vec<(usize, u32)> = (0..TABLE.len())
        .filter(|at| in_kind(&TABLE[*at]))
        .filter_map(|at| score(&TABLE[at], &wanted).map(|score| (at, score)))
        .collect();
    let mut found = all.clone();
    // The help keeps the keys of a pane together: the pane with the best match first, and in it the best match.
    let best = |of: Context, score: u32| match finder.kind {
        FinderKind::Help => all.iter().filter(|(at, _)| TABLE[*at].context == of).map(|(_, score)| *score).min(),
        FinderKind::Palette => Some(score),
    };
    // What was run last is wanted again soonest. The help is read, and stays in order.
    let recent: &[Action] = if finder.kind == FinderKind::Palette { &model.recent } else { &[] };
    let recency = |action: Action| recent.iter().position(|used| *used == action).unwrap_or(recent.len());
    found.sort_by_cached_key(|(at, score)| {
        let of = TABLE[*at].context;
        (best(of, *score), recency(TABLE[*at].action), place(of, context), *score)
    });
    finder.found = found.into_iter().map(|(at, _)| at).collect();
    finder.focused = finder.focused.min(finder.found.len().saturating_sub(1));
}

/// The palette offers each action once: as the pane with the keys binds it, else as another pane does.
fn is_offered(binding: &Binding, context: Context) -> bool {
    let nearer = |other: &&Binding| {
        other.action == binding.action && place(other.context, context) < place(binding.context, context)
    };
    is_runnable(binding.action) && !TABLE.iter().any(|other| nearer(&other))
}

/// The pane that has the keys comes first.
const fn place(of: Context, context: Context) -> u8 {
    match of {
        _same if of as u8 == context as u8 => 0,
        Context::Everywhere => 1,
        Context::Table => 2,
        Context::Log => 3,
        Context::Selecting => 4,
        Context::Reading => 5,
    }
}

/// How well a line matches, lower is better: in one piece before letter by letter; the name of a key before all.
fn score(binding: &Binding, wanted: &str) -> Option<u32> {
    if wanted.is_empty() {
        return Some(0);
    }
    if binding.keys.iter().any(|key| key.to_string().to_lowercase() == wanted) {
        return Some(0);
    }
    let text = format!("{} {}", binding.label, binding.help).to_lowercase();
    if let Some(at) = text.find(wanted) {
        return Some(1 + at as u32);
    }
    let mut gaps = 0;
    let mut rest = text.chars();
    for letter in wanted.chars() {
        gaps += rest.by_ref().position(|c| c == letter)? as u32;
    }
    Some(1000 + gaps)
}

/// What is asked of the processes that are meant, and shows nothing of a pane.
const fn is_about_targets(action: Action) -> bool {
    matches!(action, Action::Order(_) | Action::SignalMenu | Action::RestartMenu)
}

/// Does what the focused line says, in the pane it belongs to.
pub fn run(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(finder) = model.finder.take() else { return };
    let Some(binding) = finder.found.get(finder.focused).map(|at| &TABLE[*at]) else { return };
    if !is_runnable(binding.action) {
        return;
    }
    if finder.kind == FinderKind::Palette {
        model.recent.retain(|used| *used != binding.action);
        model.recent.insert(0, binding.action);
    }
    match binding.context {
        // About the process whose details or log one is looking at.
        Context::Table if is_about_targets(binding.action) && model.screen != Screen::Events => {}
        Context::Table => (model.screen, model.pane) = (Screen::Main, Pane::Table),
        Context::Log | Context::Selecting => (model.screen, model.pane) = (Screen::Main, Pane::Log),
        Context::Reading if model.screen == Screen::Main => model.screen = Screen::Details,
        Context::Reading | Context::Everywhere => {}
    }
    let key = binding.keys.first().copied().unwrap_or(Key::code(KeyCode::Null));
    keys::act(model, binding.action, key, effects);
}
