//! Numbers as readers want them.

use crate::statistics::{Estimate, Spread};

const NONE: &str = "–";

/// `0.7314` as `73.1 %`, held together by a no-break space.
pub(super) fn percent(share: f64) -> String {
    format!("{:.1}\u{a0}%", 100.0 * share)
}

/// As [`percent`], or a dash.
pub(super) fn optional_percent(share: Option<f64>) -> String {
    share.map_or_else(|| NONE.to_owned(), percent)
}

/// A difference of shares in points, with its sign.
pub(super) fn points(difference: f64) -> String {
    // Adding nothing makes a rounded -0 a 0.
    format!("{:+.1}", (1000.0 * difference).round() / 10.0 + 0.0)
}

/// Three decimals.
pub(super) fn decimal(value: f64) -> String {
    format!("{value:.3}")
}

/// As [`decimal`], or a dash.
pub(super) fn optional_decimal(value: Option<f64>) -> String {
    value.map_or_else(|| NONE.to_owned(), decimal)
}

/// The ends of an interval.
pub(super) fn interval(estimate: &Estimate) -> String {
    format!("{:.1} to {:.1}\u{a0}%", 100.0 * estimate.low, 100.0 * estimate.high)
}

/// Mean and standard deviation in percent.
pub(super) fn spread(spread: &Spread) -> String {
    match spread.deviation {
        Some(deviation) => format!("{:.1} ± {:.1}\u{a0}%", 100.0 * spread.mean, 100.0 * deviation),
        None => percent(spread.mean),
    }
}

/// `1234567` as `1,234,567`.
pub(super) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Small numbers as words.
pub(super) fn in_words(number: usize) -> String {
    let words = ["none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];
    words.get(number).map_or_else(|| number.to_string(), |word| (*word).to_owned())
}

/// `1234567` as `1.2 million`, smaller numbers as they are.
pub(super) fn rough(number: u64) -> String {
    match number {
        0..10_000 => thousands(number),
        10_000..1_000_000 => format!("{} thousand", number / 1_000),
        _ => format!("{:.1} million", number as f64 / 1e6),
    }
}

/// A size in decimal units.
pub(super) fn bytes(size: u64) -> String {
    match size {
        0..1_000 => format!("{size}\u{a0}bytes"),
        1_000..1_000_000 => format!("{:.0}\u{a0}kB", size as f64 / 1e3),
        _ => format!("{:.1}\u{a0}MB", size as f64 / 1e6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_cut_to_what_can_be_read() {
        assert_eq!(percent(0.7316), "73.2\u{a0}%");
        assert_eq!((thousands(1_234_567), thousands(999)), ("1,234,567".to_owned(), "999".to_owned()));
        assert_eq!(
            (rough(750_129), rough(24_700_000)),
            ("750 thousand".to_owned(), "24.7 million".to_owned())
        );
        assert_eq!(bytes(3_040_000), "3.0\u{a0}MB");
        assert_eq!((points(-0.0123), points(-0.0004)), ("-1.2".to_owned(), "+0.0".to_owned()));
    }
}
