//! The rows of the mission that the spine carries, from the command line and from the keyboard, on real processes; the name
//! says which row.

mod keys;
mod s1;
mod s2;
mod s3;

use serde_json::Value;

const SLEEPER: &str = "[process.api]\ncommand = \"{bad} print up sleep 0\"\n{stop}\n";

/// The first value under `key`, at any depth.
fn find<'a>(value: &'a Value, key: &str) -> Option<&'a Value> {
    match value {
        Value::Object(fields) => fields.get(key).or_else(|| fields.values().find_map(|inner| find(inner, key))),
        Value::Array(items) => items.iter().find_map(|inner| find(inner, key)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}
