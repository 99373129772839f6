//! Reading in the log pane: scrolling, following, jumping, what is shown of the lines, copying.

use std::io;
use std::path::PathBuf;

use crate::logs::lines::StreamFilter;
use crate::tui::action::{LogAction, Move, Scroll, Sideways};
use crate::tui::clipboard::TERMINAL_BYTES_MAX;
use crate::tui::message::Effect;
use crate::tui::model::Model;
use crate::tui::model::journal::Tone;
use crate::tui::model::log::columns::Times;
use crate::tui::model::log::marks::Marking;
use crate::tui::page::{Job, Json, Target};
use crate::tui::viewer::Viewer;

use super::edit;

/// Moves in the log when it has the keys.
pub fn travel(model: &mut Model, step: Move) {
    let page = (model.log.size.1 as isize - 1).max(1);
    match step {
        Move::Up => model.log.scroll(-1),
        Move::Down => model.log.scroll(1),
        Move::PageUp => model.log.scroll(-page),
        Move::PageDown => model.log.scroll(page),
        Move::Top => model.log.go_to_start(),
        Move::Bottom => model.log.follow_now(),
    }
}

/// Scrolls without having the keys.
pub fn scroll(model: &mut Model, step: Scroll) {
    let half = (model.log.size.1 as isize / 2).max(1);
    model.log.scroll(match step {
        Scroll::Up => -1,
        Scroll::Down => 1,
        Scroll::HalfUp => -half,
        Scroll::HalfDown => half,
    });
}

/// Scrolls sideways by half a page or by ten columns.
pub fn sideways(model: &mut Model, step: Sideways) {
    if model.log.wrap {
        let text = "long lines are wrapped, so there is nothing to the side; w turns wrapping off";
        model.journal.say(model.now, Tone::Info, text);
        return;
    }
    let half = (isize::from(model.log.text_width() as i16) / 2).max(1);
    model.log.scroll_sideways(match step {
        Sideways::Left => -half,
        Sideways::Right => half,
        Sideways::LeftLittle => -10,
        Sideways::RightLittle => 10,
    });
}

/// What only the log pane can do.
pub fn act(model: &mut Model, action: LogAction, effects: &mut Vec<Effect>) {
    if super::together::refuse(model, action) {
        return;
    }
    match action {
        LogAction::Follow => toggle_follow(model),
        LogAction::Wrap => model.log.toggle_wrap(),
        LogAction::Timestamps => next_times(model),
        LogAction::Numbers => model.log.change_look(|look| look.numbers = !look.numbers),
        LogAction::Streams => next_streams(model),
        LogAction::PreviousRun => previous_run(model),
        LogAction::NextRun => next_run(model),
        LogAction::Mark => toggle_mark(model),
        LogAction::ToMark => to_mark(model),
        LogAction::GoTo => super::entry::open_go_to(model),
        LogAction::Only => super::only::open(model),
        LogAction::Context => super::only::next_context(model),
        LogAction::CopyError => copy_error(model, effects),
        LogAction::Fold => fold(model),
        LogAction::Pager => print(model, Viewer::Pager, effects),
        LogAction::Editor => print(model, Viewer::Editor, effects),
        LogAction::Save => super::save::open(model),
        LogAction::Clear => super::clear::open(model),
        LogAction::Survey => super::survey::open(model),
        LogAction::CopyVisible => copy_visible(model, effects),
    }
}

/// Follows, or stays.
fn toggle_follow(model: &mut Model) {
    if model.log.follow { model.log.pause() } else { model.log.follow_now() }
}

/// Counted from the beginning of a run only where there is one.
const fn next_times(model: &mut Model) {
    model.log.times = match (model.log.times.next(), &model.together) {
        (Times::SinceStart, Some(_)) => Times::Off,
        (times, _) => times,
    };
}

fn next_streams(model: &mut Model) {
    if let Some(row) = model.selected().filter(|row| row.spec.tty && model.together.is_none()) {
        let text = format!("{} has a terminal, and all it prints is one stream", row.name());
        return model.journal.say(model.now, Tone::Warn, text);
    }
    let (next, text) = match model.log.look.streams {
        StreamFilter::All => (StreamFilter::Stdout, "only standard output is shown; t again: only standard error"),
        StreamFilter::Stdout => (StreamFilter::Stderr, "only standard error is shown; t again: everything"),
        StreamFilter::Stderr => (StreamFilter::All, "everything is shown"),
    };
    model.log.change_look(|look| look.streams = next);
    model.journal.say(model.now, Tone::Info, text);
}

