//! From the text of a regular expression to a matcher that stays within a line.
//!
//! Control characters can be matched by nothing, because none are left in what a person sees. So searching many lines at once,
//! with the line feeds between them, finds what searching each alone would. A tab is the blanks that are shown for it.

use regex_automata::meta::Regex;
use regex_syntax::ast::{self, Ast, ClassSetItem, Visitor};
use regex_syntax::hir::{Capture, Class, ClassBytes, ClassBytesRange, ClassUnicode, ClassUnicodeRange};
use regex_syntax::hir::{Hir, HirKind, Look, Repetition};

use super::Case;
use super::lanes::Lanes;
use crate::logs::ansi::TAB_COLUMNS;

/// Memory a compiled expression may take, in bytes.
const SIZE_MAX: usize = 16 << 20;

/// Why a regular expression is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message} at column {column}")]
pub struct PatternError {
    /// What is wrong, for a person.
    pub message: String,
    /// Where in the expression, in characters from 1.
    pub column: usize,
}

impl PatternError {
    fn whole(message: impl Into<String>) -> Self {
        Self { message: message.into(), column: 1 }
    }
}

/// What a line that is not shown as it lies in the log holds, if it is UTF-8: a control character or a bidirectional override.
const UNLIKE: &str =
    r"(?-u)[\x00-\x09\x0b\x0c\x0e-\x1f\x7f]|\r[^\n]|\xc2[\x80-\x9f]|\xe2(?:\x80[\xaa-\xae]|\x81[\xa6-\xa9])";

/// A compiled expression.
pub(super) struct Compiled {
    pub(super) regex: Regex,
    /// There is one where looking for odd lines at the same time costs no more than looking for matches alone.
    pub(super) hint: Option<Hint>,
}

/// Matches in all lines in which the expression matches, and in all that are not shown as they lie in the log, if they are UTF-8.
#[derive(Clone, Debug)]
pub(super) enum Hint {
    Regex(Regex),
    Lanes(Box<Lanes>),
}

/// The matcher of this expression.
pub(super) fn compile(text: &str, case: Case) -> Result<Compiled, PatternError> {
    let tree = ast::parse::Parser::new().parse(text).map_err(|fault| PatternError {
        message: fault.kind().to_string(),
        column: column_of(text, fault.span().start.offset),
    })?;
    let folded = match case {
        Case::Sensitive => false,
        Case::Insensitive => true,
        Case::Smart => !has_upper_case(&tree),
    };
    let mut translator =
        regex_syntax::hir::translate::TranslatorBuilder::new().utf8(false).case_insensitive(folded).build();
    let meaning = translator.translate(text, &tree).map_err(|fault| PatternError {
        message: fault.kind().to_string(),
        column: column_of(text, fault.span().start.offset),
    })?;
    let meaning = within_line(&meaning).ok_or_else(|| {
        PatternError::whole("a line feed cannot be matched, because lines are searched one by one: leave `\\n` out")
    })?;
    let regex = build(&meaning)?;
    // Where literals are looked for first, most bytes are never stepped through.
    let hint = if regex.is_accelerated() { None } else { with_unlike(meaning) };
    Ok(Compiled { regex, hint })
}

fn with_unlike(meaning: Hir) -> Option<Hint> {
    let unlike = regex_syntax::ParserBuilder::new().utf8(false).build().parse(UNLIKE).ok()?;
    let both = Hir::alternation(vec![meaning, unlike]);
    Lanes::of(&both).map(|lanes| Hint::Lanes(Box::new(lanes))).or_else(|| build(&both).ok().map(Hint::Regex))
}

fn column_of(text: &str, offset: usize) -> usize {
    text.get(..offset).map_or(0, |before| before.chars().count()) + 1
}

fn build(meaning: &Hir) -> Result<Regex, PatternError> {
    let config = Regex::config().utf8_empty(false).nfa_size_limit(Some(SIZE_MAX)).hybrid_cache_capacity(SIZE_MAX);
    Regex::builder().configure(config).build_from_hir(meaning).map_err(|fault| {
        PatternError::whole(match fault.size_limit() {
            Some(_) => "this expression becomes too large: use smaller repetitions".to_owned(),
            None => fault.to_string(),
        })
    })
}

