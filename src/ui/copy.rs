//! Puts a text where it can be pasted from, by asking the terminal to (OSC 52, from the control sequences of xterm): that
//! works across ssh, and needs nothing of the machine. A terminal does not answer, and may not do it; so whoever copies
//! also shows what.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

/// Longer texts are cut off by terminals, or make them beep: xterm takes 100,000 bytes, of which four stand for three.
pub const BYTES_MAX: usize = 74_000;

/// What asks the terminal to take a text into the clipboard; none for one that is too long.
pub fn request(text: &str) -> Option<String> {
    (text.len() <= BYTES_MAX).then(|| format!("\x1b]52;c;{}\x07", BASE64_STANDARD.encode(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_is_hidden_from_the_terminal_until_it_is_asked_for() {
        assert_eq!(
            request("b1 注\x1b[2J").as_deref(),
            Some("\x1b]52;c;YjEg5rOoG1sySg==\x07")
        );
        assert_eq!(request(&"x".repeat(BYTES_MAX + 1)), None);
    }
}
