/* SPDX-License-Identifier: MIT */

/* The files of the host that the program reads: /sys and /proc, in memory. */

#include "sim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

static GHashTable *texts, *targets; /* path -> text; path -> where a link goes */
static GHashTable *directories;     /* path -> GHashTable of names */

static GHashTable *new_table(GDestroyNotify free_value)
{
	return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_value);
}

void vfs_clear(void)
{
	if (texts) {
		g_hash_table_unref(texts);
		g_hash_table_unref(targets);
		g_hash_table_unref(directories);
	}
	texts = new_table(g_free);
	targets = new_table(g_free);
	directories = new_table((GDestroyNotify)g_hash_table_unref);
}

static void enter(const char *path)
{
	g_autofree char *parent = g_path_get_dirname(path);
	GHashTable *names = g_hash_table_lookup(directories, parent);

	if (!names) {
		names = new_table(NULL);
		g_hash_table_insert(directories, g_strdup(parent), names);
		if (strcmp(parent, "/") != 0)
			enter(parent);
	}
	g_hash_table_add(names, g_path_get_basename(path));
}

void vfs_write(const char *path, const char *text)
{
	g_hash_table_replace(texts, g_strdup(path), g_strdup(text));
	enter(path);
}

void vfs_link(const char *path, const char *target)
{
	g_hash_table_replace(targets, g_strdup(path), g_strdup(target));
	enter(path);
}

void vfs_remove(const char *path)
{
	g_autofree char *parent = g_path_get_dirname(path);
	g_autofree char *name = g_path_get_basename(path);
	GHashTable *siblings = g_hash_table_lookup(directories, parent);
	g_autoptr(GPtrArray) names = vfs_list(path);

	for (guint i = 0; i < names->len; i++) {
		g_autofree char *below = g_build_filename(path, g_ptr_array_index(names, i), NULL);

		vfs_remove(below);
	}
	g_hash_table_remove(texts, path);
	g_hash_table_remove(targets, path);
	g_hash_table_remove(directories, path);
	if (siblings)
		g_hash_table_remove(siblings, name);
}

/* A path whose directories may be links. */
static char *resolve(const char *path)
{
	char *at = g_strdup(path);

	for (int i = 0; i < 8; i++) {
		g_auto(GStrv) parts = g_strsplit(at, "/", -1);
		g_autoptr(GString) whole = g_string_new(NULL);
		bool again = false;

		for (char **part = parts + 1; *part; part++) {
			const char *target;

			g_string_append_printf(whole, "/%s", *part);
			target = part[1] ? g_hash_table_lookup(targets, whole->str) : NULL;
			if (target && target[0] == '/') {
				g_string_assign(whole, target);
				again = true;
			}
		}
		g_free(at);
		at = g_strdup(whole->str);
		if (!again)
			break;
	}
	return at;
}

const char *vfs_read(const char *path)
{
	g_autofree char *real = resolve(path);

	return g_hash_table_lookup(texts, real);
}

const char *vfs_target(const char *path)
{
	g_autofree char *real = resolve(path);

	return g_hash_table_lookup(targets, real);
}

bool vfs_exists(const char *path)
{
	g_autofree char *real = resolve(path);

	return g_hash_table_contains(texts, real) || g_hash_table_contains(targets, real) ||
	       g_hash_table_contains(directories, real);
}

