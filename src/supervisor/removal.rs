//! Removing everything that is kept of a process: out of the way at once, from the disk when there is time.
//!
//! The directory is renamed, so a process of the same name begins with nothing of it, and who dies half-way leaves nothing that
//! anybody takes for a process. What a supervisor did not get to, the next one removes. The row goes after the directory: what
//! the disk keeps stays in sight.

use std::io;
use std::sync::atomic::{AtomicU32, Ordering};

use tokio::task::spawn_blocking;

use crate::domain::ProcessName;
use crate::logs::runs;
use crate::platform::clock;
use crate::platform::files::create_private;
use crate::platform::lock::FileLock;
use crate::wire::layout::Layout;

/// The names of which something is kept, whether they are processes of the project now or were once.
pub fn kept(layout: &Layout) -> Vec<ProcessName> {
    let names = runs::processes(&layout.runs()).into_iter();
    names.filter(|name| layout.process(name).is_dir()).collect()
}

/// Takes what is kept of `name` out of the runs.
///
/// # Errors
/// A keeper holds its lock (`ResourceBusy`), or what the system answers; then it is all still there.
pub fn remove(layout: &Layout, name: &ProcessName) -> io::Result<()> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let (dir, aside) = (layout.process(name), layout.removed());
    if !dir.exists() {
        return Ok(());
    }
    create_private(&aside)?;
    // Held until it is out of the way: nobody begins in a directory that goes.
    let Some(_lock) = FileLock::acquire(&layout.process_lock(name))? else {
        return Err(io::Error::new(io::ErrorKind::ResourceBusy, "something of it is alive under its keeper"));
    };
    // No pid alone: in a container the next supervisor may have the same.
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let aside = aside.join(format!("{}-{}-{number}", clock::now().millis(), std::process::id()));
    std::fs::rename(dir, &aside)?;
    drop(spawn_blocking(move || std::fs::remove_dir_all(aside)));
    Ok(())
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
