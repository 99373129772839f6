//! The template of keepers: a socket on which each message is a label and the socket of a keeper to be.
#![allow(unsafe_code, reason = "a raw clone, the descriptors of a new process, and its command line")]

use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::Duration;

use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, SocketFlags, SocketType,
};

use crate::platform::clock;
use crate::platform::launch::KEEPER_ARG;
use crate::platform::unix::cradle::close_from;
use crate::platform::unix::launch::keeper_command;
use crate::platform::zygote::ZYGOTE_ARG;

/// A copy is made in a tenth of a millisecond. A template that has not answered after this time is suspended.
const ANSWERS_WITHIN: Duration = Duration::from_secs(2);
/// Room for a label in the command line of the template, and so of its copies.
const LABEL_BYTES: usize = 160;
/// An answer is the pid, or the error number as a negative one.
const ANSWER_BYTES: usize = size_of::<i32>();

#[derive(Debug)]
pub struct Zygote {
    socket: OwnedFd,
    process: Child,
}

impl Zygote {
    pub fn start(exe: &Path) -> io::Result<Self> {
        let (ours, theirs) =
            rustix::net::socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)?;
        rustix::net::sockopt::set_socket_timeout(&ours, rustix::net::sockopt::Timeout::Recv, Some(ANSWERS_WITHIN))?;
        let room = " ".repeat(LABEL_BYTES);
        let process = keeper_command(exe, &[ZYGOTE_ARG, &room]).stdin(Stdio::from(theirs)).current_dir("/").spawn()?;
        Ok(Self { socket: ours, process })
    }

    pub fn copy(&self, label: &str, theirs: OwnedFd) -> io::Result<u32> {
        let fds = [theirs.as_fd()];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        control.push(SendAncillaryMessage::ScmRights(&fds));
        // An empty message could not be told from the end.
        let text = if label.is_empty() { "-" } else { label };
        rustix::net::sendmsg(&self.socket, &[IoSlice::new(text.as_bytes())], &mut control, SendFlags::NOSIGNAL)?;
        drop(theirs);
        let mut answer = [0; ANSWER_BYTES];
        // A signal ends a call that has a time limit, whatever its handler was registered with.
        let (len, _) = rustix::io::retry_on_intr(|| rustix::net::recv(&self.socket, &mut answer, RecvFlags::empty()))?;
        if len < ANSWER_BYTES {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let answer = i32::from_ne_bytes(answer);
        u32::try_from(answer).map_err(|_| io::Error::from_raw_os_error(-answer))
    }
}

impl Drop for Zygote {
    fn drop(&mut self) {
        // It has nothing of its own; killed rather than waited for, as it may be suspended. While it is our child and not reaped the
        // pid is its; who is the first process of a system reaps whatever is dead.
        if let Ok(None) = self.process.try_wait() {
            drop(self.process.kill());
            drop(self.process.wait());
        }
    }
}

pub fn serve() -> bool {
    // What the supervisor was given by its shell shall not live as long as we do.
    close_from(3);
    // A Ctrl-C at the terminal of the supervisor is none of ours.
    let _ = rustix::process::setsid();
    let title = Title::find();
    // Each copy would read it again.
    let _ = clock::boot_id();
    // SAFETY: descriptor 0 is the socket we were started with; nothing closes it while we serve.
    let orders = unsafe { BorrowedFd::borrow_raw(0) };
    let mut label = [0; LABEL_BYTES];
    loop {
        let Some((len, socket)) = next_order(orders, &mut label) else { return false };
        match fork_as_sibling() {
            Ok(0) => {
                if let Some(title) = &title {
                    title.set(&label[..len]);
                }
                // SAFETY: both are open; the copy's standard input becomes the keeper's socket.
                unsafe { libc::dup2(socket.as_raw_fd(), 0) };
                return true;
            }
            Ok(pid) => answer(orders, pid),
            Err(error) => answer(orders, -error.raw_os_error().unwrap_or(libc::EAGAIN)),
        }
    }
}

