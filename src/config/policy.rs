//! The tables of policy inside a process: `restart`, `stop` and `log`.
//!
//! Must not know programs or paths. Called by `process`.

use std::time::Duration;

use super::diagnostic::Diagnostic;
use super::keys::Section;
use super::reader::{Field, Fields, Findings, Value, fields};
use super::values::{choice, duration, signal, size};
use crate::domain::spec::{Keep, LogLimits, Restart, RestartWhen};
use crate::domain::{Signal, StopLadder, StopStage};

/// The words of `restart` and `restart.when`.
const WHEN: &[(&str, RestartWhen)] =
    &[("no", RestartWhen::No), ("on-failure", RestartWhen::OnFailure), ("always", RestartWhen::Always)];

/// A segment that was made to fit is not made smaller than this, in bytes.
const SMALLEST_SEGMENT: u64 = 1 << 10;

/// The wait of a stage that says none; KILL needs none.
const STAGE_WAIT: Duration = Duration::from_secs(10);

pub(super) fn restart(field: Field<'_, '_>, findings: &mut Findings) -> Restart {
    let value = field.value.get_ref();
    if value.is_str() {
        let when = choice(field, WHEN, findings).unwrap_or_default();
        return Restart { when, ..Restart::default() };
    }
    if let Some(truth) = value.as_bool() {
        let word = if truth { "always" } else { "no" };
        findings.push(field.wrong_type().hint(format!("did you mean restart = \"{word}\"?")));
        return Restart::default();
    }
    match field.table(findings) {
        Some(table) => restart_table(field, &fields(table, Section::Restart, findings), findings),
        None => Restart::default(),
    }
}

fn restart_table(field: Field<'_, '_>, given: &Fields<'_, '_>, findings: &mut Findings) -> Restart {
    let mut restart = Restart::default();
    match given.get("when") {
        Some(when) => restart.when = choice(when, WHEN, findings).unwrap_or_default(),
        None => findings.push(
            Diagnostic::fault(field.name_span(), "\"restart\" does not say when")
                .because("\"when\" is missing")
                .hint("add when = \"on-failure\" or when = \"always\""),
        ),
    }
    let mut wait = |name: &str, default: Duration| {
        let Some(field) = given.get(name) else { return default };
        let wait = duration(field, findings).unwrap_or(default);
        if wait.is_zero() {
            let fault = Diagnostic::fault(field.span(), format!("\"{name}\" cannot be zero"));
            let label = "a process that cannot start would be started without a pause";
            findings.push(fault.because(label).hint(format!("write it like {}", field.key.example)));
        }
        wait
    };
    restart.first_wait = wait("first_wait", restart.first_wait);
    restart.max_wait = wait("max_wait", restart.max_wait.max(restart.first_wait));
    if let Some(field) = given.get("healthy_after") {
        restart.healthy_after = duration(field, findings).unwrap_or(restart.healthy_after);
    }
    if let Some(field) = given.get("limit") {
        restart.limit = field.number(0, findings).unwrap_or(restart.limit);
    }
    if let Some(field) = given.get("max_wait").filter(|_| restart.max_wait < restart.first_wait) {
        let fault = Diagnostic::fault(field.span(), "\"max_wait\" is shorter than \"first_wait\"");
        let label = "the longest wait cannot be shorter than the first";
        findings.push(fault.because(label).hint("make it at least as long as \"first_wait\""));
    }
    restart
}

pub(super) fn stop(field: Field<'_, '_>, findings: &mut Findings) -> StopLadder {
    let Some(entries) = field.value.get_ref().as_array() else {
        findings.push(field.wrong_type().hint(as_list(field.value)));
        return StopLadder::default();
    };
    if entries.is_empty() {
        let fault = Diagnostic::fault(field.span(), "\"stop\" has no stages").because("an empty list");
        let hint = "write stop = [{ signal = \"KILL\" }] to kill at once, or leave \"stop\" out for TERM, TERM, KILL";
        findings.push(fault.hint(hint));
        return StopLadder::default();
    }
    let mut stages = Vec::new();
    let mut killed = false;
    for entry in entries {
        if killed {
            let advice = Diagnostic::advice(entry.span(), "this stage of \"stop\" is never reached");
            findings.push(advice.because("after KILL nothing is left").hint("remove it, or move KILL to the end"));
        }
        let stage = stage(field, entry, findings);
        killed |= stage.is_some_and(|stage| stage.signal == Signal::Kill);
        stages.extend(stage);
    }
    StopLadder::new(stages)
}

