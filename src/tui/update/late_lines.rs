//! Keys that come faster than the lines they are about: they wait for the page, so that what is selected, copied or scrolled is what
//! will be in view, however quickly somebody types and however slow the disk is.

use crossterm::event::KeyCode;

use crate::tui::action::{Action as A, LogAction as L};
use crate::tui::key::Key;
use crate::tui::keymap::{Context, lookup};
use crate::tui::model::Model;

/// So many keys wait at most; nobody types more before a page comes.
const MOST: usize = 256;

/// Keeps the key for when the lines are there. The ways out are never kept: esc forgets what waits.
pub fn hold(model: &mut Model, key: Key) -> bool {
    if key == Key::ctrl('c') {
        return false;
    }
    if key == Key::code(KeyCode::Esc) {
        model.held.clear();
        return false;
    }
    let waits = !model.held.is_empty() || (model.log.is_arriving() && is_about_lines(model, key));
    if waits && model.held.len() < MOST {
        model.held.push_back(key);
    }
    waits
}

/// The next key that need not wait any more.
pub fn release(model: &mut Model) -> Option<Key> {
    if model.log.is_arriving() { None } else { model.held.pop_front() }
}

fn is_about_lines(model: &Model, key: Key) -> bool {
    let is_covered = model.entry.is_some() || model.menu.is_some() || model.results.is_some() || model.finder.is_some();
    if is_covered || model.terminal.attached.is_some() {
        return false;
    }
    let Some(binding) = lookup(model.context(), key) else { return false };
    let is_move = matches!(binding.action, A::Move(_) | A::Sideways(_));
    is_of_lines(binding.action) || is_move && matches!(model.context(), Context::Log | Context::Selecting)
}

const fn is_of_lines(action: A) -> bool {
    matches!(
        action,
        A::Scroll(_)
            | A::Select(_)
            | A::Log(
                L::CopyVisible | L::Mark | L::ToMark | L::PreviousRun | L::NextRun | L::Pager | L::Editor | L::Save
            )
    )
}
