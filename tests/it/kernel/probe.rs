//! A process for tests: it does what it is told by a script, and writes down what happens to it.

use splitbrain::sim::fault::{Action, FaultPlan, Schedule};
use splitbrain::sim::host::{DiskPlan, HostPlan, Survival};
use splitbrain::sim::names::{Names, NodeName, ProcessName};
use splitbrain::sim::net::{LinkPlan, NetworkPlan};
use splitbrain::sim::units::{Chance, Duration};
use splitbrain::sim::{
    Cost, Ctx, Fact, MS, NodeId, NodePlan, Pid, Process, Record, Role, Sim, Token, WorldPlan,
};

/// A message with a number and what it costs to handle.
#[derive(Clone, Debug, Default)]
pub struct Mail {
    pub number: u64,
    pub cpu_ns: u64,
    pub write: u64,
    pub sync: bool,
    pub bytes: u32,
    /// Send it back.
    pub echo: bool,
}

/// What happened to a probe; times are true times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    Started {
        at: u64,
        incarnation: u32,
    },
    Got {
        at: u64,
        from: Pid,
        number: u64,
    },
    Timer {
        at: u64,
        data: u32,
    },
    Reset {
        at: u64,
        peer: Pid,
    },
    Died {
        at: u64,
        power: bool,
        lost: Vec<u64>,
    },
}

/// What a probe does some time after its node's start.
#[derive(Clone, Debug)]
pub enum Do {
    Send(Pid, Mail),
    Write(u64),
    Sync,
    Timer { after_ns: u64, data: u32 },
    Work { ns: u64, data: u32 },
    Halt,
}

#[derive(Clone, Debug, Default)]
pub struct Probe {
    /// (true time, what): done by the first incarnation.
    pub script: Vec<(u64, Do)>,
    /// Sends a numbered message to each of these every so many ns, in each incarnation.
    pub peers: Vec<Pid>,
    pub every_ns: u64,
    pub mail: Mail,
    pub seen: Vec<Seen>,
    pub sent: u64,
    /// Ends of what is stored.
    pub stored: Vec<u64>,
    pub refused_writes: u32,
    /// Says that it leads the queue of this name.
    pub leads: Option<String>,
}

const SCRIPT: u16 = 1;
const USER: u16 = 2;
const PULSE: u16 = 3;
const SYNCED: u16 = 4;

impl Process for Probe {
    type Message = Mail;

    fn cost(&mut self, message: &Mail, _: u64) -> Cost {
        Cost {
            cpu_ns: message.cpu_ns,
            write_bytes: message.write,
            sync: message.sync,
            ..Cost::FREE
        }
    }

    fn start(&mut self, ctx: &mut Ctx<'_, Mail>) {
        let incarnation = ctx.incarnation();
        self.seen.push(Seen::Started {
            at: ctx.now(),
            incarnation,
        });
        if incarnation == 1 {
            for (i, (at, _)) in (0u32..).zip(&self.script) {
                ctx.timer(*at, Token::with(SCRIPT, i));
            }
        }
        if self.every_ns > 0 {
            ctx.timer(self.every_ns, Token::of(PULSE));
        }
    }

    fn message(&mut self, from: Pid, message: Mail, ctx: &mut Ctx<'_, Mail>) {
        let (at, number) = (ctx.now(), message.number);
        self.seen.push(Seen::Got { at, from, number });
        ctx.record(note(number));
        if message.write > 0 {
            self.write(message.write, ctx);
        }
        if message.sync {
            ctx.synced();
        }
        if message.echo {
            let echo = Mail {
                echo: false,
                ..message
            };
            ctx.send(from, echo, 100);
        }
    }

    fn timer(&mut self, token: Token, ctx: &mut Ctx<'_, Mail>) {
        match token.kind {
            SCRIPT => {
                let act = self.script[token.data as usize].1.clone();
                self.act(act, ctx);
            }
            PULSE => {
                self.sent += 1;
                for peer in self.peers.clone() {
                    let mail = Mail {
                        number: self.sent,
                        ..self.mail.clone()
                    };
                    let bytes = mail.bytes;
                    ctx.send(peer, mail, bytes);
                }
                ctx.timer(self.every_ns, Token::of(PULSE));
            }
            _ => self.seen.push(Seen::Timer {
                at: ctx.now(),
                data: token.data,
            }),
        }
    }

    fn disconnected(&mut self, peer: Pid, ctx: &mut Ctx<'_, Mail>) {
        self.seen.push(Seen::Reset {
            at: ctx.now(),
            peer,
        });
    }

    fn crash(&mut self, survival: &Survival, ctx: &mut Ctx<'_, Mail>) {
        let (kept, lost): (Vec<u64>, _) = self.stored.iter().partition(|&&p| survival.keeps(p));
        self.stored = kept;
        self.seen.push(Seen::Died {
            at: ctx.now(),
            power: survival.power,
            lost,
        });
    }

    fn nominate(&self, role: &Role, names: &Names, out: &mut Vec<Pid>) {
        if let (Role::Leader(queue), Some(mine)) = (role, &self.leads)
            && queue == mine
        {
            let own = |p: &ProcessName| p.name == *mine;
            out.extend(names.processes.iter().position(own).map(|p| Pid(p as u32)));
        }
    }
}

