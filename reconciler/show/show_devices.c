/* SPDX-License-Identifier: MIT */
#include "reconciler/show/show.h"

#include "reconciler/show/table.h"
#include "reconciler/show/words.h"
#include "state/text.h"

static const char *const columns[] = {"PORT",     "BUS:DEV", "ID",      "~SERIAL",
				      "~PRODUCT", "?SPEED",  "USED BY", NULL};
static const char *const tree_columns[] = {"DEVICE",   "BUS:DEV", "ID",      "~SERIAL",
					   "~PRODUCT", "?SPEED",  "USED BY", NULL};

/* As lsusb -t has it. */
static char *speed_of(const struct device *device)
{
	if (device->speed == 0)
		return NULL;
	if (device->speed >= 1000)
		return g_strdup_printf("%ug", device->speed / 1000);
	return device->speed == 1 ? g_strdup("1.5m") : g_strdup_printf("%um", device->speed);
}

/* All cells of a device's line but the first. */
static void add_cells(struct table *table, const struct device *device, const struct plan *plan)
{
	g_autofree char *at = words_address(device->bus, device->dev);
	g_autofree char *id = words_id(device->id);
	g_autofree char *speed = speed_of(device);
	g_autofree char *users = words_users(plan, device);
	const char *untrusted_name = device_untrusted_name(device);
	/* Spelt as a tag must spell it, because people copy it from here. */
	g_autofree char *serial = device->untrusted_serial
					  ? text_shorten(text_spell(device->untrusted_serial))
					  : NULL;
	g_autofree char *product =
		untrusted_name ? text_shorten(text_printable(untrusted_name)) : NULL;

	table_cell(table, at);
	table_cell(table, id);
	table_cell(table, serial ? serial : "-");
	table_cell(table, product ? product : "-");
	table_cell(table, speed ? speed : "-");
	table_cell(table, device->hub ? "(hub)" : users ? users : "-");
}

static void add_device(struct table *table, const struct device *device, const struct plan *plan)
{
	table_row(table);
	table_cell(table, words_port(device));
	add_cells(table, device, plan);
}

char *show_devices(const struct show_style *style, const struct snapshot *snapshot,
		   const struct plan *plan, bool hubs)
{
	struct table *table = table_new(columns);
	guint shown = 0, hidden = 0;
	g_autofree char *text = NULL;
	g_autofree char *count = NULL;

	for (guint i = 0; i < snapshot->devices->len; i++) {
		const struct device *device = g_ptr_array_index(snapshot->devices, i);

		if (device->hub && !hubs) {
			hidden++;
			continue;
		}
		add_device(table, device, plan);
		shown++;
	}
	text = table_finish(table, style);
	count = words_count(shown, "device");
	return g_strdup_printf("%s%s%s%s\n", shown > 0 ? text : "", shown > 0 ? "\n" : "", count,
			       hidden > 0 ? " (hubs: --all)" : "");
}

/* What is plugged into HUB; NULL: root hubs, and what is in a hub that could not be read. */
static void add_branches(struct table *table, const struct snapshot *snapshot,
			 const struct plan *plan, const char *hub, guint depth)
{
	for (guint i = 0; i < snapshot->devices->len; i++) {
		const struct device *device = g_ptr_array_index(snapshot->devices, i);
		g_autofree char *parent = device_parent(device);

		if (hub ? g_strcmp0(parent, hub) != 0
			: parent && snapshot_find_device(snapshot, parent))
			continue;
		table_branch(table, depth);
		table_cell(table, device->sysname);
		add_cells(table, device, plan);
		add_branches(table, snapshot, plan, device->sysname, depth + 1);
	}
}

char *show_devices_tree(const struct show_style *style, const struct snapshot *snapshot,
			const struct plan *plan)
{
	struct table *table = table_new(tree_columns);
	g_autofree char *text = NULL;

	add_branches(table, snapshot, plan, NULL, 0);
	text = table_finish(table, style);
	return snapshot->devices->len > 0 ? g_steal_pointer(&text) : g_strdup("0 devices\n");
}
