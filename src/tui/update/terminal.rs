//! The terminal pane: attaching the keyboard and leaving, keys and mouse on their way to the child, the live screen and the
//! kept log, and what the feed is to be told.

use std::sync::Arc;
use std::time::Duration;

use ratatui::layout::Rect;

use crate::domain::{Refusal, Row};
use crate::emulator::keys;
use crate::emulator::picture::{Modes, Pointing};
use crate::emulator::pointer::Pointer;
use crate::emulator::{Picture, Size};
use crate::tui::action::{Action as A, LogAction, Move, Scroll};
use crate::tui::feed::{News, Order, Watched};
use crate::tui::key::Key;
use crate::tui::keymap::Context;
use crate::tui::layout::{Pane, Screen};
use crate::tui::message::{Effect, Mouse};
use crate::tui::model::journal::Tone;
use crate::tui::model::terminal::{Attached, History, SECOND_KEY_WITHIN, Watching, has_terminal, is_live};
use crate::tui::model::{Model, Succession};
use crate::tui::options::Leave;

use super::mouse::notch;
use super::press::press_of;
use super::{late, picked};

/// So long after a key what comes is taken for its echo, and drawn at once.
const ECHO_WITHIN: Duration = Duration::from_millis(100);

/// Attaches the keyboard to the selected process, or says why that cannot be.
pub fn attach(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(row) = model.selected().cloned() else {
        return model.journal.say(model.now, Tone::Warn, "no process is selected");
    };
    let name = row.name();
    let why_not = if !row.spec.tty {
        format!("{name} has no terminal to attach to: set `tty = true` for it, then restart it; i sends it a line")
    } else if !is_live(&row) {
        format!("{name} is {}, so there is nothing to attach to; s starts it", row.phase.word().in_a_sentence())
    } else if model.gone_since.is_some() {
        "attach: the supervisor is gone; q leaves, `pm up -d` starts one that adopts what runs".to_owned()
    } else {
        super::together::leave(model);
        let before = (model.pane, model.zoom);
        (model.screen, model.pane, model.zoom) = (Screen::Main, Pane::Log, true);
        model.terminal.history = None;
        model.terminal.attached = Some(Attached {
            name: name.clone(),
            before,
            leaves_at: None,
            is_seated: None,
            held: Vec::new(),
            typed_at: model.now,
            tracked: Pointing::Nothing,
        });
        return;
    };
    model.journal.say(model.now, Tone::Warn, why_not);
    if model.solo.is_some() {
        effects.push(Effect::Quit(Leave::Ended));
    }
}

/// The keys are the dashboard's again; where there is nothing else to see, that is the end.
pub fn detach(model: &mut Model, effects: &mut Vec<Effect>, leave: Leave) {
    let Some(attached) = model.terminal.attached.take() else { return };
    model.dirty = true;
    model.terminal.history = None;
    if attached.tracked > Pointing::Nothing {
        effects.push(Effect::CaptureMouse(model.mouse));
    }
    if model.solo.is_some() {
        effects.push(Effect::Quit(leave));
    } else {
        (model.pane, model.zoom) = attached.before;
    }
}

/// The process that gets the keys gets this one; or it is one of those that are for us.
pub fn press(model: &mut Model, key: Key, effects: &mut Vec<Effect>) -> bool {
    let Some(attached) = &mut model.terminal.attached else { return late::takes(model) };
    model.dirty = true;
    let had_left = attached.leaves_at.take().is_some();
    if key == Key::function(12) {
        detach(model, effects, Leave::Detach);
    } else if is_way_out(key) && !had_left {
        attached.leaves_at = Some(model.now + SECOND_KEY_WITHIN);
    } else if had_left && !is_way_out(key) {
        // Whoever pressed it went on as if they had left, and so they have.
        detach(model, effects, Leave::Detach);
        return model.solo.is_some();
    } else if let Some(rows) = paging(model, key) {
        scroll(model, rows);
    } else if let Some(press) = press_of(key) {
        let bytes = press.encode(modes_of(model));
        type_bytes(model, bytes, effects);
    }
    true
}

/// ctrl-], which reaches us as ctrl-5: they are the same byte.
fn is_way_out(key: Key) -> bool {
    key == Key::ctrl(']') || key == Key::ctrl('5')
}

/// Shift with a page key looks at what was printed before, as in other terminals.
fn paging(model: &Model, key: Key) -> Option<isize> {
    use crossterm::event::KeyCode;
    let page = (isize::from(model.areas().log.height as i16) - 1).max(1);
    if key == Key::shift(KeyCode::PageUp) {
        Some(-page)
    } else if key == Key::shift(KeyCode::PageDown) {
        Some(page)
    } else {
        None
    }
}

