/* SPDX-License-Identifier: MIT */
#include "state/sysfs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

/* The kernel gives an attribute whole to a buffer that holds it: there is nothing to read after it.
 */
static ssize_t read_once(int fd, char *buffer, size_t size)
{
	ssize_t n;

	do
		n = read(fd, buffer, size);
	while (n < 0 && errno == EINTR);
	return n;
}

/* ENODEV: the file was still there, but its device is not any more. */
static int read_failed(const char *path, int error, char **err)
{
	if (error == ENOENT || error == ENODEV || error == ENXIO || error == ENOTDIR)
		return 1;
	*err = g_strdup_printf("%s cannot be read: %s", path, g_strerror(error));
	return -1;
}

int sysfs_open(const char *directory)
{
	return open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

int sysfs_read_at(int dir, const char *path, char **ret_text, char **err)
{
	char text[SYSFS_TEXT_MAX + 1];
	int fd = openat(dir, path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	ssize_t length;
	int error;

	if (fd < 0)
		return read_failed(path, errno, err);
	length = read_once(fd, text, SYSFS_TEXT_MAX);
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

int sysfs_read_file(const char *path, char **ret_text, char **err)
{
	g_autoptr(GString) text = g_string_new(NULL);
	char part[4 * SYSFS_TEXT_MAX];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	ssize_t length;
	int error;

	if (fd < 0)
		return read_failed(path, errno, err);
	do {
		length = read_once(fd, part, sizeof(part));
		error = errno;
		if (length > 0)
			g_string_append_len(text, part, length);
	} while (length == (ssize_t)sizeof(part));
	close(fd);
	if (length < 0)
		return read_failed(path, error, err);
	*ret_text = text->len > 0 ? g_strdup(text->str) : NULL;
	return 0;
}

int sysfs_read(const char *directory, const char *attribute, char **ret_text, char **err)
{
	g_autofree char *path = g_build_filename(directory, attribute, NULL);

	return sysfs_read_at(AT_FDCWD, path, ret_text, err);
}

char *sysfs_read_link_at(int dir, const char *link)
{
	char target[PATH_MAX];
	ssize_t length = readlinkat(dir, link, target, sizeof(target) - 1);

	if (length < 0)
		return NULL;
	target[length] = '\0';
	return g_path_get_basename(target);
}

char *sysfs_read_link(const char *directory, const char *link)
{
	g_autofree char *path = g_build_filename(directory, link, NULL);

	return sysfs_read_link_at(AT_FDCWD, path);
}

char *sysfs_device(const char *link)
{
	g_autofree char *target = g_file_read_link(link, NULL);
	const char *devices = target ? strstr(target, "/devices/") : NULL;

	return devices ? g_strconcat("/sys", devices, NULL) : NULL;
}

char *sysfs_usb_device(const char *link)
{
	g_autofree char *path = sysfs_device(link);

	return path && strstr(path, "/usb") ? g_steal_pointer(&path) : NULL;
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

GPtrArray *sysfs_usb_devices(const char *directory)
{
	g_autoptr(GPtrArray) names = sysfs_list(directory, "");
	GPtrArray *found = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; i < names->len; i++) {
		g_autofree char *link = g_build_filename(
			directory, (const char *)g_ptr_array_index(names, i), NULL);
		char *syspath = sysfs_usb_device(link);

		if (syspath)
			g_ptr_array_add(found, syspath);
	}
	return found;
}
