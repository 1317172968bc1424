# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# Two host VMs with a wire between them: A is an instance as any other, B the one whose name ends in "b".
# They call each other a and b, and root may go from one to the other with ssh. Sourced by lab and lib.sh.

PAIR_NET=10.9.0

# Any word, in one of the two: on B guest_sees g1 0403:6001/AAA. Without it, a word is about A.
on() { # A|B WORD...
	local side=$1
	shift
	case $side in
	A) "$@" ;;
	B) (cd "${PWD}b" && "$@") ;;
	*) die "$side? A or B" ;;
	esac
}

host_on() { on "$1" host "${@:2}"; } # A|B COMMAND...

pair_is_up() { [[ -e link ]]; } # or was: B may have been lost on the way

# Fresh QEMUs: the network card that is plugged in later is in no snapshot.
pair_start() { # SNAPSHOT-OF-A
	local here=$INSTANCE
	vm_stop
	vm_disk_prepared
	vm_start -loadvm "$1"
	vm_install
	vm_use "${here}b"
	vm_stop
	vm_disk_prepared
	vm_start -loadvm idle
	vm_install
	vm_use "$here"
	pair_join
}

pair_stop() {
	[[ ! -d ${PWD}b ]] || on B vm_stop
	vm_stop
	rm -f link
}

# libvirt knows a host by a UUID that it rolls when it starts, as there is none in the SMBIOS here: two VMs from
# one snapshot have the same one, and libvirt does not migrate to itself.
pair_join() {
	rm -f link
	monitor link server link 52:54:00:0a:09:01
	on B monitor link client "../$(basename "$PWD")/link" 52:54:00:0a:09:02
	pair_settle_in a 1 &
	on B pair_settle_in b 2
	wait $!
	vm_ssh root "ssh b true && ssh b ssh a true"
}

pair_settle_in() { # NAME NUMBER
	{
		echo "Host a b"
		echo "StrictHostKeyChecking no"
		echo "UserKnownHostsFile /dev/null"
		echo "LogLevel ERROR"
	} | vm_ssh root "mkdir -p -m 700 .ssh && cat >.ssh/config && chmod 600 .ssh/config"
	vm_ssh root "umask 077 && cat >.ssh/id_ed25519" <"$CACHE/id"
	vm_ssh root "set -e
		timeout 60 sh -c 'until [ -e /sys/class/net/eth1 ]; do sleep 0.1; done'
		ip address add $PAIR_NET.$2/24 dev eth1
		ip link set eth1 up mtu 60000
		echo $1 >/etc/hostname
		hostname $1
		printf '%s\n' '127.0.0.1 localhost' '$PAIR_NET.1 a' '$PAIR_NET.2 b' >/etc/hosts
		systemctl restart libvirtd
		timeout 60 virsh --quiet list >/dev/null"
}

# Downtime of any length: a wire between two emulators is slow, and a guest in an emulator never idle.
# Persistent: the other host has a config of that name already, without the tags, and its own would count.
migrate() { # GUEST [VIRSH-OPTION...]: to the other host
	local there
	there=$(host_sh 'hostname | tr ab ba')
	host virsh --quiet migrate-setmaxdowntime "$1" 60000
	host virsh --quiet migrate --live --persistent "$@" "qemu+ssh://$there/system"
}

# What arrives here is timed from now on: libvirt's events, and the guest's words with the time of day.
arrivals_start() { # GUEST...
	local guest
	events_start
	for guest in "$@"; do
		# shellcheck disable=SC2016 # expanded there
		host systemd-run --quiet --unit="lab-stamps-$guest" \
			--property="StandardOutput=append:/var/log/lab/$guest.stamps" bash -c '
			tail -n 0 -F "$1" 2>/dev/null | while IFS= read -r line; do
				echo "$EPOCHREALTIME $line"
			done' stamps "/var/log/lab/$guest.log"
	done
}

# Milliseconds between its last arrival here and its seeing ID; below 0: it still saw what it had there.
arrival_took() { # GUEST ID
	# shellcheck disable=SC2016 # expanded there
	host bash -euo pipefail -c '
		line=$(grep "for domain .*$1.*: Resumed \(Migrated\|Post-copy\)" /var/log/lab/events.log | tail -n 1)
		resumed=$(date --date="${line%%: *}" +%s%3N)
		line=$(grep -F "=$2" "/var/log/lab/$1.stamps" | tail -n 1)
		seen=${line%% *}
		echo "$((${seen/./} / 1000 - resumed))"' took "$1" "$2"
}

# A guest moves, and has its device where it arrives; how fast is for the trace.
moves_with() { # A|B GUEST ID [VIRSH-OPTION...]: to where
	local to=$1 from=A guest=$2 id=$3 mark
	[[ $to == B ]] || from=B
	mark=$(on "$to" guest_mark "$guest")
	on "$from" migrate "$guest" "${@:4}"
	arrived_with "$to" "$guest" "$id" "$mark"
}

arrived_with() { # A|B GUEST ID MARK
	local took
	on "$1" await_guest_log "$2" "$4" "^SEES .*=$3[] ]" 60
	took=$(on "$1" arrival_took "$2" "$3")
	echo "$2 in $1 has $3 $took ms after it was resumed"
	((took <= 5000)) || fail "$2 got $3 only $took ms after it was resumed"
}

lab_pair() { # up [SNAPSHOT] | down
	vm_use "$INSTANCE"
	case ${1:-} in
	up)
		prepared_ensure
		pair_start "${2:-g1}"
		say "instances $INSTANCE (A) and ${INSTANCE}b (B) are up"
		;;
	down) pair_stop ;;
	*) die "pair ${1:-}? up or down" ;;
	esac
}
