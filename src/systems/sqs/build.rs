//! From the settings of queues and topics to their nodes.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::sim::names::QueueName;
use crate::sim::stream::Stream;
use crate::sim::{NodeId, Pid, QueueId, SECOND};
use crate::systems::{Export, Process};

use super::Builder;
use super::directory::{Directory, Home, TopicHome};
use super::node::{Line, Node, Redrive};
use super::queue::Queue;
use super::settings::{QueueSettings, Settings};

impl Settings {
    pub(in super::super) fn build(&self, _: &mut Builder) {}

    pub(in super::super) fn found(&self, builder: &mut Builder) {
        let nodes = builder.nodes(&self.nodes);
        let pids: Vec<Pid> = nodes
            .iter()
            .map(|&node| self.reserve(builder, node))
            .collect();
        if pids.is_empty() {
            return;
        }
        let topics = self.topics.iter().zip(pids.iter().cycle());
        let topics = topics.map(|(settings, &pid)| TopicHome {
            settings: settings.clone(),
            pid,
            subscriptions: settings
                .subscriptions
                .iter()
                .filter_map(|s| Some((self.place(&s.queue)?, s.from.ns())))
                .collect(),
        });
        let directory = Arc::new(Directory {
            name: self.name.clone(),
            queues: self.homes(builder, &pids),
            topics: topics.collect(),
            settings: Arc::new(self.clone()),
            left_out: builder.left_out,
        });
        for topic in &directory.topics {
            for &(queue, _) in &topic.subscriptions {
                let home = directory.home(queue).pid;
                if home != topic.pid {
                    builder.add_link(topic.pid, home);
                }
            }
        }
        for &pid in &pids {
            let name = builder.names.process(pid).to_owned();
            let lines = self.lines(builder, &directory, pid);
            let node = Node::new(&directory, lines, builder.seed, &name);
            builder.put(pid, Process::QueueNode(Box::new(node)));
        }
        builder.add_set(&self.name, nodes);
        builder
            .exports
            .insert(self.name.clone(), Export::Sqs(directory));
    }

    fn reserve(&self, builder: &mut Builder, node: NodeId) -> Pid {
        builder.set_cores(node, self.concurrent_requests);
        let name = format!("{}/{}", self.name, builder.names.node(node));
        builder.reserve(&name, node, &self.name, "queues", 1)
    }

    fn place(&self, name: &str) -> Option<u16> {
        let at = self.queues.iter().position(|q| q.name == name)?;
        u16::try_from(at).ok()
    }

    fn dead_letters(&self, queue: &QueueSettings) -> Option<u16> {
        self.place(&queue.redrive_policy.as_ref()?.dead_letter_target)
    }

    /// The queues that belong together, each named by its first: those with the same dead-letter queue, and that one.
    fn families(&self) -> Vec<usize> {
        let mut family: Vec<usize> = (0..self.queues.len()).collect();
        for (at, queue) in self.queues.iter().enumerate() {
            if let Some(dead) = self.dead_letters(queue) {
                let (a, b) = (family[at], family[usize::from(dead)]);
                let (first, other) = (a.min(b), a.max(b));
                family
                    .iter_mut()
                    .filter(|f| **f == other)
                    .for_each(|f| *f = first);
            }
        }
        family
    }

    fn homes(&self, builder: &mut Builder, pids: &[Pid]) -> Vec<Home> {
        let family = self.families();
        // Families are dealt out in the order of their first queues.
        let firsts: BTreeSet<usize> = family.iter().copied().collect();
        let turn = |of: usize| firsts.range(..of).count() % pids.len();
        let each = self.queues.iter().zip(&family).map(|(settings, &family)| {
            let name = format!("{}/{}", self.name, settings.name);
            let queue = builder.add_queue(QueueName {
                short: settings.name.clone(),
                family: name.clone(),
                name,
                internal: false,
                copies: 1,
                singly: true,
            });
            Home {
                queue,
                pid: pids[turn(family)],
                dead_letters: self.dead_letters(settings),
            }
        });
        each.collect()
    }

    /// The queues of a node.
    fn lines(&self, builder: &mut Builder, directory: &Arc<Directory>, pid: Pid) -> Vec<Line> {
        let homes = (0u16..).zip(&directory.queues);
        let mine: Vec<u16> = homes
            .filter(|(_, h)| h.pid == pid)
            .map(|(p, _)| p)
            .collect();
        let line_of = |place: u16| mine.iter().position(|&p| p == place);
        let mut lines = Vec::new();
        for &place in &mine {
            let settings = &self.queues[usize::from(place)];
            let home = directory.home(place);
            let name = builder.names.queue(home.queue).to_owned();
            let stream = Stream::named(builder.seed, "servers", &name);
            let queue = Queue::new(settings, self.servers, stream, builder.left_out);
            let mut line = Line::new(place, home.queue, queue, settings);
            if let Some(dead) = home.dead_letters
                && let Some(at) = line_of(dead)
            {
                let lane = builder.names.add_lane(pid, directory.home(dead).queue);
                line.dead_letters = Some((at, lane));
            }
            if let Some(at) = settings.redrive_at {
                let group = directory.group(builder, place, &format!("{name}-redrive"));
                line.group = Some(group);
                let sources = (0u16..).zip(&directory.queues);
                let sources = sources.filter(|(_, h)| h.dead_letters == Some(place));
                let mut way = |place: u16, queue: QueueId| {
                    Some((place, line_of(place)?, builder.names.add_lane(pid, queue)))
                };
                line.redrive = Some(Redrive {
                    at_ns: at.ns(),
                    gap_ns: (SECOND as f64 / settings.redrive_rate.per_s()) as u64,
                    sources: sources.filter_map(|(p, h)| way(p, h.queue)).collect(),
                    over: false,
                    begun: false,
                });
            }
            lines.push(line);
        }
        lines
    }
}