/// The same expression without control characters, its anchors meaning the edges of lines; `None` when it insists on a line feed.
fn within_line(part: &Hir) -> Option<Hir> {
    let all = |parts: &[Hir]| parts.iter().map(within_line).collect::<Option<Vec<Hir>>>();
    Some(match part.kind() {
        HirKind::Empty => Hir::empty(),
        HirKind::Literal(literal) if literal.0.contains(&b'\n') => return None,
        HirKind::Literal(literal) => with_blanks_for_tabs(&literal.0),
        HirKind::Class(class) => Hir::class(without_controls(class)),
        HirKind::Look(look) => Hir::look(at_line(*look)),
        HirKind::Repetition(repetition) => {
            let sub = Box::new(within_line(&repetition.sub)?);
            Hir::repetition(Repetition { sub, ..repetition.clone() })
        }
        HirKind::Capture(capture) => {
            let sub = Box::new(within_line(&capture.sub)?);
            Hir::capture(Capture { sub, ..capture.clone() })
        }
        HirKind::Concat(parts) => Hir::concat(all(parts)?),
        HirKind::Alternation(parts) => Hir::alternation(all(parts)?),
    })
}

fn with_blanks_for_tabs(literal: &[u8]) -> Hir {
    let blank = || {
        let sub = Box::new(Hir::literal(*b" "));
        Hir::repetition(Repetition { min: 1, max: Some(TAB_COLUMNS as u32), greedy: true, sub })
    };
    let mut parts = Vec::new();
    for part in literal.split(|byte| *byte == b'\t') {
        parts.extend([Hir::literal(part), blank()]);
    }
    parts.pop();
    Hir::concat(parts)
}

fn without_controls(class: &Class) -> Class {
    let mut rest = class.clone();
    match &mut rest {
        Class::Unicode(chars) => {
            // What leaves only a few characters out did not have tabs in mind.
            let has = |c| chars.ranges().iter().any(|range| (range.start()..=range.end()).contains(&c));
            if has('\t') && !has(char::MAX) {
                chars.push(ClassUnicodeRange::new(' ', ' '));
            }
            let controls = [ClassUnicodeRange::new('\0', '\x1f'), ClassUnicodeRange::new('\x7f', '\u{9f}')];
            chars.difference(&ClassUnicode::new(controls));
        }
        Class::Bytes(bytes) => {
            let controls = [ClassBytesRange::new(0, 0x1f), ClassBytesRange::new(0x7f, 0x7f)];
            bytes.difference(&ClassBytes::new(controls));
        }
    }
    rest
}

/// A carriage return before the line feed belongs to it.
const fn at_line(look: Look) -> Look {
    match look {
        Look::Start | Look::StartLF | Look::StartCRLF => Look::StartCRLF,
        Look::End | Look::EndLF | Look::EndCRLF => Look::EndCRLF,
        Look::WordAscii
        | Look::WordAsciiNegate
        | Look::WordUnicode
        | Look::WordUnicodeNegate
        | Look::WordStartAscii
        | Look::WordEndAscii
        | Look::WordStartUnicode
        | Look::WordEndUnicode
        | Look::WordStartHalfAscii
        | Look::WordEndHalfAscii
        | Look::WordStartHalfUnicode
        | Look::WordEndHalfUnicode => look,
    }
}

/// Is there an upper-case letter that stands for itself? Those of `\S` or `\pL` do not count.
fn has_upper_case(tree: &Ast) -> bool {
    ast::visit(tree, UpperCase(false)).unwrap_or(false)
}

struct UpperCase(bool);

impl Visitor for UpperCase {
    type Output = bool;
    type Err = ();

    fn finish(self) -> Result<bool, ()> {
        Ok(self.0)
    }

    fn visit_pre(&mut self, part: &Ast) -> Result<(), ()> {
        if let Ast::Literal(literal) = part {
            self.0 |= literal.c.is_uppercase();
        }
        Ok(())
    }

    fn visit_class_set_item_pre(&mut self, item: &ClassSetItem) -> Result<(), ()> {
        match item {
            ClassSetItem::Literal(literal) => self.0 |= literal.c.is_uppercase(),
            ClassSetItem::Range(range) => self.0 |= range.start.c.is_uppercase() || range.end.c.is_uppercase(),
            ClassSetItem::Empty(_)
            | ClassSetItem::Ascii(_)
            | ClassSetItem::Unicode(_)
            | ClassSetItem::Perl(_)
            | ClassSetItem::Bracketed(_)
            | ClassSetItem::Union(_) => {}
        }
        Ok(())
    }
}
