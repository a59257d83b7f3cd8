//! Rules of protocols that can be left out of a run, to prove that what each of them protects from is found by those who look for
//! failures. No scenario and no option can say so: only a test, by [`Plan::left_out`](super::Plan::left_out).

use std::fmt;

/// A rule that can be left out.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    number: u8,
    /// Its name: `wait-for-isr`.
    pub word: &'static str,
}

impl Rule {
    /// A rule with a number that no other has: [`super::rules`] lists them all.
    pub(super) const fn new(number: u8, word: &'static str) -> Self {
        assert!(number < 128, "there are so many places in a set");
        Self { number, word }
    }
}

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word)
    }
}

/// Which rules are left out; by default none.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct LeftOut(u128);

impl LeftOut {
    /// Just this rule.
    pub const fn only(rule: Rule) -> Self {
        Self(1 << rule.number)
    }

    /// Whether a rule is among them.
    #[inline]
    pub const fn has(self, rule: Rule) -> bool {
        self.0 & 1 << rule.number != 0
    }
}

/// The rules of a system, as constants, and the list of them. Numbers begin at `from`.
macro_rules! rules {
    ($from:literal: $($(#[$doc:meta])* $name:ident = $word:literal;)*) => {
        $(
            $(#[$doc])*
            pub(super) const $name: $crate::systems::rules::Rule =
                $crate::systems::rules::Rule::new($from + Place::$name as u8, $word);
        )*

        #[allow(non_camel_case_types, clippy::upper_case_acronyms, reason = "places of the constants of the same names")]
        enum Place { $($name),* }

        /// All of them.
        pub const RULES: &[$crate::systems::rules::Rule] = &[$($name),*];
    };
}
pub(super) use rules;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_two_rules_are_the_same() {
        let all: Vec<Rule> = crate::systems::rules().collect();
        let numbers: BTreeSet<u8> = all.iter().map(|r| r.number).collect();
        let words: BTreeSet<&str> = all.iter().map(|r| r.word).collect();
        assert_eq!((numbers.len(), words.len()), (all.len(), all.len()));
        for rule in all.iter().copied() {
            let kept = |other: &&Rule| LeftOut::only(rule).has(**other);
            assert_eq!(all.iter().filter(kept).count(), 1, "{rule:?}");
        }
    }
}
