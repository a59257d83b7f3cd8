//! The scenario language against the `ron` crate, and against text that is no scenario at all.

use std::collections::BTreeMap;

use proptest::prelude::*;
use ron::value::{Map, Value};
use serde::{Deserialize, Serialize};
use splitbrain::scenario::document::{Document, from_source};
use splitbrain::scenario::syntax::ast::{Ast, Body, Group, Kind, NodeId, Number};
use splitbrain::scenario::syntax::parse;

/// The tree as the `ron` crate's untyped value, which knows no names of structs and variants.
fn as_ron(ast: &Ast, id: NodeId) -> Value {
    let all = |ids: &[NodeId]| ids.iter().map(|id| as_ron(ast, *id)).collect::<Vec<_>>();
    match &ast.node(id).kind {
        Kind::Invalid => panic!("an invalid value in an accepted text"),
        Kind::Bool(value) => Value::Bool(*value),
        Kind::Number(Number::Unsigned(value)) => Value::Number((*value).into()),
        Kind::Number(Number::Negative(value)) => Value::Number((*value).into()),
        Kind::Number(Number::Float(value)) => Value::Number((*value).into()),
        Kind::Char(c) => Value::Char(*c),
        Kind::Str(text) => Value::String(text.clone()),
        Kind::Bytes(bytes) => Value::Bytes(bytes.clone()),
        Kind::List(elements) => Value::Seq(all(elements)),
        Kind::Map(entries) => Value::Map(
            entries
                .iter()
                .map(|(k, v)| (as_ron(ast, *k), as_ron(ast, *v)))
                .collect(),
        ),
        Kind::Group(Group { name, body }) => {
            match (name.as_ref().map(|name| name.text.as_str()), body) {
                (Some("None"), Body::None) => Value::Option(None),
                (Some("Some"), Body::Tuple(values)) => {
                    Value::Option(Some(Box::new(as_ron(ast, values[0]))))
                }
                (_, Body::None) => Value::Unit,
                (None, Body::Tuple(values)) if values.is_empty() => Value::Unit,
                (_, Body::Tuple(values)) => Value::Seq(all(values)),
                (_, Body::Fields(fields)) => {
                    let entries = fields.iter().map(|field| {
                        (
                            Value::String(field.name.text.clone()),
                            as_ron(ast, field.value),
                        )
                    });
                    Value::Map(entries.collect::<Map>())
                }
            }
        }
    }
}

/// Equal, where numbers are compared by what they are worth: `ron` stores each in the smallest type that holds it.
fn same(ours: &Value, theirs: &Value) -> bool {
    match (ours, theirs) {
        (Value::Number(a), Value::Number(b)) => {
            let (a, b) = (a.into_f64(), b.into_f64());
            a == b || (a.is_nan() && b.is_nan()) || (a as f32) == (b as f32)
        }
        (Value::Seq(a), Value::Seq(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Value::Map(a), Value::Map(b)) => {
            a.len() == b.len()
                && a.iter()
                    .zip(b.iter())
                    .all(|(a, b)| same(a.0, b.0) && same(a.1, b.1))
        }
        (Value::Option(Some(a)), Value::Option(Some(b))) => same(a, b),
        _ => ours == theirs,
    }
}

fn blank() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => Just(String::new()),
        4 => Just(" ".to_owned()),
        1 => Just("\r\n\t".to_owned()),
        1 => Just("// a comment, with ) and \"\n".to_owned()),
        1 => Just("/* one /* in */ \" another */".to_owned()),
    ]
}

fn scalar() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<u64>().prop_map(|n| n.to_string()),
        any::<i64>().prop_map(|n| n.to_string()),
        any::<u32>().prop_map(|n| format!("{n:#x}")),
        any::<u16>().prop_map(|n| format!("{n:#b}")),
        any::<u16>().prop_map(|n| format!("+{n:#o}")),
        (any::<u16>(), any::<u16>()).prop_map(|(a, b)| format!("{a}_{b}.{b}")),
        any::<f64>()
            .prop_filter("finite", |x| x.is_finite())
            .prop_map(|x| format!("{x:e}")),
        prop_oneof![
            Just("true"),
            Just("false"),
            Just("inf"),
            Just("-inf"),
            Just("NaN"),
            Just("None"),
            Just("()"),
            Just(".5"),
            Just("1.")
        ]
        .prop_map(str::to_owned),
        any::<String>().prop_map(|text| format!("{text:?}").replace("\\u{7f}", "\u{7f}")),
        "[a-z\\\\\n\" ]{0,12}".prop_map(|text| format!("r##\"{text}\"##")),
        "[a-zA-Z0-9 ]{0,9}".prop_map(|text| format!("b\"{text}\\x7e\"")),
        "[a-z(\"ä→]".prop_map(|c| format!("'{c}'")),
        name(),
    ]
}

