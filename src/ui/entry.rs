//! A line of text that is typed: one editor for whatever asks for one.

use super::keymap::Action;
use super::text;

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

    #[test]
    fn the_end_is_in_sight_whatever_its_letters_take() {
        assert_eq!(end_of("abcdef", 4), "cdef");
        assert_eq!(end_of("ab", 4), "ab");
        assert_eq!(end_of("語語語", 5), "語語");
        assert_eq!(end_of("語", 1), "");
    }
}
