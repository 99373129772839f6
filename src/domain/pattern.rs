//! Which processes a pattern means: `all`, one by its name, or those that match a glob.

use globset::{GlobBuilder, GlobMatcher};

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
    let glob = glob(pattern, Letters::Exact).ok_or_else(|| no_such(names, pattern))?;
    let hits: Vec<_> = (0..names.len()).filter(|place| glob.is_match(names[*place].as_str())).collect();
    if hits.is_empty() { Err(no_such(names, pattern)) } else { Ok(hits) }
}

/// Whether large and small letters are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Letters {
    /// They are: a name is meant as it is written.
    Exact,
    /// They are not.
    AnyCase,
}

/// What asks a name whether it has this shape, such as `agent:*`; `None` for what is no glob.
pub fn glob(pattern: &str, letters: Letters) -> Option<GlobMatcher> {
    let glob = GlobBuilder::new(pattern).case_insensitive(letters == Letters::AnyCase).build().ok()?;
    Some(glob.compile_matcher())
}

/// No name is like this one, or only nearly.
pub fn no_such(names: &[&ProcessName], pattern: &str) -> Refusal {
    let distance = |name: &ProcessName| strsim::damerau_levenshtein(name.as_str(), pattern);
    // Of a short pattern nearly nothing is left when two letters of it differ.
    let near = pattern.chars().count().saturating_sub(1).min(2);
    let nearest = names.iter().min_by_key(|name| distance(name)).filter(|name| distance(name) <= near);
    Refusal::NoSuchProcess { pattern: pattern.to_owned(), suggestion: nearest.map(ToString::to_string) }
}
