//! Colours by meaning: the only file that names a colour.
//!
//! A view asks for a slot such as `state_failed`, never for red. State is always glyph and word too, so `mono` loses nothing
//! but the colour. No theme paints a background, so light and dark terminals both work.

use ratatui::style::{Color, Modifier, Style};

use crate::domain::{Health, PhaseWord};

/// Which colours are used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ThemeName {
    /// The 16 palette colours of the terminal.
    #[default]
    Terminal,
    /// Attributes only.
    Mono,
    /// Nothing dim; only colours that stand out on black and on white.
    HighContrast,
}

impl ThemeName {
    /// Every theme, with the name it is chosen by.
    pub const ALL: [(&'static str, Self); 3] =
        [("terminal", Self::Terminal), ("mono", Self::Mono), ("high-contrast", Self::HighContrast)];

    /// The theme in effect: `NO_COLOR` (set and not empty) makes it one [without colours](Self::without_colours).
    pub fn choose(self, no_color: Option<&std::ffi::OsStr>) -> Self {
        if no_color.is_some_and(|value| !value.is_empty()) { self.without_colours() } else { self }
    }

    /// It, or where it has colours the one that has none.
    pub const fn without_colours(self) -> Self {
        match self {
            Self::Terminal | Self::Mono => Self::Mono,
            Self::HighContrast => Self::HighContrast,
        }
    }

    /// Its styles.
    pub fn theme(self) -> Theme {
        match self {
            Self::Terminal => Theme::terminal(),
            Self::Mono => Theme::mono(),
            Self::HighContrast => Theme::high_contrast(),
        }
    }
}

/// The slots. `text_dim` is the slot `text.dim` of the design, and so on.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the meaning")]
pub struct Theme {
    pub text: Style,
    pub text_dim: Style,
    pub text_strong: Style,
    pub rule: Style,
    pub title: Style,
    pub title_focus: Style,
    pub key: Style,
    pub key_label: Style,
    pub select: Style,
    pub select_unfocused: Style,
    pub select_bar: Style,
    pub marked: Style,
    pub state_ok: Style,
    pub state_starting: Style,
    pub state_stopping: Style,
    pub state_failed: Style,
    pub state_stopped: Style,
    pub state_zombie: Style,
    pub state_unknown: Style,
    pub gauge_mid: Style,
    pub gauge_high: Style,
    pub spark: Style,
    pub stage_done: Style,
    pub stage_now: Style,
    pub stage_todo: Style,
    pub log_time: Style,
    pub log_boundary: Style,
    pub log_rule: Style,
    pub log_stderr: Style,
    pub log_hit: Style,
    pub log_error: Style,
    pub log_warn: Style,
    pub match_any: Style,
    pub match_now: Style,
    pub overlay_rule: Style,
    pub overlay_text: Style,
    pub toast_info: Style,
    pub toast_warn: Style,
    pub toast_error: Style,
    pub attention: Style,
    pub tree_line: Style,
    /// To tell processes apart.
    pub names: [Style; 6],
    /// Colours that child output brings along are shown.
    pub child_colours: bool,
}

impl Theme {
    fn terminal() -> Self {
        let plain = Style::new();
        let dim = plain.add_modifier(Modifier::DIM);
        let bold = plain.add_modifier(Modifier::BOLD);
        Self {
            text: plain,
            text_dim: dim,
            text_strong: bold,
            rule: dim,
            title: bold,
            title_focus: bold.fg(Color::Cyan),
            key: plain.fg(Color::Cyan),
            key_label: dim,
            select: plain.add_modifier(Modifier::REVERSED),
            select_unfocused: bold,
            select_bar: plain.fg(Color::Cyan),
            marked: plain.fg(Color::Magenta),
            state_ok: plain.fg(Color::Green),
            state_starting: plain.fg(Color::Yellow),
            state_stopping: plain.fg(Color::Blue),
            state_failed: plain.fg(Color::Red),
            state_stopped: dim,
            state_zombie: plain.fg(Color::Magenta),
            state_unknown: dim,
            gauge_mid: plain.fg(Color::Yellow),
            gauge_high: plain.fg(Color::Red),
            spark: plain.fg(Color::Cyan),
            stage_done: plain.fg(Color::Green),
            stage_now: plain.fg(Color::Yellow),
            stage_todo: dim,
            log_time: dim,
            log_boundary: dim,
            log_rule: bold,
            log_stderr: plain.fg(Color::Red),
            log_hit: plain.fg(Color::Yellow),
            log_error: plain.fg(Color::Red),
            log_warn: plain.fg(Color::Yellow),
            // Reversed rather than painted: the terminal's own background then is the colour of the text.
            match_any: plain.fg(Color::Yellow).add_modifier(Modifier::REVERSED),
            match_now: plain.fg(Color::Yellow).add_modifier(Modifier::REVERSED | Modifier::BOLD | Modifier::UNDERLINED),
            overlay_rule: plain,
            overlay_text: plain,
            toast_info: plain,
            toast_warn: plain.fg(Color::Yellow),
            toast_error: plain.fg(Color::Red),
            attention: plain.fg(Color::Yellow).add_modifier(Modifier::REVERSED),
            tree_line: dim,
            names: [Color::Cyan, Color::Yellow, Color::Magenta, Color::Blue, Color::Green, Color::LightCyan]
                .map(|colour| plain.fg(colour)),
            child_colours: true,
        }
    }

    fn mono() -> Self {
        let plain = Style::new();
        let dim = plain.add_modifier(Modifier::DIM);
        let bold = plain.add_modifier(Modifier::BOLD);
        let underlined = plain.add_modifier(Modifier::UNDERLINED);
        let reversed = plain.add_modifier(Modifier::REVERSED);
        Self {
            title_focus: bold.add_modifier(Modifier::UNDERLINED),
            key: bold,
            log_stderr: plain,
            log_hit: bold,
            log_error: bold,
            log_warn: plain,
            match_any: underlined,
            match_now: reversed.add_modifier(Modifier::BOLD),
            select_bar: bold,
            marked: underlined,
            state_ok: plain,
            state_starting: plain,
            state_stopping: plain,
            state_failed: bold,
            state_stopped: dim,
            state_zombie: underlined,
            gauge_mid: plain,
            gauge_high: bold,
            spark: plain,
            stage_done: dim,
            stage_now: bold,
            toast_warn: bold,
            toast_error: bold.add_modifier(Modifier::UNDERLINED),
            attention: reversed.add_modifier(Modifier::BOLD),
            names: [bold; 6],
            child_colours: false,
            ..Self::terminal()
        }
    }

    fn high_contrast() -> Self {
        // No palette colour reaches 7:1 on black and on white alike; the terminal's own foreground does on both.
        let plain = Style::new();
        let bold = plain.add_modifier(Modifier::BOLD);
        Self {
            text_dim: plain,
            rule: plain,
            key_label: plain,
            state_stopped: plain,
            state_unknown: bold,
            stage_done: plain,
            stage_todo: plain,
            log_time: plain,
            log_boundary: plain,
            tree_line: plain,
            state_starting: bold,
            state_stopping: bold,
            ..Self::mono()
        }
    }

    /// The style of the name of the process at this place among all.
    pub const fn name(&self, place: usize) -> Style {
        self.names[place % self.names.len()]
    }

    /// The style of a phase's glyph and word.
    pub const fn phase(&self, word: PhaseWord) -> Style {
        match word {
            PhaseWord::Stopped | PhaseWord::Completed => self.state_stopped,
            PhaseWord::Starting | PhaseWord::Backoff => self.state_starting,
            PhaseWord::Running => self.state_ok,
            PhaseWord::Stopping => self.state_stopping,
            PhaseWord::Failed => self.state_failed,
            PhaseWord::Unknown => self.state_unknown,
        }
    }

    /// The style of a health word.
    pub const fn health(&self, health: Health) -> Style {
        match health {
            Health::Healthy => self.state_ok,
            Health::Zombie => self.state_zombie,
            Health::Completed => self.state_stopped,
            Health::Failed => self.state_failed,
            Health::Unknown => self.state_unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_color_means_mono_unless_it_is_empty() {
        let chosen = |value: &str| ThemeName::Terminal.choose(Some(std::ffi::OsStr::new(value)));
        assert_eq!(chosen("1"), ThemeName::Mono);
        assert_eq!(chosen(""), ThemeName::Terminal);
        for no_color in [None, Some("1")] {
            let theme = ThemeName::HighContrast.choose(no_color.map(std::ffi::OsStr::new));
            assert_eq!(theme, ThemeName::HighContrast, "it has no colours anyway");
        }
    }

    #[test]
    fn themes_without_colour_have_none_and_no_theme_paints_a_background() {
        for (name, theme) in ThemeName::ALL {
            let shown = format!("{:?}", theme.theme());
            let coloured = ["red", "green", "yellow", "blue", "magenta", "cyan"];
            assert!(coloured.iter().all(|colour| !shown.contains(&format!("on_{colour}"))), "{name}");
            let has_colour = coloured.iter().any(|colour| shown.contains(&format!(".{colour}()")));
            assert_eq!(has_colour, theme == ThemeName::Terminal, "{name}: {shown}");
        }
        assert!(!format!("{:?}", ThemeName::HighContrast.theme()).contains("dim()"));
    }
}
