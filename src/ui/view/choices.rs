//! What a person can choose from who does something to a run.

/// What there is to be struck or changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choices {
    /// Targets as the scenario language has them: `"broker-1"`, `LeaderOf("events/orders/0")`.
    pub targets: Vec<String>,
    /// Zones.
    pub zones: Vec<String>,
    /// Workloads, whose traffic can be changed.
    pub workloads: Vec<String>,
    /// Who has settings that can be changed, and which.
    pub subjects: Vec<SubjectChoice>,
    /// Scenarios that could be played instead.
    pub scenarios: Vec<String>,
}

/// Who has settings that can be changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SubjectChoice {
    /// What it is called.
    pub name: String,
    /// Its settings.
    pub settings: Vec<SettingChoice>,
}

/// A setting that can be changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SettingChoice {
    /// What it is called.
    pub name: String,
    /// What it is now, as the scenario language has it.
    pub value: String,
    /// What it means.
    pub what: String,
}
