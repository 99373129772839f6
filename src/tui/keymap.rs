//! The key table: dispatch, footer, help and palette all read it, so they cannot disagree.
//!
//! A key may stand once in a context, and a context's own keys win over those of [`Context::Everywhere`].

use crossterm::event::KeyCode;

use super::action::{Action, LogAction, Move, Order, Rows, Scroll, Search, Select, Sideways, Sort};
use super::key::Key;
use super::order::SortBy;

/// Where a key has its meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Context {
    /// Wherever nothing is being typed or asked.
    Everywhere,
    /// The process table.
    Table,
    /// The log pane.
    Log,
    /// The log pane while something in it is selected.
    Selecting,
    /// A text that is only read: details, events.
    Reading,
}

impl Context {
    /// The heading of the context in the help.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Everywhere => "everywhere",
            Self::Table => "processes",
            Self::Log => "log",
            Self::Selecting => "selection in the log",
            Self::Reading => "details and events",
        }
    }
}

/// One line of the table.
#[derive(Debug)]
pub struct Binding {
    /// Where.
    pub context: Context,
    /// Which keys, the one to show first.
    pub keys: &'static [Key],
    /// What it does.
    pub action: Action,
    /// One or two words, for the footer and the palette.
    pub label: &'static str,
    /// A few words more, for the help.
    pub help: &'static str,
    /// Place in the footer, lowest first; 0 keeps it out.
    pub footer: u8,
}

const fn bind(
    context: Context,
    keys: &'static [Key],
    action: Action,
    label: &'static str,
    help: &'static str,
) -> Binding {
    Binding { context, keys, action, label, help, footer: 0 }
}

const fn shown(place: u8, mut binding: Binding) -> Binding {
    binding.footer = place;
    binding
}

use Action as A;
use Context::{Everywhere, Log, Reading, Selecting, Table};
use LogAction as L;
use Select as S;

const fn c(character: char) -> Key {
    Key::char(character)
}
const fn k(code: KeyCode) -> Key {
    Key::code(code)
}

