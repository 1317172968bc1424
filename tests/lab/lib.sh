# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# The words scenarios are written in. The runner sources this, then the scenario, with
# "set -euo pipefail" and a trace; the host VM has just been loaded from its snapshot.
#
# KEY is a device's serial number or its sysfs name on the host (1-3, 2-1.4). ID is what a guest
# sees of a device: "0403:6001/AAA", or "0627:0001/-" without a serial number.
# Whatever can fail says why and returns 1, which ends the scenario, unless asked by "within".

source "$LAB/lib-vm.sh"
source "$LAB/pair.sh"
TAGS_URI=urn:usbreconcile:domain:1.0

fail() {
	{ local - && set +x; } 2>/dev/null
	echo "FAILED: $*" >&2
	return 1
}

# --- running things ---

# In the host VM as root, words kept apart. Reads stdin: say </dev/null in a loop.
host() {
	{ local - && set +x; } 2>/dev/null
	vm_ssh root "$(printf '%q ' "$@")"
}

# In the host VM as root, a line of shell.
host_sh() {
	{ local - && set +x; } 2>/dev/null
	vm_ssh root "$1"
}

# In the host VM as a user without any access to libvirt.
as_user() {
	{ local - && set +x; } 2>/dev/null
	vm_ssh plain "$(printf '%q ' "$@")"
}

lab_host() {
	{ local - && set +x; } 2>/dev/null
	host /usr/local/sbin/lab-host "$@" </dev/null
}

# Runs a command, whose exit code must be CODE.
expect() { # CODE COMMAND...
	local code=0 want=$1
	shift
	"$@" || code=$?
	((code == want)) || fail "exit code $code, not $want: $*"
}

# Repeats a command until it succeeds.
within() { # SECONDS COMMAND...
	{ local - && set +x; } 2>/dev/null
	local end=$((SECONDS + $1)) said
	shift
	until said=$("$@" 2>&1); do
		((SECONDS < end)) || fail "not in time: $*: $said" || return
		sleep 0.1
	done
	[[ -z $said ]] || echo "$said"
}

expect_equal() { # WANT GOT
	{ local - && set +x; } 2>/dev/null
	[[ $1 == "$2" ]] || fail "expected \"$1\", got \"$2\""
}

# --- hardware ---

# plug a serial=AAA port=1; plug s type=storage port=3 fs=ext4 bus=xhci2; plug h type=hub port=2
plug() { monitor plug "$@"; }
unplug() { monitor unplug "$@"; }

# All of these print BUS and DEVICE, as two numbers.
bus_dev() { lab_host usb "$1" || fail "the host has no $1"; }
sysname() { lab_host name "$1" || fail "the host has no $1"; } # KEY -> 1-2.1
wait_host_device() { lab_host await-usb "$1" "${2:-30}" || fail "the host got no $1"; }
wait_host_gone() { lab_host await-gone "$1" "${2:-30}" || fail "the host still has $1"; }

udev_property() { # KEY PROPERTY
	{ local - && set +x; } 2>/dev/null
	local numbers node
	numbers=$(bus_dev "$1")
	# shellcheck disable=SC2086 # two numbers
	printf -v node /dev/bus/usb/%03d/%03d $numbers
	host udevadm info --query=property --property="$2" --value "$node"
}

# What a link in sysfs points to, by its last name; "none" without the link.
sysfs_link() { # KEY LINK, as in: sysfs_link 1-1:1.0 driver
	host_sh "basename \$(readlink -e /sys/bus/usb/devices/$1/$2 || echo none)"
}

expect_driver() { expect_equal "$2" "$(sysfs_link "$1" driver)"; } # INTERFACE DRIVER|none

id_path() { udev_property "$1" ID_PATH; }

serial_of() { # SETTING...
	{ local - && set +x; } 2>/dev/null
	local setting
	for setting in "$@"; do
		[[ $setting != serial=* ]] || echo "${setting#serial=}"
	done
}

# Plugs and waits until udev has processed it. Needs a serial number.
plug_and_wait() { # NAME SETTING...
	plug "$@"
	wait_host_device "$(serial_of "$@")"
}

# Pulled out and put back, perhaps elsewhere. Needs a serial number.
replug() { # NAME SETTING...
	unplug "$1"
	wait_host_gone "$(serial_of "$@")"
	plug_and_wait "$@"
}

# A controller that is bound anew counts its devices from the beginning. 04 is xhci, 05 xhci2.
rebind_bus() { # 04|05
	host_sh "cd /sys/bus/pci/drivers/xhci_hcd && echo 0000:00:$1.0 >unbind && echo 0000:00:$1.0 >bind"
}

# A device that this kernel is itself (libcomposite on dummy_hcd). Its ID_PATH is platform-dummy_hcd.0-usb-0:1.
gadget_make() { # VENDOR PRODUCT SERIAL
	host_sh "modprobe -a dummy_hcd libcomposite usb_f_acm
		mkdir -p /sys/kernel/config/usb_gadget/lab && cd /sys/kernel/config/usb_gadget/lab &&
		mkdir -p strings/0x409 functions/acm.0 configs/c.1 && ln -s functions/acm.0 configs/c.1/ &&
		echo 0x$1 >idVendor && echo 0x$2 >idProduct && echo $3 >strings/0x409/serialnumber &&
		echo Gadget >strings/0x409/product"
}

