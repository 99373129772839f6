//! How the dashboard looks: what the person asked for, and what their environment says the terminal can show.
//!
//! Asked by every verb that opens it, before anything is started.

use std::ffi::{OsStr, OsString};

use super::code::Trouble;
use crate::tui::glyph::GlyphSet;
use crate::tui::theme::ThemeName;

/// Names the set of characters.
const GLYPHS: &str = "PM_GLYPHS";
/// Names the theme.
const THEME: &str = "PM_THEME";
/// What decides the locale of characters; the first that is set and not empty counts.
const LOCALE: [&str; 3] = ["LC_ALL", "LC_CTYPE", "LANG"];
/// Every set of characters, with the name it is chosen by.
const SETS: [(&str, GlyphSet); 2] = [("unicode", GlyphSet::Unicode), ("ascii", GlyphSet::Ascii)];

/// Its colours and its characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Looks {
    /// The colours.
    pub theme: ThemeName,
    /// The characters of marks and lines.
    pub glyphs: GlyphSet,
}

impl Looks {
    /// What these variables ask for.
    ///
    /// # Errors
    /// A theme or a set of characters that does not exist.
    pub fn of(variable: impl Fn(&str) -> Option<OsString>) -> Result<Self, Trouble> {
        let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
        let theme = named(THEME, variable(THEME).as_deref(), &ThemeName::ALL)?.unwrap_or_default();
        let glyphs = match named(GLYPHS, variable(GLYPHS).as_deref(), &SETS)? {
            Some(set) => set,
            None if shows_unicode(variable) => GlyphSet::Unicode,
            None => GlyphSet::Ascii,
        };
        Ok(Self { theme, glyphs })
    }
}

/// What a variable names, of all there is to name.
fn named<T: Copy>(variable: &str, value: Option<&OsStr>, all: &[(&str, T)]) -> Result<Option<T>, Trouble> {
    let Some(value) = value else { return Ok(None) };
    if let Some((_, found)) = all.iter().find(|(name, _)| value == *name) {
        return Ok(Some(*found));
    }
    let names: Vec<_> = all.iter().map(|(name, _)| *name).collect();
    let (last, first) = names.split_last().map_or(("", String::new()), |(last, first)| (*last, first.join(", ")));
    Err(Trouble::Usage(format!("{variable}={} names none there is; it can be {first} or {last}", value.display())))
}

/// Whether the terminal shows more than ASCII. A locale that is not set at all says nothing against it.
fn shows_unicode(variable: impl Fn(&str) -> Option<OsString>) -> bool {
    let is_plain_terminal = variable("TERM").is_some_and(|term| has_few_characters(&term.to_string_lossy()));
    let locale = LOCALE.iter().find_map(|name| variable(name));
    let is_utf_8 = locale.is_none_or(|locale| {
        let locale = locale.to_string_lossy().to_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    });
    is_utf_8 && !is_plain_terminal
}

/// The console of Linux, whose font has a few hundred characters, and terminals that are older than unicode.
fn has_few_characters(term: &str) -> bool {
    let is_vt = |rest: &str| rest.starts_with(|first: char| first.is_ascii_digit());
    matches!(term, "linux" | "ansi" | "cons25")
        || term.starts_with("linux-")
        || term.strip_prefix("vt").is_some_and(is_vt)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What these variables lead to.
    fn looks(set: &[(&str, &str)]) -> Result<Looks, String> {
        let find = |name: &str| set.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value));
        Looks::of(find).map_err(|trouble| trouble.to_string())
    }

    #[test]
    fn the_locale_and_the_terminal_decide_on_the_characters() {
        use GlyphSet::{Ascii, Unicode};
        let table: [(&[(&str, &str)], GlyphSet); 12] = [
            (&[], Unicode),
            (&[("TERM", "xterm-256color")], Unicode),
            (&[("LANG", "de_DE.UTF-8")], Unicode),
            (&[("LANG", "C.utf8"), ("LC_ALL", "")], Unicode),
            (&[("LANG", "C")], Ascii),
            (&[("LANG", "C"), ("LC_CTYPE", "UTF-8")], Unicode),
            (&[("LANG", "C.UTF-8"), ("LC_CTYPE", "en_US.UTF-8"), ("LC_ALL", "C")], Ascii),
            (&[("LC_CTYPE", "de_DE.ISO-8859-1"), ("LANG", "de_DE.UTF-8")], Ascii),
            (&[("LANG", "C.UTF-8"), ("TERM", "linux")], Ascii),
            (&[("LANG", "C.UTF-8"), ("TERM", "vt100")], Ascii),
            (&[("TERM", "linux"), ("PM_GLYPHS", "unicode")], Unicode),
            (&[("LANG", "C.UTF-8"), ("PM_GLYPHS", "ascii")], Ascii),
        ];
        for (set, expected) in table {
            assert_eq!(looks(set).map(|looks| looks.glyphs), Ok(expected), "{set:?}");
        }
    }

    #[test]
    fn what_does_not_exist_is_told_with_what_does() {
        assert_eq!(looks(&[("PM_THEME", "mono")]).map(|looks| looks.theme), Ok(ThemeName::Mono));
        assert_eq!(looks(&[("PM_THEME", "")]).map(|looks| looks.theme), Ok(ThemeName::Terminal));
        let fault = looks(&[("PM_THEME", "pink")]).unwrap_err();
        assert_eq!(fault, "PM_THEME=pink names none there is; it can be terminal, mono or high-contrast");
        let fault = looks(&[("PM_GLYPHS", "runes")]).unwrap_err();
        assert_eq!(fault, "PM_GLYPHS=runes names none there is; it can be unicode or ascii");
    }
}