/// A name that is no keyword and begins no literal.
fn name() -> impl Strategy<Value = String> {
    "[A-Zac-qs-z_ä][a-z_0-9]{0,6}".prop_filter("no keyword", |name| {
        !["true", "false", "inf", "NaN", "None", "Some", "_"].contains(&name.as_str())
    })
}

fn joined(items: Vec<String>, blanks: (String, String), trailing: bool) -> String {
    let comma = if trailing && !items.is_empty() {
        ","
    } else {
        ""
    };
    let separator = format!("{},{}", blanks.0, blanks.1);
    format!(
        "{}{}{}{comma}{}",
        blanks.1,
        items.join(&separator),
        blanks.0,
        blanks.1
    )
}

fn document() -> impl Strategy<Value = String> {
    scalar().prop_recursive(6, 60, 6, |inner| {
        let format = || ((blank(), blank()), any::<bool>());
        let fields = |value: BoxedStrategy<String>| {
            prop::collection::btree_map(name(), value, 1..5).prop_map(|fields| {
                fields
                    .into_iter()
                    .map(|(k, v)| format!("{k}: {v}"))
                    .collect::<Vec<_>>()
            })
        };
        let inner = inner.boxed();
        let values = prop::collection::vec(inner.clone(), 0..5);
        prop_oneof![
            (values.clone(), format()).prop_map(|(v, (b, t))| format!("[{}]", joined(v, b, t))),
            (prop::collection::vec(inner.clone(), 1..5), format())
                .prop_map(|(v, (b, t))| format!("({})", joined(v, b, t))),
            (name(), prop::collection::vec(inner.clone(), 1..5), format())
                .prop_map(|(n, v, (b, t))| format!("{n}({})", joined(v, b, t))),
            (fields(inner.clone()), format())
                .prop_map(|(v, (b, t))| format!("({})", joined(v, b, t))),
            (name(), fields(inner.clone()), format())
                .prop_map(|(n, v, (b, t))| format!("{n} ({})", joined(v, b, t))),
            (
                prop::collection::btree_map(any::<u16>(), inner.clone(), 0..4),
                format()
            )
                .prop_map(|(m, (b, t))| format!(
                    "{{{}}}",
                    joined(
                        m.into_iter().map(|(k, v)| format!("{k}:{v}")).collect(),
                        b,
                        t
                    )
                )),
            inner.prop_map(|value| format!("Some({value})")),
        ]
    })
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Settings {
    name: String,
    count: Option<u32>,
    ratio: f64,
    wide: i64,
    big: u64,
    flag: bool,
    unit: (),
    letter: char,
    pair: (u8, String),
    list: Vec<Choice>,
    map: BTreeMap<String, i32>,
    #[serde(default)]
    inner: Option<Box<Settings>>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Choice {
    Plain,
    Wrapped(Wrapper),
    Held(Held),
    Two(u8, Option<bool>),
    Named { x: i16, y: Vec<String> },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Wrapper(String);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Held {
    a: u32,
}

fn choice() -> impl Strategy<Value = Choice> {
    prop_oneof![
        Just(Choice::Plain),
        any::<String>().prop_map(|text| Choice::Wrapped(Wrapper(text))),
        any::<u32>().prop_map(|a| Choice::Held(Held { a })),
        (any::<u8>(), any::<Option<bool>>()).prop_map(|(a, b)| Choice::Two(a, b)),
        (any::<i16>(), any::<Vec<String>>()).prop_map(|(x, y)| Choice::Named { x, y }),
    ]
}

fn settings() -> impl Strategy<Value = Settings> {
    let scalars = (
        any::<String>(),
        any::<Option<u32>>(),
        -1e12_f64..1e12,
        any::<i64>(),
        any::<u64>(),
        any::<bool>(),
        any::<char>(),
    );
    let leaf = (
        scalars,
        any::<(u8, String)>(),
        prop::collection::vec(choice(), 0..4),
        prop::collection::btree_map(any::<String>(), any::<i32>(), 0..3),
    )
        .prop_map(
            |((name, count, ratio, wide, big, flag, letter), pair, list, map)| Settings {
                name,
                count,
                ratio,
                wide,
                big,
                flag,
                unit: (),
                letter,
                pair,
                list,
                map,
                inner: None,
            },
        );
    let leaf = leaf.boxed();
    (leaf.clone(), prop::option::of(leaf)).prop_map(|(outer, inner)| Settings {
        inner: inner.map(Box::new),
        ..outer
    })
}

/// A text with a few characters taken out, put in or exchanged.
fn damaged() -> impl Strategy<Value = String> {
    let change = (
        any::<prop::sample::Index>(),
        0..3_u8,
        prop::sample::select(
            " ,:;=()[]{}\"'#/*\\\n\tr0-+.e%aZ_äλ\u{feff}\u{202e}\0“"
                .chars()
                .collect::<Vec<_>>(),
        ),
    );
    (
        settings(),
        prop::collection::vec(change, 1..6),
        any::<bool>(),
    )
        .prop_map(|(settings, changes, pretty)| {
            let text = if pretty {
                ron::ser::to_string_pretty(&settings, ron::ser::PrettyConfig::new())
            } else {
                ron::to_string(&settings)
            };
            let mut chars: Vec<char> = text.unwrap().chars().collect();
            for (place, kind, c) in changes {
                let at = place.index(chars.len().max(1)).min(chars.len());
                match kind {
                    0 => chars.insert(at, c),
                    1 if at < chars.len() => {
                        chars.remove(at);
                    }
                    _ if at < chars.len() => chars[at] = c,
                    _ => {}
                }
            }
            chars.into_iter().collect()
        })
}

/// Reads and shows, whatever it is; gives whether it was found sound.
fn survives(text: &str) -> bool {
    let (value, document) = from_source::<Settings>(
        "any.ron",
        text,
        &[
            "list.0=Two(1, 2s)".to_owned(),
            text.chars().take(40).collect(),
        ],
    );
    let shown = document.render(false);
    assert_eq!(shown.is_empty(), document.diagnostics().is_empty());
    assert!(document.diagnostics().len() <= 320);
    if document.is_sound() {
        assert!(value.is_some());
    }
    document.is_sound()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, rng_seed: proptest::test_runner::RngSeed::Fixed(1), ..ProptestConfig::default() })]

    #[test]
    fn what_ron_accepts_means_the_same_here(text in document()) {
        let theirs: Value = ron::from_str(&text).unwrap();
        let (ast, mistakes) = parse(&text);
        prop_assert!(mistakes.is_empty(), "{}\n{}", text, Document::parse("x", text.as_str()).render(false));
        let ours = as_ron(&ast, ast.root().unwrap());
        prop_assert!(same(&ours, &theirs), "{text}\n{ours:?}\n{theirs:?}");
    }

    #[test]
    fn settings_written_by_ron_are_read_back(settings in settings(), pretty in any::<bool>()) {
        let text = if pretty { ron::ser::to_string_pretty(&settings, ron::ser::PrettyConfig::new().struct_names(true)) } else { ron::to_string(&settings) }.unwrap();
        let (read, document) = from_source::<Settings>("x.ron", &text, &[]);
        prop_assert_eq!(document.render(false), "");
        prop_assert_eq!(read, Some(settings));
    }

    #[test]
    fn damaged_texts_are_refused_or_understood_as_ron_does(text in damaged()) {
        survives(&text);
        let (read, document) = from_source::<Settings>("x.ron", &text, &[]);
        let theirs = ron::Options::default().with_default_extension(ron::extensions::Extensions::IMPLICIT_SOME).from_str::<Settings>(&text);
        if let Ok(theirs) = theirs {
            let (_, mistakes) = parse(&text);
            prop_assert!(mistakes.is_empty(), "{text}\n{mistakes:?}");
            prop_assert!(!document.is_sound() || read == Some(theirs), "{text}\n{read:?}");
        }
    }

    #[test]
    fn any_text_is_survived(text in any::<String>()) {
        survives(&text);
    }

    #[test]
    fn any_pile_of_words_is_survived(text in "([(){}\\[\\],:=\"'#/*]|name|list|Two|Some|r#\"|9s|[ \n]|\\\\){0,60}") {
        survives(&text);
    }

    #[test]
    fn any_bytes_are_survived(bytes in any::<Vec<u8>>()) {
        Document::parse_bytes("any.ron", &bytes).render(true);
    }
}

