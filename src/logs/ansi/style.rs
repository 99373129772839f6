//! Styles as the escape sequences for them say (SGR, ECMA-48 8.3.117 and ITU-T T.416), in no widget's words.

use super::params::Params;

/// A colour of the terminal's palette, or one of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Colour {
    /// 0–7 normal, 8–15 bright, 16–255 the fixed cube and greys.
    Palette(u8),
    /// Red, green, blue.
    Rgb(u8, u8, u8),
}

/// How text looks. The default is the terminal's own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Style {
    /// Of the text.
    pub fg: Option<Colour>,
    /// Behind the text.
    pub bg: Option<Colour>,
    /// Bold.
    pub bold: bool,
    /// Dim.
    pub dim: bool,
    /// Italic.
    pub italic: bool,
    /// Underlined in any manner.
    pub underline: bool,
    /// Foreground and background exchanged.
    pub reverse: bool,
    /// Struck out.
    pub strike: bool,
}

impl Style {
    /// Applies the parameters of one `CSI … m`, which hold digits, `;` and `:` only.
    pub(super) fn apply(&mut self, params: &str) {
        let number = |digit: u8| u16::from(digit.wrapping_sub(b'0'));
        // Nearly all that is printed is one short number.
        match *params.as_bytes() {
            [] => *self = Self::default(),
            [digit @ b'0'..=b'9'] => self.apply_plain(number(digit)),
            [ten @ b'0'..=b'9', one @ b'0'..=b'9'] => self.apply_plain(number(ten) * 10 + number(one)),
            _ => self.apply_all(params),
        }
    }

    /// A parameter that stands alone. Without anything after it, a colour of its own says nothing.
    fn apply_plain(&mut self, code: u16) {
        match code {
            4 => self.underline = true,
            simple => self.apply_simple(simple),
        }
    }

    fn apply_all(&mut self, params: &str) {
        let mut params = Params::of(params);
        while let Some(param) = params.next() {
            match (param.code(), param.details()) {
                (code @ (38 | 48 | 58), details) => {
                    let colour = if details.is_empty() { colour_of_params(&mut params) } else { colour_of(details) };
                    match (code, colour) {
                        (38, Some(colour)) => self.fg = Some(colour),
                        (48, Some(colour)) => self.bg = Some(colour),
                        // The colour of an underline.
                        (_, Some(_) | None) => {}
                    }
                }
                (4, details) => self.underline = details.first() != Some(&0),
                (simple, _) => self.apply_simple(simple),
            }
        }
    }

    fn apply_simple(&mut self, code: u16) {
        match code {
            0 => *self = Self::default(),
            1 => self.bold = true,
            2 => self.dim = true,
            3 => self.italic = true,
            7 => self.reverse = true,
            9 => self.strike = true,
            21 => self.underline = true,
            22 => (self.bold, self.dim) = (false, false),
            23 => self.italic = false,
            24 => self.underline = false,
            27 => self.reverse = false,
            29 => self.strike = false,
            30..=37 => self.fg = Some(Colour::Palette(code as u8 - 30)),
            39 => self.fg = None,
            40..=47 => self.bg = Some(Colour::Palette(code as u8 - 40)),
            49 => self.bg = None,
            90..=97 => self.fg = Some(Colour::Palette(code as u8 - 90 + 8)),
            100..=107 => self.bg = Some(Colour::Palette(code as u8 - 100 + 8)),
            // Concealed text is shown on purpose; blinking, fonts and frames say nothing in a log.
            _ => {}
        }
    }
}

/// `38;5;N` and `38;2;R;G;B`: the colour takes the parameters that follow.
fn colour_of_params(params: &mut Params<'_>) -> Option<Colour> {
    match params.next_code() {
        5 => palette(params.next_code()),
        2 => {
            let (r, g, b) = (params.next_code(), params.next_code(), params.next_code());
            rgb(r, g, b)
        }
        _ => None,
    }
}

/// `38:5:N`, `38:2:R:G:B` and, with a colour space, `38:2:S:R:G:B`.
fn colour_of(details: &[u16]) -> Option<Colour> {
    match *details {
        [5, n, ..] => palette(n),
        [2, r, g, b] | [2, _, r, g, b, ..] => rgb(r, g, b),
        _ => None,
    }
}

fn palette(n: u16) -> Option<Colour> {
    u8::try_from(n).ok().map(Colour::Palette)
}

fn rgb(r: u16, g: u16, b: u16) -> Option<Colour> {
    Some(Colour::Rgb(u8::try_from(r).ok()?, u8::try_from(g).ok()?, u8::try_from(b).ok()?))
}
