//! The loop around the pure middle: it waits for whatever comes first, and draws when something changed.
//!
//! A key draws at once. Everything else is drawn at most so often that a flood of output costs little, and not at all when
//! nothing in view changed. No timer is armed unless a frame is due or a countdown is in view.

mod away;

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossterm::event::{Event as Input, EventStream, KeyEventKind, MouseButton, MouseEventKind};
use futures_util::StreamExt;
use jiff::tz::TimeZone;
use tokio::sync::{broadcast, mpsc, watch};

use crate::domain::{Command, Event, Snapshot};
use crate::emulator::picture::Pointing;
use crate::platform::clock::Clock;
use crate::platform::identity::Proven;
use crate::supervisor::{Handle, bare, own_environment};

use super::clipboard;
use super::feed::{Feed, Order};
use super::key::Key;
use super::keyboard::Keyboard;
use super::message::{Effect, Mouse, Msg};
use super::model::{Look, Model, Succession};
use super::options::{Leave, Options, Sought, Successor, TuiError};
use super::pacing::Pacing;
use super::pages::Pages;
use super::pointer;
use super::screen::{Screen, Writer};
use super::terminal::{self, Guard};
use super::update::terminal::is_echo;
use super::update::update;
use super::waiting::waiting_input;

/// So long the last frame may take when the dashboard is left.
const LAST_FRAME_AT_MOST: Duration = Duration::from_millis(300);
/// Keys, clicks and pastes handled before a frame is drawn.
const INPUTS_PER_FRAME: usize = 256;
/// What most terminals have where none is told.
const USUAL_SIZE: (u16, u16) = (80, 24);

/// Opens the dashboard on `handle` and returns when it is left. The terminal is then as it was, whatever happened.
///
/// # Errors
/// There is no usable terminal, or it failed.
pub async fn run(handle: Handle, options: Options) -> Result<Leave, TuiError> {
    let guard = Guard::take(options.mouse)?;
    let mut dashboard = Dashboard::new(handle, options)?;
    let leave = dashboard.run().await;
    dashboard.pages.stop();
    // A frame on its way would hide the cursor again behind the back of who restores it; one that hangs is not waited for.
    _ = tokio::time::timeout(LAST_FRAME_AT_MOST, dashboard.settle_writer()).await;
    drop(dashboard);
    drop(guard);
    leave
}

/// Everything the loop waits for and works with.
struct Dashboard {
    handle: Handle,
    model: Model,
    screen: Screen,
    writer: Writer,
    pages: Pages,
    clock: Clock,
    /// `None` while somebody else reads the keyboard.
    inputs: Option<EventStream>,
    snapshots: watch::Receiver<Arc<Snapshot>>,
    /// `None` once there will be no more of them.
    events: Option<broadcast::Receiver<Arc<Event>>>,
    inbox: mpsc::UnboundedReceiver<Msg>,
    /// Filled by the tasks that wait for replies and pages. Unbounded because each entry answers one request of ours.
    outbox: mpsc::UnboundedSender<Msg>,
    terminate: Option<std::pin::Pin<Box<dyn Future<Output = ()> + Send>>>,
    successor: Option<Successor>,
    step_back: Option<Successor>,
    /// Started when the first terminal comes into view.
    feed: Option<Feed>,
    keyboard: Keyboard,
    /// The search that goes on now.
    sought: Option<Sought>,
    pacing: Pacing,
    leave: Option<Leave>,
}

impl Dashboard {
    fn new(handle: Handle, options: Options) -> Result<Self, TuiError> {
        let clock = Clock::start();
        let theme = options.theme.choose(std::env::var_os("NO_COLOR").as_deref()).theme();
        let look = Look { title: options.title, theme, glyphs: options.glyphs, zone: TimeZone::system() };
        let (width, height) = terminal::size().unwrap_or(USUAL_SIZE);
        let mut snapshots = handle.watch();
        let first = Arc::clone(&snapshots.borrow_and_update());
        let (outbox, inbox) = mpsc::unbounded_channel();
        let keyboard = Keyboard::start(handle.clone(), outbox.clone());
        let mut model = Model::new(clock.now(), (width, height), look, options.mouse, &first);
        model.can_run_on = options.can_run_on;
        if let Some(name) = options.solo {
            model.table.wanted = Some(name.clone());
            model.table.rebuild(&first);
            model.solo = Some(name);
        }
        if options.successor.is_some() && options.step_back.is_none() {
            model.succession = Succession::Ready;
        }
        Ok(Self {
            model,
            screen: Screen::new(width, height),
            writer: Writer::start()?,
            pages: Pages::default(),
            inputs: Some(EventStream::new()),
            events: Some(handle.events()),
            snapshots,
            handle,
            inbox,
            outbox,
            terminate: options.terminate,
            successor: options.successor,
            step_back: options.step_back,
            sought: None,
            feed: None,
            keyboard,
            pacing: Pacing::start(),
            leave: None,
            clock,
        })
    }

