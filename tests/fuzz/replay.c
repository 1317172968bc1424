/* SPDX-License-Identifier: MIT */
/*
 * Without a fuzzer: feeds files, or all files of directories, to the target once. So what a fuzzer
 * once found is a test that every compiler runs.
 */
#include "fuzz.h"

#include <glib.h>
#include <stdio.h>

static int replay_file(const char *path)
{
	g_autofree char *data = NULL;
	gsize size;

	if (!g_file_get_contents(path, &data, &size, NULL)) {
		fprintf(stderr, "%s cannot be read\n", path);
		return -1;
	}
	LLVMFuzzerTestOneInput((const uint8_t *)data, size);
	return 0;
}

static int replay(const char *path)
{
	g_autoptr(GDir) directory = g_dir_open(path, 0, NULL);
	const char *name;

	if (!directory)
		return replay_file(path);
	while ((name = g_dir_read_name(directory))) {
		g_autofree char *file = g_build_filename(path, name, NULL);

		if (replay_file(file) < 0)
			return -1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		fprintf(stderr, "usage: %s FILE|DIRECTORY...\n", argv[0]);
		return 64;
	}
	for (int i = 1; i < argc; i++) {
		if (replay(argv[i]) < 0)
			return 1;
	}
	return 0;
}
