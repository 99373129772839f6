//! Which directory a project's sockets are in, and which supervisor listens there: a file in its state directory.
//!
//! `XDG_RUNTIME_DIR` is not the same in a login, in a cron job and under `su`, and a logout may remove it. The state directory
//! stays, so whoever looks for a socket finds it by this file. Four lines: the directory, then pid, start and boot of the
//! supervisor, which prove who it is. Written by the supervisor that holds the project's lock; read by clients, by keepers
//! that are asked for a socket, and by the next supervisor. Knows no file.

use std::path::PathBuf;

/// Where the sockets are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sockets {
    /// The project's runtime directory, absolute.
    pub dir: PathBuf,
    /// Pid of the supervisor that listens at the control socket in it.
    pub pid: u32,
    /// When it started, as in a record.
    pub start_ticks: u64,
    /// In which boot of the machine.
    pub boot_id: String,
}

impl Sockets {
    /// What the file says; `None` where that cannot be understood, or is not all there.
    pub fn parse(text: &str) -> Option<Self> {
        let mut lines = text.strip_suffix('\n')?.split('\n');
        let dir = lines.next().map(PathBuf::from).filter(|dir| dir.is_absolute())?;
        let (pid, start_ticks) = (lines.next()?.parse().ok()?, lines.next()?.parse().ok()?);
        Some(Self { dir, pid, start_ticks, boot_id: lines.next()?.to_owned() })
    }

    /// The file's content; `None` for a directory whose name is no line of text.
    pub fn render(&self) -> Option<String> {
        let Self { dir, pid, start_ticks, boot_id } = self;
        let dir = dir.to_str().filter(|dir| !dir.contains('\n'))?;
        Some(format!("{dir}\n{pid}\n{start_ticks}\n{boot_id}\n"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sockets(dir: &str) -> Sockets {
        let dir = if cfg!(windows) { format!("C:{dir}") } else { dir.to_owned() };
        Sockets { dir: dir.into(), pid: 42, start_ticks: 4242, boot_id: "b".into() }
    }

    #[test]
    fn what_was_written_is_read_and_the_half_of_it_is_nothing() {
        for dir in ["/run/user/1000/pm/shop-1", "/run/with blanks "] {
            let text = sockets(dir).render().unwrap();
            assert_eq!(Sockets::parse(&text), Some(sockets(dir)));
            for end in 0..text.len() {
                assert_eq!(Sockets::parse(&text[..end]), None, "{end}");
            }
        }
    }

    #[test]
    fn a_directory_is_one_line_and_absolute() {
        assert_eq!(sockets("/two\nlines").render(), None);
        assert_eq!(Sockets::parse("run/relative\n42\n4242\nb\n"), None);
    }
}
