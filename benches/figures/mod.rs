//! A bench is a program that prints figures beside their budgets. `cargo bench` runs them; `cargo bench -- --enforce` fails above one.

#![allow(dead_code, reason = "every bench uses its own part of it")]
#![allow(clippy::print_stdout, reason = "printing is what a bench is for")]

use std::fs;
use std::process::ExitCode;
use std::time::Duration;

#[path = "../../tests/support/mod.rs"]
pub mod support;

/// The figures of one bench.
#[derive(Debug, Default)]
pub struct Figures {
    over: u32,
}

impl Figures {
    /// Prints one figure and remembers whether it is above its budget.
    pub fn add(&mut self, what: &str, value: f64, unit: &str, budget: Option<f64>) {
        let verdict = match budget {
            None => String::new(),
            Some(budget) if value <= budget => format!("   budget {budget} {unit}: ok"),
            Some(budget) => {
                self.over += 1;
                format!("   budget {budget} {unit}: OVER")
            }
        };
        println!("{what:<58} {value:>10.3} {unit:<6}{verdict}");
    }
}

/// Runs `body` in a pid namespace of its own when cargo asks for benches, and not otherwise (`cargo test --all-targets`).
pub fn bench(body: impl FnOnce(&mut Figures)) -> ExitCode {
    if !std::env::args().any(|arg| arg == "--bench") {
        return ExitCode::SUCCESS;
    }
    if let Some(status) = support::isolate::rerun_inside() {
        return status;
    }
    let mut figures = Figures::default();
    body(&mut figures);
    let enforced = std::env::args().any(|arg| arg == "--enforce");
    if enforced && figures.over > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// CPU time of a process so far, in seconds, from `/proc/PID/stat`; with `waited_for`, that of its reaped children instead.
pub fn cpu_s(pid: u32, waited_for: bool) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).expect("a live process");
    let fields: Vec<&str> = stat.rsplit_once(") ").expect("a stat line").1.split(' ').collect();
    let first = if waited_for { 13 } else { 11 };
    let ticks: u64 = fields[first..first + 2].iter().map(|field| field.parse::<u64>().expect("ticks")).sum();
    ticks as f64 / rustix::param::clock_ticks_per_second() as f64
}

/// The sum of some fields of a `/proc` file of `Name:   123 kB` lines, in KiB.
pub fn kib(path: &str, names: &[&str]) -> f64 {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let value = |line: &str| {
        let (name, rest) = line.split_once(':')?;
        names.contains(&name).then(|| rest.split_whitespace().next()?.parse::<f64>().ok()).flatten()
    };
    text.lines().filter_map(value).sum()
}

pub fn ms(length: Duration) -> f64 {
    length.as_secs_f64() * 1000.0
}

/// The value below which this share of all lies.
pub fn percentile(values: &mut [f64], share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    values[((values.len() - 1) as f64 * share).round() as usize]
}
