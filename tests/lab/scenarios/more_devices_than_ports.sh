# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# title: fifteen devices, as many as the controller has ports; the one too many is told so, with libvirt's words
# tier: ci
# needs: g1
# timeout: 240

# A guest of the lab has one controller with libvirt's most, 15 ports, and nothing else on it.
serials=$(seq -f 'S%02g' 16)
{
	echo '<devices>'
	for serial in $serials; do
		echo "<device name=\"d$serial\" serial=\"$serial\"/>"
	done
	echo '</devices>'
} | set_tags g1
port=0
for serial in $serials; do
	port=$((port + 1))
	if ((port < 15)); then plug "$serial" "serial=$serial" port=$port; else
		plug "$serial" "serial=$serial" port=$((port - 14)) bus=xhci2
	fi
done
for serial in $serials; do
	wait_host_device "$serial"
done

said=$(expect 1 run_pass)
echo "$said"
expect_equal 15 "$(grep -c '^+ *g1 *dS[0-9]* *live' <<<"$said")"
grep '^! *g1 *dS16 *live .*attach failed: .*No free USB ports' <<<"$said"
# shellcheck disable=SC2046 # words
guest_sees_exactly g1 $(seq -f '0403:6001/S%02g' 15)
expect_attached g1 ua-usbr-dS01 S01
expect_attached g1 ua-usbr-dS15 S15
expect_no_live g1 ua-usbr-dS16
expect_equal "" "$(config_hostdevs g1)"

# It stays so. The others are left in peace, and a port that becomes free is for the one.
live=$(live_hostdevs g1)
expect 1 run_pass
expect_equal "$live" "$(live_hostdevs g1)"
expect_verdict g1 dS15 attached/attached
unplug S07
wait_host_gone S07
run_pass
guest_sees g1 0403:6001/S16
expect_attached g1 ua-usbr-dS16 S16
expect_equal "$(grep -v S07 <<<"$live")" "$(live_hostdevs g1 | grep -v S16)"
expect_settled
