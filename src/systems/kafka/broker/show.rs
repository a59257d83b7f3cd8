//! What a broker shows of itself.

use crate::sim::{Names, QueueId, Token};

use super::super::coordinator::Coordinator;
use super::super::{Badge, Belief, Inspect, Row, Standing, amount};
use super::replica::{Part, Replica};
use super::{Broker, kind};

/// Rows for partitions beyond these are summed up.
const PARTITIONS_SHOWN_MAX: usize = 24;

impl Broker {
    /// Its copies of partitions that hold a person's messages.
    fn shown(&self) -> impl Iterator<Item = (usize, &Replica)> {
        let shown = |r: &Replica| !self.cluster.topics[r.topic].internal;
        self.replicas.iter().filter(move |(_, r)| shown(r))
    }

    /// The partitions that it leads, by their numbers; where there are several topics, with each topic's name before its
    /// own.
    fn led_text(&self) -> Option<String> {
        let mut topics: Vec<(usize, Vec<String>)> = Vec::new();
        for (place, replica) in self.shown() {
            let queue = self.queue_at(place);
            let (Part::Leader(_), Some(at)) = (&replica.part, self.cluster.topic_index(queue))
            else {
                continue;
            };
            let number = (queue.0 - self.cluster.topics[at].first.0).to_string();
            match topics.last_mut() {
                Some((last, numbers)) if *last == at => numbers.push(number),
                _ => topics.push((at, vec![number])),
            }
        }
        let several = self.cluster.topics.iter().filter(|t| !t.internal).count() > 1;
        let text = topics.iter().map(|(at, numbers)| {
            let numbers = numbers.join(" ");
            if several {
                format!("{} {numbers}", self.cluster.topics[*at].settings.name)
            } else {
                numbers
            }
        });
        let text: Vec<String> = text.collect();
        (!text.is_empty()).then(|| format!("leads {}", text.join(", ")))
    }

    fn partition_row(&self, place: usize, replica: &Replica, names: &Names) -> Row {
        let end = replica.log.end();
        let part = match &replica.part {
            Part::Idle => "idle".to_owned(),
            Part::Follower(leader) => format!("follows {}", names.process(*leader)),
            Part::Leader(_) => "leads".to_owned(),
        };
        let row = Row::of(names.queue_short(self.queue_at(place))).text("", part);
        let row = match replica.epoch {
            Some(epoch) => row.with("epoch", u64::from(epoch)),
            None => row.text("epoch", "?"),
        };
        let row = row.with("end", end);
        let mut row = row.with("high watermark", replica.high_watermark);
        if let Part::Leader(leading) = &replica.part {
            row = row.with("in sync", leading.isr().len() as u64);
            for peer in &leading.peers {
                let lag = end.saturating_sub(peer.end.unwrap_or(0));
                let out = !peer.is_in_sync;
                let word = if out { " (out)" } else { "" };
                row = row.with(format!("{}{word} lag", names.process(peer.pid)), lag);
            }
        }
        row
    }

    /// What it knows of the cluster, and how it stands with the controller.
    fn control_rows(&self) -> Vec<Row> {
        let role = match (self.control.epoch, self.control.fenced) {
            (None, _) => "not registered",
            (Some(_), true) => "fenced",
            (Some(_), false) => "active",
        };
        let mut registration = Row::new("role", role);
        if let Some(epoch) = self.control.epoch {
            registration = registration.with("broker epoch", epoch);
        }
        let metadata = Row::of("metadata").with("offset", self.image.version);
        vec![registration, metadata]
    }
}

impl Inspect for Broker {
    fn badge(&self, _names: &Names) -> Badge {
        let leads_any = self
            .replicas
            .values()
            .any(|r| matches!(r.part, Part::Leader(_)));
        let standing = match (self.control.fenced, leads_any) {
            (true, _) => Standing::Idle,
            (false, true) => Standing::Leader,
            (false, false) => Standing::Member,
        };
        let mut lines = Vec::new();
        if self.control.fenced {
            lines.push("fenced".to_owned());
        }
        lines.extend(self.led_text());
        let lag: u64 = self
            .shown()
            .filter_map(|(_, r)| {
                let end = r.log.end();
                let ends = r.leading()?.peers.iter().map(|p| p.end.unwrap_or(0));
                Some(end.saturating_sub(ends.min().unwrap_or(end)))
            })
            .sum();
        if lag > 0 {
            lines.push(format!("lag {}", amount(lag)));
        }
        Badge {
            standing,
            lines,
            reads: None,
        }
    }

