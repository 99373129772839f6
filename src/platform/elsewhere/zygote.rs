//! No template: only Linux can make its copy a child of the supervisor.

use std::io;
use std::path::Path;

use crate::platform::Unsupported;
use crate::platform::zygote::Theirs;

#[derive(Debug)]
pub struct Zygote(std::convert::Infallible);

impl Zygote {
    pub fn start(_exe: &Path) -> io::Result<Self> {
        Err(Unsupported { what: "copying a process for a keeper", instead: "each keeper is executed" }.into())
    }

    pub fn copy(&self, _label: &str, _theirs: Theirs) -> io::Result<u32> {
        match self.0 {}
    }
}

pub const fn serve() -> bool {
    false
}
