//! The help and the palette: what is found first, and whole pages.

use std::collections::BTreeSet;

use ratatui::layout::{Position, Rect};

use crate::tui::fixture::{running, with_terminal};
use crate::tui::keymap::TABLE;
use crate::tui::script::Script;
use crate::tui::view::finder::entry_at;

/// The entries that are in view.
fn in_view(script: &Script) -> BTreeSet<usize> {
    let finder = script.model.finder.as_ref().unwrap();
    let screen = Rect::new(0, 0, script.model.width, script.model.height);
    let cells = (0..screen.height).flat_map(|y| (0..screen.width).map(move |x| Position::new(x, y)));
    cells.filter_map(|at| entry_at(finder, screen, at)).collect()
}

fn focused(script: &Script) -> usize {
    script.model.finder.as_ref().unwrap().focused
}

#[test]
fn enter_in_the_help_does_what_matches_best() {
    let mut script = Script::new(vec![with_terminal("t", 10), running("web", 20)]);
    script.keys("? down down").types("kil");
    assert_eq!(focused(&script), 0, "another text finds another first one");
    script.keys("enter");
    assert!(script.model.terminal.attached_to().is_none());
    assert_eq!(script.model.menu.as_ref().map(|menu| menu.title.as_str()), Some("kill now"));
    // What another pane does best comes before what this one does nearly.
    script.keys("esc ?").types("number").keys("enter");
    assert!(script.model.log.look.numbers, "{}", script.screen());
}

#[test]
fn without_a_text_the_help_begins_with_the_pane_that_has_the_keys() {
    let mut script = Script::new(vec![running("web", 20)]);
    let screen = script.keys("tab ?").screen();
    let place = |heading: &str| screen.find(heading).unwrap_or(usize::MAX);
    assert!(place("LOG") < place("EVERYWHERE"), "{screen}");
}

#[test]
fn page_keys_move_a_whole_page() {
    for (size, key) in [((80, 24), "?"), ((80, 24), ":"), ((40, 10), "?"), ((120, 50), "?")] {
        let mut script = Script::sized(size, vec![running("web", 20)]);
        script.keys(key);
        let mut pages = vec![in_view(&script)];
        while !pages.last().unwrap().contains(&(script.model.finder.as_ref().unwrap().found.len() - 1)) {
            let last = *pages.last().unwrap().last().unwrap();
            script.keys("PgDn");
            assert_eq!(focused(&script), last + 1, "{size:?} {key}");
            pages.push(in_view(&script));
        }
        assert!(pages.len() > 1, "{size:?} {key}");
        script.keys("PgDn");
        assert_eq!(Some(&focused(&script)), pages.last().unwrap().last(), "the end");
        for page in pages.iter().rev().skip(1) {
            assert_eq!(&in_view(script.keys("PgUp")), page, "{size:?} {key}");
        }
        script.keys("PgUp");
        assert_eq!(focused(&script), 0);
    }
}

#[test]
fn the_palette_begins_with_what_was_run_from_it_last() {
    let mut script = Script::new(vec![running("web", 20)]);
    let first = |script: &mut Script| {
        script.keys(":");
        let finder = script.model.finder.as_ref().unwrap();
        let labels = finder.found.iter().take(2).map(|at| TABLE[*at].label).collect::<Vec<_>>();
        script.keys("esc");
        labels
    };
    assert_eq!(first(&mut script), ["down", "up"]);
    script.keys(":").types("by memory").keys("enter :").types("invert").keys("enter");
    assert_eq!(first(&mut script), ["invert order", "by memory"]);
    script.keys(":").types("by memory").keys("enter");
    assert_eq!(first(&mut script), ["by memory", "invert order"]);
}
