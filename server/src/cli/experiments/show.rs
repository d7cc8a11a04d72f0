//! Experiments on the screen.

use undertone_proto::v1;
use undertone_terminal::say;

/// One line per experiment, with its arms.
pub(super) fn list(experiments: &[v1::Experiment]) -> std::io::Result<()> {
    if experiments.is_empty() {
        say!("there are no experiments; `undertone experiments create FILE` makes one");
    }
    experiments.iter().try_for_each(state)
}

/// An experiment as it is now.
pub(super) fn state(experiment: &v1::Experiment) -> std::io::Result<()> {
    say!("{} · {} · revision {}", experiment.name, experiment.state, experiment.revision);
    let widest = |of: fn(&v1::ExperimentArm) -> &str| {
        experiment.arms.iter().map(|arm| of(arm).chars().count()).max().unwrap_or_default()
    };
    let (name, model) = (widest(|arm| &arm.name), widest(|arm| &arm.model));
    for arm in &experiment.arms {
        let part = if arm.shadow { "listens along".to_owned() } else { format!("{} %", arm.weight) };
        let control = if arm.control { ", control" } else { "" };
        let chosen = if arm.name == experiment.chosen { ", promoted" } else { "" };
        say!("  {:<name$}  {:<model$}  {part}{control}{chosen}", arm.name, arm.model);
        if !arm.stopped.is_empty() {
            say!("    stopped: {}", arm.stopped);
        }
    }
    Ok(())
}

/// An experiment with everybody who changed it.
pub(super) fn one(found: &v1::GetExperimentResponse) -> std::io::Result<()> {
    state(&found.experiment.clone().unwrap_or_default())?;
    for change in &found.changes {
        let at = change.at.unwrap_or_default();
        say!("{:>3}  {at}  {}: {} ({})", change.revision, change.who, change.what, change.why);
    }
    say!("{}", found.experiment.as_ref().map_or("", |own| own.definition.as_str()));
    Ok(())
}
