//! The signs of the screens. Widgets draw these; [`to_ascii`] turns a finished screen into plain ASCII where that is
//! asked for. None of them can be drawn as an emoji, and each is one cell wide.

/// A node that works.
pub const UP: char = '●';
/// A node that leads.
pub const LEADER: char = '◆';
/// A node that is down; a property that broke.
pub const BAD: char = '✗';
/// A node that is slow or has nothing to do.
pub const WEAK: char = '◌';
/// A node that is frozen, or a run that waits.
pub const PAUSED: char = '‖';
/// A node that comes back.
pub const RESTARTING: char = '↻';
/// A property that holds.
pub const GOOD: char = '✓';
/// Not known yet.
pub const OPEN: char = '?';
/// A link that drops everything.
pub const CUT: char = '╳';
/// A link that is worse than it should be.
pub const IMPAIRED: char = '≈';
/// A message on its way.
pub const MESSAGE: char = '•';
/// To the right; a run that moves; a selected line.
pub const RIGHT: char = '▸';
/// To the left.
pub const LEFT: char = '◂';
/// Rising.
pub const RISING: char = '▲';
/// Falling.
pub const FALLING: char = '▼';
/// Something that may go wrong.
pub const ALERT: char = '!';
/// Something came back.
pub const HEAL: char = '○';
/// Something to know.
pub const NOTE: char = '·';
/// Where a text is typed, in the middle of it.
pub const CARET: char = '▏';
/// Text was cut here.
pub const ELLIPSIS: char = '…';
/// A stretch that held.
pub const SPAN: char = '━';
/// Time still to come.
pub const AHEAD: char = '╌';
/// Eighths of a cell from below, the empty one first.
pub const EIGHTHS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// Shades, the empty one first.
pub const SHADES: [char; 5] = [' ', '░', '▒', '▓', '█'];

/// What stands for a sign where only ASCII may be shown; letters and digits of names stay as they are.
pub fn to_ascii(sign: char) -> char {
    match sign {
        '●' => 'o',
        '◆' => '*',
        '✗' => 'x',
        '◌' | ELLIPSIS => '~',
        '‖' | '━' | '▄' => '=',
        '↻' | '┌' | '┐' | '└' | '┘' | '├' | '┤' | '┬' | '┴' | '┼' | '✓' | '▅' => {
            '+'
        }
        '╳' => 'X',
        '•' => 'o',
        '▸' | '→' => '>',
        '◂' | '←' => '<',
        '▲' | '↑' => '^',
        '▼' | '▾' | '↓' => 'v',
        '○' => '0',
        '·' | '╌' | '░' | '▁' => '.',
        '─' | '▃' | '–' | '−' => '-',
        '│' | '┊' | CARET => '|',
        '▒' | '▂' => ':',
        '▓' | '▆' => '*',
        '≈' | '▇' => '%',
        '█' | '┃' | '┏' | '┓' | '┗' | '┛' => '#',
        '×' => 'x',
        '↔' => '=',
        other if other.is_ascii() || other.is_alphanumeric() => other,
        _ => '?',
    }
}

/// A line that leaves a cell in these directions.
pub fn line(up: bool, down: bool, left: bool, right: bool) -> char {
    match (up, down, left, right) {
        (true, true, true, true) => '┼',
        (true, true, true, false) => '┤',
        (true, true, false, true) => '├',
        (true, _, false, false) | (false, true, false, false) => '│',
        (true, false, true, true) => '┴',
        (false, true, true, true) => '┬',
        (true, false, true, false) => '┘',
        (true, false, false, true) => '└',
        (false, true, true, false) => '┐',
        (false, true, false, true) => '┌',
        (false, false, false, false) => ' ',
        (false, false, _, _) => '─',
    }
}

/// A heavy line that leaves a cell in these directions, two at most.
pub fn heavy_line(up: bool, down: bool, left: bool, right: bool) -> char {
    match (up, down, left, right) {
        (true, _, true, _) => '┛',
        (true, _, _, true) => '┗',
        (_, true, true, _) => '┓',
        (_, true, _, true) => '┏',
        (true, _, _, _) | (_, true, _, _) => '┃',
        _ => SPAN,
    }
}

