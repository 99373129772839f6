//! Which processes a pattern means: `all`, one by its name, or those that match a glob.

use globset::Glob;

use super::command::Refusal;
use super::name::ProcessName;

/// Which of `names` the pattern means, by their places.
///
/// # Errors
/// None of them, with the nearest name there is.
pub fn places(names: &[&ProcessName], pattern: &str) -> Result<Vec<usize>, Refusal> {
    if pattern == "all" {
        return Ok((0..names.len()).collect());
    }
    if let Some(exact) = names.iter().position(|name| name.as_str() == pattern) {
        return Ok(vec![exact]);
    }
    let glob = Glob::new(pattern).map_err(|_| no_such(names, pattern))?.compile_matcher();
    let hits: Vec<_> = (0..names.len()).filter(|place| glob.is_match(names[*place].as_str())).collect();
    if hits.is_empty() { Err(no_such(names, pattern)) } else { Ok(hits) }
}

/// No name is like this one, or only nearly.
pub fn no_such(names: &[&ProcessName], pattern: &str) -> Refusal {
    let distance = |name: &ProcessName| strsim::damerau_levenshtein(name.as_str(), pattern);
    // Of a short pattern nearly nothing is left when two letters of it differ.
    let near = pattern.chars().count().saturating_sub(1).min(2);
    let nearest = names.iter().min_by_key(|name| distance(name)).filter(|name| distance(name) <= near);
    Refusal::NoSuchProcess { pattern: pattern.to_owned(), suggestion: nearest.map(ToString::to_string) }
}
