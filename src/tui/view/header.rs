//! The line at the top: how many are up, how many are not, what they use, and what the machine has.

use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::domain::PhaseWord;
use crate::tui::model::{Model, Succession};

use super::figures::{bytes, percent};
use super::pen::{Pen, text_width};
use super::state;

/// Cells that the figures of the machine may take more than now.
const BUSIER: u16 = 8;
/// Cells that the count of what changes takes.
const CHANGING: u16 = 14;

/// Draws the totals; on a tiny screen this line is all there is.
pub fn draw(model: &Model, area: Rect, pen: &mut Pen) {
    if area.is_empty() {
        return;
    }
    let theme = &model.look.theme;
    let (y, end) = (area.y, area.right());
    let project = &model.snapshot.project;
    let title = model.look.title.as_deref().unwrap_or(&project.name);
    let mut x = pen.put(area.x, y, end, " pm ", theme.title_focus);
    x = pen.put_cut(x, y, end.min(x + 24), title, theme.title) + 1;
    let counts = counts(model, area.width, pen);
    let counts_end = x + counts.iter().map(|(text, _)| text_width(text) + 2).sum::<u16>();
    // What changes comes and goes all the time; nothing else shall move for it.
    let counts_end = if model.snapshot.totals.changing == 0 { counts_end + CHANGING } else { counts_end };
    // Of what the machine says, as much as leaves room for the counts.
    let says = machine(model);
    // The path only where all of that has room, however busy: it shall not come and go with the load.
    let has_room = |path: &str| counts_end + text_width(path) + text_width(&says[0]) + BUSIER + 4 < end;
    let right = says.iter().find(|text| counts_end + text_width(text) + 1 < end).cloned().unwrap_or_default();
    let limit = end.saturating_sub(text_width(&right) + 1);
    let path = project.root.display().to_string();
    if has_room(&path) {
        x = pen.put(x + 1, y, limit, &path, theme.text_dim) + 1;
    }
    for (text, style) in counts {
        if x + 1 + text_width(&text) <= end {
            x = pen.put(x + 1, y, end, &text, style) + 1;
        }
    }
    if x < limit {
        pen.put(limit, y, end, &right, theme.text);
    }
}

/// What is up, what changes, what failed: each a glyph, a number and, where there is room, a word.
fn counts(model: &Model, width: u16, pen: &Pen) -> Vec<(String, Style)> {
    let theme = &model.look.theme;
    let totals = &model.snapshot.totals;
    let glyph = |word| pen.glyphs.phase(word);
    // They need nobody, so on a narrow screen they are left to the table.
    let completed = if width >= 100 { totals.completed } else { 0 };
    let all = [
        (totals.failed, glyph(PhaseWord::Failed), "failed", theme.state_failed),
        (totals.zombies, pen.glyphs.zombie, if totals.zombies == 1 { "zombie" } else { "zombies" }, theme.state_zombie),
        (totals.unknown, glyph(PhaseWord::Unknown), "unknown", theme.state_unknown),
        (completed, glyph(PhaseWord::Completed), "completed", theme.state_stopped),
        (totals.changing, glyph(PhaseWord::Starting), "changing", theme.state_starting),
    ];
    let say = |count: u32, glyph: &str, word: &str| {
        if width >= 60 { format!("{glyph} {count} {word}") } else { format!("{glyph}{count}") }
    };
    let mut parts = vec![(say(totals.running, glyph(PhaseWord::Running), "running"), theme.state_ok)];
    for (count, glyph, word, style) in all {
        // Failed and zombies are said even when there are none: that is the good news one looks for.
        let is_always_said = width >= 100 && matches!(word, "failed" | "zombies");
        if count > 0 || is_always_said {
            parts.push((say(count, glyph, word), if count > 0 { style } else { theme.text_dim }));
        }
    }
    parts
}

/// What the processes use, and what the machine has, longest first.
fn machine(model: &Model) -> [String; 4] {
    let (totals, machine) = (&model.snapshot.totals, &model.snapshot.machine);
    if machine.cores == 0 {
        // Nothing was measured yet.
        return ["cpu -  mem -   machine cpu -  mem -", "cpu -  mem -", "cpu -  mem -", "- -"].map(str::to_owned);
    }
    let (own_cpu, own_memory) = (percent(totals.cpu_percent), bytes(totals.memory_bytes));
    let (used, total) = (bytes(machine.memory_used_bytes), bytes(machine.memory_total_bytes));
    let busy = percent(machine.cpu_percent);
    [
        format!("cpu {own_cpu}%  mem {own_memory}   machine cpu {busy}% of {}  mem {used}/{total}", machine.cores),
        format!("cpu {own_cpu}% ({busy}%/{})  mem {own_memory} ({used}/{total})", machine.cores),
        format!("cpu {own_cpu}%  mem {own_memory}"),
        format!("{own_cpu}% {own_memory}"),
    ]
}

/// The line below it, where something has to be said all the time.
pub fn draw_banner(model: &Model, area: Rect, pen: &mut Pen) {
    if area.is_empty() {
        return;
    }
    let theme = &model.look.theme;
    let text = if model.gone_since.is_some() {
        if model.snapshot.shutting_down.is_some() {
            " The supervisor has stopped everything and left; this is the last picture.  q leaves".to_owned()
        } else {
            gone(&model.succession)
        }
    } else if model.leaving.is_some() {
        stopping(model)
    } else {
        " The supervisor is stopping everything".to_owned()
    };
    pen.restyle(area, theme.attention);
    pen.put_cut(area.x, area.y, area.right(), &text, theme.attention);
}

/// What is done about a supervisor that is gone, and what the person can do.
fn gone(succession: &Succession) -> String {
    match succession {
        Succession::Seeking => {
            " The supervisor is gone; what it kept runs on. Starting another one that adopts it".into()
        }
        Succession::Failed(why) => format!(" The supervisor is gone, and there is no other: {why}.  q leaves"),
        Succession::Nobody | Succession::Ready | Succession::Found(_) => {
            " The supervisor is gone; this is its last picture.  q leaves, `pm up -d` starts one that adopts what runs"
                .to_owned()
        }
    }
}

/// How far the stop of everything is, and who holds it up.
fn stopping(model: &Model) -> String {
    let live: Vec<_> = model.snapshot.rows.iter().filter(|row| row.phase.is_live()).collect();
    let next = if model.interrupt_leaves() { "ctrl-c leaves at once" } else { "ctrl-c hurries" };
    let slowest = live.iter().take(3).map(|row| state::stop_in_short(row, model.supervisor_now()));
    match live.len() {
        0 => " Everything has stopped; leaving".to_owned(),
        left => {
            let named = slowest.collect::<Vec<_>>().join(", ");
            format!(" Stopping all ({next}).  {left} left: {named}")
        }
    }
}
