//! The loop of a keeper: waits, asks the machine, does what it says. Everything that blocks or allocates without bound stays out.
//!
//! Called by `main` with what `birth` made.

use std::io::ErrorKind;
use std::path::PathBuf;
use std::time::Duration;

use super::birth::Newborn;
use super::diary::Diary;
use super::machine::{Effect, Input, Machine};
use super::outlet::WIDE_BYTES;
use super::peers::{MAX_PEERS, Peers};
use super::reach;
use super::streams::Streams;
use crate::domain::{ExitBy, ExitStatus, Signal};
use crate::logs::segment::Writer;
use crate::platform::cradle::{self, Wakeups};
use crate::platform::lock::{self, FileLock};
use crate::platform::poll::{Buffer, Fd, Interest, Now, Ready, Watch};
use crate::platform::reap::{self, Reaped};
use crate::wire::keeper::{Order, Report};
use crate::wire::layout::Layout;
use crate::wire::record::{RecordState, RecordedExit};
use crate::wire::sockets::Sockets;

/// After this long without output the read buffer goes back to the system, in milliseconds.
const RELEASE_MS: u64 = 1000;
/// How long nobody is let in after that has failed, in milliseconds.
const NO_DESCRIPTOR_MS: u64 = 50;
/// How long the last words may take to those who do not read, in milliseconds.
const FAREWELL_MS: u64 = 200;

/// A keeper at its post.
pub struct Post {
    pid: u32,
    machine: Machine,
    wakeups: Wakeups,
    listener: Option<Fd>,
    /// Nobody is let in before.
    lets_in_at_ms: Option<u64>,
    socket: PathBuf,
    lock: Option<FileLock>,
    lock_path: PathBuf,
    log: Writer,
    diary: Diary,
    streams: Streams,
    peers: Peers,
    ladder: Vec<(Signal, u64)>,
    said: Said,
    buffer: Buffer,
    /// When the buffer was last used and not given back since.
    buffer_used_ms: Option<u64>,
    exit: Option<RecordedExit>,
    /// The dead one just taken was the last child there was.
    is_last: bool,
    done: bool,
}

/// What a supervisor that comes later is told first.
struct Said {
    hello: Report,
    launched: Report,
    stage: Option<Report>,
    held: bool,
    exited: Option<Report>,
    stuck: Option<Report>,
}

/// What became ready.
#[derive(Default)]
struct Answers {
    woken: bool,
    knock: bool,
    input: bool,
    outlets: [bool; 2],
    peers: [Ready; MAX_PEERS],
}

impl Post {
    /// Takes over from birth. `None` when there is no memory for a buffer, and then nothing can be kept.
    pub fn new(newborn: Newborn) -> std::io::Result<Self> {
        let Newborn { parent, pid, hello, launched, wakeups, listener, socket, lock, .. } = newborn;
        let Newborn { lock_path, log, diary, streams, ladder, limit_ms, .. } = newborn;
        let limit = (limit_ms > 0).then(|| (Now::read().steady_ms().saturating_add(limit_ms), ladder.clone()));
        Ok(Self {
            pid,
            machine: Machine::new().within(limit),
            wakeups,
            listener: Some(listener),
            lets_in_at_ms: None,
            socket,
            lock: Some(lock),
            lock_path,
            log,
            diary,
            streams,
            peers: Peers::new(parent),
            ladder,
            said: Said { hello, launched, stage: None, held: false, exited: None, stuck: None },
            buffer: Buffer::new(WIDE_BYTES)?,
            buffer_used_ms: None,
            exit: None,
            is_last: false,
            done: false,
        })
    }

    /// Stays until nothing is left of the tree.
    pub fn stay(mut self) {
        // The child may have ended before the handler was looked at for the first time.
        self.reap();
        while !self.done {
            let answers = self.wait();
            if answers.woken {
                self.wake_up();
            }
            self.listen(&answers);
            self.read(answers.outlets);
            if answers.input {
                // Who sent it has been told that it was taken; that the child closed its input is no fault of theirs.
                let _ = self.streams.flush();
            }
            self.keep_time();
            self.peers.sweep();
        }
        self.take_leave();
    }

