//! What a key is good for.

use std::fmt;
use std::str::FromStr;

/// What a key is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Have speech recognised, over every protocol.
    Recognize,
    /// Say what the true label of an answer was.
    Feedback,
    /// Read what was recorded and measured.
    Analytics,
    /// Everything, and change what the server does.
    Admin,
}

impl Scope {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Recognize, Self::Feedback, Self::Analytics, Self::Admin];

    /// As it is written.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Recognize => "recognize",
            Self::Feedback => "feedback",
            Self::Analytics => "analytics",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Scope {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let known = || Self::ALL.map(Self::name).join(", ");
        let found = Self::ALL.into_iter().find(|scope| scope.name() == name);
        found.ok_or_else(|| format!("{name:?} is not a scope; give one of {}", known()))
    }
}

/// Several scopes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scopes(Vec<Scope>);

impl Scopes {
    /// These; at least one.
    ///
    /// # Errors
    /// When there is none.
    pub fn new(scopes: Vec<Scope>) -> Result<Self, String> {
        if scopes.is_empty() {
            Err("a key without a scope is good for nothing".into())
        } else {
            Ok(Self(scopes))
        }
    }

    /// Whether they allow `wanted`; administrators may do everything.
    pub fn allow(&self, wanted: Scope) -> bool {
        self.0.iter().any(|&scope| scope == wanted || scope == Scope::Admin)
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.0.iter().map(|scope| scope.name()).collect();
        f.write_str(&names.join(" "))
    }
}

impl FromStr for Scopes {
    type Err = String;

    fn from_str(names: &str) -> Result<Self, Self::Err> {
        Self::new(names.split_whitespace().map(str::parse).collect::<Result<_, _>>()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_read_as_they_are_written() {
        let scopes: Scopes = "recognize analytics".parse().unwrap();
        assert_eq!(scopes.to_string(), "recognize analytics");
        assert!("".parse::<Scopes>().is_err() && "everything".parse::<Scopes>().is_err());
    }

    #[test]
    fn administrators_may_do_everything_and_others_what_they_are_given() {
        let allowed = |names: &str| Scope::ALL.map(|scope| names.parse::<Scopes>().unwrap().allow(scope));
        assert_eq!(allowed("admin"), [true; 4]);
        assert_eq!(allowed("recognize feedback"), [true, true, false, false]);
    }
}