    fn queue_rows(&self, queue: QueueId, names: &Names) -> Vec<Row> {
        let Some(replica) = self.place_of(queue).and_then(|p| self.replicas.get(p)) else {
            return Vec::new();
        };
        let me = names.process(self.me);
        let epoch = replica.epoch.map_or("?".to_owned(), |e| e.to_string());
        let (start, end) = (replica.log.start(), replica.log.end());
        let watermark = replica.high_watermark;
        let Part::Leader(leading) = &replica.part else {
            let place = format!("end {end}  high watermark {watermark}  leader epoch {epoch}");
            return vec![Row::new("replica", format!("{me}  {place}"))];
        };
        let in_sync: Vec<&str> = leading.isr().iter().map(|p| names.process(*p)).collect();
        let copies = leading.peers.len() + 1;
        vec![
            Row::new("leader", me.to_owned()),
            Row::new("leader epoch", epoch),
            Row::new(
                "ISR",
                format!("{} of {copies}: {}", in_sync.len(), in_sync.join(" ")),
            ),
            Row::new("high watermark", watermark.to_string()),
            Row::new("log", format!("from {start} to {end}")),
        ]
    }

    fn rows(&self, names: &Names) -> Vec<Row> {
        let replicas = || self.replicas.values();
        let bytes: u64 = replicas().map(|r| r.log.bytes()).sum();
        let segments: usize = replicas().map(|r| r.log.segments()).sum();
        let unsynced: u64 = replicas().map(|r| r.unflushed).sum();
        let producers: usize = replicas().map(|r| r.producers.len()).sum();
        let truncations: u32 = replicas().map(|r| r.truncations).sum();
        let mut rows = self.control_rows();
        let partitions: Vec<(usize, &Replica)> = self.shown().collect();
        for &(place, replica) in partitions.iter().take(PARTITIONS_SHOWN_MAX) {
            rows.push(self.partition_row(place, replica, names));
        }
        if partitions.len() > PARTITIONS_SHOWN_MAX {
            let more = partitions.len() - PARTITIONS_SHOWN_MAX;
            rows.push(Row::new("…", format!("{more} more partitions")));
        }
        let waiting = Row::of("waiting").and(self.produces.len() as u64, "writes for replicas");
        rows.push(waiting.and(self.readers.len() as u64, "reads for data"));
        let copying = self.fetcher_partitions() as u64;
        rows.push(Row::of("copies").and(copying, "partitions from leaders"));
        let log = Row::of("log").and(bytes, "bytes");
        rows.push(log.and(segments as u64, "segments"));
        rows.push(Row::of("not flushed").and(unsynced, "records"));
        rows.push(Row::of("producers").and(producers as u64, "known"));
        if truncations > 0 {
            rows.push(Row::of("truncated").and(u64::from(truncations), "times"));
        }
        rows.extend(self.coordinator.rows(names));
        rows
    }

    fn beliefs(&self, _: u64, _: &Names) -> Vec<Belief> {
        let shown = self.shown().filter_map(|(place, replica)| {
            // Who leads acts on that; who does not has it from the metadata.
            let told = self.image.partitions.get(place)?.as_ref()?;
            let who = match &replica.part {
                Part::Leader(_) => Some(self.me),
                Part::Follower(leader) => Some(*leader),
                Part::Idle => told.leader,
            };
            let epoch = replica.epoch.or(Some(told.leader_epoch));
            let queue = self.queue_at(place);
            Some(Belief::Leads { queue, who, epoch })
        });
        shown.collect()
    }

    fn timer_name(&self, token: Token) -> &'static str {
        match token.kind {
            kind::REGISTER => "register again",
            kind::HEARTBEAT => "heartbeat to the controller",
            kind::TICK => "second",
            kind::ISR => "look at the in-sync replicas",
            kind::CHECKPOINT => "checkpoint",
            kind::RETENTION => "retention",
            kind::FLUSH => "flush interval",
            kind::FLUSHED => "flushed",
            kind::PRODUCE_TIMEOUT => "produce timeout",
            kind::FETCH_TIMEOUT => "fetch timeout",
            kind::FOLLOWER_TIMEOUT => "follower's fetch timeout",
            kind::FETCHER_RETRY => "fetch from a leader again",
            kind::PARTITION_RETRY => "copy a partition again",
            kind::CLOSED => "logs closed",
            _ => Coordinator::timer_name(token),
        }
    }
}
