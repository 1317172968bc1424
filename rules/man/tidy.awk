# SPDX-License-Identifier: MIT
# What scdoc makes, so that `mandoc -T lint` has nothing to say: no empty paragraphs, a title in
# capitals, text lines of 80 bytes. A paragraph is .P to scdoc 1.11.2, and .PP to others.

function fold(line,   i) {
	while (length(line) > 80) {
		for (i = 80; i > 1; i--)
			# A line that begins with a dot or a quote would be a macro.
			if (substr(line, i, 1) == " " && substr(line, i + 1, 1) !~ /[ .']/ &&
			    substr(line, i - 1, 1) != "\\")
				break
		if (i <= 1)
			break
		print substr(line, 1, i - 1)
		line = substr(line, i + 1)
	}
	print line
}

/^\.nf/ { verbatim = 1 }
/^\.fi/ { verbatim = 0 }
/^\.TH / { $2 = toupper($2) }
/^\.PP?$/ { paragraph = !after_heading; next }
/^\.S[HS] / { paragraph = 0; after_heading = 1; print; next }
/^\.R[SE]/ { paragraph = paragraph && !/^\.RS/; print; next }
{
	# Only before text, and after what ends an indentation.
	if (paragraph)
		print ".P"
	paragraph = after_heading = 0
	if (verbatim || /^\./)
		print
	else
		fold($0)
}
