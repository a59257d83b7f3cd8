//! The last lines: what is not shown, and the keys that matter here.

use crate::ui::glyphs;
use crate::ui::keymap::{self, Action, Binding, Context, Key, key_name, spelled};
use crate::ui::pen::Pen;
use crate::ui::seek::Bar;
use crate::ui::style::{GlyphSet, Role};
use crate::ui::text;

/// Draws the keys of these contexts, the innermost first, as many as fit; help and quit always, where their keys mean
/// that. A key that means something else farther inside is not told of.
pub fn draw(pen: &mut Pen<'_>, contexts: &[Context]) {
    let width = pen.width();
    let is_text = |key: &Key| contexts.contains(&Context::Entry) && key.is_character();
    let inner = |key: &Key| {
        let inner = |b: &&Binding| b.context != Context::Always && contexts.contains(&b.context);
        keymap::all()
            .iter()
            .filter(inner)
            .any(|b| b.keys.contains(key))
    };
    let glyphs = pen.look().glyphs;
    let always = hints(Context::Always, glyphs, |key| is_text(key) || inner(key));
    let reserved: u16 = always.iter().map(|h| h.width() + 2).sum();
    let end = width.saturating_sub(reserved);
    let mut x = 1;
    for (at, &context) in contexts.iter().enumerate() {
        if context == Context::Always {
            continue;
        }
        let inside = &contexts[..at];
        let is_other = |key: &Key| {
            let mut bound = keymap::all().iter().filter(|b| inside.contains(&b.context));
            bound.any(|b| b.keys.contains(key))
        };
        for hint in hints(context, glyphs, is_other) {
            if x + hint.width() < end {
                x = hint.draw(pen, x) + 2;
            }
        }
    }
    let mut x = end + 1;
    for hint in always {
        x = hint.draw(pen, x) + 2;
    }
}

/// Says something in the place of the keys.
pub fn say(pen: &mut Pen<'_>, notice: &str) {
    pen.text(1, 0, notice, Role::Warn);
}

/// Shows how far the run is on its way, and how to cancel that.
pub fn seek(pen: &mut Pen<'_>, bar: &Bar) {
    let width = pen.width();
    let key = keymap::name_for(Context::Seek, Action::Cancel);
    let cancel = text::width(&key) as u16 + 9;
    let mut end = width.saturating_sub(cancel);
    let x = pen.text(end, 0, &key, Role::Key);
    pen.text(x + 1, 0, "cancels", Role::Plain);
    if let Some(share) = bar.share {
        let percent = format!("{:>3}%", (share * 100.0).floor());
        end = end.saturating_sub(6);
        pen.text(end, 0, &percent, Role::Strong);
    }
    let to = format!("to {}", bar.to);
    let from = pen.text(1, 0, &text::cut(&to, usize::from(end)), Role::Plain) + 2;
    let Some(share) = bar.share else {
        return;
    };
    let end = end.saturating_sub(1);
    let done = from + (f64::from(end.saturating_sub(from)) * share) as u16;
    pen.row(from, done, 0, glyphs::SPAN, Role::Series);
    pen.row(done, end, 0, glyphs::AHEAD, Role::Dim);
}

/// Names what a small screen leaves out.
pub fn remark(pen: &mut Pen<'_>, size: (u16, u16), missing: &[String], hint: &str) {
    if missing.is_empty() {
        return;
    }
    let hint_width = text::width(hint) as u16;
    let list = format!("not shown at {}x{}: {}", size.0, size.1, missing.join(", "));
    let room = pen.width().saturating_sub(hint_width + 4);
    pen.text(1, 0, &text::cut(&list, usize::from(room)), Role::Dim);
    pen.text_right(pen.width().saturating_sub(1), 0, hint, Role::Dim);
}

/// Keys that do the like, and what they do in a word.
struct Hint {
    keys: String,
    word: &'static str,
}

impl Hint {
    fn width(&self) -> u16 {
        (text::width(&self.keys) + 1 + text::width(self.word)) as u16
    }

    fn draw(&self, pen: &mut Pen<'_>, x: u16) -> u16 {
        let x = pen.text(x, 0, &self.keys, Role::Key);
        pen.text(x + 1, 0, self.word, Role::Plain)
    }
}

/// The hints of a context but for keys that mean nothing of it here; neighbours in the table with the same word share one.
fn hints(context: Context, glyphs: GlyphSet, means_other: impl Fn(&Key) -> bool) -> Vec<Hint> {
    let mut out: Vec<Hint> = Vec::new();
    let told = |b: &&Binding| b.context == context && !b.hint.is_empty();
    for binding in keymap::all().iter().filter(told) {
        let Some(key) = binding.keys.iter().find(|k| !means_other(k)) else {
            continue;
        };
        let key = spelled(&key_name(*key), glyphs);
        match out.last_mut() {
            Some(last) if last.word == binding.hint => last.keys = format!("{} {key}", last.keys),
            _ => out.push(Hint {
                keys: key,
                word: binding.hint,
            }),
        }
    }
    out
}