/// Two columns of dots in one cell: `left` and `right` of `0..=4` dots from below.
pub fn braille(left: u8, right: u8) -> char {
    const LEFT_DOTS: [u32; 5] = [0, 0x40, 0x44, 0x46, 0x47];
    const RIGHT_DOTS: [u32; 5] = [0, 0x80, 0xA0, 0xB0, 0xB8];
    let dots = LEFT_DOTS[usize::from(left.min(4))] | RIGHT_DOTS[usize::from(right.min(4))];
    char::from_u32(0x2800 + dots).unwrap_or(' ')
}

#[cfg(test)]
pub(crate) fn can_be_emoji(sign: char) -> bool {
    // The code points of the basic plane with the Unicode property Emoji, without digits, # and *.
    const SINGLE: &[u32] = &[
        0xA9, 0xAE, 0x203C, 0x2049, 0x2122, 0x2139, 0x231A, 0x231B, 0x2328, 0x23CF, 0x24C2, 0x25AA,
        0x25AB, 0x25B6, 0x25C0, 0x2611, 0x2614, 0x2615, 0x2618, 0x261D, 0x2620, 0x2622, 0x2623,
        0x2626, 0x262A, 0x262E, 0x262F, 0x2640, 0x2642, 0x265F, 0x2660, 0x2663, 0x2665, 0x2666,
        0x2668, 0x267B, 0x267E, 0x267F, 0x2699, 0x269B, 0x269C, 0x26A0, 0x26A1, 0x26A7, 0x26AA,
        0x26AB, 0x26B0, 0x26B1, 0x26BD, 0x26BE, 0x26C4, 0x26C5, 0x26C8, 0x26CE, 0x26CF, 0x26D1,
        0x26D3, 0x26D4, 0x26E9, 0x26EA, 0x26FD, 0x2702, 0x2705, 0x270F, 0x2712, 0x2714, 0x2716,
        0x271D, 0x2721, 0x2728, 0x2733, 0x2734, 0x2744, 0x2747, 0x274C, 0x274E, 0x2757, 0x2763,
        0x2764, 0x27A1, 0x27B0, 0x27BF, 0x2934, 0x2935, 0x2B1B, 0x2B1C, 0x2B50, 0x2B55, 0x3030,
        0x303D, 0x3297, 0x3299,
    ];
    const RANGES: &[(u32, u32)] = &[
        (0x2194, 0x2199),
        (0x21A9, 0x21AA),
        (0x23E9, 0x23F3),
        (0x23F8, 0x23FA),
        (0x25FB, 0x25FE),
        (0x2600, 0x2604),
        (0x2638, 0x263A),
        (0x2648, 0x2653),
        (0x2692, 0x2697),
        (0x26F0, 0x26F5),
        (0x26F7, 0x26FA),
        (0x2708, 0x270D),
        (0x2753, 0x2755),
        (0x2795, 0x2797),
        (0x2B05, 0x2B07),
        (0x1F000, 0x1FAFF),
    ];
    let code = sign as u32;
    SINGLE.contains(&code) || RANGES.iter().any(|&(a, b)| (a..=b).contains(&code))
}

#[cfg(test)]
mod tests {
    use super::*;
    use unicode_width::UnicodeWidthChar;

    #[test]
    fn signs_are_one_cell_wide_and_never_emoji() {
        let signs = [
            UP, LEADER, BAD, WEAK, PAUSED, RESTARTING, GOOD, OPEN, CUT, IMPAIRED, MESSAGE, RIGHT,
            LEFT, RISING, FALLING, ALERT, HEAL, NOTE, ELLIPSIS, SPAN, AHEAD,
        ];
        for sign in signs.into_iter().chain(EIGHTHS).chain(SHADES) {
            assert_eq!(sign.width(), Some(1), "{sign}");
            assert!(!can_be_emoji(sign), "{sign}");
            assert!(to_ascii(sign).is_ascii() && to_ascii(sign) != '?' || sign == OPEN);
        }
    }

    #[test]
    fn a_heart_or_a_heavy_check_would_be_found() {
        assert!(can_be_emoji('✔') && can_be_emoji('▶') && can_be_emoji('⏸'));
    }

    #[test]
    fn braille_fills_from_below() {
        assert_eq!(braille(0, 0), '\u{2800}');
        assert_eq!(braille(4, 4), '⣿');
        assert_eq!(braille(1, 2), '⣠');
    }
}
