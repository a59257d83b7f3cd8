//! What the table of systems is made into: one closed enum for each kind of thing that systems bring, which passes on what is
//! asked of it. So nobody but the table knows which systems there are, and nothing is called through a pointer.

macro_rules! messages {
    ($($(#[$each:meta])* $name:ident($message:ty)),* $(,)?) => {
        /// What processes say to one another.
        #[derive(Clone, Debug)]
        pub enum Message { $($(#[$each])* $name($message)),* }

        impl Message {
            /// What it is, in the words of its system: `fetch`, `answer to fetch`.
            pub fn word(&self) -> &'static str {
                match self { $(Self::$name(message) => message.word()),* }
            }

            /// What can be seen of it on the network.
            pub fn sight(&self, what: Option<Followed>) -> Sight {
                match self { $(Self::$name(m) => m.sight(what)),* }
            }
        }

        $(impl From<$message> for Message {
            #[inline]
            fn from(message: $message) -> Self {
                Self::$name(message)
            }
        })*
    };
}

macro_rules! exports {
    ($($(#[$each:meta])* $name:ident($type:ty)),* $(,)?) => {
        /// What a system offers to others.
        #[derive(Clone, Debug)]
        pub enum Export { $($(#[$each])* $name(Arc<$type>)),* }
    };
}

macro_rules! ports {
    ($(#[$doc:meta])* $any:ident { $($(#[$each:meta])* $name:ident($type:ty)),* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub enum $any { $($(#[$each])* $name(Box<$type>)),* }

        impl Port for $any {
            fn start(&mut self, ctx: &mut Ctx<'_>) {
                match self { $(Self::$name(p) => p.start(ctx)),* }
            }

            fn heeds(&self, message: &Message) -> bool {
                match self { $(Self::$name(p) => p.heeds(message)),* }
            }

            fn message(&mut self, from: Pid, message: Message, ctx: &mut Ctx<'_>) {
                match self { $(Self::$name(p) => p.message(from, message, ctx)),* }
            }

            fn timer(&mut self, token: Token, ctx: &mut Ctx<'_>) {
                match self { $(Self::$name(p) => p.timer(token, ctx)),* }
            }

            fn disconnected(&mut self, peer: Pid, ctx: &mut Ctx<'_>) {
                match self { $(Self::$name(p) => p.disconnected(peer, ctx)),* }
            }

            fn crash(&mut self, ctx: &mut Ctx<'_>) {
                match self { $(Self::$name(p) => p.crash(ctx)),* }
            }

            fn trouble(&self) -> Option<String> {
                match self { $(Self::$name(p) => p.trouble()),* }
            }

            fn row(&self) -> Row {
                match self { $(Self::$name(p) => p.row()),* }
            }

            fn beliefs(&self) -> Vec<Belief> {
                match self { $(Self::$name(p) => p.beliefs()),* }
            }

            fn timer_name(&self, token: Token) -> &'static str {
                match self { $(Self::$name(p) => p.timer_name(token)),* }
            }
        }
    };
}

macro_rules! outlets {
    ($($(#[$each:meta])* $name:ident($type:ty)),* $(,)?) => {
        ports! {
            /// Any outlet.
            AnyOutlet { $($(#[$each])* $name($type)),* }
        }

        impl AnyOutlet {
            /// To a queue or topic by its name (`system/queue`); `None` if no system has one of that name.
            pub fn find(builder: &mut Builder, to: &str, socket: &Socket) -> Option<Self> {
                $(if let Some(outlet) = <$type>::find(builder, to, socket) {
                    return Some(Self::$name(Box::new(outlet)));
                })*
                None
            }
        }

        impl Outlet for AnyOutlet {
            fn send(&mut self, parcel: Parcel, ctx: &mut Ctx<'_>) -> u32 {
                match self { $(Self::$name(p) => p.send(parcel, ctx)),* }
            }

            fn next_done(&mut self) -> Option<(u32, bool)> {
                match self { $(Self::$name(p) => p.next_done()),* }
            }
        }
    };
}

macro_rules! inlets {
    ($($(#[$each:meta])* $name:ident($type:ty)),* $(,)?) => {
        ports! {
            /// Any inlet.
            AnyInlet { $($(#[$each])* $name($type)),* }
        }

        impl AnyInlet {
            /// From a queue or topic by its name (`system/queue`); `None` if no system has one of that name.
            pub fn find(
                builder: &mut Builder,
                from: &str,
                plan: &InletPlan,
                socket: &Socket,
            ) -> Option<Self> {
                $(if let Some(inlet) = <$type>::find(builder, from, plan, socket) {
                    return Some(Self::$name(Box::new(inlet)));
                })*
                None
            }
        }

        impl Inlet for AnyInlet {
            fn take(&mut self, ctx: &mut Ctx<'_>) -> Option<Arrived> {
                match self { $(Self::$name(p) => p.take(ctx)),* }
            }

            fn waiting(&self) -> u32 {
                match self { $(Self::$name(p) => p.waiting()),* }
            }

            fn done(&mut self, token: u32, ok: bool, ctx: &mut Ctx<'_>) {
                match self { $(Self::$name(p) => p.done(token, ok, ctx)),* }
            }

            fn open(&mut self, open: bool, ctx: &mut Ctx<'_>) {
                match self { $(Self::$name(p) => p.open(open, ctx)),* }
            }

            fn is_idle(&self) -> bool {
                match self { $(Self::$name(p) => p.is_idle()),* }
            }
        }
    };
}

macro_rules! settings {
    ($(#[$doc:meta])* $kind:ident { $($(#[$each:meta])* $name:ident($settings:ty)),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[allow(clippy::large_enum_variant, reason = "there are few of them, and they are read once")]
        pub enum $kind { $($(#[$each])* $name($settings)),* }

        impl $kind {
            /// The word of the scenario language.
            pub fn word(&self) -> &'static str {
                match self { $(Self::$name(_) => stringify!($name)),* }
            }

            /// What the scenario calls it.
            pub fn name(&self) -> &str {
                match self { $(Self::$name(s) => &s.name),* }
            }

            /// Adds what it declares: queues, groups, systems.
            pub fn declare(&self, known: &mut Known) {
                match self { $(Self::$name(s) => s.declare(known)),* }
            }

            /// What is wrong with the settings.
            pub fn check(&self, at: &Path, known: &Known, out: &mut Vec<Complaint>) {
                match self { $(Self::$name(s) => s.check(at, known, out)),* }
            }

            /// Gives names and identities to what others may look for, before any of them is built.
            pub fn found(&self, builder: &mut Builder) {
                match self { $(Self::$name(s) => s.found(builder)),* }
            }

            /// What could be set otherwise for the sake of safety.
            pub fn safeguards(&self) -> Vec<Safeguard> {
                match self { $(Self::$name(s) => s.safeguards()),* }
            }

            /// Puts its processes into a world.
            pub fn build(&self, builder: &mut Builder) {
                match self { $(Self::$name(s) => s.build(builder)),* }
            }
        }
    };
}

macro_rules! workloads {
    ($($(#[$each:meta])* $name:ident($settings:ty)),* $(,)?) => {
        settings! {
            /// A workload of the scenario.
            WorkloadSettings { $($(#[$each])* $name($settings)),* }
        }

        impl WorkloadSettings {
            /// When it makes its requests, with the field that says so.
            pub fn arrivals(&self) -> Option<(&'static str, &Arrivals)> {
                match self { $(Self::$name(s) => s.arrivals()),* }
            }
        }
    };
}

macro_rules! processes {
    ($($(#[$each:meta])* $name:ident($process:ty) speaks $($message:ident)|+),* $(,)?) => {
        /// Any process of the modelled systems.
        #[derive(Clone, Debug)]
        pub enum Process { $($(#[$each])* $name(Box<$process>)),* }

        impl crate::sim::Process for Process {
            type Message = Message;

            #[inline]
            fn cost(&mut self, message: &Message, now: u64) -> Cost {
                match (self, message) {
                    $($((Self::$name(p), Message::$message(m)) => p.cost(m, now),)+)*
                    _ => Cost::FREE,
                }
            }

            fn start(&mut self, ctx: &mut Ctx<'_>) {
                match self { $(Self::$name(p) => p.start(ctx)),* }
            }

            #[inline]
            fn message(&mut self, from: Pid, message: Message, ctx: &mut Ctx<'_>) {
                match (self, message) {
                    $($((Self::$name(p), Message::$message(m)) => p.message(from, m.into(), ctx),)+)*
                    // Nobody sends what the other cannot read; a stray message is dropped, as by a port of another protocol.
                    _ => {}
                }
            }

            #[inline]
            fn timer(&mut self, token: Token, ctx: &mut Ctx<'_>) {
                match self { $(Self::$name(p) => p.timer(token, ctx)),* }
            }

            fn disconnected(&mut self, peer: Pid, ctx: &mut Ctx<'_>) {
                match self { $(Self::$name(p) => p.disconnected(peer, ctx)),* }
            }

            fn stop(&mut self, ctx: &mut Ctx<'_>) {
                match self { $(Self::$name(p) => p.stop(ctx)),* }
            }

            fn crash(&mut self, survival: &Survival, ctx: &mut Ctx<'_>) {
                match self { $(Self::$name(p) => p.crash(survival, ctx)),* }
            }

            fn nominate(&self, role: &Role, names: &Names, out: &mut Vec<Pid>) {
                match self { $(Self::$name(p) => p.nominate(role, names, out)),* }
            }

            fn tune(&mut self, change: &Change, ctx: &mut Ctx<'_>) -> bool {
                match self { $(Self::$name(p) => Tune::tune(&mut **p, change, ctx)),* }
            }

            fn setting(&self, of: &str, setting: &str) -> Option<Value> {
                match self { $(Self::$name(p) => p.setting(of, setting)),* }
            }
        }

        impl Inspect for Process {
            fn badge(&self, names: &Names) -> Badge {
                match self { $(Self::$name(p) => p.badge(names)),* }
            }

            fn rows(&self, names: &Names) -> Vec<Row> {
                match self { $(Self::$name(p) => p.rows(names)),* }
            }

            fn queue_rows(&self, queue: QueueId, names: &Names) -> Vec<Row> {
                match self { $(Self::$name(p) => p.queue_rows(queue, names)),* }
            }

            fn beliefs(&self, now: u64, names: &Names) -> Vec<Belief> {
                match self { $(Self::$name(p) => p.beliefs(now, names)),* }
            }

            fn truth(&self, about: &Belief, names: &Names) -> Option<Belief> {
                match self { $(Self::$name(p) => p.truth(about, names)),* }
            }

            fn timer_name(&self, token: Token) -> &'static str {
                match self { $(Self::$name(p) => p.timer_name(token)),* }
            }
        }
    };
}

/// The table. Of each system, what it brings of each kind; what it does not bring may be left out.
macro_rules! systems {
    ($(
        $(#[$doc:meta])*
        $system:ident {
            $(settings: { $($settings:tt)* })?
            $(workloads: { $($workloads:tt)* })?
            $(processes: { $($processes:tt)* })?
            $(messages: { $($messages:tt)* })?
            $(exports: { $($exports:tt)* })?
            $(outlets: { $($outlets:tt)* })?
            $(inlets: { $($inlets:tt)* })?
            $(notes: $notes:path;)?
            $(limits: $limits:path;)?
            $(rules: $rules:path;)?
        }
    )*) => {
        settings! {
            /// A system of the scenario.
            SystemSettings { $($($($settings)*)?)* }
        }
        workloads! { $($($($workloads)*)?)* }
        processes! { $($($($processes)*)?)* }
        messages! { $($($($messages)*)?)* }
        exports! { $($($($exports)*)?)* }
        outlets! { $($($($outlets)*)?)* }
        inlets! { $($($($inlets)*)?)* }

        const NOTES: &[&[Note]] = &[$($($notes,)?)*];
        const LIMITS: &[&[(&str, u64, u64)]] = &[$($($limits,)?)*];
        const RULES: &[&[Rule]] = &[$($($rules,)?)*];
    };
}
