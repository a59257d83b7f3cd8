//! What a screen asked a run, and how far its answer is.

use super::choices::choices;
use super::compare::Contest;
use super::inspector::Inspection;
use super::lineage::Asking;
use std::sync::Arc;

use crate::hunt::past::{Past, Progress};
use crate::hunt::{Loaded, Session, deeds};
use crate::ui::engine::{Answer, Query};
use crate::ui::view::{Choices, Settings};

/// A question that is being answered.
#[derive(Debug)]
pub(super) enum Asked {
    /// About what there is to be struck or changed.
    Choices(Box<Choices>),
    /// About the settings of a scenario.
    Settings(Box<Told>),
    /// About one node or process.
    Inspect(Box<Inspection>),
    /// About a message or an event.
    Lineage(Box<Asking>),
    /// Beside another run.
    Compare(Box<Contest>),
}

/// What was told of the settings of a scenario.
#[derive(Debug)]
pub(super) struct Told {
    of: Arc<Loaded>,
    path: Option<String>,
    settings: Settings,
    /// The comparison over which a setting is chosen: it is gone on with if none is.
    behind: Option<Box<Contest>>,
}

impl Asked {
    /// Begins to answer, of where a session stands. What was asked `before` may be gone on with, or tell what was known; `branch`
    /// gives the branches of the run with their names.
    pub(super) fn new(
        session: &Session,
        query: &Query,
        before: Option<Self>,
        branch: impl Fn(usize) -> Option<(String, Session)>,
    ) -> Self {
        match query {
            Query::Choices => Self::Choices(Box::new(choices(session))),
            Query::Settings(path) => Self::Settings(Box::new(Told {
                of: Arc::clone(session.loaded()),
                path: path.clone(),
                settings: deeds::settings::of(session, path.as_deref()),
                behind: before.and_then(Self::into_contest),
            })),
            Query::Inspect(of) => {
                let before = match &before {
                    Some(Self::Inspect(inspection)) => Some(&**inspection),
                    _ => None,
                };
                Self::Inspect(Box::new(Inspection::new(session, *of, before)))
            }
            Query::Lineage(about) => Self::Lineage(Box::new(Asking::new(about, session))),
            Query::Compare(asked) => Self::Compare(match before.and_then(Self::into_contest) {
                Some(mut contest) if contest.goes_on(session, asked) => {
                    contest.ask(asked);
                    contest
                }
                _ => Box::new(Contest::new(session, asked, branch)),
            }),
        }
    }

    /// The comparison that it is, or that is behind it.
    fn into_contest(self) -> Option<Box<Contest>> {
        match self {
            Self::Compare(contest) => Some(contest),
            Self::Settings(told) => told.behind,
            _ => None,
        }
    }

    /// Whether it answers a question as well where the session stands now.
    pub(super) fn answers(&self, session: &Session, query: &Query) -> bool {
        match (self, query) {
            (Self::Lineage(asking), Query::Lineage(about)) => asking.answers(session, about),
            (Self::Settings(told), Query::Settings(path)) => {
                told.path == *path && Arc::ptr_eq(&told.of, session.loaded())
            }
            _ => false,
        }
    }

    /// Works on for about so many events.
    pub(super) fn work(&mut self, session: &Session, past: &dyn Past, events: u64) -> Progress {
        match self {
            Self::Choices(_) | Self::Settings(_) => Progress::Done,
            Self::Lineage(asking) => asking.work(past, session.sim().names(), events),
            Self::Compare(contest) => contest.work(session.sim().now(), events),
            Self::Inspect(inspection) => inspection.work(past, events),
        }
    }

    /// What is known so far; what concerns the present is of where the session stands now.
    pub(super) fn answer(&self, session: &Session) -> Option<Answer> {
        match self {
            Self::Choices(choices) => Some(Answer::Choices(choices.clone())),
            Self::Settings(told) => Some(Answer::Settings(Box::new(told.settings.clone()))),
            Self::Inspect(inspection) => {
                Some(Answer::Inspected(Box::new(inspection.view(session))))
            }
            Self::Lineage(asking) => {
                let known = asking.known()?;
                Some(Answer::Lineage(Box::new(known.clone())))
            }
            Self::Compare(contest) => Some(Answer::Compared(contest.view())),
        }
    }
}