    fn wait(&self) -> Answers {
        let now = Now::read();
        let mut watch = Watch::new(self.wakeups.fd());
        let woken = watch.add(self.wakeups.fd(), Interest::Read);
        let open = self.listener.as_ref().filter(|_| self.lets_in_at_ms.is_none());
        let knock = open.map(|listener| watch.add(listener, Interest::Read));
        let input = self.streams.waiting_input().map(|input| watch.add(input, Interest::Write));
        let mut outlets = [None; 2];
        if self.streams.nap_until_us() <= now.steady_us {
            for (place, fd) in self.streams.outlets() {
                outlets[place] = Some(watch.add(fd, Interest::Read));
            }
        }
        let mut peers = [None; MAX_PEERS];
        for (place, peer) in self.peers.iter().enumerate().take(MAX_PEERS) {
            let interest = if peer.is_behind() { Interest::Both } else { Interest::Read };
            peers[place] = Some(watch.add(peer.fd(), interest));
        }
        watch.wait(self.timeout(now));
        let ready = |place: Option<usize>| place.map(|place| watch.ready(place)).unwrap_or_default();
        Answers {
            woken: watch.ready(woken).read,
            knock: ready(knock).read,
            input: ready(input).write,
            outlets: outlets.map(|place| ready(place).read),
            peers: peers.map(ready),
        }
    }

    /// Until the next thing that happens by itself; `None` when nothing will.
    fn timeout(&self, now: Now) -> Option<Duration> {
        let in_ms = |at: u64| at.saturating_sub(now.steady_ms()).saturating_mul(1000);
        let nap = self.streams.nap_until_us();
        let waits = [
            self.machine.next_deadline_ms().map(in_ms),
            self.lets_in_at_ms.map(in_ms),
            self.peers.growth_due_ms(self.log.extent()).map(in_ms),
            self.buffer_used_ms.map(|used| in_ms(used + RELEASE_MS)),
            // The log tells wall time, which may jump; a second is how long it rests after a failure.
            self.log.retry_at_ms().map(|at| at.saturating_sub(now.wall_ms).min(1000) * 1000),
            (nap > now.steady_us).then(|| nap - now.steady_us),
        ];
        waits.into_iter().flatten().min().map(Duration::from_micros)
    }

    fn wake_up(&mut self) {
        let woken = self.wakeups.take();
        if woken.terminate {
            let ladder = self.ladder.clone();
            self.feed(Input::Stop(ladder));
        }
        if woken.refresh {
            self.renew_socket();
        }
        if woken.child {
            self.reap();
        }
    }

    /// Listens where a supervisor looks for us now: the sockets may have been removed, or lie elsewhere since it came.
    fn renew_socket(&mut self) {
        let socket = self.socket_now().unwrap_or_else(|| self.socket.clone());
        if socket == self.socket && socket.exists() {
            return;
        }
        // Where that cannot be, the run goes on as it was, and the next signal tries again.
        if let Ok(listener) = cradle::listen(&socket) {
            self.listener = Some(listener);
            if socket != self.socket {
                let _ = std::fs::remove_file(std::mem::replace(&mut self.socket, socket));
            }
        }
    }

    fn socket_now(&self) -> Option<PathBuf> {
        let said = std::fs::read_to_string(Layout::sockets_beside(&self.lock_path)?).ok()?;
        Some(Layout::moved_keeper_socket(&Sockets::parse(&said)?.dir, self.socket.file_name()?))
    }

    fn reap(&mut self) {
        let mut next = reap::reap();
        while !self.done {
            let now = next;
            match now {
                Reaped::One(pid, status) => {
                    next = reap::reap();
                    let is_main = pid == self.pid && !self.machine.main_is_gone();
                    self.is_last = is_main && next == Reaped::NoChildren && !reap::lives_on(pid);
                    self.feed(if is_main { Input::MainReaped(status) } else { Input::OtherReaped(status) });
                }
                Reaped::NoneDead => return,
                Reaped::NoChildren if reap::lives_on(self.pid) => return self.feed(Input::Adrift),
                Reaped::NoChildren => {
                    self.streams.let_go();
                    self.take_output();
                    self.feed(Input::NoChildren);
                    return self.record_exit_unless_over();
                }
            }
        }
    }

