//! Values of numbers, kept as ranges of equal ones.

/// Numbers that follow one another and have the same value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part<T> {
    pub first: u32,
    /// The number behind the last.
    pub end: u32,
    pub value: T,
}

/// A value for some numbers. Memory follows how often it changes from one number to the next.
#[derive(Clone, Debug)]
pub(super) struct Ranges<T> {
    /// In order, none empty; those that touch differ.
    parts: Vec<Part<T>>,
}

impl<T> Default for Ranges<T> {
    fn default() -> Self {
        Self { parts: Vec::new() }
    }
}

impl<T: Copy + PartialEq> Ranges<T> {
    pub fn parts(&self) -> &[Part<T>] {
        &self.parts
    }

    pub fn get(&self, number: u32) -> Option<T> {
        let at = self.parts.partition_point(|p| p.end <= number);
        let part = self.parts.get(at).filter(|p| p.first <= number)?;
        Some(part.value)
    }

    /// The parts between two numbers, cut to them.
    pub fn between(&self, first: u32, end: u32) -> impl Iterator<Item = Part<T>> + '_ {
        let at = self.parts.partition_point(|p| p.end <= first);
        let parts = self.parts[at..].iter().take_while(move |p| p.first < end);
        parts.map(move |p| Part {
            first: p.first.max(first),
            end: p.end.min(end),
            value: p.value,
        })
    }

    /// Gives each number from `first` to `end` (which does not belong) another value; `None` is no value.
    pub fn edit(&mut self, first: u32, end: u32, mut change: impl FnMut(Option<T>) -> Option<T>) {
        if first >= end {
            return;
        }
        if self.parts.last().is_none_or(|last| last.end <= first) {
            if let Some(value) = change(None) {
                join(&mut self.parts, Part { first, end, value });
            }
            return;
        }
        // Those that touch the range are taken out and put back in pieces.
        let from = self.parts.partition_point(|p| p.end < first);
        let to = self.parts.partition_point(|p| p.first <= end);
        let taken = &self.parts[from..to];
        let mut pieces = Vec::with_capacity(taken.len() + 2);
        let mut put = |first, end, value: Option<T>| {
            if let Some(value) = value
                && first < end
            {
                join(&mut pieces, Part { first, end, value });
            }
        };
        for part in taken {
            put(part.first, part.end.min(first), Some(part.value));
        }
        let mut at = first;
        for part in taken {
            let (start, stop) = (part.first.max(first), part.end.min(end));
            if start < stop {
                if at < start {
                    put(at, start, change(None));
                }
                put(start, stop, change(Some(part.value)));
                at = stop;
            }
        }
        if at < end {
            put(at, end, change(None));
        }
        for part in taken {
            put(part.first.max(end), part.end, Some(part.value));
        }
        self.parts.splice(from..to, pieces);
    }
}

/// Adds a part behind the others.
fn join<T: Copy + PartialEq>(parts: &mut Vec<Part<T>>, part: Part<T>) {
    match parts.last_mut() {
        Some(last) if last.end == part.first && last.value == part.value => last.end = part.end,
        _ => parts.push(part),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn ranges_are_a_table(edits in prop::collection::vec((0_u32..40, 0_u32..12, 0_u8..4, any::<bool>()), 1..40)) {
            let mut ranges = Ranges::<u8>::default();
            let mut table = [None; 64];
            for (first, count, value, add) in edits {
                let change = |old: Option<u8>| match value {
                    0 => None,
                    v if add => old.map(|old| (old + v) % 4),
                    v => Some(v),
                };
                ranges.edit(first, first + count, change);
                for cell in &mut table[first as usize..(first + count) as usize] {
                    *cell = change(*cell);
                }
                for (number, cell) in (0_u32..).zip(&table) {
                    prop_assert_eq!(ranges.get(number), *cell);
                }
                for pair in ranges.parts().windows(2) {
                    let apart = pair[0].end < pair[1].first;
                    prop_assert!(apart || (pair[0].end == pair[1].first && pair[0].value != pair[1].value));
                }
            }
        }
    }
}
