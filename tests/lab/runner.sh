# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# lab run: every scenario starts from a snapshot, in one of a few host VMs working side by side.

header() { # SCENARIO FIELD DEFAULT
	local value
	value=$(sed -n "s/^# $2: *//p" "$LAB/scenarios/$1.sh" | head -n 1)
	echo "${value:-$3}"
}

select_scenarios() { # TIER [SCENARIO...]
	local tier=$1 name
	shift
	for name in "$LAB"/scenarios/*.sh; do
		name=$(basename "$name" .sh)
		if (($#)); then
			[[ " $* " == *" $name "* ]] || continue
		elif [[ $tier != all && $(header "$name" tier ci) != "$tier" ]]; then
			continue
		fi
		echo "$name"
	done
	for name in "$@"; do
		[[ -f $LAB/scenarios/$name.sh ]] || die "no scenario $name"
	done
}

needs_pair() { [[ " $(header "$1" needs idle) " == *" pair "* ]]; } # SCENARIO

# The name of the snapshot a scenario asks for: "# needs: g1 g2" is g1g2. Of a pair, it is A's; B begins idle.
snapshot_of() {
	header "$1" needs idle | sed 's/\bpair\b//; s/ //g; s/^$/idle/'
}

scenario_run() { # SCENARIO
	# shellcheck disable=SC2016 # expanded there
	timeout --foreground --kill-after=5 "$(header "$1" timeout 300)" bash -euo pipefail -c '
			die() { echo "$*" >&2; exit 1; }
			source "$LAB/lib.sh"
			STARTED=${EPOCHREALTIME/./}
			PS4="+ \$(((\${EPOCHREALTIME/./} - STARTED) / 1000)) ms "
			set -x
			source "$1"' scenario "$LAB/scenarios/$1.sh" </dev/null
}

# Everything one wants to see after a failure, in a directory of the scenario.
collect() { # DIRECTORY
	local out=$1 name
	cp serial.log qemu.log "$out/" || true
	# shellcheck disable=SC2016 # expanded there
	timeout 60 ssh "${SSH_OPTIONS[@]}" -S ssh-root -p "$(<port)" root@127.0.0.1 '
		mkdir /tmp/report && cd /tmp/report
		journalctl --boot --no-pager -o short-precise >journal.log
		virsh list --all >virsh-list.txt
		for name in $(virsh list --all --name); do
			timeout 10 virsh dumpxml "$name" >"$name.live.xml"
			timeout 10 virsh dumpxml --inactive "$name" >"$name.config.xml"
		done
		cp /var/log/lab/*.log .
		for log in /var/log/libvirt/qemu/*.log; do cp "$log" "qemu-$(basename "$log")"; done
		lsusb -t >lsusb.txt
		udevadm info --export-db | awk -v RS= "/SUBSYSTEM=usb/" ORS="\n\n" >udev-usb.txt
		! command -v usbreconcile >/dev/null ||
			timeout 20 usbreconcile status --json >status.json 2>status.err
		tar --create .' 2>/dev/null | tar --extract --directory "$out" 2>/dev/null || true
	for name in "$out"/*; do
		[[ -s $name ]] || rm -f "$name"
	done
}

report() { # RESULT MICROSECONDS SCENARIO
	printf '%-4s %6.1fs  %s\n' "$1" "$(($2 / 1000000)).$(($2 / 100000 % 10))" "$3"
}

# About once in a hundred times QEMU 7.2 hangs in it: TCG's loop loses the request to pause its
# processor, and nobody asks again. Only another QEMU helps.
load_whatever_it_takes() { # SNAPSHOT
	vm_load "$1" || {
		vm_stop
		vm_disk_prepared
		vm_start -loadvm "$1"
		vm_install
	}
}

load_for() { # SCENARIO
	if needs_pair "$1"; then
		pair_start "$(snapshot_of "$1")"
		return
	fi
	! pair_is_up || pair_stop
	vm_running || {
		vm_stop
		vm_disk_prepared
		vm_start
	}
	load_whatever_it_takes "$(snapshot_of "$1")"
}

scenario() { # SCENARIO
	local out=$RESULTS/$1 started=${EPOCHREALTIME/./} ok=FAIL
	if { load_for "$1" && scenario_run "$1"; } >"$out/trace.log" 2>&1; then
		ok=ok
	fi
	report "$ok" $((${EPOCHREALTIME/./} - started)) "$1"
	echo "$ok" >"$out/result"
	[[ $ok == FAIL ]] || return 0
	collect "$out"
	! pair_is_up || {
		mkdir "$out/b"
		on B collect "$out/b"
	}
	tail -n 12 "$out/trace.log" | sed 's/^/       | /'
	echo "       logs: $out"
}

# A worker owns one VM and takes whatever scenario nobody has taken.
worker() { # INSTANCE SCENARIO...
	local name
	vm_use "$1"
	shift
	trap - EXIT
	for name in "$@"; do
		mkdir "$RESULTS/$name" 2>/dev/null || continue
		scenario "$name"
	done
}

failed_scenarios() { # NAME...
	local name
	for name in "$@"; do
		grep -qsx ok "$RESULTS/$name/result" || echo "$name"
	done
}

# What failed gets a second chance alone, the machine quiet: a bound on time that was missed by an
# emulator in an emulator is no fault of the program. The first failure stays, with its logs, and is told.
second_chance() { # NAME...
	local name
	echo "once more, one at a time: $*"
	for name in "$@"; do
		[[ ! -d $RESULTS/$name ]] || mv "$RESULTS/$name" "$RESULTS/$name.first"
	done
	(vm_use run1 && pair_stop)
	(worker run1 "$@") || true
}

run_cleanup() {
	local number
	((${#WORKERS[@]} == 0)) || kill -- "${WORKERS[@]/#/-}" 2>/dev/null || true
	[[ -z $KEEP ]] || return 0
	for number in $(seq "$INSTANCES"); do
		(vm_use "run$number" && pair_stop)
	done
}

lab_run() {
	local tier=ci build=yes number names failed
	INSTANCES=2 KEEP='' WORKERS=()
	while [[ ${1:-} == --* ]]; do
		case $1 in
		--instances) INSTANCES=$2 && shift 2 ;;
		--tier) tier=$2 && shift 2 ;;
		--keep) KEEP=yes && shift ;;
		--no-build) build='' && shift ;;
		*) die "run $1? see lab --help" ;;
		esac
	done
	names=$(select_scenarios "$tier" "$@")
	[[ -n $names ]] || die "no scenario to run"
	(($(wc -l <<<"$names") > 1)) || INSTANCES=1
	prepared_ensure
	if [[ $build && -e $SOURCE/CMakeLists.txt ]]; then
		lab_build
		! grep -qx package <<<"$names" || lab_deb
	fi
	export RESULTS=$DIR/results/$(date +%Y%m%d-%H%M%S)-$$
	mkdir -p "$RESULTS"
	ln -sfn "$RESULTS" "$DIR/results/latest"

	trap run_cleanup EXIT
	trap 'exit 130' INT TERM
	set -m
	for number in $(seq "$INSTANCES"); do
		# shellcheck disable=SC2086 # a list of names
		worker "run$number" $names &
		WORKERS+=($!)
	done
	set +m
	wait "${WORKERS[@]}" || true
	mapfile -t names <<<"$names"
	mapfile -t failed < <(failed_scenarios "${names[@]}")
	if ((${#failed[@]} > 0 && ${#names[@]} > 1)); then
		second_chance "${failed[@]}"
		mapfile -t failed < <(failed_scenarios "${names[@]}")
	fi
	echo "$((${#names[@]} - ${#failed[@]})) passed, ${#failed[@]} failed"
	((${#failed[@]} == 0))
}
