//! What a test does that cannot be held here: it says so, or fails where every test is to be held.

/// Set by who wants no test to be left out: what the system does not permit is a failure then.
pub const REQUIRED: &str = "PM_TEST_REQUIRE_ISOLATION";

/// Why a test cannot be held.
#[derive(Clone, Copy, Debug)]
pub enum Lacking<'a> {
    /// The system does not permit it: a namespace, a mount, a pid of one's choice.
    Permission(&'a str),
    /// A program that people use is not installed, which is everybody's own affair.
    Program(&'a str),
}

/// Says that a test is left out, and why. To be called right before it returns.
#[track_caller]
pub fn left_out(lacking: Lacking<'_>) {
    match told(lacking, std::env::var_os(REQUIRED).is_some()) {
        Ok(line) => println!("{line}"),
        Err(failure) => panic!("{failure}"),
    }
}

/// The line to print, or the failure it is where everything is required.
pub fn told(lacking: Lacking<'_>, is_required: bool) -> Result<String, String> {
    match lacking {
        Lacking::Program(program) => Ok(format!("left out: {program} is not installed here")),
        Lacking::Permission(what) if is_required => Err(format!("{what}, and {REQUIRED} is set")),
        Lacking::Permission(what) => Ok(format!("left out: {what}")),
    }
}
