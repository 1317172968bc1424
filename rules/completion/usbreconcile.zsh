#compdef usbreconcile
# SPDX-License-Identifier: MIT
# zsh completion: the program itself knows.

local line candidate
local -a found
local files
while IFS= read -r line; do
	candidate=${line%%$'\t'*}
	if [[ -z $candidate ]]; then
		files=yes
	else
		# _describe takes a backslash for itself, and what follows a colon for the description.
		candidate=${candidate//\\/\\\\}
		found+=("${candidate//:/\\:}:${line#*$'\t'}")
	fi
done < <("${words[1]}" complete "${(@Q)words[2,CURRENT]}" 2>/dev/null)
(( $#found )) && _describe -V usbreconcile found
[[ -n $files ]] && _files