    async fn run(&mut self) -> Result<Leave, TuiError> {
        self.handle(Msg::Tick).await?;
        if self.model.solo.is_some() {
            self.handle(Msg::Attach).await?;
        }
        loop {
            if let Some(leave) = self.leave {
                return Ok(leave);
            }
            if self.model.dirty {
                self.follow_size().await?;
            }
            // What was asked for and typed goes on its way before a frame is drawn, however much there is to be handled.
            tokio::task::yield_now().await;
            self.draw_if_due()?;
            match self.wait().await {
                // A window that was closed is a way to leave, not a fault.
                Err(TuiError::Terminal(error)) if is_hangup(&error) => return Ok(Leave::Terminated),
                waited => waited?,
            }
        }
    }

    /// Waits for whatever comes first, and handles it.
    async fn wait(&mut self) -> Result<(), TuiError> {
        let wake = self.next_wake();
        let gone = self.model.gone_since.is_some();
        tokio::select! {
            biased;
            input = self.inputs.get_or_insert_with(EventStream::new).next() => self.take_inputs(input).await,
            () = ended(&mut self.terminate) => { self.leave = Some(Leave::Terminated); Ok(()) }
            written = self.writer.done() => { self.pacing.learn(written?); Ok(()) }
            Some(msg) = self.inbox.recv() => self.take_answer(msg).await,
            changed = self.snapshots.changed(), if !gone => match changed {
                Ok(()) => {
                    let snapshot = Arc::clone(&self.snapshots.borrow_and_update());
                    self.handle(Msg::Snapshot(snapshot)).await
                }
                Err(_closed) => self.handle(Msg::SupervisorGone).await,
            },
            found = ended(&mut self.sought) => self.take_successor(found).await,
            event = next_event(&mut self.events) => match event {
                Ok(event) => self.handle(Msg::Event(event)).await,
                Err(broadcast::error::RecvError::Lagged(count)) => self.handle(Msg::EventsLost(count)).await,
                // The snapshots end as well, and say so.
                Err(broadcast::error::RecvError::Closed) => { self.events = None; Ok(()) }
            },
            () = sleep_until(wake) => {
                if !self.model.dirty { self.handle(Msg::Tick).await?; }
                Ok(())
            }
        }
    }

    /// Handles all keys and clicks that wait already, then asks for a frame at once.
    async fn take_inputs(&mut self, first: Option<io::Result<Input>>) -> Result<(), TuiError> {
        // A child at the keyboard learns of a new size before it gets the keys that were pressed after it.
        self.follow_size().await?;
        let mut next = first;
        for _ in 0..INPUTS_PER_FRAME {
            let Some(input) = next else {
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the terminal was closed").into());
            };
            let input = input?;
            // With shift the mouse is ours, as in other terminals: to select.
            let is_wanted = self.model.terminal.pointing() > Pointing::Nothing;
            let pointer = pointer::of(&input).filter(|pointer| is_wanted && !pointer.held.0);
            if let Some(msg) = pointer.map(Msg::Pointer).or_else(|| message(input)) {
                if let Msg::Resize(width, height) = msg {
                    // Smaller and back again before we looked: the same size, but what was cut off is gone.
                    self.screen.resize(width, height);
                }
                self.pacing.urgent = true;
                self.handle(msg).await?;
            }
            match waiting_input(self.inputs.get_or_insert_with(EventStream::new)).await {
                Some(waiting) if self.leave.is_none() => next = waiting,
                Some(_) | None => break,
            }
        }
        self.follow_size().await
    }

    /// Asks for the size instead of waiting to be told: of a key and a new size that come in one moment, the key is told
    /// first, and who types sees the old size.
    async fn follow_size(&mut self) -> Result<(), TuiError> {
        match terminal::size() {
            Some((width, height)) if (width, height) != (self.model.width, self.model.height) => {
                self.screen.resize(width, height);
                self.pacing.urgent = true;
                self.handle(Msg::Resize(width, height)).await
            }
            // One that cannot be asked is as large as it was.
            Some(_) | None => Ok(()),
        }
    }