gadget_out() { host_sh 'cd /sys/kernel/config/usb_gadget/lab && echo >UDC'; }

gadget_plug() { # [VENDOR PRODUCT]: as another one
	host_sh "cd /sys/kernel/config/usb_gadget/lab && ${1:+echo 0x$1 >idVendor && echo 0x$2 >idProduct &&} echo dummy_udc.0 >UDC"
}

# A device of this host, offered to others and imported by this very host: it is there twice, the second
# time as platform-vhci_hcd.0-usb-0:N.
usbip_share() { # SYSNAME
	host_sh "modprobe -a usbip_host vhci_hcd
		systemctl is-active --quiet lab-usbipd || systemd-run --quiet --unit=lab-usbipd usbipd -4
		usbip bind --busid=$1"
	within 10 host usbip attach --remote=127.0.0.1 --busid="$1"
}

# --- domains ---

define() { host virsh --quiet define /dev/stdin; }
is_running() { [[ $(host virsh domstate "$1") == running ]]; }

# <devices>...</devices> on stdin becomes the domain's tags, config, and live when it runs; or --config,
# --live. libvirt adds the namespace, and fails where it is there already.
set_tags() { # GUEST [--config|--live]
	local xml sides=${2:---config}
	xml=$(cat)
	[[ -n ${2:-} ]] || ! is_running "$1" || sides="--config --live"
	# shellcheck disable=SC2086 # one or two words
	host virsh --quiet metadata "$1" "$TAGS_URI" --key usb $sides --set "$xml"
}

clear_tags() { host virsh --quiet metadata "$1" "$TAGS_URI" --remove --config; }
live_xml() { host virsh dumpxml "$1"; }
config_xml() { host virsh dumpxml --inactive "$1"; }

# Live and config, to be compared as a whole.
all_xml() { host_sh "for name in $*; do virsh dumpxml \$name && virsh dumpxml --inactive \$name; done"; } # GUEST...

hostdev_xml() { # ALIAS KEY
	local numbers
	read -r -a numbers <<<"$(bus_dev "$2")"
	cat <<-EOF
		<hostdev mode='subsystem' type='usb' managed='no'>
		  <source><address bus='${numbers[0]}' device='${numbers[1]}'/></source>
		  <alias name='$1'/>
		</hostdev>
	EOF
}

# By hand, as a person with virsh would. Default: live.
attach() { # GUEST ALIAS KEY [--config]
	hostdev_xml "$2" "$3" | host virsh --quiet attach-device "$1" /dev/stdin "${4:---live}"
}

detach() { # GUEST ALIAS [--config]
	host virsh --quiet detach-device-alias "$1" "$2" "${3:---live}"
	[[ -n ${3:-} ]] || within 30 expect_no_live "$1" "$2"
}

# "ALIAS VENDOR:PRODUCT BUS DEVICE GUESTBUS:PORT [missing] [POLICY]", a line each
live_hostdevs() { live_xml "$1" | "$LAB/hostdevs"; }
config_hostdevs() { config_xml "$1" | "$LAB/hostdevs"; }

has_hostdev() { # HOSTDEVS ALIAS BUS DEVICE
	grep -qE "^$2 \S+ $3 $4 " <<<"$1" || fail "no $2 at $3 $4 in: ${1:-(nothing)}"
}

expect_live() { has_hostdev "$(live_hostdevs "$1")" "$2" "$3" "$4"; }     # GUEST ALIAS BUS DEVICE
expect_config() { has_hostdev "$(config_hostdevs "$1")" "$2" "$3" "$4"; } # GUEST ALIAS BUS DEVICE

lacks_hostdev() { # HOSTDEVS ALIAS
	! grep -E "^$2 " <<<"$1" >&2 || fail "there is still a $2"
}

expect_no_live() { lacks_hostdev "$(live_hostdevs "$1")" "$2"; }     # GUEST ALIAS
expect_no_config() { lacks_hostdev "$(config_hostdevs "$1")" "$2"; } # GUEST ALIAS

# The alias is on the device that is there now, its QEMU has it open.
expect_attached() { # GUEST ALIAS KEY
	local numbers
	read -r -a numbers <<<"$(bus_dev "$3")"
	expect_live "$1" "$2" "${numbers[@]}" && expect_held "$1" "$3"
}

expect_held() { lab_host holds "$1" "$2" || fail "the QEMU of $1 does not hold $2"; }         # GUEST KEY
expect_not_held() { ! lab_host holds "$1" "$2" || fail "the QEMU of $1 still holds $2"; } # GUEST KEY

# --- guests ---

guest_log() { host cat "/var/log/lab/$1.log"; }
guest_mark() { host stat --format=%s "/var/log/lab/$1.log" 2>/dev/null || echo 0; }
guest_log_since() { host tail -c "+$(($2 + 1))" "/var/log/lab/$1.log"; } # GUEST MARK