/// Every key there is, in the order the help shows them.
#[rustfmt::skip]
pub const TABLE: &[Binding] = &[
    bind(Table, &[k(KeyCode::Down), c('j')], A::Move(Move::Down), "down", "next process"),
    bind(Table, &[k(KeyCode::Up), c('k')], A::Move(Move::Up), "up", "previous process"),
    bind(Table, &[c('g'), k(KeyCode::Home)], A::Move(Move::Top), "first", "first process"),
    bind(Table, &[c('G'), k(KeyCode::End)], A::Move(Move::Bottom), "last", "last process"),
    bind(Table, &[k(KeyCode::PageUp)], A::Move(Move::PageUp), "page up", "a page up"),
    bind(Table, &[k(KeyCode::PageDown)], A::Move(Move::PageDown), "page down", "a page down"),
    shown(1, bind(Table, &[k(KeyCode::Enter)], A::OpenLog, "log", "log in full size")),
    shown(2, bind(Table, &[c('a')], A::Attach, "attach", "keys to its terminal")),
    shown(2, bind(Table, &[c('s')], A::Order(Order::Start), "start", "start (all marked)")),
    shown(3, bind(Table, &[c('x'), Key::function(9)], A::Order(Order::Stop), "stop", "stop; again: next stage")),
    shown(4, bind(Table, &[c('c')], A::Order(Order::Hold), "hold", "hold a stop at its stage")),
    bind(Table, &[c('X')], A::Order(Order::Kill), "kill", "kill the tree now (asks)"),
    shown(5, bind(Table, &[c('r')], A::Order(Order::Restart), "restart", "restart; start if stopped")),
    bind(Table, &[c('R')], A::RestartMenu, "restart menu", "restart failed, or all"),
    bind(Table, &[Key::ctrl('x')], A::SignalMenu, "send signal", "send a signal"),
    bind(Table, &[k(KeyCode::Delete)], A::Order(Order::Remove), "remove", "forget what n started"),
    shown(6, bind(Table, &[c('i')], A::Input, "input", "send a line of input")),
    shown(7, bind(Table, &[c('d')], A::Details, "details", "details and process tree")),
    shown(8, bind(Table, &[c('/'), Key::function(4), Key::function(3)], A::Filter, "filter", "filter rows")),
    shown(9, bind(Table, &[c('n')], A::New, "new", "new process")),
    bind(Table, &[c('p')], A::Pid, "pid", "any process by its pid"),
    bind(Table, &[c('e')], A::Edit, "edit", "edit its entry"),
    bind(Table, &[c(' ')], A::Rows(Rows::Mark), "mark", "mark and go down"),
    bind(Table, &[c('u')], A::Rows(Rows::Unmark), "unmark", "unmark all"),
    bind(Table, &[c('P')], A::Sort(Sort::By(SortBy::Cpu)), "by cpu", "order by cpu"),
    bind(Table, &[c('M')], A::Sort(Sort::By(SortBy::Memory)), "by memory", "order by memory"),
    bind(Table, &[c('T')], A::Sort(Sort::By(SortBy::Time)), "by time", "order by time"),
    bind(Table, &[c('N')], A::Sort(Sort::By(SortBy::Pid)), "by pid", "order by pid"),
    bind(Table, &[c('<')], A::Sort(Sort::Left), "order left", "order by column left"),
    bind(Table, &[c('>'), Key::function(6)], A::Sort(Sort::Right), "order right", "order by column right"),
    bind(Table, &[c('I')], A::Sort(Sort::Invert), "invert order", "invert the order"),
    bind(Table, &[c('0')], A::Sort(Sort::By(SortBy::Defined)), "as defined", "order as defined"),
    bind(Table, &[c('t'), Key::function(5)], A::Rows(Rows::Tree), "tree", "tree on or off"),
    bind(Table, &[k(KeyCode::Left), c('h'), c('-')], A::Rows(Rows::Collapse), "collapse", "collapse its tree"),
    bind(Table, &[k(KeyCode::Right), c('l'), c('+')], A::Rows(Rows::Expand), "expand", "expand its tree"),
    bind(Table, &[c('K')], A::Scroll(Scroll::Up), "log up", "scroll the log up"),
    bind(Table, &[c('J')], A::Scroll(Scroll::Down), "log down", "scroll the log down"),
    bind(Table, &[Key::ctrl('u')], A::Scroll(Scroll::HalfUp), "log half up", "log half a page up"),
    bind(Table, &[Key::ctrl('d')], A::Scroll(Scroll::HalfDown), "log half down", "log half a page down"),
    bind(Table, &[Key::alt('r')], A::Search(Search::Regex), "regex", "log: search as regex"),
    bind(Table, &[c('f')], A::Log(L::Follow), "follow", "log: follow on or off"),
    bind(Table, &[c('w')], A::Log(L::Wrap), "wrap", "log: wrap long lines"),
    bind(Table, &[c('y')], A::CopyMenu, "copy", "copy name, pid, command"),
    bind(Table, &[c('Y')], A::Log(L::CopyVisible), "copy log", "copy log lines in view"),

    bind(Log, &[k(KeyCode::Down), c('j')], A::Move(Move::Down), "down", "a line down"),
    bind(Log, &[k(KeyCode::Up), c('k')], A::Move(Move::Up), "up", "a line up (pauses)"),
    bind(Log, &[k(KeyCode::PageUp), c('b')], A::Move(Move::PageUp), "page up", "a page up"),
    bind(Log, &[k(KeyCode::PageDown), c(' ')], A::Move(Move::PageDown), "page down", "a page down"),
    bind(Log, &[Key::ctrl('u')], A::Scroll(Scroll::HalfUp), "half up", "half a page up"),
    bind(Log, &[Key::ctrl('d')], A::Scroll(Scroll::HalfDown), "half down", "half a page down"),
    shown(2, bind(Log, &[c('a'), k(KeyCode::Enter)], A::Attach, "attach", "keys to its terminal")),
    bind(Log, &[c('g'), k(KeyCode::Home)], A::Move(Move::Top), "first", "the oldest line kept"),
    shown(2, bind(Log, &[c('G'), k(KeyCode::End)], A::Move(Move::Bottom), "end", "the end, and follow")),
    shown(1, bind(Log, &[c('f')], A::Log(L::Follow), "follow", "follow on or off")),
    shown(7, bind(Log, &[c('w')], A::Log(L::Wrap), "wrap", "wrap long lines")),
    bind(Log, &[c('T')], A::Log(L::Timestamps), "time", "time of day, of run, off"),
    bind(Log, &[k(KeyCode::Left)], A::Sideways(Sideways::Left), "left", "half a page left"),
    bind(Log, &[k(KeyCode::Right)], A::Sideways(Sideways::Right), "right", "half a page right"),
    bind(Log, &[Key::shift(KeyCode::Left)], A::Sideways(Sideways::LeftLittle), "left 10", "ten columns left"),
    bind(Log, &[Key::shift(KeyCode::Right)], A::Sideways(Sideways::RightLittle), "right 10", "ten columns right"),
    shown(8, bind(Log, &[Key::ctrl('g')], A::Log(L::GoTo), "go to", "go to 50%, 14:03, -5m, 12")),
    shown(3, bind(Log, &[c('/')], A::Search(Search::Open), "search", "search in all of the log")),
    shown(4, bind(Log, &[c('n')], A::Search(Search::Next), "next", "next match")),
    shown(4, bind(Log, &[c('N')], A::Search(Search::Previous), "previous", "previous match")),
    shown(5, bind(Log, &[c('e')], A::Search(Search::NextError), "error", "next error")),
    shown(6, bind(Log, &[c('&')], A::Log(L::Only), "only", "only lines with a text")),
    bind(Log, &[c('+')], A::Log(L::Context), "context", "&: 0, 1 or 3 lines around"),
    bind(Log, &[c('C')], A::Log(L::Clear), "clear", "clear the log (asks)"),
    bind(Log, &[c('E')], A::Search(Search::PreviousError), "previous error", "previous error"),
    bind(Log, &[Key::alt('r')], A::Search(Search::Regex), "regex", "search as text or regex"),
    bind(Log, &[c('W')], A::Search(Search::NextWarning), "warning", "next warning or error"),
    bind(Log, &[c('[')], A::Log(L::PreviousRun), "previous run", "beginning of run before"),
    bind(Log, &[c(']')], A::Log(L::NextRun), "next run", "beginning of next run"),
    bind(Log, &[c('m')], A::Log(L::Mark), "mark", "set or remove a mark"),
    bind(Log, &[c('\'')], A::Log(L::ToMark), "to mark", "go to the mark before"),
    bind(Log, &[c('#')], A::Log(L::Numbers), "numbers", "line numbers"),
    bind(Log, &[c('t')], A::Log(L::Streams), "streams", "stdout, stderr or both"),
    shown(6, bind(Log, &[c('y'), c('Y')], A::Log(L::CopyVisible), "copy", "copy the lines in view")),
    shown(5, bind(Log, &[c('v')], A::Select(S::Lines), "select", "select lines")),
    bind(Log, &[Key::ctrl('y')], A::Log(L::CopyError), "copy error", "copy the last error"),
    bind(Log, &[c('J')], A::Log(L::Fold), "json", "JSON folded, rows, raw"),
    bind(Log, &[c('|')], A::Log(L::Pager), "pager", "open in $PAGER"),
    bind(Log, &[c('o')], A::Log(L::Editor), "editor", "open in $EDITOR"),
    bind(Log, &[Key::ctrl('s')], A::Log(L::Save), "save", "save the lines in view"),
    bind(Log, &[c('V'), Key::ctrl('v')], A::Select(S::Block), "block", "select a block"),
    shown(2, bind(Log, &[c('s')], A::Order(Order::Start), "start", "start")),
    shown(9, bind(Log, &[c('x'), Key::function(9)], A::Order(Order::Stop), "stop", "stop; again: next stage")),
    shown(10, bind(Log, &[c('c')], A::Order(Order::Hold), "hold", "hold a stop at its stage")),
    bind(Log, &[c('X')], A::Order(Order::Kill), "kill", "kill the tree now (asks)"),
    shown(10, bind(Log, &[c('r')], A::Order(Order::Restart), "restart", "restart; start if stopped")),
    shown(11, bind(Log, &[c('i')], A::Input, "input", "send a line of input")),
    bind(Log, &[c('d')], A::Details, "details", "details and process tree"),

    bind(Selecting, &[k(KeyCode::Down), c('j')], A::Move(Move::Down), "down", "a line down"),
    bind(Selecting, &[k(KeyCode::Up), c('k')], A::Move(Move::Up), "up", "a line up"),
    bind(Selecting, &[k(KeyCode::PageUp), c('b')], A::Move(Move::PageUp), "page up", "a page up"),
    bind(Selecting, &[k(KeyCode::PageDown), c(' ')], A::Move(Move::PageDown), "page down", "a page down"),
    bind(Selecting, &[Key::ctrl('u')], A::Scroll(Scroll::HalfUp), "half up", "half a page up"),
    bind(Selecting, &[Key::ctrl('d')], A::Scroll(Scroll::HalfDown), "half down", "half a page down"),
    bind(Selecting, &[c('g'), k(KeyCode::Home)], A::Move(Move::Top), "first", "to the oldest line kept"),
    bind(Selecting, &[c('G'), k(KeyCode::End)], A::Move(Move::Bottom), "end", "to the newest line"),
    bind(Selecting, &[k(KeyCode::Left), c('h')], A::Select(S::Left), "left", "a column left (block)"),
    bind(Selecting, &[k(KeyCode::Right), c('l')], A::Select(S::Right), "right", "a column right (block)"),
    bind(Selecting, &[Key::shift(KeyCode::Left)], A::Sideways(Sideways::LeftLittle), "left 10", "ten columns left"),
    bind(Selecting, &[Key::shift(KeyCode::Right)], A::Sideways(Sideways::RightLittle), "right 10", "ten columns right"),
    shown(1, bind(Selecting, &[c('y'), k(KeyCode::Enter)], A::Select(S::Copy), "copy", "copy what is selected")),
    shown(2, bind(Selecting, &[c('v')], A::Select(S::Lines), "lines", "select whole lines")),
    shown(3, bind(Selecting, &[c('V'), Key::ctrl('v')], A::Select(S::Block), "block", "select a block")),
    shown(4, bind(Selecting, &[c('o')], A::Select(S::SwapEnds), "other end", "move the other end")),
    shown(4, bind(Selecting, &[Key::ctrl('s')], A::Log(L::Save), "save", "save it to a file")),
    bind(Selecting, &[c('n')], A::Search(Search::Next), "next", "to the next match"),
    bind(Selecting, &[c('N')], A::Search(Search::Previous), "previous", "to the previous match"),
    bind(Selecting, &[Key::alt('r')], A::Search(Search::Regex), "regex", "search as text or regex"),
    bind(Selecting, &[c('e')], A::Search(Search::NextError), "error", "to the next error"),
    bind(Selecting, &[c('E')], A::Search(Search::PreviousError), "previous error", "to the previous error"),
    bind(Selecting, &[Key::ctrl('g')], A::Log(L::GoTo), "go to", "to 50%, 14:03, -5m, 12"),
    shown(5, bind(Selecting, &[k(KeyCode::Esc)], A::Select(S::Cancel), "cancel", "select nothing")),

    bind(Reading, &[k(KeyCode::Down), c('j')], A::Move(Move::Down), "down", "a line down"),
    bind(Reading, &[k(KeyCode::Up), c('k')], A::Move(Move::Up), "up", "a line up"),
    bind(Reading, &[k(KeyCode::PageUp), Key::ctrl('u')], A::Move(Move::PageUp), "page up", "a page up"),
    bind(Reading, &[k(KeyCode::PageDown), Key::ctrl('d'), c(' ')], A::Move(Move::PageDown), "page down", "a page down"),
    bind(Reading, &[c('g'), k(KeyCode::Home)], A::Move(Move::Top), "top", "the beginning"),
    bind(Reading, &[c('G'), k(KeyCode::End)], A::Move(Move::Bottom), "end", "the end"),
    shown(2, bind(Reading, &[k(KeyCode::Enter)], A::OpenLog, "log", "its log in full size")),
    bind(Reading, &[c('a')], A::Attach, "attach", "keys to its terminal"),
    shown(3, bind(Reading, &[c('s')], A::Order(Order::Start), "start", "start")),
    shown(3, bind(Reading, &[c('x'), Key::function(9)], A::Order(Order::Stop), "stop", "stop; again: next stage")),
    bind(Reading, &[c('c')], A::Order(Order::Hold), "hold", "hold a stop at its stage"),
    bind(Reading, &[c('X')], A::Order(Order::Kill), "kill", "kill the tree now (asks)"),
    shown(4, bind(Reading, &[c('r')], A::Order(Order::Restart), "restart", "restart; start if stopped")),
    bind(Reading, &[c('e')], A::Edit, "edit", "edit its entry"),
    bind(Reading, &[c('d')], A::Details, "details", "details and back"),
    shown(5, bind(Reading, &[c('i')], A::Input, "input", "send a line of input")),
    shown(5, bind(Reading, &[c('y')], A::CopyMenu, "copy", "copy name, pid, command")),

    bind(Everywhere, &[k(KeyCode::Tab)], A::NextPane, "next pane", "next pane"),
    bind(Everywhere, &[k(KeyCode::BackTab)], A::PreviousPane, "previous pane", "previous pane"),
    shown(1, bind(Everywhere, &[k(KeyCode::Esc)], A::Back, "back", "close what is on top")),
    bind(Everywhere, &[c('!')], A::Rows(Rows::NextInTrouble), "next failed", "next in trouble"),
    bind(Everywhere, &[c('1'), c('2'), c('3'), c('4'), c('5'), c('6'), c('7'), c('8'), c('9')], A::Rows(Rows::GoToNth), "go to", "go to the n-th process"),
    shown(11, bind(Everywhere, &[Key::ctrl('f')], A::Log(L::Survey), "all logs", "search in all logs")),
    shown(10, bind(Everywhere, &[c('A')], A::Together, "merge", "marked or all logs as one")),
    bind(Everywhere, &[c('z')], A::Zoom, "zoom", "zoom the pane"),
    bind(Everywhere, &[c('L')], A::Events, "events", "events: what and why"),
    shown(12, bind(Everywhere, &[c(':'), Key::ctrl('p')], A::Palette, "commands", "find an action by name")),
    shown(91, bind(Everywhere, &[c('?'), Key::function(1)], A::Help, "help", "this help")),
    bind(Everywhere, &[Key::ctrl('l')], A::Redraw, "redraw", "draw everything anew"),
    bind(Everywhere, &[Key::ctrl('z')], A::Suspend, "suspend", "suspend pm alone"),
    bind(Everywhere, &[Key::function(2)], A::ToggleMouse, "mouse", "mouse on or off"),
    shown(92, bind(Everywhere, &[c('q'), Key::function(10)], A::Quit, "quit", "quit menu")),
    bind(Everywhere, &[c('Q')], A::StopAllAndQuit, "stop all, quit", "stop all, quit (asks)"),
    bind(Everywhere, &[Key::ctrl('c')], A::Interrupt, "interrupt", "quit menu; 2x stop all"),
];