static int compare_names(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

GPtrArray *vfs_list(const char *path)
{
	GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *real = resolve(path);
	GHashTable *found = g_hash_table_lookup(directories, real);
	GHashTableIter iter;
	gpointer name;

	if (!found)
		return names;
	g_hash_table_iter_init(&iter, found);
	while (g_hash_table_iter_next(&iter, &name, NULL))
		g_ptr_array_add(names, g_strdup(name));
	g_ptr_array_sort(names, compare_names);
	return names;
}

/* ---- in the place of state/sysfs.c's ---- */

int __wrap_sysfs_read(const char *directory, const char *attribute, char **ret_text, char **err);
int __wrap_sysfs_read(const char *directory, const char *attribute, char **ret_text, char **err)
{
	g_autofree char *path = g_build_filename(directory, attribute, NULL);
	const char *text = vfs_read(path);

	(void)err;
	*ret_text = NULL;
	if (!text)
		return 1;
	*ret_text = *text ? g_strdup(text) : NULL;
	return 0;
}

char *__wrap_sysfs_read_link(const char *directory, const char *link);
char *__wrap_sysfs_read_link(const char *directory, const char *link)
{
	g_autofree char *path = g_build_filename(directory, link, NULL);
	const char *target = vfs_target(path);

	return target ? g_path_get_basename(target) : NULL;
}

GPtrArray *__wrap_sysfs_list(const char *directory, const char *prefix);
GPtrArray *__wrap_sysfs_list(const char *directory, const char *prefix)
{
	GPtrArray *names = vfs_list(directory);

	for (guint i = names->len; i > 0; i--) {
		if (!g_str_has_prefix(g_ptr_array_index(names, i - 1), prefix))
			g_ptr_array_remove_index(names, i - 1);
	}
	return names;
}

/* The disks there are; no gadget is a network interface to the host. */
void __wrap_devices_below_find(const char *syspath, GPtrArray *blocks, GPtrArray *nets);
void __wrap_devices_below_find(const char *syspath, GPtrArray *blocks, GPtrArray *nets)
{
	g_autoptr(GPtrArray) names = vfs_list("/sys/class/block");
	g_autofree char *below = g_strconcat(syspath, "/", NULL);

	(void)nets;
	for (guint i = 0; i < names->len; i++) {
		g_autofree char *link =
			g_build_filename("/sys/class/block", (char *)names->pdata[i], NULL);
		g_autofree char *path =
			g_strconcat("/sys", vfs_target(link) + strlen("../.."), NULL);

		if (g_str_has_prefix(path, below))
			g_ptr_array_add(blocks, g_steal_pointer(&path));
	}
}

/* A directory that is kept open: a descriptor that the kernel knows nothing of. */
static GHashTable *opened; /* fd -> path */

int __wrap_sysfs_open(const char *directory);
int __wrap_sysfs_open(const char *directory)
{
	int fd = vfs_exists(directory) ? open("/dev/null", O_RDONLY | O_CLOEXEC) : -1;

	if (!opened)
		opened = g_hash_table_new_full(NULL, NULL, NULL, g_free);
	if (fd >= 0)
		g_hash_table_replace(opened, GINT_TO_POINTER(fd), g_strdup(directory));
	return fd;
}

void vfs_close(int fd)
{
	if (opened)
		g_hash_table_remove(opened, GINT_TO_POINTER(fd));
}

static const char *directory_of(int fd)
{
	const char *path = opened ? g_hash_table_lookup(opened, GINT_TO_POINTER(fd)) : NULL;

	return path ? path : "/";
}

int __wrap_sysfs_read_at(int dir, const char *path, char **ret_text, char **err);
int __wrap_sysfs_read_at(int dir, const char *path, char **ret_text, char **err)
{
	return __wrap_sysfs_read(directory_of(dir), path, ret_text, err);
}

int __wrap_sysfs_read_file(const char *path, char **ret_text, char **err);
int __wrap_sysfs_read_file(const char *path, char **ret_text, char **err)
{
	return __wrap_sysfs_read("/", path, ret_text, err);
}

char *__wrap_sysfs_read_link_at(int dir, const char *link);
char *__wrap_sysfs_read_link_at(int dir, const char *link)
{
	return __wrap_sysfs_read_link(directory_of(dir), link);
}

int __wrap_faccessat(int dir, const char *path, int mode, int flags);
int __wrap_faccessat(int dir, const char *path, int mode, int flags)
{
	g_autofree char *whole = g_build_filename(directory_of(dir), path, NULL);

	(void)mode;
	(void)flags;
	return vfs_exists(whole) ? 0 : -1;
}

/* ---- and of what the program asks past it ---- */

static bool is_hosts(const char *path)
{
	return g_str_has_prefix(path, "/sys/") || g_str_has_prefix(path, "/proc/");
}

char *__real_g_file_read_link(const char *path, GError **error);
char *__wrap_g_file_read_link(const char *path, GError **error);
char *__wrap_g_file_read_link(const char *path, GError **error)
{
	return is_hosts(path) ? g_strdup(vfs_target(path)) : __real_g_file_read_link(path, error);
}

gboolean __real_g_file_get_contents(const char *path, char **text, gsize *length, GError **error);
gboolean __wrap_g_file_get_contents(const char *path, char **text, gsize *length, GError **error);
gboolean __wrap_g_file_get_contents(const char *path, char **text, gsize *length, GError **error)
{
	const char *found;

	if (!is_hosts(path))
		return __real_g_file_get_contents(path, text, length, error);
	found = vfs_read(path);
	if (!found)
		return FALSE;
	*text = g_strdup(found);
	if (length)
		*length = strlen(found);
	return TRUE;
}

int __real_access(const char *path, int mode);
int __wrap_access(const char *path, int mode);
int __wrap_access(const char *path, int mode)
{
	if (!is_hosts(path))
		return __real_access(path, mode);
	errno = ENOENT;
	return vfs_exists(path) ? 0 : -1;
}

/* That a mount came or went is told nobody here: it is asked for. */
int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...)
{
	va_list more;
	mode_t mode;

	va_start(more, flags);
	mode = flags & O_CREAT ? va_arg(more, mode_t) : 0;
	va_end(more);
	return __real_open(strcmp(path, "/proc/self/mountinfo") == 0 ? "/dev/null" : path, flags,
			   mode);
}
