//! One process as `pm ps --json` shows it: the contract, field by field.

use std::fmt;

use serde_json::Value;

/// One element of `processes`.
#[derive(Clone, Debug)]
pub struct Row(pub Value);

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Row {
    #[track_caller]
    fn field(&self, key: &str) -> &Value {
        self.0.get(key).unwrap_or_else(|| panic!("`ps --json` has no field {key:?} in {}", self.0))
    }

    #[track_caller]
    fn number(&self, key: &str) -> Option<u64> {
        let value = self.field(key);
        assert!(value.is_null() || value.is_u64(), "{key} is {value}, not a whole number");
        value.as_u64()
    }

    pub fn name(&self) -> &str {
        self.field("name").as_str().expect("a name")
    }

    pub fn phase(&self) -> &str {
        self.field("phase").as_str().expect("a phase")
    }

    pub fn is(&self, phase: &str) -> bool {
        self.phase() == phase
    }

    pub fn health(&self) -> &str {
        self.field("health").as_str().expect("a health word")
    }

    /// The reason; empty where there is none.
    pub fn why(&self) -> &str {
        self.field("why").as_str().unwrap_or("")
    }

    pub fn pid(&self) -> Option<u32> {
        self.number("pid").map(|pid| pid as u32)
    }

    pub fn keeper_pid(&self) -> Option<u32> {
        self.number("keeper_pid").map(|pid| pid as u32)
    }

    pub fn run(&self) -> u64 {
        self.number("run").unwrap_or(0)
    }

    pub fn run_id(&self) -> &str {
        self.field("run_id").as_str().unwrap_or("")
    }

    pub fn restarts(&self) -> u64 {
        self.number("restarts").expect("a count")
    }

    pub fn zombies(&self) -> u64 {
        self.number("zombies").expect("a count")
    }

    pub fn tree_pids(&self) -> u64 {
        self.number("tree_pids").expect("a count")
    }

    pub fn threads(&self) -> u64 {
        self.number("threads").expect("a count")
    }

    pub fn memory_bytes(&self) -> u64 {
        self.number("memory_bytes").expect("bytes")
    }

    pub fn cpu_percent(&self) -> f64 {
        self.field("cpu_percent").as_f64().expect("a share")
    }

    pub fn uptime_s(&self) -> f64 {
        self.field("uptime_s").as_f64().unwrap_or(0.0)
    }

    pub fn text(&self, key: &str) -> &str {
        self.field(key).as_str().unwrap_or_else(|| panic!("{key} is not a text in {self}"))
    }

    pub fn has_exit(&self) -> bool {
        !self.field("exit").is_null()
    }

    /// The exit code; `None` when it did not call exit, or did not end.
    pub fn exit_code(&self) -> Option<i64> {
        self.field("exit").get("code")?.as_i64()
    }

    /// The name of the signal that ended it, with or without `SIG` in front.
    pub fn exit_signal(&self) -> Option<String> {
        let name = self.field("exit").get("signal")?.as_str()?;
        Some(name.trim_start_matches("SIG").to_owned())
    }

    /// By whose doing it ended; empty while it runs.
    pub fn exit_by(&self) -> &str {
        self.field("exit").get("by").and_then(Value::as_str).unwrap_or("")
    }
}
