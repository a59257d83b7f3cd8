//! A cache by tables, and beside one that is as simple as can be.

use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;
use crate::sim::SECOND;
use crate::sim::units::Chance;
use crate::systems::store::lease::LeaseSettings;

fn settings(capacity: u32, ttl_s: Option<u64>, lease: bool) -> CacheSettings {
    let text = format!("(name: \"c\", nodes: \"c\", capacity: {capacity})");
    CacheSettings {
        ttl: ttl_s.map(Duration::from_secs),
        lease: lease.then(LeaseSettings::default),
        ..ron::from_str(&text).expect("settings")
    }
}

fn stream() -> Stream {
    Stream::named(1, "cache", "test")
}

/// Plays steps and says what came of them. Times are in seconds, keys and versions numbers.
///
/// `5g1` asks for key 1 at 5 s, `5p1=7` puts version 7, `5i1` invalidates it, `5c` is a crash; `5t1=7` puts with the last token that was
/// handed out for any key. Told are `version/age` of a hit, `-` of a miss, `x` of one too old, followed by `t` with a token and `w` for
/// a wait, and `!` for a token that is void.
fn play(settings: &CacheSettings, steps: &str) -> String {
    let (mut cache, mut stream) = (Cache::new(settings), stream());
    let mut told = String::new();
    let mut last = None;
    for step in steps.split_whitespace() {
        let at = step.find(|c: char| c.is_ascii_lowercase()).unwrap();
        let now = step[..at].parse::<u64>().unwrap() * SECOND;
        let numbers: Vec<u64> = step[at + 1..]
            .split('=')
            .map(|n| n.parse().unwrap_or_default())
            .collect();
        match &step[at..=at] {
            "p" => cache.put(now, numbers[0], numbers[1], &mut stream),
            "i" => _ = cache.invalidate(numbers[0]),
            "c" => cache.crash(),
            "t" => {
                let token = last.expect("a token");
                if !cache.put_leased(now, numbers[0], numbers[1], token, &mut stream) {
                    told.push_str("! ");
                }
            }
            _ => {
                let (sign, fill) = match cache.get(now, numbers[0]) {
                    Found::Hit { age_ns, version } => {
                        write!(told, "{version}/{} ", age_ns / SECOND).unwrap();
                        continue;
                    }
                    Found::Miss(fill) => ('-', fill),
                    Found::Expired(fill) => ('x', fill),
                };
                let fill = match fill {
                    Fill::Free => "",
                    Fill::Wait => "w",
                    Fill::Lease(token) => {
                        last = Some(token);
                        "t"
                    }
                };
                write!(told, "{sign}{fill} ").unwrap();
            }
        }
    }
    told.trim_end().to_owned()
}

#[test]
fn a_hit_tells_what_was_put_last_and_when() {
    let p = |steps| play(&settings(10, None, false), steps);
    assert_eq!(p("0g1 1p1=7 3g1 4p1=8 4g1 9g2 900g1"), "- 7/2 8/0 - 8/896");
    assert_eq!(p("1p1=7 2i1 2g1 3p1=8 3g1 4c 4g1"), "- 8/0 -");
}

#[test]
fn the_least_recently_used_makes_room() {
    let p = |steps| play(&settings(2, None, false), steps);
    assert_eq!(p("0p1=1 0p2=2 0p3=3 1g1 1g2 1g3"), "- 2/1 3/1");
    // Asking for it is a use, and so is putting it again.
    assert_eq!(p("0p1=1 0p2=2 1g1 1p3=3 2g1 2g2 2g3"), "1/1 1/2 - 3/1");
    assert_eq!(p("0p1=1 0p2=2 1p1=4 1p3=3 2g1 2g2 2g3"), "4/1 - 3/1");
    // Room that was left is used before anybody has to go.
    assert_eq!(p("0p1=1 0p2=2 1i2 1p3=3 2g1 2g3"), "1/2 3/1");
}

#[test]
fn an_entry_is_good_until_its_time_is_over() {
    let p = |steps| play(&settings(10, Some(60), false), steps);
    assert_eq!(p("0p1=1 59g1 60g1 60g1"), "1/59 x -");
    // Asking does not prolong it, putting it again does.
    assert_eq!(p("0p1=1 30p1=2 60g1 89g1 90g1"), "2/30 2/59 x");
}

