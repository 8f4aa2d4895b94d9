//! Plans taken apart into units, and put together from some of them.

mod fixture;

use orch_engine::{Plan, PlannedBuild};
use orch_model::NodeId;

use fixture::{build, plan, task};

fn needing(need: &str) -> PlannedBuild {
    PlannedBuild {
        needs: vec![NodeId::task(need, None)],
        ..build()
    }
}

#[test]
fn all_units_make_the_plan_once_more() {
    let plan = plan(vec![task("a", &[]), task("b", &["a"])], vec![needing("b")]);
    assert_eq!(Plan::of_units(plan.without_units(), plan.units()), plan);
}

#[test]
fn some_units_need_each_other_but_none_that_is_not_there() {
    let tasks = vec![task("a", &[]), task("b", &["a"]), task("c", &["a", "b"])];
    let whole = plan(tasks, vec![needing("a")]);
    let behind = whole.units().skip(1);
    let part = Plan::of_units(whole.without_units(), behind);
    let tasks = vec![task("b", &[]), task("c", &["b"])];
    assert_eq!(part, plan(tasks, vec![build()]));
}
