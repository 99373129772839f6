//! From what was typed to what is wanted: patterns and times, with a message for those that are none.

use std::sync::Arc;

use jiff::tz::TimeZone;

use super::LINES_ON_TERMINAL;
use crate::cli::args::Logs;
use crate::cli::code::Trouble;
use crate::cli::tails::{Sought, Wanted};
use crate::logs::lines::StreamFilter;
use crate::logs::pattern::{Case, Pattern};
use crate::logs::time;
use crate::platform::clock;

/// What these arguments ask for.
pub(super) fn of(args: &Logs, is_terminal: bool) -> Result<Wanted, Trouble> {
    let filter = match (args.stdout, args.stderr) {
        (true, _) => StreamFilter::Stdout,
        (false, true) => StreamFilter::Stderr,
        (false, false) => StreamFilter::All,
    };
    let range = time::parse_range(args.since.as_deref(), args.until.as_deref(), clock::now(), &TimeZone::system());
    let (since, until) = range.map_err(|error| Trouble::Usage(error.to_string()))?;
    if let (Some(from), Some(to)) = (since, until)
        && from >= to
    {
        return Err(Trouble::Usage("--since is not before --until, so nothing can lie between them".to_owned()));
    }
    let sought = sought(args)?;
    // Whoever says what to look for, or from when, wants all of it.
    let is_bounded = sought.is_some() || since.is_some() || until.is_some();
    let last = args.lines.or((is_terminal && !is_bounded).then_some(LINES_ON_TERMINAL));
    Ok(Wanted { filter, since, until, last, sought })
}

fn sought(args: &Logs) -> Result<Option<Sought>, Trouble> {
    let case = match (args.ignore_case, args.case_sensitive) {
        (true, _) => Case::Insensitive,
        (false, true) => Case::Sensitive,
        (false, false) => Case::Smart,
    };
    let pattern = match (&args.grep, args.level) {
        (Some(text), _) if args.regex => Pattern::regex(text, case).map_err(|error| {
            let caret = " ".repeat(error.column.saturating_sub(1));
            let hint = "leave --regex out to look for the text as it is";
            Trouble::Usage(format!("--grep: {}\n  {text}\n  {caret}^\n{hint}", error.message))
        })?,
        (Some(text), _) => Pattern::literal(text, case),
        (None, Some(level)) => Pattern::level(level.0),
        (None, None) => return Ok(None),
    };
    let lines = |own: Option<usize>| own.or(args.context).unwrap_or(0);
    let (before, after) = (lines(args.before_context), lines(args.after_context));
    Ok(Some(Sought { pattern: Arc::new(pattern), inverted: args.invert_match, before, after }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(args: &Logs) -> String {
        let trouble = of(args, false).unwrap_err();
        assert_eq!(trouble.code() as u8, 2);
        trouble.to_string()
    }

    #[test]
    fn what_cannot_be_meant_is_told_with_its_place() {
        let args = Logs { grep: Some("foo(bar".into()), regex: true, ..Logs::default() };
        let message = fault(&args);
        assert!(message.contains("\n  foo(bar\n     ^\n"), "{message}");
        assert!(
            fault(&Logs { since: Some("soon".into()), ..Logs::default() }).contains("\"soon\" is no point in time")
        );
        let turned = Logs { since: Some("5m".into()), until: Some("10m".into()), ..Logs::default() };
        assert!(fault(&turned).contains("--since is not before --until"));
    }

    #[test]
    fn a_terminal_gets_the_last_lines_unless_something_is_looked_for() {
        let last = |args: &Logs, is_terminal| of(args, is_terminal).unwrap().last;
        let plain = Logs::default();
        assert_eq!((last(&plain, true), last(&plain, false)), (Some(100), None));
        assert_eq!(last(&Logs { grep: Some("x".into()), ..Logs::default() }, true), None);
        assert_eq!(last(&Logs { since: Some("5m".into()), ..Logs::default() }, true), None);
        assert_eq!(last(&Logs { grep: Some("x".into()), lines: Some(3), ..Logs::default() }, true), Some(3));
    }
}