#[test]
fn one_who_misses_gets_a_lease_and_the_others_wait() {
    let p = |steps| play(&settings(10, None, true), steps);
    assert_eq!(p("0g1 0g1 1g1 1g2 2g2"), "-t -w -w -t -w");
    assert_eq!(p("0g1 0g1 1t1=7 1g1"), "-t -w 7/0");
    // One in 10 s for each key; the token before is void then.
    assert_eq!(p("0g1 9g1 10g1 19g1 20g1"), "-t -w -t -w -t");
    assert_eq!(p("0g1 9t1=7 9g1"), "-t 7/0");
    assert_eq!(p("0g1 10t1=7 10g1"), "-t ! -t");
    // A token fills one key once.
    assert_eq!(p("0g1 0t2=7 0t1=7 0g1 1t1=8 1g1"), "-t ! 7/0 ! 7/1");
}

#[test]
fn a_value_read_before_a_change_cannot_be_set_after_it() {
    let p = |steps| play(&settings(10, None, true), steps);
    // Version 1 is read, then the key changes: version 1 is refused, the next to ask gets the right to fill it.
    assert_eq!(p("0g1 1i1 2t1=1 2g1 3t1=2 3g1"), "-t ! -t 2/0");
    // So it is when a newer value was put, or the cache was lost.
    assert_eq!(p("0g1 1p1=2 2t1=1 2g1"), "-t ! 2/1");
    assert_eq!(p("0g1 1c 2t1=1 2g1"), "-t ! -t");
    // Without leases the stale value stands.
    let stale = play(&settings(10, None, false), "0g1 1i1 2p1=1 3g1");
    assert_eq!(stale, "- 1/1");
}

#[test]
fn an_entry_that_is_too_old_is_filled_by_one_too() {
    let leased = settings(10, Some(60), true);
    assert_eq!(play(&leased, "0p1=1 60g1 60g1 61t1=2 62g1"), "xt -w 2/1");
}

#[test]
fn a_thousand_who_miss_at_once_are_one_reader_with_leases_and_a_thousand_without() {
    for (lease, readers) in [(true, 1), (false, 1000)] {
        let mut cache = Cache::new(&settings(10, None, lease));
        let may_read = |found| !matches!(found, Found::Miss(Fill::Wait));
        let reads = (0..1000).filter(|_| may_read(cache.get(SECOND, 1))).count();
        assert_eq!(reads, readers);
        assert_eq!(cache.counters().waits, 1000 - readers as u64);
    }
}

#[test]
fn with_jitter_entries_go_evenly_over_the_shortened_part() {
    let mut cache = Cache::new(&CacheSettings {
        ttl_jitter: Chance::from_p(0.2),
        ..settings(10_000, Some(100), false)
    });
    let mut stream = stream();
    for key in 0..10_000 {
        cache.put(0, key, 0, &mut stream);
    }
    // Good until some time from 80 to 100 s. Of 10,000 at 85 s a quarter is gone, give or take four times sqrt(10,000 × ¼ × ¾) = 43.
    let good = |now_s: u64| {
        let mut cache = cache.clone();
        let hit = |&key: &u64| matches!(cache.get(now_s * SECOND, key), Found::Hit { .. });
        (0..10_000_u64).filter(hit).count()
    };
    assert_eq!(good(80), 10_000);
    assert!(good(85).abs_diff(7_500) <= 173, "{}", good(85));
    assert!(good(95).abs_diff(2_500) <= 173, "{}", good(95));
    assert_eq!(good(100), 0);
}

