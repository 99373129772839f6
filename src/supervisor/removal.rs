//! Removing everything that is kept of a process: out of the way at once, from the disk when there is time.
//!
//! The directory is renamed first, so a process of the same name begins with nothing of it, and who dies half-way leaves nothing
//! that anybody takes for a process. What a supervisor did not get to, the next one removes.

use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

use tokio::task::spawn_blocking;

use crate::domain::ProcessName;
use crate::platform::files::create_private;
use crate::wire::layout::Layout;

/// Takes what is kept of `name` out of the runs.
///
/// # Errors
/// What the system answers; then it is all still there.
pub fn remove(layout: &Layout, name: &ProcessName) -> io::Result<()> {
    let aside = layout.removed();
    create_private(&aside)?;
    let aside = set_aside(&layout.process(name), &aside)?;
    drop(spawn_blocking(move || std::fs::remove_dir_all(aside)));
    Ok(())
}

fn set_aside(dir: &Path, aside: &Path) -> io::Result<std::path::PathBuf> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let aside = aside.join(format!("{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed)));
    match std::fs::rename(dir, &aside) {
        // It never ran.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(aside),
        renamed => renamed.map(|()| aside),
    }
}

/// Removes what an earlier supervisor did not get to, without anybody waiting for it.
pub fn finish(layout: &Layout) {
    let aside = layout.removed();
    drop(spawn_blocking(move || {
        for left in std::fs::read_dir(aside)?.flatten() {
            // Tried again at the next start.
            let _ = std::fs::remove_dir_all(left.path());
        }
        io::Result::Ok(())
    }));
}
