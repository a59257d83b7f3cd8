//! How keys, actions and contexts are called in `keys.ron`.

use ratatui::crossterm::event::KeyCode;

use crate::ui::keymap::{Action, Context, Key};

/// Keys with names of their own, as a file has them, and other names that are understood.
const NAMED: &[(KeyCode, &str, &[&str])] = &[
    (KeyCode::Char(' '), "space", &[]),
    (KeyCode::Enter, "Enter", &["Return"]),
    (KeyCode::Esc, "Esc", &["Escape"]),
    (KeyCode::Tab, "Tab", &[]),
    (KeyCode::BackTab, "Shift-Tab", &["BackTab"]),
    (KeyCode::Backspace, "Backspace", &[]),
    (KeyCode::Delete, "Delete", &["Del"]),
    (KeyCode::Insert, "Insert", &["Ins"]),
    (KeyCode::Left, "Left", &["←"]),
    (KeyCode::Right, "Right", &["→"]),
    (KeyCode::Up, "Up", &["↑"]),
    (KeyCode::Down, "Down", &["↓"]),
    (KeyCode::Home, "Home", &[]),
    (KeyCode::End, "End", &[]),
    (KeyCode::PageUp, "PgUp", &["PageUp"]),
    (KeyCode::PageDown, "PgDn", &["PageDown"]),
];

/// Terminals have keys up to this one.
const FUNCTION_KEYS: u8 = 12;

/// Reads the name of a key; the error is a sentence and, where there is one, what would help.
pub fn key(text: &str) -> Result<Key, (String, Option<String>)> {
    let (ctrl, name) = match text.get(..5) {
        Some(head) if head.eq_ignore_ascii_case("ctrl-") && text.len() > 5 => (true, &text[5..]),
        _ => (false, text),
    };
    if let Some(code) = code(name) {
        return with_ctrl(code, ctrl);
    }
    let mut words = name.splitn(2, '-');
    let wrong = match (words.next(), words.next()) {
        (Some(shift), Some(rest))
            if shift.eq_ignore_ascii_case("shift") && rest.chars().count() == 1 =>
        {
            let capital = rest.to_uppercase();
            let help = format!("write the character that it makes, such as `{capital}`");
            ("Shift is part of the character".to_owned(), Some(help))
        }
        (Some(word), Some(_)) if ["alt", "meta", "super", "shift"].contains(&&*lower(word)) => (
            format!("keys with {word} cannot be used"),
            Some("use Ctrl, a function key or a character".to_owned()),
        ),
        _ => (
            format!("there is no key `{text}`"),
            Some(match crate::sim::complaint::nearest(name, names()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "write a character, Ctrl- and a character, or a name such as space, Enter, F5, Shift-Tab, PgDn".to_owned(),
            }),
        ),
    };
    Err(wrong)
}

fn lower(text: &str) -> String {
    text.to_lowercase()
}

fn names() -> impl Iterator<Item = &'static str> {
    NAMED.iter().map(|(_, name, _)| *name)
}

fn code(name: &str) -> Option<KeyCode> {
    let is = |other: &str| lower(other) == lower(name);
    let named = NAMED
        .iter()
        .find(|(_, own, others)| is(own) || others.iter().any(|o| is(o)));
    if let Some((code, ..)) = named {
        return Some(*code);
    }
    let mut chars = name.chars();
    match (chars.next(), chars.next()) {
        (Some(c), None) if !c.is_control() => return Some(KeyCode::Char(c)),
        _ => {}
    }
    let number = name.strip_prefix(['F', 'f'])?.parse().ok()?;
    (1..=FUNCTION_KEYS)
        .contains(&number)
        .then_some(KeyCode::F(number))
}

/// What a terminal sends with Ctrl held: some characters are then the same as other keys.
fn with_ctrl(code: KeyCode, ctrl: bool) -> Result<Key, (String, Option<String>)> {
    let KeyCode::Char(c) = code else {
        return Ok(Key { code, ctrl });
    };
    if !ctrl {
        return Ok(Key { code, ctrl });
    }
    let c = c.to_ascii_lowercase();
    let same = match c {
        'i' => Some("Tab"),
        'm' => Some("Enter"),
        '[' => Some("Esc"),
        _ => None,
    };
    if let Some(same) = same {
        let message = format!(
            "terminals send the same for Ctrl-{} and {same}",
            c.to_ascii_uppercase()
        );
        return Err((message, Some(format!("write `{same}`, or choose another"))));
    }
    if !c.is_ascii_lowercase() && c != ' ' {
        let help = Some("Ctrl goes with the letters a to z and space".to_owned());
        return Err((
            format!("terminals send nothing of its own for Ctrl-{c}"),
            help,
        ));
    }
    Ok(Key {
        code: KeyCode::Char(c),
        ctrl,
    })
}

/// The name of a key as a file has it.
pub fn key_text(key: Key) -> String {
    let named = NAMED.iter().find(|(code, ..)| *code == key.code);
    let name = match (named, key.code) {
        (Some((_, name, _)), _) => (*name).to_owned(),
        (None, KeyCode::Char(c)) => c.to_string(),
        (None, KeyCode::F(n)) => format!("F{n}"),
        (None, other) => format!("{other:?}"),
    };
    if key.ctrl {
        format!("Ctrl-{name}")
    } else {
        name
    }
}

/// The name of an action: `Pause`, `FocusTopology`.
pub fn action(action: Action) -> String {
    let text = format!("{action:?}");
    text.chars().filter(|c| c.is_alphanumeric()).collect()
}

/// The name of a context: `dashboard`, `space-time`.
pub fn context(context: Context) -> String {
    let mut out = String::new();
    for c in format!("{context:?}").chars() {
        if c.is_uppercase() && !out.is_empty() {
            out.push('-');
        }
        out.extend(c.to_lowercase());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::keymap::shipped;

    #[test]
    fn every_key_of_the_table_can_be_written() {
        for binding in shipped() {
            for &of in binding.keys {
                let text = key_text(of);
                assert_eq!(key(&text), Ok(of), "{text}");
            }
        }
    }

    #[test]
    fn keys_have_their_usual_names() {
        let plain = |code| Key { code, ctrl: false };
        for (text, meant) in [
            ("F5", plain(KeyCode::F(5))),
            ("shift-tab", plain(KeyCode::BackTab)),
            ("space", plain(KeyCode::Char(' '))),
            (" ", plain(KeyCode::Char(' '))),
            ("←", plain(KeyCode::Left)),
            ("-", plain(KeyCode::Char('-'))),
            ("é", plain(KeyCode::Char('é'))),
            ("G", plain(KeyCode::Char('G'))),
        ] {
            assert_eq!(key(text), Ok(meant), "{text}");
        }
        let ctrl_x = Key {
            code: KeyCode::Char('x'),
            ctrl: true,
        };
        for text in ["Ctrl-x", "ctrl-X"] {
            assert_eq!(key(text), Ok(ctrl_x), "{text}");
        }
    }

    #[test]
    fn what_no_terminal_sends_is_none() {
        for text in [
            "", "F0", "F13", "Ctrl-i", "Ctrl-[", "Ctrl-5", "Alt-x", "Shift-g", "spcae", "Ctrl-",
            "\u{7}",
        ] {
            assert!(key(text).is_err(), "{text}");
        }
        let help = key("spcae").expect_err("no key").1;
        assert_eq!(help.as_deref(), Some("did you mean `space`?"));
    }
}
