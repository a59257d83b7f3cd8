//! Holds the themes to what they promise.

use ratatui::style::{Color, Modifier};

use super::*;

const ROLES: [Role; 14] = [
    Role::Plain,
    Role::Dim,
    Role::Strong,
    Role::Border,
    Role::Focus,
    Role::Title,
    Role::Good,
    Role::Warn,
    Role::Bad,
    Role::Leader,
    Role::Traffic,
    Role::Series,
    Role::Key,
    Role::Selected,
];

fn look(theme: Theme) -> Look {
    Look {
        theme,
        ..Look::default()
    }
}

#[test]
fn every_theme_has_every_role_once_and_leaves_the_background() {
    for theme in Theme::ALL {
        assert_eq!(theme.table().len(), ROLES.len());
        for role in ROLES {
            let named = theme.table().iter().filter(|(r, _)| *r == role);
            assert_eq!(named.count(), 1, "{theme:?} {role:?}");
            assert_eq!(look(theme).style(role).bg, None, "{theme:?} {role:?}");
        }
    }
}

#[test]
fn without_colour_there_is_none() {
    for role in ROLES {
        assert_eq!(look(Theme::Mono).style(role).fg, None, "{role:?}");
    }
}

#[test]
fn what_is_wrong_is_told_from_what_is_well_without_its_hue() {
    for theme in Theme::ALL {
        let style = |role| look(theme).style(role);
        let weight = |role| style(role).add_modifier;
        assert_ne!(weight(Role::Bad), weight(Role::Good), "{theme:?}");
        assert!(weight(Role::Bad).contains(Modifier::BOLD));
        assert_ne!(style(Role::Warn), style(Role::Good), "{theme:?}");
    }
}

#[test]
fn keys_go_through_all_themes() {
    let mut theme = Theme::default();
    let mut seen = Vec::new();
    for _ in Theme::ALL {
        assert!(!seen.contains(&theme));
        seen.push(theme);
        theme = theme.next();
    }
    assert_eq!(theme, Theme::default());
}

/// The sixteen colours of VGA, in which most palettes of terminals have their origin (ISO 6429, as VGA text mode had it).
fn vga(colour: Color) -> [f64; 3] {
    let [r, g, b]: [u8; 3] = match colour {
        Color::Black => [0, 0, 0],
        Color::Red => [0xaa, 0, 0],
        Color::Green => [0, 0xaa, 0],
        Color::Yellow => [0xaa, 0x55, 0],
        Color::Blue => [0, 0, 0xaa],
        Color::Magenta => [0xaa, 0, 0xaa],
        Color::Cyan => [0, 0xaa, 0xaa],
        Color::Gray => [0xaa, 0xaa, 0xaa],
        Color::DarkGray => [0x55, 0x55, 0x55],
        Color::LightRed => [0xff, 0x55, 0x55],
        Color::LightGreen => [0x55, 0xff, 0x55],
        Color::LightYellow => [0xff, 0xff, 0x55],
        Color::LightBlue => [0x55, 0x55, 0xff],
        Color::LightMagenta => [0xff, 0x55, 0xff],
        Color::LightCyan => [0x55, 0xff, 0xff],
        Color::White => [0xff, 0xff, 0xff],
        other => panic!("{other:?} is none of the sixteen"),
    };
    [r, g, b].map(|c| linear(f64::from(c) / 255.0))
}

/// sRGB to light.
fn linear(c: f64) -> f64 {
    if c <= 0.04045 {
        c / 12.92
    } else {
        ((c + 0.055) / 1.055).powf(2.4)
    }
}

fn luminance([r, g, b]: [f64; 3]) -> f64 {
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

/// The contrast ratio of WCAG 2.
fn contrast(a: [f64; 3], b: [f64; 3]) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[test]
fn every_colour_can_be_read_on_the_background_it_is_for() {
    let grounds = [
        (Theme::Dark, Color::Black),
        (Theme::ColourBlind, Color::Black),
        (Theme::Light, Color::White),
    ];
    for (theme, ground) in grounds {
        for role in ROLES {
            let Some(colour) = look(theme).style(role).fg else {
                continue;
            };
            // What may be overlooked need not be found at once.
            let wanted = if matches!(role, Role::Dim | Role::Border) {
                2.5
            } else {
                3.0
            };
            let has = contrast(vga(colour), vga(ground));
            assert!(has >= wanted, "{theme:?} {role:?}: {has:.2}");
        }
    }
}

#[test]
fn the_light_theme_has_nothing_that_fades_on_white() {
    for role in ROLES {
        let colour = look(Theme::Light).style(role).fg;
        let pale = [
            Color::Yellow,
            Color::Cyan,
            Color::Gray,
            Color::White,
            Color::LightRed,
            Color::LightGreen,
            Color::LightYellow,
            Color::LightBlue,
            Color::LightMagenta,
            Color::LightCyan,
        ];
        assert!(!colour.is_some_and(|c| pale.contains(&c)), "{role:?}");
    }
}

/// What an eye without receptors for green sees: Machado, Oliveira and Fernandes 2009, severity 1.0.
fn deuteranopic([r, g, b]: [f64; 3]) -> [f64; 3] {
    let row = |m: [f64; 3]| (m[0] * r + m[1] * g + m[2] * b).clamp(0.0, 1.0);
    [
        row([0.367_322, 0.860_646, -0.227_968]),
        row([0.280_085, 0.672_501, 0.047_413]),
        row([-0.011_820, 0.042_940, 0.968_881]),
    ]
}

/// The hue of a colour in CIE Lab (D65), as its two opponent axes: green to red, blue to yellow.
fn hue(light: [f64; 3]) -> [f64; 2] {
    let bent = |t: f64| {
        if t > 0.008_856 {
            t.cbrt()
        } else {
            7.787 * t + 16.0 / 116.0
        }
    };
    let part = |m: [f64; 3], white: f64| {
        let sum: f64 = m.iter().zip(light).map(|(m, c)| m * c).sum();
        bent(sum / white)
    };
    let red = part([0.4124, 0.3576, 0.1805], 0.9505);
    let grey = part([0.2126, 0.7152, 0.0722], 1.0);
    let blue = part([0.0193, 0.1192, 0.9505], 1.089);
    [500.0 * (red - grey), 200.0 * (grey - blue)]
}

fn apart(a: Color, b: Color) -> f64 {
    let (a, b) = (hue(deuteranopic(vga(a))), hue(deuteranopic(vga(b))));
    (a[0] - b[0]).hypot(a[1] - b[1])
}

#[test]
fn the_colour_blind_theme_is_seen_without_telling_red_from_green() {
    let colour = |role| look(Theme::ColourBlind).style(role).fg.expect("a colour");
    let good = colour(Role::Good);
    // Red and green, which the other themes have for the same, are nearer to one another than that.
    let as_bad_as_it_gets = apart(Color::Red, Color::Green);
    for role in [Role::Warn, Role::Bad] {
        let has = apart(good, colour(role));
        assert!(
            has > 60.0 && has > 2.0 * as_bad_as_it_gets,
            "{role:?}: {has:.0}"
        );
    }
    for role in ROLES {
        let green = [Some(Color::Green), Some(Color::LightGreen)];
        assert!(!green.contains(&look(Theme::ColourBlind).style(role).fg));
    }
}
