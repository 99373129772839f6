//! The room as its callers see it: text in, a project or findings out.

mod env_file;
mod faults;
mod files;
mod laws;
mod paper;
mod values;

use std::path::Path;

use super::{Diagnostics, Project, parse};
use paper::Paper;

/// Reads `text` as `/p/pm.toml` of the paper machine.
fn read(text: &str) -> Result<Project, Diagnostics> {
    parse(text, Path::new("/p/pm.toml"), &Paper)
}

/// Everything found in `text`, whether it could be loaded or not.
fn findings(text: &str) -> Diagnostics {
    match read(text) {
        Ok(project) => project.warnings,
        Err(faults) => faults,
    }
}
