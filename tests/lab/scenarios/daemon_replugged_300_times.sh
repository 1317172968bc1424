# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# title: 300 replugs over three guests and twins: none lost, none wrong
# tier: long
# needs: g1 g2
# timeout: 7200

daemon_start
guest_start g3
set_tags g1 <<<'<devices><device name="a" serial="AAA"/></devices>'
set_tags g2 <<<'<devices><device name="b" serial="BBB" persist="yes"/></devices>'
set_tags g3 <<<'<devices><device name="c" serial="CCC"/></devices>'
declare -A guest=([A]=g1 [B]=g2 [C]=g3)
plug_and_wait A serial=AAA port=1
plug_and_wait B serial=BBB port=2
plug_and_wait C serial=CCC port=3
for round in {1..100}; do
	for x in A B C; do unplug "$x"; done
	mapfile -t ports < <(shuf -i 1-15 -n 3)
	for x in A B C; do
		plug "$x" serial=$x$x$x port="${ports[0]}"
		ports=("${ports[@]:1}")
	done
	for x in A B C; do
		wait_host_device $x$x$x
		within 60 expect_attached "${guest[$x]}" "ua-usbr-${x,,}" $x$x$x
	done
	echo "round $round"
done
for x in A B C; do
	guest_sees_exactly "${guest[$x]}" 0403:6001/$x$x$x
	for y in A B C; do
		[[ $x == "$y" ]] || guest_never_saw "${guest[$x]}" $y$y$y
	done
done