    fn listen(&mut self, answers: &Answers) {
        for (place, ready) in answers.peers.iter().enumerate() {
            if ready.write
                && let Some(peer) = self.peers.get_mut(place)
            {
                peer.flush();
            }
            if ready.read {
                self.buffer_used_ms = Some(Now::read().steady_ms());
                let orders = self.peers.get_mut(place).map(|peer| peer.hear(&mut self.buffer)).unwrap_or_default();
                for order in orders {
                    self.obey(place, order);
                }
            }
        }
        if answers.knock
            && let Some(listener) = &self.listener
        {
            match cradle::accept(listener) {
                Ok(fd) => self.peers.admit(fd),
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::PermissionDenied) => {}
                // Whoever knocks does so still: where the system has no descriptor left, that passes.
                Err(_) => self.lets_in_at_ms = Some(Now::read().steady_ms() + NO_DESCRIPTOR_MS),
            }
        }
    }

    fn obey(&mut self, place: usize, order: Order) {
        match order {
            // It was launched already; a second launch is nonsense and changes nothing.
            Order::Launch(_) => {}
            Order::Attach { version: _ } => {
                self.reappear();
                self.recount(place);
            }
            Order::Stop(stages) => self.feed(Input::Stop(stages)),
            Order::NextStage => self.feed(Input::NextStage),
            Order::Hold => self.feed(Input::Hold),
            Order::Kill => self.feed(Input::Kill),
            Order::Signal(signal) => self.feed(Input::Signal(signal)),
            Order::Input(bytes) => {
                if let (Err(why), Some(peer)) = (self.streams.write(&bytes), self.peers.get_mut(place)) {
                    peer.tell(&Report::InputRefused(why));
                }
            }
            Order::Resize(rows, cols) => self.streams.resize(rows, cols),
        }
    }

    /// Makes anew what a later supervisor must find, where the directory of the run was removed. Not when another copy of the
    /// process has begun in its place meanwhile: that one holds the lock now.
    fn reappear(&mut self) {
        if self.done || self.diary.is_on_disk() {
            return;
        }
        // What the disk refuses now is tried again with the next supervisor.
        if self.holds_lock() {
            let _ = self.diary.write_again();
            self.log.look(Now::read().wall_ms);
        }
    }

    /// Ours is the lock that others see; it is taken anew where its file was removed.
    fn holds_lock(&mut self) -> bool {
        if lock::holder(&self.lock_path) == Some(std::process::id()) {
            return true;
        }
        let made = self.lock_path.parent().map_or(Ok(()), std::fs::create_dir_all);
        let Ok(Some(lock)) = made.and_then(|()| FileLock::acquire(&self.lock_path)) else { return false };
        self.lock = Some(lock);
        true
    }

    /// Tells a supervisor that came later everything that was said so far.
    fn recount(&mut self, place: usize) {
        let held = self.said.held.then_some(Report::Held);
        // An end before the stage: a stop that is about what it left behind shall not be taken for the reason of it.
        let said = [Some(self.said.hello.clone()), Some(self.said.launched.clone()), self.said.exited.clone()];
        let later = [self.said.stage.clone(), held, self.said.stuck.clone()];
        self.peers.attach(place);
        let extent = self.log.extent();
        if let Some(peer) = self.peers.get_mut(place) {
            for report in said.into_iter().chain(later).flatten() {
                peer.tell(&report);
            }
            peer.tell_extent(extent, Now::read().steady_ms());
        }
    }

    fn read(&mut self, ready: [bool; 2]) {
        let mut any = false;
        for place in (0..ready.len()).filter(|place| ready[*place]) {
            any |= self.streams.read_some(place, &mut self.buffer, &mut self.log);
            if self.streams.output_ended() {
                self.feed(Input::OutputEnded);
            }
        }
        if any {
            self.buffer_used_ms = Some(Now::read().steady_ms());
            self.feed(Input::Output);
        }
    }

    /// Takes the output that is there, so that it stands in the log before an end is told.
    fn take_output(&mut self) {
        let before = self.streams.output_ended();
        self.streams.read_all(&mut self.buffer, &mut self.log);
        let now_ms = Now::read().steady_ms();
        self.buffer_used_ms = Some(now_ms);
        self.peers.tell_growth_now(self.log.extent(), now_ms);
        if !before && self.streams.output_ended() {
            self.feed(Input::OutputEnded);
        }
    }

    fn keep_time(&mut self) {
        let now = Now::read();
        if self.machine.next_deadline_ms().is_some_and(|at| now.steady_ms() >= at) {
            self.feed(Input::Tick);
        }
        self.lets_in_at_ms = self.lets_in_at_ms.filter(|at| now.steady_ms() < *at);
        if self.log.retry_at_ms().is_some() {
            self.log.retry(now.wall_ms);
        }
        self.peers.tell_growth(self.log.extent(), now.steady_ms());
        if self.buffer_used_ms.is_some_and(|used| now.steady_ms() >= used + RELEASE_MS) {
            self.buffer.release();
            self.streams.rest();
            cradle::trim_heap();
            self.buffer_used_ms = None;
        }
    }

    fn feed(&mut self, input: Input) {
        let now_ms = Now::read().steady_ms();
        for effect in self.machine.step(now_ms, input) {
            self.perform(effect);
        }
    }

    fn perform(&mut self, effect: Effect) {
        let at = Now::read().wall_ms;
        match effect {
            Effect::SignalGroup(signal) => reach::signal_group(self.pid, signal),
            Effect::SignalTree(signal) => reach::signal_tree(self.pid, signal),
            Effect::SignalStragglers(signal) => reach::signal_stragglers(self.pid, signal),
            Effect::KillMain => reach::kill_main(self.pid),
            Effect::KillPass => {
                reach::kill_children(self.pid);
                self.feed(Input::PassDone);
            }
            Effect::Stage { number, of, signal, wait } => {
                let report = Report::Stage { number, of, signal, at, wait };
                self.peers.tell(&report);
                (self.said.stage, self.said.held) = (Some(report), false);
            }
            Effect::Held => {
                self.said.held = true;
                self.peers.tell(&Report::Held);
            }
            Effect::Exited(status, by) => self.main_exited(status, by, at),
            Effect::Stuck => {
                let left = reap::descendants().into_iter().chain(reap::adrift(self.pid));
                let report = Report::Stuck(left.map(|relative| relative.pid).collect());
                self.peers.tell(&report);
                self.said.stuck = Some(report);
            }
            Effect::Look => self.reap(),
            Effect::Finish(killed) => self.finish(killed, at),
        }
    }

    fn main_exited(&mut self, status: ExitStatus, by: ExitBy, at: u64) {
        let exit = RecordedExit { status, by, at };
        self.exit = Some(exit);
        self.take_output();
        if !self.is_last {
            // Whether or not the disk took it, the supervisor hears of it. Where nothing else is left, the record of the end is next.
            let _ = self.diary.write(RecordState::Exited(exit));
        }
        let report = Report::Exited { status, by, at };
        self.peers.tell(&report);
        self.said.exited = Some(report);
    }

    /// Output may still come from a stranger who holds the pipe; the exit shall stand on disk meanwhile.
    fn record_exit_unless_over(&mut self) {
        if let (true, Some(exit), false) = (std::mem::take(&mut self.is_last), self.exit, self.done) {
            let _ = self.diary.write(RecordState::Exited(exit));
        }
    }

    fn finish(&mut self, killed: u32, at: u64) {
        let unseen = RecordedExit { status: ExitStatus::Unknown, by: ExitBy::Unknown, at };
        let exit = self.exit.unwrap_or(unseen);
        self.log.finish(at);
        let _ = self.diary.write(RecordState::Emptied { exit, killed, at });
        self.listener = None;
        let _ = std::fs::remove_file(&self.socket);
        // Released before it is told, so that who hears of it can start the next run at once.
        self.lock = None;
        self.peers.tell_growth_now(self.log.extent(), Now::read().steady_ms());
        self.peers.tell(&Report::Emptied { killed });
        self.done = true;
    }

    fn take_leave(mut self) {
        let until = Now::read().steady_ms() + FAREWELL_MS;
        while self.peers.any_behind() && Now::read().steady_ms() < until {
            let mut watch = Watch::new(self.wakeups.fd());
            for peer in self.peers.iter().filter(|peer| peer.is_behind()).take(MAX_PEERS) {
                watch.add(peer.fd(), Interest::Write);
            }
            watch.wait(Some(Duration::from_millis(FAREWELL_MS / 10)));
            self.peers.flush();
        }
        self.diary.sync();
    }
}
