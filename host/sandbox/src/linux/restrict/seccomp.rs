//! A filter of system calls: those that serve attacks on the kernel, or that would undo a
//! part of the sandbox, fail as if there were no right to them.

use std::collections::BTreeMap;
use std::env::consts::ARCH;

use libc::{c_int, c_long};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, apply_filter,
};

use crate::{Missing, Protection};

/// Fail with `EPERM`, whatever their arguments.
const REFUSED: [c_long; 29] = [
    // Mounts and roots.
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_open_tree,
    libc::SYS_move_mount,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_mount_setattr,
    libc::SYS_setns,
    // Keys outlive programs and belong to the user outside.
    libc::SYS_add_key,
    libc::SYS_keyctl,
    libc::SYS_request_key,
    // Programs for the kernel, and looks into it.
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_kexec_load,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_acct,
    libc::SYS_quotactl,
    // Its operations pass by every filter, and builds do well without.
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
];

/// Fail with `ENOSYS`, so that programs take the older way: the flags of `clone3` lie in
/// memory, where no filter sees them, and message queues outlive programs unseen.
const UNKNOWN: [c_long; 2] = [libc::SYS_clone3, libc::SYS_mq_open];

const NEW_NAMESPACES: [c_int; 8] = [
    libc::CLONE_NEWNS,
    libc::CLONE_NEWCGROUP,
    libc::CLONE_NEWUTS,
    libc::CLONE_NEWIPC,
    libc::CLONE_NEWUSER,
    libc::CLONE_NEWPID,
    libc::CLONE_NEWNET,
    CLONE_NEWTIME,
];

/// Only `unshare` knows it; in `clone` the bit is a part of a signal's number.
const CLONE_NEWTIME: c_int = 0x80;

/// `ioctl`s that put words into a terminal's mouth.
const TERMINAL: [u64; 2] = [libc::TIOCSTI, libc::TIOCLINUX];

/// On x86-64 every call has a second number for programs with short pointers.
const X32: c_long = 0x4000_0000;

type Rules = BTreeMap<i64, Vec<SeccompRule>>;

pub(super) fn restrict() -> Result<(), Missing> {
    let missing = |why: String| Missing {
        protection: Protection::Seccomp,
        why,
    };
    let programs = programs().map_err(|error| missing(error.to_string()))?;
    for program in programs {
        apply_filter(&program).map_err(|error| missing(error.to_string()))?;
    }
    Ok(())
}

/// One for each way to fail.
fn programs() -> Result<[BpfProgram; 2], seccompiler::BackendError> {
    Ok([
        program(refused()?, libc::EPERM)?,
        program(unconditional(&UNKNOWN), libc::ENOSYS)?,
    ])
}

fn program(rules: Rules, code: c_int) -> Result<BpfProgram, seccompiler::BackendError> {
    SeccompFilter::new(
        rules,
        SeccompAction::Allow,
        SeccompAction::Errno(code.cast_unsigned()),
        ARCH.try_into()?,
    )?
    .try_into()
}

fn refused() -> Result<Rules, seccompiler::BackendError> {
    let mut rules = unconditional(&REFUSED);
    let mut add = |call: c_long, conditions: Vec<SeccompRule>| {
        for number in numbers(call) {
            rules.insert(number, conditions.clone());
        }
    };
    add(libc::SYS_unshare, any_flag(&NEW_NAMESPACES)?);
    add(libc::SYS_clone, any_flag(&NEW_NAMESPACES[..7])?);
    let terminal = TERMINAL
        .iter()
        .map(|request| rule(1, SeccompCmpOp::Eq, *request))
        .collect::<Result<_, _>>()?;
    add(libc::SYS_ioctl, terminal);
    Ok(rules)
}

fn unconditional(calls: &[c_long]) -> Rules {
    calls
        .iter()
        .flat_map(|call| numbers(*call))
        .map(|number| (number, Vec::new()))
        .collect()
}

/// A rule for each flag, any of which is enough, in the first argument.
fn any_flag(flags: &[c_int]) -> Result<Vec<SeccompRule>, seccompiler::BackendError> {
    flags
        .iter()
        .map(|flag| {
            let flag = u64::from(flag.cast_unsigned());
            rule(0, SeccompCmpOp::MaskedEq(flag), flag)
        })
        .collect()
}

fn rule(
    argument: u8,
    comparison: SeccompCmpOp,
    value: u64,
) -> Result<SeccompRule, seccompiler::BackendError> {
    let condition = SeccompCondition::new(argument, SeccompCmpArgLen::Dword, comparison, value)?;
    SeccompRule::new(vec![condition])
}

/// All numbers by which a call can be made.
fn numbers(call: c_long) -> impl Iterator<Item = i64> {
    let other = (ARCH == "x86_64").then_some(call | X32);
    std::iter::once(call).chain(other)
}