    /// Goes on with another supervisor, if one was found.
    async fn take_successor(&mut self, found: Result<Handle, String>) -> Result<(), TuiError> {
        self.sought = None;
        let first = found.map(|handle| self.turn_to(handle));
        self.pacing.urgent = true;
        self.handle(Msg::Successor(first)).await
    }

    /// Listens to this supervisor from now on; gives its first picture.
    fn turn_to(&mut self, handle: Handle) -> Arc<Snapshot> {
        self.snapshots = handle.watch();
        self.events = Some(handle.events());
        self.keyboard = Keyboard::start(handle.clone(), self.outbox.clone());
        self.handle = handle;
        Arc::clone(&self.snapshots.borrow_and_update())
    }

    async fn take_answer(&mut self, msg: Msg) -> Result<(), TuiError> {
        self.pacing.urgent |= msg.is_waited_for() || matches!(msg, Msg::Terminal(..)) && is_echo(&self.model);
        self.handle(msg).await
    }

    async fn handle(&mut self, msg: Msg) -> Result<(), TuiError> {
        let effects = update(&mut self.model, self.clock.now(), msg);
        for effect in effects {
            self.perform(effect).await?;
        }
        Ok(())
    }

    async fn perform(&mut self, effect: Effect) -> Result<(), TuiError> {
        match effect {
            Effect::Send(id, mut command) => {
                if let Command::Add(spec) = &mut command {
                    // It runs as if it had been typed where the dashboard was opened.
                    spec.inherited = Some(own_environment());
                }
                let (handle, outbox) = (self.handle.clone(), self.outbox.clone());
                tokio::spawn(async move { outbox.send(Msg::Reply(id, handle.send(command).await)) });
            }
            Effect::Job(job) => {
                let (pages, outbox) = (self.pages.clone(), self.outbox.clone());
                pages.announce(&job);
                tokio::task::spawn_blocking(move || pages.perform(job, &mut |msg| drop(outbox.send(msg))));
            }
            Effect::Feed(order) => self.feed(order)?,
            Effect::Type(name, bytes) => self.keyboard.send(name, bytes),
            Effect::GiveSize(name, size) => self.keyboard.resize(name, size),
            Effect::TrackPointer(what) => {
                self.settle_writer().await?;
                terminal::track_pointer(what)?;
            }
            Effect::Copy(text) => self.copy(text).await?,
            Effect::CaptureMouse(capture) => {
                self.settle_writer().await?;
                terminal::capture_mouse(capture)?;
            }
            Effect::Redraw => self.screen.forget(),
            Effect::Suspend => self.suspend().await?,
            Effect::View(viewer, path, line) => self.view(viewer, path, line).await?,
            Effect::LookAt(pid) => {
                let outbox = self.outbox.clone();
                tokio::spawn(async move { outbox.send(Msg::Looked(pid, bare::look(pid).await.map(Box::new))) });
            }
            Effect::Sweep(process, force) => {
                let outbox = self.outbox.clone();
                tokio::spawn(async move {
                    let outcome = match Proven::prove(&process) {
                        Ok(proven) => Ok(bare::stop(proven, force, |_stage| {}).await),
                        Err(why) => Err(why.to_string()),
                    };
                    outbox.send(Msg::Swept(process.pid, outcome))
                });
            }
            Effect::FindSuccessor => self.sought = self.successor.as_mut().map(|seek| seek()),
            Effect::Quit(leave) => self.leave = Some(leave),
        }
        Ok(())
    }

    fn feed(&mut self, order: Order) -> io::Result<()> {
        let feed = match self.feed.take() {
            Some(feed) => feed,
            None => Feed::start(self.outbox.clone())?,
        };
        feed.tell(order);
        self.feed = Some(feed);
        Ok(())
    }

    /// Puts text on the clipboards of the terminal, and hands it to a program that has one of its own.
    async fn copy(&mut self, text: String) -> Result<(), TuiError> {
        self.settle_writer().await?;
        clipboard::send_to_terminal(&text)?;
        let outbox = self.outbox.clone();
        // A thread of its own: a program that hangs must not keep the runtime from ending.
        let give = move || drop(outbox.send(Msg::Clipped(text.len(), clipboard::give_to_program(&text))));
        std::thread::Builder::new().name("clipboard".into()).spawn(give)?;
        Ok(())
    }

    /// Waits for the frame on its way, so that nothing is written into the middle of it.
    async fn settle_writer(&mut self) -> Result<(), TuiError> {
        if self.writer.busy {
            self.writer.done().await?;
        }
        Ok(())
    }