fn previous_run(model: &mut Model) {
    match model.log.previous_run() {
        Some(place) => model.log.go_to(Target::Place(place), 0),
        None => model.journal.say(model.now, Tone::Info, "no earlier run is kept"),
    }
}

fn next_run(model: &mut Model) {
    match model.log.next_run() {
        Some(place) => model.log.go_to(Target::Place(place), 0),
        None => model.journal.say(model.now, Tone::Info, "this is the newest run; G goes to its end"),
    }
}

fn toggle_mark(model: &mut Model) {
    match model.log.toggle_mark(model.now) {
        Some(Marking::Set(number)) => {
            model.journal.say(model.now, Tone::Info, format!("mark {number} set; ' goes to marks"));
        }
        Some(Marking::Taken(number)) => model.journal.say(model.now, Tone::Info, format!("mark {number} taken away")),
        None => model.journal.say(model.now, Tone::Warn, "there is no log to set a mark in"),
    }
}

fn to_mark(model: &mut Model) {
    let place = model.log.top_place();
    let process = model.log.one().map(|source| &source.name);
    match model.log.marks.before(process, place) {
        Some(mark) => model.log.go_to(Target::Place(mark.at), 0),
        None => model.journal.say(model.now, Tone::Info, "no mark is set in this log; m sets one"),
    }
}

/// Copies the lines in view.
fn copy_visible(model: &mut Model, effects: &mut Vec<Effect>) {
    let (count, text) = model.log.visible_text();
    if count == 0 {
        return no_lines(model, "copy");
    }
    copy(model, text, &plural(count, "line"), effects);
}

fn fold(model: &mut Model) {
    let (next, text) = match model.log.look.json {
        Json::AsPrinted => (Json::Folded, "lines of JSON are folded; J again: a row for each value"),
        Json::Folded => (Json::Pretty, "a row for each value of lines of JSON; J again: as printed"),
        Json::Pretty => (Json::AsPrinted, "lines as printed"),
    };
    model.log.change_look(|look| look.json = next);
    model.journal.say(model.now, Tone::Info, text);
}

/// Has a file written for a viewer.
fn print(model: &mut Model, viewer: Viewer, effects: &mut Vec<Effect>) {
    let Some(request) = model.log.print_request(viewer) else {
        return no_lines(model, "show");
    };
    effects.push(Effect::Job(Job::Print(request)));
}

/// The file for a viewer is there.
pub fn take_printed(
    model: &mut Model,
    viewer: Viewer,
    printed: io::Result<(PathBuf, usize)>,
    effects: &mut Vec<Effect>,
) {
    match printed {
        Ok((path, line)) => effects.push(Effect::View(viewer, path, line)),
        Err(error) => {
            model.journal.say(model.now, Tone::Error, format!("the lines cannot be written to a file: {error}"));
            model.dirty = true;
        }
    }
}

/// A viewer has ended.
pub fn take_viewed(model: &mut Model, viewer: Viewer, outcome: Result<(), String>) {
    model.dirty = true;
    match outcome {
        Err(why) => model.journal.say(model.now, Tone::Error, why),
        Ok(()) if viewer == Viewer::Config => edit::say_what_is_next(model),
        Ok(()) => {}
    }
}

/// Says why nothing can be done with the lines in view.
pub fn no_lines(model: &mut Model, verb: &str) {
    let text = if model.log.is_being_read() {
        format!("the lines to {verb} are still being read; again, please")
    } else {
        format!("there are no log lines in view to {verb}")
    };
    model.journal.say(model.now, Tone::Warn, text);
}

/// Has the last error fetched, with what belongs to it.
fn copy_error(model: &mut Model, effects: &mut Vec<Effect>) {
    match model.log.subject.clone() {
        Some(subject) => effects.push(Effect::Job(Job::CopyError(subject))),
        None => model.journal.say(model.now, Tone::Warn, "there is no log to copy an error from"),
    }
}

/// Puts text on the clipboard and says so, without claiming that the terminal allowed it.
pub fn copy(model: &mut Model, text: String, what: &str, effects: &mut Vec<Effect>) {
    let is_long = text.len() > TERMINAL_BYTES_MAX;
    effects.push(Effect::Copy(text));
    model.copied = Some(what.to_owned());
    if is_long {
        // Whether it is copied at all is not known yet.
        return;
    }
    let text = format!("{what} copied with OSC 52 (the terminal must allow it)");
    model.journal.say(model.now, Tone::Info, text);
}

/// `1 line`, `2 lines`.
pub fn plural(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}
