//! Keys and pastes on their way to a program that has just ended: whoever typed them did not see that yet, and meant the
//! program and not the dashboard, where an `x` would stop something.

use std::time::Duration;

use crate::domain::ProcessName;
use crate::tui::model::Model;
use crate::tui::model::journal::Tone;
use crate::tui::model::terminal::Late;

/// Nobody sees faster than this that a program is gone, nor pauses for so long in the middle of a word.
const MEANT_FOR_IT: Duration = Duration::from_millis(400);
/// After this they are taken whatever came before: who hammers on a key wants out.
const AT_MOST: Duration = Duration::from_secs(2);

/// The program has ended while it had the keys.
pub fn begin(model: &mut Model, name: &ProcessName) {
    let exit = model.row(name).and_then(|row| row.exit());
    let how = exit.map_or_else(String::new, |exit| format!(": {}", exit.status));
    let what = format!("{name} has ended{how}");
    if model.solo.is_some() {
        return model.journal.say(model.now, Tone::Info, what);
    }
    model.journal.hint(model.now, format!("{what}; what is still typed is not taken"));
    model.terminal.late = Some(Late { what, until: model.now + MEANT_FOR_IT, latest: model.now + AT_MOST });
}

/// Something was typed. True when it comes too late for the program it was meant for.
pub fn takes(model: &mut Model) -> bool {
    settle(model);
    let now = model.now;
    let Some(late) = &mut model.terminal.late else { return false };
    late.until = (now + MEANT_FOR_IT).min(late.latest);
    true
}

/// Says that the keys are taken again, as soon as they are.
pub fn settle(model: &mut Model) {
    if let Some(late) = model.terminal.late.take_if(|late| late.until <= model.now) {
        model.journal.say(model.now, Tone::Info, format!("{}; the keys are pm's again", late.what));
        model.dirty = true;
    }
}