fn answer(orders: BorrowedFd<'_>, number: i32) {
    // Nobody to tell is seen at the next order, which does not come.
    let _ = rustix::net::send(orders, &number.to_ne_bytes(), SendFlags::NOSIGNAL);
}

/// The next label and socket; `None` when the supervisor is gone.
fn next_order(orders: BorrowedFd<'_>, label: &mut [u8]) -> Option<(usize, OwnedFd)> {
    loop {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut control = RecvAncillaryBuffer::new(&mut space);
        let mut slices = [IoSliceMut::new(label)];
        let got = match rustix::net::recvmsg(orders, &mut slices, &mut control, RecvFlags::CMSG_CLOEXEC) {
            Err(rustix::io::Errno::INTR) => continue,
            other => other.ok()?,
        };
        if got.bytes == 0 && !got.flags.contains(ReturnFlags::TRUNC) {
            return None;
        }
        let socket = control.drain().find_map(|message| {
            let RecvAncillaryMessage::ScmRights(mut fds) = message else { return None };
            fds.next()
        });
        if let Some(socket) = socket {
            return Some((got.bytes, socket));
        }
        // No descriptor could be had for it: the order cannot be carried out.
        answer(orders, -libc::EMFILE);
    }
}

/// A copy of this process that is a child of our parent: 0 in the copy, its pid here.
fn fork_as_sibling() -> io::Result<i32> {
    // s390x takes the two arguments the other way round.
    let (first, second) = if cfg!(target_arch = "s390x") { (0, libc::CLONE_PARENT) } else { (libc::CLONE_PARENT, 0) };
    // SAFETY: without a stack of its own and without shared memory this is a fork. We have one thread and hold no lock, so
    // what the C library does around a fork is not needed; all other arguments are pointers that these flags do not use.
    let pid = unsafe { libc::syscall(libc::SYS_clone, first, second, 0, 0, 0) };
    if pid == -1 { Err(io::Error::last_os_error()) } else { Ok(pid as i32) }
}

/// The memory where the kernel reads our command line from.
struct Title {
    start: *mut u8,
    len: usize,
}

impl Title {
    /// Found in fields 48 and 49 of `/proc/self/stat` (proc(5): `arg_start`, `arg_end`).
    fn find() -> Option<Self> {
        let line = std::fs::read_to_string("/proc/self/stat").ok()?;
        let mut fields = line.rsplit_once(')')?.1.split_ascii_whitespace().skip(45);
        let start: usize = fields.next()?.parse().ok()?;
        let end: usize = fields.next()?.parse().ok()?;
        let len = end.checked_sub(start).filter(|len| *len > LABEL_BYTES)?;
        Some(Self { start: std::ptr::with_exposed_provenance_mut(start), len })
    }

    /// `pm __keeper <label>`, as if it had been executed so.
    fn set(&self, label: &[u8]) {
        let words = [b"pm".as_slice(), KEEPER_ARG.as_bytes(), label];
        let text: Vec<u8> = words.join(&0);
        let kept = text.len().min(self.len - 1);
        // SAFETY: the kernel put our arguments there, `len` bytes, writable; nothing reads them any more but the kernel. The
        // last byte stays zero.
        unsafe {
            std::ptr::write_bytes(self.start, 0, self.len);
            std::ptr::copy_nonoverlapping(text.as_ptr(), self.start, kept);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_that_is_no_template_refuses_instead_of_hanging() {
        let zygote = Zygote::start(Path::new("/bin/true")).unwrap();
        let (_ours, theirs) = std::os::unix::net::UnixStream::pair().unwrap();
        let error = zygote.copy("shop/api", theirs.into()).unwrap_err();
        assert!(
            matches!(
                error.kind(),
                io::ErrorKind::UnexpectedEof | io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset
            ),
            "{error}"
        );
    }
}
