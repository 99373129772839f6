//! Clearing the log of the selected process: asking first, and saying what came of it.

use std::io;

use crate::domain::ProcessName;
use crate::logs::clear::Cleared;
use crate::tui::menu::{Menu, Outcome};
use crate::tui::model::Model;
use crate::tui::model::journal::Tone;
use crate::tui::view::figures::size;

use super::log::plural;
use super::menus;

/// Asks whether it is meant.
pub fn open(model: &mut Model) {
    let Some(source) = model.log.one().cloned() else {
        model.journal.say(model.now, Tone::Warn, "there is no log to clear");
        return;
    };
    let body = vec![
        format!("What {} printed in all its runs goes from the disk.", source.name),
        "How they ended, and what is being written just now, stays.".to_owned(),
    ];
    let title = format!("clear the log of {}", source.name);
    menus::open(model, Menu::confirm(title, body, "clear it", Outcome::Clear(Box::new(source))));
}

/// It was cleared, or not.
pub fn take_cleared(model: &mut Model, name: &ProcessName, cleared: io::Result<Option<Cleared>>) {
    model.dirty = true;
    match cleared {
        Ok(cleared) => {
            let cleared = cleared.unwrap_or_default();
            let runs = plural(cleared.runs as usize, "earlier run");
            let kept = match cleared.kept_bytes {
                0 => String::new(),
                bytes => format!("; the segment that is being written stays ({})", size(bytes)),
            };
            let text = match (cleared.bytes, cleared.runs) {
                (0, 0) => format!("{name}: there is nothing that can go{kept}"),
                (bytes, _) => format!("{name}: {} freed, {runs} removed{kept}", size(bytes)),
            };
            model.journal.say(model.now, Tone::Info, text);
            if model.log.one().is_some_and(|source| source.name == *name) {
                model.log.read_anew();
            }
        }
        Err(error) => model.journal.say(model.now, Tone::Error, format!("the log of {name} was not cleared: {error}")),
    }
}
