"""The system calls that Python, numpy, matplotlib and what they start need. Whatever is not here does not exist."""

_FILES = """
read write readv writev pread64 pwrite64 preadv pwritev preadv2 pwritev2 lseek _llseek close close_range open openat
stat fstat lstat stat64 fstat64 lstat64 newfstatat fstatat64 statx statfs fstatfs statfs64 fstatfs64 access faccessat
faccessat2 readlink readlinkat getdents getdents64 getcwd chdir fchdir mkdir mkdirat rmdir unlink unlinkat rename
renameat renameat2 link linkat symlink symlinkat chmod fchmod fchmodat umask truncate ftruncate truncate64 ftruncate64
fallocate fsync fdatasync flock fcntl fcntl64 dup dup2 dup3 pipe pipe2 utime utimes utimensat futimesat sendfile
sendfile64 copy_file_range fadvise64 readahead getxattr lgetxattr fgetxattr listxattr llistxattr flistxattr
"""
_MEMORY = "munmap mprotect mremap madvise brk msync mincore membarrier"
_PROCESSES = """
fork vfork execve exit exit_group wait4 waitid waitpid getpid getppid gettid getuid geteuid getgid getegid getgroups
getresuid getresgid getpgrp getpgid setpgid getsid setsid getrlimit setrlimit prlimit64 ugetrlimit getrusage getpriority
setpriority capget sysinfo uname getcpu getrandom arch_prctl set_tid_address set_robust_list get_robust_list rseq
futex sched_yield sched_getaffinity sched_setaffinity sched_getparam sched_getscheduler sched_get_priority_max
sched_get_priority_min restart_syscall
"""
_SIGNALS = """
rt_sigaction rt_sigprocmask rt_sigreturn rt_sigpending rt_sigsuspend rt_sigtimedwait sigaltstack kill tkill tgkill pause
alarm setitimer getitimer signalfd signalfd4
"""
_TIME = """
nanosleep clock_nanosleep clock_gettime clock_getres gettimeofday time times timer_create timer_settime timer_gettime
timer_delete timer_getoverrun timerfd_create timerfd_settime timerfd_gettime
"""
_WAITING = """
poll ppoll select _newselect pselect6 epoll_create epoll_create1 epoll_ctl epoll_wait epoll_pwait epoll_pwait2 eventfd
eventfd2
"""
# Between processes of one sandbox: sockets of any other family cannot be made, and buffers not made larger.
_SOCKETS = """
bind listen accept accept4 connect getsockname getpeername getsockopt shutdown sendto recvfrom sendmsg recvmsg
sendmmsg recvmmsg
"""
ALLOWED = frozenset(" ".join((_FILES, _MEMORY, _PROCESSES, _SIGNALS, _TIME, _WAITING, _SOCKETS)).split())

BECOME_NOBODY = frozenset({"capset", "setgroups", "setresgid", "setresuid"})

_REFUSED = """
chown fchown lchown fchownat mknod mknodat setxattr lsetxattr fsetxattr removexattr ptrace process_vm_readv
process_vm_writev mount umount2 pivot_root chroot setns unshare setuid setgid setreuid setregid sethostname reboot
bpf perf_event_open userfaultfd keyctl add_key request_key kexec_load init_module finit_module memfd_create shmget
"""
REFUSED = frozenset(_REFUSED.split())
"""Not allowed either, but with EPERM, which programs know to handle and people to read."""

_EXACTLY = 0xFFFF_FFFF_FFFF_FFFF
_UNIX = 1
# CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET of linux/sched.h.
_NEW_NAMESPACES = 0x7E02_0000
# Of linux/mman.h. Both together are memory that a process can hold without its showing as its own.
_MAP_SHARED, _MAP_ANONYMOUS = 0x01, 0x20
# TCGETS, TIOCGWINSZ, FIONREAD, FIONBIO, FIONCLEX and FIOCLEX of asm-generic/ioctls.h.
_IOCTLS = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)
# PR_GET_DUMPABLE, PR_SET_NAME, PR_GET_NAME and PR_CAPBSET_READ of linux/prctl.h.
_PRCTLS = (3, 15, 16, 23)

CONDITIONS = (
    ("clone", 0, _NEW_NAMESPACES, 0),
    ("mmap", 3, _MAP_ANONYMOUS, 0),
    ("mmap", 3, _MAP_SHARED | _MAP_ANONYMOUS, _MAP_ANONYMOUS),
    ("socket", 0, _EXACTLY, _UNIX),
    ("socketpair", 0, _EXACTLY, _UNIX),
    *(("ioctl", 1, _EXACTLY, number) for number in _IOCTLS),
    *(("prctl", 0, _EXACTLY, number) for number in _PRCTLS),
)
"""Allowed where an argument, of this number and under this mask, has this value."""
