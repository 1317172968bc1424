# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154
# What shells offer. Part of tests/cli.sh.

offers() { # CANDIDATE...: exactly these
	checks=$((checks + 1))
	cut -f 1 out | diff - <(for each in "$@"; do echo "$each"; done) >diff.log ||
		fail "$what: not exactly $*"
}

complete_words() { # WORD...
	expect 0 usbreconcile complete "$@"
	is_empty err
}

test_complete() {
	complete_words sta
	offers status
	complete_words ''
	says out $'run\tmake the hostdevs follow the tags'
	complete_words -c "$calm" status ''
	offers hassio plain
	complete_words "--connect=$calm" status h
	offers hassio
	complete_words -c "$calm" status hassio ''
	offers zigbee
	complete_words -c "$calm" replug hassio zigbee ''
	offers
	complete_words -c "$calm" status hassio zigbee ''
	offers
	complete_words -c "$calm" run --domain ''
	offers hassio plain
	complete_words -c "$calm" run --domain=pl
	offers --domain=plain
	complete_words run --dr
	offers --dry-run
	complete_words status --n
	offers --nagios
	complete_words -c test
	offers test:///default
	complete_words -c "$calm" validate ''
	says out $'\tFILE'
	complete_words run --snapshot ''
	offers ''
	complete_words nonsense ''
	is_empty out
	# Every option of every command, as --help has them.
	local command
	for command in $(usbreconcile complete '' | cut -f 1); do
		complete_words "$command" --
		sort out | cut -f 1 >offered
		expect 0 usbreconcile "$command" --help
		sed -n '/^Options:/,$s/^  \(-., \)\{0,1\}\(--[a-z-]*\).*/\2/p' out | sort >out.options
		checks=$((checks + 1))
		cmp -s offered out.options || fail "complete $command --: not the options of its help"
	done
}

test_complete_is_silent() {
	complete_words -c "qemu+unix:///system?socket=$work/nothing" status ''
	is_empty out
	complete_words -c qemu+ssh://elsewhere/system status ''
	is_empty out
	start_hung_libvirt
	# The half second is what a person gets; a machine that is busy with tests gets more.
	expect_in 2 0 usbreconcile complete -c "$hung" status ''
	is_empty out
	is_empty err
	stop_hung_libvirt
}

# A domain may be called what a shell would run.
hostile_world() {
	{
		echo '<node>'
		domain 'a$(touch pwned)' '' ''
		domain 'b;touch pwned' '' ''
		domain 'd\x' '' ''
		domain "$(printf 'c\u202e')" '' ''
		echo '</node>'
	} >hostile.xml
	hostile=test://$work/hostile.xml
	mkdir -p bin
	ln -sf "$program" bin/usbreconcile
}

# As bash does when somebody presses tab.
bash_offers() { # WORD...
	PATH=$work/bin:$PATH LIBVIRT_DEFAULT_URI=$hostile bash --norc -c '
		. /usr/share/bash-completion/bash_completion 2>/dev/null
		. "$0"
		compopt() { :; }
		COMP_WORDS=(usbreconcile "$@") COMP_CWORD=$# COMP_LINE="usbreconcile $*"
		COMP_POINT=${#COMP_LINE}
		_usbreconcile
		printf "%s\n" "${COMPREPLY[@]}"' "$here/../rules/completion/usbreconcile.bash" "$@"
}

zsh_offers() { # LINE
	mkdir -p zsh
	cp "$here/../rules/completion/usbreconcile.zsh" zsh/_usbreconcile
	PATH=$work/bin:$PATH HOME=$work LIBVIRT_DEFAULT_URI=$hostile timeout 60 "$here/zsh_offers" "$work/zsh" "$1"
}

test_complete_in_shells() {
	hostile_world
	if [[ -e /usr/share/bash-completion/bash_completion ]]; then
		expect 0 bash_offers status ''
		offers 'a\$\(touch\ pwned\)' 'b\;touch\ pwned' 'd\\x'
		expect 0 bash_offers val
		offers validate
	else
		echo "skipped: completion in bash (no bash-completion here)"
	fi
	if command -v zsh >/dev/null; then
		expect 0 zsh_offers 'usbreconcile status '
		offers 'a\$\(touch\ pwned\)' 'b\;touch\ pwned' 'd\\x'
		expect 0 zsh_offers 'usbreconcile val'
		offers validate
	else
		echo "skipped: completion in zsh (none here)"
	fi
	if fish --no-config -c true 2>/dev/null; then
		expect 0 env PATH="$work/bin:$PATH" HOME="$work" LIBVIRT_DEFAULT_URI="$hostile" fish --no-config -c "
			source $here/../rules/completion/usbreconcile.fish
			complete -C 'usbreconcile status '"
		offers 'a$(touch pwned)' 'b;touch pwned' 'd\x' # fish quotes what it inserts
		expect 0 env PATH="$work/bin:$PATH" HOME="$work" fish --no-config -c "
			source $here/../rules/completion/usbreconcile.fish
			complete -C 'usbreconcile sta'"
		offers status
	else
		echo "skipped: completion in fish (none here, or older than 3.5)"
	fi
	checks=$((checks + 1))
	[[ ! -e pwned ]] || fail 'completion ran what a domain is called'
}
