//! Settings that could have kept something from going wrong. A system names those of its own that are chosen otherwise; whether
//! one would have helped is found out by trying it.

/// A setting, as it could be for the sake of safety.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Safeguard {
    /// What changes, as `--set` would: `workloads.checkout.acks=All`. Several where one alone means nothing.
    pub sets: Vec<String>,
    /// In a word or two, without the place: `acks=All`.
    pub words: String,
    /// The family of queues that it is about: `events/orders`; `None`: whatever it is that has the setting.
    pub about: Option<String>,
}

/// A list of safeguards of what stands at one place of a scenario.
#[derive(Clone, Debug)]
pub struct Safeguards {
    place: String,
    about: Option<String>,
    found: Vec<Safeguard>,
}

impl Safeguards {
    /// None yet, of what stands at a place: `workloads.checkout`.
    pub fn of(place: impl Into<String>) -> Self {
        Self {
            place: place.into(),
            about: None,
            found: Vec::new(),
        }
    }

    /// They are about a family of queues: `events/orders`.
    #[must_use]
    pub fn about(mut self, family: String) -> Self {
        self.about = Some(family);
        self
    }

    /// Adds a change of one field, unless it is so already.
    #[must_use]
    pub fn offer(self, when: bool, change: &str) -> Self {
        self.offer_all(when, &[change])
    }

    /// Adds a change of several fields that go together.
    #[must_use]
    pub fn offer_all(mut self, when: bool, changes: &[&str]) -> Self {
        if when {
            let set = |change: &&str| format!("{}.{change}", self.place);
            self.found.push(Safeguard {
                sets: changes.iter().map(set).collect(),
                words: changes.join(" and "),
                about: self.about.clone(),
            });
        }
        self
    }

    /// All of them.
    pub fn done(self) -> Vec<Safeguard> {
        self.found
    }
}

/// Settings that may be chosen more safely.
pub trait Guarded {
    /// What could be set otherwise; the most telling first.
    fn safeguards(&self) -> Vec<Safeguard> {
        Vec::new()
    }
}
