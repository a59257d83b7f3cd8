//! What a broker shows of itself.

use std::fmt::Write as _;

use crate::sim::{Names, QueueId};

use super::super::{Badge, Inspect, Row, Standing, amount};
use super::Broker;
use super::replica::{Part, Replica};

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
        let epoch = replica.epoch.map_or("?".to_owned(), |e| e.to_string());
        let watermark = replica.high_watermark;
        let place_text = format!("epoch {epoch}  end {end}  high watermark {watermark}");
        let value = match &replica.part {
            Part::Idle => format!("idle  {place_text}"),
            Part::Follower(leader) => {
                format!("follows {}  {place_text}", names.process(*leader))
            }
            Part::Leader(leading) => {
                let mut text = format!("leads  {place_text}  in sync {}", leading.isr.len());
                for peer in &leading.peers {
                    let lag = end.saturating_sub(peer.end.unwrap_or(0));
                    let out = !leading.isr.contains(&peer.pid);
                    let word = if out { " (out)" } else { "" };
                    // Writing to a string cannot fail.
                    let _ = write!(text, "  {}{word} lag {lag}", names.process(peer.pid));
                }
                text
            }
        };
        Row {
            name: names.queue_short(self.queue_at(place)).to_owned(),
            value,
        }
    }
}

impl crate::systems::Tune for Broker {}

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
        let in_sync: Vec<&str> = leading.isr.iter().map(|p| names.process(*p)).collect();
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
        let registration = match (self.control.epoch, self.control.fenced) {
            (None, _) => "not registered".to_owned(),
            (Some(epoch), true) => format!("fenced  broker epoch {epoch}"),
            (Some(epoch), false) => format!("active  broker epoch {epoch}"),
        };
        let replicas = || self.replicas.values();
        let bytes: u64 = replicas().map(|r| r.log.bytes()).sum();
        let segments: usize = replicas().map(|r| r.log.segments()).sum();
        let unsynced: u64 = replicas().map(|r| r.unflushed).sum();
        let producers: usize = replicas().map(|r| r.producers.len()).sum();
        let truncations: u32 = replicas().map(|r| r.truncations).sum();
        let mut rows = vec![
            Row::new("role", registration),
            Row::new("metadata", format!("offset {}", self.image.version)),
        ];
        let partitions: Vec<(usize, &Replica)> = self.shown().collect();
        for &(place, replica) in partitions.iter().take(PARTITIONS_SHOWN_MAX) {
            rows.push(self.partition_row(place, replica, names));
        }
        if partitions.len() > PARTITIONS_SHOWN_MAX {
            let more = partitions.len() - PARTITIONS_SHOWN_MAX;
            rows.push(Row::new("…", format!("{more} more partitions")));
        }
        let waiting = format!(
            "{} writes for replicas  {} reads for data",
            self.produces.len(),
            self.readers.len()
        );
        rows.push(Row::new("waiting", waiting));
        let copying = self.fetcher_partitions();
        rows.push(Row::new(
            "copies",
            format!("{copying} partitions from leaders"),
        ));
        rows.push(Row::new(
            "log",
            format!("{bytes} bytes in {segments} segments"),
        ));
        rows.push(Row::new("not flushed", format!("{unsynced} records")));
        rows.push(Row::new("producers", format!("{producers} known")));
        if truncations > 0 {
            rows.push(Row::new("truncated", format!("{truncations} times")));
        }
        rows
    }
}