/// The meaning of `key` in `context`, its own keys first.
pub fn lookup(context: Context, key: Key) -> Option<&'static Binding> {
    let find = |wanted| TABLE.iter().find(|binding| binding.context == wanted && binding.keys.contains(&key));
    find(context).or_else(|| find(Everywhere))
}

/// The lines for `context`, its own first.
pub fn in_reach(context: Context) -> impl Iterator<Item = &'static Binding> {
    let of = move |wanted| TABLE.iter().filter(move |binding| binding.context == wanted);
    of(context).chain(of(Everywhere))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn no_key_has_two_meanings_in_one_context() {
        let mut seen = HashSet::new();
        for binding in TABLE {
            for key in binding.keys {
                assert!(seen.insert((binding.context, *key)), "{key} twice in {:?}", binding.context);
            }
        }
    }

    #[test]
    fn every_key_of_the_design_is_there() {
        let everywhere = "? F1 : ctrl-p tab shift-tab esc ! 1 9 z L ctrl-l ctrl-z F2 q F10 Q ctrl-c";
        let table = "j k down up g G PgUp PgDn h l left right - + enter d i s x F9 c X ctrl-x r R space u / F4 P M T N \
                     < > I 0 t F5 J K ctrl-d ctrl-u n y";
        let log = "f G / alt-r n N & C e E m v [ ] w T left right shift-left shift-right y Y";
        for (context, keys) in [(Everywhere, everywhere), (Table, table), (Log, log)] {
            for key in keys.split_whitespace() {
                let found = TABLE.iter().any(|binding| {
                    binding.context == context && binding.keys.iter().any(|bound| bound.to_string() == key)
                });
                assert!(found, "{key} is missing in {context:?}");
            }
        }
    }

    #[test]
    fn every_help_text_fits_beside_another_at_80_columns() {
        for binding in TABLE {
            assert!(binding.help.len() <= 25, "{}", binding.help);
        }
    }

    #[test]
    fn k_never_kills_and_h_is_not_help() {
        assert_eq!(lookup(Table, c('k')).map(|found| found.action), Some(A::Move(Move::Up)));
        assert_eq!(lookup(Table, c('h')).map(|found| found.action), Some(A::Rows(Rows::Collapse)));
        assert_eq!(lookup(Table, c('d')).map(|found| found.action), Some(A::Details));
        assert!(lookup(Log, c('u')).is_none(), "a key without a meaning does nothing");
    }
}
