//! The terminal of the run in view, kept up to date by a thread of its own: it reads the log by offset, plays it to an
//! emulator, and gives a picture whenever the last one was drawn.
//!
//! Bytes of output never leave this thread; pictures do, one at a time. A terminal that is looked at costs a read per report
//! of growth. While somebody types, the log is looked at every millisecond for a moment, so that an echo need not wait for a
//! report: those come at most twenty times a second, whoever looks. Called by the loop, answered through its inbox.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use tokio::sync::mpsc::UnboundedSender;

use super::message::Msg;
use crate::emulator::{Picture, Size};

mod show;

use show::Show;

/// How often the log is looked at while an echo is expected.
const CLOSE_LOOK: Duration = Duration::from_millis(1);
/// How long that goes on after a key, or after something came.
const CLOSE_LOOK_FOR: Duration = Duration::from_millis(60);
/// How often it is looked at after that.
const LOOK: Duration = Duration::from_millis(4);
/// For so long; then the next report of growth is waited for.
const LOOK_FOR: Duration = Duration::from_millis(400);
/// Between two pictures, however quickly they are drawn.
const BETWEEN_PICTURES: Duration = Duration::from_millis(4);

/// What the thread is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// This run is in view from now on, or none.
    Watch(Option<Watched>),
    /// The pane has this size.
    Fit(Size),
    /// Somebody gave the terminal this size.
    Resized(Size),
    /// The log has grown.
    Grown,
    /// A key is on its way to the child.
    Typed,
    /// The keyboard is attached, or no longer.
    Keyboard(bool),
    /// The last picture was drawn.
    Drawn,
}

/// A run in view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watched {
    /// Sent back with every piece of news, so that those of an earlier run are known as such.
    pub number: u64,
    /// Its directory.
    pub dir: PathBuf,
    /// Its terminal can still be given a size.
    pub is_live: bool,
    /// The size its terminal was given last, where that is known.
    pub size: Option<Size>,
    /// The size of the pane.
    pub pane: Size,
}

/// What the thread says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// It looks like this now.
    Picture(Arc<Picture>),
    /// The child has asked its terminal something, and this is the answer.
    Answer(Vec<u8>),
    /// The terminal is to have this size.
    Resize(Size),
    /// We have the seat at the keyboard, or somebody else has it.
    Seated(bool),
    /// It cannot be shown, and why.
    Failed(String),
}

/// The thread, from outside. It ends when this is dropped.
#[derive(Debug)]
pub struct Feed {
    orders: Sender<Order>,
}

impl Feed {
    /// Starts the thread; its news go to `inbox`.
    ///
    /// # Errors
    /// The system has no thread left.
    pub fn start(inbox: UnboundedSender<Msg>) -> std::io::Result<Self> {
        let (orders, to_do) = channel();
        let thread = std::thread::Builder::new().name("terminal".into());
        thread.spawn(move || Feeder { orders: to_do, inbox, show: None }.run())?;
        Ok(Self { orders })
    }

    /// Tells the thread something.
    pub fn tell(&self, order: Order) {
        // It ends only with us.
        drop(self.orders.send(order));
    }
}

struct Feeder {
    orders: Receiver<Order>,
    inbox: UnboundedSender<Msg>,
    show: Option<Show>,
}

impl Feeder {
    fn run(mut self) {
        loop {
            let order = match self.patience() {
                None => self.orders.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(wait) => self.orders.recv_timeout(wait),
            };
            match order {
                Ok(order) => {
                    self.obey(order);
                    while let Ok(order) = self.orders.try_recv() {
                        self.obey(order);
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            // An emulator that fails on what a child prints must not take the dashboard with it.
            let went = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| self.go_on()));
            if went.is_err() {
                self.fail("its terminal cannot be shown any more; its log has everything".to_owned());
            }
        }
    }

    /// How long nothing has to be done; `None`: until an order comes.
    fn patience(&self) -> Option<Duration> {
        self.show.as_ref()?.patience(Instant::now())
    }

    fn obey(&mut self, order: Order) {
        if let Order::Watch(watched) = order {
            self.show = None;
            let Some(watched) = watched else { return };
            let number = watched.number;
            match Show::open(watched) {
                Ok(show) => self.show = Some(show),
                Err(error) => self.say(number, News::Failed(format!("its log cannot be read: {error}"))),
            }
        } else if let Some(show) = &mut self.show {
            show.obey(&order);
        }
        self.tell_news();
    }

    fn go_on(&mut self) {
        if let Some(show) = &mut self.show
            && let Err(error) = show.go_on(Instant::now())
        {
            self.fail(format!("its log cannot be read: {error}"));
        }
        self.tell_news();
    }

    fn fail(&mut self, why: String) {
        if let Some(show) = self.show.take() {
            self.say(show.number(), News::Failed(why));
        }
    }

    fn tell_news(&mut self) {
        let Some(show) = &mut self.show else { return };
        let number = show.number();
        for news in show.take_news() {
            self.say(number, news);
        }
    }

    fn say(&self, number: u64, news: News) {
        // Nobody listens any more when the dashboard is being left.
        drop(self.inbox.send(Msg::Terminal(number, news)));
    }
}