fn type_bytes(model: &mut Model, bytes: Vec<u8>, effects: &mut Vec<Effect>) {
    let now = model.now;
    if bytes.is_empty() {
        return;
    }
    // Whoever types wants to see what it does.
    (model.terminal.history, model.terminal.picked) = (None, None);
    if let Some(attached) = &mut model.terminal.attached {
        attached.typed_at = now;
        if attached.is_seated.is_none() {
            attached.held.extend(bytes);
            return;
        }
        effects.push(Effect::Type(attached.name.clone(), bytes));
        effects.push(Effect::Feed(Order::Typed));
    }
}

fn modes_of(model: &Model) -> Modes {
    model.terminal.picture.as_ref().map_or_else(Modes::default, |picture| picture.modes)
}

/// Pasted text for the child. False when it is not the child's.
pub fn paste(model: &mut Model, text: &str, effects: &mut Vec<Effect>) -> bool {
    if model.terminal.attached.is_none() {
        return late::takes(model);
    }
    let bytes = keys::paste(text, modes_of(model));
    type_bytes(model, bytes, effects);
    true
}

/// The window got or lost the focus: the child may want to know.
pub fn focus(model: &mut Model, focused: bool, effects: &mut Vec<Effect>) {
    if let (Some(attached), Some(bytes)) = (&model.terminal.attached, keys::focus(focused, modes_of(model))) {
        effects.push(Effect::Type(attached.name.clone(), bytes.to_vec()));
    }
}

/// The mouse did something, and the child wants to know of such things: it is told where in its own cells.
pub fn point(model: &mut Model, pointer: Pointer, effects: &mut Vec<Effect>) {
    let (area, wanted) = (model.areas().log, modes_of(model));
    let is_inside = area.contains((pointer.column, pointer.row).into());
    if model.terminal.pointing() == Pointing::Nothing || !is_inside {
        return;
    }
    let (first_row, first_column) = model.terminal.picture.as_ref().map_or((0, 0), |p| origin(p, area));
    let (column, row) = (pointer.column - area.x + first_column, pointer.row - area.y + first_row);
    let bytes = Pointer { column, row, ..pointer }.encode(wanted);
    type_bytes(model, bytes, effects);
}

/// The first row and column of the picture that are shown in a pane of this size, where it is too small for all of it: so
/// that the cursor is seen; else the top of a program that draws on the whole screen, and the end of what others printed.
pub fn origin(picture: &Picture, pane: Rect) -> (u16, u16) {
    let last = match picture.cursor {
        Some((row, _)) => row,
        None if picture.modes.alternate_screen => 0,
        None => (0..picture.size.rows).rev().find(|row| !picture.is_blank(*row)).unwrap_or(0),
    };
    let column = picture.cursor.map_or(0, |(_, column)| column);
    let first = |last: u16, room: u16, size: u16| (last + 1).saturating_sub(room).min(size.saturating_sub(room));
    (first(last, pane.height, picture.size.rows), first(column, pane.width, picture.size.cols))
}

/// The mouse over a live terminal. The wheel sends arrows to a program that draws on the whole screen, and else shows what
/// was printed before. False when the mouse is not the terminal's.
pub fn mouse(model: &mut Model, what: Mouse, column: u16, row: u16, effects: &mut Vec<Effect>) -> bool {
    let rows = notch(what).unwrap_or(0);
    // What lies on top of it has the mouse.
    if model.menu.is_some() || model.results.is_some() || model.finder.is_some() {
        return false;
    }
    let is_over = model.areas().log.contains((column, row).into()) && model.shows_terminal();
    let is_dragging = model.terminal.pressed.is_some() && what != Mouse::Press;
    if rows == 0 && (is_over || is_dragging) {
        model.pane = Pane::Log;
        picked::mouse(model, what, (column, row), effects);
    }
    if rows == 0 || !is_over {
        return is_over || is_dragging || model.terminal.attached.is_some();
    }
    let wanted = modes_of(model);
    if model.terminal.attached.is_some() && wanted.alternate_screen && wanted.wheel_as_arrows {
        let key = if rows < 0 { keys::KeyName::Up } else { keys::KeyName::Down };
        let bytes = keys::Press::plain(key).encode(wanted).repeat(rows.unsigned_abs());
        type_bytes(model, bytes, effects);
    } else {
        scroll(model, rows);
    }
    model.dirty = true;
    true
}

