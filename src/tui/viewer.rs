//! The person's pager and editor: which program, and how it is told a line.

use std::path::Path;
use std::process::Command;

use crate::platform::foreground;

/// Shows a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Viewer {
    /// To read.
    Pager,
    /// To change or to copy from.
    Editor,
    /// In the editor, the config itself and not a copy of something.
    Config,
}

impl Viewer {
    /// The command line the person has chosen, else a usual one.
    pub fn chosen(self) -> String {
        let from = |names: &[&str]| {
            names.iter().find_map(|name| std::env::var(name).ok().filter(|value| !value.trim().is_empty()))
        };
        let (names, usual): (&[&str], _) = match self {
            Self::Pager => (&["PAGER"], if is_windows() { "more" } else { "less" }),
            Self::Editor | Self::Config => (&["VISUAL", "EDITOR"], if is_windows() { "notepad" } else { "vi" }),
        };
        from(names).unwrap_or_else(|| usual.to_owned())
    }
}

impl Viewer {
    /// Shows the file, with our terminal, until the person has seen enough; then removes it, if it is a copy.
    ///
    /// # Errors
    /// Which program could not be started or ended badly, and what to do about it, in words.
    pub fn show(self, path: &Path, line: usize) -> Result<(), String> {
        let chosen = self.chosen();
        let shown = show(&chosen, path, line);
        let (variable, what) = match self {
            Self::Pager => ("PAGER", "the log"),
            Self::Editor => ("EDITOR", "the log"),
            Self::Config => ("EDITOR", "the config"),
        };
        if self != Self::Config {
            // What remains is in the directory for such files, and of no use to anybody.
            _ = std::fs::remove_file(path);
        }
        shown.map_err(|why| format!("{chosen} did not show {what}: {why}; ${variable} names another program"))
    }
}

fn show(chosen: &str, path: &Path, line: usize) -> Result<(), String> {
    let words = command(chosen, path, line).ok_or("its command line cannot be understood")?;
    let (program, args) = words.split_first().ok_or("its command line is empty")?;
    let ended = foreground::run(Command::new(program).args(args)).map_err(|error| error.to_string())?;
    if ended.success() { Ok(()) } else { Err(ended.to_string()) }
}

fn is_windows() -> bool {
    crate::platform::unsupported::OS == "Windows"
}

/// Program and arguments that show `path` at `line`, counted from 1; `None` for a command line that cannot be split.
pub fn command(chosen: &str, path: &Path, line: usize) -> Option<Vec<String>> {
    let mut words = shlex::split(chosen).filter(|words| !words.is_empty())?;
    let program = Path::new(&words[0]).file_stem().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
    let path = path.display().to_string();
    match program.as_str() {
        "less" | "more" | "most" | "vi" | "vim" | "nvim" | "view" | "nano" | "emacs" | "emacsclient" | "kak"
        | "micro" | "joe" | "ne" | "mg" => words.extend([format!("+{line}"), path]),
        "code" | "codium" | "cursor" => words.extend(["--wait".into(), "--goto".into(), format!("{path}:{line}")]),
        "subl" | "zed" => words.extend(["--wait".into(), format!("{path}:{line}")]),
        "hx" | "helix" => words.push(format!("{path}:{line}")),
        // How another one is told a line is not known; it still shows the file.
        _other => words.push(path),
    }
    Some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_told_the_line_in_their_own_way() {
        let command = |chosen| command(chosen, Path::new("/tmp/x y.log"), 42).map(|words| words.join(" | "));
        assert_eq!(command("less -R").as_deref(), Some("less | -R | +42 | /tmp/x y.log"));
        assert_eq!(command("/usr/bin/vim").as_deref(), Some("/usr/bin/vim | +42 | /tmp/x y.log"));
        assert_eq!(command("code -n").as_deref(), Some("code | -n | --wait | --goto | /tmp/x y.log:42"));
        assert_eq!(command("'my editor' --x").as_deref(), Some("my editor | --x | /tmp/x y.log"));
        assert_eq!((command("un'balanced"), command(" ")), (None, None));
    }
}
