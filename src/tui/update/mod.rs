//! The pure middle: a message comes in, the model changes, effects go out. No clock, no file, no await.

pub mod bare;
pub mod clear;
pub mod edit;
pub mod entry;
pub mod finder;
pub mod keys;
pub mod late;
mod late_lines;
pub mod levels;
pub mod list;
pub mod log;
pub mod menus;
pub mod mouse;
pub mod only;
pub mod orders;
pub mod picked;
pub mod press;
pub mod save;
pub mod search;
pub mod selection;
pub mod survey;
pub mod table;
pub mod terminal;
pub mod together;
pub mod world;

#[cfg(test)]
mod tests;

use crate::domain::Timestamp;

use super::layout::Screen;
use super::message::{Effect, Msg};
use super::model::Model;
use super::page::Job;

/// Handles one message at the time `now`.
pub fn update(model: &mut Model, now: Timestamp, msg: Msg) -> Vec<Effect> {
    model.now = now;
    let mut effects = Vec::new();
    if model.journal.fade(now) {
        model.dirty = true;
    }
    match msg {
        Msg::Key(key) if late_lines::hold(model, key) => {}
        Msg::Key(key) => {
            model.log.forget_copied();
            keys::press(model, key, &mut effects);
        }
        Msg::Mouse(what, column, row) => {
            if !terminal::mouse(model, what, column, row, &mut effects) {
                mouse::act(model, what, (column, row), &mut effects);
            }
        }
        Msg::Pointer(pointer) => terminal::point(model, pointer, &mut effects),
        Msg::Paste(text) => {
            if !terminal::paste(model, &text, &mut effects) {
                entry::paste(model, &text);
            }
        }
        Msg::Resize(width, height) => world::resize(model, width, height),
        Msg::Focus(focused) => {
            model.focused = focused;
            terminal::focus(model, focused, &mut effects);
        }
        Msg::Snapshot(snapshot) => world::take_snapshot(model, snapshot),
        Msg::Event(event) => {
            model.journal.record(&event);
            model.dirty |= model.screen == Screen::Events;
        }
        Msg::EventsLost(count) => world::events_lost(model, count),
        Msg::Page(request, page) => {
            model.log.take_page(&request, page);
            terminal::pay(model);
            model.dirty = true;
        }
        Msg::Terminal(number, news) => terminal::hear(model, number, news, &mut effects),
        Msg::InputRefused(refusal) => terminal::input_refused(model, &refusal),
        Msg::Attach => terminal::attach(model, &mut effects),
        Msg::Finding(ticket, percent) => model.dirty |= model.log.take_progress(ticket, percent),
        Msg::Found(ticket, found) => search::take_found(model, ticket, found),
        Msg::Counted(counted) => search::take_count(model, counted),
        Msg::Printed(viewer, printed) => log::take_printed(model, viewer, printed, &mut effects),
        Msg::Viewed(viewer, outcome) => log::take_viewed(model, viewer, outcome),
        Msg::Levels(counted) => levels::take(model, counted),
        Msg::DiskUse(name, taken) => model.dirty |= model.disk.take(name, taken),
        Msg::Cleared(name, cleared) => clear::take_cleared(model, &name, cleared),
        Msg::Saved(request, saved) => save::take_saved(model, request, saved),
        Msg::Surveyed(found) => survey::take_found(model, found),
        Msg::Excerpt(excerpt) => selection::take_excerpt(model, excerpt, &mut effects),
        Msg::Clipped(bytes, outcome) => selection::take_clipped(model, bytes, outcome),
        Msg::Looked(pid, seen) => bare::take_looked(model, pid, seen.as_deref()),
        Msg::Swept(pid, outcome) => bare::take_swept(model, pid, outcome),
        Msg::Reply(id, reply) => world::take_reply(model, id, reply),
        Msg::Tick => model.dirty = true,
        Msg::Resumed(result) => world::resumed(model, result),
        Msg::SupervisorGone => world::supervisor_gone(model, &mut effects),
        Msg::Successor(found) => world::take_successor(model, found),
        Msg::SteppedBack(snapshot) => world::stepped_back(model, snapshot),
    }
    settle(model, &mut effects);
    while let Some(key) = late_lines::release(model) {
        keys::press(model, key, &mut effects);
        settle(model, &mut effects);
    }
    effects
}

/// The log of the selected process, or those that are read together.
fn show_log(model: &mut Model) {
    if let Some(together) = &model.together {
        let rows = model.snapshot.rows.iter().enumerate();
        model.log.show_joined(rows.filter(|(_, row)| together.holds(row.name())));
    } else {
        let row = model.selected().cloned();
        model.log.show(row.as_deref());
    }
}

/// Brings everything that follows from something else up to date, so that views only have to look.
fn settle(model: &mut Model, effects: &mut Vec<Effect>) {
    let areas = model.areas();
    model.table.keep_in_view(usize::from(areas.table.height));
    show_log(model);
    model.log.resize(areas.log.width, areas.log.height);
    terminal::settle(model, effects);
    if !model.shows_terminal() {
        let request = model.log.next_request().or_else(|| {
            // The lines that are there are the newest; what is scrolled now may need others.
            terminal::pay(model);
            model.log.next_request()
        });
        effects.extend(request.map(|request| Effect::Job(Job::Page(request))));
    }
    levels::settle(model);
    effects.extend(levels::next(model, &areas).map(Effect::Job));
    let in_details = model.selected().filter(|_| model.screen == Screen::Details).cloned();
    effects.extend(model.disk.next(model.now, in_details.as_deref()).map(Effect::Job));
    effects.extend(model.log.take_jobs().into_iter().map(Effect::Job));
}
