//! Whom a fault is to concern: what is selected where somebody asks for one.

use super::Choices;

/// What a fault is to concern.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Aim {
    /// Whatever comes first.
    #[default]
    Nobody,
    /// A target, in the words of the scenario language.
    Target(String),
    /// A link: the node that sends and the one that receives, in the same words.
    Link(String, String),
    /// A queue, by the name that it has on the dashboard.
    Queue(String),
    /// A service, or another whose name is all there is to know.
    Named(String),
}

impl Aim {
    /// What stands in the fields that ask for targets, one after the other.
    pub(super) fn targets(&self, choices: &Choices) -> Vec<String> {
        match self {
            Self::Nobody => Vec::new(),
            Self::Target(target) => vec![target.clone()],
            Self::Link(from, to) => vec![from.clone(), to.clone()],
            Self::Queue(queue) => {
                let leads = |target: &&String| {
                    let led = target.strip_prefix("LeaderOf(\"");
                    let led = led.and_then(|rest| rest.strip_suffix("\")"));
                    led.is_some_and(|led| is_of(led, queue))
                };
                choices
                    .targets
                    .iter()
                    .find(leads)
                    .cloned()
                    .into_iter()
                    .collect()
            }
            // A client's pool is where the client is.
            Self::Named(name) => {
                let owner = name.split('>').next().unwrap_or(name);
                vec![format!("\"{owner}\"")]
            }
        }
    }

    /// Whose settings are changed, if it has any.
    pub(super) fn subject(&self, choices: &Choices) -> Option<String> {
        let (Self::Queue(name) | Self::Named(name)) = self else {
            return None;
        };
        let whole = choices.subjects.iter().find(|s| is_of(&s.name, name));
        // The settings of a partition are those of its topic.
        let topic = name.rsplit_once('/').map(|(topic, _)| topic);
        let topic = || {
            choices
                .subjects
                .iter()
                .find(|s| topic.is_some_and(|t| is_of(&s.name, t)))
        };
        whole.or_else(topic).map(|s| s.name.clone())
    }

    /// The kind of fault that comes first.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Link(..) => "Cut",
            _ => "Crash",
        }
    }
}

/// Whether a full name is the one that the dashboard has for short: `events/orders/0` of `orders/0`.
fn is_of(full: &str, short: &str) -> bool {
    full == short
        || full
            .strip_suffix(short)
            .is_some_and(|head| head.ends_with('/'))
}

#[cfg(test)]
mod tests {
    use super::super::SubjectChoice;
    use super::*;

    #[test]
    fn a_queue_is_its_leader_and_its_settings_are_those_of_its_topic() {
        let subject = |name: &str| SubjectChoice {
            name: name.into(),
            settings: Vec::new(),
        };
        let choices = Choices {
            targets: [
                "\"b1\"",
                "LeaderOf(\"e/reorders/0\")",
                "LeaderOf(\"e/orders/0\")",
            ]
            .map(str::to_owned)
            .to_vec(),
            subjects: vec![subject("e/reorders"), subject("e/orders"), subject("pay")],
            ..Choices::default()
        };
        let queue = Aim::Queue("orders/0".into());
        assert_eq!(queue.targets(&choices), ["LeaderOf(\"e/orders/0\")"]);
        assert_eq!(queue.subject(&choices).as_deref(), Some("e/orders"));
        let pay = Aim::Named("pay".into());
        assert_eq!(pay.targets(&choices), ["\"pay\""]);
        assert_eq!(pay.subject(&choices).as_deref(), Some("pay"));
        let nobody = Aim::Queue("jobs".into());
        assert!(nobody.targets(&choices).is_empty() && nobody.subject(&choices).is_none());
    }
}
