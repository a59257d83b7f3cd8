//! The keys as they are for a person: the table of [`keymap`](super::keymap), or that with what `keys.ron` says.

pub mod file;
pub mod names;

use super::keymap::{Binding, Context, key_name, shipped};
use super::text;

/// A table of keys. It lives as long as the program, so that whatever draws or asks may have a copy of it.
#[derive(Clone, Copy, Debug)]
pub struct Keymap(&'static [Binding]);

impl Default for Keymap {
    fn default() -> Self {
        Self(shipped())
    }
}

impl PartialEq for Keymap {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.0, other.0)
    }
}

impl Eq for Keymap {}

impl Keymap {
    /// All lines.
    pub fn bindings(self) -> &'static [Binding] {
        self.0
    }

    /// The lines of a context, in their order; those without a key, too.
    pub fn of(self, context: Context) -> impl Iterator<Item = &'static Binding> {
        self.0.iter().filter(move |b| b.context == context)
    }

    /// All of it as text: what `keys.ron` calls each place and action, the keys, and what they do.
    pub fn text(self) -> String {
        let mut out = String::new();
        for context in Context::ALL {
            if !out.is_empty() {
                out.push('\n');
            }
            let heading = format!("{}  \"{}\"\n", context.title(), names::context(context));
            out.push_str(&heading);
            for binding in self.of(context) {
                let action = text::left(&names::action(binding.action), ACTION_WIDTH);
                let keys: Vec<String> = binding.keys.iter().map(|&k| names::key_text(k)).collect();
                let keys = text::left(&keys.join(" "), KEYS_WIDTH);
                let line = format!("  {action} {keys} {}\n", binding.meaning);
                out.push_str(&line);
            }
        }
        out
    }

    /// The table of all keys as the README has it, in Markdown.
    pub fn markdown(self) -> String {
        // What only closes or scrolls what is open stands in the help.
        let told = |c: &Context| !matches!(c, Context::Detail | Context::Entry | Context::Help);
        let mut out = String::from("| where | keys | meaning |\n|---|---|---|\n");
        for context in Context::ALL.into_iter().filter(told) {
            for binding in self.of(context).filter(|b| !b.keys.is_empty()) {
                let keys: Vec<String> = binding
                    .keys
                    .iter()
                    .map(|&k| format!("`{}`", key_name(k)))
                    .collect();
                let (title, keys) = (context.title(), keys.join(" "));
                let line = format!("| {title} | {keys} | {} |\n", binding.meaning);
                out.push_str(&line);
            }
        }
        out
    }
}

/// Columns for the names of actions in [`Keymap::text`].
const ACTION_WIDTH: usize = 16;
/// Columns for the keys.
const KEYS_WIDTH: usize = 14;
