#!/bin/sh
# A SLURM cluster of one node, with two pretended GPUs, in a folder: cluster.sh up FOLDER, cluster.sh down FOLDER.
# Needs root and Debian's packages slurmctld, slurmd, slurm-client and munge; starts no service of the system.
set -eu
here=$(dirname "$(readlink -f "$0")")
dir=$2
export SLURM_CONF="$dir/slurm.conf"
usual=/etc/slurm/slurm.conf  # where jobs look: the executor plugin submits them without SLURM_* variables

end() {  # the process of a pid file, and wait for it
    [ -s "$1" ] || return 0
    pid=$(cat "$1")
    kill "$pid" 2>/dev/null || return 0
    for _ in $(seq 50); do kill -0 "$pid" 2>/dev/null || return 0; sleep 0.1; done
    kill -9 "$pid" 2>/dev/null || true
}

down() {
    scancel --user=root 2>/dev/null || true
    end "$dir/slurmd.pid"
    end "$dir/slurmctld.pid"
    end "$dir/munged.pid"
    [ "$(readlink "$usual")" != "$SLURM_CONF" ] || rm "$usual"
}

up() {
    if [ -e "$usual" ]; then echo "$usual: this machine is part of a cluster; it is left alone" >&2; exit 3; fi
    mkdir -p "$dir/state" "$dir/spool" "$dir/munge"
    host=$(hostname -s)
    # Slurm gives a job only devices that are devices: two more names for /dev/null.
    for device in 0 1; do [ -e "$dir/gpu$device" ] || mknod "$dir/gpu$device" c 1 3; done
    printf 'NodeName=%s Name=gpu File=%s/gpu[0-1]\n' "$host" "$dir" > "$dir/gres.conf"
    memory=$(($(awk '/MemTotal/ {print $2}' /proc/meminfo) / 1024 * 9 / 10))
    cores=$(env -u OMP_NUM_THREADS -u OMP_THREAD_LIMIT nproc)  # it counts threads of OpenMP where these are set
    sed -e "s|@DIR@|$dir|g" -e "s|@HOST@|$host|g" -e "s|@MEMORY@|$memory|" -e "s|@CORES@|$cores|" \
        -e "s|@PORT@|$3|" -e "s|@NODEPORT@|$4|" "$here/slurm.conf.in" > "$SLURM_CONF"
    dd if=/dev/urandom of="$dir/munge/munge.key" bs=128 count=1 2>/dev/null
    chmod 700 "$dir/munge"; chmod 600 "$dir/munge/munge.key"
    munged --force --key-file="$dir/munge/munge.key" --socket="$dir/munge.socket" --pid-file="$dir/munged.pid" \
        --log-file="$dir/munge/munged.log" --seed-file="$dir/munge/munged.seed"
    mkdir -p "$(dirname "$usual")"
    ln -sfn "$SLURM_CONF" "$usual"
    slurmctld -c
    slurmd -c
    for _ in $(seq 100); do sinfo --noheader --format=%t 2>/dev/null | grep -q idle && return 0; sleep 0.2; done
    echo "no idle node within 20 s:" >&2
    sinfo >&2 || true
    tail -n 20 "$dir/slurmctld.log" "$dir/slurmd.log" >&2
    down
    exit 1
}

case $1 in
    up) up "$@" ;;
    down) down ;;
    *) echo "cluster.sh up FOLDER PORT NODEPORT | down FOLDER" >&2; exit 2 ;;
esac
