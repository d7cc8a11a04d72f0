//! Who may call what: keys, scopes, quotas and tenants, in front of every service, of gRPC and HTTP alike.
//!
//! A call that passes carries a [`Caller`] in its extensions; services ask it whose records they make and may show.

mod allowance;
mod caller;
mod guard;
mod key;
mod layer;
mod refusal;
mod ring;
mod rules;
mod scope;

pub(crate) use allowance::{Allowance, Passage, Quota};
pub use caller::Caller;
pub(crate) use caller::NOBODYS;
pub(crate) use guard::Guard;
pub(crate) use key::ApiKey;
pub(crate) use layer::{AccessLayer, guard_pages};
pub use refusal::Refusal;
pub(crate) use ring::KeyRing;
pub use rules::{Rule, listed, rule_of};
pub use scope::{Scope, Scopes};
