#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Record what /proc says of hanging processes, for grader/probe/snapshot.c to
# read again:
#
#     record.sh /proc/HOST_PID/root/proc NAME
#
# as root, HOST_PID being any process of the sandbox.  Its first process (pid 1)
# is left out.  What its /dev/mqueue shows in its own pids goes to "mqueue".
# Descriptors and exe become dangling links; what a system call
# points to becomes a file "mem@ADDRESS"; fdinfo of a FIFO says so in one more
# line.  What semctl(2) said of semaphores that are waited for is added by hand,
# from `ipcs -s -i ID` in there: a file "semaphores" with lines "ID NUM VALUE
# PID NCOUNT ZCOUNT".
set -eu

from=$1
to=$2

# The arguments (from 1) of x86-64 system call $1 that are pointers.
pointers() {
    case $1 in
    7 | 219 | 271 | 202) echo 1 ;; # poll, restarted or not, ppoll, futex
    130 | 128) echo 1 ;;           # rt_sigsuspend, rt_sigtimedwait
    23 | 270) echo 2 3 4 5 ;;      # select, pselect6
    257 | 65 | 220 | 42) echo 2 ;; # openat, semop, semtimedop, connect
    72) echo 3 ;;                  # fcntl
    44) echo 5 ;;                  # sendto
    esac
}

record_thread() { # its path below the process
    mkdir -p "$target/$1"
    for file in stat status syscall wchan; do
        cat "$process/$1/$file" > "$target/$1/$file"
    done
    read -r -a words < "$target/$1/syscall"
    for n in $(pointers "${words[0]}"); do
        address=${words[$n]}
        [ $((address)) -eq 0 ] ||
            dd if="$process/mem" of="$target/mem@${address#0x}" status=none bs=128 \
                count=1 iflag=skip_bytes skip=$((address))
    done
}

# It shows the reader's own System V objects: read it inside.
if msg=$(nsenter --ipc="$from/1/ns/ipc" cat /proc/sysvipc/msg) &&
    [ "$(wc -l <<<"$msg")" -gt 1 ]; then
    mkdir -p "$to/sysvipc"
    printf '%s\n' "$msg" > "$to/sysvipc/msg"
fi

if grep -q -e '->' "$from/locks"; then
    mkdir -p "$to"
    cat "$from/locks" > "$to/locks"
fi

# What the kernel says of its sockets: the questions are those of
# grader/probe/snapshot_sockets.c, in their order.
record_sockets() {
    nsenter --net="$from/1/ns/net" python3 -c '
import socket, struct, sys
diag = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 4)
bodies = [struct.pack("=BBHIIIII", 1, 0, 0, 0xffffffff, 0, 29, 0, 0)]
for protocol in (6, 17):
    for family in (2, 10):
        bodies.append(struct.pack("=BBBBI48s", family, protocol, 0, 0,
                                  0xffffefb7, b""))
for number, body in enumerate(bodies, 1):
    head = struct.pack("=IHHII", 16 + len(body), 20, 0x301, number, 0)
    diag.send(head + body)
    last = False
    while not last:
        answer = diag.recv(65536)
        sys.stdout.buffer.write(answer)
        at = 0
        while at < len(answer):
            size, kind = struct.unpack_from("=IH", answer, at)
            last = last or kind in (2, 3)
            at += (size + 3) & ~3
'
}

for process in "$from"/[0-9]*; do
    pid=${process##*/}
    target=$to/$pid
    [ "$pid" -ne 1 ] || continue
    record_thread .
    cat "$process/timers" > "$target/timers"
    for task in "$process"/task/*; do
        tid=${task##*/}
        [ "$tid" = "$pid" ] || record_thread "task/$tid"
    done
    exe=$(readlink "$process/exe") || continue # a zombie
    ln -s "$exe" "$target/exe"
    mkdir -p "$target/fd" "$target/fdinfo"
    for link in "$process"/fd/*; do
        fd=${link##*/}
        file=$(readlink "$link")
        ln -s "$file" "$target/fd/$fd"
        cat "$process/fdinfo/$fd" > "$target/fdinfo/$fd"
        if [[ $file == socket:* ]]; then
            mkdir -p "$target/net"
            for table in unix netlink softnet_stat sockstat tcp sockstat6 tcp6; do
                cat "$process/net/$table" > "$target/net/$table"
            done
            [ -e "$to/sock_diag" ] || record_sockets > "$to/sock_diag"
        fi
        [[ $file != /* ]] || [ ! -p "$link" ] ||
            printf 'type:\tfifo\n' >> "$target/fdinfo/$fd"
    done
done

host_pid=${from#/proc/}
host_pid=${host_pid%%/*}
for queue in "/proc/$host_pid/root/dev/mqueue"/*; do
    [ -f "$queue" ] || continue
    mkdir -p "$to/mqueue"
    nsenter -t "$host_pid" -p cat "$queue" > "$to/mqueue/${queue##*/}"
done
