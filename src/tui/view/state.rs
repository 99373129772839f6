//! What a row says about its state: always a word, then the reason or the countdown.

use std::cmp::Ordering;

use ratatui::style::Style;

use crate::domain::phase::{Stage, Stopping, Then};
use crate::domain::{Phase, Row, Timestamp};
use crate::tui::model::Model;

use super::figures::countdown;
use super::pen::{Pen, text_width};

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

/// The stages of a stop with the time that is left, in as much detail as there is room for: `TERM ✓ TERM 2/3 ━━━╌╌╌ 5.1s KILL`.
fn draw_stages(model: &Model, row: &Row, stopping: &Stopping, at: (u16, u16, u16), pen: &mut Pen) -> u16 {
    let (x, y, end) = at;
    let theme = &model.look.theme;
    if let Some(text) = without_stages(stopping) {
        let x = pen.put_cut(x, y, end, "stopping", theme.state_stopping);
        let style = if stopping.stuck.is_empty() { theme.stage_now } else { theme.state_failed };
        return pen.put_cut(x + 1, y, end, &text, style);
    }
    let Some(stage) = &stopping.stage else { return x };
    let all = Told::ALL.map(|told| parts(model, row, stopping, stage, told, pen));
    let room = end.saturating_sub(x);
    let fitting = all.iter().find(|parts| width_of(parts) <= room).or(all.last());
    fitting.into_iter().flatten().fold(x, |x, part| {
        let gap = u16::from(x > at.0 && !part.is_joined);
        pen.put_cut(x + gap, y, end, &part.text, part.style)
    })
}

/// What a stop says that is in no stage, or got stuck in the last one.
fn without_stages(stopping: &Stopping) -> Option<String> {
    if stopping.stage.is_none() {
        return Some("asked to stop".to_owned());
    }
    let pids = stopping.stuck.iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
    (!pids.is_empty()).then(|| format!("cannot be killed: pid {pids}"))
}

/// How much is told of the stages beside the one that runs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Told {
    /// Which one it is.
    Least,
    /// With the time that is left.
    Time,
    /// With the word for the state.
    Word,
    /// How much of its time has passed, too; or what the keys do that is held.
    Progress,
    /// Those that come, too.
    Coming,
    /// Those that were, too.
    Past,
}

impl Told {
    /// The most first.
    const ALL: [Self; 6] = [Self::Past, Self::Coming, Self::Progress, Self::Word, Self::Time, Self::Least];
}

/// A few words, or a piece of the bar.
struct Part {
    text: String,
    style: Style,
    /// It follows without a gap.
    is_joined: bool,
}

fn part(text: impl Into<String>, style: Style) -> Part {
    Part { text: text.into(), style, is_joined: false }
}

fn width_of(parts: &[Part]) -> u16 {
    let gaps = parts.iter().skip(1).filter(|part| !part.is_joined).count() as u16;
    gaps + parts.iter().map(|part| text_width(&part.text)).sum::<u16>()
}

fn parts(model: &Model, row: &Row, stopping: &Stopping, stage: &Stage, told: Told, pen: &Pen) -> Vec<Part> {
    let theme = &model.look.theme;
    let mut parts = Vec::new();
    if told >= Told::Word {
        parts.push(part("stopping", theme.state_stopping));
    }
    for (number, rung) in (1u8..).zip(row.spec.stop.stages()) {
        match number.cmp(&stage.number) {
            Ordering::Less if told >= Told::Past => {
                parts.push(part(format!("{} {}", rung.signal, pen.glyphs.done), theme.stage_done));
            }
            Ordering::Equal => parts.extend(stage_now(model, stopping, stage, told, pen)),
            Ordering::Greater if told >= Told::Coming => {
                parts.push(part(rung.signal.to_string(), theme.stage_todo));
            }
            Ordering::Less | Ordering::Greater => {}
        }
    }
    if stopping.then == Then::Start {
        parts.push(part("then start", theme.text_dim));
    }
    parts
}

/// The stage that runs, and its countdown.
fn stage_now(model: &Model, stopping: &Stopping, stage: &Stage, told: Told, pen: &Pen) -> Vec<Part> {
    let theme = &model.look.theme;
    let mut parts = vec![part(name_of(stage), theme.stage_now)];
    if stopping.held {
        let keys = if told >= Told::Progress { "held (x next, X kill)" } else { "held" };
        parts.push(part(keys, theme.stage_now));
    } else if stage.until > stage.since {
        let left = stage.until.since(model.supervisor_now());
        if told >= Told::Progress {
            let whole = stage.until.since(stage.since).as_millis().max(1);
            let passed = 10 - (left.as_millis() * 10 / whole).min(10) as usize;
            let full = part(pen.glyphs.bar_full.repeat(passed), theme.stage_now);
            let empty = part(pen.glyphs.bar_empty.repeat(10 - passed), theme.stage_todo);
            parts.extend([full, Part { is_joined: true, ..empty }]);
        }
        if told >= Told::Time {
            parts.push(part(countdown(left), theme.stage_now));
        }
    }
    parts
}

/// Which stage it is: two of them may send the same signal.
fn name_of(stage: &Stage) -> String {
    if stage.of > 1 { format!("{} {}/{}", stage.signal, stage.number, stage.of) } else { stage.signal.to_string() }
}

/// Zombies, and restarts.
fn draw_extras(model: &Model, row: &Row, at: (u16, u16, u16), with_restarts: bool, pen: &mut Pen) {
    let (mut x, y, end) = at;
    if row.usage.zombies > 0 {
        x = pen.put(x, y, end, &format!("{}{}", pen.glyphs.zombie, row.usage.zombies), model.look.theme.state_zombie)
            + 1;
    }
    let restarts = format!("{}{}", pen.glyphs.restarts, row.restarts);
    // A number that is cut off would be another one.
    if with_restarts && row.restarts > 0 && x + text_width(&restarts) <= end {
        pen.put(x, y, end, &restarts, model.look.theme.text_dim);
    }
}

/// Name, stage and time left in a few words, for the banner.
pub fn stop_in_short(row: &Row, now: Timestamp) -> String {
    match &row.phase {
        Phase::Stopping(Stopping { stage: Some(stage), held: false, .. }) if stage.until > now => {
            format!("{} ({} {})", row.name(), name_of(stage), countdown(stage.until.since(now)))
        }
        Phase::Stopping(Stopping { stage: Some(stage), .. }) => format!("{} ({})", row.name(), name_of(stage)),
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
