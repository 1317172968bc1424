/* SPDX-License-Identifier: MIT */
#include "reconciler/commands/file.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static int read_stream(FILE *stream, const char *name, GString *text, char **err)
{
	char buffer[16384];
	size_t count;

	while ((count = fread(buffer, 1, sizeof(buffer), stream)) > 0) {
		g_string_append_len(text, buffer, (gssize)count);
		if (text->len > FILE_MAX_BYTES) {
			*err = g_strdup_printf("%s is longer than %d bytes", name, FILE_MAX_BYTES);
			return -1;
		}
	}
	if (ferror(stream)) {
		*err = g_strdup_printf("cannot read %s: %s", name, g_strerror(errno));
		return -1;
	}
	return 0;
}

int file_read(const char *name, char **ret_text, gsize *ret_length, char **err)
{
	bool is_stdin = strcmp(name, "-") == 0;
	FILE *stream = is_stdin ? stdin : fopen(name, "re");
	GString *text;
	int result;

	if (!stream) {
		*err = g_strdup_printf("cannot open %s: %s", name, g_strerror(errno));
		return -1;
	}
	text = g_string_new(NULL);
	result = read_stream(stream, is_stdin ? "stdin" : name, text, err);
	if (!is_stdin)
		fclose(stream);
	if (ret_length)
		*ret_length = text->len;
	if (result == 0)
		*ret_text = g_string_free(g_steal_pointer(&text), FALSE);
	else
		g_string_free(text, TRUE);
	return result;
}