/// What an action means for a live terminal, or for the log in its place. False when it means what it always means.
pub fn act(model: &mut Model, action: A, effects: &mut Vec<Effect>) -> bool {
    if action == A::Attach || (action == A::OpenLog && model.selected().is_some_and(|row| is_live(row))) {
        attach(model, effects);
        return true;
    }
    let in_log = model.context() == Context::Log;
    if model.terminal.history.is_some() {
        let is_back = action == A::Back && model.log.searches.now.is_none();
        let is_end = action == A::Move(Move::Bottom);
        let is_way_back = action == A::Log(LogAction::Follow) || in_log && (is_back || is_end);
        if is_way_back {
            model.terminal.history = None;
        }
        return is_way_back;
    }
    if !model.shows_terminal() {
        return false;
    }
    if picked::act(model, action, effects) {
        return true;
    }
    if action == A::Log(LogAction::CopyVisible) {
        copy(model, effects);
        return true;
    }
    if let Some(rows) = rows_back(model, action) {
        scroll(model, rows);
        return true;
    }
    if in_log && matches!(action, A::Log(_) | A::Search(_)) {
        // These are about the lines of the log, so that is what is shown.
        scroll(model, 0);
        return false;
    }
    // Below the live screen there is nothing.
    matches!(action, A::Scroll(_)) || in_log && matches!(action, A::Move(_))
}

/// How far an action goes back from the live screen into what was printed before.
fn rows_back(model: &Model, action: A) -> Option<isize> {
    let page = (isize::from(model.areas().log.height as i16) - 1).max(1);
    let in_log = model.context() == Context::Log;
    let of_keys =
        [(Move::Up, -1), (Move::PageUp, -page), (Move::Top, isize::MIN / 2)].map(|(m, rows)| (A::Move(m), rows));
    let anywhere =
        [(A::Scroll(Scroll::Up), -1), (A::Scroll(Scroll::HalfUp), -(page / 2).max(1)), (A::Log(LogAction::Follow), 0)];
    let all = of_keys.into_iter().filter(|_| in_log).chain(anywhere);
    all.into_iter().find(|(known, _)| *known == action).map(|(_, rows)| rows)
}

/// Copies what the terminal shows.
fn copy(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(picture) = &model.terminal.picture else { return };
    let text = picture.all_text() + "\n";
    super::log::copy(model, text, "the screen of the terminal", effects);
}

/// Scrolls in the kept log, leaving the live screen where it is shown.
fn scroll(model: &mut Model, rows: isize) {
    if model.terminal.history.is_some() {
        model.log.scroll(rows);
    } else if rows <= 0 {
        model.log.follow_now();
        model.terminal.history = Some(History { owed: rows, has_moved: false });
    }
}

/// Lines of the log have come: what was owed is scrolled now.
pub fn pay(model: &mut Model) {
    let Some(history) = model.terminal.history else { return };
    if !history.has_moved && !model.log.lines.is_empty() {
        match history.owed {
            0 => model.log.pause(),
            rows if rows < isize::MIN / 4 => model.log.go_to_start(),
            rows => model.log.scroll(rows),
        }
        model.terminal.history = Some(History { owed: 0, has_moved: true });
    }
}

/// The feed says something. News of what is no longer in view change nothing.
pub fn hear(model: &mut Model, number: u64, news: News, effects: &mut Vec<Effect>) {
    let Some(watching) = model.terminal.watched.as_ref().filter(|_| model.terminal.number == number) else { return };
    match news {
        News::Picture(picture) => {
            model.terminal.picture = Some(picture);
            (model.terminal.is_undrawn, model.dirty) = (true, true);
            track_pointer(model, effects);
        }
        News::Answer(bytes) => effects.push(Effect::Type(watching.name.clone(), bytes)),
        News::Resize(size) => effects.push(Effect::GiveSize(watching.name.clone(), size)),
        News::Seated(ours) => {
            if let Some(attached) = &mut model.terminal.attached {
                model.dirty |= attached.is_seated != Some(ours);
                attached.is_seated = Some(ours);
                let held = std::mem::take(&mut attached.held);
                type_bytes(model, held, effects);
            }
        }
        News::Failed(why) => {
            model.terminal.failed = Some(why);
            // What cannot be seen can still be typed at.
            if let Some(attached) = &mut model.terminal.attached {
                attached.is_seated = attached.is_seated.or(Some(false));
                let held = std::mem::take(&mut attached.held);
                type_bytes(model, held, effects);
            }
            model.dirty = true;
        }
    }
}

/// The terminal we are at reports what the child wants to know, and no more.
fn track_pointer(model: &mut Model, effects: &mut Vec<Effect>) {
    let wanted = if model.mouse { model.terminal.pointing() } else { Pointing::Nothing };
    if let Some(attached) = &mut model.terminal.attached
        && attached.tracked != wanted
    {
        attached.tracked = wanted;
        effects.push(Effect::TrackPointer(wanted));
    }
}