/// An entry of a list: one with a name, or one that is known by what it goes to.
#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
struct Entry {
    name: Option<String>,
    to: String,
    timeout: u32,
}

#[test]
fn an_entry_without_a_name_goes_by_what_it_goes_to() {
    // The third is called otherwise than what it goes to.
    let text = r#"{"clients": [(to: "stock"), (to: "prices"), (name: "users", to: "stock"), (timeout: 1)]}"#;
    let timeouts = |set: &str| {
        let sets = [set.to_owned()];
        let (read, document) = from_source::<BTreeMap<String, Vec<Entry>>>("x.ron", text, &sets);
        let timeouts = |all: &Vec<Entry>| all.iter().map(|e| e.timeout).collect::<Vec<_>>();
        let shown = document.render(false);
        (read.as_ref().map(|r| timeouts(&r["clients"])), shown)
    };
    for (set, expected) in [
        ("clients.prices.timeout=9", [0, 9, 0, 1]),
        ("clients.stock.timeout=9", [9, 0, 0, 1]),
        ("clients.users.timeout=9", [0, 0, 9, 1]),
        ("clients.3.timeout=9", [0, 0, 0, 9]),
    ] {
        assert_eq!(
            timeouts(set),
            (Some(expected.to_vec()), String::new()),
            "{set}"
        );
    }
    let (_, shown) = timeouts("clients.price.timeout=9");
    assert!(shown.contains("did you mean `prices`?"), "{shown}");
}
