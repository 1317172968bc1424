# SPDX-License-Identifier: MIT
# bash completion: the program itself knows.

_usbreconcile() {
	local cur words cword candidate
	COMPREPLY=()
	_get_comp_words_by_ref -n := cur words cword || return
	while IFS=$'\t' read -r candidate _; do
		# Quoted: what a device or a domain is called is nothing to be run.
		COMPREPLY+=("$(printf %q "$candidate")")
	done < <("${words[0]}" complete "${words[@]:1:cword}" 2>/dev/null | grep -v $'^\t')
	((${#COMPREPLY[@]} > 0)) || compopt -o bashdefault -o default
	__ltrim_colon_completions "$cur"
}

complete -F _usbreconcile usbreconcile
