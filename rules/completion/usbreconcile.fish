# SPDX-License-Identifier: MIT
# fish completion: the program itself knows.

function __usbreconcile_complete
    set -l words (commandline -opc)
    $words[1] complete $words[2..-1] (commandline -ct) 2>/dev/null | string match -rv '^\t'
end

function __usbreconcile_files
    set -l words (commandline -opc)
    $words[1] complete $words[2..-1] (commandline -ct) 2>/dev/null | string match -rq '^\t'
end

complete -c usbreconcile -f -a '(__usbreconcile_complete)'
complete -c usbreconcile -n __usbreconcile_files -F