/// What arrives now is likely the echo of a key, and is not kept waiting.
pub fn is_echo(model: &Model) -> bool {
    model.terminal.attached.as_ref().is_some_and(|attached| model.now.since(attached.typed_at) < ECHO_WITHIN)
}

/// Typing was refused.
pub fn input_refused(model: &mut Model, refusal: &Refusal) {
    model.journal.say(model.now, Tone::Error, format!("input refused: {refusal}"));
    model.dirty = true;
}

/// Brings everything up to date that follows from what changed elsewhere.
pub fn settle(model: &mut Model, effects: &mut Vec<Effect>) {
    leave_when_it_is_time(model, effects);
    late::settle(model);
    picked::settle(model);
    if model.terminal.history.is_some_and(|history| history.has_moved) && model.log.follow {
        model.terminal.history = None;
        model.dirty = true;
    }
    let wanted = wanted(model);
    match (model.terminal.watched.clone(), wanted) {
        (Some(before), Some(now)) if is_same(&before, &now) => tell_changes(model, &before, now, effects),
        (None, None) => {}
        (_, wanted) => watch(model, wanted, effects),
    }
}

fn leave_when_it_is_time(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(attached) = &model.terminal.attached else { return };
    let name = attached.name.clone();
    if model.gone_since.is_some() && model.succession != Succession::Seeking {
        detach(model, effects, Leave::SupervisorGone);
    } else if !model.row(&name).is_some_and(|row| is_live(row)) {
        late::begin(model, &name);
        detach(model, effects, Leave::Ended);
    } else if attached.leaves_at.is_some_and(|at| at <= model.now) {
        detach(model, effects, Leave::Detach);
    }
}

/// The same run; one that has become live since is shown anew, because it can be given a size now.
fn is_same(before: &Watching, now: &Watching) -> bool {
    (&before.name, &before.dir) == (&now.name, &now.dir) && (before.is_live || !now.is_live)
}

/// What is to be watched now.
fn wanted(model: &Model) -> Option<Watching> {
    let area = model.areas().log;
    let row: &Arc<Row> = model.selected().filter(|row| has_terminal(row) && model.together.is_none())?;
    let run = row.run.as_ref()?;
    (!area.is_empty() && model.screen == Screen::Main).then(|| Watching {
        name: row.name().clone(),
        dir: run.dir.clone(),
        is_live: is_live(row),
        end: run.log_end,
        size: run.screen.map(|(rows, cols)| Size { rows, cols }),
        pane: Size { rows: area.height, cols: area.width },
        keyboard: model.terminal.attached_to() == Some(row.name()),
    })
}

fn watch(model: &mut Model, wanted: Option<Watching>, effects: &mut Vec<Effect>) {
    let terminal = &mut model.terminal;
    terminal.number += 1;
    (terminal.picture, terminal.failed, terminal.is_undrawn) = (None, None, false);
    if terminal.attached.is_none() {
        terminal.history = None;
    }
    let number = terminal.number;
    effects.push(Effect::Feed(Order::Watch(wanted.as_ref().map(|watching| Watched {
        number,
        dir: watching.dir.clone(),
        is_live: watching.is_live,
        size: watching.size,
        pane: watching.pane,
    }))));
    if wanted.as_ref().is_some_and(|watching| watching.keyboard) {
        effects.push(Effect::Feed(Order::Keyboard(true)));
    }
    terminal.watched = wanted;
}

fn tell_changes(model: &mut Model, before: &Watching, now: Watching, effects: &mut Vec<Effect>) {
    if let Some(size) = now.size.filter(|_| before.size != now.size) {
        effects.push(Effect::Feed(Order::Resized(size)));
    }
    let is_left = before.keyboard && !now.keyboard;
    if is_left {
        // What follows from leaving is no wish for another size: the program keeps the one it has.
    } else if before.pane != now.pane {
        effects.push(Effect::Feed(Order::Fit(now.pane)));
        if model.terminal.attached.as_ref().is_some_and(|attached| attached.is_seated == Some(true)) {
            // At once, so that keys pressed after it arrive after it.
            effects.push(Effect::GiveSize(now.name.clone(), now.pane));
        }
    }
    // After the size: what is typed first finds the terminal as large as it will be.
    if before.keyboard != now.keyboard {
        effects.push(Effect::Feed(Order::Keyboard(now.keyboard)));
    }
    if before.end != now.end {
        effects.push(Effect::Feed(Order::Grown));
    }
    let is_live = before.is_live || now.is_live;
    model.terminal.watched = Some(Watching { is_live, ..now });
}
