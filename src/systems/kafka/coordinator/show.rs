//! What a coordinator shows of its groups.

use crate::sim::{Names, Token};

use super::super::Row;
use super::group::{Group, State};
use super::{Coordinator, JOIN, SESSION, SYNC};

impl Coordinator {
    /// For the inspector.
    pub fn rows<'a>(&'a self, names: &'a Names) -> impl Iterator<Item = Row> + 'a {
        let row = |group: &Group| {
            let state = match group.state {
                State::Empty => "empty",
                State::PreparingRebalance => "members join",
                State::CompletingRebalance => "leader assigns",
                State::Stable => "stable",
            };
            Row::new(format!("group {}", names.group(group.id)), state)
                .with("generation", u64::from(group.generation))
                .and(group.members.len() as u64, "members")
        };
        self.groups.values().map(row)
    }

    /// What one of its timers is for.
    pub fn timer_name(token: Token) -> &'static str {
        match token.kind {
            SESSION => "session of a member",
            JOIN => "end of joining",
            SYNC => "end of assigning",
            _ => "timer",
        }
    }
}
