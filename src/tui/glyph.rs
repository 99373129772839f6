//! The characters that marks, rules and bars are made of. All of them are one cell wide.
//!
//! Where a terminal draws some of the unicode ones two cells wide (East Asian settings) or not at all, the ASCII set
//! says the same. Views ask for a glyph by its meaning.

use crate::domain::PhaseWord;

/// Which characters are used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GlyphSet {
    /// `● ◐ ■ ✗ ─ ▁▂▃`.
    #[default]
    Unicode,
    /// `* o ! x - .:#`.
    Ascii,
}

/// The glyphs of one set, by meaning.
#[derive(Debug)]
pub struct Glyphs {
    /// In front of the selected row.
    pub bar: &'static str,
    /// A marked row.
    pub mark: &'static str,
    /// Horizontal lines.
    pub rule: &'static str,
    /// A stage that is over.
    pub done: &'static str,
    /// The passed part of a waiting time.
    pub bar_full: &'static str,
    /// The part that is left.
    pub bar_empty: &'static str,
    /// A zombie.
    pub zombie: &'static str,
    /// A command is on its way.
    pub pending: &'static str,
    /// Something is cut off here.
    pub more: &'static str,
    /// Falling and rising order.
    pub down: &'static str,
    /// Rising order.
    pub up: &'static str,
    /// A child that has siblings after it.
    pub branch: &'static str,
    /// The last child.
    pub last_branch: &'static str,
    /// Beside the children of a child that has siblings after it.
    pub stem: &'static str,
    /// Corners and sides of a box: top left, top right, bottom left, bottom right, side.
    pub frame: [&'static str; 5],
    /// Eight levels, low to high.
    pub levels: [&'static str; 8],
    /// The head of the restarts column.
    pub restarts: &'static str,
    /// Before a line of standard error.
    pub error_stream: &'static str,
    /// Beside a log: what is not in view, what is, and where something was found.
    pub track: &'static str,
    /// What is in view.
    pub thumb: &'static str,
    /// Something was found there.
    pub hit: &'static str,
    /// Around what a person typed.
    pub quotes: [&'static str; 2],
    /// Before the number of lines around each that is shown.
    pub around: &'static str,
    /// Stands where a line of a script ends.
    pub line_end: &'static str,
    /// Between what was and what came.
    pub becomes: &'static str,
    /// In the place of a secret.
    pub secret: &'static str,
    phases: [&'static str; 8],
}

const UNICODE: Glyphs = Glyphs {
    bar: "▌",
    mark: "+",
    rule: "─",
    done: "✓",
    bar_full: "━",
    bar_empty: "╌",
    zombie: "Z",
    pending: "…",
    more: "…",
    down: "↓",
    up: "↑",
    branch: "├─",
    last_branch: "└─",
    stem: "│ ",
    frame: ["╭", "╮", "╰", "╯", "│"],
    levels: ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"],
    restarts: "↻",
    error_stream: "▎",
    track: "│",
    thumb: "┃",
    hit: "■",
    quotes: ["\u{201c}", "\u{201d}"],
    around: "±",
    line_end: "⏎",
    becomes: "→",
    secret: "•••",
    phases: ["○", "◐", "●", "■", "◐", "✓", "✗", "?"],
};

const ASCII: Glyphs = Glyphs {
    bar: ">",
    mark: "+",
    rule: "-",
    done: "*",
    bar_full: "=",
    bar_empty: ".",
    zombie: "Z",
    pending: "~",
    more: "~",
    down: "v",
    up: "^",
    branch: "|-",
    last_branch: "`-",
    stem: "| ",
    frame: ["+", "+", "+", "+", "|"],
    levels: ["_", ".", ":", "-", "=", "+", "*", "#"],
    restarts: "R",
    error_stream: "!",
    track: ".",
    thumb: "|",
    hit: "#",
    quotes: ["\"", "\""],
    around: "+-",
    line_end: "\\n",
    becomes: "->",
    secret: "***",
    phases: ["-", "o", "*", "#", "o", "v", "x", "?"],
};

impl GlyphSet {
    /// The glyphs of this set.
    pub const fn glyphs(self) -> &'static Glyphs {
        match self {
            Self::Unicode => &UNICODE,
            Self::Ascii => &ASCII,
        }
    }
}

impl Glyphs {
    /// The glyph of a phase; its word and its colour always stand beside it.
    pub const fn phase(&self, word: PhaseWord) -> &'static str {
        match word {
            PhaseWord::Stopped => self.phases[0],
            PhaseWord::Starting => self.phases[1],
            PhaseWord::Running => self.phases[2],
            PhaseWord::Stopping => self.phases[3],
            PhaseWord::Backoff => self.phases[4],
            PhaseWord::Completed => self.phases[5],
            PhaseWord::Failed => self.phases[6],
            PhaseWord::Unknown => self.phases[7],
        }
    }

    /// The block for a share of `full`.
    pub fn level(&self, value: f32, full: f32) -> &'static str {
        let share = if full > 0.0 { (value / full).clamp(0.0, 1.0) } else { 0.0 };
        self.levels[((share * 7.0).round() as usize).min(7)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use unicode_width::UnicodeWidthStr;

    #[test]
    fn every_glyph_is_as_wide_as_it_claims() {
        for set in [&UNICODE, &ASCII] {
            let single = [set.bar, set.mark, set.rule, set.done, set.bar_full, set.bar_empty, set.zombie, set.pending];
            let more = [set.more, set.down, set.up, set.restarts, set.error_stream, set.track, set.thumb, set.hit];
            let all = single.iter().chain(&more).chain(&set.frame).chain(&set.levels).chain(&set.phases);
            for glyph in all {
                assert_eq!(glyph.width(), 1, "{glyph}");
            }
            assert_eq!([set.branch, set.last_branch, set.stem].map(UnicodeWidthStr::width), [2, 2, 2]);
        }
        let ascii = [ASCII.bar, ASCII.rule, ASCII.branch, ASCII.last_branch, ASCII.done];
        let words = [ASCII.around, ASCII.line_end, ASCII.becomes, ASCII.secret];
        assert!(words.iter().chain(&ASCII.quotes).all(|text| text.is_ascii()));
        assert!(ascii.iter().chain(&ASCII.phases).chain(&ASCII.frame).all(|glyph| glyph.is_ascii()));
    }
}