await_guest_log() { # GUEST MARK REGEX [SECONDS]
	lab_host await-log "/var/log/lab/$1.log" "$2" "${4:-60}" "$3" || fail "$1 never said $3"
}

guest_start() { # GUEST
	local mark
	mark=$(guest_mark "$1")
	host virsh --quiet start "$1"
	await_guest_log "$1" "$mark" '^READY' 180
}

guest_stop() { host virsh --quiet destroy "$1"; }

guest_shutdown() { # GUEST: by the power button
	host virsh --quiet shutdown "$1"
	within 60 expect_state "$1" "shut off"
}

expect_state() { expect_equal "$2" "$(host virsh domstate "$1")"; } # GUEST STATE

# The guest resets its device, as a driver would. PORT is the guest's own name for it: 1-1.
guest_reset_device() { # GUEST PORT
	lab_host tell "$1" 60 "reset $2" "^RESET $2" || fail "$1 did not reset $2"
}

sees() { lab_host await-sees "$1" "$2" "$3" "$4" || fail "$1 should see: $3 $4"; }
guest_sees() { sees "$1" "${3:-30}" has "$2"; }      # GUEST ID [SECONDS]
guest_sees_not() { sees "$1" "${3:-30}" lacks "$2"; } # GUEST ID [SECONDS]

guest_sees_exactly() { # GUEST ID... (none: nothing at all)
	local guest=$1
	shift
	sees "$guest" 30 exactly "$*"
}

guest_never_saw() { # GUEST TEXT: since the snapshot was taken
	! guest_log "$1" | grep -F -- "$2" || fail "$1 saw $2"
}

# --- libvirt events ---

# From here on, they are collected. The probe proves that the collector listens.
events_start() {
	{ local - && set +x; } 2>/dev/null
	host systemd-run --quiet --unit=lab-events --setenv=LC_ALL=C \
		sh -c 'exec stdbuf -oL virsh event --all --loop --timestamp >/var/log/lab/events.log 2>&1'
	within 60 events_probe
}

events_probe() {
	host virsh --quiet metadata g3 urn:lab --key lab --set '<probe/>' --config
	lab_host await-log /var/log/lab/events.log 0 2 g3 >/dev/null
}

events_mark() { host stat --format=%s /var/log/lab/events.log; }

event_wait() { # REGEX [SECONDS] [MARK]
	lab_host await-log /var/log/lab/events.log "${3:-0}" "${2:-30}" "$1" || fail "no event like $1"
}

# Nothing at all for so long.
events_expect_silence() { # SECONDS
	local mark
	mark=$(events_mark)
	! lab_host await-log /var/log/lab/events.log "$mark" "$1" . || fail "libvirt has something to say"
}

# --- usbreconcile ---

run_pass() { host usbreconcile run "$@"; }

# One more pass has nothing to do.
expect_settled() { expect_json '.actions | length == 0' usbreconcile run --json; }

# What the program says of a tag: expect_verdict g1 a missing/not_plugged_in
expect_verdict() { # GUEST TAG VERDICT/REASON
	local filter said
	filter=".domains[] | select(.name == \"$1\").tags[] | select(.want.name == \"$2\") | .verdict + \"/\" + .reason"
	said=$(host_sh "usbreconcile status --json | jq --raw-output '$filter'")
	expect_equal "$3" "$said"
}

# The JSON a command prints makes the jq expression true: expect_json '.healthy' usbreconcile status --json
expect_json() { # JQ COMMAND...
	local filter=$1 said
	shift
	said=$(host "$@") || true
	host jq --exit-status "$filter" <<<"$said" >/dev/null || fail "not true: $filter of: $said"
}

# The daemon as it is installed. Started means that it has said READY.
daemon_start() { host systemctl start usbreconcile; }
daemon_stop() { host systemctl stop usbreconcile; }
daemon_says() { host_sh "usbreconcile status --json | jq '.daemon.$1'"; } # JQ
daemon_journal() { host journalctl --unit usbreconcile --no-pager --output cat "$@"; }

# What was done to hostdevs; while nothing changes, it does not.
daemon_expect_actions() { expect_equal "$1" "$(daemon_says actions)"; }

# libvirt's daemon, whichever this host has; with its sockets, which would bring it back.
LIBVIRTD=${LAB_MODULAR:+virtqemud}
LIBVIRTD=${LIBVIRTD:-libvirtd}
libvirtd_stop() { host systemctl stop "$LIBVIRTD".socket "$LIBVIRTD"-ro.socket "$LIBVIRTD"-admin.socket "$LIBVIRTD".service; }

# As the README says. A hooks directory that was not there when it started is not seen by libvirt.
hook_enable() {
	host_sh 'install -D -m 755 /usr/share/usbreconcile/usbreconcile-hook /etc/libvirt/hooks/qemu.d/usbreconcile &&
		systemctl restart '"$LIBVIRTD"' && virsh --quiet list >/dev/null'
}

