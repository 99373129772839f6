//! What a command did, or how it ended, in lines.

use super::{Paint, Tone, clean};
use crate::domain::{Accepted, ProcessName, Row, Snapshot};

/// One line per process that `accepted` speaks of; with `end`, how it stands then.
pub fn lines(paint: Paint, doing: &str, accepted: &Accepted, end: Option<&Snapshot>) -> Vec<String> {
    let affected = accepted.affected.iter().map(|name| match end {
        Some(end) => standing(paint, name, end),
        None => format!("{name}: {doing}"),
    });
    let unchanged = accepted.unchanged.iter().map(|(name, why)| {
        let why = paint.text(Tone::Quiet, clean(why));
        format!("{name}: {why}")
    });
    affected.chain(unchanged).collect()
}

/// How one process stands: `api: running, pid 12`.
pub fn standing(paint: Paint, name: &ProcessName, snapshot: &Snapshot) -> String {
    match snapshot.rows.iter().find(|row| row.name() == name) {
        Some(row) => standing_of(paint, row),
        None => format!("{name}: gone"),
    }
}

/// How one row stands.
pub fn standing_of(paint: Paint, row: &Row) -> String {
    let word = row.phase.word();
    let pid = row.pid().map(|pid| format!(", pid {pid}")).unwrap_or_default();
    let why = row.phase.why().map(|why| format!(" ({})", clean(&why))).unwrap_or_default();
    format!("{}: {}{pid}{why}", row.name(), paint.text(word.into(), word))
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    #[test]
    fn accepted_and_done_read_differently() {
        let name = |text| ProcessName::new(text).unwrap();
        let accepted = Accepted {
            revision: 1,
            affected: vec![name("api"), name("off"), name("gone")],
            unchanged: vec![(name("db"), "already running".into())],
        };
        let paint = Paint::new(false);
        assert_eq!(
            lines(paint, "starting", &accepted, None),
            ["api: starting", "off: starting", "gone: starting", "db: already running"]
        );
        assert_eq!(
            lines(paint, "starting", &accepted, Some(&samples::snapshot())),
            [
                "api: running, pid 101",
                "off: stopped (stopped by stop stage 1: SIGTERM, 2 killed)",
                "gone: gone",
                "db: already running"
            ]
        );
    }
}
