//! The highest value and when it was.

/// The highest value so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Peak {
    /// It.
    pub max: u64,
    /// When it was reached first, ns.
    pub at: u64,
}

impl Peak {
    /// A value at a moment.
    #[inline]
    pub fn see(&mut self, value: u64, at: u64) {
        if value > self.max {
            *self = Self { max: value, at };
        }
    }

    /// The higher of two; the earlier if they are equal.
    pub fn higher(self, other: Self) -> Self {
        if other.max > self.max || (other.max == self.max && other.at < self.at) {
            other
        } else {
            self
        }
    }
}