#[test]
fn settings_that_cannot_work_are_named() {
    let complaints = |settings: &CacheSettings| {
        let mut out = Vec::new();
        settings.check_entries(&Path::root().field("cache"), &mut out);
        out.iter().map(|c| c.at.to_string()).collect::<Vec<_>>()
    };
    assert!(complaints(&settings(1, Some(1), true)).is_empty());
    type Change = fn(&mut CacheSettings);
    let table: [(Change, &str); 4] = [
        (|s| s.capacity = 0, "cache.capacity"),
        (|s| s.ttl = Some(Duration::ZERO), "cache.ttl"),
        (
            |s| (s.ttl, s.ttl_jitter) = (None, Chance::ALWAYS),
            "cache.ttl_jitter",
        ),
        (
            |s| {
                s.lease = Some(LeaseSettings {
                    every: Duration::ZERO,
                });
            },
            "cache.lease.every",
        ),
    ];
    for (change, named) in table {
        let mut settings = settings(1, Some(1), true);
        change(&mut settings);
        assert_eq!(complaints(&settings), [named]);
    }
}

/// The same cache without any thought for speed.
struct Naive {
    capacity: usize,
    /// Key, version, when it was put (s); the one that was used last at the end.
    entries: Vec<(u64, u64, u64)>,
    /// Key and when its lease was handed out (s).
    leases: Vec<(u64, u64)>,
}

const TTL_S: u64 = 20;

impl Naive {
    /// Version and age, or whether there is a right to fill it.
    fn get(&mut self, now_s: u64, key: u64) -> Result<(u64, u64), bool> {
        if let Some(at) = self.entries.iter().position(|e| e.0 == key) {
            let entry = self.entries.remove(at);
            if now_s - entry.2 < TTL_S {
                self.entries.push(entry);
                return Ok((entry.1, now_s - entry.2));
            }
        }
        self.leases.retain(|l| now_s - l.1 < 10);
        let granted = self.leases.iter().all(|l| l.0 != key);
        if granted {
            self.leases.push((key, now_s));
        }
        Err(granted)
    }

    fn put(&mut self, now_s: u64, key: u64, version: u64) {
        self.invalidate(key);
        self.entries.push((key, version, now_s));
        if self.entries.len() > self.capacity {
            self.entries.remove(0);
        }
    }

    fn invalidate(&mut self, key: u64) {
        self.entries.retain(|e| e.0 != key);
        self.leases.retain(|l| l.0 != key);
    }
}

fn agree(capacity: u32, steps: &[(u8, u64, u64)]) {
    let mut cache = Cache::new(&settings(capacity, Some(TTL_S), true));
    let mut naive = Naive {
        capacity: capacity as usize,
        entries: Vec::new(),
        leases: Vec::new(),
    };
    let (mut stream, mut now_s) = (stream(), 0);
    // Tokens with their keys, and when they were handed out.
    let mut tokens: Vec<(Token, u64, u64)> = Vec::new();
    for (version, &(step, key, later_s)) in (0..).zip(steps) {
        now_s += later_s;
        let now = now_s * SECOND;
        match step {
            0..5 => {
                let (found, granted) = match cache.get(now, key) {
                    Found::Hit { age_ns, version } => (Ok((version, age_ns / SECOND)), None),
                    Found::Miss(Fill::Lease(token)) | Found::Expired(Fill::Lease(token)) => {
                        (Err(true), Some(token))
                    }
                    Found::Miss(_) | Found::Expired(_) => (Err(false), None),
                };
                assert_eq!(found, naive.get(now_s, key));
                tokens.extend(granted.map(|token| (token, key, now_s)));
            }
            5..7 => {
                cache.put(now, key, version, &mut stream);
                naive.put(now_s, key, version);
            }
            7..9 => {
                let Some((token, key, since_s)) = tokens.pop() else {
                    continue;
                };
                let good = naive.leases.contains(&(key, since_s)) && now_s - since_s < 10;
                let was_put = cache.put_leased(now, key, version, token, &mut stream);
                assert_eq!(was_put, good);
                if good {
                    naive.put(now_s, key, version);
                }
            }
            _ => {
                cache.invalidate(key);
                naive.invalidate(key);
            }
        }
        assert_eq!(cache.len(), naive.entries.len());
        assert!(cache.len() <= capacity as usize);
    }
}

proptest! {
    #[test]
    fn it_is_a_cache(
        capacity in 1..8_u32,
        steps in prop::collection::vec((0..10_u8, 0..12_u64, 0..4_u64), 0..300),
    ) {
        agree(capacity, &steps);
    }
}