fn note(number: u64) -> Fact {
    Fact::Note {
        code: 0,
        a: 0,
        b: number,
    }
}

impl Probe {
    fn act(&mut self, act: Do, ctx: &mut Ctx<'_, Mail>) {
        match act {
            Do::Send(to, mail) => {
                let bytes = mail.bytes;
                ctx.send(to, mail, bytes);
            }
            Do::Write(bytes) => self.write(bytes, ctx),
            Do::Sync => ctx.sync(Token::with(SYNCED, 0)),
            Do::Timer { after_ns, data } => {
                ctx.timer(after_ns, Token::with(USER, data));
            }
            Do::Work { ns, data } => {
                ctx.work(ns, Token::with(USER, data));
            }
            Do::Halt => ctx.halt(7),
        }
    }

    fn write(&mut self, bytes: u64, ctx: &mut Ctx<'_, Mail>) {
        match ctx.write(bytes) {
            Some(end) => self.stored.push(end),
            None => self.refused_writes += 1,
        }
    }

    /// (time, number) of the messages it got.
    pub fn got(&self) -> Vec<(u64, u64)> {
        let got = |s: &Seen| match s {
            Seen::Got { at, number, .. } => Some((*at, *number)),
            _ => None,
        };
        self.seen.iter().filter_map(got).collect()
    }

    pub fn timers(&self) -> Vec<(u64, u32)> {
        let timer = |s: &Seen| match s {
            Seen::Timer { at, data } => Some((*at, *data)),
            _ => None,
        };
        self.seen.iter().filter_map(timer).collect()
    }

    pub fn resets(&self) -> Vec<u64> {
        let reset = |s: &Seen| match s {
            Seen::Reset { at, .. } => Some(*at),
            _ => None,
        };
        self.seen.iter().filter_map(reset).collect()
    }

    pub fn starts(&self) -> Vec<u64> {
        let start = |s: &Seen| match s {
            Seen::Started { at, .. } => Some(*at),
            _ => None,
        };
        self.seen.iter().filter_map(start).collect()
    }
}

/// A world of machines `n1`, `n2` …, one probe on each (`p1` …), with links of exactly 1 ms and one core each.
#[derive(Clone)]
pub struct World {
    pub seed: u64,
    pub probes: Vec<Probe>,
    pub plan: WorldPlan,
    pub names: Names,
}

pub const LATENCY: u64 = MS;

impl World {
    pub fn of(probes: Vec<Probe>) -> Self {
        let nodes = probes.len();
        let mut names = Names::default();
        let mut plan = WorldPlan {
            network: NetworkPlan {
                link: LinkPlan {
                    latency: Duration::from_ns(LATENCY).into(),
                    ..LinkPlan::default()
                },
                ..NetworkPlan::default()
            },
            ..WorldPlan::default()
        };
        for i in 0..nodes {
            plan.nodes.push(NodePlan {
                name: NodeName {
                    name: format!("n{}", i + 1),
                    zone: Some(["a", "b"][i % 2].to_owned()),
                },
                host: HostPlan {
                    cores: 1,
                    disk: DiskPlan::default(),
                    ..HostPlan::default()
                },
            });
            names.processes.push(ProcessName {
                name: format!("p{}", i + 1),
                node: NodeId(i as u32),
                system: "test".to_owned(),
                part: "probe",
                layer: 0,
            });
        }
        names
            .sets
            .insert("n".to_owned(), (0..nodes as u32).map(NodeId).collect());
        Self {
            seed: 1,
            probes,
            plan,
            names,
        }
    }

    pub fn latency(mut self, dist: splitbrain::sim::dist::Dist) -> Self {
        self.plan.network.link.latency = dist;
        self
    }

    pub fn fault(mut self, at: u64, lasting_ns: Option<u64>, ron: &str) -> Self {
        self.plan.faults.push(fault(at, lasting_ns, ron));
        self
    }

    pub fn sim(self) -> Sim<Probe> {
        Sim::new(self.seed, self.plan, self.names, self.probes)
    }

    pub fn run(self, until: u64) -> (Sim<Probe>, Vec<Record>) {
        let mut sim = self.sim();
        let mut records = Vec::new();
        sim.run_until(until, &mut records);
        (sim, records)
    }
}

pub fn fault(at: u64, lasting_ns: Option<u64>, ron: &str) -> FaultPlan {
    FaultPlan {
        line: 0,
        schedule: Schedule::At(at),
        lasting_ns,
        action: action(ron),
    }
}

pub fn action(text: &str) -> Action {
    let (action, document) = splitbrain::scenario::document::from_source("test", text, &[]);
    action.unwrap_or_else(|| panic!("{}", document.render(false)))
}

pub fn mail(number: u64) -> Mail {
    Mail {
        number,
        ..Mail::default()
    }
}

/// A probe that sends number 1, 2 … to somebody, every so many ns.
pub fn pulse(to: u32, every_ns: u64) -> Probe {
    Probe {
        peers: vec![Pid(to)],
        every_ns,
        ..Probe::default()
    }
}

pub fn chance(p: f64) -> Chance {
    Chance::from_p(p)
}
