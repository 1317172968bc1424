/* SPDX-License-Identifier: MIT */

/*
 * `hook`: what libvirt asks when a guest arrives from another host or from a file
 * (https://libvirt.org/hooks.html). It prints the document that libvirt shall take in the place of
 * the one on stdin, or nothing: then libvirt goes on as it would without a hook. Asking libvirt
 * from here would wait for ever, as libvirt waits for this; and whatever is wrong here must not
 * keep a guest from arriving, so it never fails.
 */

#include "reconciler/commands/cmd.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "reconciler/commands/file.h"
#include "reconciler/show/say.h"
#include "reconciler/travel.h"
#include "state/devices.h"
#include "state/devices_use.h"
#include "state/tag.h"

/* Seconds for all of it: the guest waits, and with it whoever moves it. */
#define PATIENCE 2

static void give_up(int signal G_GNUC_UNUSED)
{
	_exit(EXIT_OK);
}

static bool is_asked(const struct cmd_call *call, enum reroute_way *ret_way)
{
	const char *operation = call->count > 2 ? call->args[1] : "";

	if (call->count < 3 || strcmp(call->args[2], "begin") != 0)
		return false;
	*ret_way = strcmp(operation, "migrate") == 0 ? REROUTE_ARRIVING : REROUTE_RETURNING;
	return strcmp(operation, "migrate") == 0 || strcmp(operation, "restore") == 0;
}

/* Most guests have nothing of ours, and for them this is all. */
static bool is_ours(const char *xml)
{
	return strstr(xml, TAG_NAMESPACE) || strstr(xml, TAG_ALIAS_PREFIX);
}

static GPtrArray *read_devices(void)
{
	g_autoptr(GPtrArray) problems = problem_list_new();
	g_autofree char *err = NULL;
	GPtrArray *devices = NULL;

	if (devices_read(problems, &devices, &err) == 0) {
		/* Which guests have what is not known here: libvirt must not be asked. */
		devices_use_note_all(devices, NULL);
		return devices;
	}
	say_error("%s", err);
	return g_ptr_array_new();
}

static void answer(enum reroute_way way)
{
	g_autofree char *xml = NULL;
	g_autofree char *out = NULL;
	g_autofree char *err = NULL;
	g_autoptr(GPtrArray) devices = NULL;

	if (file_read("-", &xml, NULL, &err) == 0 && is_ours(xml)) {
		devices = read_devices();
		travel_rewrite(xml, devices, way, NULL, &out, &err);
	}
	/* From here on half a document would be worse than a late one. */
	alarm(0);
	if (err)
		say_error("%s", err);
	if (out)
		say_data(out);
}

static int run(struct cmd_call *call)
{
	struct sigaction action = {.sa_handler = give_up};
	enum reroute_way way;

	if (!is_asked(call, &way))
		return EXIT_OK;
	sigaction(SIGALRM, &action, NULL);
	alarm(PATIENCE);
	answer(way);
	return EXIT_OK;
}

const struct cmd cmd_hook = {
	.name = "hook",
	.arguments = "DOMAIN OPERATION STAGE",
	.summary = "let a guest arrive without its devices",
	.details =
		"For libvirt to call, never for a person: a domain's XML comes on stdin. Where a\n"
		"guest arrives from another host (migrate begin) or from a file (restore begin),\n"
		"its hostdevs of ours are told to be optional and to wait, whatever has their\n"
		"numbers here; then the daemon attaches what is there. Nothing else is changed,\n"
		"and nothing is printed when nothing has to be, or on any doubt.\n\n"
		"To enable it:\n\n"
		"    install -D -m 755 /usr/share/usbreconcile/usbreconcile-hook \\\n"
		"        /etc/libvirt/hooks/qemu.d/usbreconcile\n\n"
		"and restart libvirt's daemon (libvirtd or virtqemud) once; guests keep "
		"running.\n\n"
		"Exit code: always 0.\n",
	.takes_anything = true,
	.run = run,
};
