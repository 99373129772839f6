//! What happened since the dashboard opened: when, to whom, by whose doing.

use crate::tui::layout::Areas;
use crate::tui::model::Model;
use crate::tui::model::journal::Tone;

use super::log::clock;
use super::pen::Pen;

/// Draws the newest events, or those scrolled to.
pub fn draw(model: &Model, areas: &Areas, pen: &mut Pen) {
    let theme = &model.look.theme;
    let (head, area) = (areas.reading_head, areas.reading);
    if head.is_empty() {
        return;
    }
    pen.rule(head, theme.rule);
    pen.put(head.x + 2, head.y, head.right(), " events ", theme.title_focus);
    pen.put_right(
        head.x + 12,
        head.y,
        head.right().saturating_sub(2),
        " since this screen opened; `pm events` has all ",
        theme.text_dim,
    );
    if model.journal.lines.is_empty() {
        pen.put(area.x + 2, area.y, area.right(), "nothing has happened yet", theme.text_dim);
        return;
    }
    let height = usize::from(area.height);
    let first = model.reading_top.min(model.journal.lines.len().saturating_sub(height));
    for (line, y) in model.journal.lines.iter().skip(first).zip(area.y..area.bottom()) {
        let style = match line.tone {
            Tone::Info => theme.text,
            Tone::Warn => theme.toast_warn,
            Tone::Error => theme.toast_error,
        };
        let mut x = pen.put(area.x + 1, y, area.right(), &clock(model, line.at, false), theme.log_time) + 1;
        if area.width >= 60 {
            pen.put(x, y, area.right(), line.cause, theme.text_dim);
            x += 9;
        }
        if !line.process.is_empty() {
            x = pen.put(x, y, area.right(), &line.process, theme.text_strong) + 1;
        }
        // Events write the change of a state with an arrow.
        let text = line.text.replacen('\u{2192}', pen.glyphs.becomes, 1);
        pen.put_cut(x, y, area.right(), &text, style);
    }
}
