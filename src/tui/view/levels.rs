//! How many errors and warnings a process printed, in its cells of the table.

use crate::domain::Row;
use crate::logs::levels::Counts;
use crate::tui::model::Model;

use super::figures::short;
use super::pen::{Pen, text_width};

/// Draws `3/17`, so that it ends before the end of `at`; nothing where nothing is wrong.
pub fn draw(model: &Model, row: &Row, at: (u16, u16, u16), pen: &mut Pen) {
    let theme = &model.look.theme;
    let (start, y, end) = at;
    let has_printed = row.run.as_ref().is_some_and(|run| run.log_end > 0);
    let Some(levels) = model.table.levels.of(row).filter(|_| has_printed) else {
        if has_printed {
            pen.put_right(start, y, end, pen.glyphs.more, theme.text_dim);
        }
        return;
    };
    let Some((counts, has_more)) = levels.worth_telling() else { return };
    let [errors, between, warnings, more] = pieces(counts, has_more, usize::from(end - start));
    let width = [&errors, &between, &warnings, &more].into_iter().map(|piece| text_width(piece)).sum();
    let grave = if counts.errors > 0 { theme.log_error } else { theme.text_dim };
    let x = pen.put(end.saturating_sub(width).max(start), y, end, &errors, grave);
    let x = pen.put(x, y, end, &between, theme.text_dim);
    let less_grave = if counts.warnings > 0 { theme.log_warn } else { theme.text_dim };
    let x = pen.put(x, y, end, &warnings, less_grave);
    pen.put(x, y, end, &more, theme.text_dim);
}

/// Errors, a stroke, warnings and a plus where there may be more. Where there is no room for both, what is graver.
fn pieces(counts: Counts, has_more: bool, room: usize) -> [String; 4] {
    let more = if has_more { "+" } else { "" }.to_owned();
    let (errors, warnings) = (short(counts.errors), short(counts.warnings));
    if errors.len() + 1 + warnings.len() + more.len() <= room {
        [errors, "/".to_owned(), warnings, more]
    } else {
        [errors, String::new(), String::new(), more]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_counts_or_the_graver_one() {
        let said =
            |errors, warnings, has_more| pieces(Counts { errors, warnings, is_partial: false }, has_more, 7).concat();
        assert_eq!(said(3, 17, false), "3/17");
        assert_eq!(said(0, 17, true), "0/17+");
        assert_eq!(said(1200, 99, false), "1.2k/99");
        assert_eq!(said(1200, 99, true), "1.2k+");
        assert_eq!(said(12_000, 45_000, false), "12k/45k");
        assert_eq!(said(0, 3_400_000, true), "0/3.4M+");
    }
}
