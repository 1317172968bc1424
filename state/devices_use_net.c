/* SPDX-License-Identifier: MIT */
#include "state/devices_use_net.h"

#include <glib.h>
#include <string.h>

#include "state/sysfs.h"

#define NETS  "/sys/class/net"
#define UPPER "upper_"
/* Of our own network namespace, which is the host's: a service without it gets no udev events. */
#define ROUTES  "/proc/net/route"
#define ROUTES6 "/proc/net/ipv6_route"

/* Interface name -> its syspath, of those below any USB device. */
struct net_uses {
	GHashTable *nets;
	GHashTable *defaults; /* names of those that hold a default route, a set */
};

/* "eth0 00000000 0101A8C0 0003 0 0 100 00000000 …": name, destination, …, mask the eighth. */
static const char *default_v4(char **words, guint count)
{
	return count > 7 && strcmp(words[1], "00000000") == 0 && strcmp(words[7], "00000000") == 0
		       ? words[0]
		       : NULL;
}

/* Destination and its length first, the name last. The kernel has one of its own that goes to lo.
 */
static const char *default_v6(char **words, guint count)
{
	return count > 9 && strspn(words[0], "0") == 32 && strcmp(words[1], "00") == 0
		       ? words[count - 1]
		       : NULL;
}

static void read_routes(GHashTable *defaults, const char *path,
			const char *(*default_of)(char **words, guint count))
{
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;

	if (!g_file_get_contents(path, &text, NULL, NULL))
		return;
	lines = g_strsplit(text, "\n", -1);
	for (guint i = 0; lines[i]; i++) {
		g_auto(GStrv) all = g_strsplit_set(lines[i], " \t", -1);
		g_autoptr(GPtrArray) words = g_ptr_array_new();
		const char *name;

		for (guint k = 0; all[k]; k++) {
			if (*all[k])
				g_ptr_array_add(words, all[k]);
		}
		name = words->len ? default_of((char **)words->pdata, words->len) : NULL;
		if (name)
			g_hash_table_add(defaults, g_strdup(name));
	}
}

struct net_uses *net_uses_read(const GPtrArray *syspaths)
{
	struct net_uses *uses = g_new0(struct net_uses, 1);
	g_autoptr(GPtrArray) all = syspaths ? NULL : sysfs_usb_devices(NETS);

	syspaths = syspaths ? syspaths : all;
	uses->nets = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	uses->defaults = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	for (guint i = 0; i < syspaths->len; i++) {
		const char *syspath = g_ptr_array_index(syspaths, i);

		g_hash_table_insert(uses->nets, g_path_get_basename(syspath), g_strdup(syspath));
	}
	if (g_hash_table_size(uses->nets) == 0)
		return uses;
	read_routes(uses->defaults, ROUTES, default_v4);
	read_routes(uses->defaults, ROUTES6, default_v6);
	return uses;
}

void net_uses_free(struct net_uses *uses)
{
	g_hash_table_unref(uses->nets);
	g_hash_table_unref(uses->defaults);
	g_free(uses);
}

/* The kernel links whatever is built on an interface as "upper_NAME": bridge, bond, team, VLAN,
 * macvlan, macvtap. */
static char *use_of_net(const struct net_uses *uses, const char *name, const char *syspath)
{
	g_autoptr(GPtrArray) uppers = sysfs_list(syspath, UPPER);

	if (uppers->len > 0) {
		const char *upper = g_ptr_array_index(uppers, 0);

		return g_strdup_printf("the interface %s is part of %s", name,
				       upper + strlen(UPPER));
	}
	if (g_hash_table_contains(uses->defaults, name))
		return g_strdup_printf("the interface %s holds the host's default route", name);
	return NULL;
}

char *net_uses_of(const struct net_uses *uses, const char *syspath)
{
	g_autofree char *below = g_strconcat(syspath, "/", NULL);
	g_autoptr(GList) names =
		g_list_sort(g_hash_table_get_keys(uses->nets), (GCompareFunc)strcmp);

	for (const GList *at = names; at; at = at->next) {
		const char *path = g_hash_table_lookup(uses->nets, at->data);
		char *sentence =
			g_str_has_prefix(path, below) ? use_of_net(uses, at->data, path) : NULL;

		if (sentence)
			return sentence;
	}
	return NULL;
}
