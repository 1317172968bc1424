/* SPDX-License-Identifier: MIT */
#include "state/devices_use_guest.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "state/domain.h"
#include "state/sysfs.h"

#define USB_HOST "usb-host"

/* One use, found. */
struct found {
	const struct domain *domain;
	const struct domain_use *use;
	char *syspath; /* of what is used, "/sys/devices/…"; NULL for a usb-host */
};

struct guest_uses {
	GPtrArray *all; /* struct found * */
};

static void found_free(gpointer data)
{
	struct found *found = data;

	g_free(found->syspath);
	g_free(found);
}

/* The device of a node, whatever path or link names it. Nothing is opened. */
static char *syspath_of_node(const char *path)
{
	g_autofree char *link = NULL;
	struct stat st;

	if (stat(path, &st) < 0 || (!S_ISBLK(st.st_mode) && !S_ISCHR(st.st_mode)))
		return NULL;
	link = g_strdup_printf("/sys/dev/%s/%u:%u", S_ISBLK(st.st_mode) ? "block" : "char",
			       major(st.st_rdev), minor(st.st_rdev));
	return sysfs_usb_device(link);
}

static char *syspath_of_net(const char *name)
{
	g_autofree char *link = g_build_filename("/sys/class/net", name, NULL);

	return strchr(name, '/') ? NULL : sysfs_usb_device(link);
}

static void find(GPtrArray *all, const struct domain *domain, const struct domain_use *use)
{
	bool usb_host = strstr(use->what, USB_HOST) != NULL;
	char *syspath = NULL;
	struct found *found;

	if (!usb_host)
		syspath = g_str_has_prefix(use->what, "/dev/") ? syspath_of_node(use->what)
							       : syspath_of_net(use->what);
	if (!syspath && !usb_host)
		return;
	found = g_new0(struct found, 1);
	found->domain = domain;
	found->use = use;
	found->syspath = syspath;
	g_ptr_array_add(all, found);
}

static int compare_domains(gconstpointer a, gconstpointer b)
{
	const struct found *one = *(const struct found *const *)a;
	const struct found *other = *(const struct found *const *)b;

	return strcmp(one->domain->name, other->domain->name);
}

struct guest_uses *guest_uses_read(const GPtrArray *domains)
{
	struct guest_uses *uses = g_new0(struct guest_uses, 1);

	uses->all = g_ptr_array_new_with_free_func(found_free);
	for (guint i = 0; domains && i < domains->len; i++) {
		const struct domain *domain = g_ptr_array_index(domains, i);

		for (guint k = 0; k < domain->uses->len; k++)
			find(uses->all, domain, g_ptr_array_index(domain->uses, k));
	}
	g_ptr_array_sort(uses->all, compare_domains);
	return uses;
}

void guest_uses_free(struct guest_uses *uses)
{
	g_ptr_array_unref(uses->all);
	g_free(uses);
}

/* The value of a usb-host property, "hostbus=1" or "\"hostbus\": 1", as a number; -1: not given. */
static long property(const char *argument, const char *name, int base)
{
	const char *at = strstr(argument, name);
	char *end;
	long value;

	if (!at)
		return -1;
	at += strlen(name);
	at += strspn(at, "\"'=: ");
	value = strtol(at, &end, base);
	return end > at ? value : -1;
}

/* QEMU's `hostport` is the chain of ports on the bus, "1.6". */
static bool has_port(const char *argument, const struct device *device)
{
	const char *at = strstr(argument, "hostport");
	const char *chain = strchr(device->sysname, '-');
	size_t length;

	if (!at || !chain)
		return !at;
	at += strlen("hostport");
	at += strspn(at, "\"'=: ");
	length = strspn(at, "0123456789.");
	return length == strlen(chain + 1) && strncmp(at, chain + 1, length) == 0;
}

static bool fits(long asked, unsigned int is)
{
	return asked < 0 || (unsigned long)asked == is;
}

/* Does it say at all which? (If not, QEMU takes any device that is free.) */
static bool says_which(const char *argument)
{
	return strstr(argument, "hostaddr") || strstr(argument, "hostport") ||
	       strstr(argument, "productid");
}

static bool is_usb_host(const char *argument, const struct device *device)
{
	return says_which(argument) && fits(property(argument, "hostbus", 10), device->bus) &&
	       fits(property(argument, "hostaddr", 10), device->dev) &&
	       fits(property(argument, "vendorid", 0), device->id.vendor) &&
	       fits(property(argument, "productid", 0), device->id.product) &&
	       has_port(argument, device);
}

static bool concerns(const struct found *found, const struct device *device, const char *syspath)
{
	size_t length = strlen(syspath);

	if (!found->syspath)
		/* By its node: that is a use of its own. */
		return !strstr(found->use->what, "hostdevice") &&
		       is_usb_host(found->use->what, device);
	return strncmp(found->syspath, syspath, length) == 0 &&
	       (found->syspath[length] == '/' || found->syspath[length] == '\0');
}

bool guest_uses_concern(const struct guest_uses *uses, const struct device *device,
			const char *syspath)
{
	for (guint i = 0; i < uses->all->len; i++) {
		if (concerns(g_ptr_array_index(uses->all, i), device, syspath))
			return true;
	}
	return false;
}

void guest_uses_note(const struct guest_uses *uses, struct device *device, const char *syspath)
{
	for (guint i = 0; i < uses->all->len; i++) {
		const struct found *found = g_ptr_array_index(uses->all, i);
		g_autofree char *how = NULL;

		if (!concerns(found, device, syspath))
			continue;
		how = g_strdup_printf("%s %s", found->use->by, found->use->what);
		device_add_guest_use(device, found->domain->name, how);
	}
}