    fn draw_if_due(&mut self) -> Result<(), TuiError> {
        if !self.model.dirty || self.writer.busy {
            return Ok(());
        }
        let due = self.pacing.due(self.model.focused);
        if due.is_some_and(|due| Instant::now() < due) {
            return Ok(());
        }
        if !terminal::is_ours() {
            // A panic elsewhere gave the terminal back to show its message; it stands on the main screen.
            terminal::enter(self.model.mouse)?;
            self.screen.forget();
        }
        self.model.take_dirty(self.clock.now());
        self.pacing.drawn();
        if let Some(frame) = self.screen.frame(&self.model)? {
            self.writer.write(frame);
        }
        if std::mem::take(&mut self.model.terminal.is_undrawn) {
            self.feed(Order::Drawn)?;
        }
        Ok(())
    }

    /// When something has to be done although nothing comes in.
    fn next_wake(&self) -> Option<Instant> {
        if !self.model.dirty {
            return self.model.next_wake().map(|time| self.clock.instant(time).into_std());
        }
        // While a frame is on its way, its end is what is waited for.
        if self.writer.busy { None } else { self.pacing.due(self.model.focused) }
    }
}

/// The terminal is no longer there.
fn is_hangup(error: &io::Error) -> bool {
    use io::ErrorKind as K;
    // EIO, which is what a terminal without its other side answers, has no kind of its own.
    matches!(error.kind(), K::UnexpectedEof | K::BrokenPipe | K::NotConnected) || error.raw_os_error() == Some(5)
}

/// What an input of the terminal means to the model; `None` for what means nothing.
fn message(input: Input) -> Option<Msg> {
    match input {
        Input::Key(key) if key.kind == KeyEventKind::Release => None,
        Input::Key(key) => Some(Msg::Key(Key::from(key))),
        Input::Paste(text) => Some(Msg::Paste(text)),
        Input::Resize(width, height) => Some(Msg::Resize(width, height)),
        Input::FocusGained => Some(Msg::Focus(true)),
        Input::FocusLost => Some(Msg::Focus(false)),
        Input::Mouse(mouse) => {
            let what = match mouse.kind {
                MouseEventKind::Down(MouseButton::Left) => Mouse::Press,
                MouseEventKind::Drag(MouseButton::Left) => Mouse::Drag,
                MouseEventKind::Up(MouseButton::Left) => Mouse::Release,
                MouseEventKind::ScrollUp => Mouse::WheelUp,
                MouseEventKind::ScrollDown => Mouse::WheelDown,
                MouseEventKind::Down(_)
                | MouseEventKind::Up(_)
                | MouseEventKind::Drag(_)
                | MouseEventKind::Moved
                | MouseEventKind::ScrollLeft
                | MouseEventKind::ScrollRight => return None,
            };
            Some(Msg::Mouse(what, mouse.column, mouse.row))
        }
    }
}

async fn ended<T>(waited_for: &mut Option<std::pin::Pin<Box<dyn Future<Output = T> + Send>>>) -> T {
    match waited_for {
        Some(future) => future.await,
        None => std::future::pending().await,
    }
}

async fn next_event(
    events: &mut Option<broadcast::Receiver<Arc<Event>>>,
) -> Result<Arc<Event>, broadcast::error::RecvError> {
    match events {
        Some(events) => events.recv().await,
        None => std::future::pending().await,
    }
}

async fn sleep_until(wake: Option<Instant>) {
    match wake {
        Some(instant) => tokio::time::sleep_until(instant.into()).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseEvent};

    #[test]
    fn released_keys_and_movements_of_the_mouse_mean_nothing() {
        let key = KeyEvent::new_with_kind(KeyCode::Char('x'), KeyModifiers::NONE, KeyEventKind::Release);
        assert!(message(Input::Key(key)).is_none());
        let mouse = |kind| Input::Mouse(MouseEvent { kind, column: 3, row: 4, modifiers: KeyModifiers::NONE });
        assert!(message(mouse(MouseEventKind::Moved)).is_none());
        assert!(matches!(message(mouse(MouseEventKind::ScrollUp)), Some(Msg::Mouse(Mouse::WheelUp, 3, 4))));
    }

    #[test]
    fn a_closed_window_is_a_way_to_leave() {
        assert!(is_hangup(&io::Error::from_raw_os_error(5)));
        assert!(is_hangup(&io::ErrorKind::BrokenPipe.into()));
        assert!(!is_hangup(&io::ErrorKind::PermissionDenied.into()));
    }
}
