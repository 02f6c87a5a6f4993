//! Faults by rule: which requests, how many of them, and what goes wrong.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::operation::{Operation, Target};

/// The effect of a rule on a request that it picks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Answered with this status and S3's error code for it; nothing is carried out.
    Status(u16),
    /// Carried out and answered after this many milliseconds.
    DelayMilliseconds(u64),
    /// Carried out; the answer's body ends after so many bytes and the connection is closed.
    CutAnswer(u64),
    /// The connection is closed once so many bytes of the request's body were read; nothing is
    /// carried out.
    CutRequest(u64),
    /// Carried out, and the connection is closed without an answer.
    LoseAnswer,
    /// The connection is reset at once; nothing is carried out.
    Reset,
}

/// A rule. The first rule that matches a request decides; by default a rule matches every request,
/// for ever.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Only this operation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<Operation>,
    /// Only keys that contain this text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Lets so many matching requests pass first.
    #[serde(default)]
    pub skip: u64,
    /// Acts on so many requests, then never again; `None` means for ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u64>,
    /// The effect on a request that matches.
    pub effect: Effect,
}

impl Fault {
    /// A rule for every request.
    pub fn new(effect: Effect) -> Self {
        Self { operation: None, key: None, skip: 0, times: None, effect }
    }

    /// A rule for one operation.
    pub fn on(operation: Operation, effect: Effect) -> Self {
        Self { operation: Some(operation), ..Self::new(effect) }
    }

    /// Only keys that contain `text`.
    pub fn key(mut self, text: impl Into<String>) -> Self {
        self.key = Some(text.into());
        self
    }

    /// Lets `count` matching requests pass first.
    pub fn skip(mut self, count: u64) -> Self {
        self.skip = count;
        self
    }

    /// Acts on `count` requests only.
    pub fn times(mut self, count: u64) -> Self {
        self.times = Some(count);
        self
    }

    /// Acts on the next matching request only.
    pub fn once(self) -> Self {
        self.times(1)
    }

    /// Acts on the `n`-th matching request only, counted from 1.
    pub fn nth(self, n: u64) -> Self {
        self.skip(n.saturating_sub(1)).once()
    }

    fn matches(&self, target: &Target) -> bool {
        self.operation.is_none_or(|operation| operation == target.operation)
            && self.key.as_ref().is_none_or(|text| target.key.as_ref().is_some_and(|key| key.contains(text)))
    }
}

/// Names a rule of one server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaultId(pub u64);

/// The rules of a server, oldest first.
#[derive(Debug, Default)]
pub struct Faults {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    last_id: u64,
    rules: Vec<Rule>,
}

/// A rule with what it did so far.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Rule {
    id: u64,
    #[serde(flatten)]
    fault: Fault,
    /// Requests that matched, passed ones included.
    matched: u64,
    /// Requests acted on.
    hits: u64,
}

impl Faults {
    /// Adds a rule after the others.
    pub fn add(&self, fault: Fault) -> FaultId {
        let mut inner = self.lock();
        inner.last_id += 1;
        let id = inner.last_id;
        inner.rules.push(Rule { id, fault, matched: 0, hits: 0 });
        FaultId(id)
    }

    /// Drops one rule; false if there is none.
    pub fn remove(&self, id: FaultId) -> bool {
        let mut inner = self.lock();
        let before = inner.rules.len();
        inner.rules.retain(|rule| rule.id != id.0);
        inner.rules.len() < before
    }

    /// Drops all rules.
    pub fn clear(&self) {
        self.lock().rules.clear();
    }

    /// The number of requests that a rule acted on; 0 for a dropped one.
    pub fn hits(&self, id: FaultId) -> u64 {
        self.lock().rules.iter().find(|rule| rule.id == id.0).map_or(0, |rule| rule.hits)
    }

    pub(super) fn rules(&self) -> Vec<Rule> {
        self.lock().rules.clone()
    }

    /// The effect on this request; `None`: it is served. Every rule that matches counts it, and the first that acts
    /// decides.
    pub(super) fn decide(&self, target: &Target) -> Option<Effect> {
        let mut decided = None;
        for rule in &mut self.lock().rules {
            if !rule.fault.matches(target) {
                continue;
            }
            rule.matched += 1;
            let acts = rule.matched > rule.fault.skip && rule.fault.times.is_none_or(|times| rule.hits < times);
            if acts && decided.is_none() {
                rule.hits += 1;
                decided = Some(rule.fault.effect.clone());
            }
        }
        decided
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Effect {
    pub(super) fn delay(&self) -> Duration {
        match self {
            Self::DelayMilliseconds(milliseconds) => Duration::from_millis(*milliseconds),
            _ => Duration::ZERO,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn put(key: &str) -> Target {
        Target { operation: Operation::PutObject, bucket: Some("b".into()), key: Some(key.into()) }
    }

    #[test]
    fn a_rule_skips_acts_and_ends() {
        let faults = Faults::default();
        let id = faults.add(Fault::on(Operation::PutObject, Effect::Reset).key("ltx").skip(1).times(2));
        let acted: Vec<bool> = (0..5).map(|_| faults.decide(&put("a/ltx")).is_some()).collect();
        assert_eq!(acted, [false, true, true, false, false]);
        assert_eq!(faults.decide(&put("other")), None);
        assert_eq!(faults.hits(id), 2);
    }

    #[test]
    fn rules_have_a_json_form() {
        let text = r#"{"operation":"GetObject","key":"0000/","skip":2,"times":1,"effect":{"status":503}}"#;
        let fault: Fault = serde_json::from_str(text).unwrap();
        assert_eq!(fault, Fault::on(Operation::GetObject, Effect::Status(503)).key("0000/").nth(3));
        let text = r#"{"effect":"lose_answer"}"#;
        assert_eq!(serde_json::from_str::<Fault>(text).unwrap(), Fault::new(Effect::LoseAnswer));
        assert!(serde_json::from_str::<Fault>(r#"{"efect":"reset"}"#).is_err());
    }
}
