# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154
# What monitoring systems get. Part of tests/cli.sh.

# A libvirt that accepts every connection and never says a word, at $hung until the test ends.
start_hung_libvirt() {
	hung_socket=$work/hung.sock
	hung="qemu+unix:///system?socket=$hung_socket"
	python3 -c "
import os, socket, sys, time
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1])
s.listen(64)
print('ready', flush=True)
held = []
while os.getppid() == $$:
    s.settimeout(1)
    try:
        held.append(s.accept())
    except TimeoutError:
        pass
" "$hung_socket" >hung.log &
	hung_pid=$!
	until [[ -s hung.log ]] || ! kill -0 "$hung_pid"; do sleep 0.02; done
}

stop_hung_libvirt() {
	kill "$hung_pid"
	wait "$hung_pid" 2>/dev/null
}

expect_in() { # SECONDS STATUS COMMAND...
	local start=$EPOCHREALTIME took
	expect "${@:2}"
	took=$(((${EPOCHREALTIME/./} - ${start/./}) / 1000))
	checks=$((checks + 1))
	((took < $1 * 1000)) || fail "$what: took $took ms"
}

is_one_line() {
	checks=$((checks + 1))
	[[ $(wc -l <out) == 1 ]] || fail "$what: not one line"
}

# The text format, as far as a test can know it: every series described, none twice.
is_metrics() {
	checks=$((checks + 1))
	awk '
		/^# HELP / { help[$3] = 1; next }
		/^# TYPE / { type[$3] = $4; next }
		!/^[a-z_]+(\{([a-z_]+="([^"\\]|\\["\\n])*",?)+\})? [0-9.e+-]+$/ { print "no sample: " $0; bad = 1; next }
		{
			name = $0
			sub(/[{ ].*/, "", name)
			series = $0
			sub(/ [^ ]*$/, "", series)
			if (seen[series]++) { print "twice: " series; bad = 1 }
			base = name
			sub(/_(sum|count)$/, "", base)
			if (type[base] == "summary") name = base
			if (!help[name] || !type[name]) { print "not described: " name; bad = 1 }
			if ((type[name] == "counter") != (name ~ /_total$/)) { print "type: " name; bad = 1 }
		}
		END { exit bad }' out >awk.log || fail "$what: $(cat awk.log)"
	if command -v promtool >/dev/null; then
		promtool check metrics <out >promtool.log 2>&1 || fail "$what: $(cat promtool.log)"
		[[ ! -s promtool.log ]] || fail "$what: $(cat promtool.log)"
	elif [[ ! -e no-promtool ]]; then
		echo "skipped: promtool check metrics (none here)"
		: >no-promtool
	fi
}

test_prometheus() {
	expect 0 usbreconcile -c "$calm" status --prometheus
	is_metrics
	says out 'usbreconcile_up 1'
	says out 'usbreconcile_tag_info{domain="hassio",tag="zigbee",verdict="missing",reason="not_plugged_in"} 1'
	says out 'usbreconcile_tag_severity{domain="hassio",tag="zigbee"} 1'
	says out 'usbreconcile_tag_attached{domain="hassio",tag="zigbee"} 0'
	says out 'usbreconcile_tags{verdict="missing"} 1'
	says out 'usbreconcile_tag_verdict{domain="hassio",tag="zigbee",verdict="missing"} 1'
	says out 'usbreconcile_tag_verdict{domain="hassio",tag="zigbee",verdict="attached"} 0'
	says out 'usbreconcile_daemon_up 0'
	checks=$((checks + 1))
	! grep -qF "$serial" out || fail 'a serial in the metrics'
	expect 1 usbreconcile -c "$bad" status --prometheus
	is_metrics
	says out 'usbreconcile_severity 2'
	expect 69 usbreconcile -c "qemu+unix:///system?socket=$work/nothing" status --prometheus
	is_metrics
	says out 'usbreconcile_up 0'
	expect 64 usbreconcile status --prometheus --json
	expect 64 usbreconcile -c "$calm" status --prometheus hassio
}

test_nagios() {
	expect 1 usbreconcile -c "$calm" status --nagios
	is_one_line
	says out 'USBRECONCILE WARNING - hassio/zigbee missing (not_plugged_in) | warning=1;;;0 critical=0;;;0'
	expect 0 usbreconcile -v -c "$calm" status --nagios plain
	is_one_line
	says out 'USBRECONCILE OK - '
	expect 2 usbreconcile -c "$bad" status --nagios
	is_one_line
	says out 'USBRECONCILE CRITICAL - nas/ups missing (not_plugged_in), typo/x invalid (invalid_entry) |'
	expect 2 usbreconcile -c "$bad" status --nagios nas ups
	for arguments in "status --nagios nope" "status --nagios --bogus" "status --nagios --json" \
		"--bogus status --nagios" "status --nagios a b c" "nonsense --nagios"; do
		# shellcheck disable=SC2086
		expect 3 usbreconcile -c "$calm" $arguments
		is_one_line
		says out 'USBRECONCILE UNKNOWN - '
	done
	local nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups)
	if "${nobody[@]}" test -x "$program" 2>/dev/null; then
		expect 0 "${nobody[@]}" "$program" -c test:///default status --nagios
		expect 0 "${nobody[@]}" "$program" -c test:///default status --prometheus
	fi
	expect 3 usbreconcile -c "qemu+unix:///system?socket=$work/nothing" status --nagios
	is_one_line
	checks=$((checks + 1))
	usbreconcile -c "$calm" status --nagios >/dev/full 2>err
	[[ $? == 3 ]] || fail 'a full disk is no 3'
}

test_monitoring_of_a_libvirt_that_hangs() {
	start_hung_libvirt
	expect_in 10 3 usbreconcile -c "$hung" status --nagios
	is_one_line
	says out 'USBRECONCILE UNKNOWN - '
	expect_in 10 69 usbreconcile -c "$hung" status --prometheus
	is_metrics
	says out 'usbreconcile_up 0'
	stop_hung_libvirt
}

test_dashboard() {
	local name
	for name in $(grep -o 'usbreconcile_[a-z_]*' "$here/../rules/usbreconcile-dashboard.json" | sort -u); do
		checks=$((checks + 1))
		grep -qF "\"${name#usbreconcile_}\"" "$here/../reconciler/show/show_metrics.c" ||
			fail "a panel of $name, which is never written"
	done
	checks=$((checks + 1))
	[[ $(jq '.panels | length' "$here/../rules/usbreconcile-dashboard.json") == 6 ]] || fail 'not six panels'
}

test_alert_rules() {
	command -v promtool >/dev/null || { echo "skipped: the alerts (no promtool here)" && return; }
	expect 0 promtool check rules "$here/../rules/usbreconcile-alerts.yml"
	expect 0 promtool test rules "$here/alerts.yml"
	# An alert on a series that is never written would never fire.
	for name in $(grep -o 'usbreconcile_[a-z_]*' "$here/../rules/usbreconcile-alerts.yml" | sort -u); do
		checks=$((checks + 1))
		grep -qF "\"${name#usbreconcile_}\"" "$here/../reconciler/show/show_metrics.c" ||
			fail "an alert on $name, which is never written"
	done
}
