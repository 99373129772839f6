//! Styles as the escape sequences for them say (SGR, ECMA-48 8.3.117 and ITU-T T.416), in no widget's words.

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
        let mut params = params.split(';');
        while let Some(param) = params.next() {
            let mut parts = param.split(':');
            let code = number(parts.next());
            match code {
                38 | 48 | 58 => {
                    let colour = if param.contains(':') {
                        colour_of_parts(&parts.map(|part| number(Some(part))).collect::<Vec<_>>())
                    } else {
                        colour_of_params(&mut params)
                    };
                    match (code, colour) {
                        (38, Some(colour)) => self.fg = Some(colour),
                        (48, Some(colour)) => self.bg = Some(colour),
                        (_, Some(_) | None) => {}
                    }
                }
                4 => self.underline = parts.next().is_none_or(|kind| number(Some(kind)) != 0),
                simple => self.apply_simple(simple),
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
fn colour_of_params<'a>(params: &mut impl Iterator<Item = &'a str>) -> Option<Colour> {
    match number(params.next()) {
        5 => palette(number(params.next())),
        2 => {
            let (r, g, b) = (number(params.next()), number(params.next()), number(params.next()));
            rgb(r, g, b)
        }
        _ => None,
    }
}

/// `38:5:N`, `38:2:R:G:B` and, with a colour space, `38:2:S:R:G:B`.
fn colour_of_parts(parts: &[u16]) -> Option<Colour> {
    match *parts {
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

/// A parameter's value; absent and empty are 0, absurd ones stay absurd.
pub(super) fn number(param: Option<&str>) -> u16 {
    let digits = param.unwrap_or_default().bytes();
    digits.fold(0_u16, |n, digit| n.saturating_mul(10).saturating_add(u16::from(digit.wrapping_sub(b'0') % 10)))
}
