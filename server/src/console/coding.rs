//! Which coding of a file a browser gets.

use axum::http::{HeaderMap, header};

/// A coding in which files lie beside themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coding {
    /// RFC 7932.
    Brotli,
    /// RFC 1952.
    Gzip,
}

impl Coding {
    /// The smaller one first.
    pub(super) const ALL: [Self; 2] = [Self::Brotli, Self::Gzip];

    /// As headers name it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Gzip => "gzip",
        }
    }

    /// Whether whoever sent `headers` takes it (RFC 9110, section 12.5.3). No coding is owed, so who says nothing gets none.
    pub(super) fn is_taken(self, headers: &HeaderMap) -> bool {
        let said = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
        let mut others = false;
        for element in said.flat_map(|value| value.split(',')) {
            let (name, weight) = element.split_once(';').unwrap_or((element, ""));
            let name = name.trim();
            if name.eq_ignore_ascii_case(self.name()) {
                return is_wanted(weight);
            }
            if name == "*" {
                others = is_wanted(weight);
            }
        }
        others
    }
}

/// Whether `q=…`, which may be missing, is above 0. What is no weight is passed over.
fn is_wanted(weight: &str) -> bool {
    let value = weight.trim().strip_prefix(['q', 'Q']).map(str::trim_start);
    let value =
        value.and_then(|rest| rest.strip_prefix('=')).and_then(|text| text.trim().parse::<f32>().ok());
    value.is_none_or(|value| value > 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(said: &[&str]) -> Vec<&'static str> {
        let mut headers = HeaderMap::new();
        for own in said {
            headers.append(header::ACCEPT_ENCODING, own.parse().unwrap());
        }
        Coding::ALL.into_iter().filter(|own| own.is_taken(&headers)).map(Coding::name).collect()
    }

    #[test]
    fn a_coding_is_taken_that_is_named_without_a_weight_of_zero() {
        assert_eq!(taken(&["gzip, deflate, br, zstd"]), ["br", "gzip"]);
        assert_eq!(taken(&["gzip, deflate"]), ["gzip"]);
        assert_eq!(taken(&["GZIP;q=0.5"]), ["gzip"]);
        assert_eq!(taken(&["br;q=0, gzip;q=0.001"]), ["gzip"]);
        assert_eq!(taken(&["br; q=0.0", "gzip"]), ["gzip"]);
        assert_eq!(taken(&["*"]), ["br", "gzip"]);
        assert_eq!(taken(&["*, gzip;q=0"]), ["br"]);
        assert_eq!(taken(&["br, *;q=0"]), ["br"]);
        for none in [&[][..], &[""], &["identity"], &["*;q=0"], &["brotli, gzipped"]] {
            assert!(taken(none).is_empty(), "{none:?}");
        }
    }
}
