//! The formats of other programs, whole.

use expect_test::expect;
use orch_history::{Kept, Measurement, benchstat, csv, json};
use orch_model::Better;

use crate::sample::{metric, run, start};

/// Two measurements with all that makes a format difficult.
fn kept() -> [Kept; 2] {
    let first = Measurement {
        verdict: Some(r#"{"outcome":"holds"}"#.to_owned()),
        metrics: vec![
            metric("wall", "ns", Better::Less, &[1_250_000.0, 1_250_000.5]),
            metric("throughput", "requests/s", Better::More, &[812.25, 799.0]),
            metric("size", "B", Better::Less, &[4096.0]),
            metric("cache misses", "", Better::Less, &[1e-7]),
        ],
        ..start("pi5", &[])
    };
    let mut second = start("pi-4", &[9.0]);
    second.hardware.summary = "ACME \"Board\", 2 cores\nsecond line".to_owned();
    second.verdict = Some("no JSON".to_owned());
    second.failed = true;
    second.times_count = false;
    second.artifact = None;
    let mut without_commit = run("2");
    without_commit.commit = None;
    [
        Kept {
            number: 1,
            run: run("1"),
            measurement: first,
        },
        Kept {
            number: 2,
            run: without_commit,
            measurement: second,
        },
    ]
}

#[test]
fn as_json() {
    let text = json(&kept());
    serde_json::from_str::<serde_json::Value>(&text).expect("it is JSON");
    expect![[r#"
        {"format":"orch-history","version":1,"measurements":[
        {"number":1,"run":{"id":"1","time_s":1790000000,"commit":"c0ffee1"},"node":"bench.cold-start@pi5","bench":"cold-start","target":"pi5","artifact":"sha256:53a7ec63ba41c8d283a99da30e48a150155ab63ada966535147e2f39359fce18","hardware":{"fingerprint":"sha256:e6661030813386557d8ea7d80587476da5b0596b84e928b3f4e6d2f15924c0d0","summary":"Pi 5, 4 cores, 8 GiB"},"toolchains":"go 1.22.10, zig 0.13.0","tuning":null,"key":"sha256:2e064d347bec36f7ecfe0df51bab85ff55bd1b416b88bb73eee3e7b16555663f","verdict":{"outcome":"holds"},"failed":false,"times_count":true,"metrics":[{"name":"wall","unit":"ns","better":"less","values":[1250000.0,1250000.5]},{"name":"throughput","unit":"requests/s","better":"more","values":[812.25,799.0]},{"name":"size","unit":"B","better":"less","values":[4096.0]},{"name":"cache misses","unit":"","better":"less","values":[1e-7]}]},
        {"number":2,"run":{"id":"2","time_s":1790000000,"commit":null},"node":"bench.cold-start@pi-4","bench":"cold-start","target":"pi-4","artifact":null,"hardware":{"fingerprint":"sha256:e6661030813386557d8ea7d80587476da5b0596b84e928b3f4e6d2f15924c0d0","summary":"ACME \"Board\", 2 cores\nsecond line"},"toolchains":"go 1.22.10, zig 0.13.0","tuning":null,"key":"sha256:2390d090f5f1e15d236913216022da5dee93c94c0889208887e19fd8e4f8e566","verdict":"no JSON","failed":true,"times_count":false,"metrics":[{"name":"wall","unit":"ns","better":"less","values":[9.0]}]}
        ]}
    "#]].assert_eq(&text);
}

#[test]
fn as_csv() {
    let text = csv(&kept());
    assert_eq!(text.matches("\r\n").count(), 8);
    // The golden has plain line ends, or an editor would mend them.
    expect![[r#"
        number,run,time_s,commit,node,bench,target,hardware,toolchains,failed,times_count,metric,unit,better,sample,value
        1,1,1790000000,c0ffee1,bench.cold-start@pi5,cold-start,pi5,"Pi 5, 4 cores, 8 GiB","go 1.22.10, zig 0.13.0",false,true,wall,ns,less,1,1250000
        1,1,1790000000,c0ffee1,bench.cold-start@pi5,cold-start,pi5,"Pi 5, 4 cores, 8 GiB","go 1.22.10, zig 0.13.0",false,true,wall,ns,less,2,1250000.5
        1,1,1790000000,c0ffee1,bench.cold-start@pi5,cold-start,pi5,"Pi 5, 4 cores, 8 GiB","go 1.22.10, zig 0.13.0",false,true,throughput,requests/s,more,1,812.25
        1,1,1790000000,c0ffee1,bench.cold-start@pi5,cold-start,pi5,"Pi 5, 4 cores, 8 GiB","go 1.22.10, zig 0.13.0",false,true,throughput,requests/s,more,2,799
        1,1,1790000000,c0ffee1,bench.cold-start@pi5,cold-start,pi5,"Pi 5, 4 cores, 8 GiB","go 1.22.10, zig 0.13.0",false,true,size,B,less,1,4096
        1,1,1790000000,c0ffee1,bench.cold-start@pi5,cold-start,pi5,"Pi 5, 4 cores, 8 GiB","go 1.22.10, zig 0.13.0",false,true,cache misses,,less,1,0.0000001
        2,2,1790000000,,bench.cold-start@pi-4,cold-start,pi-4,"ACME ""Board"", 2 cores
        second line","go 1.22.10, zig 0.13.0",true,false,wall,ns,less,1,9
    "#]].assert_eq(&text.replace("\r\n", "\n"));
}

#[test]
fn as_benchstat_reads_it() {
    expect![[r#"
        Unit wall-ns better=lower
        Unit throughput-requests/s better=higher
        Unit size-B better=lower
        Unit cache_misses better=lower

        run: 1
        commit: c0ffee1
        hardware: Pi 5, 4 cores, 8 GiB
        toolchains: go 1.22.10, zig 0.13.0
        BenchmarkColdStart/target=pi5 1 1250000 wall-ns 812.25 throughput-requests/s 4096 size-B 0.0000001 cache_misses
        BenchmarkColdStart/target=pi5 1 1250000.5 wall-ns 799 throughput-requests/s

        run: 2
        commit:
        hardware: ACME "Board", 2 cores second line
        toolchains: go 1.22.10, zig 0.13.0
        BenchmarkColdStart/target=pi_4 1 9 wall-ns
    "#]].assert_eq(&benchstat(&kept()));
}

#[test]
fn of_nothing_there_is_little() {
    assert_eq!(benchstat(&[]), "");
    assert_eq!(csv(&[]).lines().count(), 1);
    serde_json::from_str::<serde_json::Value>(&json(&[])).expect("it is JSON");
}
