//! What a row says about its state: always a word, then the reason or the countdown.

use ratatui::style::Style;

use crate::domain::phase::{Stage, Stopping, Then};
use crate::domain::{Phase, Row, Timestamp};
use crate::tui::model::Model;

use super::figures::countdown;
use super::pen::Pen;

/// Draws the state of `row` from `x` to `end`; its restarts too, where they have no column.
pub fn draw(model: &Model, row: &Row, at: (u16, u16, u16), with_restarts: bool, pen: &mut Pen) {
    let (x, y, end) = at;
    let theme = &model.look.theme;
    let style = theme.phase(row.phase.word());
    let mut x = x;
    if let Some(word) = model.pending.word(row.name()) {
        x = pen.put(x, y, end, pen.glyphs.pending, theme.stage_now);
        x = pen.put(x, y, end, word, theme.stage_now) + 1;
    }
    let x = if let Phase::Stopping(stopping) = &row.phase {
        draw_stages(model, row, stopping, (x, y, end), pen)
    } else {
        let (word, detail) = words(row, &row.phase, model.supervisor_now());
        let x = pen.put(x, y, end, word, style);
        if detail.is_empty() { x } else { pen.put_cut(x + 1, y, end, &detail, detail_style(model, &row.phase)) }
    };
    draw_extras(model, row, (x + 1, y, end), with_restarts, pen);
}

const fn detail_style(model: &Model, phase: &Phase) -> Style {
    match phase {
        Phase::Failed { .. } | Phase::Unknown { .. } => model.look.theme.text,
        Phase::Stopped { .. }
        | Phase::Starting { .. }
        | Phase::Running { .. }
        | Phase::Stopping(_)
        | Phase::Backoff { .. }
        | Phase::Completed { .. } => model.look.theme.text_dim,
    }
}

/// The word of the phase, and what follows it.
fn words(row: &Row, phase: &Phase, now: Timestamp) -> (&'static str, String) {
    let word = phase.word().as_str();
    match phase {
        Phase::Running { .. } if row.leftovers() > 0 => {
            let ended = row.exit().map_or_else(String::new, |exit| format!(": {}", exit.status));
            (word, format!("main process ended{ended}, {} left", row.leftovers()))
        }
        Phase::Running { .. } | Phase::Starting { .. } | Phase::Stopping(_) | Phase::Stopped { exit: None, .. } => {
            (word, String::new())
        }
        Phase::Backoff { until, attempt, limit, why } => {
            let of = if *limit == 0 { String::new() } else { format!("/{limit}") };
            ("restart", format!("{attempt}{of} in {}: {why}", countdown(until.since(now))))
        }
        Phase::Stopped { exit: Some(exit), killed } => {
            let killed = if *killed > 0 { format!(", {killed} killed") } else { String::new() };
            let by = if exit.was_asked_for() { format!(" by {}", exit.by) } else { String::new() };
            (word, format!("{}{by}{killed}", exit.status))
        }
        Phase::Completed { exit } => (word, exit.status.to_string()),
        Phase::Failed { why } => {
            // The word before it says already that it failed.
            let why = why.to_string();
            (word, why.strip_prefix("failed start: ").map_or_else(|| why.clone(), ToOwned::to_owned))
        }
        Phase::Unknown { why, .. } => (word, why.clone()),
    }
}

/// The stages of a stop with the time that is left: `TERM ✓ TERM ━━━╌╌╌ 5.1s KILL`.
fn draw_stages(model: &Model, row: &Row, stopping: &Stopping, at: (u16, u16, u16), pen: &mut Pen) -> u16 {
    let (mut x, y, end) = at;
    let theme = &model.look.theme;
    x = pen.put(x, y, end, "stopping", theme.state_stopping) + 1;
    let Some(stage) = stopping.stage else {
        return pen.put(x, y, end, "asked to stop", theme.stage_now);
    };
    if !stopping.stuck.is_empty() {
        let pids = stopping.stuck.iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
        return pen.put_cut(x, y, end, &format!("cannot be killed: pid {pids}"), theme.state_failed);
    }
    let room = end.saturating_sub(x);
    for (number, rung) in (1u8..).zip(row.spec.stop.stages()) {
        let name = rung.signal.to_string();
        match number.cmp(&stage.number) {
            std::cmp::Ordering::Less if room >= 40 => {
                x = pen.put(x, y, end, &name, theme.stage_done) + 1;
                x = pen.put(x, y, end, pen.glyphs.done, theme.stage_done) + 1;
            }
            std::cmp::Ordering::Equal => x = draw_stage_now(model, &stage, stopping, (x, y, end), room, pen) + 1,
            std::cmp::Ordering::Greater if room >= 30 => x = pen.put(x, y, end, &name, theme.stage_todo) + 1,
            std::cmp::Ordering::Less | std::cmp::Ordering::Greater => {}
        }
    }
    if stopping.then == Then::Start { pen.put(x, y, end, "then start", theme.text_dim) } else { x }
}

fn draw_stage_now(
    model: &Model,
    stage: &Stage,
    stopping: &Stopping,
    at: (u16, u16, u16),
    room: u16,
    pen: &mut Pen,
) -> u16 {
    let (x, y, end) = at;
    let theme = &model.look.theme;
    let mut x = pen.put(x, y, end, &stage.signal.to_string(), theme.stage_now);
    if stopping.held {
        return pen.put(x + 1, y, end, "held (x next, X kill)", theme.stage_now);
    }
    if stage.until <= stage.since {
        return x;
    }
    let left = stage.until.since(model.supervisor_now());
    if room >= 34 {
        let whole = stage.until.since(stage.since).as_millis().max(1);
        let passed = 10 - (left.as_millis() * 10 / whole).min(10) as u16;
        x += 1;
        for cell in 0..10 {
            let (glyph, style) = if cell < passed {
                (pen.glyphs.bar_full, theme.stage_now)
            } else {
                (pen.glyphs.bar_empty, theme.stage_todo)
            };
            x = pen.put(x, y, end, glyph, style);
        }
    }
    pen.put(x + 1, y, end, &countdown(left), theme.stage_now)
}

/// Zombies, and restarts.
fn draw_extras(model: &Model, row: &Row, at: (u16, u16, u16), with_restarts: bool, pen: &mut Pen) {
    let (mut x, y, end) = at;
    if row.usage.zombies > 0 {
        x = pen.put(x, y, end, &format!("{}{}", pen.glyphs.zombie, row.usage.zombies), model.look.theme.state_zombie)
            + 1;
    }
    if with_restarts && row.restarts > 0 {
        pen.put(x, y, end, &format!("{}{}", pen.glyphs.restarts, row.restarts), model.look.theme.text_dim);
    }
}

/// Name, stage and time left in a few words, for the banner.
pub fn stop_in_short(row: &Row, now: Timestamp) -> String {
    match &row.phase {
        Phase::Stopping(Stopping { stage: Some(stage), held: false, .. }) if stage.until > now => {
            format!("{} ({} {})", row.name(), stage.signal, countdown(stage.until.since(now)))
        }
        Phase::Stopping(Stopping { stage: Some(stage), .. }) => format!("{} ({})", row.name(), stage.signal),
        Phase::Stopping(_)
        | Phase::Stopped { .. }
        | Phase::Starting { .. }
        | Phase::Running { .. }
        | Phase::Backoff { .. }
        | Phase::Completed { .. }
        | Phase::Failed { .. }
        | Phase::Unknown { .. } => format!("{} ({})", row.name(), row.phase.word()),
    }
}
