/* SPDX-License-Identifier: MIT */
#include "state/sysfs.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static ssize_t read_all(int fd, char *buffer, size_t size)
{
	size_t length = 0;

	while (length < size) {
		ssize_t n = read(fd, buffer + length, size - length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		length += (size_t)n;
	}
	return (ssize_t)length;
}

/* ENODEV: the file was still there, but its device is not any more. */
static int read_failed(const char *path, int error, char **err)
{
	if (error == ENOENT || error == ENODEV || error == ENXIO || error == ENOTDIR)
		return 1;
	*err = g_strdup_printf("%s cannot be read: %s", path, g_strerror(error));
	return -1;
}

int sysfs_read(const char *directory, const char *attribute, char **ret_text, char **err)
{
	g_autofree char *path = g_build_filename(directory, attribute, NULL);
	char text[SYSFS_TEXT_MAX + 1];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	ssize_t length;
	int error;

	if (fd < 0)
		return read_failed(path, errno, err);
	length = read_all(fd, text, SYSFS_TEXT_MAX);
	error = errno;
	close(fd);
	if (length < 0)
		return read_failed(path, error, err);
	if (length > 0 && text[length - 1] == '\n')
		length--;
	text[length] = '\0';
	*ret_text = text[0] ? g_strdup(text) : NULL;
	return 0;
}

char *sysfs_read_link(const char *directory, const char *link)
{
	g_autofree char *path = g_build_filename(directory, link, NULL);
	g_autofree char *target = g_file_read_link(path, NULL);

	return target ? g_path_get_basename(target) : NULL;
}

static int compare_names(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

GPtrArray *sysfs_list(const char *directory, const char *prefix)
{
	GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GDir) entries = g_dir_open(directory, 0, NULL);
	const char *name;

	while (entries && (name = g_dir_read_name(entries))) {
		if (g_str_has_prefix(name, prefix))
			g_ptr_array_add(names, g_strdup(name));
	}
	g_ptr_array_sort(names, compare_names);
	return names;
}
