#!/bin/sh
# SPDX-License-Identifier: MIT
# A class graded by a real Slurm of two nodes, on this machine's loopback, must
# give the gradebook that it gives without; so it must when a task is lost.
# Installs Slurm and starts it for itself alone; stops what it started.
#     tests/slurm.sh          as root: slurmd needs it
set -eu

packages='slurmctld slurmd slurm-client munge sqlite3'
class=tests/class/submissions
out=build/slurm-test
root=/tmp/ipclab-slurm.$$
added=
# shellcheck source=tests/gradebook.sh
. tests/gradebook.sh

if [ "$(id -u)" -ne 0 ]; then
    echo 'tests/slurm.sh: slurmd must be started by root' >&2
    exit 2
fi

# ---- Slurm -------------------------------------------------------------------

install_slurm() {
    missing=
    for package in $packages; do
        dpkg -s "$package" >/dev/null 2>&1 || missing="$missing $package"
    done
    [ -n "$missing" ] || return 0
    echo "tests: installing$missing"
    # Nothing is to be started by the packages themselves.
    policy=/usr/sbin/policy-rc.d
    ours=no
    [ -e "$policy" ] || ours=yes
    if [ $ours = yes ]; then
        printf '#!/bin/sh\nexit 101\n' >$policy
        chmod 755 $policy
    fi
    # shellcheck disable=SC2086 # the list is meant to be split
    DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600 install \
        -y --no-install-recommends $missing >/dev/null || exit 1
    [ $ours = no ] || rm -f $policy
}

write_configuration() {
    host=$(hostname -s)
    if ! getent hosts "$host" >/dev/null; then
        added="127.0.0.1 $host # $root"
        echo "$added" >>/etc/hosts
    fi
    mkdir -p "$root/state" "$root/munge"
    head -c 128 /dev/urandom >"$root/munge/key"
    chown -R munge:munge "$root/munge"
    chmod 755 "$root" "$root/munge"
    chmod 400 "$root/munge/key"
    cat >"$root/slurm.conf" <<END
ClusterName=ipclab
SlurmctldHost=$host(127.0.0.1)
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
AuthType=auth/munge
AuthInfo=socket=$root/munge/socket
SlurmUser=root
SlurmctldPort=26817
SlurmctldPidFile=$root/slurmctld.pid
SlurmdPidFile=$root/slurmd-%n.pid
StateSaveLocation=$root/state
SlurmdSpoolDir=$root/spool-%n
SlurmctldLogFile=$root/slurmctld.log
SlurmdLogFile=$root/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
ReturnToService=2
MailProg=/bin/true
SchedulerParameters=batch_sched_delay=0,sched_min_interval=0,bf_interval=1,sched_interval=1
NodeName=n1 NodeHostname=$host NodeAddr=127.0.0.1 Port=26821 CPUs=1 State=UNKNOWN
NodeName=n2 NodeHostname=$host NodeAddr=127.0.0.1 Port=26822 CPUs=1 State=UNKNOWN
PartitionName=grade Nodes=ALL Default=YES MaxTime=01:00:00 State=UP
END
}

start_slurm() {
    setpriv --reuid=munge --regid=munge --clear-groups munged \
        --key-file="$root/munge/key" --socket="$root/munge/socket" \
        --pid-file="$root/munge/pid" --log-file="$root/munge/log" \
        --seed-file="$root/munge/seed"
    slurmctld -f "$root/slurm.conf"
    slurmd -f "$root/slurm.conf" -N n1
    slurmd -f "$root/slurm.conf" -N n2
    export SLURM_CONF="$root/slurm.conf"
    tries=0
    until [ "$(sinfo -h -t idle -o %D 2>/dev/null)" = 2 ]; do
        tries=$((tries + 1))
        [ $tries -lt 600 ] || {
            echo 'tests: Slurm does not come up' >&2
            exit 1
        }
        sleep 0.1
    done
}

stop_slurm() {
    scancel --user root >/dev/null 2>&1 || true
    while squeue -h 2>/dev/null | grep -q .; do
        sleep 0.1
    done
    scontrol shutdown >/dev/null 2>&1 || true
    for file in "$root"/*.pid "$root/munge/pid"; do
        [ -e "$file" ] || continue
        pid=$(cat "$file")
        kill "$pid" 2>/dev/null || true
        tail --pid="$pid" -f /dev/null # until it has ended
    done
    # Written in place: the file may be mounted by itself.
    if [ -n "$added" ]; then
        grep -vxF "$added" /etc/hosts >"$root/hosts" || true
        cat "$root/hosts" >/etc/hosts
    fi
    rm -rf "$root"
}

# ---- Checks ------------------------------------------------------------------

# Cancel a task of the running array as soon as it has given a result.
lose_a_task() {
    until ls "$out"/lost/slurm/results/*.json >/dev/null 2>&1; do
        sleep 0.1
    done
    job=$(squeue -h -t running -o %A | tail -n 1)
    scancel "$job" && echo "$job" >"$out/lost.id"
}

install_slurm
mkdir -p "$out"
rm -rf "${out:?}"/*
trap stop_slurm EXIT
trap 'exit 130' INT TERM
write_configuration
start_slurm

try 'the class is graded on this machine' grade here
try 'the class is graded by two tasks of a job array' grade slurm --slurm=2
try 'the gradebooks are the same' same here slurm
lose_a_task &
try 'the class is graded although a task was cancelled' grade lost --slurm=2
wait
try 'a task was cancelled midway' [ -s "$out/lost.id" ]
try 'its gradebook is the same, too' same here lost


# The head is killed when a result is there; the same command goes on from it.
grade killed --slurm=2 &
head=$!
until_results() { # COUNT
    until [ "$(find "$out/killed/slurm/results" -name '*.json' 2>/dev/null |
        wc -l)" -ge "$1" ]; do
        sleep 0.1
    done
}
until_results 1
pkill -KILL -P $head
wait $head || true
until_results 3 # which nobody takes
known=$(ls "$out"/killed/slurm/results/*.json)
# shellcheck disable=SC2086 # names without spaces
times=$(stat -c %y $known)
try 'the class is graded although the head was killed' grade killed --slurm=2
# shellcheck disable=SC2086
try 'what was done is not done again' [ "$times" = "$(stat -c %y $known)" ]
try 'its gradebook is the same, too' same here killed

sum_up