fn stage(field: Field<'_, '_>, entry: &Value<'_>, findings: &mut Findings) -> Option<StopStage> {
    let Some(table) = entry.get_ref().as_table() else {
        findings.push(field.wrong_type_at(entry).hint(as_list(entry)));
        return None;
    };
    let given = fields(table, Section::Stop, findings);
    let wait = given.get("wait").and_then(|wait| duration(wait, findings));
    let Some(field) = given.get("signal") else {
        let fault = Diagnostic::fault(entry.span(), "a stage of \"stop\" has no signal");
        findings
            .push(fault.because("\"signal\" is missing").hint("write it like { signal = \"TERM\", wait = \"10s\" }"));
        return None;
    };
    let signal = signal(field, findings)?;
    let usual = if signal == Signal::Kill { Duration::ZERO } else { STAGE_WAIT };
    Some(StopStage { signal, wait: wait.unwrap_or(usual) })
}

/// How to write, as a list of stages, what was written as something else.
fn as_list(value: &Value<'_>) -> String {
    let word = value.get_ref().as_str().and_then(|text| text.parse::<Signal>().ok()).and_then(Signal::name);
    format!("write stop = [{{ signal = \"{}\", wait = \"10s\" }}]; KILL follows by itself", word.unwrap_or("TERM"))
}

/// Limits of which `unless_said` is what holds where `log` says nothing.
pub(super) fn log(field: Field<'_, '_>, unless_said: LogLimits, findings: &mut Findings) -> LogLimits {
    let mut limits = unless_said;
    let Some(table) = field.table(findings) else { return limits };
    let given = fields(table, Section::Log, findings);
    if let Some(field) = given.get("segment") {
        limits.segment_bytes = size(field, findings).unwrap_or(limits.segment_bytes);
    }
    if let Some(field) = given.get("segments") {
        limits.segments = field.number(1, findings).unwrap_or(limits.segments);
    }
    if let Some(field) = given.get("runs") {
        limits.runs = field.number(1, findings).unwrap_or(limits.runs);
    }
    if let Some(field) = given.get("compress") {
        limits.compress = field.truth(findings).unwrap_or(limits.compress);
    }
    limits.keep = keep(&given, ["total", "age"], findings);
    if let Some(total) = limits.keep.total_bytes {
        bound(&mut limits, total, &given, findings);
    }
    limits
}

/// The keys, by these names, that limit what is kept of many runs.
pub(super) fn keep(given: &Fields<'_, '_>, [total, age]: [&str; 2], findings: &mut Findings) -> Keep {
    Keep {
        total_bytes: given.get(total).and_then(|field| size(field, findings)),
        max_age: given.get(age).and_then(|field| {
            let age = duration(field, findings)?;
            if age.is_zero() {
                let fault = Diagnostic::fault(field.span(), format!("\"{}\" cannot be zero", field.key.name));
                let label = "nothing would be left to read after the end of a run";
                findings.push(fault.because(label).hint(format!("write it like {}", field.key.example)));
            }
            Some(age)
        }),
    }
}

/// Keeps a single run within what all may take: while it is written, only its keeper bounds it.
fn bound(limits: &mut LogLimits, total: u64, given: &Fields<'_, '_>, findings: &mut Findings) {
    match given.get("segment") {
        Some(segment) if limits.segment_bytes > total => {
            let fault = Diagnostic::fault(segment.span(), "\"segment\" is larger than \"total\"");
            let label = "one segment would take more than all may";
            findings.push(fault.because(label).hint("make it at most a quarter of \"total\", or leave it out"));
        }
        Some(_) => {}
        None => {
            limits.segment_bytes = limits.segment_bytes.min(total / u64::from(limits.segments)).max(SMALLEST_SEGMENT);
        }
    }
    let fitting = u32::try_from(total / limits.segment_bytes).unwrap_or(u32::MAX);
    limits.segments = limits.segments.min(fitting.max(1));
}
