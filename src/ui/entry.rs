//! A line of text that is typed: one editor for whatever asks for one.

use std::ops::Deref;

use super::glyphs;
use super::keymap::Action;
use super::text;

/// A text that is typed, with a cursor in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Typed {
    text: String,
    /// So many bytes stand behind the cursor.
    behind: usize,
}

impl Deref for Typed {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

/// The cursor stands at its end.
impl From<String> for Typed {
    fn from(text: String) -> Self {
        Self { text, behind: 0 }
    }
}

impl Typed {
    /// The same as [`edit`], where the cursor stands.
    pub fn edit(&mut self, action: Action, most: usize) -> bool {
        let behind = self.text.split_off(self.text.len() - self.behind);
        let next = behind.chars().next().map_or(0, char::len_utf8);
        let mut rest = behind.as_str();
        let known = match action {
            Action::CursorStart => {
                self.behind += self.text.len();
                true
            }
            Action::CursorEnd => {
                self.behind = 0;
                true
            }
            Action::CursorRight => {
                self.behind -= next;
                true
            }
            Action::CursorLeft => {
                self.behind += self.text.chars().next_back().map_or(0, char::len_utf8);
                true
            }
            Action::EraseNext => {
                rest = &behind[next..];
                self.behind = rest.len();
                true
            }
            Action::EraseAll => {
                rest = "";
                self.behind = 0;
                edit(&mut self.text, action, most)
            }
            _ => edit(
                &mut self.text,
                action,
                most.saturating_sub(text::width(&behind)),
            ),
        };
        self.text.push_str(rest);
        known
    }

    /// With its cursor, in so many cells: where it is typed is in sight.
    pub fn shown(&self, cells: usize) -> String {
        let (before, behind) = self.text.split_at(self.text.len() - self.behind);
        let before = end_of(before, cells.saturating_sub(1));
        if behind.is_empty() {
            return format!("{before}_");
        }
        let room = cells.saturating_sub(text::width(before) + 1);
        format!("{before}{}{}", glyphs::CARET, text::cut(behind, room))
    }
}

/// Does to a text what an action does that edits it, and says whether it is one; the text takes so many cells at most.
pub fn edit(line: &mut String, action: Action, most: usize) -> bool {
    match action {
        Action::Type(c) => {
            let wide = text::width(line) + text::width(c.encode_utf8(&mut [0; 4]));
            if !c.is_control() && wide <= most {
                line.push(c);
            }
        }
        Action::Erase => {
            line.pop();
        }
        Action::EraseWord => {
            let is_word = |c: char| c.is_alphanumeric() || c == '_';
            let word = line.trim_end_matches(|c| !is_word(c));
            let rest = word.trim_end_matches(is_word).len();
            line.truncate(rest);
        }
        Action::EraseAll => line.clear(),
        _ => return false,
    }
    true
}

/// The same of a number: what is no digit is not taken, and that is said.
pub fn edit_digits(line: &mut String, action: Action, most: usize) -> Result<bool, &'static str> {
    match action {
        Action::Type(c) if !c.is_ascii_digit() => Err("a seed has only digits"),
        _ => Ok(edit(line, action, most)),
    }
}

/// The end of a text that has no room in so many cells: where it is typed is in sight.
pub fn end_of(line: &str, cells: usize) -> &str {
    let mut shown = line;
    while text::width(shown) > cells {
        let mut letters = shown.chars();
        letters.next();
        shown = letters.as_str();
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(line: &str, actions: &[Action]) -> String {
        let mut line = line.to_owned();
        for &action in actions {
            assert!(edit(&mut line, action, 10));
        }
        line
    }

    #[test]
    fn a_letter_a_word_and_all_of_it_are_erased() {
        assert_eq!(after("ab", &[Action::Type('c')]), "abc");
        assert_eq!(after("ab", &[Action::Erase]), "a");
        assert_eq!(after("", &[Action::Erase, Action::EraseWord]), "");
        assert_eq!(after("two words", &[Action::EraseWord]), "two ");
        assert_eq!(after("two  ", &[Action::EraseWord]), "");
        assert_eq!(after("a.linger_ms", &[Action::EraseWord]), "a.");
        assert_eq!(after("orders/0=", &[Action::EraseWord]), "orders/");
        assert_eq!(after("two words", &[Action::EraseAll]), "");
        assert!(!edit(&mut String::new(), Action::Down, 10));
    }

    #[test]
    fn a_text_ends_where_its_cells_do() {
        let ten = "0123456789";
        assert_eq!(after(ten, &[Action::Type('x')]), ten);
        // A letter of two cells has no room in one, and one of none has.
        assert_eq!(after("012345678", &[Action::Type('語')]), "012345678");
        assert_eq!(after("01234567", &[Action::Type('語')]), "01234567語");
        assert_eq!(
            after("012345678e", &[Action::Type('\u{301}')]),
            "012345678e\u{301}"
        );
        assert_eq!(
            after("a", &[Action::Type('\n')]),
            "a",
            "nothing that is no text"
        );
    }

    fn moved(line: &str, actions: &[Action]) -> Typed {
        let mut line = Typed::from(line.to_owned());
        for &action in actions {
            assert!(line.edit(action, 10), "{action:?}");
        }
        line
    }

    #[test]
    fn what_is_typed_stands_where_the_cursor_is() {
        use Action::{CursorEnd, CursorLeft, CursorRight, CursorStart, EraseNext};
        let all = |line: &str, actions: &[Action]| moved(line, actions).to_string();
        assert_eq!(all("bc", &[CursorStart, Action::Type('a')]), "abc");
        assert_eq!(all("ac", &[CursorLeft, Action::Type('語')]), "a語c");
        assert_eq!(all("a語c", &[CursorLeft, CursorLeft, EraseNext]), "ac");
        assert_eq!(all("a語c", &[CursorLeft, Action::Erase]), "ac");
        assert_eq!(all("one two", &[CursorLeft, Action::EraseWord]), "one o");
        assert_eq!(all("one two", &[CursorLeft, Action::EraseAll]), "");
        assert_eq!(
            all("ab", &[CursorStart, CursorEnd, Action::Type('c')]),
            "abc"
        );
        assert_eq!(
            all("b", &[CursorStart, CursorRight, Action::Type('c')]),
            "bc"
        );
        // Nowhere beyond its ends, and no longer than it may be.
        assert_eq!(all("a", &[CursorRight, CursorRight, EraseNext]), "a");
        assert_eq!(all("", &[CursorLeft, CursorStart, Action::Erase]), "");
        assert_eq!(
            all("0123456789", &[CursorLeft, Action::Type('x')]),
            "0123456789"
        );
        assert!(!Typed::default().edit(Action::Down, 10));
    }

    #[test]
    fn the_cursor_is_in_sight() {
        use Action::{CursorLeft, CursorStart};
        assert_eq!(moved("abc", &[]).shown(8), "abc_");
        assert_eq!(moved("abcdef", &[]).shown(4), "def_");
        assert_eq!(moved("abc", &[CursorLeft]).shown(8), "ab▏c");
        assert_eq!(moved("abcdef", &[CursorStart]).shown(4), "▏ab…");
    }

    #[test]
    fn the_end_is_in_sight_whatever_its_letters_take() {
        assert_eq!(end_of("abcdef", 4), "cdef");
        assert_eq!(end_of("ab", 4), "ab");
        assert_eq!(end_of("語語語", 5), "語語");
        assert_eq!(end_of("語", 1), "");
    }
}
