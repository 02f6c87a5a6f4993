#![allow(clippy::unwrap_used)]

use super::*;

fn variables(pairs: &[(&str, &str)]) -> Variables {
    pairs.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect()
}

fn complete() -> Variables {
    variables(&[(BUCKET, "backups"), (ACCESS_KEY_ID, "AKIDEXAMPLE"), (SECRET_ACCESS_KEY, "hunter2hunter2")])
}

#[test]
fn every_missing_variable_is_named_at_once() {
    let environment = Environment::resolve(&Explicit::default(), &Variables::new());
    assert_eq!(environment.missing(), [BUCKET, ACCESS_KEY_ID, SECRET_ACCESS_KEY]);
    let message = environment.require().unwrap_err().to_string();
    assert!([BUCKET, ACCESS_KEY_ID, SECRET_ACCESS_KEY].iter().all(|name| message.contains(name)), "{message}");
}

#[test]
fn blank_is_missing_and_space_around_a_value_is_dropped() {
    let mut blank = complete();
    blank.insert(BUCKET.into(), " \n".into());
    blank.insert(ACCESS_KEY_ID.into(), "AKIDEXAMPLE\n".into());
    let environment = Environment::resolve(&Explicit::default(), &blank);
    assert_eq!(environment.missing(), [BUCKET]);
    assert_eq!(environment.access_key_id(), Some("AKIDEXAMPLE"));
}

#[test]
fn an_explicit_value_wins_over_the_environment_and_a_blank_one_does_not() {
    let explicit = Explicit { bucket: Some("mine".into()), region: Some(" ".into()), ..Explicit::default() };
    let mut variables = complete();
    variables.insert(REGION.into(), "eu-west-1".into());
    let environment = Environment::resolve(&explicit, &variables);
    assert_eq!((environment.bucket(), environment.region()), (Some("mine"), Some("eu-west-1")));
    let origins = <[VariableReport; 5]>::try_from(environment.report()).unwrap().map(|line| line.origin);

    assert_eq!(
        origins.map(Origin::as_str),
        ["config.litestream", "environment", "environment", "environment", "missing"]
    );
    assert_eq!(environment.overlay(&variables)[BUCKET], "mine");
}

#[test]
fn the_region_has_a_default() {
    let environment = Environment::resolve(&Explicit::default(), &complete());
    assert_eq!(environment.report()[3], VariableReport { name: REGION, required: false, origin: Origin::Default });
    assert_eq!(environment.region(), None);
    environment.require().unwrap();
}

#[test]
fn no_value_shows_in_debug_output() {
    let shown = format!("{:?}", Environment::resolve(&Explicit::default(), &complete()));
    assert!(!shown.contains("AKIDEXAMPLE") && !shown.contains("hunter2") && !shown.contains("backups"), "{shown}");
}
