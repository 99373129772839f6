//! From the text of a regular expression to a matcher that stays within a line.
//!
//! A line feed can be matched by nothing, so searching many lines at once finds what searching each alone would.

use regex_automata::meta::Regex;
use regex_syntax::ast::{self, Ast, ClassSetItem, Visitor};
use regex_syntax::hir::{Capture, Class, ClassBytes, ClassBytesRange, ClassUnicode, ClassUnicodeRange};
use regex_syntax::hir::{Hir, HirKind, Look, Repetition};

use super::Case;

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

/// The matcher of this expression.
pub(super) fn compile(text: &str, case: Case) -> Result<Regex, PatternError> {
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
    build(&meaning)
}

/// A matcher for this text in upper and lower case; `None` when there can be none.
pub(super) fn folded_literal(text: &str) -> Option<Regex> {
    compile(&regex_syntax::escape(text), Case::Insensitive).ok()
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

/// The same expression without line feeds, its anchors meaning the edges of lines; `None` when it insists on a line feed.
fn within_line(part: &Hir) -> Option<Hir> {
    let all = |parts: &[Hir]| parts.iter().map(within_line).collect::<Option<Vec<Hir>>>();
    Some(match part.kind() {
        HirKind::Empty => Hir::empty(),
        HirKind::Literal(literal) if literal.0.contains(&b'\n') => return None,
        HirKind::Literal(literal) => Hir::literal(literal.0.clone()),
        HirKind::Class(class) => Hir::class(without_line_feed(class)?),
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

/// `None` when nothing but the line feed was in it. What could never match stays as it is.
fn without_line_feed(class: &Class) -> Option<Class> {
    let mut rest = class.clone();
    let was_empty = match &mut rest {
        Class::Unicode(chars) => {
            let was_empty = chars.ranges().is_empty();
            chars.difference(&ClassUnicode::new([ClassUnicodeRange::new('\n', '\n')]));
            was_empty
        }
        Class::Bytes(bytes) => {
            let was_empty = bytes.ranges().is_empty();
            bytes.difference(&ClassBytes::new([ClassBytesRange::new(b'\n', b'\n')]));
            was_empty
        }
    };
    let is_empty = match &rest {
        Class::Unicode(chars) => chars.ranges().is_empty(),
        Class::Bytes(bytes) => bytes.ranges().is_empty(),
    };
    (was_empty || !is_empty).then_some(rest)
}

const fn at_line(look: Look) -> Look {
    match look {
        Look::Start | Look::StartLF | Look::StartCRLF => Look::StartLF,
        Look::End | Look::EndLF | Look::EndCRLF => Look::EndLF,
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
