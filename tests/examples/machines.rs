//! Boots Debian machines to try deploys on by hand, until its input ends:
//!
//! ```console
//! # cargo run -p orch-tests --example machines -- 3
//! PATH=/tmp/…/bin:/usr/local/bin:/usr/bin:/bin
//! ssh://deploy@10.213.0.10
//! ```
//!
//! An `orch` with that `PATH` finds an `ssh` that knows the machines. `cut N` and `mend N` on its
//! input pull a machine's network plug and put it back.

use std::io::BufRead as _;

use orch_tests::machines::Machines;

fn main() {
    let count = std::env::args().nth(1);
    let count = count.and_then(|text| text.parse().ok()).unwrap_or(3);
    let machines = Machines::start(count);
    println!("PATH={}", machines.path());
    for index in 0..count {
        println!("{}", machines.address(index, "deploy"));
    }
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        match line.split_once(' ') {
            Some(("cut", index)) => machines.cut(index.parse().expect("a machine's number")),
            Some(("mend", index)) => machines.mend(index.parse().expect("a machine's number")),
            _ => eprintln!("there are `cut N` and `mend N`"),
        }
    }
}
