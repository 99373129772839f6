//! The page of `pm status --pid`: one process that nobody supervises.

use super::status::{branch, usage};
use super::{Paint, Tone, clean, figures};
use crate::domain::Timestamp;
use crate::sense::Bare;

/// Everything to be seen of it.
pub fn page(paint: Paint, bare: &Bare, now: Timestamp) -> Vec<String> {
    let word = if bare.zombie { paint.text(Tone::Bad, "zombie") } else { paint.text(Tone::Good, "alive") };
    let name = paint.text(Tone::Heading, clean(&bare.name));
    let mut lines = vec![format!("{name}  {word}  pid {}", bare.identity.pid)];
    let mut add = |label: &str, text: String| {
        let label = paint.text(Tone::Quiet, format!("{label:10}"));
        lines.push(format!("  {label} {}", clean(&text)));
    };
    let words = bare.command.iter().map(String::as_str);
    add("command", shlex::try_join(words).unwrap_or_else(|_| bare.command.join(" ")));
    add("parent", bare.parent_pid.to_string());
    add("up", figures::length(now.since(bare.started_at)));
    add("usage", usage(&bare.tree_usage));
    lines.extend(bare.tree.iter().map(|process| branch(paint, process)));
    lines
}
