//! The system calls that a process of a plugin does without.

#[cfg(target_arch = "x86_64")]
use seccompiler::sock_filter;
use seccompiler::{
    BackendError, BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, apply_filter,
};
use std::collections::BTreeMap;

/// Refused whatever their arguments are: network, other programs, other processes, other views of the system, its
/// administration, and ways around a filter.
const REFUSED: &[i64] = &[
    libc::SYS_socket,
    libc::SYS_socketpair,
    libc::SYS_connect,
    libc::SYS_bind,
    libc::SYS_listen,
    libc::SYS_accept,
    libc::SYS_accept4,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_execve,
    libc::SYS_execveat,
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_pidfd_open,
    libc::SYS_pidfd_getfd,
    libc::SYS_pidfd_send_signal,
    libc::SYS_kill,
    libc::SYS_tkill,
    libc::SYS_rt_sigqueueinfo,
    libc::SYS_rt_tgsigqueueinfo,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_setns,
    libc::SYS_unshare,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_keyctl,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_open_by_handle_at,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_kexec_load,
    libc::SYS_reboot,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_personality,
    // Memory and messages that outlive a process or that no limit counts, and the pace of others.
    libc::SYS_shmget,
    libc::SYS_shmat,
    libc::SYS_semget,
    libc::SYS_msgget,
    libc::SYS_mq_open,
    libc::SYS_memfd_create,
    libc::SYS_sched_setaffinity,
    libc::SYS_sched_setscheduler,
    libc::SYS_sched_setattr,
    libc::SYS_sched_setparam,
    libc::SYS_setpriority,
    libc::SYS_ioprio_set,
    // What files are called by: a process may have the user of the server, and Landlock does not look at this.
    libc::SYS_fchmod,
    libc::SYS_fchmodat,
    FCHMODAT2,
    libc::SYS_fchown,
    libc::SYS_fchownat,
    libc::SYS_utimensat,
    libc::SYS_setxattr,
    libc::SYS_lsetxattr,
    libc::SYS_fsetxattr,
    libc::SYS_removexattr,
    libc::SYS_lremovexattr,
    libc::SYS_fremovexattr,
];

/// Has the same number on all machines; not all of them have a name for it here.
const FCHMODAT2: i64 = 452;

/// Older names, which only some machines have.
#[cfg(target_arch = "x86_64")]
const REFUSED_HERE: &[i64] = &[
    libc::SYS_fork,
    libc::SYS_vfork,
    libc::SYS_chmod,
    libc::SYS_chown,
    libc::SYS_lchown,
    libc::SYS_utime,
    libc::SYS_utimes,
    libc::SYS_futimesat,
];
#[cfg(not(target_arch = "x86_64"))]
const REFUSED_HERE: &[i64] = &[];

/// Refused with these words as an argument: call, place of the argument, word. To outlive the server, and to have signals sent to
/// others when a file can be read (`fcntl.h` and `sockios.h` of Linux).
const REFUSED_WORDS: [(i64, u8, u64); 6] = [
    (libc::SYS_prctl, 0, libc::PR_SET_PDEATHSIG as u64),
    (libc::SYS_fcntl, 1, 8),      // F_SETOWN
    (libc::SYS_fcntl, 1, 10),     // F_SETSIG
    (libc::SYS_fcntl, 1, 15),     // F_SETOWN_EX
    (libc::SYS_ioctl, 1, 0x8901), // FIOSETOWN
    (libc::SYS_ioctl, 1, 0x8902), // SIOCSPGRP
];

/// Refuses them for this process and all of its threads from now on: they fail with EPERM.
pub(super) fn deny() -> Result<(), seccompiler::Error> {
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> =
        REFUSED.iter().chain(REFUSED_HERE).map(|&call| (call, Vec::new())).collect();
    for (call, argument, word) in REFUSED_WORDS {
        let said = condition(argument, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, word)?;
        rules.entry(call).or_default().push(SeccompRule::new(vec![said])?);
    }
    // A thread is no new process.
    let threads = libc::CLONE_THREAD.unsigned_abs().into();
    let only_threads = condition(0, SeccompCmpArgLen::Qword, SeccompCmpOp::MaskedEq(threads), 0)?;
    rules.insert(libc::SYS_clone, vec![SeccompRule::new(vec![only_threads])?]);
    // A process may signal itself, as abort does, and look at its own limits.
    let others = condition(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Ne, u64::from(std::process::id()))?;
    rules.insert(libc::SYS_tgkill, vec![SeccompRule::new(vec![others])?]);
    let others = condition(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Ne, 0)?;
    rules.insert(libc::SYS_prlimit64, vec![SeccompRule::new(vec![others])?]);
    // Memory that is shared counts for no limit, and with whom should it share any?
    let shared = (libc::MAP_SHARED | libc::MAP_ANONYMOUS).unsigned_abs().into();
    let unlimited = condition(3, SeccompCmpArgLen::Dword, SeccompCmpOp::MaskedEq(shared), shared)?;
    // Nor does memory that grows as a stack does.
    let stack = libc::MAP_GROWSDOWN.unsigned_abs().into();
    let as_stack = condition(3, SeccompCmpArgLen::Dword, SeccompCmpOp::MaskedEq(stack), stack)?;
    let unlimited = vec![SeccompRule::new(vec![unlimited])?, SeccompRule::new(vec![as_stack])?];
    rules.insert(libc::SYS_mmap, unlimited);
    apply(rules, libc::EPERM)?;
    deny_other_numbers()?;
    // Its flags cannot be seen by a filter; libraries take the older call where this one does not exist.
    apply([(libc::SYS_clone3, Vec::new())].into(), libc::ENOSYS)
}

/// The machine answers to a second set of numbers (x32), under which every call could be had again. Rules are about single
/// numbers, so this is a program of its own.
#[cfg(target_arch = "x86_64")]
fn deny_other_numbers() -> Result<(), seccompiler::Error> {
    const FIRST_OF_THEM: u32 = 0x4000_0000;
    let step = |code: u32, k: u32, jt: u8, jf: u8| sock_filter { code: code as u16, jt, jf, k };
    let refuse = libc::SECCOMP_RET_ERRNO | libc::EPERM.unsigned_abs();
    apply_filter(&[
        // The number is what a filter sees first.
        step(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, 0, 0),
        step(libc::BPF_JMP | libc::BPF_JGE | libc::BPF_K, FIRST_OF_THEM, 0, 1),
        step(libc::BPF_RET | libc::BPF_K, refuse, 0, 0),
        step(libc::BPF_RET | libc::BPF_K, libc::SECCOMP_RET_ALLOW, 0, 0),
    ])
}

#[cfg(not(target_arch = "x86_64"))]
fn deny_other_numbers() -> Result<(), seccompiler::Error> {
    Ok(())
}

fn condition(
    argument: u8,
    length: SeccompCmpArgLen,
    operator: SeccompCmpOp,
    value: u64,
) -> Result<SeccompCondition, BackendError> {
    SeccompCondition::new(argument, length, operator, value)
}

fn apply(rules: BTreeMap<i64, Vec<SeccompRule>>, error: i32) -> Result<(), seccompiler::Error> {
    let arch = std::env::consts::ARCH.try_into()?;
    let refuse = SeccompAction::Errno(error.unsigned_abs());
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, refuse, arch)?;
    let program: BpfProgram = filter.try_into()?;
    apply_filter(&program)
}
