//! Which names patterns mean, where no supervisor resolves them.

use super::code::Trouble;
use crate::domain::{ProcessName, Refusal, Snapshot, pattern};

/// The names of all processes, in the order of definition.
pub fn names(snapshot: &Snapshot) -> Vec<ProcessName> {
    snapshot.rows.iter().map(|row| row.name().clone()).collect()
}

/// The names of `known` that the patterns mean, in the order of `known` and each once; all of them for no pattern.
///
/// # Errors
/// `Refused`, for the first pattern that matches nothing.
pub fn select(known: &[ProcessName], patterns: &[String]) -> Result<Vec<ProcessName>, Trouble> {
    if patterns.is_empty() {
        return Ok(known.to_vec());
    }
    let mut chosen = vec![false; known.len()];
    for pattern in patterns {
        let hits = matches(known, pattern)?;
        for hit in hits {
            chosen[hit] = true;
        }
    }
    Ok(known.iter().zip(chosen).filter(|(_, chosen)| *chosen).map(|(name, _)| name.clone()).collect())
}

/// Whether one of these patterns means this process, which came up later.
pub fn is_meant(name: &ProcessName, patterns: &[String]) -> bool {
    let known = std::slice::from_ref(name);
    patterns.iter().any(|pattern| matches(known, pattern).is_ok())
}

/// Whether one of these patterns may mean processes that come up later.
pub fn is_open_ended(patterns: &[String]) -> bool {
    patterns.iter().any(|pattern| pattern == "all" || pattern.contains(['*', '?', '[', '{']))
}

fn matches(known: &[ProcessName], pattern: &str) -> Result<Vec<usize>, Refusal> {
    pattern::places(&known.iter().collect::<Vec<_>>(), pattern)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_globs_and_all() {
        let known: Vec<_> = ["api", "agent:a", "agent:b"].iter().map(|name| ProcessName::new(name).unwrap()).collect();
        let chosen = |patterns: &[&str]| {
            let patterns: Vec<_> = patterns.iter().map(ToString::to_string).collect();
            select(&known, &patterns).map(|names| names.iter().map(ToString::to_string).collect::<Vec<_>>())
        };
        assert_eq!(chosen(&[]).unwrap().len(), 3);
        assert_eq!(chosen(&["all"]).unwrap().len(), 3);
        assert_eq!(chosen(&["agent:*", "agent:a"]).unwrap(), ["agent:a", "agent:b"]);
        let error = chosen(&["api", "aip"]).unwrap_err();
        assert_eq!(error.code() as u8, 4);
        assert!(error.to_string().contains("did you mean \"api\"?"), "{error}");
        assert!(chosen(&["[bad"]).is_err());
        let later = ["api".to_owned(), "agent:*".to_owned()];
        let name = |text: &str| ProcessName::new(text).unwrap();
        assert!(is_meant(&name("agent:new"), &later) && !is_meant(&name("web"), &later));
        assert!(is_open_ended(&later) && !is_open_ended(&later[..1]) && is_open_ended(&["all".to_owned()]));
    }
}
