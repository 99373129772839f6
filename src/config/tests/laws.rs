//! Laws that hold for any text: nothing panics, places lie inside the file, a fault is always shown.

use proptest::prelude::*;

use super::{findings, read};
use crate::config::Kind;

const EXAMPLE: &str = include_str!("../../../pm.toml.example");
const FAULTS: &str = include_str!("faults.txt");

fn holds(text: &str) {
    let found = findings(text);
    let n_lines = text.split('\n').count();
    let mut last = (0, 0);
    for item in &found {
        assert!(item.line <= n_lines && item.end_line <= n_lines, "{item:?}");
        assert!((item.line, item.column) <= (item.end_line, item.end_column), "{item:?}");
        assert!((item.line, item.column) >= last, "out of order: {item:?}");
        last = (item.line, item.column);
    }
    assert_eq!(read(text).is_err(), found.count(Kind::Fault) > 0);
    assert_eq!(found.render(true).is_empty(), found.is_empty());
    serde_json::to_string(&found).unwrap();
}

/// Pieces from which nearly valid configs grow.
fn piece() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "[process.api]\n",
        "[process.API]\n",
        "[[process]]\n",
        "[process.\"a:b\"]\n",
        "[project]\n",
        "name = \"x\"\n",
        "command = ",
        "shell = ",
        "cwd = ",
        "env = ",
        "env_file = ",
        "restart = ",
        "stop = ",
        "log = ",
        "tty = ",
        "wait = ",
        "signal = ",
        "segment = ",
        "\"true\"\n",
        "\"a 'b\"\n",
        "[\"true\", \"$X\"]\n",
        "[",
        "]",
        "{",
        "}",
        "\"",
        "'''",
        "=",
        ",",
        "\n",
        "\r\n",
        " ",
        "1",
        "-1",
        "1.5",
        "true\n",
        "\"10s\"\n",
        "\"~/ä\"\n",
        "\"\\u0000\"\n",
        "{ A = \"1\" }\n",
        "漢",
        "\u{feff}",
        "#",
        "process.x.command = \"y\"\n",
        "1979-05-27\n",
        "[{ signal = \"TERM\", wait = \"1s\" }]\n",
        "\t",
        "\u{0}",
        "\u{301}",
    ])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_text_never_panics(text in any::<String>()) {
        holds(&text);
    }

    #[test]
    fn nearly_valid_text_never_panics(pieces in prop::collection::vec(piece(), 0..40)) {
        holds(&pieces.concat());
    }

    #[test]
    fn mutated_files_never_panic(which in any::<bool>(), edits in prop::collection::vec((any::<prop::sample::Index>(), 0usize..30, piece()), 1..8)) {
        let mut text: Vec<char> = if which { EXAMPLE } else { FAULTS }.chars().collect();
        for (at, removed, inserted) in edits {
            let at = at.index(text.len() + 1);
            let end = (at + removed).min(text.len());
            text.splice(at..end, inserted.chars());
        }
        holds(&text.into_iter().collect::<String>());
    }
}
